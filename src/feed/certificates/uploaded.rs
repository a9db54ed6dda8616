//! Files that somebody chose: the certificate alone, and those above it. What is wrong with one is told by its name.

use thiserror::Error;

use crate::domain::certificate::MAX_REGISTRATIONS;
use crate::domain::pattern::Pattern;
use crate::domain::visible::visible;
use crate::signature::certificate_file::{self, InvalidCertificateFile};
use crate::signature::{Certificate, RegistrationProblem};

/// Largest file that is taken for a certificate: nuget.org's limit too.
pub const MAX_CERTIFICATE_FILE: usize = 10_000;
/// Largest file with the certificates above it.
pub const MAX_CHAIN_FILE: usize = 100_000;
/// Certificates above one, in all files together: chains have at most 16.
pub const MAX_CHAIN_CERTIFICATES: usize = 20;
/// Letters of a file's name that are shown.
const MAX_NAME: usize = 200;

/// A file with its name.
#[derive(Debug, Clone, Copy)]
pub struct UploadedFile<'a> {
    /// The name, to show.
    pub name: &'a str,
    /// What is in it, or the beginning of a file that is too large to be read: whole packages are chosen by mistake.
    pub bytes: &'a [u8],
    /// How many bytes the file has.
    pub size: u64,
}

impl<'a> UploadedFile<'a> {
    /// A file that was read to its end.
    #[must_use]
    pub const fn whole(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, bytes, size: bytes.len() as u64 }
    }

    const fn is_cut(&self) -> bool {
        self.size > self.bytes.len() as u64
    }

    /// Whether it has more than `most` bytes; one of which only the beginning is there is always too large.
    const fn is_beyond(&self, most: usize) -> bool {
        self.is_cut() || self.size > most as u64
    }

    /// As much of its name as is shown, on one line and without what steers.
    pub(super) fn shown_name(&self) -> String {
        visible(&self.name.chars().take(MAX_NAME).collect::<String>())
    }
}

/// Why a file was not registered.
#[derive(Debug, Error)]
pub enum NotRegistered {
    /// The file is too large.
    #[error(
        "the file has {0} bytes, and a certificate at most {MAX_CERTIFICATE_FILE}; export the certificate alone, in DER (`.cer`)"
    )]
    TooLarge(u64),
    /// The file is something else.
    #[error(transparent)]
    File(#[from] InvalidCertificateFile),
    /// The certificate can't sign packages.
    #[error("the certificate can't be registered: {}", join(.0))]
    Unfit(Vec<RegistrationProblem>),
    /// Two files are the same.
    #[error("it is the same certificate as in `{0}`")]
    Twice(String),
    /// It is registered, and counts for other package IDs. What that would change is shown where its patterns are changed.
    #[error("it is registered already, {}; change its package IDs instead of registering it again", counts_for(.0))]
    OtherPatterns(Vec<Pattern>),
    /// There are too many.
    #[error(
        "{MAX_REGISTRATIONS} certificates are registered, and that is the most; remove one that is not used any more"
    )]
    TooMany,
}

/// Why the certificates above it are not taken. Nothing was registered then.
#[derive(Debug, Error)]
pub enum ChainError {
    /// A file is too large.
    #[error("`{name}` has {size} bytes, and a file with the certificates above it at most {MAX_CHAIN_FILE}")]
    TooLarge {
        /// Which file.
        name: String,
        /// How large it is.
        size: u64,
    },
    /// A file holds no certificates.
    #[error("`{name}`: {error}")]
    File {
        /// Which file.
        name: String,
        /// Why.
        error: InvalidCertificateFile,
    },
    /// Too many.
    #[error(
        "there are {0} certificates above it, more than the {MAX_CHAIN_CERTIFICATES} that are read; choose only its own issuers"
    )]
    TooMany(usize),
}

fn join(problems: &[RegistrationProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn counts_for(patterns: &[Pattern]) -> String {
    if patterns.is_empty() {
        return "for all package IDs".to_owned();
    }
    format!("only for {}", patterns.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(", "))
}

/// The certificate in a file.
pub(super) fn read_signer(file: &UploadedFile<'_>) -> Result<Certificate, NotRegistered> {
    match certificate_file::read_one(file.bytes) {
        // What it is says more than how large it is.
        Err(known @ InvalidCertificateFile::Other { .. }) => Err(known.into()),
        // How many there are is not known from a beginning.
        Err(known @ InvalidCertificateFile::Several { .. }) if !file.is_cut() => Err(known.into()),
        _ if file.is_beyond(MAX_CERTIFICATE_FILE) => Err(NotRegistered::TooLarge(file.size)),
        read => Ok(read?),
    }
}

/// The certificates above it.
pub(super) fn read_chain(files: &[UploadedFile<'_>]) -> Result<Vec<Certificate>, ChainError> {
    let mut chain = Vec::new();
    for file in files {
        let read = match certificate_file::read_all(file.bytes) {
            Err(known @ InvalidCertificateFile::Other { .. }) => Err(known),
            _ if file.is_beyond(MAX_CHAIN_FILE) => {
                return Err(ChainError::TooLarge { name: file.shown_name(), size: file.size });
            }
            read => read,
        };
        chain.extend(read.map_err(|error| ChainError::File { name: file.shown_name(), error })?);
    }
    if chain.len() > MAX_CHAIN_CERTIFICATES { Err(ChainError::TooMany(chain.len())) } else { Ok(chain) }
}
