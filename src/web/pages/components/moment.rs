//! Times, in UTC and so that two of them can be compared; how long until, or since.

use maud::{Markup, html};
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::count::counted;

/// `2026-11-28 16:20 UTC`
pub(in crate::web) fn moment(at: OffsetDateTime) -> Markup {
    let shown = at.to_offset(UtcOffset::UTC).format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC"));
    html! { time datetime=(machine(at)) { (shown.unwrap_or_default()) } }
}

/// `2026-11-28`
pub(in crate::web) fn day(at: OffsetDateTime) -> Markup {
    html! { time datetime=(machine(at)) title=(title(at)) { (date(at)) } }
}

/// `2026-11-28 (12 days left)`, or `2026-11-28 (3 days ago)`.
pub(in crate::web) fn until(at: OffsetDateTime, now: OffsetDateTime) -> Markup {
    let left = at - now;
    let utc = |time: OffsetDateTime| time.to_offset(UtcOffset::UTC).date();
    // Counted as the dates are: what ends on the day in two weeks has 14 days left and not 13, if a few hours less.
    let left = if left < Duration::DAY { left } else { utc(at) - utc(now) };
    let said = if left.is_negative() { past(-left) } else { format!("{} left", span(left)) };
    html! { span.until { (day(at)) " " span.quiet-text { "(" (said) ")" } } }
}

/// `3 hours ago`, with the moment in the title.
pub(in crate::web) fn ago(at: OffsetDateTime, now: OffsetDateTime) -> Markup {
    html! { time datetime=(machine(at)) title=(title(at)) { (past(now - at)) } }
}

fn past(since: Duration) -> String {
    if since < Duration::MINUTE { "just now".to_owned() } else { format!("{} ago", span(since)) }
}

/// The largest unit that fits.
fn span(length: Duration) -> String {
    let (count, unit) = match length {
        long if long >= Duration::days(730) => (long.whole_days() / 365, "year"),
        long if long >= Duration::DAY => (long.whole_days(), "day"),
        long if long >= Duration::HOUR => (long.whole_hours(), "hour"),
        short => (short.whole_minutes(), "minute"),
    };
    counted(count.unsigned_abs(), unit)
}

fn date(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
}

fn title(at: OffsetDateTime) -> String {
    let shown = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    at.to_offset(UtcOffset::UTC).format(shown).unwrap_or_default()
}

fn machine(at: OffsetDateTime) -> String {
    let shown = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    at.to_offset(UtcOffset::UTC).format(shown).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_are_shown_in_utc() {
        let html = moment(datetime!(2026-11-28 17:20:30 +1)).into_string();
        assert_eq!(html, "<time datetime=\"2026-11-28T16:20:30Z\">2026-11-28 16:20 UTC</time>");
        assert!(day(datetime!(2026-11-28 00:30 +1)).into_string().contains(">2026-11-27<"));
    }

    #[test]
    fn spans_are_said_in_the_largest_unit_that_fits() {
        let now = datetime!(2026-11-28 16:20 UTC);
        for (at, said) in [
            (now + Duration::days(12), "(12 days left)"),
            (now + Duration::days(14) - Duration::SECOND, "(14 days left)"),
            (now + Duration::minutes(61), "(1 hour left)"),
            (now + Duration::days(3650), "(10 years left)"),
            (now - Duration::days(3), "(3 days ago)"),
        ] {
            let html = until(at, now).into_string();
            assert!(html.contains(said), "{said} in {html}");
        }
        assert!(ago(now - Duration::hours(5), now).into_string().contains(">5 hours ago<"));
        assert!(ago(now, now).into_string().contains(">just now<"));
    }
}
