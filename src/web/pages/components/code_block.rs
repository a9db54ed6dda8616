//! Lines to type, or to put into a file.

use maud::{Markup, html};

/// Several lines of code under a label (a file's name, or the tool). The script offers to copy them.
pub(in crate::web) fn code_block(label: &str, text: &str) -> Markup {
    html! {
        figure.code-block {
            figcaption { (label) }
            pre tabindex="0" role="region" aria-label=(label) { code data-copy { (text) } }
        }
    }
}
