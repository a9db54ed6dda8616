//! Times in messages.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A time for a message: to the second, in UTC.
pub(crate) fn shown(time: OffsetDateTime) -> String {
    let utc = time.to_offset(time::UtcOffset::UTC);
    utc.replace_nanosecond(0).unwrap_or(utc).format(&Rfc3339).unwrap_or_else(|_| utc.to_string())
}
