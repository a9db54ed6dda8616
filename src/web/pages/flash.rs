//! What the next page says about the form that was just sent.

use maud::{Markup, Render, html};
use zeroize::Zeroizing;

use super::components::{code_block, copyable_lines, prose};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Tone {
    /// It was done.
    Done,
    /// It was done, and there is something to know.
    Warning,
    /// It was not done.
    Problem,
}

/// One message, shown once.
#[derive(Clone)]
pub(in crate::web) struct Flash {
    /// How it went.
    pub tone: Tone,
    /// One or two sentences.
    pub text: String,
    /// Something that is shown this once and never again: a new key, a link, recovery codes, one a line.
    pub secret: Option<Zeroizing<String>>,
    /// How to use the secret: blocks of lines under a label, which may hold it.
    pub uses: Vec<(String, Zeroizing<String>)>,
}

impl Flash {
    /// It was done.
    pub fn done(text: impl Into<String>) -> Self {
        Self::new(Tone::Done, text.into())
    }

    /// It was done, and there is something to know.
    pub fn warning(text: impl Into<String>) -> Self {
        Self::new(Tone::Warning, text.into())
    }

    /// It was not done.
    pub fn problem(text: impl Into<String>) -> Self {
        Self::new(Tone::Problem, text.into())
    }

    /// The same with something that is shown this once.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(Zeroizing::new(secret.into()));
        self
    }

    /// The same with lines to type or to put into a file, under a label.
    #[must_use]
    pub fn with_use(mut self, label: impl Into<String>, lines: impl Into<String>) -> Self {
        self.uses.push((label.into(), Zeroizing::new(lines.into())));
        self
    }

    const fn new(tone: Tone, text: String) -> Self {
        Self { tone, text, secret: None, uses: Vec::new() }
    }
}

impl Render for Flash {
    fn render(&self) -> Markup {
        let (class, role) = match self.tone {
            Tone::Done => ("flash callout good", "status"),
            Tone::Warning => ("flash callout warning", "status"),
            Tone::Problem => ("flash callout bad", "alert"),
        };
        html! {
            div class=(class) role=(role) {
                p { (prose(&self.text)) }
                @if let Some(secret) = &self.secret {
                    (copyable_lines("Shown this once", secret))
                    p.once { strong { "Shown this once." } " Put it where it belongs now: it can’t be shown again." }
                }
            }
            @for (label, lines) in &self.uses { (code_block(label, lines)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stands_apart_with_its_warning() {
        let html = Flash::done("Key `ci` was made.").with_secret("assay_<1>").render().into_string();
        assert!(html.contains("assay_&lt;1&gt;") && html.contains("data-copy") && html.contains("Shown this once"));
        let told =
            Flash::done("x").with_secret("s").with_use("nuget.config", "<add key=\"s\" />").render().into_string();
        assert!(told.contains("nuget.config") && told.contains("&lt;add key=&quot;s&quot; /&gt;"), "{told}");
        assert!(!Flash::done("x").render().into_string().contains("Shown this once"));
        assert!(Flash::problem("x").render().into_string().contains("role=\"alert\""));
    }
}
