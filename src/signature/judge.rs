//! The whole way of a package: archive, signature entry, decode, interpret, verify, decide.
//!
//! 1. Is it signed? Unsigned packages go to the archive rules at once.
//! 2. Read the entry and the signature. A fault here ends the reading, as for the client.
//! 3. Hash the unsigned form, once, with every algorithm that is needed.
//! 4. Examine the primary signature, and the repository countersignature where the policy looks at it.
//! 5. Decide. Every problem is reported.
//!
//! Not checked: revocation, and whatever is inside the entries.

use std::io::{self, Read, Seek};

use super::attributes::Commitment;
use super::decide::{self, Decision};
use super::evidence::Evidence;
use super::examine::{Circumstances, Examination};
use super::fault::Fault;
use super::issue::{Code, Issue, Level, Part, Rule};
use super::policy::{Behaviour, Policy};
use super::primary::PrimarySignature;
use super::problem::Problem;
use super::report::{Kind, Report, SignerFacts};
use crate::archive::{Archive, HashAlgorithm, PackageHashes, Rewrite, SignatureEntryError, SignatureEntryRule};

/// Judges a package. `archive` must have been read from `reader`.
///
/// # Errors
/// Only when the file cannot be read; everything that is wrong with the package is in the report.
pub fn judge<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    policy: &Policy,
    evidence: Evidence<'_>,
) -> io::Result<Report> {
    let mut report = if archive.is_signed() {
        judge_signed(reader, archive, policy, evidence)?
    } else {
        judge_unsigned(reader, archive, policy)?
    };
    add_archive_issues(reader, archive, policy, &mut report)?;
    report.accepted &= report.issues.iter().all(|issue| issue.level == Level::Warning);
    Ok(report)
}

fn judge_unsigned<R: Read + Seek>(reader: &mut R, archive: &Archive, policy: &Policy) -> io::Result<Report> {
    let mut report = Report::new(Kind::Unsigned);
    let hashes = PackageHashes::compute(reader, &Rewrite::identity(archive.length()), needed(policy))?;
    report.content_hash = Some(hashes.content_hash());
    report.hashes = Some(hashes);
    report.accepted = *policy != Policy::Verify;
    if *policy == Policy::Verify {
        report.issues.push(issue(Part::Package, 3004, Problem::Unsigned));
    }
    Ok(report)
}

fn judge_signed<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    policy: &Policy,
    evidence: Evidence<'_>,
) -> io::Result<Report> {
    let unsigned = archive.without_signature();
    let bytes = match archive.read_signature(reader) {
        Ok(bytes) => bytes,
        Err(SignatureEntryError::Io(error)) => return Err(error),
        // The client fails on an entry behind the end of the file without a verdict.
        Err(
            error @ (SignatureEntryError::TooLarge { .. }
            | SignatureEntryError::Rule { rule: SignatureEntryRule::BeyondEnd }),
        ) => {
            let fault = Fault { code: None, problem: Problem::Entry(error.to_string()), timestamp: false };
            return unreadable(reader, unsigned.as_ref().ok(), Part::Package, fault, policy);
        }
        Err(error @ SignatureEntryError::Rule { .. }) => {
            let fault = Fault { code: Some(Code(3005)), problem: Problem::Entry(error.to_string()), timestamp: false };
            return unreadable(reader, unsigned.as_ref().ok(), Part::Package, fault, policy);
        }
    };
    let signature = match PrimarySignature::read(&bytes) {
        Ok(signature) => signature,
        Err((part, fault)) => {
            return unreadable(reader, unsigned.as_ref().ok(), part, fault, policy);
        }
    };
    let algorithm = signature.content.algorithm;
    let hashes = match &unsigned {
        Ok(unsigned) => Some(PackageHashes::compute(&mut *reader, unsigned, &[&[algorithm], needed(policy)].concat())?),
        Err(_) => None,
    };
    let names_agree = archive.signature_names_agree(reader)?;
    let mut report = Report::new(match signature.commitment {
        Commitment::Author => Kind::Author,
        Commitment::Repository => Kind::Repository,
        Commitment::Unknown => Kind::Unknown,
    });
    report.content_hash = hashes.as_ref().map(PackageHashes::content_hash);
    report.countersignatures = signature.countersigners.len();
    report.accepted = true;
    if let Some(problem) = integrity(&signature, hashes.as_ref(), unsigned.as_ref().err(), names_agree) {
        report.issues.push(issue(Part::Package, 3008, problem));
    }
    report.hashes = hashes;
    judge_trust(&signature, policy, evidence, &mut report);
    Ok(report)
}

/// Hashes beside SHA-512 that are computed in the same pass: a push is followed by signing, which needs SHA-256.
const fn needed(policy: &Policy) -> &'static [HashAlgorithm] {
    match policy {
        Policy::Push(_) => &[HashAlgorithm::Sha256],
        _ => &[],
    }
}

