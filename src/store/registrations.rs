//! Package registrations: everything that is said about an ID rather than about a version.

use rusqlite::types::FromSqlError;
use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::{Moment, row_number};
use super::{Error, Reads, Writes};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::package_id::PackageId;
use crate::domain::push_rule::RequiredSigner;

/// The row number of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RegistrationId(pub i64);

row_number!(RegistrationId);

/// A registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its row.
    pub id: RegistrationId,
    /// The ID in the spelling of its first push, which is how every document spells it.
    pub package_id: PackageId,
    /// Whose signature the owners want.
    pub required_signer: RequiredSigner,
}

/// A registration with its owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRegistration {
    /// What is said about its ID.
    pub registration: Registration,
    /// Its owners by name.
    pub owners: Vec<(AccountId, AccountName)>,
}

/// A package as its owner's page lists it.
#[derive(Debug, Clone)]
pub struct OwnedPackage {
    /// The ID.
    pub package_id: PackageId,
    /// How many versions are on the feed.
    pub versions: u32,
    /// How often they were downloaded.
    pub downloads: u64,
    /// When the last one was published; `None` without versions.
    pub published_at: Option<OffsetDateTime>,
}

/// What [`registration`] needs of `registration r LEFT JOIN account a ON a.id = r.required_owner`.
pub(super) const REGISTRATION_COLUMNS: &str = "r.id, r.package_id, r.required_signer, a.name AS required_owner";

const SELECT: &str = "SELECT r.id, r.package_id, r.required_signer, a.name AS required_owner
    FROM registration r LEFT JOIN account a ON a.id = r.required_owner";

pub(super) fn registration(row: &Row<'_>) -> rusqlite::Result<Registration> {
    let choice: String = row.get("required_signer")?;
    let owner: Option<AccountName> = row.get("required_owner")?;
    let required_signer = match (choice.as_str(), owner) {
        ("one-owner", Some(owner)) => RequiredSigner::OneOwner(owner),
        ("no-signature-needed", None) => RequiredSigner::NoSignatureNeeded,
        ("any-owner", None) => RequiredSigner::AnyOwner,
        // A choice that is not understood must not become the mildest one.
        _ => return Err(FromSqlError::InvalidType.into()),
    };
    Ok(Registration { id: row.get("id")?, package_id: row.get("package_id")?, required_signer })
}

