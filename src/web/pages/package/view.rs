//! The page of a package, as markup.

use maud::{Markup, html};

use super::{Shown, signatures, versions, withdraw};
use crate::domain::manifest::{DependencyGroup, License, Manifest};
use crate::domain::web_url::WebUrl;
use crate::store::withdrawals::Withdrawn;
use crate::web::pages::components::{
    Badge, Button, Callout, Facts, PageHeader, account_link, breakable, code_block, count, day, package_link, segment,
};
use crate::web::pages::packages::{icon, tag_link};
use crate::web::pages::page::Page;
use crate::web::pages::section::Section;
use crate::web::pages::visit::Visit;

/// The page.
pub(super) fn page(visit: &Visit, shown: &Shown, number: u64) -> Page {
    let version = shown.current.version.full();
    let content = html! {
        (header(visit, shown))
        @if let Some(hidden) = &shown.hidden { (hidden_by(hidden)) }
        @if !shown.current.listed && shown.hidden.is_none() { (unlisted()) }
        (signatures::what_became_of_it(shown))
        @if shown.hidden.is_none() { (install(shown)) }
        (description(&shown.manifest))
        h2 #signatures { "Signatures" }
        (signatures::section(visit, shown))
        h2 { "Dependencies" }
        (dependencies(&shown.manifest))
        h2 { "About" }
        (facts(shown))
        h2 #versions { "Versions" }
        (versions::list(shown, number))
    };
    Page::new(format!("{} {version}", shown.id), content).section(Section::Packages)
}

fn header(visit: &Visit, shown: &Shown) -> Markup {
    let app = &visit.state().app;
    let version = &shown.current.version;
    let token = app.file_token(&shown.id, version);
    let path = shown.has_icon.then(|| app.urls.icon(&shown.id, version, token.as_deref()));
    let path = path.as_ref().and_then(|url| url.strip_prefix(&app.urls.home()));
    let title = html! { (breakable(shown.id.as_str())) " " span.package-version { (version.full()) } };
    let header = PageHeader::new(title).below(&[("./", "Packages")], shown.id.as_str());
    let manage =
        Button::quiet("Manage").about(shown.id.to_string()).link(format!("packages/{}/manage", segment(&shown.id)));
    let header = if shown.manages { header.action(manage) } else { header };
    let withdraw = Button::quiet("Withdraw").about(format!("{} {}", shown.id, version.full()));
    let header =
        if shown.withdraws { header.action(withdraw.link(withdraw::path(&shown.id, version))) } else { header };
    html! {
        div.package-head { (icon(path)) div { (header.lead(byline(shown))) } }
    }
}

fn byline(shown: &Shown) -> Markup {
    html! {
        @for (number, owner) in shown.owners.iter().enumerate() {
            @if number == 0 { "Owned by " } @else { ", " }
            (account_link(owner))
        }
        @if shown.current.version.is_prerelease() { " " (Badge::neutral("Prerelease")) }
        @if !shown.current.listed { " " (Badge::warning("Unlisted")) }
        @if shown.hidden.is_some() { " " (Badge::bad("Hidden")) }
    }
}

/// For administrators, who alone see the page then.
fn hidden_by(hidden: &Withdrawn) -> Markup {
    let text = html! {
        p { "Only administrators see this page, and nobody gets the version. " (hidden.by) " has hidden it on " (day(hidden.at)) ": " (hidden.reason) }
        p { "By “Withdraw” it can be shown again, or removed for good." }
    };
    html! { (Callout::warning("This version is hidden", text)) }
}

fn unlisted() -> Markup {
    let text = html! { p { "Search does not show this version. Whoever names it still gets it, so builds that use it go on." } };
    html! { (Callout::warning("This version is unlisted", text)) }
}

