//! What registering a certificate would do about a refusal: asked of the push rule.

use crate::domain::account::AccountName;
use crate::domain::certificate::{CertificateStatus, RegisteredCertificate};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::push_rule::{self, Owner, RequiredSigner, Signed};

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
