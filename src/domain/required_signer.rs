//! The required signer of a package ID for people: what a choice means in words, which choices there are, and why others are
//! not among them.
//!
//! Everything is asked of the push rule itself: who could sign, what an unsigned package would meet, which certificates are
//! good for a push. So a page can't tell another story than the next push.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::account::AccountName;
use super::certificate::CertificateStatus;
use super::fingerprint::Fingerprint;
use super::push_rule::{Accepted, Owner, Refused, RequiredSigner, Signed, allowed_choice, any_of, decide};

/// The word for [`RequiredSigner::AnyOwner`] in forms.
const ANY_OWNER: &str = "any-owner";
/// The word for [`RequiredSigner::NoSignatureNeeded`] in forms.
const NO_SIGNATURE_NEEDED: &str = "no-signature-needed";
/// What comes before the name in [`RequiredSigner::OneOwner`] in forms. No account name has a colon.
const OWNER: &str = "owner:";

impl RequiredSigner {
    /// The choice as forms send it: `any-owner`, `no-signature-needed`, `owner:ann`.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::AnyOwner => ANY_OWNER.to_owned(),
            Self::NoSignatureNeeded => NO_SIGNATURE_NEEDED.to_owned(),
            Self::OneOwner(name) => format!("{OWNER}{name}"),
        }
    }

    /// What [`key`](Self::key) made; `None` for anything else.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        match key {
            ANY_OWNER => Some(Self::AnyOwner),
            NO_SIGNATURE_NEEDED => Some(Self::NoSignatureNeeded),
            other => Some(Self::OneOwner(other.strip_prefix(OWNER)?.parse().ok()?)),
        }
    }

    /// The choice in a few words: `any owner`, `no signature needed`, `only ann`.
    #[must_use]
    pub fn described(&self) -> String {
        match self {
            Self::AnyOwner => "any owner".to_owned(),
            Self::NoSignatureNeeded => "no signature needed".to_owned(),
            Self::OneOwner(owner) => format!("only {owner}"),
        }
    }
}

/// An owner whose certificates count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signers {
    /// The account.
    pub account: AccountName,
    /// How many of its certificates let a push through now.
    pub active: usize,
    /// How many count for the package ID but let none through: expired, revoked, not yet valid.
    pub inactive: usize,
}

impl Signers {
    /// Of an owner, each of whose certificates the push rule is asked about as if the owner were alone.
    fn of(owner: &Owner) -> Self {
        let (alone, only) = (std::slice::from_ref(owner), RequiredSigner::OneOwner(owner.account.clone()));
        let passes = |fingerprint: &Fingerprint| decide(Signed::ByAuthor(fingerprint), alone, &only).is_ok();
        let active = owner.certificates.iter().filter(|certificate| passes(&certificate.fingerprint)).count();
        Self { account: owner.account.clone(), active, inactive: owner.certificates.len() - active }
    }
}

/// What the push rule says about the packages of an ID, as things stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The choice that counts: a choice that the facts do not allow is *any owner*.
    pub choice: RequiredSigner,
    /// Whether a package without a signature is accepted.
    pub unsigned: bool,
    /// The owners whose certificates count, and how many each has.
    pub signers: Vec<Signers>,
    /// How many certificates they have together for this ID, one that several have registered counted once.
    pub certificates: usize,
    /// How many of those let a push through now.
    pub active: usize,
    /// Why the others do not.
    #[serde(skip)]
    inactive: Vec<CertificateStatus>,
}

impl Rule {
    /// The rule for `owners`, who chose `choice`.
    #[must_use]
    pub fn of(owners: &[Owner], choice: &RequiredSigner) -> Self {
        let counting = signers(owners, choice);
        let counting: Vec<&Owner> = owners.iter().filter(|owner| counting.contains(&owner.account)).collect();
        let certificates = counting.iter().flat_map(|owner| &owner.certificates);
        let registered: BTreeSet<Fingerprint> = certificates.map(|certificate| certificate.fingerprint).collect();
        let verdicts = registered.iter().map(|fingerprint| decide(Signed::ByAuthor(fingerprint), owners, choice));
        let inactive: Vec<CertificateStatus> = verdicts
            .filter_map(|verdict| match verdict {
                Err(Refused::CertificateNotActive { status, .. }) => Some(status),
                _ => None,
            })
            .collect();
        Self {
            choice: allowed_choice(owners, choice),
            unsigned: decide(Signed::Unsigned, owners, choice) == Ok(Accepted::Unsigned),
            signers: counting.into_iter().map(Signers::of).collect(),
            certificates: registered.len(),
            active: registered.len() - inactive.len(),
            inactive,
        }
    }

