//! `/accounts/{name}/certificates/history`: who did what to an account's certificates, and when.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Place, path_of};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::visible::visible;
use crate::feed::certificates::{self, HISTORY, Line};
use crate::web::pages::admin::deeds;
use crate::web::pages::components::{Table, fingerprint, moment, newer_and_older};
use crate::web::pages::refusal::Refusal;
use crate::web::pages::viewer::Viewer;

/// From where on.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    before: Option<String>,
}

/// `GET accounts/{name}/certificates/history`
pub(in crate::web) async fn show(
    viewer: Viewer,
    name: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let place = Place::read(&viewer, &name)?;
    let before = asked.before.as_deref().and_then(|text| text.parse().ok());
    let account = place.name().clone();
    let read = viewer.run(move |app, actor, now| {
        // One more than is shown, to see whether there is more.
        app.store.read(|r| certificates::history(r, &account, before, HISTORY + 1, actor, now))
    });
    let (_, mut lines) = read.await?;
    let more = lines.len() > HISTORY as usize;
    lines.truncate(HISTORY as usize);
    let path = format!("{}/history", path_of(place.name()));
    let newest = before.is_some().then_some(path.as_str());
    let older = lines.last().filter(|_| more).map(|last| format!("{path}?before={}", last.id));
    let content = html! {
        (place.header_below("History of the certificates", "History", &[]))
        (table(&lines))
        (newer_and_older(newest, older.as_deref()))
    };
    Ok(viewer.visit.page(place.page("History of the certificates", content)))
}

/// The lines as a table.
pub(super) fn table(lines: &[Line]) -> Table {
    let table = Table::new("What was done").column("When").column("By").column("What").column("Details");
    lines.iter().fold(table.empty("Nothing was done to these certificates yet."), |table, line| {
        let what = deeds::in_words(&line.action).map_or_else(|| line.action.clone(), str::to_owned);
        let by = html! { (line.actor) @if !line.address.is_empty() { div.quiet-text { "from " (line.address) } } };
        table.row([moment(line.at), by, html! { (what) }, about(line)])
    })
}

/// The certificate, and what was noted besides.
fn about(line: &Line) -> Markup {
    let digits = line.detail.split(' ').next().unwrap_or_default();
    let Ok(known) = digits.parse::<Fingerprint>() else { return html! { (visible(&line.detail)) } };
    html! {
        (visible(line.detail.get(digits.len()..).unwrap_or_default().trim_start()))
        div { (fingerprint(&known)) }
    }
}
