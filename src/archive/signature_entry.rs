//! The `.signature.p7s` entry: what the client demands of its headers, and its bytes.
//!
//! The rules are those that NuGet reports as NU3005. Everything that the client leaves unchecked (CRC-32, dates, extra
//! fields, version numbers, position) is unchecked here too: it is covered by no hash and changes nothing.

use std::io::{self, Read, Seek, SeekFrom};

use super::SIGNATURE_NAME;
use super::directory::{Archive, LocalFound, find_local, read_fully, read_local};
use super::record::{CentralRecord, LocalHeader, UTF8_FLAG};

/// The rule that a signature entry breaks. All are NU3005.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureEntryRule {
    /// No entry has the name and an unset UTF-8 flag.
    Missing,
    /// Several entries have the name and an unset UTF-8 flag.
    Several,
    /// Bits are set in the general purpose flags.
    Flags,
    /// The entry is not stored.
    Method,
    /// The compressed size differs from the uncompressed one.
    Sizes,
    /// External attributes are set.
    ExternalAttributes,
    /// No local header where the directory says.
    LocalHeader,
    /// The entry reaches beyond the end of the file.
    BeyondEnd,
}

/// Why the signature of a package cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SignatureEntryError {
    /// A rule for the headers of the entry is broken.
    #[error("{}", rule.text())]
    Rule {
        /// Which one.
        rule: SignatureEntryRule,
    },
    /// The entry is larger than the limit.
    #[error(
        "the signature file has {found} octets, more than the {limit} that are read; real signatures are below 40000"
    )]
    TooLarge {
        /// What the local header says.
        found: u32,
        /// The limit.
        limit: u32,
    },
    /// The file could not be read.
    #[error("the package could not be read")]
    Io(#[from] io::Error),
}

impl SignatureEntryRule {
    const fn text(self) -> &'static str {
        match self {
            Self::Missing => "the entry `.signature.p7s` is no valid signature file: its name is flagged as UTF-8",
            Self::Several => "the package has several entries named `.signature.p7s`; sign it again",
            Self::Flags => {
                "the entry `.signature.p7s` has general purpose flags set; sign it again and do not repack a signed package"
            }
            Self::Method => {
                "the entry `.signature.p7s` is compressed; sign it again and do not repack a signed package"
            }
            Self::Sizes => "the entry `.signature.p7s` has a compressed size that differs from its size; sign it again",
            Self::ExternalAttributes => {
                "the entry `.signature.p7s` has file attributes; sign it again and do not repack a signed package"
            }
            Self::LocalHeader => "the central directory names no local header for `.signature.p7s`; sign it again",
            Self::BeyondEnd => "the entry `.signature.p7s` reaches beyond the end of the file; push the package again",
        }
    }
}

impl Archive {
    /// The one record that is the signature entry, for hashing and for taking it out.
    pub(crate) fn signature_record(&self) -> Result<(usize, &CentralRecord), SignatureEntryRule> {
        let mut found = self.records.iter().enumerate().filter(|(_, record)| record.is_signature());
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(SignatureEntryRule::Missing),
            (Some(_), Some(_)) => Err(SignatureEntryRule::Several),
        }
    }

    /// The bytes of the signature entry. Call it only when [`Archive::is_signed`].
    ///
    /// The length is the uncompressed size of the local header, as the client has it; bytes after the CMS structure are
    /// part of it.
    ///
    /// # Errors
    /// [`SignatureEntryError`]: NU3005 for the rules, a limit, or a read error.
    pub fn read_signature<R: Read + Seek>(&self, reader: &mut R) -> Result<Vec<u8>, SignatureEntryError> {
        let broken = |rule| SignatureEntryError::Rule { rule };
        let (_, record) = self.signature_record().map_err(broken)?;
        check_central(record).map_err(broken)?;
        let offset = u64::from(record.local_offset);
        if offset >= self.length {
            return Err(broken(SignatureEntryRule::BeyondEnd));
        }
        let local = match find_local(reader, offset)? {
            LocalFound::Header(local) => local,
            LocalFound::Other => return Err(broken(SignatureEntryRule::LocalHeader)),
            LocalFound::BreaksOff => return Err(broken(SignatureEntryRule::BeyondEnd)),
        };
        check_local(&local).map_err(broken)?;
        if local.uncompressed_size > self.limits.signature {
            return Err(SignatureEntryError::TooLarge { found: local.uncompressed_size, limit: self.limits.signature });
        }
        reader.seek(SeekFrom::Start(offset + local.size))?;
        let mut bytes = vec![0; usize::try_from(local.uncompressed_size).unwrap_or_default()];
        if !read_fully(reader, &mut bytes)? {
            return Err(broken(SignatureEntryRule::BeyondEnd));
        }
        Ok(bytes)
    }

    /// Whether the local header of the signature entry has the same name. The client reads a signature whose local name
    /// differs and then finds the package changed (NU3008).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn signature_names_agree<R: Read + Seek>(&self, reader: &mut R) -> io::Result<bool> {
        let Ok((_, record)) = self.signature_record() else {
            return Ok(false);
        };
        let local = read_local(reader, record.local_offset.into())?;
        Ok(local.is_some_and(|local| local.name == SIGNATURE_NAME && local.flags & UTF8_FLAG == 0))
    }
}

const fn check_central(record: &CentralRecord) -> Result<(), SignatureEntryRule> {
    if record.external_attributes != 0 {
        return Err(SignatureEntryRule::ExternalAttributes);
    }
    check(record.flags, record.method, record.compressed_size, record.uncompressed_size)
}

const fn check_local(local: &LocalHeader) -> Result<(), SignatureEntryRule> {
    check(local.flags, local.method, local.compressed_size, local.uncompressed_size)
}

const fn check(flags: u16, method: u16, compressed: u32, uncompressed: u32) -> Result<(), SignatureEntryRule> {
    if flags != 0 {
        Err(SignatureEntryRule::Flags)
    } else if method != 0 {
        Err(SignatureEntryRule::Method)
    } else if compressed != uncompressed {
        Err(SignatureEntryRule::Sizes)
    } else {
        Ok(())
    }
}
