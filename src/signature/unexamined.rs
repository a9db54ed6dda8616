//! Packages without a signature that could be examined: there is none, or it cannot be read.

use std::io::{self, Read, Seek};

use super::attributes::Commitment;
use super::behaviour::Behaviour;
use super::fault::Fault;
use super::issue::{Code, Issue, Level, Part};
use super::opinion::{Opinion, Thrown};
use super::policy::Policy;
use super::problem::Problem;
use super::report::{Kind, Report};
use crate::archive::{Archive, PackageHashes, Rewrite, SignatureEntryError, SignatureEntryRule};

/// A package without a signature. Nothing about it is asked but whether it needs one.
pub(crate) fn unsigned<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    policy: &Policy,
) -> io::Result<(Report, Opinion)> {
    let mut report = Report::new(Kind::Unsigned);
    let needed = policy.needed_hashes();
    if !needed.is_empty() {
        let hashes = PackageHashes::compute(reader, &Rewrite::identity(archive.length()), needed)?;
        report.content_hash = hashes.content_hash();
        report.hashes = Some(hashes);
    }
    if behaviour(policy).allow_unsigned {
        return Ok((report, Opinion::VALID));
    }
    let code = Some(Code(3004));
    let (level, part, problem) = (Level::Error, Part::Package, Problem::Unsigned);
    Ok((report, Opinion::refusing(Issue { code, rule: None, level, part, timestamp: false, problem })))
}

/// A package whose signature cannot be read. The client lets it pass with a warning in accept mode, and checks nothing else.
pub(crate) fn unreadable(thrown: Thrown, policy: &Policy) -> (Report, Opinion) {
    (Report::new(Kind::Unreadable), thrown.opinion(behaviour(policy)))
}

/// The bytes of the signature file, or what is wrong with its entry.
pub(crate) fn signature_file<R: Read + Seek>(reader: &mut R, archive: &Archive) -> io::Result<Result<Vec<u8>, Fault>> {
    let error = match archive.read_signature(reader) {
        Ok(bytes) => return Ok(Ok(bytes)),
        Err(SignatureEntryError::Io(error)) => return Err(error),
        Err(error) => error,
    };
    let code = match error {
        // The client fails on an entry behind the end of the file without a verdict.
        SignatureEntryError::TooLarge { .. } | SignatureEntryError::Rule { rule: SignatureEntryRule::BeyondEnd } => {
            None
        }
        _ => Some(Code(3005)),
    };
    Ok(Err(Fault { code, problem: Problem::Entry(error.to_string()), timestamp: false }))
}

/// A push of what has no readable signature is no repository's either.
fn behaviour(policy: &Policy) -> Behaviour {
    match policy {
        Policy::Push(_) => Behaviour::of_push(Commitment::Unknown),
        Policy::Client(client) => Behaviour::of_client(client),
    }
}
