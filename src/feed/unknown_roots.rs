//! Roots in which refused pushes ended: kept for an administrator to look at, and added only by somebody who has the fingerprint
//! from elsewhere.
//!
//! A root comes with the package, so whoever pushes chooses it and what it calls itself. It proves nothing.

use std::collections::BTreeSet;

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::{self, Actor, authorize};
use super::push::Pusher;
use super::trust::{self, Outcome};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::domain::visible::brief;
use crate::signature::{Certificate, Problem, Refusal, RootProblem};
use crate::store::trust_anchors::Purpose;
use crate::store::unknown_roots::{Room, UnknownRoot};
use crate::store::{self, Reads, Store};

/// How many are kept. Whoever may push can make roots without end, and must not push out those of others.
pub const ROOM: Room = Room { of_account: 20, of_all: 200 };
/// Largest root in bytes that is kept: real ones have two thousand.
pub const MAX_DER: usize = 10_000;
/// How many digits of the fingerprint are typed to add a root.
pub const DIGITS: usize = 8;

/// Why a root is not added or dismissed.
#[derive(Debug, Error)]
pub enum Error {
    /// No push has ended in it, or it was pushed out by others, added or dismissed meanwhile.
    #[error("no push has ended in the root {0}")]
    Unknown(Fingerprint),
    /// The digits are not those of its fingerprint.
    #[error("these are not the first {DIGITS} digits of its fingerprint; compare them with what its owner gave you")]
    Digits,
    /// It can't be a trust anchor.
    #[error("it can't be a trust anchor: {0}")]
    Root(#[from] RootProblem),
    /// It can't be read any more.
    #[error("the stored certificate can't be read")]
    Unreadable,
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<trust::Error> for Error {
    fn from(error: trust::Error) -> Self {
        match error {
            trust::Error::Unknown(fingerprint) => Self::Unknown(fingerprint),
            trust::Error::NoSdk(_) => Self::Unreadable,
            trust::Error::Refused(refused) => Self::Refused(refused),
            trust::Error::Store(error) => Self::Store(error),
        }
    }
}

/// Keeps the roots that a push was refused for. A failure is logged and no more: the push has its answer.
pub(crate) fn remember(store: &Store, refusal: &Refusal, pusher: &Pusher, package: &str, now: OffsetDateTime) {
    let found = roots(refusal);
    if found.is_empty() {
        return;
    }
    let kept = store.write(|w| {
        // A key that was revoked meanwhile pushes nothing any more, and brings no roots.
        let Some(pushed_by) = pusher.name(w, now)? else { return Ok(()) };
        for (purpose, certificate) in &found {
            // It may have become one since the push began.
            if w.anchor(*purpose, &certificate.fingerprint())?.is_none() {
                w.note_unknown_root(&row(*purpose, certificate, &pushed_by, package, now), ROOM)?;
            }
        }
        Ok::<_, store::Error>(())
    });
    if let Err(error) = kept {
        tracing::warn!(%error, "the root in which a push ended could not be kept");
    }
}

fn row(
    purpose: Purpose,
    certificate: &Certificate,
    pushed_by: &str,
    package: &str,
    now: OffsetDateTime,
) -> UnknownRoot {
    UnknownRoot {
        purpose,
        fingerprint: certificate.fingerprint(),
        der: certificate.as_der().to_vec(),
        subject: certificate.subject().to_string(),
        not_after: certificate.not_after(),
        pushed_by: pushed_by.to_owned(),
        package: package.to_owned(),
        pushes: 1,
        seen_at: now,
    }
}

/// The unknown roots in a refusal that came with the package whole: small, and signed with their own key.
fn roots(refusal: &Refusal) -> Vec<(Purpose, Certificate)> {
    let mut seen = BTreeSet::new();
    let unknown = refusal.issues().filter_map(|issue| match &issue.problem {
        Problem::UntrustedRoot { der, .. } if der.len() <= MAX_DER => {
            let purpose = if issue.timestamp { Purpose::Timestamping } else { Purpose::Signing };
            Some((purpose, Certificate::from_der(der).ok()?))
        }
        _ => None,
    });
    let fit = unknown.filter(|(_, certificate)| certificate.is_self_signed());
    fit.filter(|(purpose, certificate)| seen.insert((*purpose, certificate.fingerprint()))).collect()
}

/// All of them, newest first.
///
/// # Errors
/// What the store says.
pub fn list(reads: &Reads<'_>) -> Result<Vec<UnknownRoot>, store::Error> {
    reads.unknown_roots()
}

/// Makes a root that pushes ended in a trust anchor. `digits` are the first of its fingerprint, as somebody typed them.
///
/// # Errors
/// [`Error::Digits`] for others; [`Error::Root`] when no chain could end in it.
pub fn adopt(
    store: &Store,
    purpose: Purpose,
    fingerprint: &Fingerprint,
    digits: &str,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let root = found(w, purpose, fingerprint)?;
        if !are_first_digits(digits, fingerprint) {
            return Err(Error::Digits);
        }
        let certificate = Certificate::from_der(&root.der).map_err(|_| Error::Unreadable)?;
        let source = format!("a push of {} by {}", root.package, root.pushed_by);
        let considered = trust::add_one(w, &certificate, purpose, &source, &by, now)?;
        if let Outcome::Refused(problem) = considered.outcome {
            return Err(problem.into());
        }
        Ok(trust::changed(w, now)?)
    })
}

