//! What a mail server says, as far as it may stand in a log.

/// Longest answer that is repeated, in characters.
const MAX_ANSWER: usize = 200;
/// Longest word that is repeated: no token is shorter.
const MAX_WORD: usize = 24;

/// `text` on one line, without words that may be an address, a link, a token or a password in another spelling. Each of them is
/// shown as `…`.
pub(super) fn harmless(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.map(|word| if is_harmless(word) { word } else { "…" }).collect();
    words.join(" ").chars().take(MAX_ANSWER).collect()
}

/// Letters, digits and punctuation of sentences. `+`, `/` and `=` stand in base64, in which passwords are sent.
fn is_harmless(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".,:;-'\"()[]<>!?#".contains(&byte);
    let mixed = word.bytes().any(|byte| byte.is_ascii_lowercase())
        && word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_digit());
    word.len() <= MAX_WORD && word.bytes().all(plain) && !mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_usually_say_is_repeated() {
        for text in [
            "5.1.1 User unknown",
            "2.0.0 Ok: queued as 4Bq2",
            "Greylisted, try again in 300 seconds",
            "5.7.1 Relaying denied. IP name lookup failed [192.0.2.1]",
        ] {
            assert_eq!(harmless(text).replace('…', ""), text.replace("4Bq2", ""), "{text}");
        }
    }

    #[test]
    fn what_may_be_an_address_or_a_secret_is_not() {
        for (text, expected) in [
            ("<ann@example.com>: unknown", "… unknown"),
            ("spam: https://feed.example/reset/abc", "spam: …"),
            ("AUTH PLAIN AGFubgBodW50ZXIy", "AUTH PLAIN …"),
            ("AUTH PLAIN AGFubgBh=", "AUTH PLAIN …"),
            ("5b7c0d7a1f6e4d3c2b1a0f9e8d7c6b5a", "…"),
            ("a\r\nb\u{0}c\u{1b}[31m", "a b c [31m"),
        ] {
            assert_eq!(harmless(text), expected);
        }
        assert_eq!(harmless(&"word ".repeat(500)).chars().count(), MAX_ANSWER);
    }
}
