//! Reserving prefixes of package IDs for accounts. Whoever creates a new ID is asked about them; IDs that are there stay.

use thiserror::Error;
use time::OffsetDateTime;

use super::audience;
use super::authority::{self, Actor, authorize};
use crate::domain::account::{Account, AccountName};
use crate::domain::permission::Action;
use crate::domain::reserved_prefix::ReservedPrefix;
use crate::store::{self, Reads, Store};

/// Why a prefix is not reserved or released.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such account.
    #[error("there is no account `{0}`")]
    Unknown(AccountName),
    /// A disabled account.
    #[error("`{0}` is disabled; enable it first")]
    Disabled(AccountName),
    /// The account holds it.
    #[error("`{prefix}` is reserved for `{holder}` already")]
    Held {
        /// What.
        prefix: ReservedPrefix,
        /// For whom.
        holder: AccountName,
    },
    /// The account does not hold it.
    #[error("`{prefix}` is not reserved for `{holder}`")]
    NotHeld {
        /// What.
        prefix: ReservedPrefix,
        /// For whom.
        holder: AccountName,
    },
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Reserves a prefix for an account, beside others that may hold it.
///
/// # Errors
/// An unknown or disabled account, or one that holds it already.
pub fn reserve(
    store: &Store,
    prefix: &ReservedPrefix,
    holder: &AccountName,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = existing(w, holder)?;
        if account.disabled {
            return Err(Error::Disabled(account.name));
        }
        if !w.reserve_prefix(prefix, account.id, now)? {
            return Err(Error::Held { prefix: prefix.clone(), holder: account.name });
        }
        by.audit(w, now, "prefix.reserve", &prefix.to_string(), account.name.as_str())?;
        let text = format!("New package IDs like {prefix} are reserved for {} now.", account.name);
        let link = format!("accounts/{}", account.name);
        Ok(audience::tell(w, &[account], &by, &text, &link, now)?)
    })
}

/// Takes a reservation back. IDs that were created under it stay with their owners.
///
/// # Errors
/// An unknown account, or one that does not hold it.
pub fn release(
    store: &Store,
    prefix: &ReservedPrefix,
    holder: &AccountName,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = existing(w, holder)?;
        if !w.release_prefix(prefix, account.id)? {
            return Err(Error::NotHeld { prefix: prefix.clone(), holder: account.name });
        }
        by.audit(w, now, "prefix.release", &prefix.to_string(), account.name.as_str())?;
        let text = format!("New package IDs like {prefix} are not reserved for {} any more.", account.name);
        let link = format!("accounts/{}", account.name);
        Ok(audience::tell(w, &[account], &by, &text, &link, now)?)
    })
}

fn existing(reads: &Reads<'_>, name: &AccountName) -> Result<Account, Error> {
    reads.account(name)?.ok_or_else(|| Error::Unknown(name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::authority::Refused;
    use crate::feed::test_house::{House, NOW, name};

    fn prefix(text: &str) -> ReservedPrefix {
        text.parse().unwrap()
    }

    #[test]
    fn several_accounts_hold_a_prefix_and_each_spelling_is_the_same() {
        let house = House::new();
        let root = house.administrator("root");
        for person in ["ann", "bob"] {
            house.person(person);
            reserve(&house.app.store, &prefix("Contoso.*"), &name(person), &root, NOW).unwrap();
        }
        assert_eq!(house.audited(), "root prefix.reserve Contoso.* bob");
        assert_eq!(house.told("bob"), "New package IDs like Contoso.* are reserved for bob now.");
        let again = reserve(&house.app.store, &prefix("CONTOSO.*"), &name("ann"), &root, NOW);
        assert!(matches!(again, Err(Error::Held { .. })));
        release(&house.app.store, &prefix("contoso.*"), &name("ANN"), &root, NOW).unwrap();
        let left = house.app.store.read(|r| r.reservations()).unwrap();
        assert_eq!(left.iter().map(|it| it.holder.as_str()).collect::<Vec<_>>(), ["bob"]);
        let again = release(&house.app.store, &prefix("Contoso.*"), &name("ann"), &root, NOW);
        assert!(matches!(again, Err(Error::NotHeld { .. })));
    }

    #[test]
    fn a_prefix_is_reserved_by_administrators_for_accounts_that_are_enabled() {
        let house = House::new();
        let (root, ann) = (house.administrator("root"), house.person("ann"));
        let by = |actor, holder| reserve(&house.app.store, &prefix("A.*"), &name(holder), actor, NOW);
        assert!(matches!(by(&ann, "ann"), Err(Error::Refused(Refused::Denied(_)))));
        assert!(matches!(by(&root, "nobody"), Err(Error::Unknown(_))));
        house.disable("ann");
        assert!(matches!(by(&root, "ann"), Err(Error::Disabled(_))));
    }
}
