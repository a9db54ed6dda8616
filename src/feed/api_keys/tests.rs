//! Whose keys count when, and who makes and revokes them.

use time::Duration;

use super::*;
use crate::domain::account::Role;
use crate::domain::api_key::Dead;
use crate::domain::policy::{Policy, SecondFactor};
use crate::domain::session::{FRESH_SIGN_IN, SessionRules};
use crate::feed::authority::Actor::CommandLine;
use crate::feed::authority::{Refused, SessionActor};
use crate::feed::organizations::{self, FirstAdministrator::Creator};
use crate::store::sessions::NewSession;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// A store with `contoso`, its administrator `ann`, its collaborator `bob`, and `eve`, who runs the server and belongs to nobody.
struct House {
    _folder: tempfile::TempDir,
    store: Store,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let house = Self { _folder: folder, store };
        for user in ["ann", "bob", "eve"] {
            accounts::create(&house.store, &name(user), user == "eve", None, &CommandLine, NOW).unwrap();
        }
        for group in ["contoso", "fabrikam"] {
            organizations::create(&house.store, &name(group), Creator, &CommandLine, NOW).unwrap();
        }
        house.role("ann", Some(Role::Administrator));
        house.role("bob", Some(Role::Collaborator));
        house
    }

    fn role(&self, user: &str, role: Option<Role>) {
        organizations::set_role(&self.store, &name("contoso"), &name(user), role, &CommandLine, NOW).unwrap();
    }

    fn disable(&self, account: &str, disabled: bool) {
        accounts::set_disabled(&self.store, &name(account), disabled, &CommandLine, NOW).unwrap();
    }

    /// Somebody who has just signed in.
    fn signed_in(&self, user: &str) -> Actor {
        let policy = Policy { second_factor: SecondFactor::Optional, ..Policy::default() };
        let id = self.store.write(|w| {
            let session = NewSession {
                hash: std::array::from_fn(|at| user.as_bytes().get(at).copied().unwrap_or_default()),
                account: w.account(&name(user))?.unwrap().id,
                complete: true,
                password_at: NOW,
                second_factor_at: None,
                address: "192.0.2.7",
                browser: "",
                known: false,
            };
            w.add_session(&session, NOW)
        });
        let address = "192.0.2.7".to_owned();
        Actor::Session(SessionActor { id: id.unwrap(), rules: SessionRules::from(&policy), address })
    }

    fn made(&self, holder: Holder) -> ApiKey {
        self.made_by(holder, &CommandLine).unwrap()
    }

    fn made_by(&self, holder: Holder, actor: &Actor) -> Result<ApiKey, Error> {
        create(&self.store, &wanted(holder), actor, NOW).map(|made| made.key)
    }

    fn life(&self, key: &ApiKey) -> Option<Dead> {
        self.life_at(key, NOW)
    }

    fn life_at(&self, key: &ApiKey, now: OffsetDateTime) -> Option<Dead> {
        let (by_hash, again) = self
            .store
            .read(|r| {
                let id = r.keys(None)?.iter().find(|row| row.hint == key.hint()).unwrap().id;
                Ok::<_, store::Error>((r.grant(&key.hash(), now)?, r.grant_again(ApiKeyId(id), now)?))
            })
            .unwrap();
        assert_eq!(by_hash.as_ref().err(), again.as_ref().err(), "the two questions have the same answer");
        by_hash.err()
    }

    fn number(&self, key: &ApiKey) -> ApiKeyId {
        let keys = self.store.read(|r| r.keys(None)).unwrap();
        ApiKeyId(keys.iter().find(|row| row.hint == key.hint()).unwrap().id)
    }

    fn listed(&self, key: &ApiKey) -> ListedKey {
        self.store.read(|r| r.key(self.number(key))).unwrap().unwrap()
    }

    fn newest_audit(&self) -> crate::store::audit::AuditRecord {
        self.store.read(|r| r.audit_records(1)).unwrap().remove(0)
    }
}

/// Something that happens in the house.
type Step = fn(&House);

fn name(text: &str) -> AccountName {
    text.parse().unwrap()
}

fn of(user: &str) -> Holder {
    Holder::User(name(user), None)
}

fn acting(user: &str) -> Holder {
    Holder::User(name(user), Some(name("contoso")))
}

fn service() -> Holder {
    Holder::Organization(name("contoso"))
}

fn wanted(holder: Holder) -> Wanted {
    Wanted {
        name: "ci".parse().unwrap(),
        holder,
        scopes: "push".parse().unwrap(),
        patterns: Vec::new(),
        lasts: "1d".parse().unwrap(),
    }
}

