//! What letters say. Each tells who it is for, from which feed, why they get it, and what to do when they did not expect it.

use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};
use zeroize::Zeroizing;

use super::Desk;
use crate::domain::account::AccountName;
use crate::feed::one_time_links::Issued;

/// Longest subject of a notice in characters, after the host.
const SUBJECT: usize = 72;

type Written = (String, Zeroizing<String>);

/// A notice, with the page that it is about.
pub(super) fn notice(desk: &Desk<'_>, account: &AccountName, text: &str, link: &str) -> Written {
    let link = if link.is_empty() { String::new() } else { format!("{}/{link}\n\n", desk.home) };
    let why = "had this confirmed e-mail address. You can change that there:";
    let what = first_sentence(text);
    let text = format!(
        "Hello {account},\n\n{text}\n\n{link}-- \nYou get this because your account `{account}` at {home}\n{why}\n{home}/account\n",
        home = desk.home
    );
    (subject(desk, &what), Zeroizing::new(text))
}

/// The link that confirms an address.
pub(super) fn confirmation(desk: &Desk<'_>, account: &AccountName, link: &Issued, until: OffsetDateTime) -> Written {
    let text = format!(
        "Hello {account},\n\nis this where mail for your account `{account}` at {home}\nshould go? Then open this link; it is good once, until {until}:\n\n{link}\n\n-- \nYou get this because somebody who is signed in as `{account}` wrote this address\nthere. If that was not you, do nothing: no other mail comes here.\n",
        home = desk.home,
        until = moment(until),
        link = link.url(&desk.home).as_str(),
    );
    (subject(desk, "confirm your e-mail address"), Zeroizing::new(text))
}

/// The link by which a forgotten password is replaced.
pub(super) fn new_password(desk: &Desk<'_>, account: &AccountName, link: &Issued, until: OffsetDateTime) -> Written {
    let text = format!(
        "Hello {account},\n\nopen this link to choose a new password for your account `{account}`\nat {home}. It is good once, until {until}:\n\n{link}\n\nIf you have a second factor, signing in asks for its code as before.\n\n-- \nYou get this because somebody asked for it on the sign-in page. If that was not\nyou, do nothing: your password stays as it is, and nobody else has this link.\n",
        home = desk.home,
        until = moment(until),
        link = link.url(&desk.home).as_str(),
    );
    (subject(desk, "choose a new password"), Zeroizing::new(text))
}

/// What shows that mail arrives.
pub(super) fn test(host: &str) -> Written {
    let text = format!(
        "Hello,\n\nthis is the test that you asked for: the feed at {host} can send mail.\n\n-- \nYou get this because somebody typed this address on the server, after `assay mail test`.\n"
    );
    (format!("{host}: mail arrives"), Zeroizing::new(text))
}

fn subject(desk: &Desk<'_>, what: &str) -> String {
    format!("{}: {what}", desk.host)
}

fn first_sentence(text: &str) -> String {
    let first = text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.');
    if first.chars().count() <= SUBJECT {
        return first.to_owned();
    }
    first.chars().take(SUBJECT).chain(['…']).collect()
}

fn moment(at: OffsetDateTime) -> String {
    let shown = at.to_offset(UtcOffset::UTC).format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC"));
    shown.unwrap_or_default()
}
