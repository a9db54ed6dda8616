//! The owners of a package ID: adding one by invitation and consent, and removing one.

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::{self, Actor, Authorized, Refused, authorize, authorize_for_any};
use super::{audience, documents, invited, notices, organizations, required_signer};
use crate::app::App;
use crate::domain::account::{Account, AccountId, AccountKind, AccountName};
use crate::domain::membership::INVITATION_LASTS;
use crate::domain::ownership::{self, Adding, Candidate, Leaver, NotRemoved};
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Denied};
use crate::domain::regime::Regime;
use crate::domain::reserved_prefix;
use crate::domain::signature_change::SignatureChange;
use crate::store::invitations::{InvitedTo, Terms};
use crate::store::registrations::Registration;
use crate::store::{self, Reads, Writes};

/// Why an owner is not added or removed.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such package.
    #[error("there is no package `{0}` on this feed")]
    UnknownPackage(PackageId),
    /// There is no such account.
    #[error("there is no account `{0}`")]
    UnknownAccount(AccountName),
    /// The account is no owner.
    #[error("`{0}` is no owner of this package ID")]
    NoOwner(AccountName),
    /// It can't become one.
    #[error("`{name}` was not added: {why}")]
    NotAdded {
        /// Which account.
        name: AccountName,
        /// Why.
        why: ownership::NotAdded,
    },
    /// It can't be removed.
    #[error("`{name}` was not removed: {why}")]
    NotRemoved {
        /// Which account.
        name: AccountName,
        /// Why.
        why: ownership::NotRemoved,
    },
    /// Unsigned packages would be accepted, and nobody has said that this is meant.
    #[error("packages of this ID would be accepted without a signature from then on; that has to be confirmed")]
    OpensToUnsigned,
    /// Nobody more can be asked now.
    #[error(transparent)]
    Invited(#[from] invited::Error),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The documents that name owners can't be made.
    #[error(transparent)]
    Documents(#[from] documents::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What came of adding an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// How.
    pub adding: Adding,
    /// What it does to the signatures that count; nothing before an invitation is accepted.
    pub change: Option<SignatureChange>,
}

/// Makes an account an owner: at once if whoever asks may speak for it, otherwise when it accepts.
///
/// # Errors
/// An unknown package or account, an account that can't be added, or too many invitations.
pub fn add(
    app: &App,
    id: &PackageId,
    account: &AccountName,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Added, Error> {
    app.store.write(|w| {
        let (package, owners, by) = managed(w, id, actor, now)?;
        let target = w.account(account)?.ok_or_else(|| Error::UnknownAccount(account.clone()))?;
        let waiting = w.invitations_to_own(package.id, now)?;
        let candidate = Candidate {
            disabled: target.disabled,
            owner: owners.iter().any(|owner| owner.id == target.id),
            invited: waiting.iter().any(|invitation| invitation.invitee.0 == target.id),
            own: speaks_for(w, actor, &target, now)?,
        };
        let adding = ownership::adding(candidate, owners.len(), waiting.len())
            .map_err(|why| Error::NotAdded { name: target.name.clone(), why })?;
        let mut change = None;
        match adding {
            Adding::AtOnce => change = Some(join(w, app, &package, &target, &by, now)?),
            Adding::ByInvitation => {
                let terms = Terms { by: by.name(), at: now, until: now + INVITATION_LASTS };
                let invitation = w.invite_owner(package.id, target.id, terms)?;
                by.audit(w, now, "package.invite-owner", package.package_id.as_str(), target.name.as_str())?;
                let (whom, what) = (in_words(&target), named(&package.package_id));
                let text = format!("{} asks {whom} to become an owner of {what}.", by.name());
                invited::tell(w, (invitation, InvitedTo::Package(package.id)), &target, &by, &text, now)?;
                let text = format!("{} was asked by {} to become an owner of {what}.", target.name, by.name());
                audience::tell(w, &owners, &by, &text, &manage_page(&package), now)?;
            }
        }
        Ok(Added { adding, change })
    })
}

/// What removing an owner would do to the signatures that count. For people who must confirm it.
///
/// # Errors
/// An unknown package or owner.
pub fn removal(
    reads: &Reads<'_>,
    app: &App,
    id: &PackageId,
    account: &AccountName,
    now: OffsetDateTime,
) -> Result<SignatureChange, Error> {
    let package = existing(reads, id)?;
    let owners = reads.owners(package.id)?;
    let left: Vec<_> = owners.iter().filter(|(_, name)| name != account).cloned().collect();
    if left.len() == owners.len() {
        return Err(Error::NoOwner(account.clone()));
    }
    Ok(change(reads, app, &package, &owners, &left, now)?)
}

/// What it would do if an account became an owner.
///
/// # Errors
/// An unknown package.
pub fn addition(
    reads: &Reads<'_>,
    app: &App,
    id: &PackageId,
    account: &(AccountId, AccountName),
    now: OffsetDateTime,
) -> Result<SignatureChange, Error> {
    let package = existing(reads, id)?;
    let owners = reads.owners(package.id)?;
    let joined: Vec<_> = owners.iter().chain([account]).cloned().collect();
    Ok(change(reads, app, &package, &owners, &joined, now)?)
}

/// Removes an owner, and returns what that does to the signatures that count. `unsigned_is_meant`: whoever asks has read that
/// unsigned packages will be accepted by it.
///
/// # Errors
/// [`Error::OpensToUnsigned`] if that was not confirmed; an unknown package, no owner, the last one, or the holder of the
/// prefix.
pub fn remove(
    app: &App,
    id: &PackageId,
    account: &AccountName,
    unsigned_is_meant: bool,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<SignatureChange, Error> {
    app.store.write(|w| {
        let (package, owners, by) = managed(w, id, actor, now)?;
        let leaver =
            owners.iter().find(|owner| owner.name == *account).ok_or_else(|| Error::NoOwner(account.clone()))?;
        removable(w, &package, &owners, leaver, by.account())?
            .map_err(|why| Error::NotRemoved { name: leaver.name.clone(), why })?;
        let change = removal(w, app, id, account, now)?;
        if change.opens_to_unsigned && !unsigned_is_meant {
            return Err(Error::OpensToUnsigned);
        }
        w.remove_owner(package.id, leaver.id)?;
        required_signer::forget_if_lapsed(w, &app.policy(w.policy()?), &package, now)?;
        documents::refresh(w, app, package.id)?;
        by.audit(w, now, "package.remove-owner", package.package_id.as_str(), leaver.name.as_str())?;
        let what = named(&package.package_id);
        let text =
            format!("{} is no owner of {what} any more; {} removed it.{}", leaver.name, by.name(), news(&change));
        let link = format!("packages/{}", package.package_id);
        if change.opens_to_unsigned {
            // As when the last certificate goes: whoever did it as well. Somebody else may sit in front of their session.
            audience::people(w, &owners)?.iter().try_for_each(|person| notices::tell(w, person, &text, &link, now))?;
        } else {
            audience::tell(w, &owners, &by, &text, &link, now)?;
        }
        Ok(change)
    })
}

/// What a change does to packages, as the end of a text; nothing where it does nothing.
fn news(change: &SignatureChange) -> String {
    change.news().map(|news| format!(" {news}")).unwrap_or_default()
}

/// Whether `leaver`, one of the `owners`, may be removed by whoever is signed in, or with `None` by the command line.
///
/// # Errors
/// What the store says.
pub fn removable(
    reads: &Reads<'_>,
    package: &Registration,
    owners: &[Account],
    leaver: &Account,
    by: Option<&Account>,
) -> Result<Result<(), NotRemoved>, store::Error> {
    let left: Vec<&Account> = owners.iter().filter(|owner| owner.id != leaver.id).collect();
    let disabled = left.iter().filter(|owner| owner.disabled).count();
    Ok(ownership::may_remove(as_leaver(reads, package, leaver, by)?, left.len() - disabled, disabled))
}

/// The package with its owners, for somebody who may manage them.
pub(super) fn managed(
    reads: &Reads<'_>,
    id: &PackageId,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(Registration, Vec<Account>, Authorized), Error> {
    let package = existing(reads, id)?;
    let owners = accounts(reads, &package)?;
    let by = authorize_for_any(reads, actor, Action::ManageOwners, &owners.iter().collect::<Vec<_>>(), now)?;
    Ok((package, owners, by))
}

/// The owners' accounts.
///
/// # Errors
/// What the store says.
pub fn accounts(reads: &Reads<'_>, package: &Registration) -> Result<Vec<Account>, store::Error> {
    reads.owners(package.id)?.into_iter().map(|(id, _)| reads.account_by_id(id)).collect()
}

/// Makes an account an owner that has agreed. What that does to the signatures that count.
pub(super) fn join(
    w: &mut Writes<'_>,
    app: &App,
    package: &Registration,
    account: &Account,
    by: &Authorized,
    now: OffsetDateTime,
) -> Result<SignatureChange, Error> {
    let change = addition(w, app, &package.package_id, &(account.id, account.name.clone()), now)?;
    w.add_owner(package.id, account.id)?;
    w.remove_owner_invitation(package.id, account.id)?;
    required_signer::forget_if_lapsed(w, &app.policy(w.policy()?), package, now)?;
    documents::refresh(w, app, package.id)?;
    by.audit(w, now, "package.add-owner", package.package_id.as_str(), account.name.as_str())?;
    let text = format!("{} is an owner of {} now.{}", account.name, named(&package.package_id), news(&change));
    audience::tell(w, &accounts(w, package)?, by, &text, &manage_page(package), now)?;
    Ok(change)
}

/// A package ID in a sentence, for the same reason as [`organizations::named`].
pub(super) fn named(id: &PackageId) -> String {
    format!("the package \"{id}\"")
}

/// Who is asked, to those who read it.
fn in_words(asked: &Account) -> String {
    if asked.kind == AccountKind::User { "you".to_owned() } else { organizations::named(&asked.name) }
}

/// Where the owners of a package are shown.
pub(super) fn manage_page(package: &Registration) -> String {
    format!("packages/{}/manage", package.package_id)
}

fn existing(reads: &Reads<'_>, id: &PackageId) -> Result<Registration, Error> {
    reads.registration(id)?.ok_or_else(|| Error::UnknownPackage(id.clone()))
}

/// Whether `actor` may accept for `account`. On the server's own terminal everything may be said for everybody.
fn speaks_for(reads: &Reads<'_>, actor: &Actor, account: &Account, now: OffsetDateTime) -> Result<bool, Refused> {
    match authorize(reads, actor, Action::AcceptInvitation, Some(account), now) {
        Ok(_) => Ok(true),
        Err(Refused::Denied(Denied::NotYours(_))) => Ok(false),
        Err(other) => Err(other),
    }
}

fn as_leaver(
    reads: &Reads<'_>,
    package: &Registration,
    owner: &Account,
    by: Option<&Account>,
) -> Result<Leaver, store::Error> {
    let reservations = reads.reservations()?;
    let holds = |name: &AccountName| reserved_prefix::holds(&package.package_id, &reservations, name);
    let removed_by_holder = match by {
        None => true,
        Some(user) => {
            let spoken_for = authority::acts_for(reads, user)?.into_iter();
            spoken_for.filter(|(_, relation)| relation.manages()).any(|(account, _)| holds(&account.name))
        }
    };
    Ok(Leaver { disabled: owner.disabled, holds_prefix: holds(&owner.name), removed_by_holder })
}

/// What a change of owners does while the rule stands as it does for this ID.
fn change(
    reads: &Reads<'_>,
    app: &App,
    package: &Registration,
    before: &[(AccountId, AccountName)],
    after: &[(AccountId, AccountName)],
    now: OffsetDateTime,
) -> Result<SignatureChange, store::Error> {
    let with = |accounts| required_signer::with_certificates(reads, &package.package_id, accounts, now);
    let regime = Regime::of(&app.policy(reads.policy()?), package.package_id.as_str());
    Ok(SignatureChange::between(&with(before)?, &with(after)?, &package.required_signer).under(regime))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Role::{Administrator, Collaborator};
    use crate::domain::fingerprint::Fingerprint;
    use crate::domain::ownership::{MAX_OWNERS, MAX_PENDING_OWNERS, NotAdded};
    use crate::domain::push_rule::RequiredSigner;
    use crate::feed::reserved_prefixes;
    use crate::feed::test_house::{House, NOW, id, name};

    fn give(house: &House, actor: &Actor, whom: &str) -> Result<Adding, Error> {
        add(&house.app, &id("Contoso.Core"), &name(whom), actor, NOW).map(|added| added.adding)
    }

    fn take(house: &House, actor: &Actor, whom: &str) -> Result<SignatureChange, Error> {
        remove(&house.app, &id("Contoso.Core"), &name(whom), false, actor, NOW)
    }

    fn anns() -> (House, Actor) {
        let house = House::new();
        let ann = house.person("ann");
        house.package("Contoso.Core", &["ann"]);
        (house, ann)
    }

    #[test]
    fn an_organization_that_one_administers_is_an_owner_at_once() {
        let (house, ann) = anns();
        house.organization("Contoso", &[("ann", Administrator)]);
        house.organization("Fabrikam", &[("ann", Collaborator)]);
        assert_eq!(give(&house, &ann, "contoso").unwrap(), Adding::AtOnce);
        assert_eq!(house.audited(), "ann package.add-owner Contoso.Core Contoso");
        assert_eq!(give(&house, &ann, "fabrikam").unwrap(), Adding::ByInvitation, "a collaborator can't accept for it");
        assert_eq!(house.owners("contoso.core"), "ann, Contoso");
    }

    #[test]
    fn an_administrator_of_an_owning_organization_may_add_themselves_at_once() {
        let house = House::new();
        let ann = house.person("ann");
        house.organization("Contoso", &[("ann", Administrator)]);
        house.package("Contoso.Core", &["Contoso"]);
        assert_eq!(give(&house, &ann, "ann").unwrap(), Adding::AtOnce);
    }

    #[test]
    fn an_owner_already_one_asked_already_a_disabled_and_an_unknown_account_are_refused() {
        let (house, ann) = anns();
        house.person("bob");
        house.person("eve");
        house.disable("eve");
        give(&house, &ann, "bob").unwrap();
        for (whom, expected) in [("ann", NotAdded::Owner), ("bob", NotAdded::Invited), ("eve", NotAdded::Disabled)] {
            assert!(matches!(give(&house, &ann, whom), Err(Error::NotAdded { why, .. }) if why == expected), "{whom}");
        }
        assert!(matches!(give(&house, &ann, "nobody"), Err(Error::UnknownAccount(_))));
        let unknown = add(&house.app, &id("Other"), &name("bob"), &ann, NOW);
        assert!(matches!(unknown, Err(Error::UnknownPackage(_))));
    }

    #[test]
    fn the_fourth_invitation_and_the_sixteenth_owner_are_refused() {
        let (house, ann) = anns();
        for number in 0..=MAX_PENDING_OWNERS {
            house.person(&format!("asked{number}"));
            let asked = give(&house, &ann, &format!("asked{number}"));
            assert_eq!(asked.is_ok(), number < MAX_PENDING_OWNERS, "{number}");
        }
        for number in 1..=MAX_OWNERS {
            house.organization(&format!("group{number}"), &[("ann", Administrator)]);
            let added = give(&house, &ann, &format!("group{number}"));
            assert_eq!(added.is_ok(), number < MAX_OWNERS, "{number}");
        }
    }

    #[test]
    fn owners_are_managed_by_owners_with_a_code() {
        let (house, _) = anns();
        let (bob, carl) = (house.person("bob"), house.person("carl"));
        house.organization("Contoso", &[("bob", Collaborator)]);
        house
            .app
            .store
            .write(|w| w.add_owner(w.registration(&id("Contoso.Core"))?.unwrap().id, house.account("contoso").id))
            .unwrap();
        for actor in [&bob, &carl] {
            assert!(matches!(give(&house, actor, "carl"), Err(Error::Refused(Refused::Denied(Denied::NotYours(_))))));
            assert!(matches!(take(&house, actor, "ann"), Err(Error::Refused(Refused::Denied(Denied::NotYours(_))))));
        }
        let zoe = house.person_without_code("zoe");
        house.package("Zoe.Tools", &["zoe", "ann"]);
        let refused = remove(&house.app, &id("Zoe.Tools"), &name("ann"), false, &zoe, NOW);
        assert!(matches!(refused, Err(Error::Refused(Refused::Denied(Denied::GiveCode)))));
        let root = house.administrator("root");
        assert_eq!(give(&house, &root, "carl").unwrap(), Adding::ByInvitation, "even the server's administrator asks");
    }

    #[test]
    fn the_last_owner_stays_and_an_owner_may_remove_themselves() {
        let house = House::new();
        let (ann, bob) = (house.person("ann"), house.person("bob"));
        house.package("Contoso.Core", &["ann", "bob"]);
        take(&house, &ann, "ann").unwrap();
        assert_eq!(house.told("bob"), "ann is no owner of the package \"Contoso.Core\" any more; ann removed it.");
        assert_eq!(house.audited(), "ann package.remove-owner Contoso.Core ann");
        assert!(matches!(take(&house, &bob, "bob"), Err(Error::NotRemoved { why: NotRemoved::LastOwner, .. })));
        assert!(matches!(take(&house, &bob, "ann"), Err(Error::NoOwner(_))));
        assert_eq!(house.owners("contoso.core"), "bob");
    }

    #[test]
    fn a_holder_of_the_prefix_is_not_removed_by_a_plain_owner() {
        let house = House::new();
        let (ann, bob, root) = (house.person("ann"), house.person("bob"), house.administrator("root"));
        let carl = house.person("carl");
        house.organization("Contoso", &[("carl", Administrator)]);
        house.package("Contoso.Core", &["ann", "bob", "Contoso"]);
        let reserve = |holder| {
            let prefix = "Contoso.*".parse().unwrap();
            reserved_prefixes::reserve(&house.app.store, &prefix, &name(holder), &Actor::CommandLine, NOW).unwrap();
        };
        reserve("contoso");
        let holds = |result| matches!(result, Err(Error::NotRemoved { why: NotRemoved::HoldsPrefix, .. }));
        assert!(holds(take(&house, &ann, "contoso")));
        assert!(holds(take(&house, &root, "contoso")), "the server's administrator releases the prefix first");
        reserve("ann");
        assert!(holds(take(&house, &bob, "ann")));
        take(&house, &carl, "ann").unwrap();
        take(&house, &carl, "contoso").unwrap();
        assert_eq!(house.owners("contoso.core"), "bob");
    }

    #[test]
    fn removing_the_only_owner_with_certificates_has_to_be_confirmed() {
        let house = House::new();
        let ann = house.person("ann");
        house.person("bob");
        house.package("Contoso.Core", &["ann", "bob"]);
        house.certificate("ann");
        let told = house.app.store.read(|r| removal(r, &house.app, &id("Contoso.Core"), &name("ann"), NOW)).unwrap();
        assert!(told.opens_to_unsigned);
        assert!(matches!(take(&house, &ann, "ann"), Err(Error::OpensToUnsigned)));
        assert_eq!(house.owners("contoso.core"), "ann, bob", "nothing was changed");
        remove(&house.app, &id("Contoso.Core"), &name("ann"), true, &ann, NOW).unwrap();
        assert_eq!(house.owners("contoso.core"), "bob");
        for owner in ["ann", "bob"] {
            let told = house.told(owner);
            assert!(told.ends_with("ann removed it. Packages without a signature are accepted from now on."), "{told}");
        }
    }

    #[test]
    fn removing_the_only_owner_whose_certificate_is_active_says_that_nobody_can_push() {
        let house = House::new();
        let ann = house.person("ann");
        house.person("bob");
        house.package("Contoso.Core", &["ann", "bob"]);
        for owner in ["ann", "bob"] {
            house.certificate(owner);
        }
        house.app.store.write(|w| w.set_certificate_revoked(&Fingerprint::of(b"bob"), Some(NOW))).unwrap();
        let change = take(&house, &ann, "ann").unwrap();
        assert!(change.unsignable && !change.opens_to_unsigned);
        assert!(house.told("bob").ends_with("No certificate that counts is active any more: nobody can push."));
    }

    #[test]
    fn an_owner_at_once_with_certificates_makes_signatures_needed_and_the_others_are_told() {
        let (house, ann) = anns();
        house.person("bob");
        house.organization("Contoso", &[("ann", Administrator), ("bob", Administrator)]);
        house.certificate("contoso");
        let added = add(&house.app, &id("Contoso.Core"), &name("contoso"), &ann, NOW).unwrap();
        assert!(added.change.unwrap().demands_signature);
        assert_eq!(
            house.told("bob"),
            "Contoso is an owner of the package \"Contoso.Core\" now. Packages without a signature are refused from now on."
        );
    }

    #[test]
    fn a_choice_that_becomes_impossible_is_deleted_with_a_record_and_a_notice() {
        let house = House::new();
        let ann = house.person("ann");
        for person in ["bob", "carl"] {
            house.person(person);
            house.certificate(person);
        }
        let package = house.package("Contoso.Core", &["ann", "bob", "carl"]);
        house.app.store.write(|w| w.set_required_signer(package.id, &RequiredSigner::OneOwner(name("bob")))).unwrap();
        take(&house, &ann, "bob").unwrap();
        let now = house.app.store.read(|r| r.registration_by_row(package.id)).unwrap();
        assert_eq!(now.required_signer, RequiredSigner::AnyOwner);
        let records = house.app.store.read(|r| r.audit_records(9)).unwrap();
        let lapsed = records.iter().find(|record| record.action == "package.required-signer-lapsed").unwrap();
        assert_eq!((lapsed.actor.as_str(), lapsed.detail.as_str()), ("the server", "only bob; back to any owner"));
        let notices = house.app.store.read(|r| r.notices(house.account("carl").id, 0, 9)).unwrap();
        assert!(notices.iter().any(|notice| notice.text.contains("(only bob) is no longer possible")), "{notices:?}");
    }

    #[test]
    fn a_choice_that_stays_possible_stays() {
        let house = House::new();
        let ann = house.person("ann");
        house.person("bob");
        house.certificate("ann");
        let package = house.package("Contoso.Core", &["ann", "bob"]);
        house.app.store.write(|w| w.set_required_signer(package.id, &RequiredSigner::OneOwner(name("ann")))).unwrap();
        take(&house, &ann, "bob").unwrap();
        let now = house.app.store.read(|r| r.registration_by_row(package.id)).unwrap();
        assert_eq!(now.required_signer, RequiredSigner::OneOwner(name("ann")));
    }

    #[test]
    fn where_the_rule_is_not_enforced_a_removal_opens_nothing_and_says_so() {
        for (key, value, regime) in [
            ("foreign_ids", "Contoso.*", Regime::Foreign),
            ("enforcement_patterns", "Contoso.*=warn", Regime::Warned),
            ("enforcement", "report", Regime::Reported),
        ] {
            let house = House::new();
            let ann = house.person("ann");
            house.person("bob");
            house.certificate("ann");
            house.package("Contoso.Core", &["ann", "bob"]);
            house.app.store.write(|w| w.set_policy(key, value)).unwrap();
            let change = take(&house, &ann, "ann").unwrap();
            assert_eq!((change.opens_to_unsigned, change.unenforced), (false, Some(regime)));
            assert!(house.told("bob").ends_with("ann removed it."), "{}", house.told("bob"));
        }
    }
}
