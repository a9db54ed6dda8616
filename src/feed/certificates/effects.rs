//! What a change of an account's certificates does to the package IDs that it owns: for people to read beforehand, and to be
//! done in the transaction of the change.

use serde::Serialize;
use time::OffsetDateTime;

use super::{Error, told};
use crate::domain::account::AccountName;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::push_rule::RequiredSigner;
use crate::domain::regime::Regime;
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
    /// Packages have to be signed, and no certificate that counts is active any more: nobody can push.
    pub unsignable: Vec<PackageId>,
    /// The rule becomes another one in one of these ways, but is not enforced: nothing comes of it now.
    pub unenforced: Vec<(PackageId, Regime)>,
    /// Of a certificate that counts no more for these: packages signed with it are accepted nevertheless.
    pub still_accepted: Vec<(PackageId, StillAccepted)>,
    /// It counts no more for some, and where no pattern of the policy says otherwise the server enforces nothing.
    pub lenient_server: bool,
    /// The choice of the owners is no longer possible, and is forgotten.
    pub lapsed: Vec<(PackageId, RequiredSigner)>,
    /// For each of `lapsed` the rule that counts then, as a sentence.
    rules: Vec<String>,
}

/// Why packages are accepted that are signed with a certificate that counts no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "because", content = "detail")]
pub enum StillAccepted {
    /// Another owner has registered it too.
    RegisteredBy(AccountName),
    /// The rule is not enforced.
    Unenforced(Regime),
}

/// What somebody has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant<'a> {
    /// Nothing: they were not asked before. That is enough where nothing opens.
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
        if change.unsignable {
            self.unsignable.push(id.clone());
        }
        if let Some(regime) = change.unenforced {
            self.unenforced.push((id.clone(), regime));
        }
        if let Some(choice) = change.lapses {
            self.lapsed.push((id.clone(), choice));
            self.rules.push(rule());
        }
    }

    /// Whether nobody needs to be told anything.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.opened.is_empty() && self.closed.is_empty() && self.unsignable.is_empty() && self.lapsed.is_empty()
    }

    /// Whether people are asked before: something opens, or nobody could push any more.
    #[must_use]
    pub const fn are_asked_about(&self) -> bool {
        !self.opened.is_empty() || !self.unsignable.is_empty()
    }

    /// What stands for the IDs that people are asked about: a form sends it back, so that what was not shown is not done.
    #[must_use]
    pub fn mark(&self) -> String {
        let keys = |ids: &[PackageId]| ids.iter().map(PackageId::key).collect::<Vec<_>>().join("\n");
        // No ID has such a line.
        Fingerprint::of(format!("{}\n-\n{}", keys(&self.opened), keys(&self.unsignable)).as_bytes()).to_string()
    }

    /// Refuses what was not confirmed, or was not shown to whoever was asked.
    ///
    /// # Errors
    /// [`Error::OpensToUnsigned`], [`Error::Unsignable`].
    pub(super) fn expect_meant(&self, meant: Meant<'_>) -> Result<(), Error> {
        let asked_and_shown = |mark: &str| !self.are_asked_about() || mark == self.mark();
        match meant {
            Meant::Whatever => Ok(()),
            Meant::Nothing if self.opened.is_empty() => Ok(()),
            Meant::Shown(mark) if asked_and_shown(mark) => Ok(()),
            _ if self.opened.is_empty() => Err(Error::Unsignable(self.unsignable.clone())),
            _ => Err(Error::OpensToUnsigned(self.opened.clone())),
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
        })?;
        told::owners(w, &self.unsignable, oneself, now, |ids| {
            format!("Nobody can push packages of {ids} now, since no certificate that counts is active: {because}.")
        })
    }
}
