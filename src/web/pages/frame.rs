//! What surrounds a page: who looks at it, where they are, what they must be told.

use maud::{Markup, html};

use super::components::{Button, form, prose};
use super::csrf::CsrfToken;
use super::flash::Flash;
use super::return_to::ReturnTo;
use crate::domain::notice::Seen;

/// The number of the newest notice that was shown, about security and about the rest.
pub(super) const NEWEST: &str = "newest";
pub(super) const NEWEST_SECURITY: &str = "newest_security";

/// Everything that [`Page`](super::page::Page) needs besides its own content. Made by the middleware for each request.
#[derive(Clone)]
pub(in crate::web) struct Frame {
    /// The path of the public URL, with a slash at its end: `/`, or `/feed/`. It is the `<base>`: all links in pages are
    /// relative to it and begin without a slash (`account/keys`).
    pub home: String,
    /// The path of this page below it, without a slash at its beginning.
    pub path: String,
    /// The query as it was asked, without its question mark; empty when there was none.
    pub query: String,
    /// The host of the public URL, by which people tell feeds apart.
    pub host: String,
    /// Whether packages are open to whoever looks: somebody is signed in, or reading is anonymous. Without it neither
    /// search nor navigation is offered, since both would only lead to the sign-in.
    pub may_read: bool,
    /// Who is signed in.
    pub viewer: Option<FrameViewer>,
    /// Goes into every form.
    pub csrf: CsrfToken,
    /// What the last form did.
    pub flash: Option<Flash>,
    /// What the viewer has not read yet, the first of it: text, and a path or nothing.
    pub notices: Vec<(String, String)>,
    /// How far these reach: what is not shown stays unread when they are marked as read.
    pub shown_notices: Seen,
    /// How many notices the viewer has not read, with those that are not shown.
    pub unread_notices: u64,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub(in crate::web) struct FrameViewer {
    /// The account's name.
    pub name: String,
    /// Whether the administrators' pages are offered.
    pub administrator: bool,
}

impl Frame {
    /// A link to the element `id` of this very page. A bare `#id` would lead to the start page, because the `<base>` counts
    /// for it too; and without the query the browser would load another page.
    ///
    /// Whoever makes a link to this server chooses the path of a page that is not there: `//elsewhere.example/` must not become
    /// a link that leaves it.
    pub fn here(&self, id: &str) -> String {
        format!("{}#{id}", below(&self.address()))
    }

    /// The path of this page with its query.
    fn address(&self) -> String {
        let question = if self.query.is_empty() { "" } else { "?" };
        format!("{}{question}{}", self.path, self.query)
    }

    /// What the viewer has not read yet, and the button that says they have.
    pub(super) fn unread(&self) -> Markup {
        let shown = u64::try_from(self.notices.len()).unwrap_or(u64::MAX);
        let more = self.unread_notices.saturating_sub(shown);
        html! {
            @if !self.notices.is_empty() {
                section.notices aria-labelledby="notices" {
                    p.notices-title #notices {
                        @match shown + more { 1 => "A notice for you", many => { (many) " notices for you" } }
                    }
                    ul {
                        @for (text, link) in &self.notices {
                            li { @if link.is_empty() { (prose(text)) } @else { a href=(below(link)) { (prose(text)) } } }
                        }
                        @if more > 0 { li { a href="account#notices-of-mine" { "and " (more) " more" } } }
                    }
                    (form(&self.csrf, "account/notices/read", html! {
                        input type="hidden" name=(NEWEST) value=(self.shown_notices.others);
                        input type="hidden" name=(NEWEST_SECURITY) value=(self.shown_notices.security);
                        (ReturnTo::from(self.address()).field())
                        (Button::quiet(if more > 0 { format!("Mark these {shown} as read") } else { "Mark as read".to_owned() }).small())
                    }))
                }
            }
        }
    }
}

/// A stored link, so that it can only lead to a place below the `<base>`: neither to the root of the host nor, by two slashes
/// or a scheme, away from it.
pub(super) fn below(link: &str) -> String {
    format!("./{}", link.trim_start_matches(['/', '\\', '.']))
}

#[cfg(test)]
impl Frame {
    /// A stranger at `path`, where packages are open to all.
    pub fn of_stranger(path: &str) -> Self {
        Self {
            home: "/".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            host: "feed.example".to_owned(),
            may_read: true,
            viewer: None,
            csrf: CsrfToken::of("a test's cookie"),
            flash: None,
            notices: Vec::new(),
            shown_notices: Seen::default(),
            unread_notices: 0,
        }
    }

    /// Somebody who is signed in, at `path`.
    pub fn of(name: &str, path: &str) -> Self {
        let viewer = FrameViewer { name: name.to_owned(), administrator: false };
        Self { viewer: Some(viewer), ..Self::of_stranger(path) }
    }

    /// An administrator, at `path`.
    pub fn of_administrator(name: &str, path: &str) -> Self {
        let viewer = FrameViewer { name: name.to_owned(), administrator: true };
        Self { viewer: Some(viewer), ..Self::of_stranger(path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_within_a_page_leads_to_the_same_page() {
        assert_eq!(Frame::of_stranger("account/keys").here("content"), "./account/keys#content");
        assert_eq!(Frame::of_stranger("").here("content"), "./#content");
        let frame = Frame { query: "q=a&page=2".to_owned(), ..Frame::of_stranger("") };
        assert_eq!(frame.here("content"), "./?q=a&page=2#content");
    }

    #[test]
    fn a_link_within_a_page_that_is_not_there_leads_to_no_other_host() {
        for path in
            ["//elsewhere.example/x", "/elsewhere.example", "https://elsewhere.example/", "javascript:alert(1)//"]
        {
            let base = url::Url::parse("https://feed.example/nuget/").unwrap();
            let link = base.join(&Frame::of_stranger(path).here("content")).unwrap();
            assert_eq!((link.scheme(), link.host_str()), ("https", Some("feed.example")), "{link}");
            assert!(link.path().starts_with("/nuget/"), "{link}");
        }
    }

    #[test]
    fn the_box_counts_what_it_does_not_show_and_marks_only_what_it_shows() {
        let notices = (0..5).map(|number| (format!("Told {number}."), String::new())).collect();
        let shown_notices = Seen { security: 7, others: 12 };
        let frame = Frame { notices, unread_notices: 14, shown_notices, ..Frame::of("alice", "") };
        let html = frame.unread().into_string();
        for part in ["14 notices for you", "and 9 more", "Mark these 5 as read", "value=\"7\"", "value=\"12\""] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let html = Frame { unread_notices: 5, ..frame }.unread().into_string();
        assert!(
            html.contains("5 notices for you") && !html.contains(" more") && html.contains(">Mark as read"),
            "{html}"
        );
    }

    #[test]
    fn a_notice_leads_to_no_other_host() {
        for link in ["//elsewhere.example/x", "/\\elsewhere.example/x", "javascript:alert(1)", "../x", "/packages/A"] {
            let link = below(link);
            assert!(link.starts_with("./") && !link.contains("//") && !link.starts_with("./."), "{link}");
        }
        let notices = vec![("<b>x</b>".to_owned(), "packages/A\"><script>".to_owned())];
        let html = Frame { notices, ..Frame::of("alice", "") }.unread().into_string();
        assert!(!html.contains("<b>") && !html.contains("<script>"), "{html}");
        assert!(Frame::of("alice", "").unread().into_string().is_empty());
    }
}
