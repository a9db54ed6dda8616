//! Making and revoking API keys.

use aws_lc_rs::rand;
use thiserror::Error;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::accounts;
use super::authority::{self, Actor, authorize};
use crate::domain::account::{AccountId, AccountKind, AccountName};
use crate::domain::api_key::{ApiKey, ApiKeyId, Scopes};
use crate::domain::pattern::Pattern;
use crate::domain::permission::Action;
use crate::store::api_keys::NewKey;
use crate::store::{self, Store};

/// The key that somebody wants.
#[derive(Debug)]
pub struct Wanted {
    /// Whose key it is.
    pub account: AccountName,
    /// The organization that it acts for; `None` means the account itself.
    pub owner: Option<AccountName>,
    /// What it may do.
    pub scopes: Scopes,
    /// For which package IDs; empty means all.
    pub patterns: Vec<Pattern>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// Why there is no key.
#[derive(Debug, Error)]
pub enum Error {
    /// An account is unknown or of the wrong kind.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// The account can't act for the owner.
    #[error("`{account}` is no member of `{owner}`")]
    NoMember {
        /// Whose key it would be.
        account: AccountName,
        /// The owner that it would act for.
        owner: AccountName,
    },
    /// There is no such key, or it is revoked already.
    #[error("there is no key {0} that could be revoked")]
    Unknown(i64),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Makes a key. What it returns is the only copy.
///
/// # Errors
/// An unknown account, or one that does not belong to the owner.
pub fn create(store: &Store, wanted: &Wanted, actor: &Actor, now: OffsetDateTime) -> Result<ApiKey, Error> {
    let key = random_key()?;
    store.write(|w| {
        let find =
            |name: &AccountName| w.account(name)?.ok_or_else(|| Error::from(accounts::Error::Unknown(name.clone())));
        let account = find(&wanted.account)?;
        let owner = wanted.owner.as_ref().map_or_else(|| Ok(account.clone()), find)?;
        let by = authorize(w, actor, Action::CreateKey, Some(&account), now)?;
        let member = |user: AccountId| Ok::<_, Error>(w.role(owner.id, user)?.is_some());
        let serves = account.id == owner.id;
        if !serves && (owner.kind != AccountKind::Organization || !member(account.id)?) {
            return Err(Error::NoMember { account: account.name, owner: owner.name });
        }
        let new = NewKey {
            hash: key.hash(),
            hint: key.hint(),
            account: account.id,
            owner: owner.id,
            scopes: wanted.scopes.clone(),
            patterns: wanted.patterns.clone(),
            expires_at: wanted.expires_at,
        };
        let scopes = wanted.scopes.to_string();
        w.add_key(new, now)?;
        Ok(by.audit(
            w,
            now,
            "key.create",
            account.name.as_str(),
            &format!("{} for {}: {scopes}", key.hint(), owner.name),
        )?)
    })?;
    Ok(key)
}

/// Revokes a key for ever.
///
/// # Errors
/// [`Error::Unknown`].
pub fn revoke(store: &Store, id: ApiKeyId, actor: &Actor, now: OffsetDateTime) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::RevokeKey, None, now)?;
        if !w.revoke_key(id, now)? {
            return Err(Error::Unknown(id.0));
        }
        Ok(by.audit(w, now, "key.revoke", &id.0.to_string(), "")?)
    })
}

fn random_key() -> Result<ApiKey, Error> {
    let mut random = Zeroizing::new([0u8; 64]);
    for _ in 0..8 {
        rand::fill(random.as_mut()).map_err(|_| Error::Random)?;
        if let Some(key) = ApiKey::from_random(&random) {
            return Ok(key);
        }
    }
    Err(Error::Random)
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::account::Role;
    use crate::feed::authority::Actor::CommandLine;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn name(text: &str) -> AccountName {
        text.parse().unwrap()
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        for (account, kind) in [("ann", AccountKind::User), ("contoso", AccountKind::Organization)] {
            accounts::create(&store, &name(account), kind, false, None, &CommandLine, NOW).unwrap();
        }
        (folder, store)
    }

    fn wanted(owner: Option<&str>) -> Wanted {
        Wanted {
            account: name("ann"),
            owner: owner.map(name),
            scopes: "push".parse().unwrap(),
            patterns: Vec::new(),
            expires_at: NOW + Duration::days(1),
        }
    }

    fn works(store: &Store, key: &ApiKey, now: OffsetDateTime) -> bool {
        store.read(|r| r.grant(&key.hash(), now)).unwrap().is_some()
    }

    #[test]
    fn a_key_works_until_it_ends_or_is_revoked_or_its_account_is_disabled() {
        let (_folder, store) = store();
        let key = create(&store, &wanted(None), &CommandLine, NOW).unwrap();
        assert!(works(&store, &key, NOW));
        assert!(!works(&store, &key, NOW + Duration::days(1)));
        accounts::set_disabled(&store, &name("ann"), true, &CommandLine, NOW).unwrap();
        assert!(!works(&store, &key, NOW));
        accounts::set_disabled(&store, &name("ann"), false, &CommandLine, NOW).unwrap();
        assert!(works(&store, &key, NOW));
        revoke(&store, ApiKeyId(1), &CommandLine, NOW).unwrap();
        assert!(!works(&store, &key, NOW));
        assert!(matches!(revoke(&store, ApiKeyId(1), &CommandLine, NOW), Err(Error::Unknown(1))));
    }

    #[test]
    fn a_key_for_an_organization_dies_with_the_membership() {
        let (_folder, store) = store();
        assert!(matches!(create(&store, &wanted(Some("contoso")), &CommandLine, NOW), Err(Error::NoMember { .. })));
        accounts::set_role(&store, &name("contoso"), &name("ann"), Some(Role::Collaborator), &CommandLine, NOW)
            .unwrap();
        let key = create(&store, &wanted(Some("contoso")), &CommandLine, NOW).unwrap();
        assert!(works(&store, &key, NOW));
        accounts::set_role(&store, &name("contoso"), &name("ann"), None, &CommandLine, NOW).unwrap();
        assert!(!works(&store, &key, NOW));
    }

    #[test]
    fn nobody_acts_for_another_user() {
        let (_folder, store) = store();
        accounts::create(&store, &name("bob"), AccountKind::User, false, None, &CommandLine, NOW).unwrap();
        assert!(matches!(create(&store, &wanted(Some("bob")), &CommandLine, NOW), Err(Error::NoMember { .. })));
    }
}
