//! Which anchors of a list are shown: what the query asks for, and the links that ask for something else.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::feed::trust::{Validity, validity};
use crate::store::trust_anchors::{ListedAnchor, Purpose};

/// Anchors on a page.
const ON_A_PAGE: usize = 50;

/// The query. What is misspelt in it is as good as absent.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default, rename = "for")]
    purpose: String,
    /// What a subject, fingerprint or thumbprint holds.
    #[serde(default)]
    pub q: String,
    /// One of [`SHOWN`].
    #[serde(default)]
    pub show: String,
    #[serde(default)]
    page: String,
    /// `all`: every root that pushes ended in, and not the newest only.
    #[serde(default)]
    pushed: String,
}

/// What can be chosen to be shown.
pub(super) const SHOWN: [(&str, &str); 5] = [
    ("", "All"),
    ("soon", "Ending within 60 days"),
    ("expired", "Expired"),
    ("used", "In chains of versions"),
    ("unused", "In no chain"),
];

/// The anchors of one page.
pub(in crate::web) struct Shown<'a> {
    pub anchors: Vec<&'a ListedAnchor>,
    /// How many the filter lets through.
    pub found: usize,
    pub page: u64,
    pub pages: u64,
}

impl Asked {
    /// The list that is asked for.
    pub fn purpose(&self) -> Purpose {
        if self.purpose == Purpose::Timestamping.name() { Purpose::Timestamping } else { Purpose::Signing }
    }

    /// Whether everything in the list is asked for.
    pub fn is_for_all(&self) -> bool {
        self.q.trim().is_empty() && self.show.is_empty()
    }

    /// Whether every root that pushes ended in is asked for.
    pub fn shows_all_pushed(&self) -> bool {
        self.pushed == "all"
    }

    /// Those of `anchors` that are asked for.
    pub(super) fn choose<'a>(&self, anchors: &'a [ListedAnchor], now: OffsetDateTime) -> Shown<'a> {
        let words: Vec<String> = self.q.split_whitespace().map(str::to_lowercase).collect();
        let digits = self.q.replace([' ', ':'], "").to_lowercase();
        let all: Vec<&ListedAnchor> = anchors
            .iter()
            .filter(|anchor| anchor.purpose == self.purpose())
            .filter(|anchor| self.has_state(anchor, now))
            .filter(|anchor| says(anchor, &words) || is_named(anchor, &digits))
            .collect();
        let pages = all.len().div_ceil(ON_A_PAGE).max(1);
        let page = self.page.parse::<usize>().unwrap_or(1).clamp(1, pages);
        let anchors = all.iter().copied().skip((page - 1) * ON_A_PAGE).take(ON_A_PAGE).collect();
        Shown { anchors, found: all.len(), page: page as u64, pages: pages as u64 }
    }

    /// The path of a page of what is asked for.
    pub fn page_path(&self, page: u64) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut path = format!("{}&page={page}", path_of(self.purpose()));
        for (name, value) in [("q", &self.q), ("show", &self.show)] {
            if !value.is_empty() {
                path += &format!("&{name}={}", encoded(value));
            }
        }
        path
    }

    fn has_state(&self, anchor: &ListedAnchor, now: OffsetDateTime) -> bool {
        match self.show.as_str() {
            "soon" => validity(anchor.not_after, now) == Validity::EndsSoon,
            "expired" => validity(anchor.not_after, now) == Validity::Expired,
            "used" => anchor.versions > 0,
            "unused" => anchor.versions == 0,
            _ => true,
        }
    }
}

/// The path of a list.
pub(super) fn path_of(purpose: Purpose) -> String {
    format!("admin/trust?for={}", purpose.name())
}

fn says(anchor: &ListedAnchor, words: &[String]) -> bool {
    let text = format!("{} {}", anchor.subject, anchor.source).to_lowercase();
    words.iter().all(|word| text.contains(word))
}

/// Whether these are digits of its fingerprint or thumbprint, which people paste with blanks or colons between them.
fn is_named(anchor: &ListedAnchor, digits: &str) -> bool {
    digits.len() >= 4
        && (anchor.fingerprint.to_string().contains(digits) || hex::encode(anchor.thumbprint()).contains(digits))
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::domain::fingerprint::Fingerprint;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn anchor(subject: &str, days: i64, versions: u64) -> ListedAnchor {
        ListedAnchor {
            purpose: Purpose::Signing,
            fingerprint: Fingerprint::of(subject.as_bytes()),
            subject: subject.to_owned(),
            not_after: NOW + Duration::days(days),
            source: "roots.pem".to_owned(),
            added_by: String::new(),
            added_at: NOW,
            versions,
            der: subject.as_bytes().to_vec(),
        }
    }

    fn anchors() -> Vec<ListedAnchor> {
        let time = ListedAnchor { purpose: Purpose::Timestamping, ..anchor("CN=Time", 900, 7) };
        vec![anchor("CN=Contoso Root", 900, 2), anchor("CN=Fabrikam", 12, 0), anchor("CN=Old", -3, 1), time]
    }

    fn found(asked: Asked) -> Vec<String> {
        asked.choose(&anchors(), NOW).anchors.iter().map(|anchor| anchor.subject.clone()).collect()
    }

    #[test]
    fn a_list_is_filtered_by_words_by_digits_and_by_how_its_roots_stand() {
        let ask = |q: &str, show: &str| found(Asked { q: q.to_owned(), show: show.to_owned(), ..Asked::default() });
        assert_eq!(ask("", "").len(), 3);
        assert_eq!(ask("root contoso", ""), ["CN=Contoso Root"]);
        assert_eq!(ask("", "soon"), ["CN=Fabrikam"]);
        assert_eq!(ask("", "expired"), ["CN=Old"]);
        assert_eq!(ask("", "used"), ["CN=Contoso Root", "CN=Old"]);
        assert_eq!(ask("", "unused"), ["CN=Fabrikam"]);
        let fingerprint = Fingerprint::of(b"CN=Old").to_string().to_uppercase();
        let pasted = format!("{}:{} {}", &fingerprint[..2], &fingerprint[2..4], &fingerprint[4..12]);
        assert_eq!(ask(&pasted, ""), ["CN=Old"]);
        assert_eq!(ask(&hex::encode_upper(anchor("CN=Old", 0, 0).thumbprint()), ""), ["CN=Old"]);
        assert_eq!(found(Asked { purpose: "timestamping".to_owned(), ..Asked::default() }), ["CN=Time"]);
    }

    #[test]
    fn a_long_list_has_pages_and_a_page_that_is_none_is_the_nearest() {
        let many: Vec<_> = (0..120).map(|number| anchor(&format!("CN={number}"), 1, 0)).collect();
        let at = |page: &str| {
            let asked = Asked { page: page.to_owned(), ..Asked::default() };
            let shown = asked.choose(&many, NOW);
            (shown.page, shown.pages, shown.anchors.len(), shown.found)
        };
        assert_eq!(at("1"), (1, 3, 50, 120));
        assert_eq!(at("3"), (3, 3, 20, 120));
        assert_eq!(at("9"), (3, 3, 20, 120));
        assert_eq!(at("-1"), (1, 3, 50, 120));
    }

    #[test]
    fn a_link_to_a_page_keeps_what_was_asked_for() {
        let asked = Asked { q: "a&b".to_owned(), show: "soon".to_owned(), ..Asked::default() };
        assert_eq!(asked.page_path(2), "admin/trust?for=signing&page=2&q=a%26b&show=soon");
    }
}
