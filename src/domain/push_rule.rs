//! Who must have signed: the rule that decides about every push.
//!
//! One pure function from facts to a decision, used by the push, by dry runs and by the pages that explain it. It takes
//! only signatures that verification has proven, and knows nothing of keys, passwords or enforcement stages.
//!
//! It is stricter than the code of nuget.org, where one owner without certificates switches *any owner* off for all
//! (NuGetGallery `PackageRegistrationExtensions.IsSigningRequired`): here, one owner with certificates is enough to
//! demand a signature, unless the owners chose otherwise.

use serde::Serialize;
use thiserror::Error;

use super::account::AccountName;
use super::certificate::{CertificateStatus, RegisteredCertificate};
use super::fingerprint::Fingerprint;

/// What verification proved about the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed<'a> {
    /// No signature, or only a foreign repository's, which is removed and proves nothing about the author.
    Unsigned,
    /// A valid author signature by this certificate.
    ByAuthor(&'a Fingerprint),
}

/// Whose signature the owners want on the package.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case", tag = "rule", content = "owner")]
pub enum RequiredSigner {
    /// Any owner who has certificates.
    #[default]
    AnyOwner,
    /// Nobody: unsigned packages are fine. Allowed while at least one owner has no certificates.
    NoSignatureNeeded,
    /// This owner, who has certificates.
    OneOwner(AccountName),
}

/// An owner of the package ID with the registrations that count for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The account.
    pub account: AccountName,
    /// Its registrations for this ID that are not removed, active or not.
    pub certificates: Vec<RegisteredCertificate>,
}

impl Owner {
    fn has_certificates(&self) -> bool {
        !self.certificates.is_empty()
    }

    fn registration(&self, fingerprint: &Fingerprint) -> Option<&RegisteredCertificate> {
        self.certificates.iter().find(|certificate| certificate.fingerprint == *fingerprint)
    }
}

/// Why the push is in order: kept as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// Nobody has to sign.
    Unsigned,
    /// Signed with an active certificate of this owner.
    SignedBy(AccountName),
}

/// Why the push is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// The package has no owner to ask.
    #[error("the package has no owner")]
    NoOwner,
    /// A signature is required and there is none. `signers` could give it.
    #[error("the package must be signed with a registered certificate of {}", any_of(signers))]
    SignatureRequired {
        /// The owners whose certificates count.
        signers: Vec<AccountName>,
    },
    /// It is signed, but no owner registered any certificate: the signature would be worth nothing.
    #[error("no owner has registered the certificate {0} for this package; register it first")]
    NothingRegistered(Fingerprint),
    /// It is signed with a certificate that none of `signers` registered.
    #[error("the certificate {fingerprint} is not registered for this package by {}", any_of(signers))]
    CertificateNotRegistered {
        /// The certificate that signed.
        fingerprint: Fingerprint,
        /// The owners whose certificates count.
        signers: Vec<AccountName>,
    },
    /// It is signed with an active certificate of an owner, but the owners chose that only another one signs.
    #[error("the certificate {} is registered by {}, but this package must be signed by {}", .0.fingerprint, .0.owner, any_of(&.0.signers))]
    SignedByAnotherOwner(Box<AnotherOwner>),
    /// The certificate is registered but not active.
    #[error("the certificate {fingerprint} of {owner} {}", status.predicate())]
    CertificateNotActive {
        /// The certificate that signed.
        fingerprint: Fingerprint,
        /// Who registered it.
        owner: AccountName,
        /// Why it does not count.
        status: CertificateStatus,
    },
}

/// An owner who signed, where the owners chose somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnotherOwner {
    /// The certificate that signed.
    pub fingerprint: Fingerprint,
    /// Who registered it.
    pub owner: AccountName,
    /// The owners whose certificates count.
    pub signers: Vec<AccountName>,
}

/// `ann`, `ann or bob`, `ann, bob or Contoso`.
#[must_use]
pub fn any_of(names: &[AccountName]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => one.to_string(),
        [before @ .., last] => {
            let before: Vec<&str> = before.iter().map(AccountName::as_str).collect();
            format!("{} or {last}", before.join(", "))
        }
    }
}

