//! Reading back what was made, before anybody gets it.

use std::io::{Read, Seek};

use time::OffsetDateTime;

use super::super::anchors::{Anchors, TrustAnchors};
use super::super::attributes::{Commitment, service_index_url};
use super::super::chain::End;
use super::super::chain_revocation::Asking;
use super::super::cms::SignatureCheck;
use super::super::evidence::Evidence;
use super::super::examine::{Circumstances, Examination};
use super::super::issue::Part;
use super::super::primary::{PrimarySignature, Signer};
use super::super::timestamp_response::TimestampToken;
use super::error::{Error, unreadable};
use super::marks::{read, unsigned_form};
use super::signer::RepositorySigner;
use crate::archive::{Archive, Limits, PackageHashes, Rewrite};

/// The package hash in the content must be that of the package.
pub(super) fn content(signature: &PrimarySignature<'_>, hashes: &PackageHashes) -> Result<(), Error> {
    let found = hashes.by(signature.content.algorithm).ok_or(Error::SelfCheck("a hash of the package is missing"))?;
    if signature.content.hash_octets().as_deref() == Some(found) { Ok(()) } else { Err(Error::Changed) }
}

/// Reads the new archive through its recipe: one reading, the new signature, and the same unsigned form.
pub(super) fn archive<R: Read + Seek>(
    reader: &mut R,
    before: &Archive,
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
    let before = unsigned_form(before)?;
    let unsigned = rewrite.then(&after.without_signature()?);
    if !before.makes_the_same_as(&unsigned, reader)? {
        return Err(Error::SelfCheck("the package without its signature would have changed"));
    }
    Ok(())
}

/// Reads the new signature back and verifies ours in it, with its timestamp, as a client does that trusts both roots and
/// asks nobody: what is known about revocation was looked at when the answer of the authority was read.
pub(super) fn signature(
    file: &[u8],
    hashes: &PackageHashes,
    signer: &RepositorySigner,
    token: Option<&TimestampToken>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let signature = read(file)?;
    content(&signature, hashes)?;
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
    let timestamping = Anchors::from_iter(token.map(|token| token.root.clone()));
    let anchors = TrustAnchors { signing: Anchors::from_iter([root]), timestamping };
    let evidence = Evidence::without_answers(&anchors, now);
    let at = Circumstances { set: &signature.certificates, evidence, asking: Asking::Nobody, own_anchor: None };
    let stamped = own.info.signature.clone();
    let examination =
        Examination::of(own, message, Some(&stamped), at).ok_or(Error::SelfCheck("its certificate is missing"))?;
    if examination.value != SignatureCheck::Valid {
        return Err(Error::SelfCheck("the value is wrong; key and certificate do not belong together"));
    }
    if examination.timestamp_count != usize::from(token.is_some()) {
        return Err(Error::SelfCheck("it has another number of timestamps"));
    }
    if token.is_some() && !examination.timestamped {
        return Err(Error::Timestamp("clients would not accept it"));
    }
    if token.is_some() && !examination.is_in_validity() {
        return Err(Error::Timestamp("it says that the certificate of the server was not valid"));
    }
    let is_trusted = examination.chain.end == End::Anchor && examination.chain.problems.is_empty();
    if !is_trusted || !examination.certificate_faults.is_empty() || !examination.is_in_validity() {
        return Err(Error::SelfCheck("clients would refuse the certificate"));
    }
    service_index_url(&own.info).map_err(|fault| unreadable((Part::Repository, fault)))?;
    Ok(())
}
