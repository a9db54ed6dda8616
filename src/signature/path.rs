//! The rules for a path that the client on Linux lets pass and this server does not (RFC 5280, 6.1).
//!
//! Every certificate below the anchor must have no extension twice, be in time, use RSA of 2048 bits and be signed with
//! SHA-2; where it issues others, its key usage must say so. The anchor itself is trusted as it is: old roots are signed
//! with SHA-1.

use std::collections::HashSet;

use time::OffsetDateTime;

use super::certificate::Certificate;
use super::chain::Chain;
use super::chain_problem::ChainProblem;
use super::oid;

/// RSA bits of every certificate below the anchor, the same as NuGet demands of signers.
pub(crate) const MIN_RSA_BITS: usize = 2048;

/// What is wrong with the issuers in a chain at `at`, beyond [`Chain::problems`]. The signer itself is judged by the rules
/// for signers and against the timestamp.
pub(crate) fn check(chain: &Chain, at: OffsetDateTime) -> Vec<ChainProblem> {
    let mut problems = Vec::new();
    for (depth, certificate) in chain.below_anchor().iter().enumerate() {
        check_extensions(certificate, &mut problems);
        // Where there are application policies of Microsoft, .NET asks for them in the place of the usages of RFC 5280.
        if certificate.extension(oid::APPLICATION_POLICIES).is_some()
            && certificate
                .usages()
                .is_ok_and(|usages| usages.is_some_and(|usages| !usages.contains(&chain.usage.oid())))
        {
            let purpose = chain.usage.name();
            problems.push(ChainProblem::Usage { certificate: certificate.fingerprint(), purpose });
        }
        if depth > 0 {
            check_issuer(certificate, at, &mut problems);
        }
    }
    problems
}

/// RFC 5280, 4.2. The client notices only extensions that it reads; which of two another verifier takes is open.
fn check_extensions(certificate: &Certificate, problems: &mut Vec<ChainProblem>) {
    let mut seen = HashSet::new();
    for extension in certificate.extensions().iter().filter(|extension| !seen.insert(&extension.id)) {
        let extension = oid::dotted(&extension.id);
        problems.push(ChainProblem::DuplicateExtension { certificate: certificate.fingerprint(), extension });
    }
}

fn check_issuer(certificate: &Certificate, at: OffsetDateTime, problems: &mut Vec<ChainProblem>) {
    let fingerprint = certificate.fingerprint();
    if !certificate.is_valid_at(at) {
        problems.push(ChainProblem::NotValidAt {
            certificate: fingerprint,
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            at,
        });
    }
    if !certificate.signature_algorithm().uses_sha2() {
        let found = certificate.signature_algorithm().name();
        problems.push(ChainProblem::WeakSignature { certificate: fingerprint, found });
    }
    if certificate.public_key().rsa_bits().is_none_or(|bits| bits < MIN_RSA_BITS) {
        let found = certificate.public_key().description();
        problems.push(ChainProblem::WeakKey { certificate: fingerprint, found });
    }
    if certificate.may_sign_certificates() == Ok(None) {
        problems.push(ChainProblem::MayNotIssue { certificate: fingerprint });
    }
}
