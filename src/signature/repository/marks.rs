//! What is on a package before the feed signs it: an author's signature stays, marks of repositories come off.

use std::io::{Read, Seek};

use time::OffsetDateTime;

use super::super::attributes::Commitment;
use super::super::issue::Part;
use super::super::primary::PrimarySignature;
use super::error::{Error, unreadable};
use super::splice;
use crate::archive::{Archive, Rewrite, dos_time};

/// The recipe for the package without signatures and countersignatures of repositories; `None` when it has none.
///
/// # Errors
/// [`Error`] when the package or its signature cannot be read.
pub fn without_marks<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    now: OffsetDateTime,
) -> Result<Option<Rewrite>, Error> {
    if !archive.is_signed() {
        return Ok(None);
    }
    let file = archive.read_signature(reader)?;
    match read(&file)?.commitment {
        Commitment::Repository => Ok(Some(archive.without_signature()?)),
        _ => match splice::without_repository_countersignatures(&file)
            .map_err(|error| unreadable((Part::Signature, error.into())))?
        {
            Some(stripped) => Ok(Some(archive.with_signature(&stripped, dos_time(now))?)),
            None => Ok(None),
        },
    }
}

/// The signature file of an author, without marks of repositories; `None` when nobody or only a repository signed.
pub(super) fn author_file<R: Read + Seek>(reader: &mut R, archive: &Archive) -> Result<Option<Vec<u8>>, Error> {
    if !archive.is_signed() {
        return Ok(None);
    }
    let file = archive.read_signature(reader)?;
    let signature = read(&file)?;
    match signature.commitment {
        Commitment::Repository => return Ok(None),
        Commitment::Unknown => return Err(Error::Kind),
        Commitment::Author => {}
    }
    // Clients compare the timestamp of a countersignature with whichever countersigner comes first: ours must be alone.
    if signature.countersigners.iter().any(|one| one.commitment != Commitment::Repository) {
        return Err(Error::Kind);
    }
    let stripped = splice::without_repository_countersignatures(&file)
        .map_err(|error| unreadable((Part::Signature, error.into())))?;
    Ok(Some(stripped.unwrap_or(file)))
}

/// The recipe for the package without any signature.
pub(super) fn unsigned_form(archive: &Archive) -> Result<Rewrite, Error> {
    if archive.is_signed() { Ok(archive.without_signature()?) } else { Ok(Rewrite::identity(archive.length())) }
}

/// The signature in a signature file.
pub(super) fn read(file: &[u8]) -> Result<PrimarySignature<'_>, Error> {
    PrimarySignature::read(file).map_err(unreadable)
}
