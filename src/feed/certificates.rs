//! Registering the certificates that accounts sign with.

use thiserror::Error;
use time::OffsetDateTime;

use super::accounts;
use super::revocation::{Cache, parse_all};
use crate::config::Config;
use crate::domain::account::AccountName;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::signature::certificate_file::{self, InvalidCertificateFile};
use crate::signature::{self, Certificate, Evidence, Fitness, RegistrationProblem};
use crate::store::certificates::{NewCertificate, Removal};
use crate::store::{self, Store};

/// Largest file that is taken for a certificate: nuget.org's limit too.
pub const MAX_CERTIFICATE_FILE: usize = 10_000;

/// Why a certificate is not registered or removed.
#[derive(Debug, Error)]
pub enum Error {
    /// The account.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// The file is too large.
    #[error("the file has {0} bytes; a certificate has at most {MAX_CERTIFICATE_FILE}")]
    TooLarge(usize),
    /// The file is something else.
    #[error(transparent)]
    File(#[from] InvalidCertificateFile),
    /// The certificate can't sign packages.
    #[error("the certificate can't be registered: {}", join(.0))]
    Unfit(Vec<RegistrationProblem>),
    /// It is not registered.
    #[error("`{account}` has not registered the certificate {fingerprint}")]
    Unknown {
        /// Whose.
        account: AccountName,
        /// Which.
        fingerprint: Fingerprint,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

fn join(problems: &[RegistrationProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A certificate that was registered.
#[derive(Debug)]
pub struct Registered {
    /// Which.
    pub certificate: Certificate,
    /// Whether its chain ends in a trust anchor. A file holds only the certificate itself, so with an intermediate
    /// authority that is open until a push has shown that one.
    pub chain_proven: bool,
}

/// Registers the certificate in `file` for an account, or enables a removed registration again.
///
/// # Errors
/// A file that is no certificate, or a certificate that could never let a push through.
pub fn register(
    store: &Store,
    config: &Config,
    account: &AccountName,
    file: &[u8],
    patterns: Vec<Pattern>,
    actor: &str,
    now: OffsetDateTime,
) -> Result<Registered, Error> {
    if file.len() > MAX_CERTIFICATE_FILE {
        return Err(Error::TooLarge(file.len()));
    }
    let certificate = certificate_file::read_one(file)?;
    // Reading the answers may take a while, so they are not read under the write lock.
    let known = store.read(|r| Cache::default().known(r))?;
    store.write(|w| {
        let account = w.account(account)?.ok_or_else(|| accounts::Error::Unknown(account.clone()))?;
        let anchors = super::trust::anchors(w)?;
        let policy = config.effective(w.policy()?);
        // A file holds the certificate alone; who issued it was learnt from packages, or not yet.
        let seen = parse_all(&w.seen_certificates()?);
        let evidence = Evidence { anchors: &anchors, answers: &known.answers, now };
        if let Some(at) = w.revocation_status(&certificate.fingerprint())?.and_then(|status| status.revoked_at) {
            let (subject, fingerprint) = (certificate.subject().to_string(), certificate.fingerprint());
            return Err(Error::Unfit(vec![RegistrationProblem::Revoked { subject, fingerprint, at }]));
        }
        let chain_proven = fit(&certificate, &seen, evidence, policy.accept_untrusted_roots)?;
        let new = NewCertificate {
            fingerprint: certificate.fingerprint(),
            der: certificate.as_der().to_vec(),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        };
        w.register_certificate(account.id, &new, patterns, now)?;
        let detail = format!("{} {}", new.fingerprint, new.subject);
        w.audit(now, actor, "certificate.register", account.name.as_str(), &detail)?;
        Ok(Registered { certificate, chain_proven })
    })
}

/// Whether the certificate could let a push through; the answer is whether its chain is already proven.
fn fit(
    certificate: &Certificate,
    seen: &[Certificate],
    evidence: Evidence<'_>,
    accept_untrusted_roots: bool,
) -> Result<bool, Error> {
    let Fitness { mut problems, chain_proven } = signature::fitness(certificate, seen, evidence);
    if accept_untrusted_roots {
        problems.retain(|problem| !matches!(problem, RegistrationProblem::UnknownRoot { .. }));
    }
    if problems.is_empty() { Ok(chain_proven) } else { Err(Error::Unfit(problems)) }
}

/// Removes a registration. What is signed with it stays on the feed; pushes signed with it fail from now on.
///
/// # Errors
/// [`Error::Unknown`].
pub fn remove(
    store: &Store,
    account: &AccountName,
    fingerprint: &Fingerprint,
    actor: &str,
    now: OffsetDateTime,
) -> Result<Removal, Error> {
    store.write(|w| {
        let account = w.account(account)?.ok_or_else(|| accounts::Error::Unknown(account.clone()))?;
        let removal = w.remove_certificate(account.id, fingerprint, now)?;
        let removal = removal.ok_or(Error::Unknown { account: account.name.clone(), fingerprint: *fingerprint })?;
        w.audit(now, actor, "certificate.remove", account.name.as_str(), &fingerprint.to_string())?;
        Ok(removal)
    })
}
