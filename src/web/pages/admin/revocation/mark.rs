//! `/admin/revocation/mark`: an administrator says that a certificate is revoked, and `/admin/revocation/{fingerprint}/unmark`,
//! that it is not.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::PATH;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::{Action, Relation};
use crate::domain::visible::{brief, visible};
use crate::domain::withdrawal::Reason;
use crate::feed::revocation::{self, Consequences, NewMark};
use crate::store;
use crate::store::revocation_marks::Mark;
use crate::store::revocation_statuses::StoredStatus;
use crate::web::pages::components::{
    Button, Confirm, Facts, Field, FieldErrors, PageHeader, account_link, breakable, counted, counted_as, day,
    fingerprint_in_full, form,
};
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

const FINGERPRINT: &str = "fingerprint";
const SINCE: &str = "since";
const REASON: &str = "reason";
/// Sent by the last question.
const MEANT: &str = "meant";
/// The page.
const MARK: &str = "admin/revocation/mark";
/// So many versions are named by the last question.
const NAMED: usize = 20;

/// Which certificate the form begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    fingerprint: String,
}

/// What was typed, and what was wrong with it.
#[derive(Default)]
struct Filled {
    fingerprint: String,
    since: String,
    reason: String,
    errors: FieldErrors,
}

/// `GET admin/revocation/mark`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    viewer.expect_able(Action::ChangeServer, Relation::Stranger)?;
    let filled = Filled { fingerprint: asked.into_inner().fingerprint, ..Filled::default() };
    Ok(viewer.visit.page(page(&viewer, &filled)))
}

