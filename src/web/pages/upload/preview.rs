//! An upload that waits: the verdict, what would be published under whose name, and the two buttons.

use maud::{Markup, Render, html};

use super::{Found, PATH, Waiting, path_of};
use crate::domain::account::AccountName;
use crate::domain::byte_size;
use crate::domain::package_id::PackageId;
use crate::domain::verdict::SignatureKind;
use crate::domain::version::NuGetVersion;
use crate::web::pages::components::{
    Badge, Button, ButtonForm, Facts, PageHeader, account_link, breakable, moment, package_link, segment,
};
use crate::web::pages::package::view::{dependencies, description};
use crate::web::pages::page::Page;
use crate::web::pages::section::Section;
use crate::web::pages::verdicts;
use crate::web::pages::visit::Visit;

/// After how many seconds a page looks again whether the work is done.
const LOOKS_AGAIN: u32 = 2;

/// The page.
pub(super) fn page(visit: &Visit, upload: &Waiting, found: &Found) -> Page {
    let explained = &found.kept.explained;
    let title = html! {
        (breakable(found.manifest.id.as_str())) " " span.package-version { (found.manifest.version.full()) }
        " " (found.standing())
    };
    let content = html! {
        (PageHeader::new(title).below(&[(PATH, "Upload")], &found.name()).lead(kept(upload)))
        (verdicts::decided(explained))
        (verdicts::next(explained))
        (decision(visit, upload, found))
        h2 { @if found.would_be_published() { "What would be published" } @else { "What was uploaded" } }
        (facts(visit, upload, found))
        (description(&found.manifest))
        h2 { "Dependencies" }
        (dependencies(&found.manifest))
        (verdicts::explained(explained, &[]))
    };
    Page::new(format!("Upload of {}", found.name()), content).section(Section::Upload)
}

/// The page before anything was found out, or after that turned out to be true no longer.
pub(super) fn not_judged(visit: &Visit, upload: &Waiting) -> Page {
    let csrf = visit.csrf();
    let path = path_of(upload);
    let send = |deed: &str, button: Button| ButtonForm::new(&csrf, format!("{path}/{deed}"), button).render();
    let content = html! {
        (PageHeader::new(html! { (upload.file_name) " " (Badge::neutral("Not checked yet")) })
            .below(&[(PATH, "Upload")], &upload.file_name).lead(kept(upload)))
        div.actions {
            div data-busy="Checking…" { (send("judge", Button::primary("Check it"))) }
            (send("discard", Button::quiet("Discard")))
        }
        p.hint { "You see what a push of it would be told, and then decide whether it is published." }
    };
    Page::new(format!("Upload of {}", upload.file_name), content).section(Section::Upload)
}

fn kept(upload: &Waiting) -> Markup {
    html! { "Nothing is published yet. The file is kept for you alone, until " (moment(upload.until)) ". What was found out about it is kept as a verdict, which owners of the package can read too." }
}

/// The page while somebody works on it: the same person in another tab, or by a second click.
pub(super) fn in_work(upload: &Waiting) -> Page {
    let content = html! {
        (PageHeader::new("One moment").below(&[(PATH, "Upload")], &upload.file_name)
            .lead("The package is being checked or published. This page looks again by itself."))
        p { a href=(path_of(upload)) { "Look again now" } }
    };
    Page::new("One moment", content).section(Section::Upload).refresh(LOOKS_AGAIN)
}

/// The page of a version that is on the feed.
pub(super) fn path_of_version(id: &PackageId, version: &NuGetVersion) -> String {
    format!("packages/{}/{}", segment(id), segment(version.full()))
}

/// What can be done: one click publishes, one discards. What is refused can be checked again once something has changed.
fn decision(visit: &Visit, upload: &Waiting, found: &Found) -> Markup {
    let csrf = visit.csrf();
    let path = path_of(upload);
    let send = |deed: &str, button: Button| ButtonForm::new(&csrf, format!("{path}/{deed}"), button).render();
    let register = found.kept.number.filter(|_| found.registrable);
    html! {
        @if found.would_be_published() {
            div.actions { div data-busy="Publishing…" { (send("publish", Button::primary("Publish"))) } (send("discard", Button::quiet("Discard"))) }
            p.hint { "It is checked once more; then everybody who may read this feed gets it. A version that is published never changes." }
        } @else {
            div.actions {
                @if let Some(number) = register { (Button::primary("Register the certificate").link(format!("verdicts/{}", number.0))) }
                div data-busy="Checking…" {
                    (send("judge", if register.is_some() { Button::quiet("Check again") } else { Button::primary("Check again") }))
                }
                (send("discard", Button::quiet("Discard")))
            }
            p.hint { "Once it is put right, this same upload can be checked again and published. It was checked on " (moment(found.at)) "." }
        }
    }
}

fn facts(visit: &Visit, upload: &Waiting, found: &Found) -> Markup {
    let manifest = &found.manifest;
    let signs = !visit.state().live().repository_signatures.is_empty();
    let facts = Facts::new()
        .fact("Package", package(found))
        .fact("Version", manifest.version.full())
        .fact("Published for", account_link(&upload.owner))
        .fact("Owned by", owners(&found.owners, &upload.owner))
        .fact_if_known("The feed adds", feed_adds(signs, found.kept.explained.signature))
        .fact_if_known("Authors, as the package says", manifest.authors.as_deref())
        .fact("File", &upload.file_name)
        .fact("Size", byte_size::shown(upload.size))
        .fact("SHA-512", html! { code.breakable { (hex::encode(upload.sha512)) } });
    html! { (facts) }
}

fn package(found: &Found) -> Markup {
    let id = &found.manifest.id;
    if found.owners.is_empty() {
        html! { (breakable(id.as_str())) " (a new ID)" }
    } else {
        package_link(id)
    }
}

fn owners(owners: &[AccountName], creator: &AccountName) -> Markup {
    html! {
        @if owners.is_empty() { (account_link(creator)) ", from then on" }
        @for (number, owner) in owners.iter().enumerate() { @if number > 0 { ", " } (account_link(owner)) }
    }
}

/// What of the signatures would be the feed's; `None` where the package's own was not looked at, as something before it was wrong.
const fn feed_adds(signs: bool, signature: SignatureKind) -> Option<&'static str> {
    match (signs, signature) {
        (false, _) => Some("Nothing: this feed does not sign, as its address is not https."),
        (true, SignatureKind::Author) => Some("Its own signature beside the author’s, which stays as it is."),
        (true, SignatureKind::Repository) => Some("Its own signature in the place of the other feed’s."),
        (true, SignatureKind::None) => Some("Its own signature, as the package has none of its author."),
        (true, SignatureKind::NotJudged | SignatureKind::Unknown | SignatureKind::Unreadable) => None,
    }
}
