//! What was wrong with a form, by the names of its fields.

use maud::{Markup, html};

use super::prose::prose;
use crate::web::pages::frame::Frame;

/// What the fields' ids begin with, unless the form says otherwise.
const PREFIX: &str = "field";

/// What was wrong with a form that is shown again. Fields find theirs by name.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct FieldErrors {
    prefix: Option<String>,
    found: Vec<(String, String)>,
}

impl FieldErrors {
    /// For one of several forms on a page: its fields' ids begin with `prefix`, so that none occurs twice.
    pub fn of_form(prefix: impl Into<String>) -> Self {
        Self { prefix: Some(prefix.into()), found: Vec::new() }
    }

    /// Field `name` is wrong; `text` says how, and what to do.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.found.push((name.into(), text.into()));
    }

    /// The form as a whole is wrong.
    pub fn add_to_form(&mut self, text: impl Into<String>) {
        self.add("", text);
    }

    /// Whether nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// What was wrong with field `name`.
    pub fn of(&self, name: &str) -> Option<&str> {
        self.found.iter().find(|(of, _)| of == name).map(|(_, text)| text.as_str())
    }

    /// The box above the form, with a link to each field. It takes the focus when the page has loaded, so that a screen
    /// reader begins with it. Empty when nothing was wrong.
    pub fn summary(&self, frame: &Frame) -> Markup {
        let content = match self.found.as_slice() {
            [] => return Markup::default(),
            [(name, text)] if name.is_empty() => html! { p { (prose(text)) } },
            found => html! {
                h2.callout-title { "Please look at this again" }
                ul { @for (name, text) in found { li { (self.link(frame, name, text)) } } }
            },
        };
        html! { div.callout.bad.error-summary role="alert" tabindex="-1" autofocus { (content) } }
    }

    fn link(&self, frame: &Frame, name: &str, text: &str) -> Markup {
        if name.is_empty() {
            return prose(text);
        }
        html! { a href=(frame.here(&format!("{}-{name}", self.prefix_of_ids()))) { (prose(text)) } }
    }

    /// What the fields' ids begin with.
    pub(super) fn prefix_of_ids(&self) -> &str {
        self.prefix.as_deref().unwrap_or(PREFIX)
    }
}
