//! What people do about versions whose signature does not count: keep, unlist, hide or remove them.
//!
//! Owners may keep and unlist, in a second-factor session: what they say about a signature is theirs to answer for. Hiding and
//! removing break builds, so only the administrators of the server may.

use std::collections::HashSet;

use thiserror::Error;
use time::OffsetDateTime;

use crate::app::App;
use crate::domain::package_id::PackageId;
use crate::domain::permission::Action;
use crate::domain::version::NuGetVersion;
use crate::domain::void_signature::Choice;
use crate::domain::withdrawal::{InvalidReason, Reason};
use crate::feed::authority::{self, Actor, Authorized, authorize, authorize_for_any};
use crate::feed::{owners, withdrawals};
use crate::store::content::ContentId;
use crate::store::registrations::Registration;
use crate::store::void_signatures::{Decided, VoidFilter, VoidVersion};
use crate::store::{self, Reads, Writes};

/// Why nothing is decided.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such package.
    #[error("there is no package `{0}` on this feed")]
    Unknown(PackageId),
    /// All of them count.
    #[error("the signatures of these versions of `{0}` count, or the versions are gone: load the page again")]
    NothingVoid(PackageId),
    /// Whoever is kept from a version must learn why.
    #[error("{}", InvalidReason::Empty)]
    NoReason,
    /// It could not be unlisted, hidden or removed.
    #[error(transparent)]
    Withdrawal(Box<withdrawals::Error>),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What somebody wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Of which package.
    pub package: PackageId,
    /// Which versions.
    pub versions: Vec<NuGetVersion>,
    /// What is to be done about them.
    pub choice: Choice,
    /// Why; needed to hide.
    pub reason: Option<Reason>,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Outcome {
    /// For how many versions.
    pub done: usize,
    /// Why it ended before it was done for all.
    pub stopped: Option<Stopped>,
}

/// Where it ended.
#[derive(Debug)]
pub struct Stopped {
    /// Why the first of `left` can't be done.
    pub why: Error,
    /// The versions that nothing was done about, as `ID version`.
    pub left: Vec<String>,
}

/// Does what is wished for each of the versions whose signature does not count; others are left as they are.
///
/// Each version is a transaction of its own with the decision in it, so that a thousand of them hold no push up, and none is
/// taken away without it being on record who decided that. Doing it again changes nothing, so what was interrupted is completed by
/// asking again.
///
/// # Errors
/// See [`enum@Error`]: nothing was done. What goes wrong after that is in the [`Outcome`].
pub fn decide(app: &App, wishes: &[Wish], actor: &Actor, now: OffsetDateTime) -> Result<Outcome, Error> {
    let steps = app.store.read(|r| {
        let mut steps = Vec::new();
        for wish in wishes {
            let concerned = concerned(r, wish, actor, now)?;
            steps.extend(concerned.into_iter().map(|version| (wish, version)));
        }
        Ok::<_, Error>(steps)
    })?;
    one_by_one(&steps, |(wish, version)| one(app, wish, version, actor, now))
}

/// Takes step after step up to the first that fails. A step tells whether it did something.
fn one_by_one(
    steps: &[(&Wish, VoidVersion)],
    mut step: impl FnMut(&(&Wish, VoidVersion)) -> Result<bool, Error>,
) -> Result<Outcome, Error> {
    let mut done = 0;
    for (at, next) in steps.iter().enumerate() {
        match step(next) {
            Ok(did) => done += usize::from(did),
            Err(why) if done == 0 => return Err(why),
            Err(why) => {
                let left = steps.iter().skip(at).map(|(_, it)| format!("{} {}", it.package_id, it.version)).collect();
                return Ok(Outcome { done, stopped: Some(Stopped { why, left }) });
            }
        }
    }
    Ok(Outcome { done, stopped: None })
}

