//! A word that says how something stands. The word says it alone; the colour only helps.

use maud::{Markup, Render, html};

/// A short word in a box.
#[derive(Debug, Clone)]
#[must_use]
pub(in crate::web) struct Badge {
    class: &'static str,
    text: String,
}

impl Badge {
    /// As it should be: *Active*, *Signed*.
    pub fn good(text: impl Into<String>) -> Self {
        Self { class: "good", text: text.into() }
    }

    /// Look at it soon: *Expires in 12 days*.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { class: "warning", text: text.into() }
    }

    /// Broken, or refused: *Revoked*.
    pub fn bad(text: impl Into<String>) -> Self {
        Self { class: "bad", text: text.into() }
    }

    /// A fact without a verdict: *Unlisted*, *Organization*.
    pub fn neutral(text: impl Into<String>) -> Self {
        Self { class: "neutral", text: text.into() }
    }

    /// A fact that stands out: *Administrator*, *You*.
    pub fn accent(text: impl Into<String>) -> Self {
        Self { class: "accent", text: text.into() }
    }
}

impl Render for Badge {
    fn render(&self) -> Markup {
        html! { span class={ "badge " (self.class) } { (self.text) } }
    }
}
