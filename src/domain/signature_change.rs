//! What a change of owners or certificates does to the signatures that a package ID needs, for people to read beforehand.
//!
//! It asks the push rule itself about an unsigned package before the change and after it, so it can't tell another story.

use super::push_rule::{Owner, RequiredSigner, Signed, allowed_choice, decide, nobody_can_push};
use super::regime::Regime;

/// What the change does to packages that are pushed from then on. Versions on the feed stay whatever comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureChange {
    /// Packages without a signature, which were refused, would be accepted: whoever may push could leave it out.
    pub opens_to_unsigned: bool,
    /// Packages without a signature, which were accepted, would be refused.
    pub demands_signature: bool,
    /// Packages would have to be signed, and no certificate that counts is active: nobody could push, where somebody could.
    pub unsignable: bool,
    /// The rule would change in one of these ways, and nothing would come of it: this is why.
    pub unenforced: Option<Regime>,
    /// The owners' choice that is no longer allowed, and would be deleted.
    pub lapses: Option<RequiredSigner>,
}

impl SignatureChange {
    /// From the owners `before`, who chose `choice`, to those `after`.
    #[must_use]
    pub fn between(before: &[Owner], after: &[Owner], choice: &RequiredSigner) -> Self {
        let lapses = (allowed_choice(after, choice) != *choice).then(|| choice.clone());
        Self { lapses, ..Self::from_to((before, choice), (after, choice)) }
    }

    /// The same where `owners` stay, and their choice goes from `before` to `after`.
    #[must_use]
    pub fn of_choice(owners: &[Owner], before: &RequiredSigner, after: &RequiredSigner) -> Self {
        Self::from_to((owners, before), (owners, after))
    }

    /// What of it comes to be where the rule stands under `regime`. Under another one than [`Regime::Enforced`] unsigned packages
    /// are accepted before and after: nothing opens that was closed, and nothing is demanded.
    #[must_use]
    pub fn under(self, regime: Regime) -> Self {
        let nothing = !self.opens_to_unsigned && !self.demands_signature && !self.unsignable;
        if regime == Regime::Enforced || nothing {
            return self;
        }
        Self {
            opens_to_unsigned: false,
            demands_signature: false,
            unsignable: false,
            unenforced: Some(regime),
            lapses: self.lapses,
        }
    }

