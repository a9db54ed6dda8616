//! `/admin/revocation/import`: lists and OCSP responses from files, and what each of them said.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};
use time::OffsetDateTime;

use super::PATH;
use crate::app::App;
use crate::domain::permission::{Action, Relation};
use crate::domain::visible::{brief, visible};
use crate::feed::authority::Actor;
use crate::feed::revocation::{self, ImportError, Imported, MAX_IMPORT};
use crate::web::pages::components::{
    Badge, Button, Callout, Facts, Field, FieldErrors, PageHeader, Table, card, counted, counted_as, fingerprint,
    moment, prose, upload_form,
};
use crate::web::pages::page::Page;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::section::Section;
use crate::web::pages::upload_form::{LargeUploadForm, UploadForm};
use crate::web::pages::viewer::Viewer;

const FILES: &str = "files";
/// The page.
const IMPORT: &str = "admin/revocation/import";

/// What became of a file.
struct Outcome {
    name: String,
    imported: Result<Imported, String>,
}

/// `GET admin/revocation/import`. The code is asked for before the form: files that were chosen can't be sent again by the server.
pub(in crate::web) async fn show(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    viewer.may(Action::ChangeServer, Relation::Stranger)?;
    Ok(viewer.visit.page(page(&viewer, &FieldErrors::default())))
}

/// `POST admin/revocation/import`
pub(in crate::web) async fn import(viewer: Viewer, form: LargeUploadForm) -> Result<HttpResponse, Refusal> {
    let LargeUploadForm(form) = form;
    if form.files(FILES).next().is_none() {
        let mut errors = FieldErrors::default();
        errors.add(FILES, "Choose at least one file.");
        return Ok(viewer.visit.page(page(&viewer, &errors).status(StatusCode::UNPROCESSABLE_ENTITY)));
    }
    let outcomes = viewer.run(move |app, actor, now| take(app, actor, &form, now)).await?;
    Ok(viewer.visit.page(report(&outcomes)))
}

fn take(app: &App, actor: &Actor, form: &UploadForm, now: OffsetDateTime) -> Result<Vec<Outcome>, Refusal> {
    let names: Vec<String> = form.files(FILES).map(|file| visible(&file.name)).collect();
    let files: Vec<(&str, &[u8])> =
        names.iter().zip(form.files(FILES)).map(|(name, file)| (name.as_str(), file.bytes.as_slice())).collect();
    let imported = revocation::import_all(&app.store, &app.config, &app.answers, &files, actor, now).files;
    let outcome = |(name, imported): (&String, Result<Imported, ImportError>)| {
        let imported = match imported.map_err(Refusal::from) {
            Ok(imported) => Ok(imported),
            Err(Refusal::Said(why)) => Err(why),
            Err(other) => return Err(other),
        };
        Ok(Outcome { name: name.clone(), imported })
    };
    names.iter().zip(imported).map(outcome).collect()
}

fn page(viewer: &Viewer, errors: &FieldErrors) -> Page {
    let limit =
        format!("CRLs in DER or PEM, and OCSP responses in DER; at most {} MiB each.", MAX_IMPORT / 1024 / 1024);
    let fields = html! {
        (Field::files(FILES, "Lists and responses", ".crl,.pem,.der,.ors,.ocsp").hint(limit).required().errors(errors))
        div.actions { (Button::primary("Import")) (Button::quiet("Cancel").link(PATH)) }
    };
    let content = html! {
        (PageHeader::new("Import what issuers say").below(&[(PATH, "Revocation")], "Import")
            .lead("For networks from which no issuer can be reached. A file counts for whom its issuer may speak, as if it had been fetched, and stays until a newer one takes its place."))
        (errors.summary(&viewer.visit.frame_without_flash()))
        (upload_form(&viewer.visit.csrf(), IMPORT, fields))
        (card("By a timer", html! {
            p { "A command on the server does the same with files that something else brings in: " code { "assay revocation import FILE… --data DATA" } "." }
        }))
    };
    Page::new("Import what issuers say", content).section(Section::AdminRevocation)
}

fn report(outcomes: &[Outcome]) -> Page {
    let nothing = outcomes.iter().all(|outcome| outcome.imported.is_err());
    let content = html! {
        (PageHeader::new("What the files said").below(&[(PATH, "Revocation"), (IMPORT, "Import")], "Files"))
        @for outcome in outcomes { (card(&outcome.name, of_file(outcome))) }
        div.actions { (Button::primary("Go to the list").link(PATH)) (Button::quiet("Import other files").link(IMPORT)) }
    };
    let status = if nothing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Page::new("What the files said", content).section(Section::AdminRevocation).status(status)
}

fn of_file(outcome: &Outcome) -> Markup {
    let imported = match &outcome.imported {
        Ok(imported) => imported,
        Err(why) => return html! { (Callout::bad("It was not imported", html! { p { (prose(&capitalised(why))) } })) },
    };
    let Imported { kind, issuer, this_update, next_update, entries, covers, newly_revoked } = imported;
    let entries = *entries as u64;
    let lists = if *kind == "CRL" {
        counted_as(entries, "revoked certificate", "revoked certificates")
    } else {
        counted(entries, "certificate")
    };
    let table = Table::new("Certificates known here that it speaks of")
        .column("Certificate")
        .column("Fingerprint")
        .column("It says");
    let table = covers.iter().fold(table, |table, covered| {
        let word = if covered.revoked { Badge::bad("Revoked") } else { Badge::good("Good") };
        table.row([html! { (brief(&covered.subject)) }, fingerprint(&covered.fingerprint), html! { (word) }])
    });
    html! {
        @if *newly_revoked > 0 {
            (Callout::bad("", html! { p { (counted_as(*newly_revoked as u64, "certificate is revoked by it that was not", "certificates are revoked by it that were not")) " until now." } }))
        }
        (Facts::new()
            .fact("Kind", if *kind == "CRL" { "List of revoked certificates (CRL)" } else { "OCSP response" })
            .fact("Issuer", brief(issuer))
            .fact("Made", moment(*this_update))
            .fact_if_known("Next one by", next_update.map(moment))
            .fact("Lists", lists))
        (table.empty("It speaks of no certificate that is known here yet. It counts for those that come."))
    }
}
