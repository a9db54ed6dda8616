//! What is known about one thing: names and values.

use maud::{Markup, Render, html};

/// A list of names and values.
#[derive(Clone, Default)]
#[must_use]
pub(in crate::web) struct Facts(Vec<(String, Markup)>);

impl Facts {
    /// No facts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    pub fn fact(mut self, name: impl Into<String>, value: impl Render) -> Self {
        self.0.push((name.into(), value.render()));
        self
    }

    /// One more, if it is known.
    pub fn fact_if_known(self, name: impl Into<String>, value: Option<impl Render>) -> Self {
        match value {
            Some(value) => self.fact(name, value),
            None => self,
        }
    }
}

impl Render for Facts {
    fn render(&self) -> Markup {
        html! {
            dl.facts { @for (name, value) in &self.0 { div { dt { (name) } dd { (value) } } } }
        }
    }
}
