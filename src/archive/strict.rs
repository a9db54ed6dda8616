//! What a server refuses although the client would read it.
//!
//! The official signer signs some archives into packages that no client can verify, and two readers of one ambiguous
//! archive can see different files. Each rule here is one such case. All broken rules are reported, not only the first.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::directory::{Archive, has_zip64_locator, read_local};
use super::entry_name::{self, NameFault};
use super::record::{CentralRecord, ENCRYPTED_FLAG, END_SIZE, END_TAG, LocalHeader};

/// How many entries one kind of finding names before it only counts.
const MAX_NAMED: usize = 5;
/// Octets read at once at each local header: the header with an ordinary name and extra field. Every entry costs one such
/// read, so a large buffer would read the whole file.
const LOCAL_BUFFER: usize = 512;

/// A rule that the archive breaks, with the facts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// No entries at all.
    Empty,
    /// A Zip64 end record stands before the end record.
    Zip64End,
    /// An entry has Zip64 fields.
    Zip64Entry {
        /// Its name.
        name: String,
    },
    /// Octets stand before the first entry.
    Prefix {
        /// How many.
        octets: u64,
    },
    /// Octets stand between central directory and end record.
    Gap {
        /// How many.
        octets: u64,
    },
    /// The comment length of the end record is not what follows it.
    Comment {
        /// What the end record says.
        expected: u64,
        /// What follows.
        found: u64,
    },
    /// Disk numbers are not zero.
    Disks,
    /// The two entry counts of the end record differ.
    Counts {
        /// Entries on this disk.
        on_disk: u16,
        /// Entries in total.
        total: u16,
    },
    /// Offset or size of the directory are not what the end record says.
    Directory,
    /// Two entries have one name, or names that differ only by case or by the kind of slash.
    DuplicateName {
        /// The name of the later one.
        name: String,
    },
    /// Local header and directory disagree about the name.
    NamesDiffer {
        /// The name in the directory.
        name: String,
    },
    /// The directory points at something that is no local header.
    NoLocalHeader {
        /// The name in the directory.
        name: String,
    },
    /// The comment of the archive holds the tag of an end record: readers that search from the end would begin there.
    EndTagInComment,
    /// Local header and directory disagree about what the entry is.
    HeadersDiffer {
        /// The name in the directory.
        name: String,
    },
    /// Octets after an entry belong to no entry: a reader that goes from header to header could find a file there.
    Unclaimed {
        /// The entry before them.
        name: String,
        /// How many.
        octets: u64,
    },
    /// An entry runs into the next one or into the directory.
    Overlap {
        /// Its name.
        name: String,
    },
    /// The name cannot be extracted safely.
    Name {
        /// The name.
        name: String,
        /// What is wrong with it, as the rest of a sentence.
        fault: &'static str,
    },
    /// The entry is a symbolic link: unpacked by some tools it leads out of the package folder.
    Link {
        /// Its name.
        name: String,
    },
    /// The entry has a second name in its extra field, which the client does not read and other tools believe.
    SecondName {
        /// The name that the client reads.
        name: String,
    },
    /// The entry is encrypted.
    Encrypted {
        /// Its name.
        name: String,
    },
    /// The entry is neither stored nor deflated.
    Method {
        /// Its name.
        name: String,
        /// The compression method.
        method: u16,
    },
    /// More entries break the rule of the finding before.
    AndMore {
        /// How many more.
        count: usize,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the archive has no entries"),
            Self::Zip64End => write!(
                f,
                "the archive has a Zip64 end record, which NuGet cannot sign or verify; build it without Zip64"
            ),
            Self::Zip64Entry { name } => write!(
                f,
                "the entry `{name}` has Zip64 fields, which NuGet cannot sign; build the package without Zip64"
            ),
            Self::Prefix { octets } => write!(
                f,
                "{octets} octets stand before the first entry; a package that starts with anything else cannot be verified once signed"
            ),
            Self::Gap { octets } => write!(
                f,
                "{octets} octets stand between the central directory and the end record; such a package cannot be verified once signed"
            ),
            Self::Comment { expected, found } => write!(
                f,
                "the end record announces a comment of {expected} octets, but {found} follow; remove what was appended"
            ),
            Self::EndTagInComment => {
                write!(f, "the comment of the archive holds the tag of an end record; remove the comment")
            }
            Self::HeadersDiffer { name } => write!(
                f,
                "the entry `{name}` has another method, flags or sizes in its own header than in the directory; pack the files again"
            ),
            Self::Unclaimed { name, octets } => {
                write!(f, "{octets} octets after the entry `{name}` belong to no entry; pack the files again")
            }
            Self::Disks => write!(f, "the archive claims to be part of a set of several disks"),
            Self::Counts { on_disk, total } => {
                write!(f, "the end record counts {on_disk} entries on this disk but {total} in total")
            }
            Self::Directory => {
                write!(f, "size or offset of the central directory differ from what the end record says")
            }
            Self::DuplicateName { name } => write!(
                f,
                "the name `{name}` occurs twice (letter case and kind of slash do not count); one file would hide the other"
            ),
            Self::NamesDiffer { name } => write!(
                f,
                "the entry `{name}` has another name in its local header; tools would disagree about what is in the package"
            ),
            Self::NoLocalHeader { name } => {
                write!(f, "the directory points at no local header for `{name}`")
            }
            Self::Overlap { name } => write!(f, "the data of `{name}` run into what follows"),
            Self::Name { name, fault } => write!(f, "the entry name `{name}` {fault}"),
            Self::Link { name } => write!(f, "the entry `{name}` is a symbolic link; pack the file itself"),
            Self::SecondName { name } => {
                write!(f, "the entry `{name}` has a second name in its extra field; pack the files again")
            }
            Self::Encrypted { name } => {
                write!(f, "the entry `{name}` is encrypted; no client can read it")
            }
            Self::Method { name, method } => write!(
                f,
                "the entry `{name}` uses compression method {method}; clients read only stored (0) and deflated (8) entries"
            ),
            Self::AndMore { count } => write!(f, "{count} more entries have the same fault"),
        }
    }
}

