//! The last question before something that can't be undone: it says what will happen, then offers the button.

use maud::{Markup, Render, html};

use super::button::Button;
use super::form::form;
use crate::web::pages::csrf::CsrfToken;

/// A danger zone: a heading, what will happen, fields, a button.
#[must_use]
pub(in crate::web) struct Confirm<'a> {
    csrf: &'a CsrfToken,
    action: String,
    title: String,
    consequences: Markup,
    fields: Markup,
    button: String,
    cancel: Option<String>,
}

impl<'a> Confirm<'a> {
    /// `title` names the deed (`Disable alice`) and is on the button too; `consequences` says what will happen.
    pub fn new(csrf: &'a CsrfToken, action: impl Into<String>, title: impl Into<String>, consequences: Markup) -> Self {
        let title = title.into();
        let (action, button) = (action.into(), title.clone());
        Self { csrf, action, title, consequences, fields: Markup::default(), button, cancel: None }
    }

    /// Fields to fill in first: a code, or the name typed again; hidden ones too.
    pub fn fields(self, fields: Markup) -> Self {
        Self { fields, ..self }
    }

    /// Another text for the button.
    pub fn button(self, text: impl Into<String>) -> Self {
        Self { button: text.into(), ..self }
    }

    /// On a page of its own: where the way back leads.
    pub fn cancel(self, href: impl Into<String>) -> Self {
        Self { cancel: Some(href.into()), ..self }
    }
}

impl Render for Confirm<'_> {
    fn render(&self) -> Markup {
        let content = html! {
            (self.fields)
            div.actions {
                (Button::danger(self.button.as_str()))
                @if let Some(href) = &self.cancel { (Button::quiet("Cancel").link(href.as_str())) }
            }
        };
        html! {
            section.danger-zone {
                h2 { (self.title) }
                div.consequences { (self.consequences) }
                (form(self.csrf, &self.action, content))
            }
        }
    }
}
