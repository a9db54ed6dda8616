//! One field of a form: its label, what explains it, what was wrong with it, and the input itself.

use maud::{Markup, Render, html};

use super::choices::described_by;
use super::field_errors::FieldErrors;
use super::prose::prose;

/// One field. Its id is the form's prefix and its name.
#[derive(Debug, Clone)]
#[must_use]
pub(in crate::web) struct Field {
    kind: Kind,
    name: String,
    label: String,
    value: String,
    hint: Option<String>,
    error: Option<String>,
    prefix: String,
    required: bool,
    autocomplete: Option<&'static str>,
    placeholder: Option<String>,
    max_length: Option<u32>,
    autofocus: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Input(&'static str),
    Code,
    Lines(u32),
    Select(Vec<(String, String)>),
    Files { accept: String, several: bool },
    Tick(bool),
}

impl Field {
    /// A line of text.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Input("text"), name.into(), label.into())
    }

    /// A password. Say by `autocomplete` whether it is `current-password` or `new-password`.
    pub fn password(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Input("password"), name.into(), label.into())
    }

    /// An e-mail address.
    pub fn email(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Input("email"), name.into(), label.into()).autocomplete("email")
    }

    /// A whole number.
    pub fn number(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Input("number"), name.into(), label.into())
    }

    /// A day, `2026-11-28`.
    pub fn date(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Input("date"), name.into(), label.into())
    }

    /// What is searched for.
    pub fn search(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Input("search"), name.into(), label.into())
    }

    /// A one-time code: digits, which a phone may fill in. Recovery codes have letters: those are a `text`.
    pub fn code(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Code, name.into(), label.into()).autocomplete("one-time-code").required()
    }

    /// Several lines of text.
    pub fn lines(name: impl Into<String>, label: impl Into<String>, rows: u32) -> Self {
        Self::new(Kind::Lines(rows), name.into(), label.into())
    }

    /// One of a list of (value, text).
    pub fn select(
        name: impl Into<String>,
        label: impl Into<String>,
        options: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        let options = options.into_iter().map(|(value, text)| (value.into(), text.into())).collect();
        Self::new(Kind::Select(options), name.into(), label.into())
    }

    /// Any number of files; `accept` as in `.cer,.crt,.pem`. Only in an `upload_form`.
    pub fn files(name: impl Into<String>, label: impl Into<String>, accept: impl Into<String>) -> Self {
        Self::new(Kind::Files { accept: accept.into(), several: true }, name.into(), label.into())
    }

    /// One file, in the same way.
    pub fn file(name: impl Into<String>, label: impl Into<String>, accept: impl Into<String>) -> Self {
        Self::new(Kind::Files { accept: accept.into(), several: false }, name.into(), label.into())
    }

    /// One check box, which sends `yes`. Its label is a whole sentence.
    pub fn tick(name: impl Into<String>, label: impl Into<String>, ticked: bool) -> Self {
        Self::new(Kind::Tick(ticked), name.into(), label.into())
    }

    /// What stands in it: what was sent, when the form is shown again. Never for a password.
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// A line that explains it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What was wrong with it, if anything.
    pub fn errors(self, errors: &FieldErrors) -> Self {
        let error = errors.of(&self.name).map(ToOwned::to_owned);
        Self { error, prefix: errors.prefix_of_ids().to_owned(), ..self }
    }

    /// It can't be left empty.
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// What the browser may fill in: `username`, `current-password`, `new-password`, `off` (HTML, "autofill detail tokens").
    pub fn autocomplete(self, token: &'static str) -> Self {
        Self { autocomplete: Some(token), ..self }
    }

    /// An example of what is wanted. Never instead of the label.
    pub fn placeholder(self, example: impl Into<String>) -> Self {
        Self { placeholder: Some(example.into()), ..self }
    }

    /// So many characters at most.
    pub fn max_length(self, characters: u32) -> Self {
        Self { max_length: Some(characters), ..self }
    }

    /// It has the focus when the page has loaded: the first field of a page that is one form, and without errors.
    pub fn autofocus(self) -> Self {
        Self { autofocus: true, ..self }
    }

    fn new(kind: Kind, name: String, label: String) -> Self {
        Self {
            kind,
            name,
            label,
            value: String::new(),
            hint: None,
            error: None,
            prefix: FieldErrors::default().prefix_of_ids().to_owned(),
            required: false,
            autocomplete: None,
            placeholder: None,
            max_length: None,
            autofocus: false,
        }
    }

    fn id(&self) -> String {
        format!("{}-{}", self.prefix, self.name)
    }

    fn input(&self, kind: &str, digits: bool) -> Markup {
        html! {
            input class=[digits.then_some("code")] id=(self.id()) type=(kind) name=(self.name) value=[(kind != "password").then_some(&self.value)]
                inputmode=[digits.then_some("numeric")] autocomplete=[self.autocomplete]
                autocapitalize=[digits.then_some("off")] spellcheck=[(kind == "text").then_some("false")]
                placeholder=[self.placeholder.as_deref()] maxlength=[self.max_length] required[self.required]
                autofocus[self.autofocus] aria-describedby=[self.described()] aria-invalid=[self.invalid()];
        }
    }

    fn control(&self) -> Markup {
        match &self.kind {
            Kind::Input(kind) => self.input(kind, false),
            Kind::Code => self.input("text", true),
            Kind::Lines(rows) => html! {
                textarea id=(self.id()) name=(self.name) rows=(rows) placeholder=[self.placeholder.as_deref()]
                    maxlength=[self.max_length] required[self.required] autofocus[self.autofocus] spellcheck="false"
                    aria-describedby=[self.described()] aria-invalid=[self.invalid()] { "\n" (self.value) }
            },
            Kind::Select(options) => html! {
                select id=(self.id()) name=(self.name) required[self.required] autofocus[self.autofocus]
                    autocomplete=[self.autocomplete] aria-describedby=[self.described()] aria-invalid=[self.invalid()] {
                    @for (value, text) in options { option value=(value) selected[*value == self.value] { (text) } }
                }
            },
            Kind::Files { accept, several } => html! {
                div.drop data-drop {
                    input id=(self.id()) type="file" name=(self.name) accept=(accept) multiple[*several]
                        required[self.required] aria-describedby=[self.described()] aria-invalid=[self.invalid()];
                }
            },
            Kind::Tick(ticked) => html! {
                input id=(self.id()) type="checkbox" name=(self.name) value="yes" checked[*ticked] required[self.required]
                    aria-describedby=[self.described()] aria-invalid=[self.invalid()];
            },
        }
    }

    fn described(&self) -> Option<String> {
        described_by(&self.id(), self.hint.is_some(), self.error.is_some())
    }

    fn invalid(&self) -> Option<&'static str> {
        self.error.is_some().then_some("true")
    }
}

impl Render for Field {
    fn render(&self) -> Markup {
        let id = self.id();
        let label = html! {
            label for=(id) { (self.label) @if !self.required && !matches!(self.kind, Kind::Tick(_)) { span.optional { " (optional)" } } }
        };
        let hint = html! { @if let Some(hint) = &self.hint { p.hint id={ (id) "-hint" } { (prose(hint)) } } };
        let error = html! { @if let Some(error) = &self.error { p.error id={ (id) "-error" } { (prose(error)) } } };
        if let Kind::Tick(_) = self.kind {
            return html! { div.field.choice { (self.control()) (label) (hint) (error) } };
        }
        html! { div.field { (label) (hint) (error) (self.control()) } }
    }
}
