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

/// Characters of a text that [`brief`] leaves. Nearly all names in certificates have fewer; their format allows thousands.
pub const MAX_BRIEF: usize = 200;

/// As much of the text as is shown wherever it is not what is looked at: in lists, titles, records, notices and documents. It
/// has at most [`MAX_BRIEF`] characters, and then `…`. A certificate of nine kilobytes would swell all that names it.
///
/// ```
/// use assay::domain::visible::{MAX_BRIEF, brief};
/// assert_eq!(brief("CN=Contoso"), "CN=Contoso");
/// assert_eq!(brief(&"x".repeat(9000)).chars().count(), MAX_BRIEF + 1);
/// ```
#[must_use]
pub fn brief(text: &str) -> String {
    let beginning: String = text.chars().take(MAX_BRIEF + 1).collect();
    let shown = visible(&beginning);
    match shown.char_indices().nth(MAX_BRIEF) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

/// JSON that means the same, with what steers written as its escapes (RFC 8259, section 7): for a terminal that shows it.
///
/// ```
/// use assay::domain::visible::visible_json;
/// assert_eq!(visible_json("\"evil\u{9b}2J\u{e0041}\""), "\"evil\\u009b2J\\udb40\\udc41\"");
/// ```
#[must_use]
pub fn visible_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if !steers(character) {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            shown.push_str(&format!("\\u{unit:04x}"));
        }
    }
    shown
}

/// Controls, the ends of lines and paragraphs, marks of direction, and characters that nobody sees (Unicode's
/// `Default_Ignorable_Code_Point`).
fn steers(character: char) -> bool {
    match character {
        '\u{00AD}'
        | '\u{034F}'
        | '\u{061C}'
        | '\u{115F}'..='\u{1160}'
        | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}' => true,
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

    #[test]
    fn each_mark_that_turns_the_writing_hides_or_ends_a_line_is_shown() {
        for mark in [
            '\0',
            '\t',
            '\n',
            '\r',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{61c}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2064}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{ad}',
            '\u{34f}',
            '\u{1160}',
            '\u{180e}',
            '\u{206a}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{ffa0}',
            '\u{e0041}',
        ] {
            assert_eq!(visible(&format!("a{mark}b")), format!("a\\u{{{:x}}}b", u32::from(mark)));
        }
        for letter in ['\u{200a}', '\u{2010}', '\u{2027}', '\u{202f}', '\u{205f}', 'é', '\u{5d0}', '\u{1f600}'] {
            assert_eq!(visible(&letter.to_string()), letter.to_string());
        }
    }

    #[test]
    fn a_long_text_is_cut_after_what_steers_is_shown() {
        assert_eq!(brief(&"é".repeat(MAX_BRIEF)), "é".repeat(MAX_BRIEF));
        assert_eq!(brief(&"é".repeat(MAX_BRIEF + 1)), format!("{}…", "é".repeat(MAX_BRIEF)));
        let steered = brief(&"\u{202e}".repeat(MAX_BRIEF));
        assert!(steered.starts_with("\\u{202e}") && steered.chars().count() == MAX_BRIEF + 1, "{steered}");
    }
}
