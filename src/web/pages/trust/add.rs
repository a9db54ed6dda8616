//! `/admin/trust/add`: files with roots, and what became of them.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::whom;
use crate::domain::permission::{Action, Relation};
use crate::domain::visible::brief;
use crate::feed::trust::{Considered, Outcome};
use crate::feed::trust_files::{self, FileReport, For, SDK_SIGNING, SDK_TIMESTAMPING};
use crate::signature::RootRemark;
use crate::store::trust_anchors::Purpose;
use crate::web::pages::components::{
    Button, Callout, Choices, Field, FieldErrors, PageHeader, Table, card, counted, counted_as, fingerprint, prose,
    upload_form,
};
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::return_to::{Asked, ReturnTo};
use crate::web::pages::section::Section;
use crate::web::pages::upload_form::UploadForm;
use crate::web::pages::viewer::Viewer;

const FILES: &str = "files";
const FOR: &str = "for";
/// The page.
const ADD: &str = "admin/trust/add";
/// What can be chosen, with the word that the form sends.
const CHOICES: [(&str, For); 4] =
    [("name", For::ByName), ("signing", For::Signing), ("timestamping", For::Timestamping), ("both", For::Both)];

/// `GET admin/trust/add`. The code is asked for before the form: files that were chosen can't be sent again by the server.
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    viewer.may(Action::ChangeServer, Relation::Stranger)?;
    Ok(viewer.visit.page(page(&viewer, "name", &asked.return_to, &FieldErrors::default())))
}

/// `POST admin/trust/add`
pub(in crate::web) async fn add(viewer: Viewer, form: UploadForm) -> Result<HttpResponse, Refusal> {
    viewer.expect_able(Action::ChangeServer, Relation::Stranger)?;
    let (chosen, back) = (form.posted.text(FOR).to_owned(), ReturnTo::of(&form.posted).unwrap_or_default());
    let said = CHOICES.iter().find(|(word, _)| *word == chosen).map_or(For::ByName, |(_, said)| *said);
    if form.files(FILES).next().is_none() {
        let mut errors = FieldErrors::default();
        errors.add(FILES, "Choose at least one file.");
        return Ok(viewer.visit.page(page(&viewer, &chosen, &back, &errors).status(StatusCode::UNPROCESSABLE_ENTITY)));
    }
    let added = viewer.run(move |app, actor, now| {
        let files: Vec<(String, &[u8])> =
            form.files(FILES).map(|file| (file.name.clone(), file.bytes.as_slice())).collect();
        trust_files::add(&app.store, &files, said, actor, now)
    });
    Ok(answer(&viewer, &added.await?, &back))
}

/// The page, for somebody who goes on to `back` when all went well.
pub(in crate::web) fn path_to_add(back: &ReturnTo) -> String {
    back.after(ADD)
}

/// Back to where one came from or to the list where all went well; otherwise a page about what did not.
fn answer(viewer: &Viewer, reports: &[FileReport], back: &ReturnTo) -> HttpResponse {
    if !reports.iter().all(went_well) {
        return viewer.visit.page(report(reports, back));
    }
    if let Some(back) = back.unless_start() {
        return viewer.visit.redirect_saying(Flash::done(told(reports)), back);
    }
    let lists: Vec<Purpose> = Purpose::ALL.into_iter().filter(|purpose| concerns(reports, *purpose)).collect();
    let list = lists.first().copied().unwrap_or(Purpose::Signing);
    viewer.visit.redirect_saying(Flash::done(told(reports)), &super::path_of(list))
}

fn went_well(report: &FileReport) -> bool {
    report.considered.as_ref().is_ok_and(|all| {
        let fine = |one: &Considered| !matches!(one.outcome, Outcome::Refused(_)) && only_expired(one);
        all.iter().all(fine)
    })
}

