//! `/admin/audit` and `/admin/audit.csv`: who changed who may do what.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use url::form_urlencoded;

use super::accounts::nothing;
use super::deeds;
use crate::domain::account::AccountName;
use crate::domain::visible::visible;
use crate::feed::audit::{Export, MAX_EXPORTED};
use crate::store;
use crate::store::Store;
use crate::store::audit::{AuditFilter, AuditPlace, AuditRecord};
use crate::web::pages::components::{
    Button, Field, PageHeader, Table, breakable, fingerprint_in_link, moment, newer_and_older, prose, search_form,
};
use crate::web::pages::page::Page;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::spreadsheet::{Sees, spreadsheet};
use crate::web::pages::viewer::Viewer;

/// Lines on one page.
const PER_PAGE: u32 = 100;
/// The longest text to look for, in characters: beyond it nothing is found anyway.
const MAX_TEXT: usize = 300;
/// The page.
const PATH: &str = "admin/audit";

/// What was asked for. Whatever is no filter counts as none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    actor: String,
    action: String,
    subject: String,
    address: String,
    from: String,
    to: String,
    before: String,
    after: String,
}

impl Asked {
    fn filter(&self) -> AuditFilter {
        let text =
            |text: &str| Some(text.trim().chars().take(MAX_TEXT).collect()).filter(|text: &String| !text.is_empty());
        AuditFilter {
            actor: text(&self.actor),
            action: text(&self.action),
            subject: text(&self.subject),
            address: text(&self.address),
            detail: None,
            from: day(&self.from).map(midnight),
            until: day(&self.to).and_then(Date::next_day).map(midnight),
        }
    }

    fn place(&self) -> AuditPlace {
        match (self.before.parse(), self.after.parse()) {
            (Ok(id), _) => AuditPlace::OlderThan(id),
            (Err(_), Ok(id)) => AuditPlace::NewerThan(id),
            _ => AuditPlace::Newest,
        }
    }

