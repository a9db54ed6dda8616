//! The whole way of a package: archive, signature entry, decode, interpret, verify, decide.
//!
//! 1. Is it signed? Unsigned packages go to the archive rules at once.
//! 2. Read the entry and the signature. A fault here ends the reading, as for the client.
//! 3. Ask the client's providers: is the package the one that was signed (`integrity`), are its signers trusted (`trust`),
//!    are they in the lists that count (`allow_list`)? It is valid when all of them say so; a fault that one of them throws
//!    takes the place of everything else. A push asks the first two and has rules of its own (`push_rules`).
//! 4. Look at what the client does with the file beside the signature.
//!
//! Every problem is reported, in the order of a verification. Not checked: whatever is inside the entries.

use std::io::{self, Read, Seek};

use super::allow_list::AllowList;
use super::attributes::Commitment;
use super::behaviour::Behaviour;
use super::chain_revocation::Asking;
use super::client_policy::{ClientPolicy, Command, ValidationMode};
use super::evidence::Evidence;
use super::examine::Circumstances;
use super::fault::Fault;
use super::file_rules;
use super::integrity::Integrity;
use super::issue::{Issue, Part};
use super::opinion::{Opinion, Thrown};
use super::policy::{Policy, PushOptions};
use super::primary::PrimarySignature;
use super::push_rules;
use super::report::{Kind, Report};
use super::trust::Trust;
use super::unexamined;
use crate::archive::{Archive, PackageHashes};

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
    let (report, opinion) = if archive.is_signed() {
        judge_signed(reader, archive, policy, evidence)?
    } else {
        unexamined::unsigned(reader, archive, policy)?
    };
    Ok(report.conclude(opinion.and(file_rules::check(reader, archive, policy)?)))
}

fn judge_signed<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    policy: &Policy,
    evidence: Evidence<'_>,
) -> io::Result<(Report, Opinion)> {
    let bytes = match unexamined::signature_file(reader, archive)? {
        Ok(bytes) => bytes,
        Err(fault) => return Ok(unexamined::unreadable(Thrown::fault(Part::Package, fault), policy)),
    };
    let signature = match PrimarySignature::read(&bytes) {
        Ok(signature) => signature,
        Err((part, fault)) => return Ok(unexamined::unreadable(Thrown::fault(part, fault), policy)),
    };
    let integrity = Integrity::check(reader, archive, &signature, policy.needed_hashes())?;
    let mut report = Report::new(match signature.commitment {
        Commitment::Author => Kind::Author,
        Commitment::Repository => Kind::Repository,
        Commitment::Unknown => Kind::Unknown,
    });
    report.countersignatures = signature.countersigners.len();
    report.content_hash = integrity.hashes.as_ref().and_then(PackageHashes::content_hash);
    report.hashes = integrity.hashes;
    let opinion = match policy {
        Policy::Push(options) => ask_for_push(&signature, integrity.opinion, options, evidence, &mut report),
        Policy::Client(client) => {
            let behaviour = Behaviour::of_client(client);
            ask_client(&signature, integrity.opinion, client, evidence, &mut report)
                .unwrap_or_else(|thrown| thrown.opinion(behaviour))
        }
    };
    Ok((report, opinion))
}

/// The client's providers, one after the other.
fn ask_client(
    signature: &PrimarySignature<'_>,
    integrity: Opinion,
    client: &ClientPolicy,
    evidence: Evidence<'_>,
    report: &mut Report,
) -> Result<Opinion, Thrown> {
    let behaviour = Behaviour::of_client(client);
    let signers_required = client.validation == ValidationMode::Require;
    let trusted_signers = AllowList::of_trusted_signers(&client.trusted_signers, signers_required);
    let of_command = match &client.command {
        Command::Verify { certificate_fingerprints } => Some(AllowList::of_option(certificate_fingerprints)),
        Command::Restore { source } => source.as_ref().map(AllowList::of_source),
    };
    let at =
        Circumstances { set: &signature.certificates, evidence, asking: behaviour.revocation.into(), own_anchor: None };
    let trust = Trust::judge(signature, &trusted_signers, behaviour, at).ok_or_else(|| unsignable(signature))?;
    report.signer = Some(trust.signer);
    report.countersigner = trust.countersigner;
    let mut opinion = integrity.and(trust.opinion?);
    for list in [Some(trusted_signers), of_command].iter().flatten() {
        opinion = opinion.and(list.judge(signature, behaviour)?);
    }
    // The verify command fails whenever it printed an error, whatever the verdict.
    let fails = matches!(client.command, Command::Verify { .. }) && opinion.issues.iter().any(Issue::is_error);
    Ok(Opinion { valid: opinion.valid && !fails, ..opinion })
}

/// The same for a push, where nothing hides anything else.
fn ask_for_push(
    signature: &PrimarySignature<'_>,
    integrity: Opinion,
    options: &PushOptions,
    evidence: Evidence<'_>,
    report: &mut Report,
) -> Opinion {
    let behaviour = Behaviour::of_push(signature.commitment);
    let own_anchor = signature.signer.certificate.as_ref().filter(|certificate| {
        options.accept_untrusted_roots
            && options.registered.contains(&certificate.fingerprint())
            && signature.commitment != Commitment::Repository
    });
    let nobody = AllowList::of_trusted_signers(&[], false);
    let at = Circumstances { set: &signature.certificates, evidence, asking: Asking::Server, own_anchor };
    let Some(trust) = Trust::judge(signature, &nobody, behaviour, at) else {
        return unsignable(signature).opinion(behaviour);
    };
    report.signer = Some(trust.signer);
    report.countersigner = trust.countersigner;
    let opinion = integrity.and(trust.opinion.unwrap_or_else(|thrown| thrown.opinion(behaviour)));
    if signature.commitment == Commitment::Repository {
        return opinion;
    }
    push_rules::told_once(opinion.and(push_rules::broken(signature, &trust.primary, options, evidence)))
}

/// The signer's certificate is missing. Reading refuses that before.
fn unsignable(signature: &PrimarySignature<'_>) -> Thrown {
    Thrown::fault(signature.part(), Fault::missing_certificate(3010))
}
