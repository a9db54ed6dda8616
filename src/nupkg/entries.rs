//! The central directory of a package: which files it holds, and whether their names and sizes may be believed.
//!
//! Names are judged as the official client will see them. Sizes are the declared ones; nothing is unpacked here. Prefixes,
//! Zip64 records, overlaps and what a signature covers are not checked here.

use std::collections::HashMap;
use std::io::{self, Read, Seek};

use percent_encoding::percent_decode_str;
use zip::CompressionMethod;
use zip::read::{ArchiveOffset, Config, ZipFileEntry};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use crate::domain::excerpt::Excerpt;

use super::error::Error;
use super::limits::{ANY_RATIO_BYTES, Limits};

/// The files of a package.
pub(super) struct Entries<R> {
    archive: ZipIterable<R>,
    files: Vec<File>,
    /// From [`key`] to the place in `files`.
    by_key: HashMap<String, usize>,
}

/// One file or directory.
#[derive(Debug)]
pub(super) struct File {
    /// Name with forward slashes and escapes undone, without the final slash of a directory.
    pub path: String,
    /// Declared size in bytes.
    pub size: u64,
    is_directory: bool,
}

impl<R: Read + Seek> Entries<R> {
    /// Reads and judges the central directory.
    pub fn read(reader: R, limits: &Limits) -> Result<Self, Error> {
        // Clients take the offsets in the archive as they are, so no other start of the archive is guessed.
        let config = Config { archive_offset: ArchiveOffset::Known(0) };
        let mut archive = ZipIterable::try_new(reader, config).map_err(unreadable)?;
        if archive.len() > limits.entries {
            return Err(Error::TooManyEntries { found: archive.len(), limit: limits.entries });
        }
        let mut files = Vec::new();
        let mut by_key = HashMap::new();
        let mut total: u64 = 0;
        for entry in archive.files().map_err(unreadable)? {
            let file = judge(&entry.map_err(unreadable)?, limits)?;
            total = total.saturating_add(file.size);
            if total > limits.total_bytes {
                return Err(Error::TotalTooLarge { limit: limits.total_bytes });
            }
            if by_key.insert(key(&file.path), files.len()).is_some() {
                return Err(Error::Duplicate { file: Excerpt(&file.path).to_string() });
            }
            files.push(file);
        }
        Ok(Self { archive, files, by_key })
    }

    /// The only `.nuspec` at the root.
    pub fn nuspec(&self) -> Result<usize, Error> {
        let mut nuspecs = self.files.iter().enumerate().filter(|(_, file)| file.is_root_nuspec());
        let (index, first) = nuspecs.next().ok_or(Error::NoNuspec)?;
        match nuspecs.next() {
            Some((_, second)) => Err(Error::SeveralNuspecs {
                first: Excerpt(&first.path).to_string(),
                second: Excerpt(&second.path).to_string(),
            }),
            None => Ok(index),
        }
    }

    /// The file at this path, case aside.
    pub fn find(&self, path: &str) -> Option<usize> {
        self.by_key.get(&key(path)).copied().filter(|index| self.file(*index).is_some_and(|file| !file.is_directory))
    }

    /// The name of a file.
    pub fn file(&self, index: usize) -> Option<&File> {
        self.files.get(index)
    }

    /// Unpacks one file. Reads at most `limit` bytes and one more, whatever the archive declares.
    pub fn content(&mut self, index: usize, limit: u64) -> Result<Vec<u8>, Error> {
        let Some(file) = self.files.get(index) else {
            return Err(Error::NotZip { problem: "an entry is gone".to_owned() });
        };
        let name = Excerpt(&file.path).to_string();
        if file.size > limit {
            return Err(Error::EntryTooLarge { file: name, found: file.size, limit });
        }
        let pass = self.archive.files().map_err(unreadable)?;
        let entry = pass.nth(index).ok_or_else(|| Error::NotZip { problem: "an entry is gone".to_owned() })?;
        let entry = entry.map_err(unreadable)?;
        let declared = entry.size();
        let content = entry.with_reader(pass.reader_mut(), zip::ZipReadOptions::new()).map_err(unreadable)?;
        let mut bytes = Vec::new();
        content.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| damaged(&name, error))?;
        let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if found > limit {
            return Err(Error::EntryTooLarge { file: name, found, limit });
        }
        if found != declared {
            let problem = format!("{declared} bytes declared, {found} found");
            return Err(Error::Damaged { file: name, problem });
        }
        Ok(bytes)
    }
}

impl File {
    fn is_root_nuspec(&self) -> bool {
        !self.is_directory && !self.path.contains('/') && self.path.to_ascii_lowercase().ends_with(".nuspec")
    }
}

