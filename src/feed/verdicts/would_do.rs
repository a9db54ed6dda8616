//! Whose certificates would do, as far as it is theirs to know who reads a verdict.

use time::OffsetDateTime;

use crate::domain::account::{Account, AccountName};
use crate::domain::certificate::CertificateStatus;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Relation;
use crate::feed::{authority, required_signer, signers};
use crate::store::verdicts::KeptVerdict;
use crate::store::{self, Reads};

/// An account whose certificates would do, as things are now.
#[derive(Debug, Clone)]
pub struct WouldDo {
    /// The account.
    pub account: AccountName,
    /// What whoever reads is to it: may they see its certificates?
    pub relation: Relation,
    /// Its active certificates that count for the package: what each calls itself, and which it is.
    pub certificates: Vec<(String, Fingerprint)>,
}

/// The accounts whose certificates would do about `verdict`.
///
/// # Errors
/// What the store says.
pub(super) fn would_do(
    reads: &Reads<'_>,
    viewer: &Account,
    verdict: &KeptVerdict,
    now: OffsetDateTime,
) -> Result<Vec<WouldDo>, store::Error> {
    let Some(id) = &verdict.id else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for signers in &verdict.explained.signers {
        let Some(account) = reads.account(&signers.account)? else { continue };
        let owners = required_signer::with_certificates(reads, id, &[(account.id, account.name.clone())], now)?;
        let mut certificates = Vec::new();
        for certificate in owners.iter().flat_map(|owner| &owner.certificates) {
            if certificate.status == CertificateStatus::Active {
                let name = signers::certificate(reads, &certificate.fingerprint)?.map(|known| known.name);
                certificates.push((name.unwrap_or_default(), certificate.fingerprint));
            }
        }
        let relation = authority::relation(reads, viewer, &account)?;
        found.push(WouldDo { account: account.name, relation, certificates });
    }
    Ok(found)
}
