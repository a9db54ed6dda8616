//! Lists of certificates, one of which must have made a signature in the package (the client's
//! `AllowListVerificationProvider`).
//!
//! Three things become such a list: `trustedSigners`, the option `--certificate-fingerprint`, and what a source publishes
//! about its certificates. Being in a list proves nothing by itself: whether the signatures are any good is for `trust`.

use super::attributes::Commitment;
use super::behaviour::Behaviour;
use super::certificate::Certificate;
use super::client_policy::Source;
use super::fault::Fault;
use super::issue::{Code, Issue, Level, Part};
use super::opinion::{Opinion, Thrown};
use super::primary::{PrimarySignature, Signer};
use super::problem::{ListName, Problem};
use super::trusted_signers::{SignerKind, TrustedSigner, WrittenFingerprint};

/// A list under the name that issues give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllowList {
    name: ListName,
    entries: Vec<Entry>,
    /// An empty list refuses every signed package.
    required: bool,
}

/// A certificate, the kinds of signers whose it may be, and where in the package it may have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    certificate: WrittenFingerprint,
    author: bool,
    repository: bool,
    /// Whether countersignatures count as well as primary signatures, which always do.
    countersignature: bool,
    /// What a repository's signature must name one of; anybody when empty.
    owners: Vec<String>,
    allow_untrusted_root: bool,
}

impl AllowList {
    /// `trustedSigners`. Entries of one certificate, that is of one algorithm and one text, become one: it may then be an
    /// author's and a repository's, owners add up, and one that does not allow an unknown root forbids it for all.
    pub(crate) fn of_trusted_signers(signers: &[TrustedSigner], required: bool) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for signer in signers {
            let (author, owners) = match &signer.kind {
                SignerKind::Author => (true, &Vec::new()),
                SignerKind::Repository { owners } => (false, owners),
            };
            if let Some(entry) = entries.iter_mut().find(|entry| entry.certificate == signer.certificate) {
                entry.author |= author;
                entry.repository |= !author;
                entry.countersignature |= !author;
                entry.owners.extend(owners.iter().cloned());
                entry.allow_untrusted_root &= signer.allow_untrusted_root;
                continue;
            }
            entries.push(Entry {
                certificate: signer.certificate.clone(),
                author,
                repository: !author,
                countersignature: !author,
                owners: owners.clone(),
                allow_untrusted_root: signer.allow_untrusted_root,
            });
        }
        Self { name: ListName::TrustedSigners, entries, required }
    }

    /// The fingerprints that were given to the verify command, for primary signatures of any kind.
    pub(crate) fn of_option(fingerprints: &[WrittenFingerprint]) -> Self {
        let entry = |certificate: &WrittenFingerprint| Entry {
            certificate: certificate.clone(),
            author: true,
            repository: true,
            countersignature: false,
            owners: Vec::new(),
            allow_untrusted_root: false,
        };
        Self { name: ListName::Option, entries: fingerprints.iter().map(entry).collect(), required: false }
    }

    /// The certificates that a source publishes, needed when it says that all of its packages are signed.
    pub(crate) fn of_source(source: &Source) -> Self {
        let entry = |certificate: &WrittenFingerprint| Entry {
            certificate: certificate.clone(),
            author: false,
            repository: true,
            countersignature: true,
            owners: Vec::new(),
            allow_untrusted_root: false,
        };
        let entries = source.certificates.iter().map(entry).collect();
        Self { name: ListName::Source, entries, required: source.all_repository_signed }
    }

    /// Whether the package is signed by somebody in the list.
    pub(crate) fn judge(&self, signature: &PrimarySignature<'_>, behaviour: Behaviour) -> Result<Opinion, Thrown> {
        if self.entries.is_empty() {
            let issue = |problem| self.issue(Level::Error, problem);
            let empty = Problem::ListEmpty { list: self.name };
            return Ok(if self.required { Opinion::refusing(issue(empty)) } else { Opinion::VALID });
        }
        if self.has_signer_of(signature)? {
            return Ok(Opinion::VALID);
        }
        let level = if behaviour.allow_untrusted { Level::Warning } else { Level::Error };
        let signers = signature.signer.certificate.iter().map(Certificate::fingerprint).collect();
        let issue = self.issue(level, Problem::NotListed { list: self.name, signers });
        Ok(Opinion { issues: vec![issue], valid: behaviour.allow_untrusted })
    }

    /// Whether the list allows the root of this certificate to be unknown. Only a fingerprint in upper case does.
    pub(crate) fn allows_untrusted_root_of(&self, certificate: Option<&Certificate>) -> bool {
        let Some(certificate) = certificate else {
            return false;
        };
        self.entries
            .iter()
            .any(|entry| entry.allow_untrusted_root && entry.certificate.names_in_upper_case(certificate))
    }

    fn has_signer_of(&self, signature: &PrimarySignature<'_>) -> Result<bool, Thrown> {
        // Looked for when the first entry asks for it and not before: a fault in it is noticed only then.
        let mut countersigner: Option<Option<Signer<'_>>> = None;
        for entry in &self.entries {
            let targeted = match signature.commitment {
                Commitment::Author => entry.author,
                Commitment::Repository => entry.repository,
                Commitment::Unknown => false,
            };
            if targeted && entry.fits(&signature.signer) {
                return Ok(true);
            }
            if !entry.countersignature {
                continue;
            }
            let found = match countersigner {
                Some(ref found) => found,
                None => countersigner.insert(countersigner_of(signature)?),
            };
            if let Some(found) = found {
                if found.certificate.is_none() {
                    return Err(Thrown::countersigner_without_certificate());
                }
                if entry.repository && entry.fits(found) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    const fn issue(&self, level: Level, problem: Problem) -> Issue {
        Issue { code: Some(Code(3034)), rule: None, level, part: Part::Package, timestamp: false, problem }
    }
}

impl Entry {
    /// Whether the signer has this certificate, and one of the owners where a repository names any.
    fn fits(&self, signer: &Signer<'_>) -> bool {
        let named = signer.certificate.as_ref().is_some_and(|certificate| self.certificate.names(certificate));
        let owned = signer.repository.as_ref().is_none_or(|repository| {
            self.owners.is_empty() || repository.owners.iter().any(|owner| self.owners.contains(owner))
        });
        named && owned
    }
}

/// The repository countersignature for a list, which looks also where nothing else does: on a repository's signature.
fn countersigner_of<'a>(signature: &PrimarySignature<'a>) -> Result<Option<Signer<'a>>, Thrown> {
    let thrown = |fault| Thrown::fault(Part::Countersignature, fault);
    if signature.commitment == Commitment::Repository && signature.repository_countersigners().next().is_some() {
        return Err(thrown(Fault::new(3033, "a repository countersigned the signature of a repository")));
    }
    signature.repository_countersigner().map_err(thrown)
}
