//! The list of browsers in which somebody is signed in, a part of `/account/security`, and what ends them.

use actix_web::HttpResponse;
use maud::{Markup, html};

use super::components::{Badge, Button, ButtonForm, Table, ago, moment};
use super::flash::Flash;
use super::posted::Posted;
use super::refusal::Refusal;
use super::viewer::Viewer;
use crate::domain::browser;
use crate::domain::session::SessionId;
use crate::feed::sessions;
use crate::store::sessions::Session;

const SESSION: &str = "session";

/// The table, of those that still live.
pub(super) fn list(viewer: &Viewer) -> Result<Markup, Refusal> {
    let (visit, now, rules) = (&viewer.visit, viewer.visit.now(), viewer.visit.rules());
    let all = visit.state().app.store.look_up(|r| r.sessions_of(viewer.session.account.id))?;
    let live: Vec<Session> = all.into_iter().filter(|session| session.times.is_live(true, &rules, now)).collect();
    let mut table = Table::new("Browsers in which you are signed in")
        .column("Browser")
        .column("From")
        .column("Signed in")
        .column("Last seen")
        .column("Code given")
        .actions();
    for session in &live {
        table = table.row(row(viewer, session));
    }
    Ok(html! {
        (table)
        @if live.len() > 1 {
            (ButtonForm::new(&visit.csrf(), "account/security/sessions/end-others", Button::danger("End all others")))
        }
    })
}

fn row(viewer: &Viewer, session: &Session) -> [Markup; 6] {
    let now = viewer.visit.now();
    let own = session.id == viewer.session.id;
    let name = browser::describe(&session.browser);
    let end = Button::quiet("End").small().about(format!("the session in {name} from {}", session.address));
    [
        html! { span title=(session.browser) { (name) } @if own { " " (Badge::accent("This one")) } },
        html! { (session.address) },
        moment(session.times.created_at),
        html! { @if own { "now" } @else { (ago(session.times.last_seen_at, now)) } },
        html! { @match session.times.second_factor_at { Some(at) => (ago(at, now)), None => span.quiet-text { "never" } } },
        html! {
            @if !own {
                (ButtonForm::new(&viewer.visit.csrf(), "account/security/sessions/end", end).hidden(SESSION, session.id.0.to_string()))
            }
        },
    ]
}

/// `POST account/security/sessions/end`
pub(in crate::web) async fn end(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    let id = posted.text(SESSION).parse().map(SessionId).map_err(|_| Refusal::Missing)?;
    let account = viewer.session.account.clone();
    let ended = viewer.run(move |app, actor, now| sessions::end(&app.store, actor, &account, id, now)).await?;
    let flash =
        if ended { Flash::done("The session is ended.") } else { Flash::warning("That session had ended already.") };
    Ok(viewer.visit.redirect_saying(flash, "account/security"))
}

/// `POST account/security/sessions/end-others`
pub(in crate::web) async fn end_others(viewer: Viewer, _posted: Posted) -> Result<HttpResponse, Refusal> {
    let account = viewer.session.account.clone();
    viewer.run(move |app, actor, now| sessions::end_others(&app.store, actor, &account, now)).await?;
    let flash = Flash::done("All other sessions are ended; this is the only browser that is signed in.");
    Ok(viewer.visit.redirect_saying(flash, "account/security"))
}