fn denied<T>(result: Result<T, Error>) -> Denied {
    match result.err().expect("a refusal") {
        Error::Refused(Refused::Denied(denied)) => denied,
        other => panic!("{other}"),
    }
}

#[test]
fn a_key_works_until_it_ends() {
    let house = House::new();
    let key = house.made(of("ann"));
    assert_eq!(house.life_at(&key, NOW + Duration::days(1) - Duration::SECOND), None);
    assert_eq!(house.life_at(&key, NOW + Duration::days(1)), Some(Dead::Expired));
}

#[test]
fn a_revoked_key_is_dead_for_ever_and_can_not_be_revoked_again() {
    let house = House::new();
    let key = house.made(of("ann"));
    revoke(&house.store, house.number(&key), &CommandLine, NOW).unwrap();
    assert_eq!(house.life(&key), Some(Dead::Revoked));
    let again = revoke(&house.store, house.number(&key), &CommandLine, NOW);
    assert!(matches!(again, Err(Error::RevokedAlready { at, .. }) if at == NOW), "{again:?}");
}

#[test]
fn a_key_is_dead_while_its_holder_is_disabled() {
    let house = House::new();
    let keys = [house.made(of("ann")), house.made(acting("ann"))];
    house.disable("ann", true);
    for key in &keys {
        assert_eq!(house.life(key), Some(Dead::HolderDisabled));
    }
    house.disable("ann", false);
    for key in &keys {
        assert_eq!(house.life(key), None);
    }
}

#[test]
fn every_key_that_acts_for_a_disabled_organization_is_dead() {
    let house = House::new();
    let (members, services, own) = (house.made(acting("bob")), house.made(service()), house.made(of("bob")));
    house.disable("contoso", true);
    assert_eq!(house.life(&members), Some(Dead::OwnerDisabled));
    assert_eq!(house.life(&services), Some(Dead::HolderDisabled));
    assert_eq!(house.life(&own), None, "what acts for its holder alone goes on");
}

#[test]
fn a_key_for_an_organization_dies_with_the_membership_and_the_holders_own_key_does_not() {
    let house = House::new();
    let (acting, own) = (house.made(acting("bob")), house.made(of("bob")));
    house.role("bob", None);
    assert_eq!(house.life(&acting), Some(Dead::HolderLeft));
    assert_eq!(house.life(&own), None);
}

#[test]
fn a_demoted_administrator_keeps_keys_that_a_collaborator_may_have() {
    let house = House::new();
    let key = house.made(acting("ann"));
    house.role("bob", Some(Role::Administrator));
    house.role("ann", Some(Role::Collaborator));
    assert_eq!(house.life(&key), None);
}

#[test]
fn a_service_key_outlives_its_maker_and_the_list_says_that_the_maker_left() {
    let house = House::new();
    let ann = house.signed_in("ann");
    let key = house.made_by(service(), &ann).unwrap();
    assert_eq!((house.listed(&key).created_by.as_str(), house.listed(&key).maker_left), ("ann", false));
    house.role("bob", Some(Role::Administrator));
    let steps: [(Step, bool); 4] = [
        (|house| house.disable("ann", true), true),
        (|house| house.disable("ann", false), false),
        (|house| house.role("ann", Some(Role::Collaborator)), true),
        (|house| house.role("ann", None), true),
    ];
    for (step, left) in steps {
        step(&house);
        assert_eq!((house.life(&key), house.listed(&key).maker_left), (None, left));
    }
    assert!(house.listed(&key).service);
}

#[test]
fn what_is_done_with_a_service_key_is_counted_on_whoever_made_it_and_with_another_key_on_its_account() {
    let house = House::new();
    let (ann, bob) = (house.signed_in("ann"), house.signed_in("bob"));
    let counted_on = |key: &ApiKey| {
        let grant = house.store.read(|r| r.grant(&key.hash(), NOW)).unwrap().unwrap();
        let name = |account| house.store.read(|r| r.account_name(account)).unwrap().to_string();
        (name(grant.account), grant.service_key_of.map(name))
    };
    let some = |holder: &str, maker: Option<&str>| (holder.to_owned(), maker.map(str::to_owned));
    assert_eq!(counted_on(&house.made_by(service(), &ann).unwrap()), some("contoso", Some("ann")));
    assert_eq!(counted_on(&house.made_by(acting("bob"), &bob).unwrap()), some("bob", None));
    assert_eq!(counted_on(&house.made(service())), some("contoso", None), "the command line is nobody");
}

#[test]
fn nobody_acts_for_another_user_or_for_an_organization_of_others() {
    let house = House::new();
    for owner in ["bob", "fabrikam"] {
        let wanted = Holder::User(name("ann"), Some(name(owner)));
        assert!(matches!(house.made_by(wanted, &CommandLine), Err(Error::NoMember { .. })), "{owner}");
    }
}

