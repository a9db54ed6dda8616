//! A sentence of ours as people should see it: values stand in backticks in our messages, and in monospace on pages.

use maud::{Markup, html};

/// `text` with the parts between backticks as code. A backtick without its partner stays what it is.
pub(in crate::web) fn prose(text: &str) -> Markup {
    let Some((before, rest)) = text.split_once('`') else { return html! { (text) } };
    match rest.split_once('`') {
        Some((code, after)) if !code.is_empty() => html! { (before) code { (code) } (prose(after)) },
        _ => html! { (before) "`" (prose(rest)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_backticks_are_code() {
        let shown = |text| prose(text).into_string();
        assert_eq!(shown("the key `ci` of `<b>` ended"), "the key <code>ci</code> of <code>&lt;b&gt;</code> ended");
        assert_eq!(shown("a lone ` stays"), "a lone ` stays");
        assert_eq!(shown("``"), "``");
    }
}
