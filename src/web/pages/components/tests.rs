//! What holds for every component.

use maud::{Markup, Render, html};

use super::*;

#[test]
fn placeholder_until_walked() {
    let _: Markup = html! { (Badge::good("x").render()) };
}
