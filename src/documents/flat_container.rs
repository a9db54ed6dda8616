//! The version list of the flat container.

use serde::Deserialize;

use super::json::Object;
use crate::domain::version::NuGetVersion;

/// `{"versions":[...]}` (<https://learn.microsoft.com/nuget/api/package-base-address-resource>): all versions of an id,
/// listed or not, in the order given, which must be ascending.
///
/// In lower case and without metadata: the restore client builds the address of the package out of this very text.
#[must_use]
pub fn versions<'a>(ascending: impl IntoIterator<Item = &'a NuGetVersion>) -> Vec<u8> {
    let keys: Vec<String> = ascending.into_iter().map(NuGetVersion::key).collect();
    Object::new().strings("versions", keys.iter().map(String::as_str)).finish()
}

/// The versions of such a list, in its order; none of what is no list.
#[must_use]
pub fn listed(list: &[u8]) -> Vec<NuGetVersion> {
    #[derive(Deserialize)]
    struct List {
        versions: Vec<String>,
    }
    let list = serde_json::from_slice::<List>(list).map(|list| list.versions).unwrap_or_default();
    list.iter().filter_map(|version| NuGetVersion::parse(version).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let ascending =
            ["1.0.0-Beta.2", "1.0.0", "2.0.0.1", "10.0.0+metadata"].map(|text| NuGetVersion::parse(text).unwrap());
        assert_eq!(listed(&versions(&ascending)), ascending);
        assert!(listed(b"").is_empty());
    }
}
