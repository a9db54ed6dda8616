//! The roots in which signatures and timestamps may end.

use std::path::{Path, PathBuf};

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::{self, Actor, authorize};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::signature::{Certificate, TrustAnchors};
use crate::store::trust_anchors::{ListedAnchor, Purpose};
use crate::store::{self, Reads, Store};

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
#[derive(Debug, Default)]
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

/// Adds certificates that came from `source`. How many were new.
///
/// # Errors
/// What the store says.
pub fn add(
    store: &Store,
    certificates: &[Certificate],
    purposes: &[Purpose],
    source: &str,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<usize, Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let mut added = 0;
        for purpose in purposes {
            for certificate in certificates {
                let anchor = ListedAnchor {
                    purpose: *purpose,
                    fingerprint: certificate.fingerprint(),
                    subject: certificate.subject().to_string(),
                    not_after: certificate.not_after(),
                    source: source.to_owned(),
                };
                if w.add_anchor(&anchor, certificate.as_der(), now)? {
                    added += 1;
                    let subject = anchor.fingerprint.to_string();
                    by.audit(w, now, "trust.add", &subject, &format!("{:?}: {}", anchor.purpose, anchor.subject))?;
                }
            }
        }
        w.advance(GENERATION, now)?;
        Ok(added)
    })
}

/// Removes an anchor from both lists.
///
/// # Errors
/// [`Error::Unknown`].
pub fn remove(store: &Store, fingerprint: &Fingerprint, actor: &Actor, now: OffsetDateTime) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        if w.remove_anchor(fingerprint)? == 0 {
            return Err(Error::Unknown(*fingerprint));
        }
        w.advance(GENERATION, now)?;
        Ok(by.audit(w, now, "trust.remove", &fingerprint.to_string(), "")?)
    })
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