    /// A link with this filter, and `place` besides.
    fn href(&self, path: &str, place: Option<(&str, i64)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let Self { actor, action, subject, address, from, to, .. } = self;
        let filter = [
            ("actor", actor),
            ("action", action),
            ("subject", subject),
            ("address", address),
            ("from", from),
            ("to", to),
        ];
        query.extend_pairs(filter.into_iter().filter(|(_, value)| !value.is_empty()));
        if let Some((name, id)) = place {
            query.append_pair(name, &id.to_string());
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// `GET admin/audit`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let (filter, place) = (asked.filter(), asked.place());
    let found = viewer.run(move |app, _, _| Found::read(&app.store, &filter, place)).await?;
    let content = content(&asked, &found);
    Ok(viewer.visit.page(Page::new("Audit log", content).section(Section::AdminAudit)))
}

/// `GET admin/audit.csv`
pub(in crate::web) async fn export(viewer: Viewer, asked: web::Query<Asked>) -> HttpResponse {
    spreadsheet(&viewer, "audit", Sees::Server, Export::new(asked.filter()), Export::next)
}

/// The lines of a page, and whether there are others.
struct Found {
    records: Vec<AuditRecord>,
    newer: bool,
    older: bool,
}

impl Found {
    fn read(store: &Store, filter: &AuditFilter, place: AuditPlace) -> Result<Self, store::Error> {
        store.read(|r| {
            // One more than is shown, to see whether there is more.
            let mut records = r.audit_page(filter, place, PER_PAGE + 1)?;
            let more = records.len() > PER_PAGE as usize;
            if more {
                // The one that is too many is at the end that was asked towards.
                let extra = if matches!(place, AuditPlace::NewerThan(_)) { 0 } else { records.len() - 1 };
                records.remove(extra);
            }
            let exists = |place| Ok::<_, store::Error>(!r.audit_page(filter, place, 1)?.is_empty());
            let newer = match records.first() {
                Some(first) => exists(AuditPlace::NewerThan(first.id))?,
                None => false,
            };
            let older = match records.last() {
                Some(last) => exists(AuditPlace::OlderThan(last.id))?,
                None => false,
            };
            Ok(Self { records, newer, older })
        })
    }
}

fn content(asked: &Asked, found: &Found) -> Markup {
    let way = |there: bool, name, record: Option<&AuditRecord>| {
        record.filter(|_| there).map(|record| asked.href(PATH, Some((name, record.id))))
    };
    let newer = way(found.newer, "after", found.records.first());
    let older = way(found.older, "before", found.records.last());
    html! {
        (PageHeader::new("Audit log")
            .lead("Everything that changed who may do what, newest first. Nothing is ever taken out of it.")
            .action(Button::quiet("Export as CSV").link(asked.href("admin/audit.csv", None))))
        (filters(asked))
        (table(&found.records))
        (newer_and_older(newer.as_deref(), older.as_deref()))
        p.hint { "An export has what the filter finds, from the newest on, up to " (MAX_EXPORTED) " lines; its last line says so if there are more." }
    }
}

fn filters(asked: &Asked) -> Markup {
    let field = |name: &str, label: &str, value: &str| Field::search(name, label).value(value);
    search_form(
        PATH,
        html! {
            (field("actor", "By", &asked.actor))
            (Field::select("action", "What", deeds::choices()).value(asked.action.as_str()))
            (field("subject", "To what", &asked.subject))
            (field("address", "From address", &asked.address))
            (Field::date("from", "From day").value(asked.from.as_str()))
            (Field::date("to", "To day").value(asked.to.as_str()))
            (Button::quiet("Filter"))
            p.hint { "A " code { "*" } " at the end stands for any end: " code { "Contoso.*" } ". Days and times are UTC." }
        },
    )
}

fn table(records: &[AuditRecord]) -> Table {
    let table = Table::new("Audit log")
        .column("When")
        .column("By")
        .column("What")
        .column("To what")
        .column("Details")
        .column("From")
        .empty(html! { "Nothing is on record that fits. " a href=(PATH) { "Show all" } });
    records.iter().fold(table, |table, record| table.row(row(record)))
}

fn row(record: &AuditRecord) -> [Markup; 6] {
    let by = |actor: &str| Asked { actor: actor.to_owned(), ..Asked::default() }.href(PATH, None);
    let to = |subject: &str| Asked { subject: subject.to_owned(), ..Asked::default() }.href(PATH, None);
    [
        moment(record.at),
        html! { a href=(by(&record.actor)) { @if record.actor.parse::<AccountName>().is_ok() { (record.actor) } @else { em { (record.actor) } } } },
        html! { @if let Some(words) = deeds::in_words(&record.action) { (words) " " } code.quiet-text { (record.action) } },
        html! { @if record.subject.is_empty() { (nothing()) } @else { a.breaks href=(to(&record.subject)) { (subject(&record.subject)) } } },
        html! { @if record.detail.is_empty() { (nothing()) } @else { span.breaks { (prose(&visible(&record.detail))) } } },
        html! { @if record.address.is_empty() { (nothing()) } @else { (record.address) } },
    ]
}

/// What was changed. A fingerprint is shortened, so that it leaves room for the rest.
fn subject(subject: &str) -> Markup {
    subject.parse().map_or_else(|_| breakable(&visible(subject)), |fingerprint| fingerprint_in_link(&fingerprint))
}

fn day(text: &str) -> Option<Date> {
    Date::parse(text.trim(), format_description!("[year]-[month]-[day]")).ok()
}

fn midnight(day: Date) -> OffsetDateTime {
    day.midnight().assume_utc()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::store::audit::By;

    #[test]
    fn what_is_no_filter_counts_as_none() {
        let asked =
            Asked { from: "yesterday".to_owned(), actor: "  ".to_owned(), before: "x".to_owned(), ..Asked::default() };
        assert_eq!(asked.filter(), AuditFilter::default());
        assert_eq!(asked.place(), AuditPlace::Newest);
        let long = Asked { subject: "a".repeat(MAX_TEXT + 1), ..Asked::default() };
        assert_eq!(long.filter().subject.unwrap().len(), MAX_TEXT);
    }

    #[test]
    fn the_last_day_counts_as_a_whole() {
        let asked = Asked { from: "2026-11-28".to_owned(), to: "2026-11-28".to_owned(), ..Asked::default() };
        let filter = asked.filter();
        assert_eq!(filter.from, Some(datetime!(2026-11-28 0:00 UTC)));
        assert_eq!(filter.until, Some(datetime!(2026-11-29 0:00 UTC)));
    }

    #[test]
    fn pages_lead_back_and_forth_without_losing_or_repeating_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let count = i64::from(PER_PAGE) * 2 + 1;
        store
            .write(|w| {
                (0..count).try_for_each(|_| w.audit(OffsetDateTime::UNIX_EPOCH, &By::server(), "key.create", "", ""))
            })
            .unwrap();
        let page = |place| {
            let found = Found::read(&store, &AuditFilter::default(), place).unwrap();
            let ids: Vec<i64> = found.records.iter().map(|record| record.id).collect();
            (ids[0], ids[ids.len() - 1], ids.len(), found.newer, found.older)
        };
        let per_page = PER_PAGE as usize;
        assert_eq!(page(AuditPlace::Newest), (201, 102, per_page, false, true));
        assert_eq!(page(AuditPlace::OlderThan(102)), (101, 2, per_page, true, true));
        assert_eq!(page(AuditPlace::OlderThan(2)), (1, 1, 1, true, false));
        assert_eq!(page(AuditPlace::NewerThan(1)), (101, 2, per_page, true, true));
        assert_eq!(page(AuditPlace::NewerThan(101)), (201, 102, per_page, false, true));
    }

    #[test]
    fn a_fingerprint_is_shortened_and_found_by_all_its_digits() {
        let digits = "0123456789abcdef".repeat(4);
        let record = AuditRecord {
            id: 1,
            at: OffsetDateTime::UNIX_EPOCH,
            actor: "ann".to_owned(),
            action: "trust.add".to_owned(),
            subject: digits.clone(),
            detail: String::new(),
            address: String::new(),
        };
        let cell = row(&record)[3].0.clone();
        assert!(cell.contains(&format!("href=\"admin/audit?subject={digits}\"")), "{cell}");
        assert!(cell.contains(">0123 4567 89ab cdef…<"), "{cell}");
        assert_eq!(subject("Contoso.Core").into_string(), "Contoso.<wbr>Core");
    }

    #[test]
    fn links_keep_the_filter() {
        let asked =
            Asked { action: "key.*".to_owned(), subject: "a&b".to_owned(), before: "7".to_owned(), ..Asked::default() };
        assert_eq!(asked.href(PATH, Some(("after", 9))), "admin/audit?action=key.*&subject=a%26b&after=9");
        assert_eq!(Asked::default().href("admin/audit.csv", None), "admin/audit.csv");
    }
}