    /// What becomes of packages, as a sentence for everybody whom it concerns; `None` where nothing does.
    #[must_use]
    pub const fn news(&self) -> Option<&'static str> {
        if self.opens_to_unsigned {
            Some("Packages without a signature are accepted from now on.")
        } else if self.unsignable && self.demands_signature {
            Some(
                "Packages without a signature are refused from now on, and no certificate that counts is active: nobody can push.",
            )
        } else if self.unsignable {
            Some("No certificate that counts is active any more: nobody can push.")
        } else if self.demands_signature {
            Some("Packages without a signature are refused from now on.")
        } else {
            None
        }
    }

    fn from_to(before: (&[Owner], &RequiredSigner), after: (&[Owner], &RequiredSigner)) -> Self {
        let unsigned = |(owners, choice)| decide(Signed::Unsigned, owners, choice).is_ok();
        let (was, becomes) = (unsigned(before), unsigned(after));
        Self {
            opens_to_unsigned: !was && becomes,
            demands_signature: was && !becomes,
            unsignable: !nobody_can_push(before.0, before.1) && nobody_can_push(after.0, after.1),
            unenforced: None,
            lapses: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::certificate::{CertificateStatus, RegisteredCertificate};
    use crate::domain::fingerprint::Fingerprint;

    /// `with("ann")` has a certificate.
    fn with(name: &str) -> Owner {
        let certificate = RegisteredCertificate {
            fingerprint: Fingerprint::of(name.as_bytes()),
            status: CertificateStatus::Active,
            patterns: [].into(),
        };
        Owner { account: name.parse().unwrap(), certificates: vec![certificate] }
    }

    /// Has certificates as well, none of which lets a push through.
    fn with_expired(name: &str) -> Owner {
        let mut owner = with(name);
        owner.certificates[0].status = CertificateStatus::Expired;
        owner
    }

    fn without(name: &str) -> Owner {
        Owner { account: name.parse().unwrap(), certificates: Vec::new() }
    }

    fn one(name: &str) -> RequiredSigner {
        RequiredSigner::OneOwner(name.parse().unwrap())
    }

    use RequiredSigner::{AnyOwner, NoSignatureNeeded};

    fn change(before: &[Owner], after: &[Owner], choice: &RequiredSigner) -> SignatureChange {
        SignatureChange::between(before, after, choice)
    }

    const NOTHING: SignatureChange = SignatureChange {
        opens_to_unsigned: false,
        demands_signature: false,
        unsignable: false,
        unenforced: None,
        lapses: None,
    };

    #[test]
    fn removing_the_only_owner_with_certificates_opens_the_id_to_unsigned_packages() {
        let before = [with("ann"), without("bob")];
        let opened = SignatureChange { opens_to_unsigned: true, ..NOTHING };
        assert_eq!(change(&before, &[without("bob")], &AnyOwner), opened);
        let chosen = change(&before, &[without("bob")], &one("ann"));
        assert_eq!(chosen, SignatureChange { lapses: Some(one("ann")), ..opened });
    }

    #[test]
    fn removing_the_last_certificate_of_a_sole_owner_opens_it_too() {
        assert!(change(&[with("ann")], &[without("ann")], &AnyOwner).opens_to_unsigned);
    }

    #[test]
    fn removing_one_of_two_owners_with_certificates_changes_nothing() {
        let before = [with("ann"), with("bob")];
        assert_eq!(change(&before, &[with("bob")], &AnyOwner), NOTHING);
        assert_eq!(change(&before, &[with("bob")], &one("bob")), NOTHING);
        assert_eq!(change(&before, &[with("ann"), without("bob")], &AnyOwner), NOTHING, "one who has is enough");
    }

    #[test]
    fn removing_the_chosen_signer_deletes_the_choice_and_opens_nothing_while_others_have_certificates() {
        let lapsed = change(&[with("ann"), with("bob")], &[with("bob")], &one("ann"));
        assert_eq!(lapsed, SignatureChange { lapses: Some(one("ann")), ..NOTHING });
    }

    #[test]
    fn removing_an_owner_without_certificates_changes_nothing_unless_no_signature_was_the_choice() {
        let (before, after) = ([with("ann"), without("bob")], [with("ann")]);
        assert_eq!(change(&before, &after, &AnyOwner), NOTHING);
        assert_eq!(change(&before, &after, &one("ann")), NOTHING);
        let closed = change(&before, &after, &NoSignatureNeeded);
        let expected = SignatureChange { demands_signature: true, lapses: Some(NoSignatureNeeded), ..NOTHING };
        assert_eq!(closed, expected, "all who are left have certificates");
    }

    #[test]
    fn where_the_last_active_certificate_goes_and_others_stay_nobody_can_push_and_nothing_opens() {
        let stuck = SignatureChange { unsignable: true, ..NOTHING };
        let before = [with("ann"), with_expired("bob")];
        assert_eq!(change(&before, &[without("ann"), with_expired("bob")], &AnyOwner), stuck);
        assert_eq!(change(&before, &before[1..], &AnyOwner), stuck);
        assert_eq!(change(&[with_expired("ann")], &[with_expired("ann")], &AnyOwner), NOTHING, "it was so before");
        let joined = change(&[without("ann")], &[without("ann"), with_expired("bob")], &AnyOwner);
        assert_eq!(joined, SignatureChange { demands_signature: true, ..stuck.clone() });
        assert_eq!(SignatureChange::of_choice(&before, &AnyOwner, &one("bob")), stuck);
    }

    #[test]
    fn where_the_rule_is_not_enforced_nothing_comes_of_a_change_but_that_a_choice_lapses() {
        let opened = change(&[with("ann")], &[without("ann")], &one("ann"));
        let closed = change(&[without("ann")], &[with("ann")], &AnyOwner);
        let stuck = change(&[with("ann")], &[with_expired("ann")], &AnyOwner);
        for regime in [Regime::Foreign, Regime::Warned, Regime::Reported] {
            let unenforced = SignatureChange { unenforced: Some(regime), ..NOTHING };
            let lapsed = SignatureChange { lapses: Some(one("ann")), ..unenforced.clone() };
            assert_eq!(opened.clone().under(regime), lapsed);
            assert_eq!(closed.clone().under(regime), unenforced);
            assert_eq!(stuck.clone().under(regime), unenforced);
            assert_eq!(NOTHING.under(regime), NOTHING, "what changes nothing needs no excuse");
            assert_eq!(lapsed.news(), None);
        }
        for change in [opened, closed, stuck] {
            assert!(change.news().is_some());
            assert_eq!(change.clone().under(Regime::Enforced), change);
        }
    }

    #[test]
    fn where_no_signature_was_needed_anyway_nothing_is_opened() {
        let lapsed = change(&[with("ann"), without("bob")], &[without("bob")], &NoSignatureNeeded);
        assert_eq!(lapsed, SignatureChange { lapses: Some(NoSignatureNeeded), ..NOTHING });
        assert_eq!(change(&[without("ann"), without("bob")], &[without("bob")], &AnyOwner), NOTHING);
    }

    #[test]
    fn choosing_that_no_signature_is_needed_opens_an_id_and_taking_it_back_closes_it() {
        let owners = [with("ann"), without("bob")];
        for other in [AnyOwner, one("ann")] {
            let opened = SignatureChange { opens_to_unsigned: true, ..NOTHING };
            assert_eq!(SignatureChange::of_choice(&owners, &other, &NoSignatureNeeded), opened);
            let closed = SignatureChange { demands_signature: true, ..NOTHING };
            assert_eq!(SignatureChange::of_choice(&owners, &NoSignatureNeeded, &other), closed);
        }
        assert_eq!(SignatureChange::of_choice(&owners, &AnyOwner, &one("ann")), NOTHING);
    }

    #[test]
    fn an_owner_without_certificates_who_joins_opens_nothing() {
        for choice in [AnyOwner, one("ann")] {
            assert_eq!(change(&[with("ann")], &[with("ann"), without("bob")], &choice), NOTHING, "{choice:?}");
        }
    }

    #[test]
    fn an_owner_with_certificates_who_joins_others_that_have_none_makes_signatures_needed() {
        let joined = change(&[without("ann")], &[without("ann"), with("bob")], &AnyOwner);
        assert_eq!(joined, SignatureChange { demands_signature: true, ..NOTHING });
    }

    #[test]
    fn no_owner_who_joins_ever_opens_an_id_whatever_the_others_have_and_chose() {
        let people = |bits: u32| -> Vec<Owner> {
            let name = |number: u32| ["ann", "bob", "eve"][number as usize];
            (0..3).map(|it| if bits & (1 << it) == 0 { without(name(it)) } else { with(name(it)) }).collect()
        };
        for bits in 0..8 {
            let all = people(bits);
            for count in 1..3 {
                for choice in [AnyOwner, NoSignatureNeeded, one("ann"), one("bob")] {
                    let before = &all[..count];
                    // A choice that is not allowed is deleted when that comes to be, so it never stands.
                    if allowed_choice(before, &choice) == choice {
                        assert!(!change(before, &all, &choice).opens_to_unsigned, "{before:?} {choice:?}");
                    }
                }
            }
        }
    }
}
