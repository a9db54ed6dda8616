//! Putting the feed's signature on a package, and taking repositories' signatures off.

use std::io::{self, Read, Seek};

use time::OffsetDateTime;

use super::super::anchors::{Anchors, TrustAnchors};
use super::super::attributes::{Commitment, service_index_url};
use super::super::chain::End;
use super::super::client_policy::RevocationMode;
use super::super::cms::SignatureCheck;
use super::super::content::SignatureContent;
use super::super::evidence::Evidence;
use super::super::examine::{Circumstances, Examination};
use super::super::fault::Fault;
use super::super::issue::Part;
use super::super::primary::{PrimarySignature, RepositoryAttributes, Signer};
use super::signed_data::{Signs, signed_data, signer_info};
use super::signer::{InvalidSigner, RepositorySigner};
use super::splice;
use crate::archive::{
    Archive, Finding, HashAlgorithm, LayoutError, Limits, PackageHashes, Rewrite, SignatureEntryError, dos_time,
};

/// Why a package was not signed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service index URL is not an https URL in ASCII.
    #[error(
        "the service index URL `{url}` cannot stand in a signature: it must be https and ASCII; set the public URL of the server"
    )]
    ServiceIndex {
        /// The URL.
        url: String,
    },
    /// The name of an owner is blank.
    #[error("the name of an owner is blank")]
    Owner,
    /// The archive breaks rules.
    #[error("the archive cannot be signed")]
    Archive(Vec<Finding>),
    /// The records of the archive make no sense together.
    #[error("the archive cannot be signed")]
    Layout(#[from] LayoutError),
    /// The signature entry cannot be read.
    #[error("the signature of the package cannot be read")]
    Entry(#[from] SignatureEntryError),
    /// The present signature cannot be read; the text says why.
    #[error("the {part} of the package cannot be read: {why}")]
    Signature {
        /// Which.
        part: Part,
        /// Why.
        why: String,
    },
    /// The present signature is neither an author's nor a repository's, or has countersignatures of other kinds.
    #[error("the package has a signature or countersignature of unknown kind")]
    Kind,
    /// The package is not what its author signed.
    #[error("the package was changed after its author signed it")]
    Changed,
    /// The signer cannot sign.
    #[error("the certificate of the server cannot sign")]
    Signer(#[from] InvalidSigner),
    /// What was signed does not verify. Nothing of it is returned.
    #[error("the new signature does not verify: {0}")]
    SelfCheck(&'static str),
    /// The package could not be read.
    #[error("the package could not be read")]
    Io(#[from] io::Error),
}

/// Signs a package for a repository; the result is the recipe for the signed package.
///
/// Unsigned packages and those that only another repository signed get a primary signature. Packages of authors get a
/// countersignature in the place of other repositories' ones. The archive must keep [`Archive::check_strict`].
///
/// # Errors
/// [`Error`]; nothing is returned that does not verify with the signer's root as trust anchor.
pub fn sign<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    signer: &RepositorySigner,
    repository: &RepositoryAttributes,
    now: OffsetDateTime,
) -> Result<Rewrite, Error> {
    check_archive(reader, archive)?;
    let unsigned = unsigned_form(archive)?;
    let algorithms = [HashAlgorithm::Sha256, HashAlgorithm::Sha384];
    let hashes = PackageHashes::compute(&mut *reader, &unsigned, &algorithms)?;
    sign_checked(reader, archive, &hashes, signer, repository, now)
}

/// Signs as [`sign`] does, with hashes that were computed before, so that the package is not read once more. They must be
/// those of this file, and include SHA-256 and the algorithm of the author's signature.
///
/// # Errors
/// As [`sign`].
pub fn sign_hashed<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    hashes: &PackageHashes,
    signer: &RepositorySigner,
    repository: &RepositoryAttributes,
    now: OffsetDateTime,
) -> Result<Rewrite, Error> {
    check_archive(reader, archive)?;
    sign_checked(reader, archive, hashes, signer, repository, now)
}

fn check_archive<R: Read + Seek>(reader: &mut R, archive: &Archive) -> Result<(), Error> {
    let findings = archive.check_strict(reader)?;
    if findings.is_empty() { Ok(()) } else { Err(Error::Archive(findings)) }
}

fn sign_checked<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    hashes: &PackageHashes,
    signer: &RepositorySigner,
    repository: &RepositoryAttributes,
    now: OffsetDateTime,
) -> Result<Rewrite, Error> {
    check_attributes(repository)?;
    signer.check_validity(now)?;
    let file = match author_file(reader, archive)? {
        Some(file) => countersigned(&file, hashes, signer, repository, now)?,
        None => primary(hashes, signer, repository, now)?,
    };
    let rewrite = archive.with_signature(&file, dos_time(now))?;
    check_result(reader, archive, &rewrite, &file)?;
    check_signature(&file, hashes, signer, now)?;
    Ok(rewrite)
}

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
fn author_file<R: Read + Seek>(reader: &mut R, archive: &Archive) -> Result<Option<Vec<u8>>, Error> {
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

fn primary(
    hashes: &PackageHashes,
    signer: &RepositorySigner,
    repository: &RepositoryAttributes,
    now: OffsetDateTime,
) -> Result<Vec<u8>, Error> {
    let hash = hashes.by(HashAlgorithm::Sha256).ok_or(Error::SelfCheck("the SHA-256 of the package is missing"))?;
    let content = SignatureContent::write(HashAlgorithm::Sha256, hash);
    let info = signer_info(signer, Signs::Content(&content), repository, now, Vec::new())?;
    Ok(signed_data(signer, &content, &info))
}

fn countersigned(
    author: &[u8],
    hashes: &PackageHashes,
    signer: &RepositorySigner,
    repository: &RepositoryAttributes,
    now: OffsetDateTime,
) -> Result<Vec<u8>, Error> {
    let signature = read(author)?;
    check_content(&signature, hashes)?;
    let value = &signature.signer.info.signature;
    let info = signer_info(signer, Signs::Signature(value), repository, now, Vec::new())?;
    let certificates: Vec<&[u8]> = signer.chain().iter().map(super::super::Certificate::as_der).collect();
    let file = splice::with_countersignature(author, info, &certificates)
        .map_err(|error| unreadable((Part::Signature, error.into())))?;
    let before = &signature.signer.info;
    let after = read(&file)?;
    let after_info = &after.signer.info;
    let raw =
        |info: &super::super::cms::SignerInfo<'_>| info.signed_attributes.as_ref().map(|set| set.element.raw.to_vec());
    if raw(before) != raw(after_info)
        || before.signature != after_info.signature
        || signature.signed_content != after.signed_content
        || signature.signer.timestamps.len() != after.signer.timestamps.len()
        || signature.signer.certificate != after.signer.certificate
    {
        return Err(Error::SelfCheck("the author's signature would have changed"));
    }
    Ok(file)
}

fn check_attributes(repository: &RepositoryAttributes) -> Result<(), Error> {
    let url = &repository.service_index;
    let is_https = url::Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.has_host());
    if !url.is_ascii() || !is_https || !url.starts_with("https://") {
        return Err(Error::ServiceIndex { url: url.clone() });
    }
    if repository.owners.iter().any(|owner| owner.trim().is_empty()) {
        return Err(Error::Owner);
    }
    Ok(())
}

/// The package hash in the content must be that of the package.
fn check_content(signature: &PrimarySignature<'_>, hashes: &PackageHashes) -> Result<(), Error> {
    let found = hashes.by(signature.content.algorithm).ok_or(Error::SelfCheck("a hash of the package is missing"))?;
    if signature.content.hash_octets().as_deref() == Some(found) { Ok(()) } else { Err(Error::Changed) }
}

/// Reads the new archive through its recipe: one reading, the new signature, and the same unsigned form.
fn check_result<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    rewrite: &Rewrite,
    file: &[u8],
) -> Result<(), Error> {
    let mut result = rewrite.reader(&mut *reader);
    let after =
        Archive::read(&mut result, &Limits::DEFAULT).map_err(|_| Error::SelfCheck("the new archive cannot be read"))?;
    if !after.check_strict(&mut result)?.is_empty() {
        return Err(Error::SelfCheck("the new archive breaks a rule"));
    }
    if after.read_signature(&mut result)? != file {
        return Err(Error::SelfCheck("the new archive has another signature"));
    }
    let before = unsigned_form(archive)?;
    let unsigned = rewrite.then(&after.without_signature()?);
    if !before.makes_the_same_as(&unsigned, reader)? {
        return Err(Error::SelfCheck("the package without its signature would have changed"));
    }
    Ok(())
}

