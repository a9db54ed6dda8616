//! Links to what has a page: accounts, packages, versions.

use std::fmt::Display;

use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a segment of a path (RFC 3986, 3.3: unreserved).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one segment of a path.
pub(in crate::web) fn segment(text: impl Display) -> String {
    utf8_percent_encode(&text.to_string(), UNRESERVED).to_string()
}

/// An account, with a link to its page.
pub(in crate::web) fn account_link(name: impl Display) -> Markup {
    html! { a.account href={ "accounts/" (segment(&name)) } { (breakable(&name.to_string())) } }
}

/// A package, with a link to its page.
pub(in crate::web) fn package_link(id: impl Display) -> Markup {
    html! { a.package href={ "packages/" (segment(&id)) } { (breakable(&id.to_string())) } }
}

/// A version of a package, with a link to its page.
pub(in crate::web) fn version_link(id: impl Display, version: impl Display) -> Markup {
    html! { a.version href={ "packages/" (segment(&id)) "/" (segment(&version)) } { (version) } }
}

/// A name that may break after its dots, and so not in the middle of a word.
pub(in crate::web) fn breakable(id: &str) -> Markup {
    html! { @for part in id.split_inclusive('.') { (part) @if part.ends_with('.') { wbr; } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment() {
        assert_eq!(segment("Contoso.Core-1_~"), "Contoso.Core-1_~");
        assert_eq!(segment("a/../b?c#d e+f"), "a%2F..%2Fb%3Fc%23d%20e%2Bf");
        assert!(version_link("A", "1.0.0-b+c").into_string().contains("href=\"packages/A/1.0.0-b%2Bc\""));
        assert_eq!(package_link("A.B").into_string(), "<a class=\"package\" href=\"packages/A.B\">A.<wbr>B</a>");
    }
}
