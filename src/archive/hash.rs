//! The hashes of a package: the one that its signature covers, and the one that lock files hold.
//!
//! Both run over the unsigned form, so neither changes when a signature is added, replaced or taken out. One pass over the
//! file computes those that are wanted. Hashing is what judging a large package costs, so it uses the fastest code there is.

use std::io::{self, Read, Seek};

use aws_lc_rs::digest::{Context, SHA256, SHA384, SHA512};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Archive, BUFFER_SIZE, Rewrite};

/// A hash algorithm that a signature may name (NuGet signed content, version 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// SHA-256, 2.16.840.1.101.3.4.2.1.
    Sha256,
    /// SHA-384, 2.16.840.1.101.3.4.2.2.
    Sha384,
    /// SHA-512, 2.16.840.1.101.3.4.2.3.
    Sha512,
}

impl HashAlgorithm {
    /// The object identifier in dotted form, as the signed content has it.
    #[must_use]
    pub const fn oid(self) -> &'static str {
        match self {
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        }
    }
}

/// What one pass over the unsigned form of a package gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageHashes {
    sha256: Option<Vec<u8>>,
    sha384: Option<Vec<u8>>,
    sha512: Option<Vec<u8>>,
}

impl PackageHashes {
    /// Hashes the result of `unsigned` over `reader` with each of `algorithms`.
    ///
    /// # Errors
    /// When the file cannot be read or is shorter than the recipe.
    pub fn compute<R: Read + Seek>(reader: R, unsigned: &Rewrite, algorithms: &[HashAlgorithm]) -> io::Result<Self> {
        let mut sha256 = algorithms.contains(&HashAlgorithm::Sha256).then(|| Context::new(&SHA256));
        let mut sha384 = algorithms.contains(&HashAlgorithm::Sha384).then(|| Context::new(&SHA384));
        let mut sha512 = algorithms.contains(&HashAlgorithm::Sha512).then(|| Context::new(&SHA512));
        let mut stream = unsigned.reader(reader);
        let mut buffer = vec![0; BUFFER_SIZE];
        loop {
            let read = match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let piece = buffer.get(..read).unwrap_or_default();
            [&mut sha256, &mut sha384, &mut sha512].into_iter().flatten().for_each(|hash| hash.update(piece));
        }
        Ok(Self { sha256: sha256.map(digest), sha384: sha384.map(digest), sha512: sha512.map(digest) })
    }

    /// The hash by this algorithm; `None` when it was not asked for.
    #[must_use]
    pub fn by(&self, algorithm: HashAlgorithm) -> Option<&[u8]> {
        match algorithm {
            HashAlgorithm::Sha256 => self.sha256.as_deref(),
            HashAlgorithm::Sha384 => self.sha384.as_deref(),
            HashAlgorithm::Sha512 => self.sha512.as_deref(),
        }
    }

    /// The content hash of lock files and of `.nupkg.metadata`: base64 of SHA-512. `None` when that was not asked for.
    #[must_use]
    pub fn content_hash(&self) -> Option<String> {
        self.by(HashAlgorithm::Sha512).map(|hash| STANDARD.encode(hash))
    }
}

impl Archive {
    /// The content hash of a package in `reader`, from which the archive was read. `None` when its unsigned form is not
    /// defined.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn content_hash<R: Read + Seek>(&self, reader: R) -> io::Result<Option<String>> {
        let unsigned =
            if self.is_signed() { self.without_signature().ok() } else { Some(Rewrite::identity(self.length())) };
        let Some(unsigned) = unsigned else { return Ok(None) };
        Ok(PackageHashes::compute(reader, &unsigned, &[HashAlgorithm::Sha512])?.content_hash())
    }
}

fn digest(context: Context) -> Vec<u8> {
    context.finish().as_ref().to_vec()
}
