//! The roots in which signatures and timestamps may end.

use std::path::{Path, PathBuf};

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::authority::{self, Actor, Authorized, authorize};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::domain::visible::brief;
use crate::signature::{self, Certificate, RootProblem, RootRemark, TrustAnchors, root_fitness};
use crate::store::trust_anchors::{NewAnchor, Purpose};
use crate::store::{self, Reads, Store, Writes};

/// Changes whenever the lists do, so that a push sees it.
const GENERATION: &str = "trust_generation";

/// Why the lists can't be read or changed.
#[derive(Debug, Error)]
pub enum Error {
    /// No anchor has that fingerprint.
    #[error("no trust anchor has the fingerprint {0}")]
    Unknown(Fingerprint),
    /// The folder is no SDK.
    #[error(
        "`{0}` has no `trustedroots` folder with `codesignctl.pem` and `timestampctl.pem`; give the folder of a .NET SDK"
    )]
    NoSdk(PathBuf),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A number that changes whenever the lists do.
///
/// # Errors
/// What the store says.
pub fn generation(reads: &Reads<'_>) -> Result<Vec<u8>, store::Error> {
    Ok(reads.meta(GENERATION)?.unwrap_or_default())
}

/// Both lists, parsed.
///
/// # Errors
/// What the store says.
pub fn anchors(reads: &Reads<'_>) -> Result<TrustAnchors, store::Error> {
    Ok(AnchorRows::read(reads)?.parse())
}

/// Both lists as they are stored, for whoever parses them when the snapshot is closed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AnchorRows {
    pub signing: Vec<Vec<u8>>,
    pub timestamping: Vec<Vec<u8>>,
}

impl AnchorRows {
    /// Reads them.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(reads: &Reads<'_>) -> Result<Self, store::Error> {
        Ok(Self { signing: reads.anchors(Purpose::Signing)?, timestamping: reads.anchors(Purpose::Timestamping)? })
    }

    /// Parses them. Only what parsed was added; what a later version can't parse any more anchors nothing.
    pub fn parse(&self) -> TrustAnchors {
        let parse = |rows: &[Vec<u8>]| rows.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
        TrustAnchors { signing: parse(&self.signing), timestamping: parse(&self.timestamping) }
    }
}

/// Certificates from one place, and what they are to vouch for.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    /// The certificates.
    pub certificates: &'a [Certificate],
    /// For what.
    pub purposes: &'a [Purpose],
    /// Where they come from: a file name, or whose push.
    pub source: &'a str,
}

/// What became of one certificate in one of the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// In which list.
    pub purpose: Purpose,
    /// SHA-256.
    pub fingerprint: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// Whether it is in the list now.
    pub outcome: Outcome,
    /// What should be known about it.
    pub remarks: Vec<RootRemark>,
}

/// Whether a certificate is in a list now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is new there.
    Added,
    /// It was there before.
    AlreadyThere,
    /// It is no root that could stand there.
    Refused(RootProblem),
}

/// Adds the roots among `offers`: what became of each certificate in each list, offer by offer.
///
/// # Errors
/// What the store says; nothing was added then. A certificate that is no root is none: the others are added.
pub fn add(
    store: &Store,
    offers: &[Offer<'_>],
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Vec<Vec<Considered>>, Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let considered = offers.iter().map(|offer| add_offer(w, offer, &by, now)).collect::<Result<_, _>>()?;
        changed(w, now)?;
        Ok(considered)
    })
}

fn add_offer(
    w: &mut Writes<'_>,
    offer: &Offer<'_>,
    by: &Authorized,
    now: OffsetDateTime,
) -> Result<Vec<Considered>, Error> {
    let mut considered = Vec::new();
    for &purpose in offer.purposes {
        for certificate in offer.certificates {
            considered.push(add_one(w, certificate, purpose, offer.source, by, now)?);
        }
    }
    Ok(considered)
}

