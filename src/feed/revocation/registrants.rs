//! Telling whoever registered a certificate that it is revoked, or is not any more.

use time::OffsetDateTime;

use crate::domain::visible::{brief, visible};
use crate::feed::notices;
use crate::store::revocation_statuses::StoredStatus;
use crate::store::{self, Writes};

/// Tells them what `status` says, each account once: it decides whether they may push.
///
/// # Errors
/// What the store says.
pub(super) fn tell(w: &mut Writes<'_>, status: &StoredStatus, now: OffsetDateTime) -> Result<(), store::Error> {
    for (account, subject) in w.registrants(&status.fingerprint)? {
        let account = w.account_by_id(account)?;
        let text = text(status, &subject);
        notices::tell_security(w, &account, &text, &format!("accounts/{}/certificates", account.name), now)?;
    }
    Ok(())
}

fn text(status: &StoredStatus, subject: &str) -> String {
    let fingerprint = status.fingerprint.to_string();
    let digits = fingerprint.get(..16).unwrap_or(&fingerprint);
    let whose = format!("The certificate {} ({digits}…)", brief(subject));
    let why = if status.reason.is_empty() { String::new() } else { format!(" ({})", visible(&status.reason)) };
    match status.revoked_at {
        Some(at) if status.hold => format!(
            "{whose} is on hold since {}{why}. Packages signed with it are refused until the hold is lifted.",
            at.date()
        ),
        Some(at) => format!(
            "{whose} is revoked since {}{why}. Packages signed with it are refused from now on: sign with another one.",
            at.date()
        ),
        None => format!("{whose} is not revoked any more. Packages signed with it are accepted again."),
    }
}