#[test]
fn a_key_that_would_be_dead_at_birth_is_not_made() {
    let house = House::new();
    house.disable("bob", true);
    assert!(matches!(house.made_by(of("bob"), &CommandLine), Err(Error::Disabled(_))));
    house.disable("contoso", true);
    assert!(matches!(house.made_by(acting("ann"), &CommandLine), Err(Error::Disabled(_))));
    assert!(matches!(house.made_by(service(), &CommandLine), Err(Error::Disabled(_))));
}

#[test]
fn users_have_no_service_keys_and_organizations_no_others() {
    let house = House::new();
    assert!(matches!(
        house.made_by(Holder::Organization(name("ann")), &CommandLine),
        Err(Error::Account(accounts::Error::Kind { .. }))
    ));
    assert!(matches!(house.made_by(of("contoso"), &CommandLine), Err(Error::NotAPerson(_))));
    let unknown = house.made_by(of("nobody"), &CommandLine);
    assert!(matches!(unknown, Err(Error::Account(accounts::Error::Unknown(_)))));
}

#[test]
fn on_pages_everybody_makes_their_own_keys_and_nobody_elses() {
    let house = House::new();
    let (bob, eve) = (house.signed_in("bob"), house.signed_in("eve"));
    assert!(house.made_by(of("bob"), &bob).is_ok());
    assert!(house.made_by(acting("bob"), &bob).is_ok());
    // Nor does running the server help.
    for actor in [&bob, &eve] {
        for holder in [of("ann"), acting("ann"), service()] {
            assert!(matches!(denied(house.made_by(holder.clone(), actor)), Denied::NotYours(_)), "{holder:?}");
        }
    }
    // Nor going through the organization that one belongs to.
    assert!(matches!(house.made_by(of("contoso"), &bob), Err(Error::NotAPerson(_))));
}

#[test]
fn making_a_key_needs_a_fresh_sign_in() {
    let house = House::new();
    let ann = house.signed_in("ann");
    for holder in [of("ann"), acting("ann"), service()] {
        let late = create(&house.store, &wanted(holder.clone()), &ann, NOW + FRESH_SIGN_IN);
        assert_eq!(denied(late), Denied::GivePassword, "{holder:?}");
        assert!(house.made_by(holder, &ann).is_ok());
    }
}

#[test]
fn a_session_that_ended_or_whose_account_is_disabled_makes_no_key() {
    let house = House::new();
    let ann = house.signed_in("ann");
    house.disable("ann", true);
    assert!(matches!(house.made_by(of("ann"), &ann), Err(Error::Refused(Refused::SignedOut))));
    house.disable("ann", false);
    // An account that was disabled comes back without its sessions.
    assert!(matches!(house.made_by(of("ann"), &ann), Err(Error::Refused(Refused::SignedOut))));
    let ann = house.signed_in("ann");
    assert!(house.made_by(of("ann"), &ann).is_ok());
    house
        .store
        .write(|w| {
            let account = w.account(&name("ann"))?.unwrap().id;
            w.end_sessions(account, None)
        })
        .unwrap();
    assert!(matches!(house.made_by(of("ann"), &ann), Err(Error::Refused(Refused::SignedOut))));
}

#[test]
fn a_key_is_revoked_by_its_holder_and_by_administrators_of_the_organization_that_it_acts_for() {
    let house = House::new();
    let (ann, bob, eve) = (house.signed_in("ann"), house.signed_in("bob"), house.signed_in("eve"));
    let may = |key: &ApiKey, actor: &Actor| {
        let seen = to_revoke(&house.store, house.number(key), actor, NOW);
        assert!(matches!(seen, Ok(_) | Err(Error::Unknown(_))), "{seen:?}");
        seen.is_ok()
    };
    let keys = [house.made(of("bob")), house.made(acting("bob")), house.made(service()), house.made(of("ann"))];
    let table = keys.each_ref().map(|key| [may(key, &ann), may(key, &bob), may(key, &eve)]);
    assert_eq!(
        table,
        [[false, true, false], [true, true, false], [true, false, false], [true, false, false]],
        "bob's own, bob's for contoso, contoso's, ann's × ann (administrator), bob (collaborator), eve (server)"
    );
    assert!(matches!(revoke(&house.store, house.number(&keys[2]), &bob, NOW), Err(Error::Unknown(_))));
    assert_eq!(house.life(&keys[2]), None);
    revoke(&house.store, house.number(&keys[1]), &ann, NOW).unwrap();
    assert_eq!(house.life(&keys[1]), Some(Dead::Revoked));
}