/// Adds one root to a list, in the transaction of whoever decided it and then tells that the lists have [`changed`].
pub(super) fn add_one(
    w: &mut Writes<'_>,
    certificate: &Certificate,
    purpose: Purpose,
    source: &str,
    by: &Authorized,
    now: OffsetDateTime,
) -> Result<Considered, Error> {
    let (fingerprint, subject) = (certificate.fingerprint(), certificate.subject().to_string());
    let considered = |outcome, remarks| Considered { purpose, fingerprint, subject: subject.clone(), outcome, remarks };
    let remarks = match root_fitness(certificate, used_for(purpose), now) {
        Ok(remarks) => remarks,
        Err(problem) => return Ok(considered(Outcome::Refused(problem), Vec::new())),
    };
    let new = NewAnchor {
        purpose,
        fingerprint,
        der: certificate.as_der(),
        subject: &subject,
        not_after: certificate.not_after(),
        source,
        added_by: by.name(),
    };
    let added = w.add_anchor(&new, now)?;
    if added {
        let detail = format!("{}: {}; from {source}", purpose.name(), brief(&subject));
        by.audit(w, now, "trust.add", &fingerprint.to_string(), &detail)?;
    }
    // Nobody needs to look at it any more.
    w.forget_unknown_root(purpose, &fingerprint)?;
    Ok(considered(if added { Outcome::Added } else { Outcome::AlreadyThere }, remarks))
}

/// Tells pushes on their way, and whatever keeps the lists, that they have changed.
pub(super) fn changed(w: &mut Writes<'_>, now: OffsetDateTime) -> Result<(), store::Error> {
    w.advance(GENERATION, now)
}

const fn used_for(purpose: Purpose) -> signature::Purpose {
    match purpose {
        Purpose::Signing => signature::Purpose::Signing,
        Purpose::Timestamping => signature::Purpose::Timestamping,
    }
}

/// Removes an anchor from the lists for `purposes`, where it is in them. Nothing that is on the feed goes with it; pushes that end in
/// it are refused from now on.
///
/// # Errors
/// [`Error::Unknown`] when it is in none of them.
pub fn remove(
    store: &Store,
    purposes: &[Purpose],
    fingerprint: &Fingerprint,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let mut removed = false;
        for &purpose in purposes {
            let Some(anchor) = w.anchor(purpose, fingerprint)? else { continue };
            removed |= w.remove_anchor(purpose, fingerprint)?;
            let detail = format!("{}: {}", purpose.name(), brief(&anchor.subject));
            by.audit(w, now, "trust.remove", &fingerprint.to_string(), &detail)?;
        }
        if !removed {
            return Err(Error::Unknown(*fingerprint));
        }
        Ok(changed(w, now)?)
    })
}

/// How an anchor stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It is valid, and will be for a while.
    Valid,
    /// It ends within [`SOON`].
    EndsSoon,
    /// It has ended. It still counts for what was timestamped before.
    Expired,
}

/// How long before its end an anchor is pointed out.
pub const SOON: Duration = Duration::days(60);

/// How an anchor that is valid until `not_after` stands at `now`.
#[must_use]
pub fn validity(not_after: OffsetDateTime, now: OffsetDateTime) -> Validity {
    match not_after - now {
        left if left.is_negative() => Validity::Expired,
        left if left <= SOON => Validity::EndsSoon,
        _ => Validity::Valid,
    }
}

/// The bundles of a .NET SDK: the folder of the SDK itself, of one of its versions, or `trustedroots`.
///
/// # Errors
/// [`Error::NoSdk`].
pub fn sdk_bundles(folder: &Path) -> Result<(PathBuf, PathBuf), Error> {
    let versions = std::fs::read_dir(folder.join("sdk")).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut candidates = vec![folder.to_owned(), folder.join("trustedroots")];
    candidates.extend(versions.map(|version| version.join("trustedroots")));
    let bundles = |folder: &PathBuf| (folder.join("codesignctl.pem"), folder.join("timestampctl.pem"));
    let mut found: Vec<_> =
        candidates.iter().map(bundles).filter(|(code, time)| code.is_file() && time.is_file()).collect();
    found.sort();
    found.pop().ok_or_else(|| Error::NoSdk(folder.to_owned()))
}
