//! The mark of the house: an assay master's balance in a cartouche with cut corners, as marks are struck into metal.

use maud::{Markup, html};

/// The cartouche.
pub(in crate::web) const CARTOUCHE: &str = "M7 1.5h10l5.5 5.5v10L17 22.5H7L1.5 17V7z";
/// An A whose crossbar is the beam of a balance.
pub(in crate::web) const BALANCE: &str =
    "M7.5 18.5 12 5.5l4.5 13M5 10.75h14M5 10.75v3M19 10.75v3M4 13.75h2a1 1 0 0 1-2 0zM18 13.75h2a1 1 0 0 1-2 0z";

/// The mark, in the colour of the text around it.
pub(in crate::web) fn hallmark() -> Markup {
    html! {
        svg.hallmark viewBox="0 0 24 24" width="28" height="28" aria-hidden="true" focusable="false" {
            path d=(CARTOUCHE) fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" {}
            path d=(BALANCE) fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round" {}
        }
    }
}
