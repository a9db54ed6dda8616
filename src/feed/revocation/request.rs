//! One request to an issuer: what comes back, and whether it says anything that counts.

use thiserror::Error;
use time::OffsetDateTime;

use super::parsed::Parsed;
use super::wanted::Wanted;
use crate::domain::allowed_hosts::AllowedHosts;
use crate::domain::answer_kind::AnswerKind;
use crate::feed::authority::Refused;
use crate::outbound::{self, InvalidTarget, Limits, Outbound, Target};
use crate::signature::revocation::{InvalidAnswer, MAX_CRL_SIZE, MAX_OCSP_SIZE, Status, Unknown, ocsp_request};
use crate::store::revocation_answers::Question;

/// Why an attempt failed.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The URL may not be asked.
    #[error(transparent)]
    Target(#[from] InvalidTarget),
    /// Nothing came.
    #[error(transparent)]
    Outbound(#[from] outbound::Error),
    /// What came is no answer.
    #[error(transparent)]
    Answer(#[from] InvalidAnswer),
    /// It says nothing about the certificates that it was asked for.
    #[error("{0}")]
    Nothing(Unknown),
    /// It was made before the one at hand: somebody sends old answers again.
    #[error("the answer is older than the one at hand, which is of {} {:02}:{:02}:{:02} UTC", .at_hand.to_offset(time::UtcOffset::UTC).date(), .at_hand.to_offset(time::UtcOffset::UTC).hour(), .at_hand.to_offset(time::UtcOffset::UTC).minute(), .at_hand.to_offset(time::UtcOffset::UTC).second())]
    Older {
        /// When the one at hand was made.
        at_hand: OffsetDateTime,
    },
    /// It was made in a time to come: kept, it would count as the newest until then.
    #[error("the answer is of {}, which has not come yet; compare the clocks", .this_update.date())]
    Future {
        /// When it says that it was made.
        this_update: OffsetDateTime,
    },
    /// There is no room.
    #[error("there is no room for {size} more bytes of answers; all of them together may have {limit}")]
    Full {
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Whoever brought it may not.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was found out before the transaction is not true any more.
    #[error("other answers came at the same time; try again")]
    Changed,
}

/// An answer that counts.
#[derive(Debug)]
pub(super) struct Received {
    pub bytes: Vec<u8>,
    pub this_update: OffsetDateTime,
    pub next_update: Option<OffsetDateTime>,
}

/// Asks. `askers` are the certificates that name the URL; OCSP is asked about the first.
pub(super) fn send(
    outbound: &Outbound,
    hosts: &AllowedHosts,
    question: &Question,
    askers: &[&Wanted],
) -> Result<Vec<u8>, Failure> {
    let target = Target::listed(&question.url, hosts)?;
    let limits = |body| Limits { body, ..Limits::default() };
    match (question.kind, askers) {
        (AnswerKind::Ocsp, [about, ..]) => {
            let request = ocsp_request(&about.certificate, &about.issuer);
            Ok(outbound.post(&target, "application/ocsp-request", &request, limits(MAX_OCSP_SIZE))?)
        }
        _ => Ok(outbound.get(&target, limits(MAX_CRL_SIZE))?),
    }
}

/// Judges what came: it must say something about one of `askers`. Who answers is not trusted: the answer is signed, and
/// counts for whom its signer may speak.
pub(super) fn judge(
    bytes: Vec<u8>,
    question: &Question,
    askers: &[&Wanted],
    now: OffsetDateTime,
) -> Result<Received, Failure> {
    let parsed = Parsed::read(question.kind, &bytes)?;
    let mut why = Unknown::NoAnswer;
    for asker in askers {
        match parsed.about(&asker.certificate, &asker.issuer, now) {
            Status::Good { this_update, next_update, .. } | Status::Revoked { this_update, next_update, .. } => {
                return Ok(Received { bytes, this_update, next_update });
            }
            Status::Unknown(unknown) => why = why.max(unknown),
        }
    }
    Err(Failure::Nothing(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_list_that_is_read_is_the_largest_that_is_fetched() {
        assert_eq!(MAX_CRL_SIZE, outbound::MAX_BODY);
    }
}