fn judge(entry: &ZipFileEntry<'_>, limits: &Limits) -> Result<File, Error> {
    // .NET reads names as UTF-8 whether or not the flag is set, and never looks at extra fields for another name.
    let name = String::from_utf8_lossy(entry.name_raw());
    let shown = || Excerpt(&name).to_string();
    if entry.name_raw().len() > limits.path_bytes {
        return Err(Error::LongPath { file: shown(), limit: limits.path_bytes });
    }
    let path = path(&name).map_err(|problem| Error::Path { file: shown(), problem })?;
    if entry.encrypted() {
        return Err(Error::Encrypted { file: shown() });
    }
    if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
        let method = format!("{:?}", entry.compression()).chars().filter(char::is_ascii_digit).collect();
        return Err(Error::Compression { file: shown(), method });
    }
    let size = entry.size();
    if size > limits.entry_bytes {
        return Err(Error::EntryTooLarge { file: shown(), found: size, limit: limits.entry_bytes });
    }
    if size > ANY_RATIO_BYTES && size / limits.ratio.max(1) > entry.compressed_size() {
        return Err(Error::Ratio { file: shown(), limit: limits.ratio });
    }
    Ok(File { is_directory: name.ends_with(['/', '\\']), path, size })
}

/// The path a client will use: percent escapes undone (as the official client does), `\` as `/`.
///
/// The rules are judged on that form. An archive must not be able to name a file outside its own folder (`..`, `/etc`,
/// `C:x`), a stream of another file (`a:b`), or one that a terminal shows as something else (control characters).
fn path(name: &str) -> Result<String, &'static str> {
    let decoded = percent_decode_str(name).decode_utf8_lossy();
    let slashes = decoded.replace('\\', "/");
    if slashes.chars().any(char::is_control) {
        return Err("it has a control character");
    }
    if slashes.starts_with('/') {
        return Err("it is absolute");
    }
    if slashes.contains(':') {
        return Err("it has a colon, as in drive letters");
    }
    let path = slashes.strip_suffix('/').unwrap_or(&slashes);
    if path.is_empty() {
        return Err("it is empty");
    }
    for segment in path.split('/') {
        match segment {
            "" => return Err("it has an empty folder name"),
            "." | ".." => return Err("it has the folder name `.` or `..`"),
            _ => {}
        }
    }
    Ok(path.to_owned())
}

/// What a file system without case makes of a path.
fn key(path: &str) -> String {
    path.to_lowercase()
}

fn unreadable(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) if is_about_content(&error) => Error::NotZip { problem: printable(&error.to_string()) },
        ZipError::Io(error) => Error::Io(error),
        ZipError::InvalidArchive(problem) => Error::NotZip { problem: printable(&problem) },
        ZipError::UnsupportedArchive(problem) => Error::NotZip { problem: printable(problem) },
        other => Error::NotZip { problem: printable(&other.to_string()) },
    }
}

fn damaged(file: &str, error: io::Error) -> Error {
    if is_about_content(&error) {
        Error::Damaged { file: file.to_owned(), problem: printable(&error.to_string()) }
    } else {
        Error::Io(error)
    }
}

/// Kinds that decoders use for bytes that make no sense, in contrast to a disk that fails.
fn is_about_content(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other
    )
}

fn printable(text: &str) -> String {
    let mut text = Excerpt(text).to_string();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_names_as_clients_see_them() {
        for (name, expected) in [
            ("a.nuspec", "a.nuspec"),
            ("lib/net8.0/a.dll", "lib/net8.0/a.dll"),
            ("lib\\net8.0\\a.dll", "lib/net8.0/a.dll"),
            ("lib/", "lib"),
            ("[Content_Types].xml", "[Content_Types].xml"),
            ("content/a%20b", "content/a b"),
            ("100%", "100%"),
            ("a..b/c...d", "a..b/c...d"),
        ] {
            assert_eq!(path(name), Ok(expected.to_owned()), "{name}");
        }
        for (name, problem) in [
            ("", "it is empty"),
            ("/", "it is absolute"),
            ("/etc/passwd", "it is absolute"),
            ("\\\\host\\share", "it is absolute"),
            ("%2Fetc", "it is absolute"),
            ("C:/a", "it has a colon, as in drive letters"),
            ("a.dll:stream", "it has a colon, as in drive letters"),
            ("../a", "it has the folder name `.` or `..`"),
            ("lib/../../a", "it has the folder name `.` or `..`"),
            ("lib\\..\\a", "it has the folder name `.` or `..`"),
            ("%2e%2E%5ca", "it has the folder name `.` or `..`"),
            ("lib/..", "it has the folder name `.` or `..`"),
            ("./a.nuspec", "it has the folder name `.` or `..`"),
            ("lib//a", "it has an empty folder name"),
            ("a\0.nuspec", "it has a control character"),
            ("a%00b", "it has a control character"),
            ("a\r\nb", "it has a control character"),
        ] {
            assert_eq!(path(name), Err(problem), "{name:?}");
        }
    }
}
