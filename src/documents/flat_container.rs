//! The version list of the flat container.

use crate::domain::version::NuGetVersion;

use super::json::Object;

/// `{"versions":[...]}` (<https://learn.microsoft.com/nuget/api/package-base-address-resource>): all versions of an id,
/// listed or not, in the order given, which must be ascending.
///
/// In lower case and without metadata: the restore client builds the address of the package out of this very text.
#[must_use]
pub fn versions<'a>(ascending: impl IntoIterator<Item = &'a NuGetVersion>) -> Vec<u8> {
    let keys: Vec<String> = ascending.into_iter().map(NuGetVersion::key).collect();
    Object::new().strings("versions", keys.iter().map(String::as_str)).finish()
}
