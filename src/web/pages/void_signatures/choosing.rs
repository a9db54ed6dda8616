//! A list of versions whose signature does not count, with a box before each and one choice for all that are ticked.

use std::collections::{BTreeMap, HashSet};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::domain::void_signature::Choice;
use crate::domain::withdrawal::{InvalidReason, Reason};
use crate::feed::void_signatures::{Outcome, Stopped, Wish, because, decide};
use crate::store::void_signatures::VoidVersion;
use crate::web::pages::components::{
    Badge, Button, Choices, Confirm, Field, FieldErrors, PageHeader, Table, breakable, count, counted, day,
    fingerprint, form, version_link,
};
use crate::web::pages::csrf::CsrfToken;
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

const VERSION: &str = "version";
const CHOICE: &str = "choice";
const REASON: &str = "reason";
/// Sent by the last question.
const MEANT: &str = "meant";

/// What was ticked and typed, and what was wrong with it.
#[derive(Default)]
pub(in crate::web) struct Filled {
    ticked: HashSet<String>,
    choice: String,
    reason: String,
    /// What was wrong.
    pub errors: FieldErrors,
}

/// What becomes of a form.
pub(in crate::web) enum Answer {
    /// It was done, or the last question is asked.
    Response(HttpResponse),
    /// The page is to be shown again.
    Again(Filled),
}

/// Where a form stands, and who sees it.
pub(in crate::web) struct Place<'a> {
    /// The page with the list, which the form goes to as well.
    pub path: &'a str,
    /// Where one comes back to: the page, with what is looked at.
    pub back: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// The part of the house.
    pub section: Section,
    /// Whether hiding and removing are offered.
    pub administrates: bool,
}