/// Takes a root off the list of those to look at. It comes back with the next push that ends in it.
///
/// # Errors
/// [`Error::Unknown`].
pub fn dismiss(
    store: &Store,
    purpose: Purpose,
    fingerprint: &Fingerprint,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let root = found(w, purpose, fingerprint)?;
        w.forget_unknown_root(purpose, fingerprint)?;
        let detail =
            format!("{}: {}; from {} of {}", purpose.name(), brief(&root.subject), root.package, root.pushed_by);
        Ok(by.audit(w, now, "unknown-root.dismiss", &fingerprint.to_string(), &detail)?)
    })
}

fn found(reads: &Reads<'_>, purpose: Purpose, fingerprint: &Fingerprint) -> Result<UnknownRoot, Error> {
    reads.unknown_root(purpose, fingerprint)?.ok_or(Error::Unknown(*fingerprint))
}

/// Whether exactly the first digits were typed, in either case, with blanks or colons between them.
fn are_first_digits(typed: &str, fingerprint: &Fingerprint) -> bool {
    let typed: String = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != ':').collect();
    let whole = fingerprint.to_string();
    whole.get(..DIGITS).is_some_and(|first| first.eq_ignore_ascii_case(&typed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::Policy;
    use crate::domain::session::SessionRules;
    use crate::feed::accounts;
    use crate::feed::authority::SessionActor;
    use crate::signature::{Issue, Kind, Level, Part, Report};
    use crate::store::sessions::NewSession;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);

    fn golden(name: &str) -> Certificate {
        let path = format!("{}/tests/vectors/golden/trust/certs/{name}.der", env!("CARGO_MANIFEST_DIR"));
        Certificate::from_der(&std::fs::read(path).unwrap()).unwrap()
    }

    fn store_with(roots: &[(Purpose, &str)]) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        for (purpose, name) in roots {
            let root = row(*purpose, &golden(name), "mallory", "Contoso.Core 1.0.0", NOW);
            store.write(|w| w.note_unknown_root(&root, ROOM)).unwrap();
        }
        (folder, store)
    }

    fn refusal(ders: &[(&[u8], bool)]) -> Refusal {
        let mut report = Report::new(Kind::Author);
        report.issues = ders
            .iter()
            .map(|(der, timestamp)| Issue {
                code: None,
                rule: None,
                level: Level::Error,
                part: Part::Author,
                timestamp: *timestamp,
                problem: Problem::UntrustedRoot {
                    subject: String::new(),
                    root: Fingerprint::of(der),
                    der: der.to_vec(),
                    way_round: false,
                    by_client: false,
                },
            })
            .collect();
        Refusal { report: Box::new(report) }
    }

    #[test]
    fn only_a_small_certificate_that_its_own_key_signed_is_kept_once_for_each_purpose() {
        let root = golden("stranger-root").as_der().to_vec();
        let found = roots(&refusal(&[(&root, false), (&root, false), (&root, true)]));
        let purposes: Vec<Purpose> = found.iter().map(|(purpose, _)| *purpose).collect();
        assert_eq!(purposes, [Purpose::Signing, Purpose::Timestamping]);
        let mut forged = root.clone();
        *forged.last_mut().unwrap() ^= 1;
        let leaf = golden("leaf-3072").as_der().to_vec();
        for other in [forged, leaf, Vec::new()] {
            assert!(roots(&refusal(&[(&other, false)])).is_empty());
        }
        // A warning refused nothing.
        let mut warned = refusal(&[(&root, false)]);
        warned.report.issues[0].level = Level::Warning;
        assert!(roots(&warned).is_empty());
    }

    #[test]
    fn a_root_that_would_fill_the_table_is_not_kept() {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let with_names = |count: usize| {
            let names: Vec<String> = (0..count).map(|number| format!("{number}.example")).collect();
            rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap().der().to_vec()
        };
        let (small, large) = (with_names(1), with_names(1000));
        assert!(small.len() <= MAX_DER && large.len() > MAX_DER);
        assert_eq!(roots(&refusal(&[(&small, false)])).len(), 1);
        assert!(roots(&refusal(&[(&large, false)])).is_empty());
    }

    #[test]
    fn exactly_the_first_eight_digits_count_however_they_are_written() {
        let fingerprint = Fingerprint::of(b"a root");
        let whole = fingerprint.to_string();
        let first = &whole[..DIGITS];
        let spaced = format!(" {}:{} {} ", &whole[..2], &whole[2..4], whole[4..8].to_uppercase());
        for typed in [first, &first.to_uppercase(), &spaced] {
            assert!(are_first_digits(typed, &fingerprint), "{typed}");
        }
        for typed in ["", &whole[..7], &whole[..9], &whole, &whole[1..9], "********"] {
            assert!(!are_first_digits(typed, &fingerprint), "{typed}");
        }
    }

    #[test]
    fn a_root_becomes_an_anchor_for_what_it_was_pushed_for_and_says_whose_push_it_was() {
        let (_folder, store) =
            store_with(&[(Purpose::Signing, "stranger-root"), (Purpose::Timestamping, "stranger-root")]);
        let fingerprint = golden("stranger-root").fingerprint();
        let digits = fingerprint.to_string()[..DIGITS].to_owned();
        let adopt = |digits: &str| adopt(&store, Purpose::Signing, &fingerprint, digits, &Actor::CommandLine, NOW);
        assert!(matches!(adopt("00000000"), Err(Error::Digits)));
        assert!(store.read(|r| r.listed_anchors()).unwrap().is_empty());
        let before = store.read(trust::generation).unwrap();
        adopt(&digits).unwrap();
        assert_ne!(store.read(trust::generation).unwrap(), before, "pushes on their way must see it");
        let anchors = store.read(|r| r.listed_anchors()).unwrap();
        assert_eq!(anchors.len(), 1);
        assert_eq!(anchors[0].source, "a push of Contoso.Core 1.0.0 by mallory");
        assert_eq!((anchors[0].purpose, anchors[0].added_by.as_str()), (Purpose::Signing, "command line"));
        let left: Vec<Purpose> = store.read(list).unwrap().iter().map(|root| root.purpose).collect();
        assert_eq!(left, [Purpose::Timestamping]);
        assert!(matches!(adopt(&digits), Err(Error::Unknown(_))));
    }

    #[test]
    fn a_dismissed_root_is_gone_and_on_record() {
        let (_folder, store) = store_with(&[(Purpose::Signing, "stranger-root")]);
        let fingerprint = golden("stranger-root").fingerprint();
        let dismiss = || dismiss(&store, Purpose::Signing, &fingerprint, &Actor::CommandLine, NOW);
        dismiss().unwrap();
        assert!(store.read(list).unwrap().is_empty());
        let record = store.read(|r| r.audit_records(1)).unwrap().remove(0);
        assert_eq!(record.action, "unknown-root.dismiss");
        assert!(record.detail.contains("mallory"), "{}", record.detail);
        assert!(matches!(dismiss(), Err(Error::Unknown(_))));
    }

    #[test]
    fn a_root_that_was_added_otherwise_needs_no_look_any_more() {
        let (_folder, store) = store_with(&[(Purpose::Signing, "stranger-root")]);
        let offer = trust::Offer {
            certificates: &[golden("stranger-root")],
            purposes: &[Purpose::Signing],
            source: "root.pem",
        };
        trust::add(&store, &[offer], &Actor::CommandLine, NOW).unwrap();
        assert!(store.read(list).unwrap().is_empty());
    }

    fn session_of(store: &Store, account: &crate::domain::account::AccountName) -> Actor {
        let session = store.write(|w| {
            let account = w.account(account)?.unwrap().id;
            let new = NewSession {
                hash: [1; 32],
                account,
                complete: true,
                password_at: NOW,
                second_factor_at: None,
                address: "192.0.2.1",
                browser: "",
                known: false,
            };
            w.add_session(&new, NOW)
        });
        let rules = SessionRules::from(&Policy::default());
        Actor::Session(SessionActor { id: session.unwrap(), rules, address: "192.0.2.1".to_owned() })
    }

    #[test]
    fn only_a_second_factor_session_of_an_administrator_adds_or_dismisses() {
        let (_folder, store) = store_with(&[(Purpose::Signing, "stranger-root")]);
        let fingerprint = golden("stranger-root").fingerprint();
        let ann = "ann".parse().unwrap();
        accounts::create(&store, &ann, true, None, &Actor::CommandLine, NOW).unwrap();
        let actor = session_of(&store, &ann);
        let digits = fingerprint.to_string()[..DIGITS].to_owned();
        let refused = adopt(&store, Purpose::Signing, &fingerprint, &digits, &actor, NOW);
        assert!(matches!(refused, Err(Error::Refused(authority::Refused::Denied(_)))), "{refused:?}");
        let refused = dismiss(&store, Purpose::Signing, &fingerprint, &actor, NOW);
        assert!(matches!(refused, Err(Error::Refused(authority::Refused::Denied(_)))), "{refused:?}");
        assert_eq!(store.read(list).unwrap().len(), 1);
    }
}
