//! Step two, interpret: a decoded SignedData as a NuGet signature.
//!
//! Whatever makes the client give up reading ends here with one fault and its code. Nothing is verified but what reading
//! needs: the signatures of timestamp tokens.

use super::attributes::{Commitment, commitment, package_owners, service_index_url};
use super::certificate::Certificate;
use super::cms::{self, SignedData, SignerInfo};
use super::content::SignatureContent;
use super::ess;
use super::fault::Fault;
use super::issue::Part;
use super::oid;
use super::timestamp::{self, Timestamp};

/// Countersignatures on one signature. Real packages have one.
const MAX_COUNTERSIGNATURES: usize = 8;

/// A primary signature that could be read.
#[derive(Debug, Clone)]
pub(crate) struct PrimarySignature<'a> {
    pub(crate) commitment: Commitment,
    pub(crate) content: SignatureContent,
    /// The content as signed.
    pub(crate) signed_content: Vec<u8>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) signer: Signer<'a>,
    pub(crate) countersigners: Vec<Countersigner<'a>>,
}

/// A signer with what its attributes say.
#[derive(Debug, Clone)]
pub(crate) struct Signer<'a> {
    pub(crate) info: SignerInfo<'a>,
    /// Missing only where the client goes on without it.
    pub(crate) certificate: Option<Certificate>,
    pub(crate) timestamps: Vec<Timestamp>,
    pub(crate) repository: Option<RepositoryAttributes>,
}

/// What a repository says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryAttributes {
    /// URL of the V3 service index.
    pub service_index: String,
    /// Names of the owners, in the order of the attribute.
    pub owners: Vec<String>,
}

/// A countersigner and its kind. Only repositories are read further.
#[derive(Debug, Clone)]
pub(crate) struct Countersigner<'a> {
    pub(crate) commitment: Commitment,
    pub(crate) info: SignerInfo<'a>,
}

impl<'a> PrimarySignature<'a> {
    /// Interprets the signature file of a package. The fault comes with the part that it is about.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, (Part, Fault)> {
        let unknown = |fault| (Part::Signature, fault);
        let mut data = SignedData::decode(bytes).map_err(unknown)?;
        if data.signers.len() != 1 {
            let found = data.signers.len();
            return Err(unknown(Fault::new(3009, format!("it has {found} signers instead of one"))));
        }
        let info = data.signers.remove(0);
        let commitment = commitment(&info).map_err(unknown)?;
        let part = match commitment {
            Commitment::Author => Part::Author,
            Commitment::Repository => Part::Repository,
            Commitment::Unknown => Part::Signature,
        };
        let of_part = |fault| (part, fault);
        let certificates = data.certificates().map_err(of_part)?;
        let certificate = info.find_certificate(&certificates).map_err(of_part)?.cloned();
        let certificate = certificate.ok_or(of_part(Fault::missing_certificate(3010)))?;
        let mut repository = None;
        if commitment == Commitment::Unknown {
            ess::check_unknown(&info, &certificate).map_err(of_part)?;
        } else {
            ess::check_signer(&info, &certificate).map_err(of_part)?;
            if info.signed(oid::SIGNING_TIME).next().is_none() {
                return Err(of_part(Fault::new(3011, "it has no signing time")));
            }
        }
        if commitment == Commitment::Repository {
            repository = Some(RepositoryAttributes::read(&info).map_err(of_part)?);
        }
        let content = SignatureContent::parse(&data.content).map_err(of_part)?;
        let signed_content = data.signed_content.into_owned();
        let countersigners = match read_countersigners(&info) {
            // The client looks for none on a repository's own signature.
            Err(Fault { code: Some(_), .. }) if commitment == Commitment::Repository => Vec::new(),
            found => found.map_err(|fault| (Part::Countersignature, fault))?,
        };
        let timestamps = timestamp::read_all(&info).map_err(of_part)?;
        let signer = Signer { info, certificate: Some(certificate), timestamps, repository };
        Ok(Self { commitment, content, signed_content, certificates, signer, countersigners })
    }

    /// The part that issues about the primary signature name.
    pub(crate) const fn part(&self) -> Part {
        match self.commitment {
            Commitment::Author => Part::Author,
            Commitment::Repository => Part::Repository,
            Commitment::Unknown => Part::Signature,
        }
    }

    /// The countersigners that claim to be repositories.
    pub(crate) fn repository_countersigners(&self) -> impl Iterator<Item = &Countersigner<'a>> {
        self.countersigners.iter().filter(|countersigner| countersigner.commitment == Commitment::Repository)
    }

    /// The repository countersignature, read whole; `None` without one. The client looks for none on a repository's
    /// primary signature.
    pub(crate) fn repository_countersignature(&self) -> Result<Option<Signer<'a>>, Fault> {
        let Some(signer) = self.repository_countersigner()? else {
            return Ok(None);
        };
        let timestamps = timestamp::read_all(&signer.info)?;
        Ok(Some(Signer { timestamps, ..signer }))
    }

    /// The same without its timestamps, which the client does not read when it only asks who signed.
    pub(crate) fn repository_countersigner(&self) -> Result<Option<Signer<'a>>, Fault> {
        if self.commitment == Commitment::Repository {
            return Ok(None);
        }
        let mut found = self.repository_countersigners();
        let Some(countersigner) = found.next() else {
            return Ok(None);
        };
        let info = countersigner.info.clone();
        let repository = RepositoryAttributes::read(&info)?;
        if info.signed(oid::SIGNING_TIME).next().is_none() {
            return Err(Fault::new(3031, "it has no signing time"));
        }
        if found.next().is_some() {
            return Err(Fault::new(3032, "there are several"));
        }
        let certificate = info.find_certificate(&self.certificates)?.cloned();
        Ok(Some(Signer { info, certificate, timestamps: Vec::new(), repository: Some(repository) }))
    }

    /// The value that the client compares with the timestamp of the repository countersignature: that of whichever
    /// countersigner comes first when the set is written in order, also when it is another one.
    pub(crate) fn countersignature_value(&self) -> Option<Vec<u8>> {
        let mut infos: Vec<SignerInfo<'_>> = self.countersigners.iter().map(|one| one.info.clone()).collect();
        cms::set_order(&mut infos);
        infos.first().map(|info| info.signature.to_vec())
    }
}

fn read_countersigners<'a>(info: &SignerInfo<'a>) -> Result<Vec<Countersigner<'a>>, Fault> {
    let read = |info| Ok(Countersigner { commitment: commitment(&info)?, info });
    cms::countersigners(info, MAX_COUNTERSIGNATURES)?.into_iter().map(read).collect()
}

impl RepositoryAttributes {
    fn read(info: &SignerInfo<'_>) -> Result<Self, Fault> {
        Ok(Self { service_index: service_index_url(info)?, owners: package_owners(info)? })
    }
}
