//! Signing without a timestamp, in one step.

use std::io::{Read, Seek};

use time::OffsetDateTime;

use super::super::primary::RepositoryAttributes;
use super::draft::Draft;
use super::error::Error;
use super::signer::RepositorySigner;
use crate::archive::{Archive, Rewrite};

/// Signs a package for a repository, as a [`Draft`] does that is finished without a timestamp; the result is the recipe
/// for the signed package.
///
/// # Errors
/// [`enum@Error`]; nothing is returned that does not verify with the signer's root as trust anchor.
pub fn sign<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    signer: &RepositorySigner,
    repository: &RepositoryAttributes,
    now: OffsetDateTime,
) -> Result<Rewrite, Error> {
    Draft::new(reader, archive, None, signer, repository, now)?.finish(reader, None)
}
