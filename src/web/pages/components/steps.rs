//! Where one is on a way of several pages.

use maud::{Markup, html};

/// The steps' names, and which is the current one (from 1). Those before it are done.
pub(in crate::web) fn steps(names: &[&str], current: usize) -> Markup {
    steps_left(names, current, &[])
}

/// The same where the steps `left` (from 1) were passed by and not done.
pub(in crate::web) fn steps_left(names: &[&str], current: usize, left: &[usize]) -> Markup {
    let done = |number: &usize| *number < current && !left.contains(number);
    html! {
        ol.steps aria-label="Steps" {
            @for (number, name) in (1..).zip(names) {
                li class=[done(&number).then_some("done")] aria-current=[(number == current).then_some("step")] {
                    span.step-number { (number) }
                    span.step-name { (name) }
                    @if done(&number) { span.unseen { " (done)" } }
                }
            }
        }
    }
}