/// General purpose bit 3: sizes and CRC follow the data (APPNOTE.TXT 4.4.4).
const DESCRIPTOR_FLAG: u16 = 1 << 3;
/// The type of a file and the type of a symbolic link in Unix modes (`inode(7)`), the upper half of external attributes.
const FILE_TYPE: u32 = 0o170_000;
const SYMBOLIC_LINK: u32 = 0o120_000;
/// The longest comment of an archive (APPNOTE.TXT 4.4.12).
const MAX_COMMENT: u64 = 65_535;

impl Archive {
    /// Every rule of a server that the archive breaks; empty when it may be signed and served.
    ///
    /// Reads each local header, so it costs one small read an entry.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn check_strict<R: Read + Seek>(&self, reader: &mut R) -> io::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        self.check_end(reader, &mut findings)?;
        self.check_names(&mut findings);
        self.check_entries(reader, &mut findings)?;
        Ok(findings)
    }

    fn check_end<R: Read + Seek>(&self, reader: &mut R, findings: &mut Vec<Finding>) -> io::Result<()> {
        let end = &self.end;
        if self.records.is_empty() {
            findings.push(Finding::Empty);
        }
        if has_zip64_locator(reader, end)? {
            findings.push(Finding::Zip64End);
        }
        let first = self.records.iter().map(|record| u64::from(record.local_offset)).min();
        if let Some(octets @ 1..) = first {
            findings.push(Finding::Prefix { octets });
        }
        let directory_end = self.directory_end();
        if end.position != directory_end {
            findings.push(Finding::Gap { octets: end.position.abs_diff(directory_end) });
        }
        let expected = u64::from(end.comment_length);
        let found = self.length.saturating_sub(end.position + END_SIZE);
        if expected != found {
            findings.push(Finding::Comment { expected, found });
        }
        if comment_holds_end_tag(reader, end.position + END_SIZE)? {
            findings.push(Finding::EndTagInComment);
        }
        if end.disk != 0 || end.directory_disk != 0 || self.records.iter().any(|record| record.disk != 0) {
            findings.push(Finding::Disks);
        }
        if end.entries_on_disk != end.entries {
            findings.push(Finding::Counts { on_disk: end.entries_on_disk, total: end.entries });
        }
        if u64::from(end.directory_offset) != self.directory_start()
            || u64::from(end.directory_size) != directory_end - self.directory_start()
        {
            findings.push(Finding::Directory);
        }
        Ok(())
    }

    fn check_names(&self, findings: &mut Vec<Finding>) {
        let mut seen = HashMap::with_capacity(self.records.len());
        let mut twice = Few::default();
        let mut unsafe_names = Few::default();
        let mut links = Few::default();
        let mut encrypted = Few::default();
        let mut methods = Few::default();
        for record in &self.records {
            if seen.insert(entry_name::folded(&record.name), ()).is_some() {
                twice.add(|| Finding::DuplicateName { name: shown(record) });
            }
            if let Some(fault) = entry_name::fault(&record.name) {
                unsafe_names.add(|| Finding::Name { name: shown(record), fault: NameFault::text(fault) });
            }
            if record.external_attributes >> 16 & FILE_TYPE == SYMBOLIC_LINK {
                links.add(|| Finding::Link { name: shown(record) });
            }
            if record.flags & ENCRYPTED_FLAG != 0 {
                encrypted.add(|| Finding::Encrypted { name: shown(record) });
            }
            if !matches!(record.method, 0 | 8) {
                methods.add(|| Finding::Method { name: shown(record), method: record.method });
            }
        }
        for few in [twice, unsafe_names, links, encrypted, methods] {
            few.append_to(findings);
        }
    }

    fn check_entries<R: Read + Seek>(&self, reader: &mut R, findings: &mut Vec<Finding>) -> io::Result<()> {
        let mut order: Vec<&CentralRecord> = self.records.iter().collect();
        order.sort_by_key(|record| record.local_offset);
        let mut reader = BufReader::with_capacity(LOCAL_BUFFER, reader);
        let mut zip64 = Few::default();
        let mut second = Few::default();
        let mut names = Few::default();
        let mut missing = Few::default();
        let mut overlap = Few::default();
        let mut differ = Few::default();
        let mut unclaimed = Few::default();
        for (place, record) in order.iter().enumerate() {
            let next = order.get(place + 1).map_or(self.directory_start(), |next| next.local_offset.into());
            let Some(local) = read_local(&mut reader, record.local_offset.into())? else {
                missing.add(|| Finding::NoLocalHeader { name: shown(record) });
                continue;
            };
            if record.zip64 || local.zip64 {
                zip64.add(|| Finding::Zip64Entry { name: shown(record) });
            }
            if record.unicode_path || local.unicode_path {
                second.add(|| Finding::SecondName { name: shown(record) });
            }
            if local.name != record.name {
                names.add(|| Finding::NamesDiffer { name: shown(record) });
            }
            let end = data_end(record, &local);
            if end > next {
                overlap.add(|| Finding::Overlap { name: shown(record) });
            }
            // The signature entry has rules of its own, and goes when the feed signs.
            if record.is_signature() {
                continue;
            }
            if !agrees(record, &local) {
                differ.add(|| Finding::HeadersDiffer { name: shown(record) });
            }
            let octets = next.saturating_sub(end);
            let descriptor = record.flags & DESCRIPTOR_FLAG != 0 && matches!(octets, 12 | 16);
            if octets > 0 && !descriptor {
                unclaimed.add(|| Finding::Unclaimed { name: shown(record), octets });
            }
        }
        for few in [zip64, second, names, missing, overlap, differ, unclaimed] {
            few.append_to(findings);
        }
        Ok(())
    }
}

