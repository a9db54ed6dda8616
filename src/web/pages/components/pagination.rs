//! The ways between the pages of a long list.

use maud::{Markup, html};

/// The way to the pages before and after page `page` of `pages` (from 1); `href` makes the link of a page. Nothing for a
/// list of one page.
pub(in crate::web) fn pagination(page: u64, pages: u64, href: impl Fn(u64) -> String) -> Markup {
    let before = (page > 1).then(|| href(page - 1));
    let after = (page < pages).then(|| href(page + 1));
    html! {
        @if pages > 1 {
            nav.pagination aria-label="Pages" {
                (way("prev", "Previous", before.as_deref()))
                span.pagination-here { "Page " (page) " of " (pages) }
                (way("next", "Next", after.as_deref()))
            }
        }
    }
}

/// The same for a list without numbers, newest first: the links, where there is more.
pub(in crate::web) fn newer_and_older(newer: Option<&str>, older: Option<&str>) -> Markup {
    html! {
        @if newer.is_some() || older.is_some() {
            nav.pagination aria-label="Pages" { (way("prev", "Newer", newer)) (way("next", "Older", older)) }
        }
    }
}

fn way(rel: &str, text: &str, href: Option<&str>) -> Markup {
    html! {
        @match href {
            Some(href) => a.button.quiet.small rel=(rel) href=(href) { (text) },
            None => span.button.quiet.small.off { (text) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_exist_are_linked() {
        let href = |page| format!("./?page={page}");
        let first = pagination(1, 3, href).into_string();
        assert!(!first.contains("page=0") && first.contains("href=\"./?page=2\""));
        let last = pagination(3, 3, href).into_string();
        assert!(last.contains("href=\"./?page=2\"") && !last.contains("page=4"));
        assert!(
            pagination(1, 1, href).into_string().is_empty() && newer_and_older(None, None).into_string().is_empty()
        );
    }
}