    /// The rule as a sentence about packages, without a capital letter and a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        let names = self.names();
        match (self.unsigned, self.certificates) {
            (true, 0) => "unsigned packages are accepted; a signed one is refused, because no owner has registered a certificate for it".to_owned(),
            (true, _) => format!("unsigned packages are accepted; a signed one must carry an active certificate of {names}"),
            (false, 0) => "every package is refused, because the package ID has no owner".to_owned(),
            (false, 1) => format!("packages must be signed with the certificate of {names}{}", self.activity()),
            (false, count) => {
                format!("packages must be signed with one of {count} certificates of {names}{}", self.activity())
            }
        }
    }

    /// The rule in a table cell: `signed by ann or Contoso`, `unsigned accepted`.
    #[must_use]
    pub fn short(&self) -> String {
        if self.unsigned { "unsigned accepted".to_owned() } else { format!("signed by {}", self.names()) }
    }

    /// What its owners should know: that nobody could push just now, or nobody a signed package.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        if self.certificates == 0 || self.active > 0 {
            return None;
        }
        let names = self.names();
        let whose = match self.inactive.as_slice() {
            [status] => format!("the only certificate of {names} {}", status.predicate()),
            _ => format!("none of the {} certificates of {names} is active ({})", self.certificates, self.reasons()),
        };
        let follows = if self.unsigned { "signed packages are refused" } else { "nobody could push a package" };
        Some(format!("{whose}: as it stands, {follows}"))
    }

    /// `ann`, `ann or bob`: who can sign.
    #[must_use]
    pub fn names(&self) -> String {
        any_of(&self.signers.iter().map(|signers| signers.account.clone()).collect::<Vec<_>>())
    }

    fn activity(&self) -> String {
        match (self.certificates, self.active) {
            (all, active) if all == active => String::new(),
            (1, _) => ", which is not active now".to_owned(),
            (_, 0) => ", none of which is active now".to_owned(),
            (_, 1) => ", one of which is active now".to_owned(),
            (_, active) => format!(", {active} of which are active now"),
        }
    }

    /// `2 expired, 1 revoked`.
    fn reasons(&self) -> String {
        use CertificateStatus::{AccountDisabled, Active, Expired, NotYetValid, Revoked};
        let counted = [Expired, Revoked, NotYetValid, AccountDisabled, Active].map(|status| {
            let count = self.inactive.iter().filter(|other| **other == status).count();
            let word = match status {
                Active => "active",
                Expired => "expired",
                Revoked => "revoked",
                NotYetValid => "not yet valid",
                AccountDisabled => "of a disabled account",
            };
            (count > 0).then(|| format!("{count} {word}"))
        });
        counted.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Why a choice is not possible.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotOffered {
    /// *No signature needed*, where none is needed anyway.
    #[error("no owner has a certificate for this package ID, so no signature is needed anyway")]
    NobodyHasCertificates,
    /// *No signature needed*, where everybody could sign.
    #[error("every owner has certificates for this package ID, so its packages have to be signed")]
    AllHaveCertificates,
    /// An owner who can't sign.
    #[error("`{0}` has no certificate that counts for this package ID")]
    HasNoCertificates(AccountName),
    /// An account that is no owner.
    #[error("`{0}` is no owner of this package ID")]
    NoOwner(AccountName),
}

/// A choice, and what it would mean or why it is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The choice.
    pub choice: RequiredSigner,
    /// The rule that it would make.
    pub rule: Result<Rule, NotOffered>,
}

/// Every choice that `owners` could think of: *any owner*, each one of them, *no signature needed*.
#[must_use]
pub fn offers(owners: &[Owner]) -> Vec<Offer> {
    choices(owners).map(|choice| Offer { rule: offered(owners, &choice), choice }).collect()
}

/// Those of them that are possible, without the rules that they would make: these cost more than the names.
pub fn possible_choices(owners: &[Owner]) -> impl Iterator<Item = RequiredSigner> {
    choices(owners).filter(|choice| allowed_choice(owners, choice) == *choice)
}