/// Whether there is nothing to know about a root but that it has ended, which hundreds of an SDK's list have.
fn only_expired(one: &Considered) -> bool {
    one.remarks.iter().all(|remark| matches!(remark, RootRemark::Expired { .. }))
}

fn all(reports: &[FileReport]) -> impl Iterator<Item = &Considered> {
    reports.iter().filter_map(|report| report.considered.as_ref().ok()).flatten()
}

fn concerns(reports: &[FileReport], purpose: Purpose) -> bool {
    all(reports).any(|one| one.purpose == purpose)
}

/// What was done, in a sentence or three.
fn told(reports: &[FileReport]) -> String {
    let count = |wanted: &dyn Fn(&Considered) -> bool| all(reports).filter(|one| wanted(one)).count() as u64;
    let mut sentences: Vec<String> = Purpose::ALL
        .into_iter()
        .filter_map(|purpose| {
            let added = count(&|one| one.purpose == purpose && one.outcome == Outcome::Added);
            (added > 0).then(|| {
                let were = if added == 1 { "was" } else { "were" };
                format!("{} for {} {were} added.", counted(added, "root"), whom(purpose))
            })
        })
        .collect();
    let there = count(&|one| one.outcome == Outcome::AlreadyThere);
    if there > 0 {
        sentences.push(format!("{} there already.", counted_as(there, "root was", "roots were")));
    }
    let expired = count(&|one| one.outcome == Outcome::Added && !one.remarks.is_empty() && only_expired(one));
    if expired > 0 {
        let have = counted_as(expired, "has", "have");
        sentences.push(format!("Of the added ones {have} expired; they count for what was timestamped before."));
    }
    if sentences.is_empty() {
        sentences.push("Nothing was added.".to_owned());
    }
    sentences.join(" ")
}

fn report(reports: &[FileReport], back: &ReturnTo) -> Page {
    let nothing = !all(reports).any(|one| matches!(one.outcome, Outcome::Added | Outcome::AlreadyThere));
    let content = html! {
        (PageHeader::new("What became of the files").below(&[(super::PATH, "Trust anchors")], "Files"))
        @if nothing { (Callout::bad("", html! { p { (told(reports)) } })) }
        @else { (Callout::info("", html! { p { (told(reports)) } })) }
        @for report in reports { (card(&report.name, of_file(report))) }
        div.actions {
            @match back.unless_start() {
                Some(back) => (Button::primary("Continue").link(back)),
                None => (Button::primary("Go to the list").link(super::PATH)),
            }
            (Button::quiet("Add other files").link(path_to_add(back)))
        }
    };
    let status = if nothing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Page::new("What became of the files", content).section(Section::AdminTrust).status(status)
}

fn of_file(report: &FileReport) -> Markup {
    let considered = match &report.considered {
        Ok(considered) => considered,
        Err(error) => return html! { p { strong { "Nothing of it was taken: " } (prose(&error.to_string())) "." } },
    };
    let worth_a_line = |one: &&Considered| matches!(one.outcome, Outcome::Refused(_)) || !only_expired(one);
    let lines: Vec<&Considered> = considered.iter().filter(worth_a_line).collect();
    let rest = considered.len() - lines.len();
    let table = Table::new("Certificates of the file")
        .column("Certificate")
        .column("Fingerprint")
        .column("For")
        .column("What became of it");
    let table = lines.into_iter().fold(table, |table, one| {
        table.row([
            html! { (brief(&one.subject)) },
            fingerprint(&one.fingerprint),
            html! { (whom(one.purpose)) },
            outcome(one),
        ])
    });
    html! {
        (table.empty("Everything in it is in the list now."))
        @if rest > 0 && rest < considered.len() { p.hint { "The other " (rest) " are in the list now." } }
    }
}

