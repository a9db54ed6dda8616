//! Telling whoever asked: the explanation of a verdict is made and kept.
//!
//! A failure to keep it is logged and never changes the answer.

use time::OffsetDateTime;

use super::error::{Error, NotPushed, Stopped};
use super::explain::{Case, explain};
use super::ground::{Ground, Unheeded};
use super::pusher::Pusher;
use super::verdict::Verdict;
use crate::app::App;
use crate::domain::verdict::VerdictKind;
use crate::feed::unknown_roots;
use crate::feed::verdicts::{self, Judged, Kept};
use crate::nupkg::Nupkg;
use crate::signature::{Certificate, Report};
use crate::store::{self, Reads, Writes};

/// Who asks, for what, and when.
pub(super) struct Ask<'a> {
    pub app: &'a App,
    pub pusher: &'a Pusher,
    pub kind: VerdictKind,
    pub now: OffsetDateTime,
}

/// An explanation that was kept.
pub(super) struct Told {
    pub kept: Kept,
    /// Of which registration it speaks that does not count.
    unheeded: Option<Unheeded>,
}

impl Told {
    /// What it says of a registration that does not count: the rule itself knows of none then.
    pub fn unheeded(&self) -> Option<String> {
        self.unheeded.and_then(|_| self.kept.explained.failed.first()).map(|failed| failed.message.clone())
    }
}

impl Ask<'_> {
    /// The answer to a push that is refused.
    pub fn refuse(&self, stopped: Stopped, nupkg: Option<&Nupkg>) -> NotPushed {
        let told = self.tell_stopped(&stopped, nupkg).unwrap_or_else(|error| {
            tracing::warn!(%error, "a refusal could not be explained");
            None
        });
        let (kept, unheeded) = told.map_or((None, None), |told| (Some(told.kept), told.unheeded));
        NotPushed { error: Box::new(stopped.error), verdict: kept.map(Box::new), unheeded }
    }

    /// The verdict of a dry run of what would be refused.
    ///
    /// # Errors
    /// What says nothing about the package.
    pub fn would_refuse(&self, stopped: Stopped, nupkg: &Nupkg) -> Result<Kept, Error> {
        Ok(self.tell_stopped(&stopped, Some(nupkg))?.ok_or(stopped.error)?.kept)
    }

    /// Keeps that a stage let in what the rule refuses, in the transaction that publishes it: what stages let in is counted
    /// before they are made stricter, so none may be missing because the server ended in between. Whoever pushed is told where
    /// the stage says so.
    ///
    /// A failure is logged and does not make the push fail, unless it ended the transaction as well: so this comes last there.
    pub fn let_in(&self, w: &mut Writes<'_>, verdict: &Verdict, nupkg: &Nupkg, report: &Report) -> Option<Told> {
        let Verdict::NotEnforced { warn, .. } = verdict else { return None };
        let judged = self.judged(w, &Case::Decided(verdict), Some(nupkg), Some(report)).unwrap_or_else(|error| {
            tracing::warn!(%error, "what a stage let in could not be explained");
            None
        });
        let (judged, unheeded) = judged?;
        let kept = verdicts::keep_with(w, judged, self.now);
        warn.then_some(Told { kept, unheeded })
    }

    /// The verdict of a dry run that came to a decision.
    ///
    /// # Errors
    /// What the store says; a key or session that has ended meanwhile.
    pub fn answer(&self, case: Case<'_>, nupkg: &Nupkg, report: Option<&Report>) -> Result<Kept, Error> {
        Ok(self.tell(case, Some(nupkg), report)?.ok_or(Error::Unsettled)?.kept)
    }

    /// Explains a case, and keeps the explanation; `None` when there is nothing to explain.
    ///
    /// # Errors
    /// What the store says to reading.
    fn tell(
        &self,
        case: Case<'_>,
        nupkg: Option<&Nupkg>,
        report: Option<&Report>,
    ) -> Result<Option<Told>, store::Error> {
        let judged = self.app.store.read(|r| self.judged(r, &case, nupkg, report))?;
        let told = |(judged, unheeded)| Told { kept: verdicts::keep(&self.app.store, judged, self.now), unheeded };
        Ok(judged.map(told))
    }

    /// Explains a case, and says of which registration it speaks that does not count; `None` when there is nothing to explain.
    fn judged<'a>(
        &self,
        reads: &Reads<'_>,
        case: &Case<'_>,
        nupkg: Option<&'a Nupkg>,
        report: Option<&'a Report>,
    ) -> Result<Option<(Judged<'a>, Option<Unheeded>)>, store::Error> {
        let id = nupkg.map(|nupkg| &nupkg.manifest.id);
        let signer =
            report.and_then(|report| report.signer.as_ref()?.certificate.as_ref()).map(Certificate::fingerprint);
        let Some(ground) = Ground::read(reads, self.app, self.pusher, id, signer.as_ref(), self.now)? else {
            return Ok(None);
        };
        let explained = explain(self.kind, case, nupkg, report, &ground);
        Ok(explained.map(|explained| {
            let certificates =
                report.and_then(|report| report.signer.as_ref()).map(verdicts::chain).unwrap_or_default();
            let judged =
                Judged { kind: self.kind, pusher: ground.pusher, owner: ground.owner, id, explained, certificates };
            (judged, ground.unheeded.map(|(_, why)| why))
        }))
    }

    fn tell_stopped(&self, stopped: &Stopped, nupkg: Option<&Nupkg>) -> Result<Option<Told>, store::Error> {
        let report = match &stopped.error {
            Error::Signature(refusal) => Some(&*refusal.report),
            _ => stopped.report.as_deref(),
        };
        if let (Error::Signature(refusal), Some(nupkg)) = (&stopped.error, nupkg) {
            let package = format!("{} {}", nupkg.manifest.id, nupkg.manifest.version);
            unknown_roots::remember(&self.app.store, refusal, self.pusher, &package, self.now);
        }
        self.tell(Case::Refused(&stopped.error), nupkg, report)
    }
}
