//! The versions whose signature does not count any more, kept in the database: found out anew whenever something changed, told
//! to whom it concerns, and decided about one by one.
//!
//! Finding out takes away nothing. A version is unlisted, hidden or removed by people alone.

mod csv;
mod deciding;
mod news;
mod telling;

use std::collections::HashMap;

use time::OffsetDateTime;

pub use self::csv::Export;
pub use self::deciding::{Error, Outcome, Stopped, Wish, decide};
pub use self::news::because;
use self::telling::{Group, Told};
use super::revocation::{GroundRows, Stamp};
use crate::config::Config;
use crate::domain::void_signature::Choice;
use crate::store::packages::VersionId;
use crate::store::signed_versions::SignedVersion;
use crate::store::void_signatures::{VoidSignature, Voided};
use crate::store::{self, Store, Writes};

/// How often it starts over when what it rests on changes meanwhile. Whoever changed it has it found out again.
const ATTEMPTS: usize = 3;

/// What changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Versions whose signature counted until now.
    pub void: usize,
    /// Versions whose signature counts again.
    pub counting: usize,
}

/// Finds out anew which signatures do not count, and writes what is different, with audit records and notices.
///
/// Building chains takes a while on a large feed: it is done under no lock and in no snapshot.
///
/// # Errors
/// What the store says.
pub fn refresh(store: &Store, config: &Config, now: OffsetDateTime) -> Result<Refreshed, store::Error> {
    refresh_while(store, config, now, || {})
}

/// The same, with what happens between finding out and writing.
pub(super) fn refresh_while(
    store: &Store,
    config: &Config,
    now: OffsetDateTime,
    mut meanwhile: impl FnMut(),
) -> Result<Refreshed, store::Error> {
    for attempt in 1..=ATTEMPTS {
        let (stamp, rows, before) = store.read(|r| {
            Ok::<_, store::Error>((Stamp::read(r, config)?, GroundRows::read(r, config)?, r.all_void_signatures()?))
        })?;
        let ground = rows.build(now);
        let changes = Changes::between(&before, &ground.versions, |version| ground.judge(version));
        if changes.are_none() {
            return Ok(Refreshed::default());
        }
        meanwhile();
        let written = store.write(|w| {
            let stands = Stamp::read(w, config)?;
            // Anybody may register certificates without end, and must not keep a revocation from being followed up: what was
            // found out is written in the end, and found out once more because the stamp has moved.
            let holds = stands == stamp || (attempt == ATTEMPTS && stands.is_but_for_certificates(&stamp));
            if holds { write(w, &changes, now).map(Some) } else { Ok(None) }
        })?;
        if let Some(refreshed) = written {
            return Ok(refreshed);
        }
    }
    tracing::warn!("what is known about signatures changes all the time; which of them count is found out later");
    Ok(Refreshed::default())
}

/// Whether it is found out what follows from a change for versions on the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It is.
    FoundOut,
    /// Not yet: it failed, and the log says why. The server's thread finds it out, at its next start at the latest.
    Later,
}

/// Finds out what follows from a change that is made and stays made, whatever becomes of this: who is told of an error tries again, and
/// everybody would be told twice.
pub fn follow(store: &Store, config: &Config, now: OffsetDateTime) -> Follow {
    match refresh(store, config, now) {
        Ok(_) => Follow::FoundOut,
        Err(error) => {
            tracing::error!(%error, "it could not be found out which signatures do not count; the server tries again");
            Follow::Later
        }
    }
}

/// What is different from what is stored.
#[derive(Default)]
struct Changes<'a> {
    /// Signatures that do not count any more, or for good by now.
    void: Vec<(&'a SignedVersion, Voided)>,
    /// Those that did not count for another reason.
    otherwise: Vec<(VersionId, Voided)>,
    /// Those that count again.
    counting: Vec<&'a SignedVersion>,
    /// Versions that somebody wants to keep, though their signature was lost for some time only.
    kept_on_hold: Vec<VersionId>,
    /// How many of `void` are new.
    new: usize,
}

