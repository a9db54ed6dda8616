//! Whether a signature is about the package that it is in (the client's `IntegrityVerificationProvider`).

use std::io::{self, Read, Seek};

use super::issue::{Code, Issue, Level, Part};
use super::opinion::Opinion;
use super::primary::PrimarySignature;
use super::problem::Problem;
use crate::archive::{Archive, HashAlgorithm, LayoutError, PackageHashes};

/// The hashes of the unsigned form, and what follows from them.
#[derive(Debug)]
pub(crate) struct Integrity {
    /// `None` when the unsigned form is not defined.
    pub(crate) hashes: Option<PackageHashes>,
    pub(crate) opinion: Opinion,
}

impl Integrity {
    /// Hashes the package once, with what the signature needs and with `also`.
    pub(crate) fn check<R: Read + Seek>(
        reader: &mut R,
        archive: &Archive,
        signature: &PrimarySignature<'_>,
        also: &[HashAlgorithm],
    ) -> io::Result<Self> {
        let unsigned = archive.without_signature();
        let algorithms = [&[signature.content.algorithm], also].concat();
        let hashes = match &unsigned {
            Ok(unsigned) => Some(PackageHashes::compute(&mut *reader, unsigned, &algorithms)?),
            Err(_) => None,
        };
        let names_agree = archive.signature_names_agree(reader)?;
        let problem = problem(signature, hashes.as_ref(), unsigned.err().as_ref(), names_agree);
        Ok(Self { hashes, opinion: problem.map_or(Opinion::VALID, refusing) })
    }
}

fn refusing(problem: Problem) -> Opinion {
    let code = Some(Code(3008));
    Opinion::refusing(Issue { code, rule: None, level: Level::Error, part: Part::Package, timestamp: false, problem })
}

fn problem(
    signature: &PrimarySignature<'_>,
    hashes: Option<&PackageHashes>,
    layout: Option<&LayoutError>,
    names_agree: bool,
) -> Option<Problem> {
    if let Some(error) = layout {
        return Some(Problem::NotHashable(error.to_string()));
    }
    if !names_agree {
        return Some(Problem::NotHashable("the local header of the signature entry has another name".into()));
    }
    let found = hashes?.by(signature.content.algorithm)?;
    if signature.content.hash_octets().as_deref() == Some(found) {
        return None;
    }
    let found = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, found);
    Some(Problem::Changed { expected: signature.content.hash.chars().take(100).collect(), found })
}
