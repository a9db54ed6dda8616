//! Telling people what of theirs ends soon: API keys, and certificates that they sign with. Whoever has a confirmed address gets
//! it by mail too.

use std::fmt::Display;

use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::api_keys::named;
use super::jobs::{Failure, Run, numbered};
use super::notices::tell;
use crate::app::App;
use crate::domain::account::AccountKind;
use crate::domain::ending::{CERTIFICATE_WARNINGS, KEY_WARNINGS};
use crate::domain::visible::brief;
use crate::store::endings::{EndingCertificate, EndingKey};
use crate::store::{self, Store, Writes};

/// The job of every day.
pub(super) fn run(app: &App, _run: &mut Run<'_>, now: OffsetDateTime) -> Result<String, Failure> {
    let told = tell_endings(&app.store, now)?;
    let done = format!(
        "told about {} and {}",
        numbered(told.keys as u64, "key"),
        numbered(told.certificates as u64, "certificate")
    );
    match told.untold {
        0 => Ok(done),
        untold => Err(Failure::InPart(format!("{done}; {untold} could not be told, and the log says why"))),
    }
}

/// How much was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Keys that end soon.
    pub keys: usize,
    /// Registered certificates that do.
    pub certificates: usize,
    /// What could not be told, of both. It is logged, and tried again by the next run.
    pub untold: usize,
}

/// Tells what is to be told at `now`, each in a transaction of its own: one that can't be told does not silence the others.
///
/// # Errors
/// What the store says when it is asked what ends.
pub fn tell_endings(store: &Store, now: OffsetDateTime) -> Result<Told, store::Error> {
    let (mut keys, mut certificates) = store.read(|r| {
        let keys = r.ending_keys(now, now + longest(&KEY_WARNINGS))?;
        Ok::<_, store::Error>((keys, r.ending_certificates(now, now + longest(&CERTIFICATE_WARNINGS))?))
    })?;
    keys.retain(|key| key.ending.is_to_be_told(&KEY_WARNINGS, now));
    certificates.retain(|certificate| certificate.ending.is_to_be_told(&CERTIFICATE_WARNINGS, now));
    let mut told = Told { keys: 0, certificates: 0, untold: 0 };
    for key in &keys {
        let done = store.write(|w| tell_key(w, key, now));
        told.note(done, format_args!("the key number {}", key.id.0), |told| &mut told.keys);
    }
    for certificate in &certificates {
        let done = store.write(|w| tell_certificate(w, certificate, now));
        told.note(done, certificate.fingerprint, |told| &mut told.certificates);
    }
    Ok(told)
}

impl Told {
    fn note(&mut self, done: Result<(), store::Error>, what: impl Display, kind: impl Fn(&mut Self) -> &mut usize) {
        match done {
            Ok(()) => *kind(self) += 1,
            Err(error) => {
                tracing::warn!(%error, %what, "nobody could be told that it ends");
                self.untold += 1;
            }
        }
    }
}

fn longest(warnings: &[Duration]) -> Duration {
    warnings.iter().max().copied().unwrap_or_default()
}

fn tell_key(w: &mut Writes<'_>, key: &EndingKey, now: OffsetDateTime) -> Result<(), store::Error> {
    let (holder, day, named) = (w.account_by_id(key.holder)?, date(key.ending.ends_at), named(&key.name, &key.hint));
    let (whose, page) = match holder.kind {
        AccountKind::User if holder.name == key.owner => (String::new(), "account/keys".to_owned()),
        AccountKind::User => (format!(", which acts for `{}`,", key.owner), "account/keys".to_owned()),
        AccountKind::Organization => (format!(" of `{}`", holder.name), format!("accounts/{}/keys", holder.name)),
    };
    let text = format!(
        "The API key {named}{whose} ends on {day}. Make a new one in time, and put it in the place of this one wherever that is used."
    );
    tell(w, &holder, &text, &page, now)?;
    w.key_ending_told(key.id, now)
}

