//! The start page: the packages on this feed, by their words or by how often they are fetched.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::client_lines;
use super::components::{
    Button, Callout, PageHeader, account_link, code_block, counted, hallmark, package_link, pagination,
};
use super::page::Page;
use super::refusal::Refusal;
use super::section::Section;
use super::viewer::Viewer;
use super::visit::Visit;
use crate::feed::search::{self, MAX_SIGNERS, MAX_SKIP};
use crate::store::search::{Hits, SearchQuery};

/// Packages on one page.
const PACKAGES: u32 = 25;
/// Characters of a description that a list shows; the package's own page has the rest.
const DESCRIPTION: usize = 300;
/// Tags that a list shows.
const TAGS: usize = 8;

/// What was asked for.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    q: String,
    page: Option<String>,
}

/// A prepared result of search, as far as this page shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    id: String,
    version: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    owners: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    icon_url: String,
    total_downloads: u64,
}

/// `GET /`
pub(in crate::web) async fn show(visit: Visit, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let number = page_number(asked.page.as_deref()).min(u64::from(MAX_SKIP / PACKAGES));
    let skip = u32::try_from((number - 1) * u64::from(PACKAGES)).unwrap_or(MAX_SKIP);
    let mut query = SearchQuery { prerelease: true, semver2: true, skip, take: PACKAGES, ..SearchQuery::default() };
    let left_out = search::understand(&asked.q, &mut query);
    let hits = visit.run(move |app| app.store.read(|r| r.search(&query))).await?;
    let found = hits.hits.iter().map(|hit| serde_json::from_slice(hit));
    let found = found.collect::<Result<Vec<Found>, _>>().map_err(|error| Refusal::internal(&error))?;
    let hits = Hits { total: hits.total, hits: found };
    Ok(visit.page(page(&visit, asked.q.trim(), number, &hits, left_out)))
}

/// The number of a page as it stands in a query; whatever is none is the first.
pub(super) fn page_number(asked: Option<&str>) -> u64 {
    let number: Option<u32> = asked.and_then(|text| text.parse().ok());
    u64::from(number.unwrap_or(1).max(1))
}

fn page(visit: &Visit, asked: &str, number: u64, hits: &Hits<Found>, left_out: usize) -> Page {
    let home = visit.state().app.urls.home();
    let (title, lead) = if asked.is_empty() {
        ("Packages".to_owned(), format!("{} on this feed", counted(hits.total, "package")))
    } else {
        (format!("Packages for “{asked}”"), format!("{} found", counted(hits.total, "package")))
    };
    let content = html! {
        (PageHeader::new(&title).lead(lead))
        @if left_out > 0 {
            (Callout::warning("", html! { p { "Only the first " (MAX_SIGNERS) " different filters " code { "signed-by:" } " count in one search; the others were left out." } }))
        }
        @if hits.hits.is_empty() { (nothing(visit, asked, hits.total)) }
        @else { ol.package-list { @for found in &hits.hits { (item(found, &home)) } } }
        (pagination(number, hits.total.div_ceil(u64::from(PACKAGES)), |page| href(asked, page)))
        @if hits.total > 0 || !asked.is_empty() { (filters()) }
    };
    Page::new(title, content).section(Section::Packages)
}

/// What else the search box understands.
fn filters() -> Markup {
    html! {
        p.hint.search-filters {
            "Search also takes " code { "id:" } ", " code { "tags:" } ", " code { "author:" } " and " code { "owner:" }
            " with a word; and " code { "signed-by:" } " with the name of an account or the first eight or more digits of a certificate’s fingerprint, for packages with a version that is signed so, or "
            a href="./?q=signed-by%3Anone" { code { "signed-by:none" } } " for those with a version that no author signed. Two of these filters count in one search."
        }
    }
}

fn href(asked: &str, page: u64) -> String {
    if asked.is_empty() {
        return format!("./?page={page}");
    }
    format!("./?q={}&page={page}", utf8_percent_encode(asked, NON_ALPHANUMERIC))
}