#[test]
fn whoever_loses_a_key_by_somebody_else_is_told() {
    let house = House::new();
    let (ann, bob) = (house.signed_in("ann"), house.signed_in("bob"));
    let notices = || {
        let all = house.store.read(|r| r.notices(r.account(&name("bob"))?.unwrap().id, 0, 9)).unwrap();
        all.into_iter().filter(|notice| notice.link == "account/keys").collect::<Vec<_>>()
    };
    revoke(&house.store, house.number(&house.made(acting("bob"))), &bob, NOW).unwrap();
    assert!(notices().is_empty(), "bob knows what bob did");
    revoke(&house.store, house.number(&house.made(acting("bob"))), &ann, NOW).unwrap();
    let told = notices();
    assert_eq!(told.len(), 1);
    assert!(told[0].text.starts_with("ann revoked your key `ci` (assay_"), "{}", told[0].text);
}

#[test]
fn keys_of_an_organization_are_listed_for_its_administrators_alone() {
    let house = House::new();
    house.made(acting("bob"));
    house.made(of("bob"));
    house.made(service());
    let list = |actor: &Actor| acting_for(&house.store, &name("contoso"), actor, NOW);
    let keys = list(&house.signed_in("ann")).unwrap().1;
    assert_eq!(
        keys.iter().map(|key| (key.account.as_str(), key.service)).collect::<Vec<_>>(),
        [("bob", false), ("contoso", true)]
    );
    for other in ["bob", "eve"] {
        assert!(matches!(denied(list(&house.signed_in(other))), Denied::NotYours(_)), "{other}");
    }
}

#[test]
fn what_is_done_with_keys_is_on_record_with_their_first_letters_only() {
    let house = House::new();
    let ann = house.signed_in("ann");
    let mut wanted = wanted(service());
    wanted.patterns = vec!["Contoso.*".parse().unwrap()];
    let key = create(&house.store, &wanted, &ann, NOW).unwrap().key;
    let made = house.newest_audit();
    assert_eq!((made.actor.as_str(), made.address.as_str(), made.subject.as_str()), ("ann", "192.0.2.7", "contoso"));
    let expected = format!("`ci` ({}...) for contoso: push of Contoso.*, until 1970-01-02", key.hint());
    assert_eq!((made.action.as_str(), made.detail.as_str()), ("key.create", expected.as_str()));
    revoke(&house.store, house.number(&key), &ann, NOW).unwrap();
    let revoked = house.newest_audit();
    assert_eq!((revoked.action.as_str(), revoked.subject.as_str()), ("key.revoke", "contoso"));
    assert!(revoked.detail.contains("`ci`") && !revoked.detail.contains(key.reveal()));
}

#[test]
fn an_account_has_a_hundred_keys_that_count_at_most() {
    let house = House::new();
    let keys: Vec<ApiKey> = (0..MAX_KEYS).map(|_| house.made(of("ann"))).collect();
    assert!(matches!(house.made_by(of("ann"), &CommandLine), Err(Error::TooManyKeys(_))));
    assert!(house.made_by(service(), &CommandLine).is_ok(), "service keys are the organization's");
    revoke(&house.store, house.number(&keys[0]), &CommandLine, NOW).unwrap();
    house.made(of("ann"));
    let later = create(&house.store, &wanted(of("ann")), &CommandLine, NOW + Duration::days(1));
    assert!(later.is_ok(), "what has expired does not count");
}

#[test]
fn a_key_has_fifty_patterns_at_most() {
    let house = House::new();
    let with = |count: usize| {
        let patterns = (0..count).map(|number| format!("A{number}.*").parse().unwrap()).collect();
        create(&house.store, &Wanted { patterns, ..wanted(of("ann")) }, &CommandLine, NOW)
    };
    assert!(with(MAX_KEY_PATTERNS).is_ok());
    assert!(matches!(with(MAX_KEY_PATTERNS + 1), Err(Error::TooManyPatterns(51))));
}

#[test]
fn the_last_use_is_kept_and_an_older_one_changes_nothing() {
    let house = House::new();
    let key = house.made(of("ann"));
    let id = house.number(&key);
    assert_eq!(house.listed(&key).last_used_at, None);
    let use_at = |at: OffsetDateTime, from: &str| {
        house.store.write(|w| w.keys_used(&[(id, at, from.to_owned())])).unwrap();
        (house.listed(&key).last_used_at, house.listed(&key).last_used_from)
    };
    let (late, early) = (NOW + Duration::minutes(5), NOW + Duration::minutes(1));
    assert_eq!(use_at(late, "2001:db8::1"), (Some(late), "2001:db8::1".to_owned()));
    assert_eq!(use_at(early, "192.0.2.9"), (Some(late), "2001:db8::1".to_owned()));
}
