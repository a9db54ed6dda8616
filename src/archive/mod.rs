//! The bytes of a package as a ZIP archive: where its records lie, which of them is the signature, and how to take it
//! out or put it in without touching any other byte.
//!
//! This module reads records, not contents: it never inflates an entry and knows nothing about nuspecs or CMS. It reads
//! as leniently as the .NET client, because the package hash is defined over whatever the client reads; what a server
//! should refuse on top is [`Archive::check_strict`]. It does not check CRC-32 values.
//!
//! Everything works over `Read + Seek` with 64-bit offsets. What stays in memory is the central directory, whose size
//! has a limit, never the entries.

mod directory;
mod entry_name;
mod hash;
mod layout;
mod record;
mod rewrite;
mod rewrite_bytes;
mod rewrite_reader;
mod signature_entry;
mod strict;

pub use directory::{Archive, Error, Limits};
pub use hash::{HashAlgorithm, PackageHashes};
pub use layout::{LayoutError, dos_time};
pub use record::CentralRecord;
pub use rewrite::{InverseError, Rewrite, Segment};
pub use rewrite_bytes::InvalidRewrite;
pub use rewrite_reader::RewriteReader;
pub use signature_entry::{SignatureEntryError, SignatureEntryRule};
pub use strict::Finding;

/// The name of the signature entry, to the byte (NuGet package signatures technical reference).
pub const SIGNATURE_NAME: &[u8] = b".signature.p7s";

/// Buffer for streaming a package: large enough that the cost of a system call vanishes beside hashing.
pub(crate) const BUFFER_SIZE: usize = 128 * 1024;