impl<'a> Changes<'a> {
    fn between(
        before: &HashMap<VersionId, VoidSignature>,
        versions: &'a [SignedVersion],
        judge: impl Fn(&SignedVersion) -> Option<Voided>,
    ) -> Self {
        let mut changes = Self::default();
        for version in versions {
            match (before.get(&version.id), judge(version)) {
                (None, Some(voided)) => {
                    changes.new += 1;
                    changes.void.push((version, voided));
                }
                (Some(was), Some(voided)) if !was.voided.for_good && voided.for_good => {
                    if was.decided.as_ref().is_some_and(|decided| decided.choice == Choice::Keep) {
                        changes.kept_on_hold.push(version.id);
                    }
                    changes.void.push((version, voided));
                }
                (Some(was), Some(voided)) if was.voided != voided => changes.otherwise.push((version.id, voided)),
                (Some(_), None) => changes.counting.push(version),
                (None, None) | (Some(_), Some(_)) => {}
            }
        }
        changes
    }

    const fn are_none(&self) -> bool {
        self.void.is_empty() && self.otherwise.is_empty() && self.counting.is_empty()
    }
}

/// Writes what is different, and tells it.
fn write(w: &mut Writes<'_>, changes: &Changes<'_>, now: OffsetDateTime) -> Result<Refreshed, store::Error> {
    let mut told = Vec::new();
    for (version, voided) in &changes.void {
        if w.set_void_signature(version.id, voided, now)? {
            told.push((*version, voided));
        }
    }
    for (version, voided) in &changes.otherwise {
        w.set_void_signature(*version, voided, now)?;
    }
    for version in &changes.kept_on_hold {
        w.decide_void_signature(*version, None)?;
    }
    let mut counting = Vec::new();
    for version in &changes.counting {
        if w.drop_void_signature(version.id)? {
            counting.push(*version);
        }
    }
    telling::tell(w, &Told::Void(Group::by_cause(&told)), now)?;
    telling::tell(w, &Told::Counting(Group::by_package(&counting)), now)?;
    Ok(Refreshed { void: changes.new, counting: counting.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::domain::void_signature::Cause;
    use crate::store::registrations::RegistrationId;
    use crate::store::void_signatures::Decided;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn version(number: i64) -> SignedVersion {
        SignedVersion {
            id: VersionId(number),
            registration: RegistrationId(1),
            package_id: "Contoso.Core".parse().unwrap(),
            version: format!("{number}.0.0").parse().unwrap(),
            listed: true,
            published_at: NOW,
            author: Fingerprint::of(b"author"),
            timestamp: None,
            tsa: None,
        }
    }

    fn voided(cause: Cause, for_good: bool) -> Voided {
        Voided { cause, certificate: Fingerprint::of(b"author"), since: None, why: cause.name().to_owned(), for_good }
    }

    fn was(voided: Voided, kept: bool) -> VoidSignature {
        let decided = kept.then(|| Decided { choice: Choice::Keep, by: "ann".to_owned(), at: NOW });
        VoidSignature { voided, found_at: NOW, decided }
    }

    #[test]
    fn only_what_is_different_is_written_and_only_what_got_worse_is_told_again() {
        use Cause::{Authority, Signer};
        // What was there, what is there now, and then: void, otherwise, counting, kept on hold, new.
        let cases = [
            (None, None, (0, 0, 0, 0, 0)),
            (None, Some(voided(Signer, true)), (1, 0, 0, 0, 1)),
            (Some(was(voided(Signer, true), true)), Some(voided(Signer, true)), (0, 0, 0, 0, 0)),
            (Some(was(voided(Signer, false), true)), Some(voided(Signer, true)), (1, 0, 0, 1, 0)),
            (Some(was(voided(Signer, false), false)), Some(voided(Signer, true)), (1, 0, 0, 0, 0)),
            (Some(was(voided(Signer, true), true)), Some(voided(Authority, true)), (0, 1, 0, 0, 0)),
            (Some(was(voided(Signer, true), true)), Some(voided(Signer, false)), (0, 1, 0, 0, 0)),
            (Some(was(voided(Signer, true), true)), None, (0, 0, 1, 0, 0)),
        ];
        for (before, after, expected) in cases {
            let label = format!("{before:?} {after:?}");
            let before: HashMap<VersionId, VoidSignature> = before.into_iter().map(|one| (VersionId(1), one)).collect();
            let versions = [version(1)];
            let changes = Changes::between(&before, &versions, |_| after.clone());
            let found = (
                changes.void.len(),
                changes.otherwise.len(),
                changes.counting.len(),
                changes.kept_on_hold.len(),
                changes.new,
            );
            assert_eq!(found, expected, "{label}");
            assert_eq!(changes.are_none(), expected == (0, 0, 0, 0, 0), "{label}");
        }
    }
}
