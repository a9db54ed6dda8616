//! Telling whoever registered a certificate that it is revoked, or is not any more.

use time::OffsetDateTime;

use crate::domain::certificate::CertificateStatus;
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
        let registered = w.registered_certificates(account.id, now)?;
        let own = registered.iter().find(|it| it.fingerprint == status.fingerprint).map(|it| it.status);
        let text = text(status, &subject, own);
        notices::tell_security(w, &account, &text, &format!("accounts/{}/certificates", account.name), now)?;
    }
    Ok(())
}

/// `own` is what the registration is worth by now, `None` if it is none any more.
fn text(status: &StoredStatus, subject: &str, own: Option<CertificateStatus>) -> String {
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
        None => match own {
            Some(CertificateStatus::Active) => {
                format!("{whose} is not revoked any more. Packages signed with it are accepted again.")
            }
            Some(other) => format!(
                "{whose} is not revoked any more. Packages signed with it are refused nevertheless, because it {}.",
                other.predicate()
            ),
            None => format!("{whose} is not revoked any more."),
        },
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::feed::test_house::{House, NOW};
    use crate::store::revocation_marks::Mark;

    /// What ann reads when her certificate, which ends at `NOW`, is not revoked any more.
    fn told(house: &House, now: OffsetDateTime) -> String {
        let mark = Mark {
            fingerprint: Fingerprint::of(b"ann"),
            revoked_at: NOW,
            reason: String::new(),
            marked_by: "root".to_owned(),
            marked_at: NOW,
        };
        let status = StoredStatus { revoked_at: None, ..StoredStatus::with_mark(None, &mark) };
        house.app.store.write(|w| tell(w, &status, now)).unwrap();
        house.told("ann")
    }

    #[test]
    fn a_certificate_that_is_not_revoked_any_more_lets_pushes_through_only_if_nothing_else_is_against_it() {
        let house = House::new();
        house.person("ann");
        house.certificate("ann");
        assert!(told(&house, NOW).ends_with("Packages signed with it are accepted again."));
        let expired = told(&house, NOW + Duration::DAY);
        assert!(expired.ends_with("are refused nevertheless, because it has expired."), "{expired}");
        house.disable("ann");
        let disabled = told(&house, NOW);
        assert!(disabled.ends_with("because it belongs to a disabled account."), "{disabled}");
    }
}