/// The report when reading stopped. The client lets it pass as a warning in accept mode, with nothing else checked.
fn unreadable<R: Read + Seek>(
    reader: &mut R,
    unsigned: Option<&Rewrite>,
    part: Part,
    fault: Fault,
    policy: &Policy,
) -> io::Result<Report> {
    let mut report = Report::new(Kind::Unreadable);
    if let Some(unsigned) = unsigned {
        report.content_hash = Some(PackageHashes::compute(reader, unsigned, &[])?.content_hash());
    }
    let mut issue = fault.issue(part);
    if *policy == Policy::Accept && issue.code.is_some() {
        issue.level = Level::Warning;
        report.accepted = true;
    }
    report.issues.push(issue);
    Ok(report)
}

fn integrity(
    signature: &PrimarySignature<'_>,
    hashes: Option<&PackageHashes>,
    layout: Option<&crate::archive::LayoutError>,
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

fn judge_trust(signature: &PrimarySignature<'_>, policy: &Policy, evidence: Evidence<'_>, report: &mut Report) {
    let (behaviour, options) = match policy {
        Policy::Verify => (Behaviour::VERIFY, None),
        Policy::Accept => (Behaviour::ACCEPT, None),
        // A repository's signature is no author's: it only has to be one that clients accept, and is then removed.
        Policy::Push(_) if signature.commitment == Commitment::Repository => (Behaviour::ACCEPT, None),
        Policy::Push(options) => (Behaviour::PUSH, Some(options)),
    };
    let own_anchor = options.and_then(|options| {
        let certificate = signature.signer.certificate.as_ref()?;
        (options.accept_untrusted_roots && options.registered.contains(&certificate.fingerprint()))
            .then_some(certificate)
    });
    let at = Circumstances { set: &signature.certificates, evidence, own_anchor };
    let info = &signature.signer.info;
    let again = info.can_be_written_again();
    let stamped = again.then_some(&*info.signature);
    let Some(primary) = Examination::of(&signature.signer, &signature.signed_content, stamped, at) else {
        return;
    };
    report.signer = Some(SignerFacts::new(&signature.signer, Some(&primary)));
    let mut decision = Decision::of(&primary, signature.part(), behaviour);
    let necessary = decision.may_lean();
    if behaviour.judge_countersignature || necessary || options.is_some() {
        match signature.repository_countersignature() {
            Ok(Some(countersigner)) => {
                let stamped = signature.countersignature_value().filter(|_| again);
                let at = Circumstances { own_anchor: None, ..at };
                let examination = Examination::of(&countersigner, &info.signature, stamped.as_deref(), at);
                report.countersigner = Some(SignerFacts::new(&countersigner, examination.as_ref()));
                judge_countersignature(&primary, examination.as_ref(), behaviour, &mut decision, report);
            }
            Ok(None) => {}
            Err(fault) => {
                // The client discards everything else that it found.
                let mut issue = fault.issue(Part::Countersignature);
                if behaviour.allow_illegal {
                    issue.level = Level::Warning;
                } else {
                    report.accepted = false;
                }
                if !behaviour.everything {
                    report.issues = vec![issue];
                    return;
                }
                report.issues.push(issue);
            }
        }
    } else if let Ok(Some(countersigner)) = signature.repository_countersignature() {
        report.countersigner = Some(SignerFacts::new(&countersigner, None));
    }
    report.accepted &= decision.is_valid();
    report.issues.append(&mut decision.issues);
    if let Some(options) = options {
        report.issues.extend(decide::push_rules(signature, &primary, options, evidence.now));
    }
}

fn judge_countersignature(
    primary: &Examination,
    countersignature: Option<&Examination>,
    behaviour: Behaviour,
    decision: &mut Decision,
    report: &mut Report,
) {
    let Some(countersignature) = countersignature else {
        let level = if behaviour.allow_illegal { Level::Warning } else { Level::Error };
        let missing = Issue { level, ..issue(Part::Countersignature, 3010, Problem::CertificateMissing) };
        report.issues.push(missing);
        decision.refused |= !behaviour.allow_illegal;
        return;
    };
    let mut other = Decision::of(countersignature, Part::Countersignature, behaviour);
    if decision.may_lean() && other.is_valid() {
        if behaviour.may_lean {
            decision.lean_on(primary, countersignature);
        } else {
            decision.issues.push(decide::not_alone(Part::Author));
        }
    }
    decision.refused |= !other.is_valid();
    decision.issues.append(&mut other.issues);
}

fn add_archive_issues<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    policy: &Policy,
    report: &mut Report,
) -> io::Result<()> {
    let own = |rule, problem| Issue {
        code: None,
        rule: Some(rule),
        level: Level::Error,
        part: Part::Package,
        timestamp: false,
        problem,
    };
    if matches!(policy, Policy::Push(_)) {
        let findings = archive.check_strict(reader)?;
        report.issues.extend(findings.into_iter().map(|finding| own(Rule::Archive, Problem::Archive(finding))));
    }
    // Restore and the verify command read the identity of the package and fail without a nuspec.
    let found = archive.root_manifests();
    if found != 1 && *policy != Policy::Accept {
        report.issues.push(own(Rule::Manifest, Problem::Manifests { found }));
    }
    if *policy == Policy::Verify && archive.is_split() {
        report.issues.push(own(Rule::Archive, Problem::Archive(crate::archive::Finding::Disks)));
    }
    Ok(())
}

const fn issue(part: Part, code: u16, problem: Problem) -> Issue {
    Issue { code: Some(Code(code)), rule: None, level: Level::Error, part, timestamp: false, problem }
}
