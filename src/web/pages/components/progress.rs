//! How far something is.

use maud::{Markup, html};

/// A bar with its label: `done` of `total`. Without a total nobody knows how far.
pub(in crate::web) fn progress(label: &str, done: u64, total: Option<u64>) -> Markup {
    html! {
        div.progress {
            label {
                span.progress-label { (label) }
                @match total {
                    Some(total) => progress max=(total.max(1)) value=(done.min(total)) {},
                    None => progress {},
                }
            }
            @if let Some(total) = total { span.progress-count { (done) " of " (total) } }
        }
    }
}
