//! Text that somebody else chose, as people may see it: names in certificates and packages.

/// The text with its control characters, line ends too, and the marks that turn the direction of writing shown and not
/// obeyed. They could steer a terminal, pretend to be another line, or make a name read as another one.
///
/// ```
/// use assay::domain::visible::visible;
/// assert_eq!(visible("CN=evil\u{202e}dexa"), "CN=evil\\u{202e}dexa");
/// ```
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars().map(|it| if steers(it) { it.escape_unicode().to_string() } else { it.to_string() }).collect()
}

fn steers(character: char) -> bool {
    match character {
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        _ => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_shown_and_letters_stay_letters() {
        assert_eq!(visible("CN=\u{1b}[2Jaccepted\n"), "CN=\\u{1b}[2Jaccepted\\u{a}");
        assert_eq!(visible("CN=Åsa, O=名前"), "CN=Åsa, O=名前");
    }
}
