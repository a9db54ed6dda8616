//! What is pressed.

use maud::{Markup, Render, html};

use super::form::form;
use crate::web::pages::csrf::CsrfToken;

/// A button that sends its form; or, with [`Button::link`], a link that looks like one.
#[derive(Debug, Clone)]
#[must_use]
pub(in crate::web) struct Button {
    text: String,
    class: &'static str,
    small: bool,
    sends: Option<(String, String)>,
    href: Option<String>,
    about: Option<String>,
}

impl Button {
    /// The one thing that a form is for. At most one on a form.
    pub fn primary(text: impl Into<String>) -> Self {
        Self::new("primary", text)
    }

    /// Anything beside it.
    pub fn quiet(text: impl Into<String>) -> Self {
        Self::new("quiet", text)
    }

    /// What can't be undone, or takes something from somebody.
    pub fn danger(text: impl Into<String>) -> Self {
        Self::new("danger", text)
    }

    /// A link instead: it goes to a page and changes nothing.
    pub fn link(self, href: impl Into<String>) -> Self {
        Self { href: Some(href.into()), ..self }
    }

    /// Small, for the rows of a table.
    pub fn small(self) -> Self {
        Self { small: true, ..self }
    }

    /// What the form says of which button was pressed.
    pub fn sends(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { sends: Some((name.into(), value.into())), ..self }
    }

    /// What it is about, for those who hear it without its row: `Remove` about `key ci`.
    pub fn about(self, thing: impl Into<String>) -> Self {
        Self { about: Some(thing.into()), ..self }
    }

    fn new(class: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { text, class, small: false, sends: None, href: None, about: None }
    }

    fn label(&self) -> Markup {
        html! { (self.text) @if let Some(about) = &self.about { span.unseen { " " (about) } } }
    }
}

impl Render for Button {
    fn render(&self) -> Markup {
        let class = format!("button {}{}", self.class, if self.small { " small" } else { "" });
        if let Some(href) = &self.href {
            return html! { a class=(class) href=(href) { (self.label()) } };
        }
        let (name, value) = self.sends.as_ref().map_or((None, None), |(name, value)| (Some(name), Some(value)));
        html! {
            button class=(class) type="submit" name=[name] value=[value] { (self.label()) }
        }
    }
}

/// A form of one button, in a row of a table or beside a heading.
#[must_use]
pub(in crate::web) struct ButtonForm<'a> {
    csrf: &'a CsrfToken,
    action: String,
    button: Button,
    hidden: Vec<(String, String)>,
}

impl<'a> ButtonForm<'a> {
    /// The form that `button` sends to `action`.
    pub fn new(csrf: &'a CsrfToken, action: impl Into<String>, button: Button) -> Self {
        Self { csrf, action: action.into(), button, hidden: Vec::new() }
    }

    /// What it says besides.
    pub fn hidden(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hidden.push((name.into(), value.into()));
        self
    }
}

impl Render for ButtonForm<'_> {
    fn render(&self) -> Markup {
        let content = html! {
            @for (name, value) in &self.hidden { input type="hidden" name=(name) value=(value); }
            (self.button)
        };
        html! { div.button-form { (form(self.csrf, &self.action, content)) } }
    }
}
