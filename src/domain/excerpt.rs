//! A piece of hostile text made fit for a message.
//!
//! Messages of this crate end up in HTTP header fields, logs and terminals. A value that somebody sent may only appear
//! in them through [`Excerpt`]. It does not know where the message goes and does not add quotes itself.

use std::fmt::{self, Write};

/// Longest excerpt in characters; a NuGet identifier of legal length (100) is always shown whole.
pub const MAX_CHARACTERS: usize = 100;

/// Shows text as printable ASCII on one line, at most [`MAX_CHARACTERS`] characters and then `...`.
///
/// Control characters, everything outside ASCII and the backtick (which closes the quotation in our messages) become
/// `?`. This stops header injection by CR LF, terminal escapes and a value that pretends to be the rest of the message.
///
/// ```
/// use assay::domain::excerpt::Excerpt;
/// assert_eq!(Excerpt("a\r\nX-Evil: 1").to_string(), "a??X-Evil: 1");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Excerpt<'a>(pub &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, character) in self.0.chars().enumerate() {
            if index == MAX_CHARACTERS {
                return f.write_str("...");
            }
            let printable = (character == ' ' || character.is_ascii_graphic()) && character != '`';
            f.write_char(if printable { character } else { '?' })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whatever_could_break_out_of_a_header_or_a_quotation() {
        assert_eq!(Excerpt("a\u{0}b\u{1b}[31m`\u{e9}").to_string(), "a?b?[31m??");
    }

    #[test]
    fn cuts_long_text() {
        let shown = Excerpt(&"x".repeat(5000)).to_string();
        assert_eq!(shown.len(), MAX_CHARACTERS + 3);
        assert!(shown.ends_with("x..."));
        assert_eq!(Excerpt(&"x".repeat(100)).to_string().len(), 100);
    }
}
