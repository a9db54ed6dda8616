//! A new password on its way into the database: judged and hashed, for one account.
//!
//! Hashing costs a processor for a while, so it is done before the operation that stores the hash, in a place that limits how
//! often it happens at once. Operations take what comes out of it, and can't be handed a password that nobody judged.

use super::{Parameters, Unusable, check, hash};
use crate::domain::account::AccountName;

/// The hash of a password that may become that of [`account`](Self::account). Not the password itself.
#[derive(Clone)]
pub struct NewPassword {
    account: AccountName,
    hash: String,
}

impl NewPassword {
    /// Judges a password for `account` on the feed at `host`, and hashes it: about 20 ms and 19 MiB with the default
    /// `parameters`.
    ///
    /// # Errors
    /// What [`check`] says.
    pub fn hashed(
        plain: &str,
        account: &AccountName,
        host: Option<&str>,
        parameters: &Parameters,
    ) -> Result<Self, Unusable> {
        check(plain, account, host)?;
        Ok(Self { account: account.clone(), hash: hash(plain, parameters)? })
    }

    /// Whose it may become.
    #[must_use]
    pub fn account(&self) -> &AccountName {
        &self.account
    }

    /// What is stored: a PHC string.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword").field("account", &self.account).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_become_a_password_is_not_hashed() {
        let (ann, light) = ("ann".parse().unwrap(), Parameters::new(8192, 1, 1).unwrap());
        let hashed = |plain, host| NewPassword::hashed(plain, &ann, host, &light);
        assert_eq!(hashed("short", None).err(), Some(Unusable::Short));
        assert_eq!(hashed("contoso-2026!", Some("packages.contoso.example")).err(), Some(Unusable::Name));
        let new = hashed("contoso-2026!", None).unwrap();
        assert!(new.hash().starts_with("$argon2id$v=19$m=8192,t=1,p=1$") && new.account().as_str() == "ann");
        assert!(!format!("{new:?}").contains("argon2"), "{new:?}");
    }
}
