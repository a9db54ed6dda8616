//! Finding and reading the central directory as the .NET client does.
//!
//! The end record is the last tag `PK\x05\x06` near the end of the file, its comment length is not compared with what
//! follows, and the records are read one after the other while their tag is right. A count in the end record that differs
//! from the number of records makes the file unreadable, as it does for the client (seen with SDK 10.0.401).

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::record::{
    CENTRAL_SIZE, CENTRAL_TAG, CentralRecord, END_SIZE, END_TAG, EndRecord, LocalHeader, ZIP64_LOCATOR_SIZE,
    ZIP64_LOCATOR_TAG, u16_at,
};
use super::{BUFFER_SIZE, SIGNATURE_NAME};

/// How far from the end of the file the end record may lie: its own 18 octets after the tag, the longest comment, and the
/// tag. The .NET reader looks no further.
const END_SEARCH: u64 = 18 + 65_535 + 4;

/// What an archive may cost to read. Each limit is far above what real packages need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries. The official signer refuses 65 534 and more, so 65 533 and the signature are the most.
    pub entries: usize,
    /// Octets of the central directory, which is held in memory, several times over while pushes run at once: 65 534
    /// entries with names of 80 octets on average.
    pub directory: u64,
    /// Octets of the signature entry. Real ones are below 40 kB; the client itself has no limit and runs out of memory.
    pub signature: u32,
}

impl Limits {
    /// The limits of the server.
    pub const DEFAULT: Self = Self { entries: 65_534, directory: 8 << 20, signature: 1 << 20 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a file cannot be read as an archive at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No end record within the last 64 KiB.
    #[error(
        "this is no ZIP archive: no end of central directory record was found in {length} octets; a package that was cut off in transit looks like this, push it again"
    )]
    NoEndRecord {
        /// Length of the file.
        length: u64,
    },
    /// The end record points at or behind the end of the file.
    #[error(
        "the central directory is said to start at octet {offset}, but the end record lies at {end}; build the package again"
    )]
    DirectoryOffset {
        /// Where it is said to start.
        offset: u64,
        /// Where the end record lies.
        end: u64,
    },
    /// The end record refers to Zip64 records.
    #[error("the archive uses Zip64, which NuGet cannot sign or verify; build the package without Zip64")]
    Zip64,
    /// The end record counts other records than there are.
    #[error("the end record counts {expected} entries, but the central directory has {found}; build the package again")]
    EntryCount {
        /// What the end record says.
        expected: u64,
        /// How many records there are.
        found: usize,
    },
    /// The end record says that its directory is on another disk, or only in part on this one.
    #[error("the archive claims to be split over several disks; build the package again")]
    Split,
    /// The comment is said to reach beyond the end of the file.
    #[error("the end record announces a comment of {expected} octets, but only {found} follow; push the package again")]
    Comment {
        /// What the end record says.
        expected: u64,
        /// What follows.
        found: u64,
    },
    /// A record breaks off at the end of the file.
    #[error("the central directory breaks off at octet {position}")]
    Truncated {
        /// Where the broken record starts.
        position: u64,
    },
    /// More entries than [`Limits::entries`].
    #[error("the archive has more than {limit} entries, which NuGet cannot sign; split the package")]
    TooManyEntries {
        /// The limit.
        limit: usize,
    },
    /// A larger directory than [`Limits::directory`].
    #[error("the central directory is larger than {limit} octets; use fewer or shorter names")]
    DirectoryTooLarge {
        /// The limit.
        limit: u64,
    },
    /// The file could not be read.
    #[error("the package could not be read")]
    Io(#[from] io::Error),
}

/// Where the records of a package lie. Made by [`Archive::read`]; valid for exactly the bytes that it was read from.
#[derive(Debug, Clone)]
pub struct Archive {
    pub(crate) length: u64,
    pub(crate) end: EndRecord,
    pub(crate) records: Vec<CentralRecord>,
    pub(crate) limits: Limits,
}

impl Archive {
    /// Reads the directory of the archive in `reader`, from wherever the reader stands.
    ///
    /// # Errors
    /// [`Error`] when there is no directory to read, or one beyond `limits`.
    pub fn read<R: Read + Seek>(reader: &mut R, limits: &Limits) -> Result<Self, Error> {
        let length = reader.seek(SeekFrom::End(0))?;
        let end = find_end(reader, length)?;
        let offset = u64::from(end.directory_offset);
        if is_zip64(reader, &end)? {
            return Err(Error::Zip64);
        }
        if offset > end.position || (end.entries == 0 && offset != end.position) {
            return Err(Error::DirectoryOffset { offset, end: end.position });
        }
        let (expected, found) = (u64::from(end.comment_length), length.saturating_sub(end.position + END_SIZE));
        if expected > found {
            return Err(Error::Comment { expected, found });
        }
        if end.disk != end.directory_disk || end.entries_on_disk != end.entries {
            return Err(Error::Split);
        }
        let records = read_records(reader, offset, limits)?;
        if records.len() != usize::from(end.entries) {
            return Err(Error::EntryCount { expected: end.entries.into(), found: records.len() });
        }
        Ok(Self { length, end, records, limits: *limits })
    }

    /// Length of the file in octets.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The records of the central directory, in its order.
    #[must_use]
    pub fn records(&self) -> &[CentralRecord] {
        &self.records
    }

