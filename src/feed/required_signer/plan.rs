//! What a choice of the required signer would do to package IDs: told to people before, and compared when they agree.

use time::OffsetDateTime;

use super::with_certificates;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::policy::Policy;
use crate::domain::push_rule::{Owner, RequiredSigner};
use crate::domain::regime::Regime;
use crate::domain::required_signer::{self, NotOffered, Rule};
use crate::domain::signature_change::SignatureChange;
use crate::store::registrations::Registration;
use crate::store::{self, Reads};

/// What a choice would do to one package ID.
#[derive(Debug, Clone)]
pub struct Step {
    /// The ID, as its documents spell it.
    pub id: PackageId,
    /// The choice that is stored.
    pub was: RequiredSigner,
    /// The rule as it is.
    pub before: Rule,
    /// The rule as it would be, or why it can't.
    pub after: Result<Rule, NotOffered>,
    /// Whether the rules decide.
    pub regime: Regime,
    /// What becomes of packages under that.
    pub change: SignatureChange,
    /// What is possible, in a few words.
    pub possible: String,
}

/// The same for all the IDs that were asked for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What everybody shall have.
    pub choice: RequiredSigner,
    /// By ID, in the order in which they were asked for.
    pub steps: Vec<Step>,
}

impl Step {
    /// What `choice` would do to the package ID of `registration`, under the effective `policy`.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(
        reads: &Reads<'_>,
        policy: &Policy,
        registration: &Registration,
        choice: &RequiredSigner,
        now: OffsetDateTime,
    ) -> Result<Self, store::Error> {
        let owners = with_certificates(reads, &registration.package_id, &reads.owners(registration.id)?, now)?;
        let regime = Regime::of(policy, registration.package_id.as_str());
        Ok(Self::of(registration, &owners, choice, regime))
    }

    fn of(registration: &Registration, owners: &[Owner], choice: &RequiredSigner, regime: Regime) -> Self {
        let was = registration.required_signer.clone();
        Self {
            id: registration.package_id.clone(),
            before: Rule::of(owners, &was),
            after: required_signer::offered(owners, choice),
            change: SignatureChange::of_choice(owners, &was, choice).under(regime),
            regime,
            possible: required_signer::possible(owners),
            was,
        }
    }
}

impl Plan {
    /// Whether the step is one: the choice is possible, and another one than now.
    #[must_use]
    pub fn changes(&self, step: &Step) -> bool {
        step.was != self.choice && step.after.is_ok()
    }

    /// What was told, as a mark that a form carries: another mark means that something else would have to be told now.
    #[must_use]
    pub fn mark(&self) -> Fingerprint {
        let told = self.steps.iter().map(|step| {
            let after = match &step.after {
                Ok(rule) => format!("{}\n{}", rule.sentence(), rule.warning().unwrap_or_default()),
                Err(why) => why.to_string(),
            };
            let (was, exception) = (step.was.key(), step.regime.exception().unwrap_or_default());
            format!("{}\n{was}\n{exception}\n{}\n{after}\n", step.id.key(), step.before.sentence())
        });
        let told: String = told.collect();
        Fingerprint::of(format!("{}\n{told}", self.choice.key()).as_bytes())
    }
}
