//! Some of several: radio buttons and check boxes, as a group with a name.

use maud::{Markup, Render, html};

use super::field_errors::FieldErrors;
use super::prose::prose;

/// A group of radio buttons or check boxes under one name.
#[derive(Debug, Clone)]
#[must_use]
pub(in crate::web) struct Choices {
    kind: &'static str,
    name: String,
    legend: String,
    options: Vec<Choice>,
    chosen: Vec<String>,
    error: Option<String>,
    prefix: String,
}

#[derive(Debug, Clone)]
struct Choice {
    value: String,
    label: String,
    hint: Option<String>,
}

impl Choices {
    /// Exactly one: radio buttons.
    pub fn one(name: impl Into<String>, legend: impl Into<String>) -> Self {
        Self::new("radio", name.into(), legend.into())
    }

    /// Any number: check boxes, which all send the same name.
    pub fn any(name: impl Into<String>, legend: impl Into<String>) -> Self {
        Self::new("checkbox", name.into(), legend.into())
    }

    /// One more to choose from.
    pub fn option(self, value: impl Into<String>, label: impl Into<String>) -> Self {
        self.with(Choice { value: value.into(), label: label.into(), hint: None })
    }

    /// One more, with a line that explains it.
    pub fn option_with_hint(self, value: impl Into<String>, label: impl Into<String>, hint: impl Into<String>) -> Self {
        self.with(Choice { value: value.into(), label: label.into(), hint: Some(hint.into()) })
    }

    /// This one is chosen. For check boxes once for each.
    pub fn chosen(mut self, value: impl Into<String>) -> Self {
        self.chosen.push(value.into());
        self
    }

    /// What was wrong with it, if anything.
    pub fn errors(self, errors: &FieldErrors) -> Self {
        let error = errors.of(&self.name).map(ToOwned::to_owned);
        Self { error, prefix: errors.prefix_of_ids().to_owned(), ..self }
    }

    fn new(kind: &'static str, name: String, legend: String) -> Self {
        let (options, chosen, prefix) = (Vec::new(), Vec::new(), FieldErrors::default().prefix_of_ids().to_owned());
        Self { kind, name, legend, options, chosen, error: None, prefix }
    }

    fn with(mut self, choice: Choice) -> Self {
        self.options.push(choice);
        self
    }
}

impl Render for Choices {
    fn render(&self) -> Markup {
        let id = format!("{}-{}", self.prefix, self.name);
        let described = described_by(&id, false, self.error.is_some());
        html! {
            fieldset.choices #(id) tabindex=[self.error.is_some().then_some("-1")] aria-describedby=[described]
                aria-invalid=[self.error.is_some().then_some("true")] {
                legend { (self.legend) }
                @if let Some(error) = &self.error { p.error id={ (id) "-error" } { (prose(error)) } }
                @for (number, choice) in self.options.iter().enumerate() {
                    @let own = format!("{id}-{number}");
                    div.choice {
                        input id=(own) type=(self.kind) name=(self.name) value=(choice.value)
                            checked[self.chosen.contains(&choice.value)]
                            aria-describedby=[choice.hint.is_some().then(|| format!("{own}-hint"))];
                        label for=(own) { (choice.label) }
                        @if let Some(hint) = &choice.hint { p.hint id={ (own) "-hint" } { (prose(hint)) } }
                    }
                }
            }
        }
    }
}

/// The elements that say more about a field, for `aria-describedby`.
pub(super) fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (true, true) => Some(format!("{id}-hint {id}-error")),
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-error")),
        (false, false) => None,
    }
}
