//! Where one is on a way of several pages.

use maud::{Markup, html};

/// The steps' names, and which is the current one (from 1).
pub(in crate::web) fn steps(names: &[&str], current: usize) -> Markup {
    html! {
        ol.steps aria-label="Steps" {
            @for (number, name) in (1..).zip(names) {
                li class=[(number < current).then_some("done")] aria-current=[(number == current).then_some("step")] {
                    span.step-number { (number) }
                    span.step-name { (name) }
                    @if number < current { span.unseen { " (done)" } }
                }
            }
        }
    }
}