impl Reads<'_> {
    /// The registration of an ID, in any case.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn registration(&self, id: &PackageId) -> Result<Option<Registration>, Error> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE r.id_key = ?1"))?;
        Ok(query.query_row([id.key()], registration).optional()?)
    }

    /// The registration of a row.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn registration_by_row(&self, id: RegistrationId) -> Result<Registration, Error> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE r.id = ?1"))?;
        Ok(query.query_row([id], registration)?)
    }

    /// The owners of a registration by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn owners(&self, registration: RegistrationId) -> Result<Vec<(AccountId, AccountName)>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT a.id, a.name FROM registration_owner o JOIN account a ON a.id = o.account WHERE o.registration = ?1 ORDER BY a.name_key",
        )?;
        let owners = query.query_map([registration], |row| Ok((row.get("id")?, row.get("name")?)))?;
        Ok(owners.collect::<Result<_, _>>()?)
    }

    /// The registrations that an account owns by ID, each with all its owners by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn registrations_of(&self, owner: AccountId) -> Result<Vec<OwnedRegistration>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "SELECT {REGISTRATION_COLUMNS}, other.id AS owner, other.name AS owner_name
             FROM registration_owner mine JOIN registration r ON r.id = mine.registration
               LEFT JOIN account a ON a.id = r.required_owner
               JOIN registration_owner o ON o.registration = r.id JOIN account other ON other.id = o.account
             WHERE mine.account = ?1 ORDER BY r.id_key, other.name_key"
        ))?;
        let mut rows = query.query([owner])?;
        let mut owned: Vec<OwnedRegistration> = Vec::new();
        while let Some(row) = rows.next()? {
            let owner = (row.get("owner")?, row.get("owner_name")?);
            let id: RegistrationId = row.get("id")?;
            match owned.last_mut() {
                Some(last) if last.registration.id == id => last.owners.push(owner),
                _ => owned.push(OwnedRegistration { registration: registration(row)?, owners: vec![owner] }),
            }
        }
        Ok(owned)
    }

    /// The packages with versions that readers see, of those that an account owns, by ID: `limit` of them after leaving out `skip`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn packages_of(&self, owner: AccountId, skip: u64, limit: u32) -> Result<Vec<OwnedPackage>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT r.package_id, r.downloads, count(v.id) AS versions, max(v.published_at) AS published_at
             FROM registration_owner o JOIN registration r ON r.id = o.registration JOIN shown_version v ON v.registration = r.id
             WHERE o.account = ?1 GROUP BY r.id ORDER BY r.id_key LIMIT ?3 OFFSET ?2",
        )?;
        let packages = query.query_map((owner, skip, limit), |row| {
            let published_at: Option<Moment> = row.get("published_at")?;
            Ok(OwnedPackage {
                package_id: row.get("package_id")?,
                versions: row.get("versions")?,
                downloads: row.get("downloads")?,
                published_at: published_at.map(|Moment(at)| at),
            })
        })?;
        Ok(packages.collect::<Result<_, _>>()?)
    }

    /// How many packages with versions that readers see an account owns.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_packages_of(&self, owner: AccountId) -> Result<u64, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT count(*) FROM registration_owner o WHERE o.account = ?1
             AND EXISTS (SELECT 1 FROM shown_version v WHERE v.registration = o.registration)",
        )?;
        Ok(query.query_row([owner], |row| row.get(0))?)
    }

    /// The name of an account.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn account_name(&self, account: AccountId) -> Result<AccountName, Error> {
        let mut query = self.0.prepare_cached("SELECT name FROM account WHERE id = ?1")?;
        Ok(query.query_row([account], |row| row.get("name"))?)
    }

    /// All registrations, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn registrations(&self) -> Result<Vec<(RegistrationId, PackageId)>, Error> {
        let mut query = self.0.prepare_cached("SELECT id, package_id FROM registration ORDER BY id")?;
        Ok(query.query_map([], |row| Ok((row.get("id")?, row.get("package_id")?)))?.collect::<Result<_, _>>()?)
    }

    /// The IDs that an account owns, by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn ids_owned_by(&self, account: AccountId) -> Result<Vec<PackageId>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT r.package_id FROM registration_owner o JOIN registration r ON r.id = o.registration WHERE o.account = ?1 ORDER BY r.id_key",
        )?;
        Ok(query.query_map([account], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Creates a registration with its first owner.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn create_registration(
        &mut self,
        id: &PackageId,
        owner: AccountId,
        now: OffsetDateTime,
    ) -> Result<RegistrationId, Error> {
        self.0.0.execute(
            "INSERT INTO registration (package_id, id_key, created_at) VALUES (?1, ?2, ?3)",
            (id.as_str(), id.key(), Moment(now)),
        )?;
        let registration = RegistrationId(self.0.0.last_insert_rowid());
        self.add_owner(registration, owner)?;
        Ok(registration)
    }

    /// Makes an account an owner.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_owner(&mut self, registration: RegistrationId, account: AccountId) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO registration_owner VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            (registration, account),
        )?;
        Ok(())
    }

    /// Makes an account no owner any more.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_owner(&mut self, registration: RegistrationId, account: AccountId) -> Result<(), Error> {
        self.0.0.execute(
            "DELETE FROM registration_owner WHERE registration = ?1 AND account = ?2",
            (registration, account),
        )?;
        Ok(())
    }

    /// Keeps whose signature the owners want.
    ///
    /// # Errors
    /// What SQLite says; an owner that is no account.
    pub fn set_required_signer(&mut self, registration: RegistrationId, choice: &RequiredSigner) -> Result<(), Error> {
        let (word, owner) = match choice {
            RequiredSigner::AnyOwner => ("any-owner", None),
            RequiredSigner::NoSignatureNeeded => ("no-signature-needed", None),
            RequiredSigner::OneOwner(name) => ("one-owner", Some(name.key())),
        };
        self.0.0.execute(
            "UPDATE registration SET required_signer = ?2, required_owner = (SELECT id FROM account WHERE name_key = ?3) WHERE id = ?1",
            (registration, word, owner),
        )?;
        Ok(())
    }
}
