//! Why a package is refused.
//!
//! Every message is printable ASCII on one line: it travels in HTTP header fields and logs. Names out of the package
//! pass through [`Excerpt`](crate::domain::excerpt::Excerpt) first.

use std::io;

use super::limits::ANY_RATIO_BYTES;
use super::nuspec_error::NuspecError;

/// A broken rule of [`read`](super::read). The fields `file` and `path` are excerpts fit for messages.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes could not be fetched; nothing is known about the package.
    #[error("reading the package failed: {0}")]
    Io(#[source] io::Error),
    /// Not a ZIP archive, or a damaged one.
    #[error(
        "the file is not a readable ZIP archive, or was cut off on its way; pack it again and push it again ({problem})"
    )]
    NotZip {
        /// What is wrong with it.
        problem: String,
    },
    /// More entries than allowed.
    #[error("the package has {found} entries, more than {limit}")]
    TooManyEntries {
        /// As counted by the archive.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// An entry name longer than allowed.
    #[error("file `{file}` has a name longer than {limit} bytes")]
    LongPath {
        /// The beginning of the name.
        file: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// An entry that a client could write outside the folder of the package, or not at all.
    #[error("file `{file}` has a bad name: {problem}")]
    Path {
        /// The name.
        file: String,
        /// The broken rule.
        problem: &'static str,
    },
    /// Two entries that land on the same file on Windows.
    #[error("file `{file}` is in the package more than once (case and the kind of slash do not count)")]
    Duplicate {
        /// The name of the second.
        file: String,
    },
    /// An encrypted entry.
    #[error("file `{file}` is encrypted")]
    Encrypted {
        /// The name.
        file: String,
    },
    /// Neither stored nor deflated.
    #[error("file `{file}` uses compression method {method}; only 0 (stored) and 8 (deflate) are allowed")]
    Compression {
        /// The name.
        file: String,
        /// The number of the method (APPNOTE 4.4.5).
        method: String,
    },
    /// One entry is too large unpacked.
    #[error("file `{file}` has {found} bytes, more than {limit}")]
    EntryTooLarge {
        /// The name.
        file: String,
        /// Declared or found size in bytes.
        found: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// All entries together are too large unpacked.
    #[error("the files of the package have more than {limit} bytes together")]
    TotalTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// A decompression bomb.
    #[error(
        "file `{file}` grows more than {limit} times when unpacked, which is not allowed above {ANY_RATIO_BYTES} bytes"
    )]
    Ratio {
        /// The name.
        file: String,
        /// The limit.
        limit: u64,
    },
    /// An entry that does not unpack to what it declares.
    #[error("file `{file}` is damaged: {problem}")]
    Damaged {
        /// The name.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// No nuspec at the root of the archive.
    #[error("the package has no `.nuspec` file at its root")]
    NoNuspec,
    /// Two nuspecs at the root of the archive.
    #[error("the package has more than one `.nuspec` file at its root: `{first}` and `{second}`")]
    SeveralNuspecs {
        /// A name.
        first: String,
        /// Another one.
        second: String,
    },
    /// The nuspec.
    #[error("file `{file}`: {problem}")]
    Nuspec {
        /// Its name.
        file: String,
        /// The broken rule.
        #[source]
        problem: NuspecError,
    },
    /// The nuspec names a file that is not there.
    #[error("element `{element}` names the file `{path}`, which is not in the package")]
    MissingFile {
        /// The element.
        element: &'static str,
        /// The path in it.
        path: String,
    },
    /// A file that the nuspec names has the wrong kind.
    #[error("element `{element}` names the file `{path}`, which {problem}")]
    WrongKind {
        /// The element.
        element: &'static str,
        /// The path in it.
        path: String,
        /// The broken rule.
        problem: &'static str,
    },
    /// A symbol package, which belongs elsewhere.
    #[error("this is a symbol package; push it to a symbol server, not as a package")]
    SymbolPackage,
}
