//! Tables for spreadsheets as CSV (RFC 4180).
//!
//! Whoever pushes packages, or makes certificates, decides what stands in some cells, and people open such files with programs
//! that calculate: a cell that would begin a formula is kept from it.

use crate::domain::visible::visible;

/// A line with all its cells in quotes, and its end.
pub fn row<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|text| cell(text.as_ref())).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell in quotes (RFC 4180, section 2), with what steers shown and not obeyed: line ends and marks of direction. The quote
/// before a sign that begins a formula is what spreadsheets take for "this is text". Where people write numbers with commas,
/// spreadsheets end cells at semicolons, quotes or not: so what follows one begins a cell, too.
pub fn cell(text: &str) -> String {
    let mut written = String::from('"');
    let mut begins = true;
    for character in visible(text).chars() {
        if begins && matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            written.push('\'');
        }
        begins = matches!(character, ';' | ',') || (begins && character == ' ');
        if character == '"' {
            written.push('"');
        }
        written.push(character);
    }
    written.push('"');
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_commas_stay_inside_their_cell_and_line_ends_are_shown() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"yes\"\r\nnow"), "\"say \"\"yes\"\"\\u{d}\\u{a}now\"");
        assert_eq!(cell(""), "\"\"");
        assert_eq!(row(["a", "b,c"]), "\"a\",\"b,c\"\r\n");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "=\"a\""] {
            assert!(cell(text).starts_with("\"'"), "{text}");
        }
        for text in ["\t=1", "\r=1", "\n=1", "\u{feff}=1", "\u{202e}=1"] {
            assert!(cell(text).starts_with("\"\\u{"), "{text}");
        }
        assert_eq!(cell("a=b"), "\"a=b\"");
        assert_eq!(cell("x;=cmd|A0; -y,@z"), "\"x;'=cmd|A0; '-y,'@z\"");
        assert_eq!(cell("CN=Contoso, O=Contoso; 1-2"), "\"CN=Contoso, O=Contoso; 1-2\"");
    }
}