/// Whether a reader that believes the local header sees the same entry. With a data descriptor the numbers may be zero
/// there.
fn agrees(record: &CentralRecord, local: &LocalHeader) -> bool {
    let numbers = (local.compressed_size, local.uncompressed_size, local.crc);
    let same = numbers == (record.compressed_size, record.uncompressed_size, record.crc);
    let later = local.flags & DESCRIPTOR_FLAG != 0 && numbers == (0, 0, 0);
    let meaning = ENCRYPTED_FLAG | DESCRIPTOR_FLAG;
    local.method == record.method && local.flags & meaning == record.flags & meaning && (same || later)
}

/// Whether the tag of an end record stands in what follows the end record.
fn comment_holds_end_tag<R: Read + Seek>(reader: &mut R, start: u64) -> io::Result<bool> {
    reader.seek(SeekFrom::Start(start))?;
    let mut comment = Vec::new();
    reader.by_ref().take(MAX_COMMENT).read_to_end(&mut comment)?;
    Ok(comment.windows(END_TAG.len()).any(|window| window == END_TAG))
}

/// Where the data of an entry end. The signature entry is read with its local size, all others with the directory's.
fn data_end(record: &CentralRecord, local: &LocalHeader) -> u64 {
    let size = if record.is_signature() { local.uncompressed_size } else { record.compressed_size };
    u64::from(record.local_offset) + local.size + u64::from(size)
}

/// A name for a message: readable, short, and without anything that could disturb a terminal.
fn shown(record: &CentralRecord) -> String {
    let text = String::from_utf8_lossy(&record.name);
    let mut shown: String = text.chars().take(100).flat_map(char::escape_default).collect();
    if text.chars().nth(100).is_some() {
        shown.push_str("...");
    }
    shown
}

/// The first findings of one kind, and how many more there are.
#[derive(Default)]
struct Few {
    named: Vec<Finding>,
    more: usize,
}

impl Few {
    fn add(&mut self, finding: impl FnOnce() -> Finding) {
        if self.named.len() < MAX_NAMED {
            self.named.push(finding());
        } else {
            self.more += 1;
        }
    }

    fn append_to(self, findings: &mut Vec<Finding>) {
        findings.extend(self.named);
        if self.more > 0 {
            findings.push(Finding::AndMore { count: self.more });
        }
    }
}
