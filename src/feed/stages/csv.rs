//! What would be refused, for a spreadsheet: a line for each package and owner.

use time::format_description::well_known::Rfc3339;

use super::{Outlook, Outlooks};
use crate::domain::regime::Regime;
use crate::feed::csv::row;

const COLUMNS: [&str; 13] = [
    "owner",
    "package",
    "stage",
    "newest_version",
    "certificate_subject",
    "certificate_fingerprint",
    "next_push_signed_alike",
    "why",
    "pushes_let_in",
    "last_let_in",
    "last_pusher",
    "last_version",
    "last_reason",
];

/// The whole table.
#[must_use]
pub fn csv(outlooks: &Outlooks) -> String {
    let mut text = row(COLUMNS);
    for outlook in &outlooks.packages {
        for owner in &outlook.owners {
            text += &row(line(owner.as_str(), outlook, outlooks));
        }
        if outlook.owners.is_empty() {
            text += &row(line("", outlook, outlooks));
        }
    }
    text
}

fn line(owner: &str, outlook: &Outlook, outlooks: &Outlooks) -> [String; COLUMNS.len()] {
    let subject = outlook.author.and_then(|author| outlooks.certificates.get(&author));
    let last = outlook.pushes.first();
    let text = |text: Option<String>| text.unwrap_or_default();
    [
        owner.to_owned(),
        outlook.id.to_string(),
        stage(outlook.regime).to_owned(),
        text(outlook.newest.as_ref().map(ToString::to_string)),
        text(subject.map(|certificate| certificate.subject.clone())),
        text(outlook.author.map(|author| author.to_string())),
        if outlook.refused.is_some() { "refused" } else { "accepted" }.to_owned(),
        text(outlook.refused.as_ref().map(ToString::to_string)),
        outlook.let_in().to_string(),
        text(last.and_then(|last| last.at.format(&Rfc3339).ok())),
        text(last.map(|last| last.pusher.to_string())),
        text(last.and_then(|last| last.version.clone())),
        text(last.map(|last| last.reason.clone())),
    ]
}

const fn stage(regime: Regime) -> &'static str {
    match regime {
        Regime::Enforced => "enforce",
        Regime::Warned => "warn",
        Regime::Reported => "report",
        Regime::Foreign => "other people's package",
    }
}
