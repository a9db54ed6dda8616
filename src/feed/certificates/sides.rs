//! The certificates of all owners before a change or after it, each looked at no oftener than needed: with hundreds of certificates
//! of each owner a push rule that sees them all would take long for thousands of IDs.

use std::collections::HashMap;

use crate::domain::account::{AccountId, AccountName};
use crate::domain::certificate::RegisteredCertificate;
use crate::domain::coverage::Coverage;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::push_rule::Owner;
use crate::store::registrations::OwnedRegistration;

/// All owners' certificates.
pub(super) struct Side<'a>(HashMap<AccountId, Held<'a>>);

/// Those of one owner.
struct Held<'a> {
    registered: &'a [RegisteredCertificate],
    all: Coverage<'a>,
    active: Coverage<'a>,
    /// The one that the change is about.
    about: Option<&'a RegisteredCertificate>,
}

impl<'a> Held<'a> {
    fn of(registered: &'a [RegisteredCertificate], about: Option<Fingerprint>) -> Self {
        Self {
            registered,
            all: Coverage::of(registered),
            active: Coverage::of_active(registered),
            about: registered.iter().find(|it| Some(it.fingerprint) == about),
        }
    }

    /// One that counts for `id`, one that is active besides, and the one that the change is about: what the rule hangs on.
    fn few(&self, id: &PackageId) -> Vec<RegisteredCertificate> {
        let about = self.about.filter(|it| it.counts_for(id));
        let mut few: Vec<RegisteredCertificate> = Vec::new();
        for one in [self.all.registration(id), self.active.registration(id), about].into_iter().flatten() {
            if !few.contains(one) {
                few.push(one.clone());
            }
        }
        few
    }

    fn every(&self, id: &PackageId) -> Vec<RegisteredCertificate> {
        self.registered.iter().filter(|it| it.counts_for(id)).cloned().collect()
    }
}

impl<'a> Side<'a> {
    /// Of `account`, which has `own`, and of the `others`. `about` is the certificate that is removed or limited.
    pub fn of(
        account: AccountId,
        own: &'a [RegisteredCertificate],
        others: &'a HashMap<AccountId, Vec<RegisteredCertificate>>,
        about: Option<Fingerprint>,
    ) -> Self {
        let others = others.iter().map(|(owner, registered)| (*owner, registered.as_slice()));
        Self(others.chain([(account, own)]).map(|(owner, registered)| (owner, Held::of(registered, about))).collect())
    }

    /// The owners, each with enough of the certificates that count: the rule is the same with all of them, and so is what becomes
    /// of the certificate that the change is about.
    pub fn who_has(&self, one: &OwnedRegistration) -> Vec<Owner> {
        self.each(one, Held::few)
    }

    /// The owners with all certificates that count.
    pub fn owners(&self, one: &OwnedRegistration) -> Vec<Owner> {
        self.each(one, Held::every)
    }

    fn each(
        &self,
        one: &OwnedRegistration,
        counting: impl Fn(&Held<'a>, &PackageId) -> Vec<RegisteredCertificate>,
    ) -> Vec<Owner> {
        let id = &one.registration.package_id;
        let certificates = |owner: &AccountId| self.0.get(owner).map(|held| counting(held, id)).unwrap_or_default();
        let owner = |(owner, name): &(AccountId, AccountName)| Owner {
            account: name.clone(),
            certificates: certificates(owner),
        };
        one.owners.iter().map(owner).collect()
    }
}
