//! Text that people take elsewhere. The script adds the button; without it the text can be selected by one click.

use maud::{Markup, html};

/// A short text in monospace, with a copy button.
pub(in crate::web) fn copyable(text: &str) -> Markup {
    html! { span.copyable { code data-copy { (text) } } }
}

/// A secret or a list of them, one a line, in a block of its own.
pub(in crate::web) fn copyable_lines(label: &str, text: &str) -> Markup {
    html! { div.secret { pre role="group" aria-label=(label) { code data-copy { (text) } } } }
}
