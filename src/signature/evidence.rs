//! What a judgement rests on beside the package and the rules. A verdict depends on nothing else.

use time::OffsetDateTime;

use super::anchors::TrustAnchors;
use super::revocation::Answers;

/// Whom to trust, what is known about revocation, and the time.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The roots in which chains may end.
    pub anchors: &'a TrustAnchors,
    /// What issuers said about their certificates.
    pub answers: &'a Answers,
    /// The moment of the judgement.
    pub now: OffsetDateTime,
}

impl<'a> Evidence<'a> {
    /// With no answers about revocation.
    #[must_use]
    pub const fn without_answers(anchors: &'a TrustAnchors, now: OffsetDateTime) -> Self {
        Self { anchors, answers: Answers::NONE, now }
    }
}