    /// Whether the client takes the package for a signed one: an entry is named exactly `.signature.p7s`, whatever its
    /// flags. The entry may still be unusable, see [`Archive::read_signature`].
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.records.iter().any(|record| record.name == SIGNATURE_NAME)
    }

    /// How many entries at the root are named `*.nuspec`, in any case. The client reads a package only when it is one.
    #[must_use]
    pub fn root_manifests(&self) -> usize {
        let is_manifest = |name: &[u8]| {
            name.len() > 7
                && name.get(name.len() - 7..).is_some_and(|end| end.eq_ignore_ascii_case(b".nuspec"))
                && !name.iter().any(|octet| matches!(octet, b'/' | b'\\'))
        };
        self.records.iter().filter(|record| is_manifest(&record.name)).count()
    }

    /// Whether the end record claims that the archive is one of several disks. The client verifies such a package and then
    /// cannot read it.
    pub(crate) const fn is_split(&self) -> bool {
        self.end.disk != 0 || self.end.directory_disk != 0
    }

    /// Where the central directory starts; where it would start when it is empty.
    pub(crate) fn directory_start(&self) -> u64 {
        self.records.first().map_or(u64::from(self.end.directory_offset), |record| record.position)
    }

    /// Where the last record of the central directory ends. The client takes what lies here for the end record.
    pub(crate) fn directory_end(&self) -> u64 {
        self.records.last().map_or(u64::from(self.end.directory_offset), CentralRecord::end)
    }
}

/// What stands where a local header should be.
pub(crate) enum LocalFound {
    Header(LocalHeader),
    /// Something else.
    Other,
    /// The file ends in it.
    BreaksOff,
}

/// Reads the local header at `offset`. `None` when no whole local header is there.
pub(crate) fn read_local<R: Read + Seek>(reader: &mut R, offset: u64) -> io::Result<Option<LocalHeader>> {
    Ok(match find_local(reader, offset)? {
        LocalFound::Header(header) => Some(header),
        LocalFound::Other | LocalFound::BreaksOff => None,
    })
}

/// Looks for the local header at `offset`.
pub(crate) fn find_local<R: Read + Seek>(reader: &mut R, offset: u64) -> io::Result<LocalFound> {
    reader.seek(SeekFrom::Start(offset))?;
    let mut fixed = [0; 30];
    if !read_fully(reader, &mut fixed)? {
        return Ok(LocalFound::BreaksOff);
    }
    let Some(length) = LocalHeader::variable_length(&fixed) else {
        return Ok(LocalFound::Other);
    };
    let mut variable = vec![0; length];
    if !read_fully(reader, &mut variable)? {
        return Ok(LocalFound::BreaksOff);
    }
    Ok(LocalHeader::parse(&fixed, &variable).map_or(LocalFound::Other, LocalFound::Header))
}

/// Fills `buffer`; false when the file ends before.
pub(crate) fn read_fully<R: Read>(reader: &mut R, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the end record leaves a number to the Zip64 records that stand before it (APPNOTE.TXT 4.4.1.4).
fn is_zip64<R: Read + Seek>(reader: &mut R, end: &EndRecord) -> io::Result<bool> {
    let refers = end.entries == u16::MAX || end.directory_size == u32::MAX || end.directory_offset == u32::MAX;
    Ok(refers && has_zip64_locator(reader, end)?)
}

/// Whether a Zip64 locator stands directly before the end record.
pub(crate) fn has_zip64_locator<R: Read + Seek>(reader: &mut R, end: &EndRecord) -> io::Result<bool> {
    let Some(at) = end.position.checked_sub(ZIP64_LOCATOR_SIZE) else {
        return Ok(false);
    };
    reader.seek(SeekFrom::Start(at))?;
    let mut tag = [0; 4];
    Ok(read_fully(reader, &mut tag)? && tag == ZIP64_LOCATOR_TAG)
}

fn find_end<R: Read + Seek>(reader: &mut R, length: u64) -> Result<EndRecord, Error> {
    let start = length.saturating_sub(END_SEARCH);
    reader.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    reader.take(END_SEARCH).read_to_end(&mut tail)?;
    let last = tail.len().checked_sub(usize::try_from(END_SIZE).unwrap_or(22));
    let found = last.and_then(|last| (0..=last).rev().find(|&at| tail.get(at..at + 4) == Some(&END_TAG[..])));
    found
        .and_then(|at| EndRecord::parse(start + u64::try_from(at).ok()?, tail.get(at..)?))
        .ok_or(Error::NoEndRecord { length })
}

fn read_records<R: Read + Seek>(reader: &mut R, offset: u64, limits: &Limits) -> Result<Vec<CentralRecord>, Error> {
    reader.seek(SeekFrom::Start(offset))?;
    let mut reader = BufReader::with_capacity(BUFFER_SIZE, reader);
    let mut records = Vec::new();
    let mut position = offset;
    loop {
        let mut bytes = vec![0; 4];
        if !read_fully(&mut reader, &mut bytes)? || bytes != CENTRAL_TAG {
            return Ok(records);
        }
        let truncated = Error::Truncated { position };
        bytes.resize(usize::try_from(CENTRAL_SIZE).unwrap_or(46), 0);
        if !read_fully(&mut reader, bytes.get_mut(4..).unwrap_or_default())? {
            return Err(truncated);
        }
        let variable = [28, 30, 32].iter().filter_map(|&at| u16_at(&bytes, at)).map(usize::from).sum::<usize>();
        let fixed = bytes.len();
        bytes.resize(fixed + variable, 0);
        if !read_fully(&mut reader, bytes.get_mut(fixed..).unwrap_or_default())? {
            return Err(truncated);
        }
        let Some(record) = CentralRecord::parse(position, &bytes) else {
            return Err(truncated);
        };
        position = record.end();
        if position - offset > limits.directory {
            return Err(Error::DirectoryTooLarge { limit: limits.directory });
        }
        if records.len() == limits.entries {
            return Err(Error::TooManyEntries { limit: limits.entries });
        }
        records.push(record);
    }
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
