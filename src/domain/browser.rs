//! What a browser says of itself, in two words: enough for its owner to tell it from the others.

/// Names as they stand in `User-Agent`, most particular first: nearly every browser also claims to be the later ones.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
/// Systems likewise: an Android claims to be a Linux, an iPhone to be like a Mac.
const SYSTEMS: [(&str, &str); 8] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];
/// Characters of an unknown browser's own words that are shown.
const SHOWN: usize = 40;

/// `Firefox on Windows`; the first word of something unknown; `an unnamed browser` for nothing. It is what the other side
/// claims, and good for recognising one's own only.
#[must_use]
pub fn describe(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => match user_agent.split_whitespace().next() {
            Some(word) => word.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect(),
            None => "an unnamed browser".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart_though_they_claim_to_be_each_other() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (user_agent, said) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Windows"),
            (
                &format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/131.0 Safari/537.36 Edg/131.0"),
                "Edge on Windows",
            ),
            (&format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/131.0 Safari/537.36"), "Chrome on Linux"),
            (
                &format!("Mozilla/5.0 (Linux; Android 14; Pixel 8) {webkit} Chrome/131.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 FxiOS/133.0 Mobile Safari/605",
                "Firefox on iPhone",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", "an unnamed browser"),
        ] {
            assert_eq!(describe(user_agent), said, "{user_agent}");
        }
        assert_eq!(describe(&"x".repeat(500)).len(), SHOWN);
    }
}
