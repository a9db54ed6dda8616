//! Numbers of things.

/// `12 345`, its digits in groups of three, which no line end parts.
pub(in crate::web) fn count(number: u64) -> String {
    let digits = number.to_string();
    let grouped = digits.chars().enumerate().flat_map(|(at, digit)| {
        let gap = at > 0 && (digits.len() - at).is_multiple_of(3);
        gap.then_some('\u{202f}').into_iter().chain([digit])
    });
    grouped.collect()
}

/// `1 download`, `12 345 downloads`.
pub(in crate::web) fn counted(number: u64, thing: &str) -> String {
    counted_as(number, thing, &format!("{thing}s"))
}

/// The same where more than a letter differs: `1 key stops`, `2 keys stop`.
pub(in crate::web) fn counted_as(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped_and_one_is_one() {
        assert_eq!(
            [0, 7, 999, 1000, 1_234_567].map(count),
            ["0", "7", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]
        );
        assert_eq!([0, 1, 2].map(|number| counted(number, "version")), ["0 versions", "1 version", "2 versions"]);
        assert_eq!([1, 2].map(|number| counted_as(number, "key stops", "keys stop")), ["1 key stops", "2 keys stop"]);
    }
}
