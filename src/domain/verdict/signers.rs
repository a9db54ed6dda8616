//! Who must have signed, in words: asked of the push rule, so that no text says something else than the rule does.

use serde::{Deserialize, Serialize};

use crate::domain::account::AccountName;
use crate::domain::certificate::{CertificateStatus, RegisteredCertificate};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::push_rule::{self, Owner, Refused, RequiredSigner, Signed};

/// An owner whose certificates would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signers {
    /// The account.
    pub account: AccountName,
    /// How many of its certificates are active, and count for the package.
    pub active: usize,
    /// How many are registered, but expired, revoked or not yet valid.
    pub inactive: usize,
}

/// Whose certificates would do for a package of `owners` under `choice`; empty while nobody has any.
#[must_use]
pub fn signers(owners: &[Owner], choice: &RequiredSigner) -> Vec<Signers> {
    let choice = push_rule::allowed_choice(owners, choice);
    let counts = |owner: &&Owner| match &choice {
        RequiredSigner::OneOwner(name) => owner.account == *name,
        RequiredSigner::AnyOwner | RequiredSigner::NoSignatureNeeded => !owner.certificates.is_empty(),
    };
    owners.iter().filter(counts).map(of_owner).collect()
}

fn of_owner(owner: &Owner) -> Signers {
    let active =
        owner.certificates.iter().filter(|certificate| certificate.status == CertificateStatus::Active).count();
    Signers { account: owner.account.clone(), active, inactive: owner.certificates.len() - active }
}

/// Whether a package of `owners`, signed with `certificate`, would be in order under `choice` once `account` had registered it.
#[must_use]
pub fn would_help(owners: &[Owner], choice: &RequiredSigner, certificate: &Fingerprint, account: &AccountName) -> bool {
    let mut then = owners.to_vec();
    let Some(owner) = then.iter_mut().find(|owner| owner.account == *account) else { return false };
    owner.certificates.retain(|registered| registered.fingerprint != *certificate);
    owner.certificates.push(RegisteredCertificate {
        fingerprint: *certificate,
        status: CertificateStatus::Active,
        patterns: [].into(),
    });
    push_rule::decide(Signed::ByAuthor(certificate), &then, choice).is_ok()
}

/// Who must have signed a package of `owners` under `choice`, as a sentence.
#[must_use]
pub fn rule_in_words(owners: &[Owner], choice: &RequiredSigner) -> String {
    let unsigned = push_rule::decide(Signed::Unsigned, owners, choice);
    let signers = signers(owners, choice);
    match unsigned {
        Err(Refused::NoOwner) => "the package has no owner, so nobody can push it".to_owned(),
        Ok(_) if signers.is_empty() => format!(
            "nobody has to sign: {} no signing certificates; a signed package needs its certificate registered first",
            have(owners)
        ),
        Ok(_) => format!("no signature is needed; if it is signed, then with {}", one_of(&signers)),
        Err(_) => format!("it must be signed with {}", one_of(&signers)),
    }
}

fn have(owners: &[Owner]) -> String {
    let names: Vec<&str> = owners.iter().map(|owner| owner.account.as_str()).collect();
    match names.as_slice() {
        [one] => format!("{one} has"),
        several => format!("{} have", several.join(" and ")),
    }
}

/// "an active certificate of ann (2) or Contoso (none is active)".
fn one_of(signers: &[Signers]) -> String {
    let each = signers.iter().map(|signers| match signers.active {
        0 => format!("{} (none of its certificates is active)", signers.account),
        active => format!("{} ({active})", signers.account),
    });
    format!("an active certificate of {}", each.collect::<Vec<_>>().join(" or "))
}
