//! What disabling an account means for others, before it is done.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::Error;
use crate::config::Config;
use crate::domain::account::{Account, AccountId, AccountKind, AccountName, Role};
use crate::domain::certificate::CertificateStatus;
use crate::domain::package_id::PackageId;
use crate::domain::push_rule::{Owner, RequiredSigner, nobody_can_push};
use crate::domain::regime::{Regime, Regimes};
use crate::store::{self, Reads, Store};

/// What hangs on an account that is to be disabled.
#[derive(Debug, Clone)]
pub struct Consequences {
    /// The account.
    pub account: Account,
    /// Browsers that are signed out.
    pub sessions: usize,
    /// Keys of it, and those that act for it, which die.
    pub keys: usize,
    /// Certificates with which no push is accepted any more.
    pub certificates: usize,
    /// How many package IDs it owns.
    pub packages: usize,
    /// Those of them that nobody else owns who is enabled: nobody can push to them.
    pub orphaned: Vec<PackageId>,
    /// Those of them that others may push to, for which the rule is enforced, which must be signed, and for which nobody has an
    /// active certificate then.
    pub unsignable: Vec<PackageId>,
    /// Organizations that have no administrator then who can sign in.
    pub headless: Vec<AccountName>,
}

/// Reads what hangs on an account.
///
/// # Errors
/// An unknown account.
pub fn consequences(
    store: &Store,
    config: &Config,
    name: &AccountName,
    now: OffsetDateTime,
) -> Result<Consequences, Error> {
    store.read(|r| {
        let account = r.account(name)?.ok_or_else(|| Error::Unknown(name.clone()))?;
        let regimes = Regimes::of(&config.effective(r.policy()?));
        let mut others = Others { reads: r, now, disabled: account.id, known: HashMap::new() };
        let (mut orphaned, mut unsignable) = (Vec::new(), Vec::new());
        let owned = r.owned_ids(account.id)?;
        for (registration, id) in &owned {
            let owners = r.owners(*registration)?;
            let mut left = false;
            for (owner, _) in &owners {
                left |= *owner != account.id && !others.of(*owner)?.disabled;
            }
            if !left {
                orphaned.push(id.clone());
            } else if regimes.regime(id) == Regime::Enforced {
                let choice = r.registration_by_row(*registration)?.required_signer;
                unsignable.extend(others.nobody_can_push(&owners, id, &choice)?.then(|| id.clone()));
            }
        }
        let certificates = r.registered_certificates(account.id, now)?;
        Ok(Consequences {
            sessions: r.sessions_of(account.id)?.len(),
            keys: r.keys(Some(account.id))?.iter().filter(|key| key.life.check(now).is_ok()).count(),
            certificates: certificates.iter().filter(|it| it.status == CertificateStatus::Active).count(),
            packages: owned.len(),
            headless: headless(r, &account)?,
            account,
            orphaned,
            unsignable,
        })
    })
}

/// Owners, each looked up once: an account may own thousands of IDs with the same others.
struct Others<'r, 'c> {
    reads: &'r Reads<'c>,
    now: OffsetDateTime,
    disabled: AccountId,
    known: HashMap<AccountId, Known>,
}

struct Known {
    disabled: bool,
    certificates: Vec<crate::domain::certificate::RegisteredCertificate>,
}

impl Others<'_, '_> {
    fn of(&mut self, id: AccountId) -> Result<&Known, store::Error> {
        if !self.known.contains_key(&id) {
            let disabled = self.reads.account_by_id(id)?.disabled || id == self.disabled;
            let mut certificates = self.reads.registered_certificates(id, self.now)?;
            if disabled {
                certificates.iter_mut().for_each(|it| it.status = CertificateStatus::AccountDisabled);
            }
            self.known.insert(id, Known { disabled, certificates });
        }
        self.known.get(&id).ok_or(store::Error::Corrupt("account"))
    }

    /// Whether the push rule demands a signature that nobody can give.
    fn nobody_can_push(
        &mut self,
        owners: &[(AccountId, AccountName)],
        id: &PackageId,
        choice: &RequiredSigner,
    ) -> Result<bool, store::Error> {
        let mut facts = Vec::with_capacity(owners.len());
        for (owner, name) in owners {
            let registered = self.of(*owner)?.certificates.iter();
            let certificates = registered.filter(|certificate| certificate.counts_for(id)).cloned().collect();
            facts.push(Owner { account: name.clone(), certificates });
        }
        Ok(nobody_can_push(&facts, choice))
    }
}