/// `POST admin/revocation/mark`: the last question first, then the mark.
pub(in crate::web) async fn mark(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    viewer.may(Action::ChangeServer, Relation::Stranger)?;
    let (new, mut filled) = match read(&posted, viewer.visit.now()) {
        Ok(read) => read,
        Err(filled) => return Ok(viewer.visit.page(page(&viewer, &filled).status(StatusCode::UNPROCESSABLE_ENTITY))),
    };
    let done = if posted.is_ticked(MEANT) { make(&viewer, new).await } else { ask(&viewer, new, &filled).await };
    match done {
        Err(Refusal::Said(why)) => {
            filled.errors.add(FINGERPRINT, capitalised(&why));
            Ok(viewer.visit.page(page(&viewer, &filled).status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        other => other,
    }
}

async fn make(viewer: &Viewer, new: NewMark) -> Result<HttpResponse, Refusal> {
    let fingerprint = new.fingerprint;
    viewer.run(move |app, actor, now| revocation::mark(&app.store, &app.config, &new, actor, now)).await?;
    let said = format!(
        "The certificate `{fingerprint}` is marked as revoked. Packages signed with it are refused from now on."
    );
    Ok(viewer.visit.redirect_saying(Flash::done(said), &format!("{PATH}?q={fingerprint}")))
}

async fn ask(viewer: &Viewer, new: NewMark, filled: &Filled) -> Result<HttpResponse, Refusal> {
    let (since, fingerprint) = (new.since, new.fingerprint);
    let consequences =
        viewer.run(move |app, actor, now| revocation::consequences(&app.store, &app.config, &new, actor, now)).await?;
    Ok(viewer.visit.page(last_question(viewer, &fingerprint, since, filled, &consequences)))
}

/// `GET admin/revocation/{fingerprint}/unmark`
pub(in crate::web) async fn show_unmark(viewer: Viewer, path: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let fingerprint: Fingerprint = path.parse().map_err(|_| Refusal::Missing)?;
    let found = viewer.visit.run(move |app| {
        app.store.read(|r| Ok::<_, store::Error>((r.revocation_mark(&fingerprint)?, r.told_revocation(&fingerprint)?)))
    });
    let (mark, told) = found.await?;
    let mark = mark.ok_or(Refusal::Missing)?;
    Ok(viewer.visit.page(unmark_question(&viewer, &mark, told.as_ref())))
}

/// `POST admin/revocation/{fingerprint}/unmark`
pub(in crate::web) async fn unmark(
    viewer: Viewer,
    path: web::Path<String>,
    _posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let fingerprint: Fingerprint = path.parse().map_err(|_| Refusal::Missing)?;
    let done = viewer.run(move |app, actor, now| {
        revocation::unmark(&app.store, &app.config, &fingerprint, actor, now)?;
        // What its issuer says meanwhile is worth knowing now.
        revocation::ask_about(app, &fingerprint);
        Ok::<_, revocation::MarkError>(())
    });
    let done = done.await.map(|()| Flash::done(format!("The mark of the certificate `{fingerprint}` is gone.")));
    viewer.visit.done_or_said(done, PATH)
}

fn read(posted: &Posted, now: OffsetDateTime) -> Result<(NewMark, Filled), Filled> {
    let mut filled = Filled {
        fingerprint: posted.text(FINGERPRINT).to_owned(),
        since: posted.text(SINCE).to_owned(),
        reason: posted.text(REASON).to_owned(),
        errors: FieldErrors::default(),
    };
    let fingerprint = filled.fingerprint.replace([' ', ':'], "").to_lowercase().parse::<Fingerprint>();
    if fingerprint.is_err() {
        filled.errors.add(FINGERPRINT, "Give the SHA-256 fingerprint: 64 hexadecimal digits.");
    }
    let since = Date::parse(&filled.since, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "Give a day, such as 2026-11-28.".to_owned())
        .map(|day| day.midnight().assume_utc())
        .and_then(|since| {
            revocation::has_come(since, now).map_err(|why| capitalised(&why.to_string())).map(|()| since)
        });
    if let Err(why) = &since {
        filled.errors.add(SINCE, why.as_str());
    }
    let reason = match filled.reason.is_empty() {
        true => Ok(None),
        false => filled.reason.parse::<Reason>().map(Some),
    };
    if let Err(why) = &reason {
        filled.errors.add(REASON, capitalised(&why.to_string()));
    }
    match (fingerprint, since, reason) {
        (Ok(fingerprint), Ok(since), Ok(reason)) => Ok((NewMark { fingerprint, since, reason }, filled)),
        _ => Err(filled),
    }
}

fn page(viewer: &Viewer, filled: &Filled) -> Page {
    let visit = &viewer.visit;
    let fields = html! {
        (Field::text(FINGERPRINT, "SHA-256 fingerprint of the certificate")
            .hint("A registered certificate, or one that came with a package: a signer’s, a timestamping authority’s, or one above them.")
            .value(filled.fingerprint.as_str()).autocomplete("off").max_length(120).required().errors(&filled.errors))
        (Field::date(SINCE, "Revoked since")
            .hint("The day from whose beginning (UTC) the key may have been in other hands. What a timestamp proves to be older still counts.")
            .value(filled.since.as_str()).required().errors(&filled.errors))
        (Field::text(REASON, "Reason").hint("Shown to those who registered it.").value(filled.reason.as_str()).max_length(u32::try_from(Reason::MAX).unwrap_or(u32::MAX)).errors(&filled.errors))
        div.actions { (Button::primary("Look at what follows")) (Button::quiet("Cancel").link(PATH)) }
    };
    let content = html! {
        (PageHeader::new("Mark a certificate as revoked").below(&[(PATH, "Revocation")], "Mark")
            .lead("For networks that no list of its issuer reaches, and for the hours before the issuer acts. It counts here like the issuer’s own word. Clients do not know of it."))
        (filled.errors.summary(&visit.frame_without_flash()))
        (form(&visit.csrf(), MARK, fields))
    };
    Page::new("Mark a certificate as revoked", content).section(Section::AdminRevocation)
}

fn last_question(
    viewer: &Viewer,
    fingerprint: &Fingerprint,
    since: OffsetDateTime,
    filled: &Filled,
    consequences: &Consequences,
) -> Page {
    let fields = html! {
        input type="hidden" name=(FINGERPRINT) value=(fingerprint.to_string());
        input type="hidden" name=(SINCE) value=(filled.since);
        input type="hidden" name=(REASON) value=(filled.reason);
        input type="hidden" name=(MEANT) value="yes";
    };
    let facts = Facts::new()
        .fact("Certificate", brief(&consequences.subject))
        .fact("Fingerprint (SHA-256)", fingerprint_in_full(fingerprint))
        .fact("Revoked since", day(since));
    let back = format!("{MARK}?fingerprint={fingerprint}");
    let content = html! {
        (PageHeader::new("What follows from the mark").below(&[(PATH, "Revocation"), (&back, "Mark")], "What follows"))
        (facts)
        (Confirm::new(&viewer.visit.csrf(), MARK, "Mark as revoked", what_follows(consequences)).fields(fields).cancel(back.as_str()))
    };
    Page::new("What follows from the mark", content).section(Section::AdminRevocation)
}

fn what_follows(consequences: &Consequences) -> Markup {
    let Consequences { void, still_count, registered_by, .. } = consequences;
    html! {
        ul {
            li { "Packages signed with it, or with a certificate below it, are refused from now on." }
            @if !registered_by.is_empty() {
                li { (counted_as(registered_by.len() as u64, "registration is revoked, and whoever made it", "registrations are revoked, and whoever made them")) " is told: "
                    @for (number, account) in registered_by.iter().enumerate() { @if number > 0 { ", " } (account_link(account)) } "." }
            }
            @if void.is_empty() { li { "The signatures of all versions that are on the feed still count." } }
            @else {
                li { "The signatures of " (counted(void.len() as u64, "version")) " do not count any more. They are marked and their owners are told; nothing else is done about them."
                    ul { @for version in void.iter().take(NAMED) { li { (breakable(version)) } }
                        @if void.len() > NAMED { li { "and " (void.len() - NAMED) " more" } } } }
            }
            @if *still_count > 0 { li { (counted_as(*still_count as u64, "version that is signed with it still counts", "versions that are signed with it still count")) ": a timestamp proves that they are older." } }
            li { "Clients do not know of the mark. They go by what its issuer publishes." }
            li { "You can take the mark back at any time. What its issuer says stays." }
        }
    }
}

fn unmark_question(viewer: &Viewer, mark: &Mark, told: Option<&StoredStatus>) -> Page {
    let consequences = html! {
        @match told.filter(|told| told.is_final()).and_then(|told| told.revoked_at) {
            Some(at) => p { "Its issuer has revoked it since " (day(at)) ", and it stays so: packages signed with it are refused. Signatures that a timestamp proves to be older than that count again. Whoever registered it is told." },
            None => p { "What its issuer says counts again. If that is good or not known, packages signed with it are accepted again, and the signatures that were lost by the mark count again. Whoever registered it is told." },
        }
    };
    let action = format!("{PATH}/{}/unmark", mark.fingerprint);
    let content = html! {
        (PageHeader::new("Take a mark back").below(&[(PATH, "Revocation")], "Take a mark back"))
        (Facts::new()
            .fact("Fingerprint (SHA-256)", fingerprint_in_full(&mark.fingerprint))
            .fact("Marked by", visible(&mark.marked_by))
            .fact("Marked as revoked since", day(mark.revoked_at)))
        (Confirm::new(&viewer.visit.csrf(), action, "Take the mark back", consequences).cancel(PATH))
    };
    Page::new("Take a mark back", content).section(Section::AdminRevocation)
}
