//! Lines to type so that `dotnet` knows this feed, and pushes to it.

use crate::documents::Urls;
use crate::domain::account::AccountName;

/// How the feed is called in the settings of a client.
pub(super) const SOURCE: &str = "assay";
/// What stands for a key that only its owner knows.
const KEY: &str = "KEY";

/// Makes the feed a source. Where reading is not open to all it has a `reader` with a key: the client reads the index before it
/// pushes, and an API key alone, which it sends with the push only, gets 401 there.
pub(super) fn add_source(urls: &Urls, reader: Option<&AccountName>) -> String {
    let mut line = format!("dotnet nuget add source {} --name {SOURCE}", urls.service_index());
    if let Some(reader) = reader {
        line.push_str(&format!(" --username {reader} --password {KEY} --store-password-in-clear-text"));
    }
    if !urls.is_https() {
        line.push_str(" --allow-insecure-connections");
    }
    line
}

/// Pushes a package to the source that [`add_source`] made.
pub(super) fn push(package: &str) -> String {
    format!("dotnet nuget push {package} --source {SOURCE} --api-key {KEY}")
}

/// Asks what a push of a package would be told, by a tool that every system has.
pub(super) fn verdict(urls: &Urls, package: &str) -> String {
    format!("curl -H \"X-NuGet-ApiKey: {KEY}\" --data-binary @{package} {}api/v1/verdicts", urls.home())
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn source(url: &str, reader: Option<&str>) -> String {
        let reader = reader.map(|name| name.parse().unwrap());
        add_source(&Urls::new(&Url::parse(url).unwrap()).unwrap(), reader.as_ref())
    }

    #[test]
    fn a_source_has_credentials_only_where_reading_needs_them() {
        let open = source("https://feed.example/x", None);
        assert_eq!(open, "dotnet nuget add source https://feed.example/x/v3/index.json --name assay");
        let closed = source("https://feed.example/x", Some("ann"));
        assert_eq!(closed, format!("{open} --username ann --password KEY --store-password-in-clear-text"));
    }

    #[test]
    fn http_is_allowed_where_the_source_is_made_so_that_a_push_by_its_name_works() {
        assert!(source("http://feed.example", None).ends_with(" --allow-insecure-connections"));
        assert_eq!(push("A.1.0.0.nupkg"), "dotnet nuget push A.1.0.0.nupkg --source assay --api-key KEY");
    }
}
