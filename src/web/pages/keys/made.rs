//! What is said of a new key: the key, once, and what to do with it.

use crate::documents::Urls;
use crate::domain::api_key::Scope;
use crate::feed::api_keys::{Made, Wanted};
use crate::web::pages::client_lines::{SOURCE, add_source};
use crate::web::pages::flash::Flash;

/// What must be known of a key without the scope *read* where reading is not open to all: the client reads the index of the feed
/// before it pushes, without the key that it is told to push with, and gives up at the 401.
const NEEDS_READER: &str = "It can’t read, and this feed is read with a key only: tools look at the feed before they push, and would be turned away. \
     So they need a key with `Read` as well: one beside this one, as shown below, or a new key that may do both.";

/// The message on the next page. The key itself is in it, and in no other place. `open`: everybody may read the feed.
pub(super) fn flash(made: &Made, wanted: &Wanted, urls: &Urls, open: bool) -> Flash {
    let said = format!("The key `{}` acts for {} until {}.", wanted.name, made.owner, made.expires_at.date());
    let reads = wanted.scopes.contain(Scope::Read);
    let mut flash = match reads || open {
        true => Flash::done(said),
        false => Flash::warning(format!("{said} {NEEDS_READER}")),
    };
    flash = flash.with_secret(made.key.reveal());
    if reads {
        flash = flash.with_use("nuget.config, to read with it", settings(made, urls));
    } else if !open {
        flash = flash.with_use(
            "First, once: the feed as a source, with a key that reads in place of KEY",
            add_source(urls, Some(&made.holder)),
        );
    }
    let source = match (reads || !open, urls.is_https()) {
        (true, _) => SOURCE.to_owned(),
        (false, true) => urls.service_index(),
        // Without this the client reads the index and then sends nothing.
        (false, false) => format!("{} --allow-insecure-connections", urls.service_index()),
    };
    let key = made.key.reveal();
    if wanted.scopes.contain(Scope::PushVersion) {
        flash = flash
            .with_use("To push with it", format!("dotnet nuget push PACKAGE.nupkg --source {source} --api-key {key}"));
    }
    if wanted.scopes.contain(Scope::Unlist) {
        flash = flash.with_use(
            "To unlist with it",
            format!("dotnet nuget delete ID VERSION --source {source} --api-key {key} --non-interactive"),
        );
    }
    flash
}

/// A whole `nuget.config`. Clients refuse http unless it is allowed here.
fn settings(made: &Made, urls: &Urls) -> String {
    let insecure = if urls.is_https() { "" } else { " allowInsecureConnections=\"true\"" };
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <packageSources>
    <add key="{SOURCE}" value="{index}" protocolVersion="3"{insecure} />
  </packageSources>
  <packageSourceCredentials>
    <{SOURCE}>
      <add key="Username" value="{user}" />
      <add key="ClearTextPassword" value="{key}" />
    </{SOURCE}>
  </packageSourceCredentials>
</configuration>"#,
        index = xml(&urls.service_index()),
        user = xml(made.holder.as_str()),
        key = made.key.reveal(),
    )
}

/// A value of an attribute (XML 1.0, section 2.4).
fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use url::Url;

    use super::*;
    use crate::domain::api_key::ApiKey;
    use crate::feed::api_keys::Holder;
    use crate::web::pages::flash::Tone;

    fn told(scopes: &str, public_url: &str) -> (Made, Flash) {
        told_by(scopes, public_url, true)
    }

    fn told_by(scopes: &str, public_url: &str, open: bool) -> (Made, Flash) {
        let made = Made {
            key: ApiKey::from_random(&[7; 64]).unwrap(),
            holder: "contoso".parse().unwrap(),
            owner: "contoso".parse().unwrap(),
            service: true,
            expires_at: OffsetDateTime::UNIX_EPOCH,
        };
        let wanted = Wanted {
            name: "ci".parse().unwrap(),
            holder: Holder::Organization("contoso".parse().unwrap()),
            scopes: scopes.parse().unwrap(),
            patterns: Vec::new(),
            lasts: "7d".parse().unwrap(),
        };
        let flash = flash(&made, &wanted, &Urls::new(&Url::parse(public_url).unwrap()).unwrap(), open);
        (made, flash)
    }

    #[test]
    fn each_scope_has_the_lines_to_use_it() {
        let labels = |scopes: &str| told(scopes, "https://feed.example").1.uses.into_iter().map(|(label, _)| label);
        assert_eq!(labels("read").collect::<Vec<_>>(), ["nuget.config, to read with it"]);
        assert_eq!(labels("push-version").collect::<Vec<_>>(), ["To push with it"]);
        assert_eq!(labels("push,unlist,read").count(), 3);
    }

    #[test]
    fn a_key_that_does_not_read_names_the_feed_by_its_address() {
        let (made, flash) = told("push", "https://feed.example/x");
        let line = flash.uses[0].1.as_str();
        assert!(line.contains("--source https://feed.example/x/v3/index.json"), "{line}");
        assert!(line.ends_with(&format!("--api-key {}", made.key.reveal())));
    }

    #[test]
    fn where_reading_needs_a_key_one_that_only_pushes_comes_with_the_lines_for_both() {
        let (made, flash) = told_by("push,unlist", "https://feed.example", false);
        assert!(flash.tone == Tone::Warning && flash.text.contains("need a key with `Read` as well"), "{}", flash.text);
        let lines: Vec<&str> = flash.uses.iter().map(|(_, lines)| lines.as_str()).collect();
        assert_eq!(
            lines[0],
            "dotnet nuget add source https://feed.example/v3/index.json --name assay --username contoso --password KEY \
             --store-password-in-clear-text"
        );
        let key = made.key.reveal();
        assert_eq!(lines[1], format!("dotnet nuget push PACKAGE.nupkg --source assay --api-key {key}"));
        assert!(lines[2].contains("--source assay ") && lines.len() == 3, "{}", lines[2]);
        // One that reads, and an open feed, need no second key.
        for (scopes, open) in [("push,read", false), ("push", true), ("push,read", true)] {
            let (_, flash) = told_by(scopes, "https://feed.example", open);
            assert!(flash.tone == Tone::Done && !flash.text.contains("Read"), "{scopes} {open}");
        }
    }

    #[test]
    fn http_is_allowed_in_the_settings_where_it_must_be() {
        assert!(told("read", "http://feed.example").1.uses[0].1.contains("allowInsecureConnections"));
        assert!(told("push", "http://feed.example").1.uses[0].1.contains("--allow-insecure-connections"));
        assert!(!told("read", "https://feed.example").1.uses[0].1.contains("allowInsecureConnections"));
        assert_eq!(xml("a&<\""), "a&amp;&lt;&quot;");
    }
}
