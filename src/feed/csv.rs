//! Tables for spreadsheets as CSV (RFC 4180).
//!
//! Whoever pushes packages, or makes certificates, decides what stands in some cells, and people open such files with programs
//! that calculate: a cell that would begin a formula is kept from it.

/// A line with all its cells in quotes, and its end.
pub fn row<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|text| cell(text.as_ref())).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell in quotes (RFC 4180, section 2). The quote before a sign that begins a formula is what spreadsheets take for "this
/// is text".
pub fn cell(text: &str) -> String {
    let mark =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_commas_and_line_ends_stay_inside_their_cell() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"yes\"\r\nnow"), "\"say \"\"yes\"\"\r\nnow\"");
        assert_eq!(cell(""), "\"\"");
        assert_eq!(row(["a", "b,c"]), "\"a\",\"b,c\"\r\n");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=\"a\""] {
            assert!(cell(text).starts_with("\"'"), "{text}");
        }
        assert_eq!(cell("a=b"), "\"a=b\"");
    }
}
