//! The vault that belongs to the database: opened, or made for a database in which nothing is sealed yet.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::data_folder::DataFolder;
use crate::store::{self, Store};
use crate::vault::{self, SALT, Vault};

/// A sealed text, by which a wrong key is known before it does harm.
const CHECK: &str = "vault_check";
/// The salt of a passphrase. Not secret.
const PASSPHRASE_SALT: &str = "vault_salt";
/// What is sealed in [`CHECK`].
const KNOWN: &[u8] = b"assay";

/// Why there is no vault.
#[derive(Debug, Error)]
pub enum Error {
    /// The key can't be read, made or used.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The passphrase can't be read.
    #[error("`{path}`: {source}")]
    Passphrase {
        /// Its file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Opens the vault with the passphrase in `passphrase_file`, or with the key file of the data folder. `None` when the key
/// that belongs to the database is not here or is another one: the server reads then, and refuses pushes. Making a new
/// key would only hide that.
///
/// # Errors
/// A key or passphrase that can't be read.
pub fn open(store: &Store, folder: &DataFolder, passphrase_file: Option<&Path>) -> Result<Option<Vault>, Error> {
    let check = store.read(|r| r.meta(CHECK))?;
    let vault = match passphrase_file {
        Some(file) => Some(from_passphrase(store, file)?),
        None => match (Vault::open_file(&folder.key())?, &check) {
            (Some(vault), _) => Some(vault),
            (None, None) => Some(Vault::create_file(&folder.key())?),
            (None, Some(_)) => None,
        },
    };
    match (vault, check) {
        (Some(vault), None) => {
            let sealed = vault.seal(CHECK, KNOWN)?;
            store.write(|w| w.set_meta(CHECK, &sealed))?;
            Ok(Some(vault))
        }
        (Some(vault), Some(check)) if vault.open(CHECK, &check).is_ok_and(|known| known.as_slice() == KNOWN) => {
            Ok(Some(vault))
        }
        _ => {
            let cure = "restore the `assay.key` (or the passphrase) that belongs to this database, and start again";
            tracing::error!("secrets in the database can't be opened, so pushes are refused: {cure}");
            Ok(None)
        }
    }
}

fn from_passphrase(store: &Store, path: &Path) -> Result<Vault, Error> {
    let read = fs::read_to_string(path).map_err(|source| Error::Passphrase { path: path.to_owned(), source })?;
    let passphrase = Zeroizing::new(read);
    let salt = store.write(|w| match w.meta(PASSPHRASE_SALT)? {
        Some(salt) => Ok::<_, Error>(salt),
        None => {
            let salt = vault::random::<SALT>()?;
            w.set_meta(PASSPHRASE_SALT, &salt)?;
            Ok(salt.to_vec())
        }
    })?;
    Ok(Vault::from_passphrase(passphrase.trim_end_matches(['\r', '\n']), &salt)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> (tempfile::TempDir, DataFolder, Store) {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let store = Store::open(&folder.database()).unwrap();
        (parent, folder, store)
    }

    #[test]
    fn a_database_keeps_to_its_key_and_a_lost_or_foreign_one_is_noticed() {
        let (_parent, folder, store) = fixture();
        let sealed = open(&store, &folder, None).unwrap().unwrap().seal("a", b"secret").unwrap();
        let again = open(&store, &folder, None).unwrap().unwrap();
        assert_eq!(again.open("a", &sealed).unwrap().as_slice(), b"secret");
        fs::remove_file(folder.key()).unwrap();
        assert!(open(&store, &folder, None).unwrap().is_none());
        assert!(!folder.key().exists(), "a new key would hide that the old one is lost");
        Vault::create_file(&folder.key()).unwrap();
        assert!(open(&store, &folder, None).unwrap().is_none());
    }

    #[test]
    fn a_passphrase_opens_what_it_sealed_and_another_does_not() {
        let (_parent, folder, store) = fixture();
        let file = folder.path().join("passphrase");
        fs::write(&file, "correct horse\n").unwrap();
        let sealed = open(&store, &folder, Some(&file)).unwrap().unwrap().seal("a", b"secret").unwrap();
        fs::write(&file, "correct horse").unwrap();
        let again = open(&store, &folder, Some(&file)).unwrap().unwrap();
        assert_eq!(again.open("a", &sealed).unwrap().as_slice(), b"secret");
        fs::write(&file, "wrong horse").unwrap();
        assert!(open(&store, &folder, Some(&file)).unwrap().is_none());
    }
}