fn headless(r: &Reads<'_>, account: &Account) -> Result<Vec<AccountName>, store::Error> {
    let mut headless = Vec::new();
    if account.kind == AccountKind::Organization {
        return Ok(headless);
    }
    for (organization, role) in r.organizations_of(account.id)? {
        let manages = |(member, role): &(Account, Role)| {
            *role == Role::Administrator && !member.disabled && member.id != account.id
        };
        if role == Role::Administrator && !r.members(organization.id)?.iter().any(manages) {
            headless.push(organization.name);
        }
    }
    Ok(headless)
}

#[cfg(test)]
mod tests {
    use super::super::create;
    use super::super::tests::{NOW, name, store};
    use super::*;
    use crate::feed::authority::Actor::CommandLine;
    use crate::feed::organizations::{self, FirstAdministrator::Creator};

    fn accounts(store: &Store) {
        for account in ["ann", "bob"] {
            create(store, &name(account), false, None, &CommandLine, NOW).unwrap();
        }
        organizations::create(store, &name("contoso"), Creator, &CommandLine, NOW).unwrap();
    }

    fn own(store: &Store, id: &str, owners: &[&str]) {
        let accounts: Vec<_> =
            owners.iter().map(|owner| super::super::existing(store, &name(owner)).unwrap()).collect();
        store
            .write(|w| {
                let registration = w.create_registration(&PackageId::parse(id).unwrap(), accounts[0].id, NOW)?;
                accounts.iter().try_for_each(|owner| w.add_owner(registration, owner.id))
            })
            .unwrap();
    }

    fn register(store: &Store, owner: &str, certificate: &[u8]) {
        let account = super::super::existing(store, &name(owner)).unwrap();
        let new = crate::store::certificates::NewCertificate {
            fingerprint: crate::domain::fingerprint::Fingerprint::of(certificate),
            der: certificate.to_vec(),
            subject: String::new(),
            issuer: String::new(),
            not_before: NOW,
            not_after: NOW + time::Duration::DAY,
        };
        store.write(|w| w.register_certificate(account.id, &new, Vec::new(), NOW)).unwrap();
    }

    fn of(store: &Store, account: &str) -> (usize, Vec<String>, Vec<String>, Vec<String>) {
        let config = Config::new(&crate::config::Settings::default()).unwrap();
        let found = consequences(store, &config, &name(account), NOW).unwrap();
        let texts = |ids: &[PackageId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let headless = found.headless.iter().map(ToString::to_string).collect();
        (found.certificates, texts(&found.orphaned), texts(&found.unsignable), headless)
    }

    #[test]
    fn packages_that_nobody_else_can_push_or_sign_are_named() {
        let (_folder, store) = store();
        accounts(&store);
        own(&store, "Alone", &["ann"]);
        own(&store, "Shared", &["ann", "bob"]);
        assert_eq!(of(&store, "ann"), (0, vec!["Alone".to_owned()], vec![], vec![]));
        register(&store, "ann", b"ann's");
        assert_eq!(of(&store, "ann"), (1, vec!["Alone".to_owned()], vec!["Shared".to_owned()], vec![]));
        store.write(|w| w.set_policy("foreign_ids", "Shared")).unwrap();
        assert!(of(&store, "ann").2.is_empty(), "anybody's signature is good, and none");
        store.write(|w| w.set_policy("foreign_ids", "")).unwrap();
        register(&store, "bob", b"bob's");
        assert_eq!(of(&store, "ann"), (1, vec!["Alone".to_owned()], vec![], vec![]));
    }

    #[test]
    fn an_organization_without_another_administrator_is_named() {
        let (_folder, store) = store();
        accounts(&store);
        let join = |user: &str, role| {
            organizations::set_role(&store, &name("contoso"), &name(user), Some(role), &CommandLine, NOW).unwrap();
        };
        join("ann", Role::Administrator);
        join("bob", Role::Collaborator);
        assert_eq!(of(&store, "ann").3, ["contoso"]);
        assert!(of(&store, "bob").3.is_empty());
        join("bob", Role::Administrator);
        assert!(of(&store, "ann").3.is_empty());
    }
}
