//! `/admin/jobs`: what the server does in the background, how far it is, and how it went.

use actix_web::HttpResponse;
use maud::{Markup, Render, html};
use time::{Duration, OffsetDateTime};

use super::components::{Badge, Button, ButtonForm, PageHeader, Table, ago, moment, progress, prose};
use super::csrf::CsrfToken;
use super::flash::Flash;
use super::page::Page;
use super::posted::Posted;
use super::refusal::{Refusal, capitalised};
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::permission::Action;
use crate::feed::authority::{self, authorize};
use crate::feed::jobs::{Job, Standing};
use crate::store::jobs::JobRun;

const PATH: &str = "admin/jobs";
/// Seconds after which the page loads itself again while something runs.
const REFRESH: u32 = 3;

/// `GET admin/jobs`
pub(in crate::web) async fn show(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    let standings = viewer.visit.run(|app| app.jobs.standings()).await?;
    let (csrf, now) = (viewer.visit.csrf(), viewer.visit.now());
    let content = html! {
        (PageHeader::new("Jobs").lead("What the server does in the background, and how it went last."))
        (table(&standings, &csrf, now))
    };
    let page = Page::new("Jobs", content).section(Section::AdminJobs);
    let runs = standings.iter().any(|standing| standing.running.is_some());
    Ok(viewer.visit.page(if runs { page.refresh(REFRESH) } else { page }))
}

/// `GET admin/jobs/revocation`: where a code or sign-in that was asked for in between leads back to.
pub(in crate::web) async fn back(viewer: Viewer) -> HttpResponse {
    viewer.visit.redirect(PATH)
}

/// `POST admin/jobs/revocation`: asks all issuers now. It changes nothing that they would not have changed within a day, so
/// whoever may see the page may do it, without a code.
pub(in crate::web) async fn check(viewer: Viewer, _posted: Posted) -> Result<HttpResponse, Refusal> {
    let rung = viewer.run(|app, actor, now| {
        app.store.read(|r| authorize(r, actor, Action::SeeServer, None, now))?;
        app.bell.ring_for_all();
        Ok::<_, authority::Refused>(())
    });
    rung.await?;
    Ok(viewer.visit.redirect_saying(Flash::done("All issuers are asked now. It shows below when it is done."), PATH))
}

fn table(standings: &[Standing], csrf: &CsrfToken, now: OffsetDateTime) -> Table {
    let table = Table::new("Background jobs")
        .column("Job")
        .column("State")
        .column("Last run")
        .column("Result")
        .column("Next run")
        .actions();
    standings.iter().fold(table, |table, standing| table.row(row(standing, csrf, now)))
}

fn row(standing: &Standing, csrf: &CsrfToken, now: OffsetDateTime) -> [Markup; 6] {
    let next = standing.next.filter(|at| *at > now && standing.running.is_none());
    [
        html! { (standing.job.title()) div.quiet-text { (prose(standing.job.about())) } },
        state(standing, now),
        standing.last.as_ref().map_or_else(nothing, |run| last_run(run, now)),
        standing.last.as_ref().map_or_else(nothing, result),
        next.map_or_else(nothing, moment),
        html! {
            @if standing.job == Job::Revocation && standing.running.is_none() {
                (ButtonForm::new(csrf, "admin/jobs/revocation", Button::quiet("Check now").small().about("revocation")))
            }
        },
    ]
}

fn nothing() -> Markup {
    html! { span.quiet-text { "–" } }
}

fn state(standing: &Standing, now: OffsetDateTime) -> Markup {
    if let Some(running) = &standing.running {
        let (done, total) = running.progress.map_or((0, None), |(done, total)| (done, Some(total)));
        return html! {
            (Badge::accent("Runs"))
            (progress("Done", done, total))
            div.quiet-text { "began " (ago(running.since, now)) }
        };
    }
    let ended = standing.last.as_ref().map(|run| run.ended.as_ref().map(|ended| ended.succeeded));
    match ended {
        Some(Some(true)) => Badge::good("Succeeded").render(),
        Some(Some(false)) => Badge::bad("Failed").render(),
        Some(None) => Badge::warning("Interrupted").render(),
        None => Badge::neutral("Not yet run").render(),
    }
}

fn last_run(run: &JobRun, now: OffsetDateTime) -> Markup {
    match &run.ended {
        Some(ended) => html! {
            (moment(ended.at))
            div.quiet-text { (ago(ended.at, now)) ", took " (took(ended.at - run.started_at)) }
        },
        None => html! { "began " (moment(run.started_at)) },
    }
}

fn result(run: &JobRun) -> Markup {
    match &run.ended {
        Some(ended) => prose(&capitalised(&ended.result)),
        None => html! { "The server ended before it did." },
    }
}

fn took(length: Duration) -> String {
    match length.whole_seconds() {
        ..1 => "less than a second".to_owned(),
        1 => "a second".to_owned(),
        seconds @ 2..=119 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::feed::jobs::Running;
    use crate::store::jobs::Ended;

    const NOW: OffsetDateTime = datetime!(2026-11-28 16:20 UTC);

    fn shown(running: Option<Running>, ended: Option<(bool, &str)>) -> String {
        let ended = ended.map(|(succeeded, result)| Ended { at: NOW, succeeded, result: result.to_owned() });
        let last = JobRun { name: "revocation".to_owned(), started_at: NOW - Duration::seconds(90), ended };
        let standing = Standing { job: Job::Revocation, running, last: Some(last), next: Some(NOW + Duration::HOUR) };
        table(&[standing], &CsrfToken::of("cookie"), NOW).render().into_string()
    }

    #[test]
    fn a_job_says_how_it_went_and_when_it_runs_next() {
        let html = shown(None, Some((true, "asked 3 questions, all were answered")));
        for part in ["Succeeded", "Asked 3 questions, all were answered.", "took 90 seconds", "17:20 UTC", "Check now"]
        {
            assert!(html.contains(part), "{part} in {html}");
        }
        let html = shown(None, Some((false, "the disk is <full>")));
        assert!(html.contains("Failed") && html.contains("The disk is &lt;full&gt;."), "{html}");
        assert!(shown(None, None).contains("Interrupted"));
    }

    #[test]
    fn what_a_job_does_is_told_without_backticks() {
        let standing = |job| Standing { job, running: None, last: None, next: None };
        let html = table(&Job::ALL.map(standing), &CsrfToken::of("cookie"), NOW).render().into_string();
        assert!(!html.contains('`') && html.contains("<code>mail.server</code>"), "{html}");
    }

    #[test]
    fn a_job_that_runs_shows_how_far_it_is_and_is_not_started_twice() {
        let running = Running { since: NOW - Duration::minutes(5), progress: Some((3, 10)) };
        let html = shown(Some(running), Some((true, "done")));
        assert!(html.contains("<progress max=\"10\" value=\"3\">") && html.contains("5 minutes ago"), "{html}");
        assert!(!html.contains("Check now") && !html.contains("17:20 UTC"), "{html}");
    }
}
