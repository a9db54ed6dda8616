//! Whether the signers of a package are trusted (the client's `SignatureTrustAndValidityVerificationProvider`), and how the
//! primary signature and the repository countersignature stand to each other.
//!
//! An author's signature whose root is unknown, or whose certificate was out of time, may lean on a valid repository
//! countersignature: its repository vouches for the author, and its timestamp proves that the signature existed in time.
//! Where it need not lean, restore does not look at the countersignature at all, and `verify` takes the worse of the two.

use time::OffsetDateTime;

use super::allow_list::AllowList;
use super::attributes::Commitment;
use super::behaviour::Behaviour;
use super::decide::{Decision, RootRule};
use super::examine::{Circumstances, Examination, is_within};
use super::fault::Fault;
use super::issue::Part;
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
        let looks = behaviour.judge_countersignature || decision.as_ref().is_ok_and(|it| needs_help(it, signature));

        let mut countersigner = None;
        let other = match signature.repository_countersignature() {
            Ok(Some(other)) => {
                let examination = if looks { examine_countersignature(signature, &other, at) } else { None };
                countersigner = Some(SignerFacts::new(&other, examination.as_ref()));
                let root = root_rule(trusted_signers, &other);
                looks.then(|| Other::of(examination.as_ref(), behaviour, root))
            }
            Err(fault) if looks => Some(Err(Thrown::fault(Part::Countersignature, fault))),
            Ok(None) | Err(_) => None,
        };
        let opinion = decision.and_then(|decision| match other {
            None => Ok(decision.into_opinion()),
            Some(Ok(other)) => Ok(together(decision, &primary, other, behaviour)),
            Some(Err(thrown)) if behaviour.everything => Ok(decision.into_opinion().and(thrown.opinion(behaviour))),
            Some(Err(thrown)) => Err(thrown),
        });
        Some(Self { signer, countersigner, primary, opinion })
    }
}

/// Whether a countersignature could make up for something. A repository's own signature leans on nothing.
fn needs_help(decision: &Decision, signature: &PrimarySignature<'_>) -> bool {
    (decision.untrusted || decision.expired) && signature.commitment != Commitment::Repository
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

/// What was decided about the countersignature.
struct Other {
    opinion: Opinion,
    /// When it may have been made; `None` when the client does not come to ask.
    made: Option<(OffsetDateTime, OffsetDateTime)>,
}

impl Other {
    /// Decides about it. Without an examination its certificate is missing.
    fn of(examination: Option<&Examination>, behaviour: Behaviour, root: RootRule) -> Result<Self, Thrown> {
        let Some(examination) = examination else {
            let missing = Thrown::fault(Part::Countersignature, Fault::missing_certificate(3010));
            return Ok(Self { opinion: missing.opinion(behaviour), made: None });
        };
        let decision = Decision::of(examination, Part::Countersignature, behaviour, root)?;
        Ok(Self { made: decision.made, opinion: decision.into_opinion() })
    }
}

/// Both signatures: the primary one leans where it may, and both must be valid then.
fn together(mut primary: Decision, examination: &Examination, other: Other, behaviour: Behaviour) -> Opinion {
    let mut not_alone = Opinion::VALID;
    if other.opinion.valid {
        let proves_time = other.made.is_some_and(|made| is_within(&examination.certificate, made));
        if behaviour.may_lean {
            primary.lean_on(proves_time);
        } else if primary.may_lean(proves_time) {
            not_alone = Opinion::refusing(push_rules::not_alone(Part::Author));
        }
    }
    primary.into_opinion().and(not_alone).and(other.opinion)
}