fn outcome(one: &Considered) -> Markup {
    let remarks = one.remarks.iter().map(|remark| capitalised(&remark.to_string())).collect::<Vec<_>>().join(" ");
    html! {
        @match &one.outcome {
            Outcome::Added => { "Added. " (remarks) },
            Outcome::AlreadyThere => { "There already. " (remarks) },
            Outcome::Refused(problem) => { strong { "Not added: " } (prose(&problem.to_string())) "." },
        }
    }
}

fn page(viewer: &Viewer, chosen: &str, back: &ReturnTo, errors: &FieldErrors) -> Page {
    let by_name = format!(
        "For the two lists of a .NET SDK: {SDK_SIGNING} goes to package signers, {SDK_TIMESTAMPING} to timestamping authorities. Files with other names are not taken."
    );
    let fields = html! {
        (back.field())
        (Field::files(FILES, "Files with certificates", ".pem,.crt,.cer,.der")
            .hint("PEM with any number of certificates, or DER with one; at most 1 MiB each. Never a private key.")
            .required().errors(errors))
        (Choices::one(FOR, "What you trust these roots for")
            .option_with_hint("name", "Decide by each file’s name", by_name)
            .option_with_hint("signing", "Package signers", "The root of the authority that issues your team’s certificates.")
            .option_with_hint("timestamping", "Timestamping authorities", "The root of an authority that says when something was signed.")
            .option("both", "Both")
            .chosen(if chosen.is_empty() { "name" } else { chosen }))
        div.actions { (Button::primary("Add the roots")) (Button::quiet("Cancel").link(back.unless_start().unwrap_or(super::PATH))) }
    };
    let content = html! {
        (PageHeader::new("Add roots")
            .below(&[(super::PATH, "Trust anchors")], "Add")
            .lead("Whoever holds a certificate that one of these roots vouches for can then register it and sign packages with it."))
        (errors.summary(&viewer.visit.frame_without_flash()))
        (upload_form(&viewer.visit.csrf(), ADD, fields))
        (card("Where the lists are", html! {
            p { "Every .NET SDK has them in " code { "sdk/VERSION/trustedroots" } ": " code { (SDK_SIGNING) } " and "
                code { (SDK_TIMESTAMPING) } ". Choose both files at once. They are the roots that clients on Linux go by; roots for web sites do not matter here." }
            p { (super::from_the_server()) }
        }))
    };
    Page::new("Add roots", content).section(Section::AdminTrust)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::signature::RootProblem;

    fn one(purpose: Purpose, outcome: Outcome, expired: bool) -> Considered {
        let not_after = time::OffsetDateTime::UNIX_EPOCH;
        Considered {
            purpose,
            fingerprint: Fingerprint::of(b"x"),
            subject: "CN=<x>".to_owned(),
            outcome,
            remarks: if expired { vec![RootRemark::Expired { not_after }] } else { Vec::new() },
        }
    }

    #[test]
    fn what_was_added_is_told_in_sentences() {
        let considered = vec![
            one(Purpose::Signing, Outcome::Added, true),
            one(Purpose::Signing, Outcome::Added, false),
            one(Purpose::Timestamping, Outcome::AlreadyThere, true),
        ];
        let reports = [FileReport { name: "a.pem".to_owned(), considered: Ok(considered) }];
        assert!(reports.iter().all(went_well));
        assert_eq!(
            told(&reports),
            "2 roots for package signers were added. 1 root was there already. Of the added ones 1 has expired; they count for what was timestamped before."
        );
    }

    #[test]
    fn a_refused_certificate_has_its_line_and_is_text() {
        let refused = Outcome::Refused(RootProblem::Issued { issuer: "CN=<root>".to_owned() });
        let report =
            FileReport { name: "a.pem".to_owned(), considered: Ok(vec![one(Purpose::Signing, refused, false)]) };
        assert!(!went_well(&report));
        let html = of_file(&report).into_string();
        assert!(html.contains("Not added: ") && html.contains("CN=&lt;root&gt;") && !html.contains("<x>"), "{html}");
        assert_eq!(told(&[report]), "Nothing was added.");
    }
}
