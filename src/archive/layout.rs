//! Taking the signature entry out of an archive and putting one in.
//!
//! Taking out follows the transform over which NuGet defines the package hash: entries close up, the local header offsets
//! in the central directory follow, the end record counts one entry less. The result is the unsigned package to the byte,
//! wherever the signature stood. Putting in writes the two records exactly as the official signer does: data before the
//! central directory, record last in it.

use time::OffsetDateTime;

use super::SIGNATURE_NAME;
use super::directory::Archive;
use super::record::{CENTRAL_TAG, CentralRecord, LOCAL_TAG};
use super::rewrite::Rewrite;
use super::signature_entry::SignatureEntryRule;

/// Octets of the central record of a signature entry.
const SIGNATURE_RECORD_SIZE: u32 = 60;
/// Octets of the local header of a signature entry.
const SIGNATURE_LOCAL_SIZE: u32 = 44;
/// The official signer refuses archives with this many entries or more (NU3039).
const TOO_MANY_TO_SIGN: u16 = 0xFFFE;

/// Why an archive has no defined unsigned form, or cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The signature entry is not there or not alone.
    #[error("the package has no single signature entry")]
    Signature(SignatureEntryRule),
    /// An entry is said to start behind the central directory.
    #[error("the entry at octet {offset} lies behind the start of the central directory at {directory}")]
    EntryBehindDirectory {
        /// Where the entry is said to start.
        offset: u64,
        /// Where the directory starts.
        directory: u64,
    },
    /// Something stands between the directory and the end record.
    #[error("{found} octets stand between the central directory and the end record")]
    Gap {
        /// How many octets.
        found: u64,
    },
    /// The end record counts or measures less than the signature entry.
    #[error("the end record does not count the signature entry")]
    EndRecord,
    /// Too many entries for a signature (NU3039).
    #[error("the package has {found} entries; NuGet signs at most 65533")]
    TooManyEntries {
        /// Entries of the unsigned package.
        found: u16,
    },
    /// Offsets would not fit 32 bits after signing.
    #[error("the package is too large to be signed: offsets beyond 4 GiB need Zip64, which NuGet cannot verify")]
    TooLarge,
}

/// The numbers of the end record and around it, of an archive without its signature.
struct Tail {
    directory_start: u64,
    directory_end: u64,
    entries_on_disk: u16,
    entries: u16,
    directory_size: u32,
    directory_offset: u32,
    length: u64,
}

impl Archive {
    /// The recipe for the unsigned form of a signed package: the bytes that the package hash covers.
    ///
    /// # Errors
    /// [`LayoutError`] when the records make no sense together; the client reports such packages as changed (NU3008).
    pub fn without_signature(&self) -> Result<Rewrite, LayoutError> {
        let (signature_index, signature) = self.signature_record().map_err(LayoutError::Signature)?;
        let start = self.directory_start();
        let end = self.directory_end();
        if self.end.position != end {
            return Err(LayoutError::Gap { found: self.end.position.saturating_sub(end) });
        }
        let mut order: Vec<usize> = (0..self.records.len()).collect();
        order.sort_by_key(|&index| self.records.get(index).map(|record| record.local_offset));
        let offset_of = |index: usize| self.records.get(index).map_or(0, |record| u64::from(record.local_offset));
        let mut rewrite = Rewrite::new();
        rewrite.copy(0, order.first().map_or(0, |&index| offset_of(index)));
        let mut moved = vec![0_u64; self.records.len()];
        let mut done = 0_u64;
        let mut signature_size = 0_u64;
        for (place, &index) in order.iter().enumerate() {
            let offset = offset_of(index);
            let next = order.get(place + 1).map_or(start, |&index| offset_of(index));
            let size =
                next.checked_sub(offset).ok_or(LayoutError::EntryBehindDirectory { offset, directory: start })?;
            if index == signature_index {
                signature_size = size;
                continue;
            }
            if let Some(place) = moved.get_mut(index) {
                *place = done;
            }
            rewrite.copy(offset, size);
            done += size;
        }
        for (index, record) in self.records.iter().enumerate().filter(|(index, _)| *index != signature_index) {
            copy_record(&mut rewrite, record, moved.get(index).copied().unwrap_or_default());
        }
        let tail = self.unsigned_tail(signature, signature_size)?;
        rewrite.copy(end, 8);
        rewrite.literal(&tail.end_numbers());
        rewrite.copy(end + 20, self.length.saturating_sub(end + 20));
        Ok(rewrite)
    }

