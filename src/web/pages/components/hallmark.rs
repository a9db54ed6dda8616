//! The mark of the house: an assay master's balance in a cartouche with cut corners, as marks are struck into metal.

use maud::{Markup, html};

/// The cartouche.
pub(in crate::web) const CARTOUCHE: &str = "M7 1.5h10l5.5 5.5v10L17 22.5H7L1.5 17V7z";
/// An A whose crossbar is the beam of a balance.
pub(in crate::web) const BALANCE: &str = "M7 18.5 12 5.5l5 13M5.5 12.5h13M5.5 12.5v2.5M18.5 12.5v2.5";

/// The mark, in the colour of the text around it.
pub(in crate::web) fn hallmark() -> Markup {
    html! {
        svg.hallmark viewBox="0 0 24 24" width="28" height="28" aria-hidden="true" focusable="false" {
            path d=(CARTOUCHE) fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" {}
            path d=(BALANCE) fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round" {}
        }
    }
}
