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

mod error;
mod facts;
mod pending;
mod publish;
mod pusher;
mod verdict;

use std::fs::File;
use std::io::BufReader;

use tempfile::NamedTempFile;
use time::{Duration, OffsetDateTime};

pub use error::Error;
pub use pusher::Pusher;

use crate::app::App;
use crate::archive::{self, Archive, Rewrite};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::feed::timestamping::{self, Stamping};
use crate::feed::unknown_roots;
use crate::nupkg::{self, Nupkg};
use crate::signature::timestamp_response::TimestampToken;
use crate::signature::{self, Certificate, Evidence, VerifiedPackage, repository};
use facts::Facts;
use pending::Pending;
use publish::Published;

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
}

/// For how long the same bytes by the same key count as the same push: a client whose answer was lost asks again.
const SAME_PUSH: Duration = Duration::minutes(10);
/// How often a push starts over when facts change under it.
const ATTEMPTS: usize = 3;

/// Pushes `received`.
///
/// # Errors
/// Each refusal is its own variant. Nothing of the package stays then.
pub fn push(app: &App, pusher: &Pusher, received: &Received, now: OffsetDateTime) -> Result<Pushed, Error> {
    let policy = app.policy(app.store.read(|r| r.policy())?);
    let limits = nupkg::Limits { unicode_ids: policy.unicode_ids, ..nupkg::Limits::default() };
    let mut file = received.file.reopen()?;
    let nupkg = nupkg::read(&mut file, &limits)?;
    let push = Push { app, pusher, received, nupkg: &nupkg, now };
    let settled = push.settle();
    if let Err(Error::Signature(refusal)) = &settled {
        let package = format!("{} {}", nupkg.manifest.id, nupkg.manifest.version);
        unknown_roots::remember(&app.store, refusal, pusher, &package, now);
    }
    let Settled { repeated, warnings } = settled?;
    Ok(Pushed { id: nupkg.manifest.id, version: nupkg.manifest.version, repeated, warnings })
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
}

impl Settled {
    fn repeated() -> Self {
        let warning = "the same package was pushed a moment ago; nothing was changed";
        Self { repeated: true, warnings: vec![warning.to_owned()] }
    }
}

/// What is to be served instead of what was pushed, and how to get back.
struct Stamped {
    served: Rewrite,
    original: Rewrite,
    /// The chain of the authority that stamped the feed's signature; empty without a timestamp.
    authority: Vec<Certificate>,
    /// What is missing in the feed's signature.
    warning: Option<String>,
}

impl Push<'_> {
    /// Tries until the facts hold still.
    fn settle(&self) -> Result<Settled, Error> {
        for _ in 0..ATTEMPTS {
            if let Some(settled) = self.attempt()? {
                return Ok(settled);
            }
        }
        Err(Error::Unsettled)
    }

    /// One attempt: how it came out, or `None` when the facts changed and it must start over.
    fn attempt(&self) -> Result<Option<Settled>, Error> {
        let facts = self.app.store.read(|r| Facts::read(r, self))?;
        // The answers are taken after the facts: a revocation that comes between is in them, and one that comes later moves
        // a number that is among the facts. Not in the same snapshot, as making them anew takes a while.
        let known = self.app.answers.known(&self.app.store)?;
        if facts.is_same_push(self)? {
            return Ok(Some(Settled::repeated()));
        }
        let mut source = BufReader::with_capacity(64 * 1024, self.received.file.reopen()?);
        let archive = Archive::read(&mut source, &archive::Limits::DEFAULT)?;
        let evidence = Evidence { anchors: &facts.anchors, answers: &known.answers, now: self.now };
        let verified = signature::verify_for_push(&mut source, &archive, &facts.options(), evidence)?
            .map_err(|refusal| Error::Signature(Box::new(refusal)))?;
        verdict::judge(&facts, &verified)?;
        let stamped = self.stamp(&facts, &archive, &verified, evidence, &mut source)?;
        let pending = Pending::store(self.app, &stamped.served, source.into_inner(), self.now)?;
        match self.publish(&facts, &verified, &stamped, &pending)? {
            Published::Done(warnings) => {
                pending.keep();
                // Whoever signed is asked about now, so that the next push is judged with the answer.
                self.app.bell.ring();
                Ok(Some(Settled { repeated: false, warnings }))
            }
            Published::AlreadyThere => Ok(Some(Settled::repeated())),
            Published::FactsChanged => Ok(None),
        }
    }

    /// The feed's signature, made over facts that [`publish`] compares again. A feed that can't sign (its public URL is
    /// not https) serves what was pushed.
    fn stamp(
        &self,
        facts: &Facts,
        archive: &Archive,
        verified: &VerifiedPackage,
        evidence: Evidence<'_>,
        source: &mut BufReader<File>,
    ) -> Result<Stamped, Error> {
        let Some(signing) = &facts.signing else {
            let whole = Rewrite::identity(self.received.size);
            return Ok(Stamped { served: whole.clone(), original: whole, authority: Vec::new(), warning: None });
        };
        let signer = signing.signer.as_ref().ok_or(Error::NoKey)?;
        let attributes = facts.attributes(self.app);
        let hashes = verified.report().hashes.as_ref();
        let draft = repository::Draft::new(source, archive, hashes, signer, &attributes, self.now)?;
        let (served, authority, warning) = match Stamping::of(&facts.policy) {
            None => (draft.finish(source, None)?, Vec::new(), None),
            Some(stamping) => match self.timestamped(&stamping, evidence, &draft, source) {
                Err(Error::Timestamp(error)) if !stamping.required => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a package goes in without a timestamp");
                    let warning = format!("the feed's signature has no timestamp: {error}");
                    (draft.finish(source, None)?, Vec::new(), Some(warning))
                }
                timestamped => {
                    let (served, token) = timestamped?;
                    (served, token.chain().to_vec(), None)
                }
            },
        };
        let original = served.inverse(source)?;
        Ok(Stamped { served, original, authority, warning })
    }

    /// The signed package with a timestamp on the feed's signature. It takes a request into the network, so no
    /// transaction is open.
    fn timestamped(
        &self,
        stamping: &Stamping,
        evidence: Evidence<'_>,
        draft: &repository::Draft<'_>,
        source: &mut BufReader<File>,
    ) -> Result<(Rewrite, TimestampToken), Error> {
        let token = timestamping::stamp(&self.app.outbound, stamping, evidence, draft.signature());
        let token = token.map_err(Error::Timestamp)?;
        match draft.finish(source, Some(&token)) {
            Err(repository::Error::Timestamp(why)) => Err(Error::Timestamp(timestamping::Error::Unusable(why))),
            finished => Ok((finished?, token)),
        }
    }
}
