//! The roots that pushes ended in: a part of the page, and `/admin/trust/unknown/{for}/{fingerprint}` for each.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use time::OffsetDateTime;

use super::{PATH, named, path_of, validity_of, whom};
use crate::domain::visible::{brief, visible};
use crate::feed::unknown_roots;
use crate::store::trust_anchors::Purpose;
use crate::store::unknown_roots::UnknownRoot;
use crate::web::pages::components::{
    Button, ButtonForm, Callout, Confirm, Facts, Field, FieldErrors, PageHeader, Table, account_link, ago,
    fingerprint_in_full, moment,
};
use crate::web::pages::csrf::CsrfToken;
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

const DIGITS: &str = "digits";

/// So many of them are shown above the lists, unless all are asked for.
const NEWEST: usize = 5;

/// The part of the trust page that lists them, or the newest of them; nothing while there are none.
pub(super) fn section(csrf: &CsrfToken, roots: &[UnknownRoot], all: bool, now: OffsetDateTime) -> Markup {
    if roots.is_empty() {
        return Markup::default();
    }
    let table = Table::new("Roots that pushes ended in")
        .column("Root, as it names itself")
        .column("Fingerprint")
        .column("Would vouch for")
        .column("Pushed by")
        .actions();
    let shown = if all { roots.len() } else { NEWEST };
    let table = roots.iter().take(shown).fold(table, |table, root| {
        table.row([
            html! { (brief(&root.subject)) },
            fingerprint_in_full(&root.fingerprint),
            html! { (whom(root.purpose)) },
            pushed(root, now),
            html! {
                (Button::quiet("Look at it").small().about(brief(&root.subject)).link(path(root)))
                (dismiss_button(csrf, root))
            },
        ])
    });
    html! {
        section aria-labelledby="unknown-roots" {
            h2 #unknown-roots { "Roots that pushes ended in" }
            (Callout::warning("A package does not show whose root it came with", html! {
                p { "These packages were refused because the certificates they are signed with lead up to roots that are not in the lists below. Anybody can make a root and call it anything. So add one only when its owner told you its fingerprint by another way: on the telephone, or on their own page." }
            }))
            (table)
            p.hint { "Dismissing a root takes it off this list and does nothing else: packages that end in it are refused as before, and with the next one it is on the list again." }
            @if roots.len() > shown { p { a href={ (PATH) "?pushed=all" } { "Show all " (roots.len()) } } }
        }
    }
}

/// `GET admin/trust/unknown/{for}/{fingerprint}`
pub(in crate::web) async fn show(viewer: Viewer, path: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let root = load(&viewer, &path).await?;
    Ok(viewer.visit.page(page(&viewer, &root, "", &FieldErrors::default())))
}

/// `POST admin/trust/unknown/{for}/{fingerprint}`
pub(in crate::web) async fn adopt(
    viewer: Viewer,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let (purpose, fingerprint) = named(&path)?;
    let digits = posted.text(DIGITS).to_owned();
    let adopted =
        viewer.run(move |app, actor, now| unknown_roots::adopt(&app.store, purpose, &fingerprint, &digits, actor, now));
    match adopted.await {
        Ok(()) => {
            let said = format!("The root `{fingerprint}` vouches for {} from now on.", whom(purpose));
            Ok(viewer.visit.redirect_saying(Flash::done(said), &path_of(purpose)))
        }
        Err(Refusal::Said(why)) => {
            let mut errors = FieldErrors::default();
            errors.add(DIGITS, capitalised(&why));
            let page = page(&viewer, &load(&viewer, &path).await?, posted.text(DIGITS), &errors);
            Ok(viewer.visit.page(page.status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        Err(refusal) => Err(refusal),
    }
}

/// `POST admin/trust/unknown/{for}/{fingerprint}/dismiss`
pub(in crate::web) async fn dismiss(
    viewer: Viewer,
    path: web::Path<(String, String)>,
    _posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let (purpose, fingerprint) = named(&path)?;
    viewer.run(move |app, actor, now| unknown_roots::dismiss(&app.store, purpose, &fingerprint, actor, now)).await?;
    let said = format!("The root `{fingerprint}` is off the list. It comes back with the next push that ends in it.");
    Ok(viewer.visit.redirect_saying(Flash::done(said), PATH))
}

async fn load(viewer: &Viewer, path: &(String, String)) -> Result<UnknownRoot, Refusal> {
    let (purpose, fingerprint) = named(path)?;
    let found = viewer.visit.run(move |app| app.store.read(|r| r.unknown_root(purpose, &fingerprint)));
    found.await?.ok_or(Refusal::Missing)
}

fn path(root: &UnknownRoot) -> String {
    format!("admin/trust/unknown/{}/{}", root.purpose.name(), root.fingerprint)
}

/// The button that takes a root off the list.
fn dismiss_button<'a>(csrf: &'a CsrfToken, root: &UnknownRoot) -> ButtonForm<'a> {
    let button = Button::quiet("Dismiss").small().about(brief(&root.subject));
    ButtonForm::new(csrf, format!("{}/dismiss", path(root)), button)
}

/// Whose push brought a root, with what, how often and when.
fn pushed(root: &UnknownRoot, now: OffsetDateTime) -> Markup {
    html! {
        (account_link(&root.pushed_by)) " with " (visible(&root.package))
        div.quiet-text {
            @if root.pushes > 1 { (root.pushes) " pushes, the last " }
            (ago(root.seen_at, now))
        }
    }
}

fn page(viewer: &Viewer, root: &UnknownRoot, digits: &str, errors: &FieldErrors) -> Page {
    let (visit, now) = (&viewer.visit, viewer.visit.now());
    let field = Field::text(DIGITS, "First eight digits of the fingerprint that its owner gave you")
        .hint(
            "Not of the one above: that came with the package. Ask the owner by telephone, or look at their own page.",
        )
        .value(digits)
        .autocomplete("off")
        .max_length(40)
        .required()
        .errors(errors);
    let meaning = match root.purpose {
        Purpose::Signing => {
            "Whoever holds a certificate that this root vouches for can then register it and sign packages with it."
        }
        Purpose::Timestamping => "Every timestamp of an authority that this root vouches for counts then.",
    };
    let consequences = html! {
        p { (meaning) " " strong { "That " (root.pushed_by) " pushed it proves nothing about whose it is." } }
    };
    let content = html! {
        (PageHeader::new("A root that pushes ended in").below(&[(PATH, "Trust anchors")], "Unknown root"))
        (errors.summary(&visit.frame_without_flash()))
        (Facts::new()
            .fact("Names itself", visible(&root.subject))
            .fact("Would vouch for", whom(root.purpose))
            .fact("Fingerprint (SHA-256)", fingerprint_in_full(&root.fingerprint))
            .fact("Valid until", validity_of(root.not_after, now))
            .fact("Came with", visible(&root.package))
            .fact("First pushed by", account_link(&root.pushed_by))
            .fact("Pushes", html! { (root.pushes) ", the last " (moment(root.seen_at)) }))
        (Confirm::new(&visit.csrf(), path(root), "Trust this root", consequences).fields(html! { (field) }).cancel(PATH))
        p { "Or leave it: dismissed, it is off the list until the next push ends in it." }
        (dismiss_button(&visit.csrf(), root))
    };
    Page::new("A root that pushes ended in", content).section(Section::AdminTrust)
}
