//! The top of a page: where it lies, its heading, what it is for, what can be done.

use maud::{Markup, Render, html};

use super::breadcrumbs::breadcrumbs;

/// The heading of a page, of which it has exactly one.
#[derive(Clone)]
#[must_use]
pub(in crate::web) struct PageHeader {
    title: Markup,
    above: Markup,
    lead: Option<Markup>,
    actions: Vec<Markup>,
}

impl PageHeader {
    /// The heading.
    pub fn new(title: impl Render) -> Self {
        Self { title: title.render(), above: Markup::default(), lead: None, actions: Vec::new() }
    }

    /// The pages above (path, name), and this one's short name.
    pub fn below(self, above: &[(&str, &str)], here: &str) -> Self {
        Self { above: breadcrumbs(above, here), ..self }
    }

    /// One or two sentences.
    pub fn lead(self, lead: impl Render) -> Self {
        Self { lead: Some(lead.render()), ..self }
    }

    /// A button at the right of the heading.
    pub fn action(mut self, action: impl Render) -> Self {
        self.actions.push(action.render());
        self
    }
}

impl Render for PageHeader {
    fn render(&self) -> Markup {
        html! {
            (self.above)
            div.page-header {
                h1 { (self.title) }
                @if !self.actions.is_empty() { div.actions { @for action in &self.actions { (action) } } }
                @if let Some(lead) = &self.lead { p.lead { (lead) } }
            }
        }
    }
}