/// The list with its choices.
pub(in crate::web) fn list(csrf: &CsrfToken, place: &Place<'_>, versions: &[VoidVersion], filled: &Filled) -> Markup {
    form(
        csrf,
        place.path,
        html! {
            @if let Some(why) = filled.errors.of(VERSION) { p.error #{ "field-" (VERSION) } tabindex="-1" { (why) } }
            (table(versions, Some(filled)))
            (choices(place.administrates, filled))
            @if place.administrates {
                (Field::text(REASON, "Reason").hint("Needed to hide, and good to give when you remove: the owners read it.")
                    .value(filled.reason.as_str()).max_length(u32::try_from(Reason::MAX).unwrap_or(u32::MAX)).errors(&filled.errors))
            }
            div.actions { (Button::primary("Do it for the ticked versions")) }
        },
    )
}

/// The list alone, for whoever decides nothing; with boxes to tick where there is something `filled`.
pub(in crate::web) fn table(versions: &[VoidVersion], filled: Option<&Filled>) -> Table {
    let table = Table::new("Versions whose signature does not count").column("Version").column("Why");
    let table = table.column("Signed").numbers("Downloads").column("Decided");
    versions.iter().fold(table, |table, version| table.row(row(version, filled)))
}

fn row(version: &VoidVersion, filled: Option<&Filled>) -> [Markup; 5] {
    let value = value(version);
    let id = format!("void-{}", version.id.0);
    let name = html! { (breakable(version.package_id.as_str())) " " (version_link(&version.package_id, version.version.full())) };
    [
        html! {
            @match filled {
                Some(filled) => div.choice {
                    input id=(id) type="checkbox" name=(VERSION) value=(value) checked[filled.ticked.contains(&value)];
                    label for=(id) { (name) }
                },
                None => (name),
            }
            @if !version.listed { " " (Badge::neutral("Unlisted")) }
            @if version.hidden { " " (Badge::warning("Hidden")) }
        },
        html! {
            @if !version.void.voided.for_good { (Badge::warning("For now")) " " }
            (capitalised(&because(&version.void.voided, "it is")))
            div.quiet-text { "Found out on " (day(version.void.found_at)) ", certificate " (fingerprint(&version.void.voided.certificate)) }
        },
        html! { (day(version.signed_by)) div.quiet-text { (fingerprint(&version.author)) } },
        html! { (count(version.downloads)) },
        html! {
            @match &version.void.decided {
                Some(decided) => { (capitalised(decided.choice.name()).trim_end_matches('.')) div.quiet-text { (decided.by) ", " (day(decided.at)) } },
                None if version.hidden => span.quiet-text { "Hidden already" },
                None if !version.listed => span.quiet-text { "Unlisted already" },
                None => span.quiet-text { "Not yet" },
            }
        },
    ]
}

fn choices(administrates: bool, filled: &Filled) -> Choices {
    let choices = Choices::one(CHOICE, "What is to be done")
        .option_with_hint("keep", "Keep", "They stay as they are and marked. You are not reminded again.")
        .option_with_hint(
            "unlist",
            "Unlist",
            "Search does not show them any more. Whoever names one still gets it, so builds go on.",
        );
    let choices = if administrates {
        choices
            .option_with_hint(
                "hide",
                "Hide",
                "Nobody gets them until an administrator shows them again. Builds that need one fail.",
            )
            .option_with_hint(
                "remove",
                "Remove",
                "They are deleted for good, and their numbers can’t be used again. Builds that need one fail.",
            )
    } else {
        choices
    };
    choices.chosen(filled.choice.as_str()).errors(&filled.errors)
}

/// How a form names a version: neither an ID nor a number has a blank.
fn value(version: &VoidVersion) -> String {
    format!("{} {}", version.package_id, version.version)
}

/// Takes the form: does it, asks the last question, or has the page shown again.
///
/// # Errors
/// Who may not, and what is no matter of what was ticked.
pub(in crate::web) async fn take(viewer: &Viewer, place: &Place<'_>, posted: &Posted) -> Result<Answer, Refusal> {
    let (wishes, filled) = match read(posted) {
        Ok(wishes) => wishes,
        Err(filled) => return Ok(Answer::Again(*filled)),
    };
    let choice = wishes.first().map_or(Choice::Keep, |wish| wish.choice);
    if choice.is_for_administrators() && place.administrates && posted.text(MEANT).is_empty() {
        return Ok(Answer::Response(viewer.visit.page(last_question(viewer, place, &wishes, &filled))));
    }
    let done = viewer.run(move |app, actor, now| decide(app, &wishes, actor, now)).await;
    answer(viewer, place, choice, filled, done)
}

/// What is answered when it was done, for all, for some or for none.
fn answer(
    viewer: &Viewer,
    place: &Place<'_>,
    choice: Choice,
    mut filled: Filled,
    done: Result<Outcome, Refusal>,
) -> Result<Answer, Refusal> {
    match done {
        Ok(Outcome { done, stopped: None }) => {
            let flash = Flash::done(said(choice, done as u64));
            return Ok(Answer::Response(viewer.visit.redirect_saying(flash, place.back)));
        }
        Ok(Outcome { done, stopped: Some(stopped) }) => {
            filled.ticked = stopped.left.iter().cloned().collect();
            filled.errors.add(CHOICE, told(choice, done as u64, stopped));
        }
        Err(Refusal::Said(why)) => filled.errors.add(CHOICE, capitalised(&why)),
        Err(refusal) => return Err(refusal),
    }
    Ok(Answer::Again(filled))
}

/// What was done before it stopped, why it did, and what was not done.
fn told(choice: Choice, done: u64, stopped: Stopped) -> String {
    let why = match Refusal::from(stopped.why) {
        // Its cause is in the server's log.
        Refusal::Problem(_) => "the server failed".to_owned(),
        refusal => refusal.to_string(),
    };
    let (at, further) = match stopped.left.as_slice() {
        [at, further @ ..] => (at.as_str(), further.len()),
        [] => ("the end", 0),
    };
    let nothing = match further {
        0 => "Nothing was done about this one. It is".to_owned(),
        1 => "Nothing was done about this one and one more. They are".to_owned(),
        further => format!("Nothing was done about this one and {further} more. They are"),
    };
    format!("{} Then it stopped at {at}: {} {nothing} still ticked.", said(choice, done), capitalised(&why))
}

fn said(choice: Choice, versions: u64) -> String {
    let versions = counted(versions, "version");
    match choice {
        Choice::Keep => format!("{versions} kept. The mark stays."),
        Choice::Unlist => format!("{versions} unlisted."),
        Choice::Hide => format!("{versions} hidden."),
        Choice::Remove => format!("{versions} removed for good."),
    }
}

/// What is wanted of each package.
fn read(posted: &Posted) -> Result<(Vec<Wish>, Filled), Box<Filled>> {
    let mut filled = Filled {
        ticked: posted.all(VERSION).map(str::to_owned).collect(),
        choice: posted.text(CHOICE).to_owned(),
        reason: posted.text(REASON).to_owned(),
        errors: FieldErrors::default(),
    };
    let mut versions: BTreeMap<String, (PackageId, Vec<NuGetVersion>)> = BTreeMap::new();
    for value in posted.all(VERSION) {
        let Some((id, version)) = value.split_once(' ') else { continue };
        if let (Ok(id), Ok(version)) = (PackageId::parse_unicode(id), NuGetVersion::parse(version)) {
            versions.entry(id.key().to_string()).or_insert_with(|| (id, Vec::new())).1.push(version);
        }
    }
    if versions.is_empty() {
        filled.errors.add(VERSION, "Tick at least one version.");
    }
    let choice = Choice::named(&filled.choice);
    if choice.is_none() {
        filled.errors.add(CHOICE, "Choose what is to be done.");
    }
    let reason = match (filled.reason.is_empty(), filled.reason.parse::<Reason>()) {
        (true, _) => None,
        (false, Ok(reason)) => Some(reason),
        (false, Err(why)) => {
            filled.errors.add(REASON, capitalised(&why.to_string()));
            None
        }
    };
    if choice == Some(Choice::Hide) && filled.reason.is_empty() {
        filled.errors.add(REASON, capitalised(&InvalidReason::Empty.to_string()));
    }
    match choice {
        Some(choice) if filled.errors.is_empty() => {
            let wish = |(package, versions)| Wish { package, versions, choice, reason: reason.clone() };
            Ok((versions.into_values().map(wish).collect(), filled))
        }
        _ => Err(Box::new(filled)),
    }
}

fn last_question(viewer: &Viewer, place: &Place<'_>, wishes: &[Wish], filled: &Filled) -> Page {
    let versions: usize = wishes.iter().map(|wish| wish.versions.len()).sum();
    let removes = wishes.iter().any(|wish| wish.choice == Choice::Remove);
    let verb = if removes { "Remove" } else { "Hide" };
    let title = format!("{verb} {}", counted(versions as u64, "version"));
    let consequences = html! {
        p { "Nobody gets them any more. Builds that need one of them fail."
            @if removes { " They are deleted for good, and their numbers can’t be used again." }
            @else { " An administrator can show them again." } }
        ul { @for wish in wishes { @for version in &wish.versions { li { (breakable(wish.package.as_str())) " " (version.full()) } } } }
    };
    let fields = html! {
        @for version in &filled.ticked { input type="hidden" name=(VERSION) value=(version); }
        input type="hidden" name=(CHOICE) value=(filled.choice);
        input type="hidden" name=(REASON) value=(filled.reason);
        input type="hidden" name=(MEANT) value="yes";
    };
    let content = html! {
        (PageHeader::new(html! { (verb) " versions" }).below(&[(place.back, place.name)], verb))
        (Confirm::new(&viewer.visit.csrf(), place.path, &title, consequences).fields(fields).cancel(place.back))
    };
    Page::new(title, content).section(place.section)
}

/// The status of a page that is shown again.
pub(in crate::web) const AGAIN: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[cfg(test)]
mod tests;