/// The choice that counts: `choice` while the facts allow it, otherwise [`RequiredSigner::AnyOwner`]. A caller that sees
/// the two differ deletes the stored choice and tells the owners.
#[must_use]
pub fn allowed_choice(owners: &[Owner], choice: &RequiredSigner) -> RequiredSigner {
    let allowed = match choice {
        RequiredSigner::AnyOwner => true,
        RequiredSigner::NoSignatureNeeded => {
            owners.iter().any(Owner::has_certificates) && !owners.iter().all(Owner::has_certificates)
        }
        RequiredSigner::OneOwner(name) => owners.iter().any(|owner| owner.account == *name && owner.has_certificates()),
    };
    if allowed { choice.clone() } else { RequiredSigner::AnyOwner }
}

/// Decides about a package of `owners` (of a new ID: the one account that pushes it) that is `signed`, under `choice`.
///
/// # Errors
/// The reason for people, with what would have been right.
pub fn decide(signed: Signed<'_>, owners: &[Owner], choice: &RequiredSigner) -> Result<Accepted, Refused> {
    if owners.is_empty() {
        return Err(Refused::NoOwner);
    }
    let choice = allowed_choice(owners, choice);
    let counts = |owner: &&Owner| match &choice {
        RequiredSigner::OneOwner(name) => owner.account == *name,
        RequiredSigner::AnyOwner | RequiredSigner::NoSignatureNeeded => owner.has_certificates(),
    };
    let signers: Vec<&Owner> = owners.iter().filter(counts).collect();
    let signer_names = || signers.iter().map(|owner| owner.account.clone()).collect();
    match signed {
        Signed::Unsigned if signers.is_empty() || choice == RequiredSigner::NoSignatureNeeded => Ok(Accepted::Unsigned),
        Signed::Unsigned => Err(Refused::SignatureRequired { signers: signer_names() }),
        Signed::ByAuthor(fingerprint) if signers.is_empty() => Err(Refused::NothingRegistered(*fingerprint)),
        Signed::ByAuthor(fingerprint) => by_author(fingerprint, &signers).unwrap_or_else(|| {
            let (fingerprint, signers) = (*fingerprint, signer_names());
            Err(match other_owner(&fingerprint, owners) {
                Some(owner) => Refused::SignedByAnotherOwner(Box::new(AnotherOwner { fingerprint, owner, signers })),
                None => Refused::CertificateNotRegistered { fingerprint, signers },
            })
        }),
    }
}

/// Whether nobody could push a package: it has to be signed, and no certificate of theirs is good for that.
#[must_use]
pub fn nobody_can_push(owners: &[Owner], choice: &RequiredSigner) -> bool {
    let mut active = owners
        .iter()
        .flat_map(|owner| &owner.certificates)
        .filter(|certificate| certificate.status == CertificateStatus::Active);
    decide(Signed::Unsigned, owners, choice).is_err()
        && !active.any(|certificate| decide(Signed::ByAuthor(&certificate.fingerprint), owners, choice).is_ok())
}

/// The owner whose active certificate it is, though the choice asks for somebody else's.
fn other_owner(fingerprint: &Fingerprint, owners: &[Owner]) -> Option<AccountName> {
    let active =
        |owner: &&Owner| owner.registration(fingerprint).is_some_and(|it| it.status == CertificateStatus::Active);
    owners.iter().find(active).map(|owner| owner.account.clone())
}

