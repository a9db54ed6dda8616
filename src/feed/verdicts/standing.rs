//! How the package of a verdict stands by now: would it be in order, and what would the push rule be asked?
//!
//! A verdict says what was true when it was made. Whoever followed its advice must find out here that this was done, and nobody
//! may be sent to do what no longer helps.

use time::OffsetDateTime;

use super::trusted::trusted_since;
use super::would_do::{WouldDo, would_do};
use super::{Offer, offer, owners};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::policy::Policy;
use crate::domain::push_rule::{self, Owner, RequiredSigner, Signed};
use crate::domain::regime::Regime;
use crate::domain::verdict::{Explained, Outcome, RuleName, SignatureKind};
use crate::feed::required_signer;
use crate::store::verdicts::KeptVerdict;
use crate::store::{self, Reads};

/// What is so about a verdict now, as far as it is for one person.
#[derive(Debug)]
pub struct Standing {
    /// What they may do about it.
    pub offer: Offer,
    /// Whose certificates would do.
    pub would_do: Vec<WouldDo>,
    /// Whether its chain ended in an unknown root, and leads to a trust anchor by now.
    pub trusted_since: bool,
}

/// Why a package that was refused because of who signed would be in order by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// An owner has registered the certificate.
    Registered,
    /// Owners have changed something else, and the push rule accepts it.
    RuleAccepts,
    /// The ID counts as other people's package: the push rule is not asked.
    Foreign,
    /// The push rule is not enforced for the ID: it is accepted with a warning.
    Warned,
    /// The same without a warning.
    Reported,
}

/// How `verdict` stands for `viewer`.
///
/// # Errors
/// What the store says.
pub fn standing(
    reads: &Reads<'_>,
    app: &App,
    viewer: &Account,
    verdict: &KeptVerdict,
    now: OffsetDateTime,
) -> Result<Standing, store::Error> {
    let offer = offer(reads, app, viewer, verdict, now)?;
    // A root that is trusted is no way in for somebody who may not push the package any more.
    let trusted_since = !offer.not_theirs && trusted_since(reads, app, verdict, now)?;
    Ok(Standing { would_do: would_do(reads, viewer, verdict, now)?, offer, trusted_since })
}

/// What the push rule would be asked about the package of a verdict now.
pub(super) struct Case {
    /// The owners with their certificates.
    pub owners: Vec<Owner>,
    /// The same as accounts.
    pub accounts: Vec<Account>,
    /// What they chose.
    pub choice: RequiredSigner,
    author: Option<Fingerprint>,
    regime: Regime,
    /// Whether it was refused because of an unknown root, which a registration makes up for.
    about_root: bool,
}

impl Case {
    /// `None` where neither a registration nor the push rule was in the way, or where whoever was refused may not push any more.
    pub fn read(
        reads: &Reads<'_>,
        policy: &Policy,
        verdict: &KeptVerdict,
        now: OffsetDateTime,
    ) -> Result<Option<Self>, store::Error> {
        let it = &verdict.explained;
        let Some(id) = &verdict.id else { return Ok(None) };
        let (about_rule, about_root) = (is_about_rule(it), it.register && !is_about_rule(it));
        let regime = Regime::of(policy, id.as_str());
        // Of other people's packages nobody's registration is asked, and a root is trusted or not.
        let helpless = about_root && (!policy.accept_untrusted_roots || regime == Regime::Foreign);
        if !about_rule && !about_root || helpless || not_theirs(reads, verdict)? {
            return Ok(None);
        }
        let accounts: Vec<Account> =
            owners(reads, verdict)?.into_iter().map(|owner| reads.account_by_id(owner)).collect::<Result<_, _>>()?;
        let named: Vec<_> = accounts.iter().map(|account| (account.id, account.name.clone())).collect();
        let registration = reads.registration(id)?;
        Ok(Some(Self {
            owners: required_signer::with_certificates(reads, id, &named, now)?,
            accounts,
            choice: registration.map(|registration| registration.required_signer).unwrap_or_default(),
            author: author(it),
            regime,
            about_root,
        }))
    }

    /// The certificate whose registration is what is missing, while it is.
    pub fn to_register(&self, it: &Explained) -> Option<Fingerprint> {
        let missing = it.register && self.settled(it).is_none();
        self.author.filter(|_| missing)
    }

    /// Why it would be in order now; `None` where it would not.
    pub fn settled(&self, it: &Explained) -> Option<Settled> {
        let signed = self.author.as_ref().map_or(Signed::Unsigned, Signed::ByAuthor);
        let accepted = push_rule::decide(signed, &self.owners, &self.choice).is_ok();
        match self.regime {
            // A signature that is wrong is refused in every stage.
            _ if self.about_root => accepted.then_some(Settled::Registered),
            Regime::Foreign => Some(Settled::Foreign),
            _ if accepted => Some(if it.register { Settled::Registered } else { Settled::RuleAccepts }),
            // What a stage had let in already is settled when the rule accepts it.
            _ if it.outcome != Outcome::Refused => None,
            Regime::Warned => Some(Settled::Warned),
            Regime::Reported => Some(Settled::Reported),
            Regime::Enforced => None,
        }
    }
}

/// Whether whoever was refused could not push the package by now, whoever signed: its ID is somebody else's. Where that was so
/// before, the verdict itself says it.
pub(super) fn not_theirs(reads: &Reads<'_>, verdict: &KeptVerdict) -> Result<bool, store::Error> {
    let it = &verdict.explained;
    let had_no_right = it.failed.iter().any(|failed| failed.rule == RuleName::RightToPush);
    Ok(it.outcome == Outcome::Refused && !had_no_right && !owners(reads, verdict)?.contains(&verdict.owner.0))
}

/// Whether the push rule alone was in the way: everything before it was in order.
fn is_about_rule(it: &Explained) -> bool {
    !it.failed.is_empty() && it.failed.iter().all(|failed| failed.rule == RuleName::PushRule)
}

fn author(it: &Explained) -> Option<Fingerprint> {
    it.signer.as_ref().filter(|_| it.signature == SignatureKind::Author).map(|signer| signer.fingerprint)
}