fn item(found: &Found, home: &str) -> Markup {
    let text = if found.description.is_empty() { &found.summary } else { &found.description };
    html! {
        li.package-item {
            (icon(found.icon_url.strip_prefix(home)))
            div.package-about {
                h2 { (package_link(&found.id)) " " span.package-version { (found.version) } }
                @if !text.is_empty() { p { (shortened(text, DESCRIPTION)) } }
                p.package-meta {
                    @if !found.owners.is_empty() {
                        span {
                            @for (number, owner) in found.owners.iter().enumerate() {
                                @if number == 0 { "by " } @else { ", " }
                                (account_link(owner))
                            }
                        }
                    }
                    " " span { (counted(found.total_downloads, "download")) } " "
                    @if !found.tags.is_empty() {
                        span.package-tags { @for tag in found.tags.iter().take(TAGS) { (tag_link(tag)) " " } }
                    }
                }
            }
        }
    }
}

/// A tag, which searches for its like.
pub(super) fn tag_link(tag: &str) -> Markup {
    let quoted = format!("tags:\"{tag}\"");
    html! { a.tag href={ "./?q=" (utf8_percent_encode(&quoted, NON_ALPHANUMERIC)) } { (tag) } }
}

/// The icon out of the package, by its path on this server; icons elsewhere are not fetched.
pub(super) fn icon(path: Option<&str>) -> Markup {
    html! {
        @match path {
            Some(path) => img.package-icon src=(path) width="48" height="48" alt="" loading="lazy";,
            None => span.package-icon { (hallmark()) },
        }
    }
}

/// At most so many characters of a text.
fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
    }
}

fn nothing(visit: &Visit, asked: &str, total: u64) -> Markup {
    html! {
        @if total > 0 {
            p.empty { "There is no such page: the list ends before it. " a href=(href(asked, 1)) { "Go to the first page" } "." }
        } @else if asked.is_empty() {
            p.empty { "There are no packages on this feed yet. The first one appears here as soon as it is pushed." }
            @if let Some(viewer) = visit.viewer() { (first_push(&viewer)) }
        } @else {
            p.empty {
                @if asked.to_lowercase().contains("signed-by:") { "No package fits all of that. A filter " code { "signed-by:" } " looks at all versions, unlisted ones too, of the packages that have a listed one: no search shows the others." }
                @else { "No package has all of these words in its ID, title, tags, description, authors or owners." }
            }
            div.actions { (Button::quiet("Show all packages").link("./")) }
        }
    }
}

/// How the first package comes here. Where reading needs an account, so does the client before it pushes.
fn first_push(viewer: &Viewer) -> Markup {
    let app = &viewer.visit.state().app;
    let open = app.live().policy.anonymous_read;
    let reader = (!open).then_some(&viewer.session.account.name);
    html! {
        p {
            "A push needs an API key with the scope push" @if !open { ", and to find the feed a client needs one with the scope read; a key can have both" }
            ". Make it under " a href="account/keys" { "API keys" } ", and put it in the place of " code { "KEY" } ":"
        }
        (code_block("Add this feed, once", &client_lines::add_source(&app.urls, reader)))
        (code_block("Push a package", &client_lines::push("Your.Package.1.0.0.nupkg")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_no_number_is_the_first() {
        for (asked, page) in [(None, 1), (Some(""), 1), (Some("0"), 1), (Some("-3"), 1), (Some("x"), 1), (Some("7"), 7)]
        {
            assert_eq!(page_number(asked), page, "{asked:?}");
        }
    }

    #[test]
    fn the_link_of_a_page_keeps_the_words() {
        assert_eq!(href("a&b=\"c\"", 2), "./?q=a%26b%3D%22c%22&page=2");
        assert_eq!(href("", 2), "./?page=2");
    }

    #[test]
    fn a_long_description_is_cut_between_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äö ü", 3), "äö…");
    }
}
