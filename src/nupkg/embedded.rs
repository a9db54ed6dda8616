//! Files inside the package that the nuspec names: icon, readme, licence.
//!
//! It looks at the first bytes and the end of the name. It does not decode pictures or render Markdown.

use std::io::{Read, Seek};

use crate::domain::excerpt::Excerpt;

use super::entries::Entries;
use super::error::Error;

/// A file out of the package, ready to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedFile {
    /// Its path in the archive.
    pub path: String,
    /// `image/png`, `image/jpeg`, `text/markdown` or `text/plain`, by content for pictures and by name for texts.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The icon: PNG or JPEG (<https://learn.microsoft.com/nuget/reference/nuspec#icon>).
pub(super) fn icon(
    entries: &mut Entries<impl Read + Seek>,
    path: Option<&str>,
    limit: u64,
) -> Result<Option<EmbeddedFile>, Error> {
    file(entries, "icon", path, limit, |_, bytes| match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Ok("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Ok("image/jpeg"),
        _ => Err("is neither PNG nor JPEG"),
    })
}

/// The readme: Markdown in UTF-8 (<https://learn.microsoft.com/nuget/reference/nuspec#readme>).
pub(super) fn readme(
    entries: &mut Entries<impl Read + Seek>,
    path: Option<&str>,
    limit: u64,
) -> Result<Option<EmbeddedFile>, Error> {
    file(entries, "readme", path, limit, |path, bytes| match extension(path).as_deref() {
        Some("md") if std::str::from_utf8(bytes).is_ok() => Ok("text/markdown"),
        Some("md") => Err("is not UTF-8"),
        _ => Err("does not end in `.md`"),
    })
}

/// The licence: a text (<https://learn.microsoft.com/nuget/reference/nuspec#license>).
pub(super) fn license(
    entries: &mut Entries<impl Read + Seek>,
    path: Option<&str>,
    limit: u64,
) -> Result<Option<EmbeddedFile>, Error> {
    file(entries, "license", path, limit, |path, _| match extension(path).as_deref() {
        Some("md") => Ok("text/markdown"),
        Some("txt") | None => Ok("text/plain"),
        Some(_) => Err("does not end in `.txt` or `.md`"),
    })
}

fn file(
    entries: &mut Entries<impl Read + Seek>,
    element: &'static str,
    path: Option<&str>,
    limit: u64,
    kind: impl FnOnce(&str, &[u8]) -> Result<&'static str, &'static str>,
) -> Result<Option<EmbeddedFile>, Error> {
    let Some(path) = path else {
        return Ok(None);
    };
    let shown = Excerpt(path).to_string();
    let Some(index) = entries.find(path) else {
        return Err(Error::MissingFile { element, path: shown });
    };
    let bytes = entries.content(index, limit)?;
    match kind(path, &bytes) {
        Ok(media_type) => Ok(Some(EmbeddedFile { path: path.to_owned(), media_type, bytes })),
        Err(problem) => Err(Error::WrongKind { element, path: shown, problem }),
    }
}

/// The part of the file name after its last dot, in lower case.
fn extension(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}
