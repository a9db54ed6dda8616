//! Seals the server's secrets before they reach the database, and makes tokens that need no row.
//!
//! The key lies beside the database (`assay.key`, mode 0600) and not in it, so that a copy of the database alone gives
//! away no private key. It does not protect against somebody who can read the whole data folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of an AES-GCM nonce (NIST SP 800-38D, section 8.2).
const NONCE: usize = 12;
/// Bytes of a token: 128 bits can't be guessed.
const TOKEN: usize = 16;

/// Bytes of a passphrase's salt.
pub const SALT: usize = 16;
/// Memory in KiB and passes for a passphrase: slower than a password, because it is asked for once (RFC 9106, section 4).
const PASSPHRASE_MEMORY: u32 = 65_536;
const PASSPHRASE_PASSES: u32 = 3;

/// Random bytes of the system.
///
/// # Errors
/// [`Error::Library`].
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0u8; N];
    rand::fill(&mut bytes).map_err(|_| Error::Library)?;
    Ok(bytes)
}

/// Why a secret can't be sealed or opened.
#[derive(Debug, Error)]
pub enum Error {
    /// The key file can't be read or made.
    #[error("`{path}`: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key file holds something else.
    #[error("`{0}` is not a key of 64 hexadecimal digits; restore the file that belongs to this database")]
    Malformed(PathBuf),
    /// Others can read the key.
    #[error("`{path}` can be read by others (mode {mode:o}); run `chmod 600` on it")]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The sealed bytes were made with another key, for another purpose, or changed.
    #[error("a secret in the database was sealed with another key; restore the `assay.key` that belongs to it")]
    WrongKey,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library,
}

/// The open vault.
pub struct Vault {
    seal: LessSafeKey,
    token: hmac::Key,
}

impl Vault {
    /// The vault of the key file at `path`; `None` when there is no such file.
    ///
    /// # Errors
    /// An unreadable, malformed or too widely readable file.
    pub fn open_file(path: &Path) -> Result<Option<Self>, Error> {
        let file = |source| Error::File { path: path.to_owned(), source };
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(file(error)),
        };
        let mode = fs::metadata(path).map_err(file)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Error::TooOpen { path: path.to_owned(), mode });
        }
        let mut key = Zeroizing::new([0u8; 32]);
        hex::decode_to_slice(text.trim(), key.as_mut()).map_err(|_| Error::Malformed(path.to_owned()))?;
        Self::from_key(&key).map(Some)
    }

    /// Makes a new key file at `path`, which must not exist, and opens it.
    ///
    /// # Errors
    /// When the file exists or can't be written.
    pub fn create_file(path: &Path) -> Result<Self, Error> {
        let mut key = Zeroizing::new([0u8; 32]);
        rand::fill(key.as_mut()).map_err(|_| Error::Library)?;
        let write = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(Zeroizing::new(hex::encode(key.as_ref())).as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        };
        write().map_err(|source| Error::File { path: path.to_owned(), source })?;
        Self::from_key(&key)
    }

    /// The vault of a passphrase with the salt of its database. Takes about 100 ms and 64 MiB.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn from_passphrase(passphrase: &str, salt: &[u8]) -> Result<Self, Error> {
        let params = Params::new(PASSPHRASE_MEMORY, PASSPHRASE_PASSES, 1, Some(32)).map_err(|_| Error::Library)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0u8; 32]);
        argon2.hash_password_into(passphrase.as_bytes(), salt, key.as_mut()).map_err(|_| Error::Library)?;
        Self::from_key(&key)
    }

    /// The vault with this master key, from which one key for each use is derived.
    fn from_key(master: &[u8; 32]) -> Result<Self, Error> {
        let master = hmac::Key::new(hmac::HMAC_SHA256, master);
        let seal = hmac::sign(&master, b"assay seal 1");
        let token = hmac::sign(&master, b"assay token 1");
        let seal = UnboundKey::new(&AES_256_GCM, seal.as_ref()).map_err(|_| Error::Library)?;
        Ok(Self { seal: LessSafeKey::new(seal), token: hmac::Key::new(hmac::HMAC_SHA256, token.as_ref()) })
    }

    /// `secret`, encrypted for `purpose`: a nonce, then the ciphertext with its tag.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce = random::<NONCE>()?;
        let mut sealed = secret.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.seal.seal_in_place_append_tag(unique, Aad::from(purpose), &mut sealed).map_err(|_| Error::Library)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed for the same `purpose`.
    ///
    /// # Errors
    /// [`Error::WrongKey`].
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(Error::WrongKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::WrongKey)?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let length =
            self.seal.open_in_place(nonce, Aad::from(purpose), &mut opened).map_err(|_| Error::WrongKey)?.len();
        opened.truncate(length);
        Ok(opened)
    }

    /// A token for a URL: only this server can make it, and it is worth something only for `subject`.
    #[must_use]
    pub fn token(&self, subject: &str) -> String {
        let tag = hmac::sign(&self.token, subject.as_bytes());
        URL_SAFE_NO_PAD.encode(tag.as_ref().get(..TOKEN).unwrap_or_default())
    }

    /// Whether `token` is the one for `subject`, in constant time.
    #[must_use]
    pub fn is_token(&self, subject: &str, token: &str) -> bool {
        use subtle::ConstantTimeEq;
        self.token(subject).as_bytes().ct_eq(token.as_bytes()).into()
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::from_key(&[byte; 32]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_purpose_only() {
        let sealed = vault(1).seal("repository key", b"secret").unwrap();
        assert_eq!(vault(1).open("repository key", &sealed).unwrap().as_slice(), b"secret");
        assert!(matches!(vault(1).open("totp", &sealed), Err(Error::WrongKey)));
        assert!(matches!(vault(2).open("repository key", &sealed), Err(Error::WrongKey)));
        assert!(matches!(vault(1).open("repository key", &sealed[..11]), Err(Error::WrongKey)));
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        assert_ne!(vault(1).seal("a", b"secret").unwrap(), vault(1).seal("a", b"secret").unwrap());
    }

    #[test]
    fn a_token_is_worth_something_for_its_subject_only() {
        let token = vault(1).token("contoso.core/1.0.0");
        assert!(vault(1).is_token("contoso.core/1.0.0", &token));
        assert!(!vault(1).is_token("contoso.core/1.0.1", &token));
        assert!(!vault(2).is_token("contoso.core/1.0.0", &token));
        assert!(!vault(1).is_token("contoso.core/1.0.0", ""));
    }

    #[test]
    fn the_key_file_is_private_and_a_public_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.key");
        assert!(Vault::open_file(&path).unwrap().is_none());
        let sealed = Vault::create_file(&path).unwrap().seal("a", b"secret").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Vault::open_file(&path).unwrap().unwrap().open("a", &sealed).unwrap().as_slice(), b"secret");
        assert!(Vault::create_file(&path).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Vault::open_file(&path), Err(Error::TooOpen { mode: 0o644, .. })));
    }
}
