//! Whether the signers of a package are trusted (the client's `SignatureTrustAndValidityVerificationProvider`), and how the
//! primary signature and the repository countersignature stand to each other.
//!
//! An author's signature whose root is unknown, or whose certificate was out of time, may lean on a valid repository
//! countersignature: its repository vouches for the author, and its timestamp proves that the signature existed in time.
//! Where it need not lean, restore does not look at the countersignature at all, and `verify` takes the worse of the two.

use super::allow_list::AllowList;
use super::attributes::Commitment;
use super::behaviour::Behaviour;
use super::decide::{Decision, RootRule};
use super::examine::{Circumstances, Examination, is_within};
use super::fault::Fault;
use super::issue::{Issue, Level, Part};
use super::opinion::{Opinion, Thrown};
use super::primary::{PrimarySignature, Signer};
use super::push_rules;
use super::report::SignerFacts;

/// What was found out about the signers, and what follows.
#[derive(Debug)]
pub(crate) struct Trust {
    pub(crate) signer: SignerFacts,
    /// The repository countersigner, when there is one that could be read. Its chain is known where it was looked at.
    pub(crate) countersigner: Option<SignerFacts>,
    pub(crate) primary: Examination,
    pub(crate) opinion: Result<Opinion, Thrown>,
}

impl Trust {
    /// Examines the signers and decides. `None` when the signer's certificate is missing, which reading refuses before.
    pub(crate) fn judge(
        signature: &PrimarySignature<'_>,
        trusted_signers: &AllowList,
        behaviour: Behaviour,
        at: Circumstances<'_>,
    ) -> Option<Self> {
        let again = signature.signer.info.can_be_written_again();
        let stamped = again.then_some(&*signature.signer.info.signature);
        let primary = Examination::of(&signature.signer, &signature.signed_content, stamped, at)?;
        let signer = SignerFacts::new(&signature.signer, Some(&primary));
        let root = root_rule(trusted_signers, &signature.signer);
        let decision = Decision::of(&primary, signature.part(), behaviour, root);
        // A repository's own signature leans on nothing.
        let needs_help = (decision.untrusted || decision.expired) && signature.commitment != Commitment::Repository;
        let looks = behaviour.judge_countersignature || needs_help;

        let mut countersigner = None;
        let opinion = match signature.repository_countersignature() {
            Ok(None) => Ok(decision.into_opinion()),
            Ok(Some(other)) if !looks => {
                countersigner = Some(SignerFacts::new(&other, None));
                Ok(decision.into_opinion())
            }
            Ok(Some(other)) => {
                let examination = examine_countersignature(signature, &other, at);
                countersigner = Some(SignerFacts::new(&other, examination.as_ref()));
                let root = root_rule(trusted_signers, &other);
                let other = other_decision(examination.as_ref(), behaviour, root);
                Ok(together(decision, &primary, other, behaviour))
            }
            Err(_) if !looks => Ok(decision.into_opinion()),
            Err(fault) if behaviour.everything => {
                let thrown = Thrown::fault(Part::Countersignature, fault).opinion(behaviour);
                Ok(decision.into_opinion().and(thrown))
            }
            Err(fault) => Err(Thrown::fault(Part::Countersignature, fault)),
        };
        Some(Self { signer, countersigner, primary, opinion })
    }
}

fn root_rule(trusted_signers: &AllowList, signer: &Signer<'_>) -> RootRule {
    if trusted_signers.allows_untrusted_root_of(signer.certificate.as_ref()) {
        RootRule::MayBeUnknown
    } else {
        RootRule::Known
    }
}

fn examine_countersignature(
    signature: &PrimarySignature<'_>,
    countersigner: &Signer<'_>,
    at: Circumstances<'_>,
) -> Option<Examination> {
    let info = &signature.signer.info;
    let stamped = signature.countersignature_value().filter(|_| info.can_be_written_again());
    let at = Circumstances { own_anchor: None, ..at };
    Examination::of(countersigner, &info.signature, stamped.as_deref(), at)
}

/// What is decided about the countersignature: its issues, whether it is valid, and when it may have been made.
fn other_decision(examination: Option<&Examination>, behaviour: Behaviour, root: RootRule) -> Other {
    let Some(examination) = examination else {
        let level = if behaviour.allow_illegal { Level::Warning } else { Level::Error };
        let missing = Fault::missing_certificate(3010).issue(Part::Countersignature);
        let opinion = Opinion { issues: vec![Issue { level, ..missing }], valid: behaviour.allow_illegal };
        return Other { opinion, made: None };
    };
    let decision = Decision::of(examination, Part::Countersignature, behaviour, root);
    Other { made: decision.made, opinion: decision.into_opinion() }
}

struct Other {
    opinion: Opinion,
    made: Option<(time::OffsetDateTime, time::OffsetDateTime)>,
}

/// Both signatures: the primary one leans where it may, and both must be valid then.
fn together(mut primary: Decision, examination: &Examination, other: Other, behaviour: Behaviour) -> Opinion {
    let mut not_alone = Opinion::VALID;
    if other.opinion.valid && (primary.untrusted || primary.expired) {
        if behaviour.may_lean {
            let proves_time = other.made.is_some_and(|made| is_within(&examination.certificate, made));
            primary.lean_on(proves_time);
        } else {
            not_alone = Opinion::refusing(push_rules::not_alone(Part::Author));
        }
    }
    primary.into_opinion().and(not_alone).and(other.opinion)
}
