//! Registering the certificates that accounts sign with.

use thiserror::Error;
use time::OffsetDateTime;

use super::accounts;
use super::authority::{self, Actor, authorize};
use super::revocation::{CERTIFICATES, Cache, Known, parse_all};
use super::trust::{self, AnchorRows};
use crate::config::Config;
use crate::domain::account::{Account, AccountName};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::domain::permission::Action;
use crate::signature::certificate_file::{self, InvalidCertificateFile};
use crate::signature::{self, Certificate, Evidence, Fitness, RegistrationProblem};
use crate::store::certificates::{NewCertificate, Removal};
use crate::store::revocation_statuses::StoredStatus;
use crate::store::{self, Reads, Store};

/// Largest file that is taken for a certificate: nuget.org's limit too.
pub const MAX_CERTIFICATE_FILE: usize = 10_000;
/// How often a registration starts over when what it was judged by changes.
const ATTEMPTS: usize = 3;

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
    /// What it was judged by changed again and again.
    #[error("trust anchors, certificates or revocation answers change at this moment; try again")]
    Unsettled,
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
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

/// What is to be registered.
#[derive(Debug)]
pub struct NewRegistration<'a> {
    /// Who signs with it.
    pub account: &'a AccountName,
    /// The file that should be a certificate.
    pub file: &'a [u8],
    /// For which package IDs it counts; empty means all.
    pub patterns: Vec<Pattern>,
}

/// Registers a certificate for an account, or enables a removed registration again. `answers` are those of the server, or a
/// cache of their own for a command.
///
/// # Errors
/// A file that is no certificate, or a certificate that could never let a push through.
pub fn register(
    store: &Store,
    config: &Config,
    answers: &Cache,
    new: &NewRegistration<'_>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Registered, Error> {
    if new.file.len() > MAX_CERTIFICATE_FILE {
        return Err(Error::TooLarge(new.file.len()));
    }
    let certificate = certificate_file::read_one(new.file)?;
    let row = NewCertificate {
        fingerprint: certificate.fingerprint(),
        der: certificate.as_der().to_vec(),
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
    };
    for _ in 0..ATTEMPTS {
        let ground = store.read(|r| {
            let account = existing(r, new.account)?;
            authorize(r, actor, Action::ManageCertificates, Some(&account), now)?;
            Ok::<_, Error>(Ground::read(r, config, &row.fingerprint)?)
        })?;
        // Everything slow comes before the transaction: reading the answers, parsing and building the chain.
        let known = answers.known(store)?;
        let chain_proven = ground.fit(&certificate, &known, now)?;
        let registered = store.write(|w| {
            let account = existing(w, new.account)?;
            let by = authorize(w, actor, Action::ManageCertificates, Some(&account), now)?;
            if Stamp::read(w, config, &row.fingerprint)? != ground.stamp || !known.is_current(w)? {
                return Ok(false);
            }
            w.register_certificate(account.id, &row, new.patterns.clone(), now)?;
            w.advance(CERTIFICATES, now)?;
            let detail = format!("{} {}", row.fingerprint, row.subject);
            by.audit(w, now, "certificate.register", account.name.as_str(), &detail)?;
            Ok::<_, Error>(true)
        })?;
        if registered {
            return Ok(Registered { certificate, chain_proven });
        }
    }
    Err(Error::Unsettled)
}

fn existing(reads: &Reads<'_>, name: &AccountName) -> Result<Account, Error> {
    Ok(reads.account(name)?.ok_or_else(|| accounts::Error::Unknown(name.clone()))?)
}

/// By what it is seen that a certificate would be judged otherwise.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    trust: Vec<u8>,
    certificates: Vec<u8>,
    accept_untrusted_roots: bool,
    status: Option<StoredStatus>,
}

impl Stamp {
    fn read(reads: &Reads<'_>, config: &Config, fingerprint: &Fingerprint) -> Result<Self, store::Error> {
        Ok(Self {
            trust: trust::generation(reads)?,
            certificates: reads.meta(CERTIFICATES)?.unwrap_or_default(),
            accept_untrusted_roots: config.effective(reads.policy()?).accept_untrusted_roots,
            status: reads.revocation_status(fingerprint)?,
        })
    }
}

/// What a certificate is judged by, as it is stored.
struct Ground {
    stamp: Stamp,
    anchors: AnchorRows,
    /// A file holds the certificate alone; who issued it was learnt from packages, or not yet.
    seen: Vec<Vec<u8>>,
}

