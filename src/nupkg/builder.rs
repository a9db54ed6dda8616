//! Builds packages for tests, honest ones and liars.
//!
//! It writes the ZIP records by hand, so that every field may say something else than the truth. It needs nothing from
//! the rest of the crate.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// A package under construction.
pub(crate) struct NupkgBuilder {
    entries: Vec<Entry>,
    declared_entries: Option<u16>,
}

/// One entry; `declared_*` and the other public fields override what would be true.
#[derive(Clone)]
pub(crate) struct Entry {
    pub name: Vec<u8>,
    pub content: Vec<u8>,
    pub deflate: bool,
    pub method: Option<u16>,
    pub flags: u16,
    pub declared_size: Option<u32>,
    pub declared_crc: Option<u32>,
    pub declared_compressed_size: Option<u32>,
}

impl Entry {
    pub fn new(name: impl AsRef<[u8]>, content: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.as_ref().to_vec(),
            content: content.into(),
            deflate: true,
            method: None,
            flags: 0x0800, // names are UTF-8
            declared_size: None,
            declared_crc: None,
            declared_compressed_size: None,
        }
    }
}

impl NupkgBuilder {
    /// A package without files.
    pub fn empty() -> Self {
        Self { entries: Vec::new(), declared_entries: None }
    }

    /// A package with a nuspec of this identity and nothing else.
    pub fn new(id: &str, version: &str) -> Self {
        Self::with_metadata(id, version, "")
    }

    /// A package whose nuspec has more elements inside `metadata`.
    pub fn with_metadata(id: &str, version: &str, more: &str) -> Self {
        Self::empty().file(format!("{id}.nuspec"), nuspec(id, version, more))
    }

    /// Adds a deflated file.
    pub fn file(self, name: impl AsRef<[u8]>, content: impl Into<Vec<u8>>) -> Self {
        self.entry(Entry::new(name, content))
    }

    /// Adds an entry that may lie.
    pub fn entry(mut self, entry: Entry) -> Self {
        self.entries.push(entry);
        self
    }

    /// Declares another number of entries than there are.
    pub fn declare_entries(mut self, number: u16) -> Self {
        self.declared_entries = Some(number);
        self
    }

    /// The bytes of the package.
    pub fn build(&self) -> Vec<u8> {
        let mut archive = Vec::new();
        let mut directory = Vec::new();
        for entry in &self.entries {
            let data = if entry.deflate { deflate(&entry.content) } else { entry.content.clone() };
            let mut crc = flate2::Crc::new();
            crc.update(&entry.content);
            let offset = length32(&archive);
            let mut fields = Vec::new();
            fields.extend(20_u16.to_le_bytes()); // version needed
            fields.extend(entry.flags.to_le_bytes());
            fields.extend(entry.method.unwrap_or(if entry.deflate { 8 } else { 0 }).to_le_bytes());
            fields.extend([0, 0, 0x21, 0]); // 1980-01-01
            fields.extend(entry.declared_crc.unwrap_or_else(|| crc.sum()).to_le_bytes());
            fields.extend(entry.declared_compressed_size.unwrap_or_else(|| length32(&data)).to_le_bytes());
            fields.extend(entry.declared_size.unwrap_or_else(|| length32(&entry.content)).to_le_bytes());
            fields.extend(u16::try_from(entry.name.len()).unwrap().to_le_bytes());
            fields.extend(0_u16.to_le_bytes()); // extra field
            archive.extend(b"PK\x03\x04");
            archive.extend(&fields);
            archive.extend(&entry.name);
            archive.extend(&data);
            directory.extend(b"PK\x01\x02\x14\0");
            directory.extend(&fields);
            directory.extend([0; 10]); // comment, disk, attributes
            directory.extend(offset.to_le_bytes());
            directory.extend(&entry.name);
        }
        let number = self.declared_entries.unwrap_or(u16::try_from(self.entries.len()).unwrap());
        let (offset, size) = (length32(&archive), length32(&directory));
        archive.extend(directory);
        archive.extend(b"PK\x05\x06\0\0\0\0");
        archive.extend(number.to_le_bytes());
        archive.extend(number.to_le_bytes());
        archive.extend(size.to_le_bytes());
        archive.extend(offset.to_le_bytes());
        archive.extend([0; 2]); // comment
        archive
    }
}

/// A nuspec with the elements every package has, and more.
pub(crate) fn nuspec(id: &str, version: &str, more: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata>\
         <id>{id}</id><version>{version}</version><authors>Us</authors><description>Something</description>{more}\
         </metadata></package>"
    )
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn length32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap()
}