/// Reads the new signature back and verifies ours in it as a client does that trusts its root.
fn check_signature(
    file: &[u8],
    hashes: &PackageHashes,
    signer: &RepositorySigner,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let signature = read(file)?;
    check_content(&signature, hashes)?;
    let countersignature;
    let (own, message): (&Signer<'_>, &[u8]) = match signature.commitment {
        Commitment::Repository => (&signature.signer, &signature.signed_content),
        _ => {
            countersignature = signature
                .repository_countersignature()
                .map_err(|fault| unreadable((Part::Countersignature, fault)))?
                .ok_or(Error::SelfCheck("it is missing"))?;
            (&countersignature, &signature.signer.info.signature)
        }
    };
    if own.certificate.as_ref() != Some(signer.certificate()) {
        return Err(Error::SelfCheck("another certificate than the server's is found for it"));
    }
    let root = signer.chain().last().unwrap_or(signer.certificate()).clone();
    let anchors = TrustAnchors { signing: Anchors::from_iter([root]), ..TrustAnchors::default() };
    let evidence = Evidence::without_answers(&anchors, now);
    let at = Circumstances {
        set: &signature.certificates,
        evidence,
        revocation: RevocationMode::NotAsked,
        own_anchor: None,
    };
    let stamped = own.info.signature.clone();
    let examination =
        Examination::of(own, message, Some(&stamped), at).ok_or(Error::SelfCheck("its certificate is missing"))?;
    if examination.value != SignatureCheck::Valid {
        return Err(Error::SelfCheck("the value is wrong; key and certificate do not belong together"));
    }
    let is_trusted = examination.chain.end == End::Anchor && examination.chain.problems.is_empty();
    if !is_trusted || !examination.certificate_faults.is_empty() || !examination.is_in_validity() {
        return Err(Error::SelfCheck("clients would refuse the certificate"));
    }
    service_index_url(&own.info).map_err(|fault| unreadable((Part::Repository, fault)))?;
    Ok(())
}

fn unsigned_form(archive: &Archive) -> Result<Rewrite, Error> {
    if archive.is_signed() { Ok(archive.without_signature()?) } else { Ok(Rewrite::identity(archive.length())) }
}

fn read(file: &[u8]) -> Result<PrimarySignature<'_>, Error> {
    PrimarySignature::read(file).map_err(unreadable)
}

fn unreadable((part, fault): (Part, Fault)) -> Error {
    Error::Signature { part, why: fault.issue(part).to_string() }
}
