//! Whether a root that nobody had vouched for is trusted by now.

use time::OffsetDateTime;

use crate::app::App;
use crate::domain::verdict::{Outcome, RuleName};
use crate::feed::revocation::parse_all;
use crate::signature::{Purpose, proven_chain};
use crate::store::verdicts::KeptVerdict;
use crate::store::{self, Reads};

/// Whether the signer's chain was refused because of where it ended, and leads to a trust anchor now.
///
/// # Errors
/// What the store says.
pub(super) fn trusted_since(
    reads: &Reads<'_>,
    app: &App,
    verdict: &KeptVerdict,
    now: OffsetDateTime,
) -> Result<bool, store::Error> {
    let it = &verdict.explained;
    let ended =
        it.failed.iter().any(|failed| failed.rule == RuleName::Path && failed.code.as_deref() == Some("NU3018"));
    if it.outcome != Outcome::Refused || !ended {
        return Ok(false);
    }
    let chain = parse_all(&reads.verdict_certificates(verdict.number)?);
    let Some((signer, above)) = chain.split_first() else { return Ok(false) };
    let (_, anchors) = app.anchors(reads)?;
    Ok(proven_chain(signer, Purpose::Signing, above, &anchors, now).is_some())
}
