//! Choosing whose signature package IDs need: for one of them, or for many at once, all or none.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;
use time::OffsetDateTime;

use super::plan::{Plan, Step};
use crate::config::Config;
use crate::domain::account::{Account, AccountId};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Denied};
use crate::domain::policy::Policy;
use crate::domain::push_rule::RequiredSigner;
use crate::domain::required_signer::NotOffered;
use crate::domain::signature_change::SignatureChange;
use crate::feed::authority::{self, Actor, Authorized, Refused, authorize_for_any};
use crate::feed::{audience, notices, owners};
use crate::store::registrations::Registration;
use crate::store::{self, Store, Writes};

/// Package IDs that one choice may be for.
pub const MAX_AT_ONCE: usize = 100;
/// IDs that a notice about many names.
const NAMED: usize = 5;

/// What is to be chosen.
#[derive(Debug, Clone)]
pub struct Choosing {
    /// For which package IDs.
    pub ids: Vec<PackageId>,
    /// What.
    pub choice: RequiredSigner,
    /// The [mark](Plan::mark) of what whoever chooses was told; `None` where nobody is told before: on a terminal.
    pub told: Option<Fingerprint>,
}

/// Why nothing was chosen.
#[derive(Debug, Error)]
pub enum Error {
    /// No package ID is named.
    #[error("no package is named; name one at least")]
    Nothing,
    /// More than [`MAX_AT_ONCE`].
    #[error("a required signer is chosen for {MAX_AT_ONCE} packages at once, not for {0}; choose in several steps")]
    TooMany(usize),
    /// It is not possible for these.
    #[error("nothing was changed: {}", reasons(.0))]
    NotPossible(Vec<Failing>),
    /// Something else would have to be told now.
    #[error("owners, certificates or the choice have changed meanwhile; read again what it would do")]
    ToldOtherwise,
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A package ID that can't have the choice.
#[derive(Debug)]
pub struct Failing {
    /// Which.
    pub id: PackageId,
    /// Why.
    pub why: Why,
}

/// Why a package ID can't have a choice.
#[derive(Debug)]
pub enum Why {
    /// There is no such package.
    Unknown,
    /// It is not theirs to choose.
    NotYours(Denied),
    /// The push rule does not allow it.
    NotOffered {
        /// Why.
        why: NotOffered,
        /// What it would allow.
        possible: String,
    },
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Unknown => write!(f, "there is no package `{}` on this feed", self.id),
            Why::NotYours(denied) => write!(f, "`{}`: {denied}", self.id),
            Why::NotOffered { why, possible } => write!(f, "`{}`: {why} (possible: {possible})", self.id),
        }
    }
}