    /// The recipe for the package with this signature: added when it has none, in the place of the one that it has.
    ///
    /// `dos_time` is the date of the entry (see [`dos_time`]); no hash covers it. Check the archive with
    /// [`Archive::check_strict`] before: what is signed here must also verify.
    ///
    /// # Errors
    /// [`LayoutError`] when the package cannot be signed; NuGet has NU3039 for too many entries and NU3006 for Zip64.
    pub fn with_signature(&self, signature: &[u8], dos_time: u32) -> Result<Rewrite, LayoutError> {
        let size = u32::try_from(signature.len()).map_err(|_| LayoutError::TooLarge)?;
        let (unsigned, tail) = if self.is_signed() {
            let unsigned = self.without_signature()?;
            let (_, record) = self.signature_record().map_err(LayoutError::Signature)?;
            let removed = self.length - unsigned.len() - record.size;
            (unsigned, self.unsigned_tail(record, removed)?)
        } else {
            let end = self.directory_end();
            if self.end.position != end {
                return Err(LayoutError::Gap { found: self.end.position.saturating_sub(end) });
            }
            (Rewrite::identity(self.length), self.tail())
        };
        if tail.entries >= TOO_MANY_TO_SIGN {
            return Err(LayoutError::TooManyEntries { found: tail.entries });
        }
        let start = u32::try_from(tail.directory_start).map_err(|_| LayoutError::TooLarge)?;
        let signed = Tail {
            entries_on_disk: tail.entries_on_disk.saturating_add(1),
            entries: tail.entries + 1,
            directory_size: tail.directory_size.checked_add(SIGNATURE_RECORD_SIZE).ok_or(LayoutError::TooLarge)?,
            directory_offset: tail
                .directory_offset
                .checked_add(SIGNATURE_LOCAL_SIZE)
                .and_then(|offset| offset.checked_add(size))
                .ok_or(LayoutError::TooLarge)?,
            ..tail
        };
        let crc = crc32(signature);
        let mut insert = Rewrite::new();
        insert.copy(0, signed.directory_start);
        insert.literal(&local_header(dos_time, crc, size));
        insert.literal(signature);
        insert.copy(signed.directory_start, signed.directory_end - signed.directory_start);
        insert.literal(&central_record(dos_time, crc, size, start));
        insert.copy(signed.directory_end, 8);
        insert.literal(&signed.end_numbers());
        insert.copy(signed.directory_end + 20, signed.length.saturating_sub(signed.directory_end + 20));
        Ok(unsigned.then(&insert))
    }

    fn tail(&self) -> Tail {
        Tail {
            directory_start: self.directory_start(),
            directory_end: self.directory_end(),
            entries_on_disk: self.end.entries_on_disk,
            entries: self.end.entries,
            directory_size: self.end.directory_size,
            directory_offset: self.end.directory_offset,
            length: self.length,
        }
    }

    fn unsigned_tail(&self, signature: &CentralRecord, signature_size: u64) -> Result<Tail, LayoutError> {
        let tail = self.tail();
        let less = |value: u32, by: u64| {
            u32::try_from(by).ok().and_then(|by| value.checked_sub(by)).ok_or(LayoutError::EndRecord)
        };
        Ok(Tail {
            directory_start: tail.directory_start - signature_size,
            directory_end: tail.directory_end - signature_size - signature.size,
            entries_on_disk: tail.entries_on_disk.checked_sub(1).ok_or(LayoutError::EndRecord)?,
            entries: tail.entries.checked_sub(1).ok_or(LayoutError::EndRecord)?,
            directory_size: less(tail.directory_size, signature.size)?,
            directory_offset: less(tail.directory_offset, signature_size)?,
            length: tail.length - signature_size - signature.size,
        })
    }
}

impl Tail {
    /// Octets 8 to 19 of the end record.
    fn end_numbers(&self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..2].copy_from_slice(&self.entries_on_disk.to_le_bytes());
        bytes[2..4].copy_from_slice(&self.entries.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.directory_size.to_le_bytes());
        bytes[8..].copy_from_slice(&self.directory_offset.to_le_bytes());
        bytes
    }
}

/// Now (or any time) in the MS-DOS format of ZIP headers, time in the low half, in UTC. Years outside 1980 to 2107 are
/// clamped.
#[must_use]
pub fn dos_time(at: OffsetDateTime) -> u32 {
    let at = at.to_offset(time::UtcOffset::UTC);
    let year = u32::try_from(at.year().clamp(1980, 2107) - 1980).unwrap_or_default();
    let date = (year << 9) | (u32::from(u8::from(at.month())) << 5) | u32::from(at.day());
    let time = (u32::from(at.hour()) << 11) | (u32::from(at.minute()) << 5) | (u32::from(at.second()) / 2);
    date << 16 | time
}

fn copy_record(rewrite: &mut Rewrite, record: &CentralRecord, offset: u64) {
    if offset == u64::from(record.local_offset) {
        rewrite.copy(record.position, record.size);
    } else {
        rewrite.copy(record.position, 42);
        // Entries only move towards the start, so the new offset fits where the old one did.
        rewrite.literal(&u32::try_from(offset).unwrap_or(u32::MAX).to_le_bytes());
        rewrite.copy(record.position + 46, record.size - 46);
    }
}

fn local_header(dos_time: u32, crc: u32, size: u32) -> Vec<u8> {
    let mut bytes = LOCAL_TAG.to_vec();
    bytes.extend_from_slice(&[20, 0, 0, 0, 0, 0]);
    push_common(&mut bytes, dos_time, crc, size);
    bytes.extend_from_slice(SIGNATURE_NAME);
    bytes
}

fn central_record(dos_time: u32, crc: u32, size: u32, local_offset: u32) -> Vec<u8> {
    let mut bytes = CENTRAL_TAG.to_vec();
    bytes.extend_from_slice(&[20, 0, 20, 0, 0, 0, 0, 0]);
    push_common(&mut bytes, dos_time, crc, size);
    bytes.extend_from_slice(&[0; 10]);
    bytes.extend_from_slice(&local_offset.to_le_bytes());
    bytes.extend_from_slice(SIGNATURE_NAME);
    bytes
}

/// Date to extra field length, which both headers share.
fn push_common(bytes: &mut Vec<u8>, dos_time: u32, crc: u32, size: u32) {
    for number in [dos_time, crc, size, size] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(&[14, 0, 0, 0]);
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
