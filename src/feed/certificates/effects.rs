//! What a change of an account's certificates does to the package IDs that it owns: for people to read beforehand, and to be
//! done in the transaction of the change.

use time::OffsetDateTime;

use super::told;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::push_rule::RequiredSigner;
use crate::domain::signature_change::SignatureChange;
use crate::feed::authority::Authorized;
use crate::feed::required_signer;
use crate::store::{self, Writes};

/// What a change does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Packages without a signature, which were refused, are accepted from then on.
    pub opened: Vec<PackageId>,
    /// Packages without a signature, which were accepted, are refused from then on.
    pub closed: Vec<PackageId>,
    /// The choice of the owners is no longer possible, and is forgotten.
    pub lapsed: Vec<(PackageId, RequiredSigner)>,
    /// For each of `lapsed` the rule that counts then, as a sentence.
    rules: Vec<String>,
}

/// What somebody has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant<'a> {
    /// Nothing: they were not shown that anything opens.
    Nothing,
    /// What a page showed, which gave it this [mark](Effects::mark).
    Shown(&'a str),
    /// Whatever it opens.
    Whatever,
}

impl Effects {
    /// Notes what the change does to `id`. `rule` says what takes the place of a choice that is forgotten.
    pub(super) fn note(&mut self, id: &PackageId, change: SignatureChange, rule: impl FnOnce() -> String) {
        if change.opens_to_unsigned {
            self.opened.push(id.clone());
        }
        if change.demands_signature {
            self.closed.push(id.clone());
        }
        if let Some(choice) = change.lapses {
            self.lapsed.push((id.clone(), choice));
            self.rules.push(rule());
        }
    }

    /// Whether nobody needs to be told anything.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.opened.is_empty() && self.closed.is_empty() && self.lapsed.is_empty()
    }

    /// What stands for the IDs that are opened: a form sends it back, so that what was not shown is not done.
    #[must_use]
    pub fn mark(&self) -> String {
        let keys: Vec<&str> = self.opened.iter().map(PackageId::key).collect();
        Fingerprint::of(keys.join("\n").as_bytes()).to_string()
    }

    /// Whether everything that is opened was confirmed.
    #[must_use]
    pub fn are_meant(&self, meant: Meant<'_>) -> bool {
        match meant {
            _ if self.opened.is_empty() => true,
            Meant::Nothing => false,
            Meant::Shown(mark) => mark == self.mark(),
            Meant::Whatever => true,
        }
    }

    /// Does what follows, in the transaction of the change and after it: choices are forgotten, and everybody who owns a concerned
    /// ID is told. `because` says what was done: "ann removed a certificate of contoso".
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn follow(
        &self,
        w: &mut Writes<'_>,
        by: &Authorized,
        because: &str,
        now: OffsetDateTime,
    ) -> Result<(), store::Error> {
        for ((id, _), rule) in self.lapsed.iter().zip(&self.rules) {
            if let Some(registration) = w.registration(id)? {
                required_signer::forget(w, &registration, rule, now)?;
            }
        }
        let oneself = by.account().map(|account| account.id);
        told::owners(w, &self.opened, None, now, |ids| {
            format!("From now on packages without a signature are accepted for {ids}: {because}.")
        })?;
        told::owners(w, &self.closed, oneself, now, |ids| {
            format!("From now on packages of {ids} must be signed with an owner's certificate: {because}.")
        })
    }
}