/// Does it for one version. `false` when its signature counts again, or it is gone.
fn one(app: &App, wish: &Wish, version: &VoidVersion, actor: &Actor, now: OffsetDateTime) -> Result<bool, Error> {
    let (decided, content) = app.store.write(|w| {
        let (package, by) = permitted(w, wish, actor, now)?;
        // The decision first: the row of a removed version goes with it.
        let decided = Decided { choice: wish.choice, by: by.name().to_owned(), at: now };
        if !w.decide_void_signature(version.id, Some(&decided))? {
            return Ok((false, None));
        }
        let detail = format!("{}: {}", wish.choice, version.version);
        by.audit(w, now, "signature.decide", package.package_id.as_str(), &detail)?;
        Ok::<_, Error>((true, withdraw(w, app, wish, version, actor, now)?))
    })?;
    if let Some(content) = content {
        withdrawals::discard(app, content);
    }
    Ok(decided)
}

/// Takes a version away as it is wished. The content to discard afterwards.
fn withdraw(
    w: &mut Writes<'_>,
    app: &App,
    wish: &Wish,
    version: &VoidVersion,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Option<ContentId>, Error> {
    let (id, number) = (&version.package_id, &version.version);
    let done = match (wish.choice, &wish.reason) {
        (Choice::Hide, None) => return Err(Error::NoReason),
        (Choice::Hide, Some(reason)) => withdrawals::hide_within(w, app, actor, id, number, reason, now).map(|()| None),
        (Choice::Remove, reason) => withdrawals::remove_within(w, app, actor, id, number, reason.as_ref(), now),
        // Search does not show a hidden one in any case.
        (Choice::Unlist, _) if !version.hidden => {
            withdrawals::set_listed_within(w, app, actor, id, number, false, now).map(|()| None)
        }
        (Choice::Keep | Choice::Unlist, _) => Ok(None),
    };
    done.map_err(|error| Error::Withdrawal(Box::new(error)))
}

/// The package, for an owner or an administrator of the server.
fn permitted(
    reads: &Reads<'_>,
    wish: &Wish,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(Registration, Authorized), Error> {
    if wish.choice.is_for_administrators() {
        authorize(reads, actor, Action::ChangeServer, None, now)?;
    }
    let package = reads.registration(&wish.package)?.ok_or_else(|| Error::Unknown(wish.package.clone()))?;
    let owners = owners::accounts(reads, &package)?;
    let by = authorize_for_any(reads, actor, Action::DecideAboutSignatures, &owners.iter().collect::<Vec<_>>(), now)?;
    Ok((package, by))
}

/// Those of a wish whose signature does not count.
fn concerned(reads: &Reads<'_>, wish: &Wish, actor: &Actor, now: OffsetDateTime) -> Result<Vec<VoidVersion>, Error> {
    let (package, _) = permitted(reads, wish, actor, now)?;
    if wish.choice == Choice::Hide && wish.reason.is_none() {
        return Err(Error::NoReason);
    }
    let wanted: HashSet<String> = wish.versions.iter().map(NuGetVersion::key).collect();
    let filter = VoidFilter { registration: Some(package.id), ..VoidFilter::default() };
    let mut void = reads.void_versions(&filter, 0, u32::MAX)?;
    void.retain(|version| wanted.contains(&version.version.key()));
    if void.is_empty() { Err(Error::NothingVoid(wish.package.clone())) } else { Ok(void) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::domain::void_signature::Cause;
    use crate::feed::test_house::{House, NOW, id};
    use crate::store::void_signatures::Voided;

    const VERSIONS: [&str; 3] = ["1.0.0", "2.0.0", "3.0.0"];

    fn wish(choice: Choice) -> Wish {
        let versions = VERSIONS.iter().map(|version| NuGetVersion::parse(version).unwrap()).collect();
        Wish { package: id("Contoso.Core"), versions, choice, reason: None }
    }

    /// Contoso.Core with three versions of ann whose signature does not count.
    fn house() -> (House, Actor) {
        let house = House::new();
        let ann = house.person("ann");
        house.package("Contoso.Core", &["ann"]);
        VERSIONS.iter().for_each(|version| house.version("Contoso.Core", version, Some("ann")));
        let (cause, certificate) = (Cause::Signer, Fingerprint::of(b"one"));
        let voided = Voided { cause, certificate, since: Some(NOW), why: "x".to_owned(), for_good: true };
        let put = |w: &mut Writes<'_>| {
            let package = w.registration(&id("Contoso.Core"))?.unwrap();
            w.versions(package.id)?.iter().try_for_each(|it| w.set_void_signature(it.id, &voided, NOW).map(|_| ()))
        };
        house.app.store.write(put).unwrap();
        (house, ann)
    }

    fn void(house: &House) -> Vec<VoidVersion> {
        house.app.store.read(|r| r.void_versions(&VoidFilter::default(), 0, 9)).unwrap()
    }

    /// `1.0.0 listed -, 2.0.0 unlisted unlist`
    fn standing(house: &House) -> String {
        let line = |it: &VoidVersion| {
            let listed = if it.listed { "listed" } else { "unlisted" };
            let decided = it.void.decided.as_ref().map_or_else(|| "-".to_owned(), |it| it.choice.to_string());
            format!("{} {listed} {decided}", it.version)
        };
        void(house).iter().map(line).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_version_is_withdrawn_and_decided_about_with_a_record_of_both() {
        let (house, ann) = house();
        let lines = house.audit_lines();
        let outcome = decide(&house.app, &[wish(Choice::Unlist)], &ann, NOW).unwrap();
        assert!(outcome.done == 3 && outcome.stopped.is_none(), "{outcome:?}");
        assert_eq!(standing(&house), "1.0.0 unlisted unlist, 2.0.0 unlisted unlist, 3.0.0 unlisted unlist");
        assert_eq!(house.audit_lines(), lines + 6);
        decide(&house.app, &[wish(Choice::Keep)], &ann, NOW).unwrap();
        assert_eq!(house.audited(), "ann signature.decide Contoso.Core keep: 3.0.0");
    }

    #[test]
    fn what_can_not_be_withdrawn_is_not_decided_and_what_counts_again_is_left_alone() {
        let (house, ann) = house();
        let [first, second, third] = <[VoidVersion; 3]>::try_from(void(&house)).unwrap();
        // Both after the page was read.
        let hide = |w: &mut Writes<'_>| {
            let withdrawal = store::withdrawals::Withdrawal { by: "root", at: NOW, reason: "" };
            w.hide_version(second.id, withdrawal)?;
            w.drop_void_signature(third.id)
        };
        house.app.store.write(hide).unwrap();
        let lines = house.audit_lines();
        let wish = wish(Choice::Unlist);
        assert!(one(&house.app, &wish, &second, &ann, NOW).is_err());
        assert!(!one(&house.app, &wish, &third, &ann, NOW).unwrap());
        assert_eq!((standing(&house).as_str(), house.audit_lines()), ("1.0.0 listed -, 2.0.0 listed -", lines));
        assert!(one(&house.app, &wish, &first, &ann, NOW).unwrap());
        assert_eq!(standing(&house), "1.0.0 unlisted unlist, 2.0.0 listed -");
    }

    #[test]
    fn it_ends_at_the_first_failure_and_tells_what_is_left() {
        let (house, _) = house();
        let wish = wish(Choice::Keep);
        let steps: Vec<(&Wish, VoidVersion)> = void(&house).into_iter().map(|version| (&wish, version)).collect();
        let failing_at = |number: usize| {
            let mut taken = 0;
            one_by_one(&steps, |_| {
                taken += 1;
                if taken == number { Err(Error::NoReason) } else { Ok(true) }
            })
        };
        assert!(matches!(failing_at(1), Err(Error::NoReason)), "nothing was done");
        let outcome = failing_at(2).unwrap();
        assert_eq!(
            (outcome.done, outcome.stopped.unwrap().left),
            (1, vec!["Contoso.Core 2.0.0".to_owned(), "Contoso.Core 3.0.0".to_owned()])
        );
        let outcome = failing_at(9).unwrap();
        assert!(outcome.done == 3 && outcome.stopped.is_none());
    }

    #[test]
    fn nothing_is_begun_when_one_of_several_packages_is_not_theirs() {
        let (house, ann) = house();
        house.person("bob");
        house.package("Fabrikam", &["bob"]);
        let others = Wish { package: id("Fabrikam"), ..wish(Choice::Unlist) };
        assert!(matches!(decide(&house.app, &[wish(Choice::Unlist), others], &ann, NOW), Err(Error::Refused(_))));
        assert_eq!(standing(&house), "1.0.0 listed -, 2.0.0 listed -, 3.0.0 listed -");
    }
}
