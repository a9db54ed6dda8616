//! A box with something to know, in the flow of a page.

use maud::{Markup, Render, html};

/// A box that stands out.
#[derive(Clone)]
#[must_use]
pub(in crate::web) struct Callout {
    class: &'static str,
    title: String,
    content: Markup,
}

impl Callout {
    /// Something to know.
    pub fn info(title: impl Into<String>, content: Markup) -> Self {
        Self { class: "info", title: title.into(), content }
    }

    /// It is as it should be.
    pub fn good(title: impl Into<String>, content: Markup) -> Self {
        Self { class: "good", title: title.into(), content }
    }

    /// Something to do soon.
    pub fn warning(title: impl Into<String>, content: Markup) -> Self {
        Self { class: "warning", title: title.into(), content }
    }

    /// Something is wrong.
    pub fn bad(title: impl Into<String>, content: Markup) -> Self {
        Self { class: "bad", title: title.into(), content }
    }
}

impl Render for Callout {
    fn render(&self) -> Markup {
        html! {
            div class={ "callout " (self.class) } role="note" {
                @if !self.title.is_empty() { p.callout-title { (self.title) } }
                (self.content)
            }
        }
    }
}
