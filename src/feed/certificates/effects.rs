//! What a change of an account's certificates does to the package IDs that it owns: for people to read beforehand, and to be
//! done in the transaction of the change.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use time::OffsetDateTime;

use super::told;
use crate::domain::account::{Account, AccountId};
use crate::domain::certificate::RegisteredCertificate;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::push_rule::{Owner, RequiredSigner};
use crate::domain::signature_change::SignatureChange;
use crate::feed::authority::Authorized;
use crate::feed::required_signer;
use crate::store::registrations::Registration;
use crate::store::{self, Reads, Writes};

/// What a change does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Packages without a signature, which were refused, are accepted from then on.
    pub opened: Vec<PackageId>,
    /// Packages without a signature, which were accepted, are refused from then on.
    pub closed: Vec<PackageId>,
    /// The choice of the owners is no longer possible, and is forgotten.
    pub lapsed: Vec<(PackageId, RequiredSigner)>,
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
    /// What comes of it when the registrations of `account` that are not removed go from `before` to `after`.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn between(
        reads: &Reads<'_>,
        account: &Account,
        before: &[RegisteredCertificate],
        after: &[RegisteredCertificate],
        now: OffsetDateTime,
    ) -> Result<Self, store::Error> {
        let mut effects = Self::default();
        // Owners, each looked up once: an account may own thousands of IDs with the same others.
        let mut others: HashMap<AccountId, Vec<RegisteredCertificate>> = HashMap::new();
        for (row, id) in reads.owned_ids(account.id)? {
            let counts =
                |all: &[RegisteredCertificate]| all.iter().any(|certificate| certificate.counts_for(id.as_str()));
            // What is demanded hangs on who has certificates, not on which.
            if counts(before) == counts(after) {
                continue;
            }
            let Registration { required_signer, .. } = reads.registration_by_row(row)?;
            let (mut was, mut becomes) = (Vec::new(), Vec::new());
            for (owner, name) in reads.owners(row)? {
                let own: &[RegisteredCertificate] = match others.entry(owner) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => unknown.insert(reads.registered_certificates(owner, now)?),
                };
                let (old, new) = if owner == account.id { (before, after) } else { (own, own) };
                let counting = |all: &[RegisteredCertificate]| Owner {
                    account: name.clone(),
                    certificates: all.iter().filter(|it| it.counts_for(id.as_str())).cloned().collect(),
                };
                was.push(counting(old));
                becomes.push(counting(new));
            }
            effects.note(id, SignatureChange::between(&was, &becomes, &required_signer));
        }
        Ok(effects)
    }

    fn note(&mut self, id: PackageId, change: SignatureChange) {
        if change.opens_to_unsigned {
            self.opened.push(id.clone());
        }
        if change.demands_signature {
            self.closed.push(id.clone());
        }
        if let Some(choice) = change.lapses {
            self.lapsed.push((id, choice));
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
        for (id, _) in &self.lapsed {
            if let Some(registration) = w.registration(id)? {
                required_signer::forget_if_lapsed(w, &registration, now)?;
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