fn choices(owners: &[Owner]) -> impl Iterator<Item = RequiredSigner> {
    let each = owners.iter().map(|owner| RequiredSigner::OneOwner(owner.account.clone()));
    [RequiredSigner::AnyOwner].into_iter().chain(each).chain([RequiredSigner::NoSignatureNeeded])
}

/// The rule that `choice` would make for `owners`.
///
/// # Errors
/// Why the choice is not possible.
pub fn offered(owners: &[Owner], choice: &RequiredSigner) -> Result<Rule, NotOffered> {
    if allowed_choice(owners, choice) == *choice {
        return Ok(Rule::of(owners, choice));
    }
    Err(match choice {
        RequiredSigner::OneOwner(name) if owners.iter().any(|owner| owner.account == *name) => {
            NotOffered::HasNoCertificates(name.clone())
        }
        RequiredSigner::OneOwner(name) => NotOffered::NoOwner(name.clone()),
        // *Any owner* is always allowed.
        RequiredSigner::NoSignatureNeeded | RequiredSigner::AnyOwner => {
            let nobody = owners.iter().all(|owner| owner.certificates.is_empty());
            if nobody { NotOffered::NobodyHasCertificates } else { NotOffered::AllHaveCertificates }
        }
    })
}

/// What is possible, in a few words: `any owner, only ann`.
#[must_use]
pub fn possible(owners: &[Owner]) -> String {
    possible_choices(owners).map(|choice| choice.described()).collect::<Vec<_>>().join(", ")
}

/// Whose certificates count: the push rule names them to whoever signed with one that nobody knows.
fn signers(owners: &[Owner], choice: &RequiredSigner) -> Vec<AccountName> {
    match decide(Signed::ByAuthor(&nobodys(owners)), owners, choice) {
        Err(Refused::CertificateNotRegistered { signers, .. }) => signers,
        Err(
            Refused::NoOwner
            | Refused::NothingRegistered(_)
            | Refused::SignatureRequired { .. }
            | Refused::SignedByAnotherOwner(_)
            | Refused::CertificateNotActive { .. },
        )
        | Ok(_) => Vec::new(),
    }
}

