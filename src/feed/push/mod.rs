//! Pushing a package: read, verify, decide, sign, store, publish.
//!
//! ```text
//! received file ─ nupkg::read ─ signature::verify_for_push ─┐
//!        facts (one snapshot) ─────────────────────────────┴─ judge ─ sign ─ timestamp ─ pending chunks ─ publish
//! ```
//!
//! Everything slow happens outside the write lock, over facts that were read first. The last, small transaction reads the
//! facts again and decides again; when something that went into the verification or the signature has changed
//! meanwhile, the push starts over. A package is signed before it is visible, or it is not on the feed at all.

mod advice;
mod ask;
#[cfg(test)]
mod dry_run_tests;
mod error;
mod examine;
mod explain;
#[cfg(test)]
mod explain_tests;
mod facts;
mod ground;
mod pending;
mod publish;
mod pusher;
mod signature_facts;
mod stamp;
mod verdict;

use tempfile::NamedTempFile;
use time::{Duration, OffsetDateTime};

pub use error::{Error, NotPushed};
pub use ground::Unheeded;
pub use pusher::Pusher;

use crate::app::App;
use crate::domain::package_id::PackageId;
use crate::domain::verdict::VerdictKind;
use crate::domain::version::NuGetVersion;
use crate::feed::verdicts::Kept;
use crate::nupkg::{self, Nupkg};
use ask::Ask;
use error::Stopped;
use examine::Examined;
use explain::Case;
use pending::Pending;
use publish::Published;
use verdict::Verdict;

/// A package as it arrived, in a file of the spool that goes away with this value.
#[derive(Debug)]
pub struct Received {
    /// The file.
    pub file: NamedTempFile,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-512 of it.
    pub sha512: [u8; 64],
}

/// A push that is done.
#[derive(Debug)]
pub struct Pushed {
    /// What was pushed.
    pub id: PackageId,
    /// Which version.
    pub version: NuGetVersion,
    /// Whether it was on the feed already: the same push came twice.
    pub repeated: bool,
    /// What the person who pushed should know.
    pub warnings: Vec<String>,
    /// Why it would be refused were the rule enforced, where the stage says so.
    pub verdict: Option<Kept>,
}

/// For how long the same bytes by the same key count as the same push: a client whose answer was lost asks again.
const SAME_PUSH: Duration = Duration::minutes(10);
/// How often a push starts over when facts change under it.
const ATTEMPTS: usize = 3;

/// Pushes `received`.
///
/// # Errors
/// Each refusal is its own variant, with its explanation. Nothing of the package stays then.
pub fn push(app: &App, pusher: &Pusher, received: &Received, now: OffsetDateTime) -> Result<Pushed, NotPushed> {
    let ask = Ask { app, pusher, kind: pusher.kind(), now };
    let nupkg = read(app, received).map_err(|error| ask.refuse(Stopped::from(error), None))?;
    let push = Push { app, pusher, received, nupkg: &nupkg, now };
    let Settled { repeated, warnings, verdict } = push.settle().map_err(|stopped| ask.refuse(stopped, Some(&nupkg)))?;
    Ok(Pushed { id: nupkg.manifest.id, version: nupkg.manifest.version, repeated, warnings, verdict })
}

/// What a push of `received` would be told now. Nothing is stored or published, no timestamp is asked for, and the feed's
/// signature is thrown away; the verdict is kept.
///
/// # Errors
/// A file that is no package, a pusher who may not push at all, and failures of the server. Everything else is a verdict.
pub fn dry_run(app: &App, pusher: &Pusher, received: &Received, now: OffsetDateTime) -> Result<Kept, Error> {
    let ask = Ask { app, pusher, kind: VerdictKind::DryRun, now };
    let nupkg = read(app, received)?;
    let push = Push { app, pusher, received, nupkg: &nupkg, now };
    match push.examine() {
        Ok(None) => ask.answer(Case::Repeated, &nupkg, None),
        Ok(Some(mut examined)) => match push.try_out(&mut examined) {
            Ok(verdict) => ask.answer(Case::Decided(&verdict), &nupkg, Some(examined.verified.report())),
            Err(error) => ask.would_refuse(examined.stopped(error), &nupkg),
        },
        Err(error) => ask.would_refuse(error.into(), &nupkg),
    }
}

/// Reads the package as the policy of this moment wants it.
fn read(app: &App, received: &Received) -> Result<Nupkg, Error> {
    let policy = app.policy(app.store.read(|r| r.policy())?);
    let limits = nupkg::Limits { unicode_ids: policy.unicode_ids, ..nupkg::Limits::default() };
    let mut file = received.file.reopen()?;
    Ok(nupkg::read(&mut file, &limits)?)
}

/// A push whose package has been read.
struct Push<'a> {
    app: &'a App,
    pusher: &'a Pusher,
    received: &'a Received,
    nupkg: &'a Nupkg,
    now: OffsetDateTime,
}

/// How a push came out.
struct Settled {
    repeated: bool,
    warnings: Vec<String>,
    /// Why the rule refuses what the stage lets in, where the stage says so.
    verdict: Option<Kept>,
}

impl Settled {
    fn repeated() -> Self {
        let warning = "the same package was pushed a moment ago; nothing was changed";
        Self { repeated: true, warnings: vec![warning.to_owned()], verdict: None }
    }
}

impl Push<'_> {
    /// Tries until the facts hold still.
    fn settle(&self) -> Result<Settled, Stopped> {
        for _ in 0..ATTEMPTS {
            if let Some(settled) = self.attempt()? {
                return Ok(settled);
            }
        }
        Err(Error::Unsettled.into())
    }

    /// One attempt: how it came out, or `None` when the facts changed and it must start over.
    fn attempt(&self) -> Result<Option<Settled>, Stopped> {
        match self.examine()? {
            None => Ok(Some(Settled::repeated())),
            Some(mut examined) => self.carry_out(&mut examined).map_err(|error| examined.stopped(error)),
        }
    }

    /// Decides, and signs for nothing: it takes one signature and no look at the network, and without it the verdict could say
    /// no more than that a key is there.
    fn try_out(&self, examined: &mut Examined) -> Result<Verdict, Error> {
        let verdict = examined.judge()?;
        self.try_to_sign(examined)?;
        Ok(verdict)
    }

    /// Decides, signs, stores and publishes what was examined.
    fn carry_out(&self, examined: &mut Examined) -> Result<Option<Settled>, Error> {
        examined.judge()?;
        let stamped = self.stamp(examined)?;
        let pending = Pending::store(self.app, &stamped.served, examined.source.get_mut(), self.now)?;
        match self.publish(&examined.facts, &examined.verified, &stamped, &pending)? {
            Published::Done { verdict, warnings } => {
                pending.keep();
                // Whoever signed is asked about now, so that the next push is judged with the answer.
                self.app.bell.ring();
                Ok(Some(Settled { repeated: false, warnings, verdict: verdict.map(|kept| *kept) }))
            }
            Published::AlreadyThere => Ok(Some(Settled::repeated())),
            Published::FactsChanged => Ok(None),
        }
    }
}
