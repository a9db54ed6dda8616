//! What was done to an account's certificates, by whom and when: its part of the audit log.

use time::OffsetDateTime;

use super::{Error, existing};
use crate::domain::account::{Account, AccountName};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, authorize};
use crate::store::audit::{AuditFilter, AuditPlace, AuditRecord};
use crate::store::{self, Reads};

/// Lines on one page of a history.
pub const HISTORY: u32 = 50;
/// Lines of a certificate's own history at most.
const OF_ONE: u32 = 50;
/// What is recorded about certificates.
const ACTIONS: &str = "certificate.*";

/// One line, as it was recorded. Its detail begins with the certificate's fingerprint.
pub type Line = AuditRecord;

/// The lines of an account, newest first: at most `limit` that are older than `before`.
///
/// # Errors
/// An unknown account, or it is none of theirs.
pub fn history(
    reads: &Reads<'_>,
    account: &AccountName,
    before: Option<i64>,
    limit: u32,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(Account, Vec<Line>), Error> {
    let account = existing(reads, account)?;
    authorize(reads, actor, Action::SeeCertificates, Some(&account), now)?;
    let place = before.map_or(AuditPlace::Newest, AuditPlace::OlderThan);
    let lines = reads.audit_page(&of(account.name.as_str()), place, limit)?;
    Ok((account, lines))
}

/// The newest lines about one certificate: what the account did to it, and what was found out about it.
///
/// # Errors
/// What the store says.
pub fn history_of(
    reads: &Reads<'_>,
    account: &AccountName,
    fingerprint: &Fingerprint,
) -> Result<Vec<Line>, store::Error> {
    let fingerprint = fingerprint.to_string();
    let done = AuditFilter { detail: Some(format!("{fingerprint}*")), ..of(account.as_str()) };
    let mut lines = reads.audit_page(&done, AuditPlace::Newest, OF_ONE)?;
    lines.extend(reads.audit_page(&of(&fingerprint), AuditPlace::Newest, OF_ONE)?);
    lines.sort_by_key(|line| std::cmp::Reverse(line.id));
    lines.truncate(OF_ONE as usize);
    Ok(lines)
}

fn of(subject: &str) -> AuditFilter {
    AuditFilter { action: Some(ACTIONS.to_owned()), subject: Some(subject.to_owned()), ..AuditFilter::default() }
}
