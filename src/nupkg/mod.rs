//! Reading a package: a ZIP archive with a nuspec.
//!
//! It works on bytes that anybody may have sent, so it unpacks only the few files it needs and believes no size. It does
//! not know accounts, the store or HTTP; it does not look at signatures, nor at the archive's finer structure that
//! signatures depend on.

mod embedded;
mod entries;
mod error;
pub mod limits;
mod nuspec;
mod nuspec_error;
mod xml;

#[cfg(test)]
pub(crate) mod builder;

use std::io::{BufReader, Read, Seek};

use crate::domain::excerpt::Excerpt;
use crate::domain::manifest::{License, Manifest};
use crate::domain::package_type::SYMBOLS_PACKAGE;

use entries::Entries;

pub use embedded::EmbeddedFile;
pub use error::Error;
pub use limits::Limits;
pub use nuspec_error::NuspecError;
pub use xml::XmlError;

/// How much is read at once while walking the central directory, in bytes: a header with its name, mostly.
const BUFFER_BYTES: usize = 4096;

/// What a feed needs to know of a package.
#[derive(Debug, Clone)]
pub struct Nupkg {
    /// What the nuspec says.
    pub manifest: Manifest,
    /// The nuspec, byte for byte as in the archive.
    pub nuspec: Vec<u8>,
    /// The icon in the package, if the nuspec names one.
    pub icon: Option<EmbeddedFile>,
    /// The readme in the package, if the nuspec names one.
    pub readme: Option<EmbeddedFile>,
    /// The licence text in the package, if the nuspec names one.
    pub license: Option<EmbeddedFile>,
    /// What was left out, and why: printable ASCII, one line each, for the person who pushes.
    pub warnings: Vec<String>,
}

/// Reads a package.
///
/// Looks at every name and declared size, and unpacks the nuspec and the files it names, each within its limit.
///
/// # Errors
/// [`Error`] names the file, the element and the broken rule. [`Error::Io`] alone says nothing about the package.
pub fn read(reader: &mut (impl Read + Seek), limits: &Limits) -> Result<Nupkg, Error> {
    let mut entries = Entries::read(BufReader::with_capacity(BUFFER_BYTES, reader), limits)?;
    let index = entries.nuspec()?;
    let file = entries.file(index).map(|file| Excerpt(&file.path).to_string()).unwrap_or_default();
    let nuspec = entries.content(index, limits.nuspec_bytes)?;
    let (manifest, warnings) =
        nuspec::read(&nuspec, limits.unicode_ids).map_err(|problem| Error::Nuspec { file, problem })?;
    if manifest.package_types.iter().any(|kind| kind.is(SYMBOLS_PACKAGE)) {
        return Err(Error::SymbolPackage);
    }
    let license_path = match &manifest.license {
        Some(License::File(path)) => Some(path.as_str()),
        _ => None,
    };
    let limit = limits.embedded_bytes;
    let icon = embedded::icon(&mut entries, manifest.icon.as_deref(), limit)?;
    let readme = embedded::readme(&mut entries, manifest.readme.as_deref(), limit)?;
    let license = embedded::license(&mut entries, license_path, limit)?;
    Ok(Nupkg { manifest, nuspec, icon, readme, license, warnings })
}

#[cfg(test)]
mod tests;
