//! A QR code as a drawing inside the page: no other host and no picture library sees the secret in it.
//!
//! One `path` with a rectangle for each run of dark modules. Colours are presentation attributes, which the content security
//! policy lets pass, unlike a `style`. Dark on white in both themes: many phones don't read it the other way round.

use std::fmt::Write;

use maud::{Markup, html};
use qrcode::{Color, QrCode};

/// Light modules around the code (ISO/IEC 18004, 4 for this kind): without them, phones don't find it on a dark page.
const QUIET_ZONE: usize = 4;

/// `text` as a QR code, for example the provisioning URI of a second factor. `label` is what a screen reader says of it; it must
/// not hold the secret. `None` when the text is too long for a code (2331 bytes): the page has the secret in letters too.
///
/// It fills the width that the class `qr` gives it.
pub(in crate::web) fn qr(text: &str, label: &str) -> Option<Markup> {
    let code = QrCode::new(text).ok()?;
    let side = code.width() + 2 * QUIET_ZONE;
    Some(html! {
        svg class="qr" role="img" aria-label=(label) viewBox=(format!("0 0 {side} {side}")) shape-rendering="crispEdges"
            xmlns="http://www.w3.org/2000/svg" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(dark_modules(&code)) fill="#000" {}
        }
    })
}

/// The dark modules as the data of a path: for each run of them in a row a rectangle of height 1.
fn dark_modules(code: &QrCode) -> String {
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(code.width()).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(Color::eq) {
            if run[0] == Color::Dark {
                // Writing to a string does not fail.
                let _ = write!(path, "M{} {}h{}v1h-{}z", x + QUIET_ZONE, y + QUIET_ZONE, run.len(), run.len());
            }
            x += run.len();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::totp::TotpSecret;

    fn uri() -> String {
        let secret = TotpSecret::from_random(b"12345678901234567890");
        secret.provisioning_uri("feed.example", &"ann".parse().unwrap()).to_string()
    }

    fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
        text.split_once(before).unwrap().1.split_once(after).unwrap().0
    }

    /// What a path of rectangles blackens, as rows of `#` and `.`.
    fn draw(path: &str, side: usize) -> Vec<String> {
        let mut picture = vec![vec!['.'; side]; side];
        for rectangle in path.trim_end_matches('z').split('z') {
            let (x, rest) = rectangle.strip_prefix('M').unwrap().split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (width, back) = rest.split_once("v1h-").unwrap();
            assert_eq!(width, back);
            let (x, y, width): (usize, usize, usize) = (x.parse().unwrap(), y.parse().unwrap(), width.parse().unwrap());
            picture[y][x..x + width].fill('#');
        }
        picture.into_iter().map(String::from_iter).collect()
    }

    #[test]
    fn the_drawing_is_the_code_with_its_quiet_zone() {
        let svg = qr(&uri(), "QR code").unwrap().into_string();
        let code = QrCode::new(uri()).unwrap();
        let side = code.width() + 8;
        assert_eq!(between(&svg, "viewBox=\"", "\""), format!("0 0 {side} {side}"));
        let expected = code.render::<char>().module_dimensions(1, 1).dark_color('#').light_color('.').build();
        assert_eq!(draw(between(&svg, "d=\"", "\""), side).join("\n"), expected);
    }

    #[test]
    fn it_is_an_image_with_a_name_dark_on_white_and_without_style() {
        let svg = qr(&uri(), "QR code for <ann>").unwrap().into_string();
        assert!(svg.starts_with("<svg class=\"qr\" role=\"img\" aria-label=\"QR code for &lt;ann&gt;\""), "{svg}");
        assert!(svg.contains("fill=\"#fff\"></rect><path") && svg.contains("fill=\"#000\"></path></svg>"), "{svg}");
        assert!(!svg.contains("style") && !svg.contains("GEZD") && !svg.contains("otpauth"), "{svg}");
    }

    #[test]
    fn a_text_that_is_too_long_is_no_picture() {
        assert!(qr(&"a".repeat(2331), "").is_some());
        assert!(qr(&"a".repeat(2332), "").is_none());
    }

    #[test]
    fn the_longest_names_fit() {
        let (issuer, account) = ("h".repeat(253), "a".repeat(40).parse().unwrap());
        let secret = TotpSecret::from_random(&[255; 20]);
        assert!(qr(&secret.provisioning_uri(&issuer, &account), "").is_some());
    }
}