impl Ground {
    fn read(reads: &Reads<'_>, config: &Config, fingerprint: &Fingerprint) -> Result<Self, store::Error> {
        let stamp = Stamp::read(reads, config, fingerprint)?;
        Ok(Self { stamp, anchors: AnchorRows::read(reads)?, seen: reads.seen_certificates()? })
    }

    /// Whether the certificate could let a push through; the answer is whether its chain is already proven.
    fn fit(&self, certificate: &Certificate, known: &Known, now: OffsetDateTime) -> Result<bool, Error> {
        if let Some(at) = self.stamp.status.as_ref().and_then(|status| status.revoked_at) {
            let (subject, fingerprint) = (certificate.subject().to_string(), certificate.fingerprint());
            return Err(Error::Unfit(vec![RegistrationProblem::Revoked { subject, fingerprint, at }]));
        }
        let (anchors, seen) = (self.anchors.parse(), parse_all(&self.seen));
        let evidence = Evidence { anchors: &anchors, answers: &known.answers, now };
        let Fitness { mut problems, chain_proven } = signature::fitness(certificate, &seen, evidence);
        if self.stamp.accept_untrusted_roots {
            problems.retain(|problem| !matches!(problem, RegistrationProblem::UnknownRoot { .. }));
        }
        if problems.is_empty() { Ok(chain_proven) } else { Err(Error::Unfit(problems)) }
    }
}

/// Removes a registration. What is signed with it stays on the feed; pushes signed with it fail from now on.
///
/// # Errors
/// [`Error::Unknown`].
pub fn remove(
    store: &Store,
    account: &AccountName,
    fingerprint: &Fingerprint,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Removal, Error> {
    store.write(|w| {
        let account = existing(w, account)?;
        let by = authorize(w, actor, Action::ManageCertificates, Some(&account), now)?;
        let removal = w.remove_certificate(account.id, fingerprint, now)?;
        let removal = removal.ok_or(Error::Unknown { account: account.name.clone(), fingerprint: *fingerprint })?;
        w.advance(CERTIFICATES, now)?;
        by.audit(w, now, "certificate.remove", account.name.as_str(), &fingerprint.to_string())?;
        Ok(removal)
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::config::Settings;
    use crate::feed::revocation;
    use crate::store::trust_anchors::Purpose;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn golden(path: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/vectors/golden/trust/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn a_judgement_is_made_before_the_transaction_and_counts_only_while_its_grounds_stay() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let config = Config::new(&Settings::default()).unwrap();
        let answers = Cache::default();
        let certificate = Certificate::from_der(&golden("certs/leaf-direct.der")).unwrap();
        let read = || store.read(|r| Ground::read(r, &config, &certificate.fingerprint())).unwrap();
        let stamp = || store.read(|r| Stamp::read(r, &config, &certificate.fingerprint())).unwrap();
        let ground = read();
        assert!(!ground.fit(&certificate, &answers.known(&store).unwrap(), NOW).unwrap(), "its root is no anchor");
        assert_eq!(stamp(), ground.stamp);

        let roots = certificate_file::read_all(&golden("code-signing-roots.pem")).unwrap();
        let offer = trust::Offer { certificates: &roots, purposes: &[Purpose::Signing], source: "test" };
        trust::add(&store, &[offer], &Actor::CommandLine, NOW).unwrap();
        assert_ne!(stamp(), ground.stamp);
        let ground = read();
        let known = answers.known(&store).unwrap();
        assert!(ground.fit(&certificate, &known, NOW).unwrap());
        revocation::import(
            &store,
            &answers,
            "root-a.crl",
            &golden("crl/root-a.crl"),
            &crate::feed::authority::Actor::CommandLine,
            NOW,
        )
        .unwrap();
        assert!(!store.read(|r| known.is_current(r)).unwrap(), "the answers have changed");
        store.write(|w| w.set_policy("accept_untrusted_roots", "true")).unwrap();
        assert_ne!(stamp(), ground.stamp);
    }

    #[test]
    fn a_file_of_any_size_is_not_parsed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let config = Config::new(&Settings::default()).unwrap();
        let account = "alice".parse().unwrap();
        let new = NewRegistration { account: &account, file: &[0x30; MAX_CERTIFICATE_FILE + 1], patterns: Vec::new() };
        let refused = register(&store, &config, &Cache::default(), &new, &Actor::CommandLine, NOW).unwrap_err();
        assert!(matches!(refused, Error::TooLarge(size) if size == MAX_CERTIFICATE_FILE + 1));
    }
}
