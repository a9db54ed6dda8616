//! A part of a page with its own heading.

use maud::{Markup, html};

/// A part of a page under a heading of the second level.
pub(in crate::web) fn card(title: &str, content: Markup) -> Markup {
    html! { section.card { h2 { (title) } (content) } }
}
