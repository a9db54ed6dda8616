//! What stands above every page: the brand, the search, the ways through the house, and who is signed in.

use maud::{Markup, html};

use super::components::hallmark;
use super::frame::{Frame, FrameViewer};
use super::section::{Entry, OF_ACCOUNT, PRIMARY, Section};

/// The head of a page that lies at `section`.
pub(super) fn masthead(frame: &Frame, section: Section) -> Markup {
    html! {
        header.masthead {
            div.masthead-row {
                a.brand href="./" {
                    (hallmark())
                    span.brand-name { "Assay" }
                    span.brand-host { (frame.host) }
                }
                @if frame.may_read {
                    (primary(section))
                    (search(frame))
                }
                @match &frame.viewer {
                    Some(viewer) => (account_menu(frame, viewer, section)),
                    None if frame.path == "sign-in" => {},
                    None => a.sign-in href="sign-in" { "Sign in" },
                }
            }
        }
    }
}

/// The tabs of a group of pages.
pub(super) fn section_tabs(section: Section) -> Markup {
    let Some((name, entries)) = section.tabs() else { return Markup::default() };
    html! { nav.tabs aria-label=(name) { (list(entries, section)) } }
}

fn primary(section: Section) -> Markup {
    html! { nav.main-nav aria-label="Main" { (list(PRIMARY, section)) } }
}

/// The form names its path: without one it would go to the page that it stands on, whatever the `<base>`.
fn search(frame: &Frame) -> Markup {
    let asked = if frame.path.is_empty() { asked(&frame.query) } else { String::new() };
    html! {
        form.search role="search" method="get" action="./" {
            label.unseen for="search" { "Search packages" }
            input #search type="search" name="q" value=(asked) placeholder="Search packages" autocomplete="off" spellcheck="false" maxlength="200";
            button.unseen type="submit" { "Search" }
        }
    }
}

/// What was searched for.
fn asked(query: &str) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.into_iter().find(|(name, _)| name == "q").map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn account_menu(frame: &Frame, viewer: &FrameViewer, section: Section) -> Markup {
    html! {
        details.account-menu {
            summary { span.unseen { "Account menu of " } span.account-name { (viewer.name) } }
            div.account-menu-list {
                nav aria-label="Account" {
                    (list(OF_ACCOUNT, section))
                    @if viewer.administrator {
                        ul.administration {
                            li { a href="admin" aria-current=[section.is_for_administrators().then_some("true")] { "Administration" } }
                        }
                    }
                }
                form method="post" action="sign-out" {
                    (frame.csrf)
                    button.plain type="submit" { "Sign out" }
                }
            }
        }
    }
}

fn list(entries: &[Entry], section: Section) -> Markup {
    html! {
        ul {
            @for entry in entries.iter().filter(|entry| entry.built) {
                li { a href=(entry.path) aria-current=[(entry.section == section).then_some("page")] { (entry.text) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_may_read_are_offered_the_search() {
        let open = Frame::of_stranger("");
        assert!(masthead(&open, Section::Packages).into_string().contains("role=\"search\""));
        let closed = Frame { may_read: false, ..open };
        let html = masthead(&closed, Section::Elsewhere).into_string();
        assert!(!html.contains("role=\"search\"") && !html.contains("<nav") && html.contains("href=\"sign-in\""));
    }

    #[test]
    fn administration_is_offered_to_administrators() {
        let html = masthead(&Frame::of("alice", "account"), Section::Account).into_string();
        assert!(html.contains("href=\"account\" aria-current=\"page\"") && !html.contains("href=\"admin\""), "{html}");
        let html = masthead(&Frame::of_administrator("alice", "account"), Section::Account).into_string();
        assert!(html.contains("href=\"admin\""));
    }

    #[test]
    fn the_search_box_keeps_what_was_searched_for_and_nothing_escapes_from_it() {
        let frame = Frame { query: "page=2&q=%22%3E%3Cscript%3E+x".to_owned(), ..Frame::of_stranger("") };
        let html = masthead(&frame, Section::Packages).into_string();
        assert!(html.contains("value=\"&quot;&gt;&lt;script&gt; x\""), "{html}");
        let elsewhere = Frame { path: "account".to_owned(), ..frame };
        assert!(masthead(&elsewhere, Section::Account).into_string().contains("value=\"\""));
    }

    #[test]
    fn pages_that_do_not_exist_are_not_offered() {
        let html = masthead(&Frame::of("alice", ""), Section::Packages).into_string();
        for entry in PRIMARY {
            assert_eq!(html.contains(&format!("href=\"{}\"", entry.path)), entry.built || entry.path == "./");
        }
    }
}
