//! Which certificates are shown: what the query asks for, and the links that ask for something else.

use serde::Deserialize;
use url::form_urlencoded;

use super::PATH;
use crate::feed::revocation::{ListedStatus, Word};

/// Certificates on a page.
const ON_A_PAGE: usize = 50;

/// What can be chosen to be shown.
pub(super) const SHOWN: [(&str, &str); 6] = [
    ("", "All"),
    ("revoked", "Revoked or on hold"),
    ("unknown", "Not known"),
    ("good", "Good"),
    ("failing", "Whose issuers give no answer"),
    ("marked", "Marked by an administrator"),
];

/// The query. What is misspelt in it is as good as absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    /// What a subject or fingerprint holds.
    pub q: String,
    /// One of [`SHOWN`].
    pub show: String,
    page: String,
}

/// The certificates of one page.
pub(super) struct Shown<'a> {
    pub certificates: Vec<&'a ListedStatus>,
    /// How many the filter lets through.
    pub found: usize,
    pub page: u64,
    pub pages: u64,
}

impl Asked {
    /// Whether everything is asked for.
    pub fn is_for_all(&self) -> bool {
        self.q.trim().is_empty() && self.show.is_empty()
    }

    /// Those that are asked for.
    pub(super) fn choose<'a>(&self, certificates: &'a [ListedStatus]) -> Shown<'a> {
        let found: Vec<&ListedStatus> =
            certificates.iter().filter(|one| self.has_state(one) && self.is_named(one)).collect();
        let pages = found.len().div_ceil(ON_A_PAGE).max(1);
        let page = self.page.parse::<usize>().unwrap_or(1).clamp(1, pages);
        let certificates = found.iter().copied().skip((page - 1) * ON_A_PAGE).take(ON_A_PAGE).collect();
        Shown { certificates, found: found.len(), page: page as u64, pages: pages as u64 }
    }

    /// The path of a page of what is asked for.
    pub(super) fn page_path(&self, page: u64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([("q", &self.q), ("show", &self.show)].into_iter().filter(|(_, value)| !value.is_empty()));
        query.append_pair("page", &page.to_string());
        format!("{PATH}?{}", query.finish())
    }

    fn has_state(&self, one: &ListedStatus) -> bool {
        match self.show.as_str() {
            "revoked" => one.learnt.status.refuses(),
            "unknown" => one.learnt.status == Word::Unknown,
            "good" => one.learnt.status == Word::Good,
            "failing" => !one.learnt.failures.is_empty(),
            "marked" => one.learnt.marked_by.is_some(),
            _ => true,
        }
    }

    /// By words of its name, or digits of its fingerprint, which people paste with blanks or colons between them.
    fn is_named(&self, one: &ListedStatus) -> bool {
        let subject = one.subject.to_lowercase();
        let digits = self.q.replace([' ', ':', '…'], "").to_lowercase();
        self.q.to_lowercase().split_whitespace().all(|word| subject.contains(word))
            || (digits.len() >= 4 && one.fingerprint.to_string().contains(&digits))
    }
}