/// The decision about a certificate that at least one signer registered. One active registration is enough.
fn by_author(fingerprint: &Fingerprint, signers: &[&Owner]) -> Option<Result<Accepted, Refused>> {
    let registered = signers.iter().filter_map(|owner| Some((owner, owner.registration(fingerprint)?.status)));
    let (owner, status) = registered.min_by_key(|(_, status)| *status != CertificateStatus::Active)?;
    let owner = owner.account.clone();
    Some(match status {
        CertificateStatus::Active => Ok(Accepted::SignedBy(owner)),
        status => Err(Refused::CertificateNotActive { fingerprint: *fingerprint, owner, status }),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::fmt::Write as _;

    use super::*;

    const ANNS: u8 = 0xaa;
    const BOBS: u8 = 0xbb;
    const STRANGERS: u8 = 0xff;

    fn fingerprint(byte: u8) -> Fingerprint {
        Fingerprint::from_bytes([byte; 32])
    }

    pub(in crate::domain) fn owner(name: &str, certificates: &[(u8, CertificateStatus)]) -> Owner {
        let registered = |(byte, status): &(u8, CertificateStatus)| RegisteredCertificate {
            fingerprint: fingerprint(*byte),
            status: *status,
            patterns: [].into(),
        };
        Owner { account: name.parse().unwrap(), certificates: certificates.iter().map(registered).collect() }
    }

    pub(in crate::domain) fn owner_sets() -> Vec<(&'static str, Vec<Owner>)> {
        use CertificateStatus::{AccountDisabled, Active, Expired, NotYetValid, Revoked};
        let ann = || owner("ann", &[(ANNS, Active)]);
        vec![
            ("no owner", vec![]),
            ("ann has none", vec![owner("ann", &[])]),
            ("ann and bob have none", vec![owner("ann", &[]), owner("bob", &[])]),
            ("ann has one, bob none", vec![ann(), owner("bob", &[])]),
            ("both have one", vec![ann(), owner("bob", &[(BOBS, Active)])]),
            ("both registered ann's", vec![owner("bob", &[(ANNS, Expired)]), ann()]),
            ("ann alone, active", vec![ann()]),
            ("ann alone, expired", vec![owner("ann", &[(ANNS, Expired)])]),
            ("ann alone, revoked", vec![owner("ann", &[(ANNS, Revoked)])]),
            ("ann alone, not yet valid", vec![owner("ann", &[(ANNS, NotYetValid)])]),
            ("ann disabled, bob none", vec![owner("ann", &[(ANNS, AccountDisabled)]), owner("bob", &[])]),
        ]
    }

    /// The whole rule on paper. Whoever changes the rule changes this snapshot, and a reviewer reads the difference.
    #[test]
    fn the_truth_table() {
        let choices = [
            ("any owner", RequiredSigner::AnyOwner),
            ("no signature needed", RequiredSigner::NoSignatureNeeded),
            ("ann", RequiredSigner::OneOwner("ann".parse().unwrap())),
            ("bob", RequiredSigner::OneOwner("bob".parse().unwrap())),
        ];
        let (ann, bob, stranger) = (fingerprint(ANNS), fingerprint(BOBS), fingerprint(STRANGERS));
        let signatures = [
            ("unsigned", Signed::Unsigned),
            ("ann's", Signed::ByAuthor(&ann)),
            ("bob's", Signed::ByAuthor(&bob)),
            ("a stranger's", Signed::ByAuthor(&stranger)),
        ];
        let mut table = String::new();
        for (set, owners) in owner_sets() {
            for (name, choice) in &choices {
                let effective = allowed_choice(&owners, choice);
                let fallen = if effective == *choice { "" } else { " (not allowed: any owner)" };
                writeln!(table, "{set} | {name}{fallen}").unwrap();
                for (signature, signed) in &signatures {
                    let decision = match decide(*signed, &owners, choice) {
                        Ok(Accepted::Unsigned) => "accepted unsigned".to_owned(),
                        Ok(Accepted::SignedBy(account)) => format!("accepted, signed by {account}"),
                        Err(refused) => format!("REFUSED: {refused}"),
                    };
                    for (byte, short) in [(ANNS, "aa.."), (BOBS, "bb.."), (STRANGERS, "ff..")] {
                        assert!(fingerprint(byte).to_string().starts_with(&short[..2]));
                    }
                    let decision = decision
                        .replace(&ann.to_string(), "aa..")
                        .replace(&bob.to_string(), "bb..")
                        .replace(&stranger.to_string(), "ff..");
                    writeln!(table, "    {signature:<12} {decision}").unwrap();
                }
            }
        }
        insta::assert_snapshot!(table);
    }
}
