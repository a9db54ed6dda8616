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
mod tests;