/// A fingerprint that is none of theirs: the hash of all of them.
fn nobodys(owners: &[Owner]) -> Fingerprint {
    let registered = owners.iter().flat_map(|owner| &owner.certificates);
    let bytes: Vec<u8> = registered.flat_map(|certificate| *certificate.fingerprint.as_bytes()).collect();
    Fingerprint::of(&bytes)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::push_rule::nobody_can_push;
    use crate::domain::push_rule::tests::{owner, owner_sets};
    use CertificateStatus::{AccountDisabled, Active, Expired, NotYetValid, Revoked};
    use RequiredSigner::{AnyOwner, NoSignatureNeeded, OneOwner};

    /// The owners of the push rule's own table, three of them, and counts.
    fn sets() -> Vec<(&'static str, Vec<Owner>)> {
        let many = [(1, Active), (2, Active), (3, Active)];
        let mut sets = owner_sets();
        sets.extend([
            ("three, nobody has", vec![owner("ann", &[]), owner("bob", &[]), owner("Contoso", &[])]),
            ("three, one has", vec![owner("ann", &[(1, Active)]), owner("bob", &[]), owner("Contoso", &[])]),
            ("three, two have", vec![owner("ann", &[(1, Active)]), owner("bob", &[]), owner("Contoso", &many[1..])]),
            (
                "three, all have",
                vec![owner("ann", &[(1, Active)]), owner("bob", &[(2, Active)]), owner("Contoso", &many)],
            ),
            ("three of one", vec![owner("Contoso", &many)]),
            ("three of one, one active", vec![owner("Contoso", &[(1, Active), (2, Expired), (3, Revoked)])]),
            ("three of one, two active", vec![owner("Contoso", &[(1, Active), (2, Active), (3, NotYetValid)])]),
            ("three of one, none active", vec![owner("Contoso", &[(1, Expired), (2, Expired), (3, Revoked)])]),
            ("one expired, bob none", vec![owner("ann", &[(1, Expired)]), owner("bob", &[])]),
            ("ann expired, bob active", vec![owner("ann", &[(1, Expired)]), owner("bob", &[(2, Active)])]),
        ]);
        sets
    }

    /// What every choice offers, for every kind of owners, in the words of the page.
    #[test]
    fn what_each_choice_offers() {
        let mut table = String::new();
        for (set, owners) in sets() {
            writeln!(table, "{set}").unwrap();
            for Offer { choice, rule } in offers(&owners) {
                match rule {
                    Ok(rule) => {
                        writeln!(table, "    {:<20} [{}] {}", choice.described(), rule.short(), rule.sentence())
                            .unwrap();
                        if let Some(warning) = rule.warning() {
                            writeln!(table, "    {:<20}   WARNING: {warning}", "").unwrap();
                        }
                    }
                    Err(why) => writeln!(table, "    {:<20} NOT OFFERED: {why}", choice.described()).unwrap(),
                }
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn a_choice_survives_the_form_that_sends_it_and_nothing_else_is_one() {
        for choice in [AnyOwner, NoSignatureNeeded, OneOwner("Contoso".parse().unwrap())] {
            assert_eq!(RequiredSigner::of_key(&choice.key()), Some(choice));
        }
        for text in ["", "any", "owner", "owner:", "owner:a b", "Any-Owner", "contoso"] {
            assert_eq!(RequiredSigner::of_key(text), None, "{text}");
        }
    }

    #[test]
    fn an_account_that_is_no_owner_is_named_and_what_is_possible_is_said() {
        let owners = [owner("ann", &[(1, Active)]), owner("bob", &[])];
        let carl: AccountName = "carl".parse().unwrap();
        assert_eq!(offered(&owners, &OneOwner(carl.clone())), Err(NotOffered::NoOwner(carl)));
        assert_eq!(possible(&owners), "any owner, only ann, no signature needed");
    }

    fn statuses() -> impl Strategy<Value = CertificateStatus> {
        prop_oneof![Just(Active), Just(Expired), Just(Revoked), Just(NotYetValid), Just(AccountDisabled)]
    }

    fn some_owners() -> impl Strategy<Value = Vec<Owner>> {
        let certificates = proptest::collection::btree_map(0..4u8, statuses(), 0..3);
        proptest::collection::vec(certificates, 1..4).prop_map(|all| {
            let named = all.into_iter().zip(["ann", "bob", "Contoso"]);
            named.map(|(certificates, name)| owner(name, &certificates.into_iter().collect::<Vec<_>>())).collect()
        })
    }

    proptest! {
        /// The words and the decision can't part: who is named could sign, and only they.
        #[test]
        fn a_rule_in_words_is_the_rule_that_decides(owners in some_owners(), number in 0..5usize) {
            let choice = offers(&owners)[number.min(owners.len() + 1)].choice.clone();
            let rule = Rule::of(&owners, &choice);
            prop_assert_eq!(rule.unsigned, decide(Signed::Unsigned, &owners, &choice).is_ok());
            let mut good = BTreeSet::new();
            for byte in 0..5u8 {
                let fingerprint = Fingerprint::from_bytes([byte; 32]);
                match decide(Signed::ByAuthor(&fingerprint), &owners, &choice) {
                    Ok(Accepted::SignedBy(account)) => {
                        good.insert(fingerprint);
                        let signer = rule.signers.iter().find(|signers| signers.account == account);
                        prop_assert!(signer.is_some_and(|signers| signers.active > 0));
                    }
                    other => prop_assert!(other.is_err()),
                }
            }
            prop_assert_eq!(rule.active, good.len());
            prop_assert!(rule.active <= rule.certificates);
            prop_assert_eq!(rule.signers.is_empty(), rule.certificates == 0);
            for signers in &rule.signers {
                let owner = owners.iter().find(|owner| owner.account == signers.account).unwrap();
                let active = owner.certificates.iter().filter(|certificate| certificate.status == Active).count();
                prop_assert_eq!((signers.active, signers.inactive), (active, owner.certificates.len() - active));
            }
            prop_assert_eq!(good.is_empty(), rule.signers.iter().all(|signers| signers.active == 0));
            prop_assert_eq!(rule.warning().is_some(), rule.certificates > 0 && good.is_empty());
            prop_assert_eq!(nobody_can_push(&owners, &choice), rule.warning().is_some() && !rule.unsigned);
        }

        /// What is offered is exactly what the push rule lets stand.
        #[test]
        fn what_is_offered_is_what_the_push_rule_lets_stand(owners in some_owners()) {
            for Offer { choice, rule } in offers(&owners) {
                prop_assert_eq!(rule.is_ok(), allowed_choice(&owners, &choice) == choice);
                prop_assert_eq!(rule.is_ok(), possible_choices(&owners).any(|possible| possible == choice));
            }
        }
    }
}
