//! A signature that is made but not yet in its package: between the two steps its value can be stamped.
//!
//! A timestamp is over the signature value and stands beside it, so it can only be asked for when the value is there. Who
//! asks, and where, is not known here.

use std::borrow::Cow;
use std::io::{Read, Seek};

use time::OffsetDateTime;

use super::super::content::SignatureContent;
use super::super::issue::Part;
use super::super::oid;
use super::super::primary::RepositoryAttributes;
use super::super::timestamp_response::TimestampToken;
use super::error::{Error, unreadable};
use super::marks::{author_file, read, unsigned_form};
use super::self_check;
use super::signed_data::{SignerInfo, Signs, attribute, signed_data, signer_info};
use super::signer::RepositorySigner;
use super::splice;
use crate::archive::{Archive, HashAlgorithm, PackageHashes, Rewrite, dos_time};

/// A signature for a package, without the timestamp that it may get.
#[derive(Debug)]
pub struct Draft<'a> {
    archive: &'a Archive,
    hashes: Cow<'a, PackageHashes>,
    signer: &'a RepositorySigner,
    now: OffsetDateTime,
    info: SignerInfo,
    place: Place,
}

/// Where the signature goes.
#[derive(Debug)]
enum Place {
    /// It is the primary signature, over this content.
    Primary(Vec<u8>),
    /// It is a countersignature in this signature file of an author.
    Author(Vec<u8>),
}

impl<'a> Draft<'a> {
    /// Makes the signature of a package for a repository.
    ///
    /// Unsigned packages and those that only another repository signed get a primary signature. Packages of authors get a
    /// countersignature in the place of other repositories' ones. The archive must keep [`Archive::check_strict`].
    /// `hashes`, when they were computed before, save reading the package once more: they must be those of this file, and
    /// include SHA-256 and the algorithm of the author's signature.
    ///
    /// # Errors
    /// [`enum@Error`]: what can't be signed, or by this signer.
    pub fn new<R: Read + Seek>(
        reader: &mut R,
        archive: &'a Archive,
        hashes: Option<&'a PackageHashes>,
        signer: &'a RepositorySigner,
        repository: &RepositoryAttributes,
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        let findings = archive.check_strict(reader)?;
        if !findings.is_empty() {
            return Err(Error::Archive(findings));
        }
        check_attributes(repository)?;
        signer.check_validity(now)?;
        let author = author_file(reader, archive)?;
        let hashes = match hashes {
            Some(hashes) => Cow::Borrowed(hashes),
            None => {
                let needed = match &author {
                    Some(file) => read(file)?.content.algorithm,
                    None => HashAlgorithm::Sha256,
                };
                Cow::Owned(PackageHashes::compute(&mut *reader, &unsigned_form(archive)?, &[needed])?)
            }
        };
        let (info, place) = match author {
            Some(file) => {
                let signature = read(&file)?;
                self_check::content(&signature, &hashes)?;
                let info = signer_info(signer, Signs::Signature(&signature.signer.info.signature), repository, now)?;
                (info, Place::Author(file))
            }
            None => {
                let hash = hashes.by(HashAlgorithm::Sha256);
                let hash = hash.ok_or(Error::SelfCheck("the SHA-256 of the package is missing"))?;
                let content = SignatureContent::write(HashAlgorithm::Sha256, hash);
                (signer_info(signer, Signs::Content(&content), repository, now)?, Place::Primary(content))
            }
        };
        Ok(Self { archive, hashes, signer, now, info, place })
    }

    /// The octets of the signature value, which a timestamp is for.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.info.signature
    }

    /// The recipe for the signed package, with `token` beside the signature if there is one.
    ///
    /// # Errors
    /// [`Error::Timestamp`] when the signature would only be good without the token; the draft can then be finished without
    /// it. Nothing is returned that does not verify with the signer's root as trust anchor.
    pub fn finish<R: Read + Seek>(&self, reader: &mut R, token: Option<&TimestampToken>) -> Result<Rewrite, Error> {
        // The author's timestamp is the author's: the token goes to our signer alone.
        let unsigned = token.map(|token| attribute(oid::TIMESTAMP_TOKEN, vec![token.der.clone()]));
        let info = self.info.encode(unsigned.into_iter().collect());
        let file = match &self.place {
            Place::Primary(content) => signed_data(self.signer, content, &info),
            Place::Author(author) => countersigned(author, info, self.signer)?,
        };
        let rewrite = self.archive.with_signature(&file, dos_time(self.now))?;
        self_check::archive(reader, self.archive, &rewrite, &file)?;
        self_check::signature(&file, &self.hashes, self.signer, token, self.now)?;
        Ok(rewrite)
    }
}

/// The author's signature file with our countersignature.
fn countersigned(author: &[u8], info: Vec<u8>, signer: &RepositorySigner) -> Result<Vec<u8>, Error> {
    let signature = read(author)?;
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
