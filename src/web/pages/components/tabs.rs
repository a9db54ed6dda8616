//! Tabs between pages that belong together.

use maud::{Markup, html};

/// Tabs (path, name), one of which is current.
pub(in crate::web) fn tabs(label: &str, entries: &[(&str, &str)], current: &str) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            ul {
                @for (href, text) in entries {
                    li { a href=(href) aria-current=[(*href == current).then_some("page")] { (text) } }
                }
            }
        }
    }
}
