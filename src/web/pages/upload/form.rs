//! The form: for which account, and which package. Beside it the uploads that wait, and how the terminal does the same.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::{PATH, Waiting, path_of};
use crate::domain::account::Account;
use crate::domain::byte_size;
use crate::domain::permission::Relation;
use crate::feed::authority;
use crate::feed::pending_uploads::{OF_ONE_ACCOUNT, WAITS};
use crate::web::pages::client_lines;
use crate::web::pages::components::{
    Button, Field, FieldErrors, PageHeader, Table, account_link, card, code_block, counted, moment, upload_form,
};
use crate::web::pages::page::Page;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// The field with the account that the package is for.
pub(super) const OWNER: &str = "for";
/// The field with the file.
pub(super) const PACKAGE: &str = "package";
/// What stands for a package in lines to type.
const EXAMPLE: &str = "PACKAGE.nupkg";

/// What stands in the fields. A file that was chosen can't be put back by a server.
#[derive(Debug, Clone, Default)]
pub(super) struct Filled {
    /// The account that the package is for; empty: one's own that owns it, or oneself.
    pub owner: String,
}

/// The accounts that somebody may upload for, and what they are to each.
pub(super) async fn accounts(viewer: &Viewer) -> Result<Vec<(Account, Relation)>, Refusal> {
    let user = viewer.session.account.clone();
    viewer.visit.run(move |app| app.store.read(|r| authority::acts_for(r, &user))).await
}

/// Answers with the form.
pub(super) async fn answer(
    viewer: &Viewer,
    filled: &Filled,
    errors: &FieldErrors,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let accounts = accounts(viewer).await?;
    let waiting = viewer.visit.state().pending.waiting_of(viewer.session.account.id, viewer.visit.now());
    Ok(viewer.visit.page(page(viewer, &accounts, filled, errors, &waiting).status(status)))
}

fn page(
    viewer: &Viewer,
    accounts: &[(Account, Relation)],
    filled: &Filled,
    errors: &FieldErrors,
    waiting: &[Waiting],
) -> Page {
    let limit = viewer.visit.state().live().policy.package_size_limit;
    let fields = html! {
        (for_whom(viewer, accounts, filled, errors))
        div data-limit=(limit) {
            (Field::file(PACKAGE, "Package", ".nupkg")
                .hint(format!("One .nupkg file, signed or not, of at most {}.", byte_size::shown(limit)))
                .required().errors(errors))
        }
        div.actions { (Button::primary("Upload and check")) }
    };
    let content = html! {
        (PageHeader::new("Upload a package")
            .lead("The package is checked like any push. You see the verdict first; only then do you decide whether it is published."))
        (errors.summary(&viewer.visit.frame_without_flash()))
        @if !waiting.is_empty() { (table(waiting)) }
        (upload_form(&viewer.visit.csrf(), PATH, fields))
        (what_happens())
        (from_a_terminal(viewer))
    };
    Page::new("Upload a package", content).section(Section::Upload)
}

/// For which account. Where there is nothing to choose, nothing is asked.
fn for_whom(viewer: &Viewer, accounts: &[(Account, Relation)], filled: &Filled, errors: &FieldErrors) -> Markup {
    let me = viewer.session.account.name.as_str();
    let whoever = (String::new(), format!("The account that owns it; {me}, if it is new"));
    let options = accounts.iter().map(|(account, relation)| {
        let name = account.name.to_string();
        let text = if *relation == Relation::Oneself { format!("{name} (you)") } else { name.clone() };
        (name, text)
    });
    let options = [whoever].into_iter().chain(options);
    html! {
        @if accounts.len() < 2 && errors.of(OWNER).is_none() { input type="hidden" name=(OWNER) value=(me); }
        @else {
            (Field::select(OWNER, "For", options).value(filled.owner.as_str()).errors(errors)
                .hint("A package ID that is new will belong to this account. Of one that is there already, it has to be an owner."))
        }
    }
}

/// The uploads that wait for a decision.
fn table(waiting: &[Waiting]) -> Markup {
    let table = Table::new("Uploads that wait for you").column("Package").column("For").column("Kept until").actions();
    let rows = waiting.iter().fold(table, |table, upload| {
        let found = upload.found();
        let name = found.as_ref().map(|found| found.name()).unwrap_or_else(|| upload.file_name.clone());
        table.row([
            html! { (name) @if let Some(found) = &found { " " (found.standing()) } },
            // In an element of its own: alone in a cell a name may break anywhere.
            html! { span { (account_link(&upload.owner)) } },
            moment(upload.until),
            html! { (Button::quiet("Open").small().about(&name).link(path_of(upload))) },
        ])
    });
    html! {
        h2 { (counted(waiting.len() as u64, "upload")) " of yours " @if waiting.len() == 1 { "waits" } @else { "wait" } }
        p { "None of this is published. Open one to publish or discard it; at most " (OF_ONE_ACCOUNT) " can wait." }
        (rows)
        h2 { "Another package" }
    }
}

fn what_happens() -> Markup {
    card(
        "What happens",
        html! {
            ol {
                li { "The server reads the package and checks its signature, its owners’ certificates and every other rule. Nobody else gets the file." }
                li { "You see what it found, and what would be published under whose name. The upload is kept for "
                    (WAITS.whole_minutes()) " minutes, unless the server restarts." }
                li { "You publish it with one more click, or discard it. When it is published, it is checked once more." }
            }
        },
    )
}

fn from_a_terminal(viewer: &Viewer) -> Markup {
    let urls = &viewer.visit.state().app.urls;
    let reader = (!viewer.visit.state().live().policy.anonymous_read).then_some(&viewer.session.account.name);
    card(
        "From a terminal",
        html! {
            p { "Build servers, and whoever pushes often, do the same without this page. KEY is one of your "
                a href="account/keys" { "API keys" } "." }
            (code_block("Once: make this feed a source", &client_lines::add_source(urls, reader)))
            (code_block("Push", &client_lines::push(EXAMPLE)))
            (code_block("Only see the verdict", &client_lines::verdict(urls, EXAMPLE)))
            p { "What pushes and dry runs were told lately stands under " a href="account/verdicts" { "Verdicts" } "." }
        },
    )
}
