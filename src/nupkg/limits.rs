//! How much of a package is read and believed.
//!
//! Every number that stops a hostile package stands here, with its reason.

/// Most entries: what a ZIP archive without Zip64 records can count (APPNOTE 4.4.22).
pub const MAX_ENTRIES: usize = 65_535;

/// Longest entry name in bytes. Windows opens paths of up to 260 characters by default; this leaves room for names in
/// any script.
pub const MAX_PATH_BYTES: usize = 1024;

/// Largest single entry after decompression, as declared: 2 GiB.
pub const MAX_ENTRY_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// All entries together after decompression, as declared: 8 GiB. A client unpacks every package it restores.
pub const MAX_TOTAL_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// How many times larger an entry may get when it is unpacked. Deflate reaches 1032 (zlib's technical notes); libraries
/// and their documentation stay below 30.
pub const MAX_RATIO: u64 = 200;

/// Entries up to this size, 16 MiB, may have any ratio: a small file of blanks is no bomb.
pub const ANY_RATIO_BYTES: u64 = 16 * 1024 * 1024;

/// Largest nuspec: 256 KiB. Large real ones have 30 KiB, and 64 of them stand in one registration page.
pub const MAX_NUSPEC_BYTES: u64 = 256 * 1024;

/// Largest icon, readme and licence file: 1 MiB each, as on nuget.org
/// (<https://learn.microsoft.com/nuget/reference/nuspec#icon>).
pub const MAX_EMBEDDED_BYTES: u64 = 1024 * 1024;

/// Deepest nesting of a nuspec's XML; a nuspec needs six levels. The reader calls itself once a level.
pub const MAX_DEPTH: usize = 32;

/// Most elements in a document; the largest real nuspecs have some four hundred.
pub const MAX_ELEMENTS: usize = 20_000;

/// Most attributes of one element. Looking for doubles takes the square of their number.
pub const MAX_ATTRIBUTES: usize = 32;

/// Longest namespace name in bytes. It is compared once per element.
pub const MAX_NAMESPACE_BYTES: usize = 512;

/// Longest title in characters (this and the next four: <https://learn.microsoft.com/nuget/reference/nuspec>).
pub const MAX_TITLE: usize = 256;
/// Longest description, summary, copyright and tags, in characters.
pub const MAX_TEXT: usize = 4000;
/// Longest release notes in characters.
pub const MAX_RELEASE_NOTES: usize = 35_000;
/// Longest list of authors in characters.
pub const MAX_AUTHORS: usize = 4000;
/// Longest path, framework, language, repository field, in characters. No source; a field that fits no screen.
pub const MAX_FIELD: usize = 1000;
/// Most dependencies in all groups together. No source; `NETStandard.Library` 2.0.3 has 337. Each stands in the
/// registration of its package, which every reader of it gets whole.
pub const MAX_DEPENDENCIES: usize = 1500;

/// What [`read`](super::read) accepts. `Default` takes the constants of this module and ASCII ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most entries, directories included.
    pub entries: usize,
    /// Longest entry name in bytes.
    pub path_bytes: usize,
    /// Largest declared size of one entry, in bytes.
    pub entry_bytes: u64,
    /// Largest sum of the declared sizes, in bytes.
    pub total_bytes: u64,
    /// Largest quotient of declared size and compressed size for entries over [`ANY_RATIO_BYTES`].
    pub ratio: u64,
    /// Largest nuspec in bytes, whatever its header declares.
    pub nuspec_bytes: u64,
    /// Largest icon, readme or licence in bytes, whatever its header declares.
    pub embedded_bytes: u64,
    /// Whether the package's own id may have letters outside ASCII. Ids of dependencies always may.
    pub unicode_ids: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: MAX_ENTRIES,
            path_bytes: MAX_PATH_BYTES,
            entry_bytes: MAX_ENTRY_BYTES,
            total_bytes: MAX_TOTAL_BYTES,
            ratio: MAX_RATIO,
            nuspec_bytes: MAX_NUSPEC_BYTES,
            embedded_bytes: MAX_EMBEDDED_BYTES,
            unicode_ids: false,
        }
    }
}
