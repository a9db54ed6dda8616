//! Lines of the audit log as CSV.

use time::format_description::well_known::Rfc3339;

use super::MAX_EXPORTED;
use crate::feed::csv::row;
use crate::store::audit::AuditRecord;

const COLUMNS: [&str; 7] = ["number", "at", "actor", "address", "action", "subject", "detail"];

/// The first line.
pub(super) fn header() -> String {
    row(COLUMNS)
}

/// One record.
pub(super) fn line(record: &AuditRecord) -> String {
    let AuditRecord { id, at: _, actor, address, action, subject, detail } = record;
    row([id.to_string().as_str(), &moment(record), actor, address, action, subject, detail])
}

/// The last line of a file that has not all that was asked for.
pub(super) fn cut_off() -> String {
    let text = format!("cut off after {MAX_EXPORTED} lines: export the days before the last one here by themselves");
    row(["", "", "the server", "", "", "", &text])
}

/// When something was done, as machines sort it.
pub(super) fn moment(record: &AuditRecord) -> String {
    record.at.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_record_is_one_line_with_its_time_in_utc() {
        let record = AuditRecord {
            id: 7,
            at: datetime!(2026-11-28 16:20 UTC),
            actor: "ann".to_owned(),
            address: "fd00::1".to_owned(),
            action: "policy.set".to_owned(),
            subject: "enforcement".to_owned(),
            detail: "=cmd".to_owned(),
        };
        let expected =
            "\"7\",\"2026-11-28T16:20:00Z\",\"ann\",\"fd00::1\",\"policy.set\",\"enforcement\",\"'=cmd\"\r\n";
        assert_eq!(line(&record), expected);
        assert_eq!(header(), "\"number\",\"at\",\"actor\",\"address\",\"action\",\"subject\",\"detail\"\r\n");
    }
}
