//! The way from above to this page.

use maud::{Markup, html};

use super::link::breakable;

/// The pages above (path, name), and this one's name.
pub(in crate::web) fn breadcrumbs(above: &[(&str, &str)], here: &str) -> Markup {
    html! {
        nav.breadcrumbs aria-label="Breadcrumbs" {
            ol {
                @for (href, text) in above { li { a href=(href) { (breakable(text)) } } }
                li aria-current="page" { (breakable(here)) }
            }
        }
    }
}
