//! What registering certificates does, found out before the transaction in which it is done.

use time::OffsetDateTime;

use super::foreseen::Foreseen;
use super::{Error, NotRegistered, Outcome, expect_few_different, only_for, told};
use crate::config::Config;
use crate::domain::account::Account;
use crate::domain::certificate::{CertificateStatus, MAX_REGISTRATIONS, RegisteredCertificate, same_patterns};
use crate::domain::pattern::Pattern;
use crate::domain::visible::brief;
use crate::feed::authority::Authorized;
use crate::feed::revocation::{CERTIFICATES, seen};
use crate::signature::{Certificate, ChainState};
use crate::store::certificates::{KeptRegistration, NewCertificate};
use crate::store::{self, Reads, Writes};

/// A certificate that could let a push through.
pub(super) struct Fit {
    pub certificate: Certificate,
    pub chain: ChainState,
}

/// What becomes of each file, in their order; `None` for one that was refused before.
pub(super) type Results = Vec<Option<Result<Outcome, NotRegistered>>>;

/// Who registers for whom.
pub(super) struct Order<'a> {
    pub account: &'a Account,
    pub patterns: &'a [Pattern],
    pub by: &'a Authorized,
    pub now: OffsetDateTime,
}

/// What becomes of the files, and of the account's package IDs. It is worth something only while what is foreseen holds.
pub(super) struct Plan {
    pub results: Results,
    pub foreseen: Foreseen,
}

impl Plan {
    /// What registering `fits` for `account`, limited to `patterns`, does.
    ///
    /// # Errors
    /// [`Error::TooManyAccountPatterns`].
    pub fn read(
        reads: &Reads<'_>,
        config: &Config,
        account: &Account,
        patterns: &[Pattern],
        fits: &[Option<Fit>],
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        let before = reads.registered_certificates(account.id, now)?;
        let (mut after, mut results) = (before.clone(), Vec::new());
        for fit in fits {
            let Some(Fit { certificate, .. }) = fit else {
                results.push(None);
                continue;
            };
            let registered = reads.certificate_registration(account.id, &certificate.fingerprint())?;
            let result = outcome(registered, patterns, after.len());
            if result.as_ref().is_ok_and(|outcome| *outcome != Outcome::Already) {
                let (from, until) = (certificate.not_before(), certificate.not_after());
                after.push(RegisteredCertificate {
                    fingerprint: certificate.fingerprint(),
                    status: CertificateStatus::at(now, from, until, false, account.disabled),
                    patterns: patterns.into(),
                });
            }
            results.push(Some(result));
        }
        expect_few_different(&before, &after)?;
        Ok(Self { results, foreseen: Foreseen::between(reads, config, account, &before, &after, now)? })
    }
}

/// Does what is planned.
///
/// # Errors
/// What the store says.
pub(super) fn carry_out(
    w: &mut Writes<'_>,
    plan: &Plan,
    order: &Order<'_>,
    fits: &[Option<Fit>],
) -> Result<(), store::Error> {
    let mut subjects = Vec::new();
    for (fit, result) in fits.iter().zip(&plan.results) {
        if let (Some(fit), Some(Ok(outcome @ (Outcome::New | Outcome::Enabled)))) = (fit, result) {
            write_one(order, w, fit, *outcome)?;
            subjects.push(brief(&fit.certificate.subject().to_string()));
        }
    }
    if subjects.is_empty() {
        return Ok(());
    }
    w.advance(CERTIFICATES, order.now)?;
    let what = match subjects.len() {
        1 => "a certificate".to_owned(),
        many => format!("{many} certificates"),
    };
    let done = format!("{} registered {what} of {}", order.by.name(), order.account.name);
    plan.foreseen.effects.follow(w, order.by, &done, order.now)?;
    told::account(w, order.account, order.by, &format!("{done}: {}.", told::listed(&subjects)), order.now)
}

/// What becomes of a certificate that is `registered` with these patterns, or was until it was removed, where `count` others are.
fn outcome(registered: Option<KeptRegistration>, patterns: &[Pattern], count: usize) -> Result<Outcome, NotRegistered> {
    match registered {
        Some(counts) if counts.removed_at.is_none() => match same_patterns(&counts.patterns, patterns) {
            true => Ok(Outcome::Already),
            false => Err(NotRegistered::OtherPatterns(counts.patterns)),
        },
        _ if count >= MAX_REGISTRATIONS => Err(NotRegistered::TooMany),
        Some(_) => Ok(Outcome::Enabled),
        None => Ok(Outcome::New),
    }
}

fn write_one(
    order: &Order<'_>,
    w: &mut Writes<'_>,
    Fit { certificate, chain }: &Fit,
    outcome: Outcome,
) -> Result<(), store::Error> {
    w.register_certificate(order.account.id, &row(certificate), order.patterns.to_vec(), order.now)?;
    // Who issued it is worth remembering only where an anchor vouches for it. What nobody vouches for would be kept for
    // whoever uploads it.
    if let ChainState::Proven(chain) = chain {
        seen::remember_chain(w, chain.get(1..).unwrap_or_default(), order.now)?;
    }
    let again = if outcome == Outcome::Enabled { "; it had been removed" } else { "" };
    let (fingerprint, subject) = (certificate.fingerprint(), brief(&certificate.subject().to_string()));
    let detail = format!("{fingerprint} {subject}{}{again}", only_for(order.patterns));
    order.by.audit(w, order.now, "certificate.register", order.account.name.as_str(), &detail)
}

fn row(certificate: &Certificate) -> NewCertificate {
    NewCertificate {
        fingerprint: certificate.fingerprint(),
        der: certificate.as_der().to_vec(),
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
    }
}
