//! The three ZIP records that a package needs, byte by byte (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16).
//!
//! Only shapes are read here. Whether values make sense together is for the callers.

/// `PK\x03\x04`, the tag of a local file header.
pub(crate) const LOCAL_TAG: [u8; 4] = *b"PK\x03\x04";
/// `PK\x01\x02`, the tag of a central directory record.
pub(crate) const CENTRAL_TAG: [u8; 4] = *b"PK\x01\x02";
/// `PK\x05\x06`, the tag of the end of central directory record.
pub(crate) const END_TAG: [u8; 4] = *b"PK\x05\x06";
/// `PK\x06\x07`, the tag of the Zip64 end of central directory locator.
pub(crate) const ZIP64_LOCATOR_TAG: [u8; 4] = *b"PK\x06\x07";
/// Bytes of a local file header before its name.
pub(crate) const LOCAL_SIZE: u64 = 30;
/// Bytes of a central directory record before its name.
pub(crate) const CENTRAL_SIZE: u64 = 46;
/// Bytes of the end record without its comment.
pub(crate) const END_SIZE: u64 = 22;
/// Bytes of the Zip64 locator, which stands directly before the end record.
pub(crate) const ZIP64_LOCATOR_SIZE: u64 = 20;
/// General purpose bit 11: the name is UTF-8.
pub(crate) const UTF8_FLAG: u16 = 0x0800;
/// General purpose bit 0: the entry is encrypted.
pub(crate) const ENCRYPTED_FLAG: u16 = 0x0001;
/// Header id of the Zip64 extended information extra field.
const ZIP64_EXTRA: u16 = 0x0001;
/// Header id of the Info-ZIP Unicode path extra field (APPNOTE.TXT 4.6.9).
const UNICODE_PATH_EXTRA: u16 = 0x7075;

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

/// One record of the central directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentralRecord {
    /// Where the record starts in the file.
    pub position: u64,
    /// Its full size: 46 octets, name, extra field and comment.
    pub size: u64,
    /// General purpose bit flag.
    pub flags: u16,
    /// Compression method.
    pub method: u16,
    /// Compressed size as written, not corrected for Zip64.
    pub compressed_size: u32,
    /// Uncompressed size as written, not corrected for Zip64.
    pub uncompressed_size: u32,
    /// Number of the disk on which the entry starts.
    pub disk: u16,
    /// External file attributes.
    pub external_attributes: u32,
    /// Where the local header lies in the file, as written.
    pub local_offset: u32,
    /// The name as bytes, in UTF-8 when bit 11 is set, else in the writer's code page.
    pub name: Vec<u8>,
    /// Whether the extra field holds Zip64 extended information.
    pub zip64: bool,
    /// Whether the extra field gives the entry a name in Unicode, which .NET does not read and other tools believe.
    pub unicode_path: bool,
    /// CRC-32 of the content, as written.
    pub crc: u32,
}

impl CentralRecord {
    /// Reads the fixed part at the start of `bytes`; the sizes of the three variable parts are returned beside it.
    pub(crate) fn parse(position: u64, bytes: &[u8]) -> Option<Self> {
        if bytes.get(..4)? != CENTRAL_TAG {
            return None;
        }
        let name_length = usize::from(u16_at(bytes, 28)?);
        let extra_length = usize::from(u16_at(bytes, 30)?);
        let comment_length = usize::from(u16_at(bytes, 32)?);
        let size = 46 + name_length + extra_length + comment_length;
        let record = bytes.get(..size)?;
        let name = record.get(46..46 + name_length)?.to_vec();
        let extra = record.get(46 + name_length..46 + name_length + extra_length)?;
        Some(Self {
            position,
            size: u64::try_from(size).ok()?,
            flags: u16_at(record, 8)?,
            method: u16_at(record, 10)?,
            compressed_size: u32_at(record, 20)?,
            uncompressed_size: u32_at(record, 24)?,
            disk: u16_at(record, 34)?,
            external_attributes: u32_at(record, 38)?,
            local_offset: u32_at(record, 42)?,
            name,
            zip64: has_extra(extra, ZIP64_EXTRA),
            unicode_path: has_extra(extra, UNICODE_PATH_EXTRA),
            crc: u32_at(record, 16)?,
        })
    }

    /// Where the next record would start.
    pub(crate) const fn end(&self) -> u64 {
        self.position.saturating_add(self.size)
    }

    /// Whether NuGet's own reader takes this record for the signature: exact name, name not flagged as UTF-8.
    #[must_use]
    pub fn is_signature(&self) -> bool {
        self.name == super::SIGNATURE_NAME && self.flags & UTF8_FLAG == 0
    }
}

/// A local file header: name and extra field included, data not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalHeader {
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) compressed_size: u32,
    pub(crate) uncompressed_size: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) zip64: bool,
    pub(crate) unicode_path: bool,
    pub(crate) crc: u32,
    /// 30 octets, name and extra field: the data follow here.
    pub(crate) size: u64,
}

impl LocalHeader {
    /// Length of name and extra field, from the fixed part.
    pub(crate) fn variable_length(fixed: &[u8; 30]) -> Option<usize> {
        if fixed.get(..4)? != LOCAL_TAG {
            return None;
        }
        Some(usize::from(u16_at(fixed, 26)?) + usize::from(u16_at(fixed, 28)?))
    }

    pub(crate) fn parse(fixed: &[u8; 30], variable: &[u8]) -> Option<Self> {
        let name_length = usize::from(u16_at(fixed, 26)?);
        Some(Self {
            flags: u16_at(fixed, 6)?,
            method: u16_at(fixed, 8)?,
            compressed_size: u32_at(fixed, 18)?,
            uncompressed_size: u32_at(fixed, 22)?,
            name: variable.get(..name_length)?.to_vec(),
            zip64: has_extra(variable.get(name_length..)?, ZIP64_EXTRA),
            unicode_path: has_extra(variable.get(name_length..)?, UNICODE_PATH_EXTRA),
            crc: u32_at(fixed, 14)?,
            size: LOCAL_SIZE + u64::try_from(variable.len()).ok()?,
        })
    }
}

/// The end of central directory record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndRecord {
    pub(crate) position: u64,
    pub(crate) disk: u16,
    pub(crate) directory_disk: u16,
    pub(crate) entries_on_disk: u16,
    pub(crate) entries: u16,
    pub(crate) directory_size: u32,
    pub(crate) directory_offset: u32,
    pub(crate) comment_length: u16,
}

impl EndRecord {
    pub(crate) fn parse(position: u64, bytes: &[u8]) -> Option<Self> {
        if bytes.get(..4)? != END_TAG {
            return None;
        }
        Some(Self {
            position,
            disk: u16_at(bytes, 4)?,
            directory_disk: u16_at(bytes, 6)?,
            entries_on_disk: u16_at(bytes, 8)?,
            entries: u16_at(bytes, 10)?,
            directory_size: u32_at(bytes, 12)?,
            directory_offset: u32_at(bytes, 16)?,
            comment_length: u16_at(bytes, 20)?,
        })
    }
}

/// Whether an extra field holds a block of this id. A field that breaks off counts up to where it can be read.
fn has_extra(extra: &[u8], wanted: u16) -> bool {
    let mut rest = extra;
    while let (Some(id), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        if id == wanted {
            return true;
        }
        match rest.get(4 + usize::from(length)..) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    false
}