fn install(shown: &Shown) -> Markup {
    let (id, version) = (&shown.id, shown.current.version.full());
    let is = |kind: &str| shown.manifest.package_type_names().any(|name| name.eq_ignore_ascii_case(kind));
    html! {
        @if is("DotnetTool") {
            (code_block(".NET CLI", &format!("dotnet tool install --global {id} --version {version}")))
        } @else if is("Template") {
            (code_block(".NET CLI", &format!("dotnet new install {id}@{version}")))
        } @else {
            (code_block(".NET CLI", &format!("dotnet add package {id} --version {version}")))
            (code_block("Project file", &format!("<PackageReference Include=\"{id}\" Version=\"{version}\" />")))
        }
    }
}

/// The description is plain text: an empty line ends a paragraph.
pub(in crate::web::pages) fn description(manifest: &Manifest) -> Markup {
    let text = manifest.description.as_deref().or(manifest.summary.as_deref()).unwrap_or_default();
    let text = text.replace("\r\n", "\n");
    html! {
        h2 { "Description" }
        @if text.trim().is_empty() { p.quiet-text { "The package has no description." } }
        @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            p.description { (paragraph.trim()) }
        }
    }
}

pub(in crate::web::pages) fn dependencies(manifest: &Manifest) -> Markup {
    let groups: Vec<&DependencyGroup> = manifest.dependency_groups.iter().collect();
    html! {
        @if groups.is_empty() { p.quiet-text { "It needs no other package." } }
        @for group in groups {
            h3 { (group.target_framework.as_deref().unwrap_or("Any framework")) }
            @if group.dependencies.is_empty() { p.quiet-text { "Nothing." } }
            @else {
                ul.dependencies {
                    @for dependency in &group.dependencies {
                        li { (package_link(&dependency.id)) " " code { (dependency.range) } }
                    }
                }
            }
        }
    }
}

fn facts(shown: &Shown) -> Markup {
    let manifest = &shown.manifest;
    let downloads = shown.versions.iter().map(|version| version.downloads).sum();
    let tags = (!manifest.tags.is_empty()).then(|| html! { @for tag in &manifest.tags { (tag_link(tag)) " " } });
    let repository = manifest.repository.as_ref().and_then(|repository| repository.url.as_deref());
    let facts = Facts::new()
        .fact("Published", day(shown.current.published_at))
        .fact("Downloads", html! { (count(downloads)) " in all, " (count(shown.current.downloads)) " of this version" })
        .fact("Size", size(shown.size))
        .fact_if_known("Authors, as the package says", manifest.authors.as_deref())
        .fact_if_known("Licence", licence(manifest))
        .fact_if_known("Project", manifest.project_url.as_ref().map(elsewhere))
        .fact_if_known("Source code", repository.map(source))
        .fact_if_known("Tags", tags)
        .fact_if_known("Copyright", manifest.copyright.as_deref());
    html! { (facts) }
}

/// Bytes in the unit that fits.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

fn licence(manifest: &Manifest) -> Option<Markup> {
    match (&manifest.license, &manifest.license_url) {
        (Some(License::Expression(expression)), _) => Some(html! { (expression) }),
        (Some(License::File(path)), _) => Some(html! { "In the package: " code { (path) } }),
        (None, Some(url)) => Some(elsewhere(url)),
        (None, None) => None,
    }
}

/// A link that the package wrote: it leads away, and says nothing of where one came from.
fn elsewhere(url: &WebUrl) -> Markup {
    html! { a href=(url.as_str()) rel="noopener noreferrer nofollow" { (url.as_str()) } }
}

fn source(url: &str) -> Markup {
    WebUrl::parse(url).map_or_else(|_| html! { (url) }, |url| elsewhere(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_the_unit_that_fits() {
        assert_eq!([0, 999, 1_000, 1_001, 12_340_000].map(size), ["0 bytes", "999 bytes", "1 kB", "2 kB", "12.3 MB"]);
    }

    #[test]
    fn a_link_of_a_package_is_no_way_back_and_a_source_that_is_no_web_address_no_link() {
        let html = source("https://example.org/\"><script>").into_string();
        assert!(html.contains("rel=\"noopener noreferrer nofollow\"") && !html.contains("<script>"), "{html}");
        assert!(!source("javascript:alert(1)").into_string().contains("<a"));
    }
}