fn tell_certificate(w: &mut Writes<'_>, ending: &EndingCertificate, now: OffsetDateTime) -> Result<(), store::Error> {
    let (account, day) = (w.account_by_id(ending.account)?, date(ending.ending.ends_at));
    let text = format!(
        "A certificate of `{name}` ends on {day}: {subject}. From then on pushes that are signed with it are refused; get a new one and register it in time.",
        name = account.name,
        subject = brief(&ending.subject),
    );
    tell(w, &account, &text, &format!("accounts/{}", account.name), now)?;
    w.certificate_ending_told(ending.account, &ending.fingerprint, now)
}

fn date(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::{AccountId, Role};
    use crate::domain::api_key::{ApiKeyHash, ApiKeyId, Scopes};
    use crate::domain::fingerprint::Fingerprint;
    use crate::store::api_keys::NewKey;
    use crate::store::certificates::NewCertificate;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);

    struct House {
        folder: tempfile::TempDir,
        store: Store,
        keys: std::cell::Cell<u8>,
    }

    impl House {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("assay.db")).unwrap();
            Self { folder, store, keys: 0.into() }
        }

        fn account(&self, name: &str, kind: AccountKind) -> AccountId {
            self.store.write(|w| w.create_account(&name.parse().unwrap(), kind, false, None, NOW)).unwrap()
        }

        fn key(&self, account: AccountId, owner: AccountId, ends_in: Duration) -> ApiKeyId {
            self.keys.set(self.keys.get() + 1);
            let key = NewKey {
                hash: ApiKeyHash([self.keys.get(); 32]),
                name: "ci".parse().unwrap(),
                hint: "assay_1234".to_owned(),
                account,
                owner,
                scopes: "read".parse::<Scopes>().unwrap(),
                patterns: Vec::new(),
                created_by: "ann".to_owned(),
                expires_at: NOW + ends_in,
            };
            self.store.write(|w| w.add_key(key, NOW - Duration::days(60))).unwrap()
        }

        fn tell(&self, days: i64) -> (usize, usize) {
            let told = tell_endings(&self.store, NOW + Duration::days(days)).unwrap();
            (told.keys, told.certificates)
        }

        fn notices(&self, account: AccountId) -> Vec<(String, String)> {
            let notices = self.store.read(|r| r.notices(account, 0, 99)).unwrap();
            notices.into_iter().rev().map(|notice| (notice.text, notice.link)).collect()
        }
    }

    #[test]
    fn a_key_that_ends_is_told_twice_to_its_owner() {
        let house = House::new();
        let ann = house.account("ann", AccountKind::User);
        house.key(ann, ann, Duration::days(15));
        let told: Vec<usize> = (0..20).map(|day| house.tell(day).0).collect();
        let days: Vec<usize> = (0..20).filter(|day| told[*day] > 0).collect();
        assert_eq!((days, told.iter().sum::<usize>()), (vec![1, 12], 2));
        let (text, link) = house.notices(ann).remove(0);
        assert!(text.starts_with("The API key `ci` (assay_1234...) ends on 2026-01-16."), "{text}");
        assert_eq!(link, "account/keys");
    }

    #[test]
    fn keys_of_an_organization_are_told_to_its_administrators_and_those_of_members_to_them() {
        let house = House::new();
        let [ann, bob] = ["ann", "bob"].map(|name| house.account(name, AccountKind::User));
        let contoso = house.account("contoso", AccountKind::Organization);
        house.store.write(|w| w.set_role(contoso, ann, Role::Administrator)).unwrap();
        house.store.write(|w| w.set_role(contoso, bob, Role::Collaborator)).unwrap();
        house.key(contoso, contoso, Duration::days(10));
        house.key(bob, contoso, Duration::days(10));
        assert_eq!(house.tell(0), (2, 0));
        let [(of_ann, link)] = &house.notices(ann)[..] else { panic!("one for ann") };
        assert!(of_ann.contains("of `contoso` ends on") && link == "accounts/contoso/keys", "{of_ann}");
        let [(of_bob, link)] = &house.notices(bob)[..] else { panic!("one for bob") };
        assert!(of_bob.contains("which acts for `contoso`, ends on") && link == "account/keys", "{of_bob}");
    }

    #[test]
    fn one_that_cannot_be_told_silences_no_other_and_is_told_when_it_can_be() {
        let house = House::new();
        let [ann, bob] = ["ann", "bob"].map(|name| house.account(name, AccountKind::User));
        house.key(ann, ann, Duration::days(9));
        house.key(bob, bob, Duration::days(10));
        let raw = rusqlite::Connection::open(house.folder.path().join("assay.db")).unwrap();
        let broken = "CREATE TRIGGER broken BEFORE INSERT ON notice WHEN NEW.account = (SELECT id FROM account WHERE name = 'ann')
                      BEGIN SELECT RAISE(ABORT, 'broken'); END";
        raw.execute_batch(broken).unwrap();
        assert_eq!(tell_endings(&house.store, NOW).unwrap(), Told { keys: 1, certificates: 0, untold: 1 });
        assert_eq!((house.notices(ann).len(), house.notices(bob).len()), (0, 1));
        raw.execute_batch("DROP TRIGGER broken").unwrap();
        assert_eq!(tell_endings(&house.store, NOW).unwrap(), Told { keys: 1, certificates: 0, untold: 0 });
        assert_eq!((house.notices(ann).len(), house.notices(bob).len()), (1, 1));
    }

    #[test]
    fn a_run_that_could_not_tell_everybody_has_failed() {
        let house = crate::feed::test_house::House::new();
        let store = house.app.store.clone();
        house.person("ann");
        let account = house.account("ann").id;
        let other = House { store, ..House::new() };
        other.key(account, account, Duration::days(9));
        let path = house.folder.path().join("assay.db");
        let broken = "CREATE TRIGGER broken BEFORE INSERT ON notice BEGIN SELECT RAISE(ABORT, 'broken'); END";
        rusqlite::Connection::open(path).unwrap().execute_batch(broken).unwrap();
        let run = run(&house.app, &mut house.app.jobs.begin(crate::feed::jobs::Job::Endings), NOW);
        let said = run.unwrap_err().to_string();
        assert_eq!(said, "told about 0 keys and 0 certificates; 1 could not be told, and the log says why");
    }

    #[test]
    fn what_counts_no_more_is_not_told() {
        let house = House::new();
        let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| house.account(name, AccountKind::User));
        let contoso = house.account("contoso", AccountKind::Organization);
        let revoked = house.key(ann, ann, Duration::days(10));
        house.store.write(|w| w.revoke_key(revoked, NOW)).unwrap();
        house.key(bob, contoso, Duration::days(10));
        house.key(eve, eve, Duration::days(10));
        house.store.write(|w| w.set_disabled(eve, true)).unwrap();
        house.key(ann, ann, Duration::ZERO);
        house.key(ann, ann, Duration::days(15));
        assert_eq!(house.tell(0), (0, 0), "revoked, of a member who left, of a disabled account, ended, far away");
    }

    #[test]
    fn a_certificate_that_ends_is_told_twice_for_each_account_that_registered_it_and_still_counts() {
        let house = House::new();
        let accounts = ["ann", "bob", "eve"].map(|name| house.account(name, AccountKind::User));
        let fingerprint = Fingerprint::from_bytes([7; 32]);
        for account in accounts {
            let certificate = NewCertificate {
                fingerprint,
                der: vec![1],
                subject: "CN=Contoso".to_owned(),
                issuer: "CN=Root".to_owned(),
                not_before: NOW - Duration::days(900),
                not_after: NOW + Duration::days(31),
            };
            let registered = NOW - Duration::days(300);
            house.store.write(|w| w.register_certificate(account, &certificate, Vec::new(), registered)).unwrap();
        }
        house.store.write(|w| w.remove_certificate(accounts[2], &fingerprint, NOW)).unwrap();
        let told: Vec<usize> = (0..40).map(|day| house.tell(day).1).collect();
        let days: Vec<usize> = (0..40).filter(|day| told[*day] > 0).collect();
        assert_eq!((days, told.iter().sum::<usize>()), (vec![1, 24], 4));
        let (text, link) = house.notices(accounts[1]).remove(0);
        assert!(text.contains("certificate of `bob` ends on 2026-02-01: CN=Contoso."), "{text}");
        assert_eq!(link, "accounts/bob");
    }
}