fn reasons(failing: &[Failing]) -> String {
    failing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A step that may be taken: who takes it, and whom it concerns.
struct Allowed {
    registration: Registration,
    owners: Vec<Account>,
    by: Authorized,
    step: Step,
}

/// Chooses, for all the IDs or for none. Returns the IDs whose choice is another one now: one that has the choice already is
/// left as it is, without a record.
///
/// # Errors
/// Each ID that can't have the choice is named, with what it could have.
pub fn choose(
    store: &Store,
    config: &Config,
    choosing: &Choosing,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Vec<PackageId>, Error> {
    match choosing.ids.len() {
        0 => return Err(Error::Nothing),
        count if count > MAX_AT_ONCE => return Err(Error::TooMany(count)),
        _ => {}
    }
    store.write(|w| {
        let allowed = all_allowed(w, &config.effective(w.policy()?), choosing, actor, now)?;
        let steps = allowed.iter().map(|one| one.step.clone()).collect();
        let plan = Plan { choice: choosing.choice.clone(), steps };
        if choosing.told.is_some_and(|told| told != plan.mark()) {
            return Err(Error::ToldOtherwise);
        }
        let changed: Vec<&Allowed> = allowed.iter().filter(|one| plan.changes(&one.step)).collect();
        for Allowed { registration, by, step, .. } in &changed {
            w.set_required_signer(registration.id, &choosing.choice)?;
            let detail = format!("{} -> {}", step.was.described(), choosing.choice.described());
            by.audit(w, now, "package.required-signer", registration.package_id.as_str(), &detail)?;
        }
        announce(w, &changed, &choosing.choice, now)?;
        Ok(changed.into_iter().map(|one| one.registration.package_id.clone()).collect())
    })
}

/// Every ID with the permission to choose for it, or all that fail.
fn all_allowed(
    w: &Writes<'_>,
    policy: &Policy,
    choosing: &Choosing,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Vec<Allowed>, Error> {
    let (mut allowed, mut failing) = (Vec::new(), Vec::new());
    let mut seen = std::collections::BTreeSet::new();
    for id in choosing.ids.iter().filter(|id| seen.insert(id.key().to_owned())) {
        match one_allowed(w, policy, id, &choosing.choice, actor, now) {
            Ok(Ok(one)) => allowed.push(one),
            Ok(Err(why)) => failing.push(Failing { id: id.clone(), why }),
            // Of one package that is the whole answer; a code or an enrolment that is missing is missing for all.
            Err(Error::Refused(Refused::Denied(denied @ Denied::NotYours(_)))) if choosing.ids.len() > 1 => {
                failing.push(Failing { id: id.clone(), why: Why::NotYours(denied) });
            }
            Err(error) => return Err(error),
        }
    }
    if failing.is_empty() { Ok(allowed) } else { Err(Error::NotPossible(failing)) }
}

fn one_allowed(
    w: &Writes<'_>,
    policy: &Policy,
    id: &PackageId,
    choice: &RequiredSigner,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Result<Allowed, Why>, Error> {
    let Some(registration) = w.registration(id)? else { return Ok(Err(Why::Unknown)) };
    let owners = owners::accounts(w, &registration)?;
    let on: Vec<&Account> = owners.iter().collect();
    let by = authorize_for_any(w, actor, Action::ChooseRequiredSigner, &on, now)?;
    let step = Step::read(w, policy, &registration, choice, now)?;
    Ok(match &step.after {
        Ok(_) => Ok(Allowed { registration, owners, by, step }),
        Err(why) => Err(Why::NotOffered { why: why.clone(), possible: step.possible.clone() }),
    })
}

/// Tells the owners, each person once, whatever the number of packages.
fn announce(
    w: &mut Writes<'_>,
    changed: &[&Allowed],
    choice: &RequiredSigner,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let mut told: BTreeMap<AccountId, (Account, Vec<&Allowed>)> = BTreeMap::new();
    for one in changed {
        let oneself = one.by.account().map(|account| account.id);
        let people = audience::people(w, &one.owners)?.into_iter();
        for person in people.filter(|person| Some(person.id) != oneself) {
            told.entry(person.id).or_insert_with(|| (person, Vec::new())).1.push(one);
        }
    }
    told.into_values().try_for_each(|(person, about)| {
        let (text, link) = news(&about, choice);
        notices::tell(w, &person, &text, &link, now)
    })
}

/// What somebody is told, and where they see it.
fn news(about: &[&Allowed], choice: &RequiredSigner) -> (String, String) {
    let becomes = choice.described();
    let count = |which: fn(&SignatureChange) -> bool| about.iter().filter(|one| which(&one.step.change)).count();
    let (opened, closed) = (count(|change| change.opens_to_unsigned), count(|change| change.demands_signature));
    let unsignable = count(|change| change.unsignable);
    let who = about.first().map(|one| one.by.name()).unwrap_or_default();
    match about {
        [one] => {
            let follows = one.step.change.news().map(|news| format!(" {news}")).unwrap_or_default();
            let (what, was) = (owners::named(&one.registration.package_id), one.step.was.described());
            let text = format!("{who} chose who must sign {what}: {becomes}; it was: {was}.{follows}");
            (text, owners::manage_page(&one.registration))
        }
        _ => {
            let ids = about.iter().map(|one| format!("\"{}\"", one.registration.package_id));
            let more = about.len().saturating_sub(NAMED);
            let ids = ids.take(NAMED).collect::<Vec<_>>().join(", ");
            let ids = if more == 0 { ids } else { format!("{ids} and {more} more") };
            let mut text = format!("{who} chose who must sign {} packages ({ids}): {becomes}.", about.len());
            if opened > 0 {
                text += &format!(" {opened} of them are open to packages without a signature from now on.");
            }
            if closed > 0 {
                text += &format!(" {closed} of them refuse packages without a signature from now on.");
            }
            if unsignable > 0 {
                text += &format!(" To {unsignable} of them nobody can push: no certificate that counts is active.");
            }
            (text, "account/packages".to_owned())
        }
    }
}

#[cfg(test)]
mod tests;
