//! The names of a certificate: its SHA-256 fingerprint, by which NuGet knows it, and its SHA-1 thumbprint, which the tools of
//! Windows show.

use maud::{Markup, html};

use crate::domain::fingerprint::Fingerprint;

/// How many digits stand together.
const GROUP: usize = 4;
/// How many groups of a fingerprint are shown in a table.
const SHOWN: usize = 4;

/// A fingerprint: its first digits in groups, all of them in the title, and copied whole.
pub(in crate::web) fn fingerprint(fingerprint: &Fingerprint) -> Markup {
    short("SHA-256", &fingerprint.to_string())
}

/// The same for within a link, where nothing can be copied by a button.
pub(in crate::web) fn fingerprint_in_link(fingerprint: &Fingerprint) -> Markup {
    let digits = fingerprint.to_string();
    // In one piece: boxes within a link are not underlined.
    let first = groups(&digits).take(SHOWN).collect::<Vec<_>>().join(" ");
    html! { code title={ "SHA-256 " (digits) } { (first) "…" } }
}

/// A fingerprint with all its digits, where it is what the page is about: people compare it with another screen.
pub(in crate::web) fn fingerprint_in_full(fingerprint: &Fingerprint) -> Markup {
    let digits = fingerprint.to_string();
    html! {
        span.fingerprint.in-full {
            code data-copy=(digits) data-name="the fingerprint" { @for group in groups(&digits) { span { (group) } wbr; } }
        }
    }
}

/// A SHA-1 thumbprint, in the upper case that Windows shows.
pub(in crate::web) fn thumbprint(sha1: &[u8; 20]) -> Markup {
    short("SHA-1", &hex::encode_upper(sha1))
}

fn short(kind: &str, digits: &str) -> Markup {
    html! {
        span.fingerprint {
            code title={ (kind) " " (digits) } data-copy=(digits) data-name={ "the " (kind) " fingerprint" } {
                @for group in groups(digits).take(SHOWN) { span { (group) } } "…"
            }
        }
    }
}

/// Hexadecimal digits in groups of four.
fn groups(digits: &str) -> impl Iterator<Item = &str> {
    (0..digits.len()).step_by(GROUP).filter_map(move |at| digits.get(at..(at + GROUP).min(digits.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_fingerprint_is_in_the_title_and_what_is_copied() {
        let of = Fingerprint::of(b"x");
        let html = fingerprint(&of).into_string();
        assert!(html.contains(&format!("title=\"SHA-256 {of}\"")) && html.contains(&format!("data-copy=\"{of}\"")));
        let shown: String = html.split("<span>").skip(1).map(|rest| &rest[..4]).collect();
        assert_eq!(shown, of.to_string()[..16]);
        let full = fingerprint_in_full(&of).into_string();
        assert_eq!(full.split("<span>").skip(1).map(|rest| &rest[..4]).collect::<String>(), of.to_string());
        let linked = fingerprint_in_link(&of).into_string();
        assert!(linked.contains(&format!("title=\"SHA-256 {of}\"")) && !linked.contains("data-copy"), "{linked}");
        assert!(thumbprint(&[0xab; 20]).into_string().contains("SHA-1 ABAB"));
    }
}
