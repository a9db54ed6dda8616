//! What the commands about certificates print.

use std::fmt::Write;

use serde::Serialize;

use crate::cli::output::{minute, without_controls};
use crate::domain::account::AccountName;
use crate::domain::certificate::{CertificateStatus, RegistrationStatus};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::pattern::Pattern;
use crate::domain::regime::Regime;
use crate::feed::certificates::{
    Details, Effects, Limited, OF_AN_AUTHORITY, Outcome, Registered, Removed, RevokedAuthority, StillAccepted,
};
use crate::feed::revocation::Word;
use crate::signature::{Certificate, ChainState};
use crate::store::certificates::Removal;

pub(super) const HEAD: [&str; 7] = ["ACCOUNT", "SHA-256", "SUBJECT", "UNTIL", "STATUS", "VERSIONS", "IDS"];

/// A line of the list.
pub(super) fn cells(details: &Details) -> [String; 7] {
    let row = &details.row;
    [
        row.account.to_string(),
        row.fingerprint.to_string(),
        row.subject.clone(),
        row.not_after.date().to_string(),
        status(details),
        row.versions.to_string(),
        patterns(&row.patterns),
    ]
}

/// The word, and whether pushes are refused nevertheless.
fn status(details: &Details) -> String {
    let held = details.row.status == RegistrationStatus::Kept(CertificateStatus::Revoked) && details.is_on_hold();
    let word = if held { "on hold" } else { details.row.status.word() };
    let above = match (details.is_refused_above(), details.is_held_above()) {
        (false, _) => "",
        (true, false) => ", authority revoked",
        (true, true) => ", authority on hold",
    };
    let root = if details.is_refused_for_its_root() { ", root not trusted" } else { "" };
    format!("{word}{above}{root}")
}

fn patterns(patterns: &[Pattern]) -> String {
    if patterns.is_empty() {
        "*".to_owned()
    } else {
        patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(",")
    }
}

/// What a change does to the account's packages.
#[derive(Serialize)]
pub(super) struct Consequences {
    opened: Vec<String>,
    closed: Vec<String>,
    /// Nobody can push: packages have to be signed, and no certificate that counts is active.
    unsignable: Vec<String>,
    /// The rule changes for these as well, but is not enforced.
    unenforced: Vec<Unenforced>,
    /// Packages signed with the certificate are accepted nevertheless.
    still_accepted: Vec<Accepted>,
    lapsed: Vec<Lapsed>,
}

#[derive(Serialize)]
struct Lapsed {
    id: String,
    choice: String,
}

#[derive(Serialize)]
struct Unenforced {
    id: String,
    regime: Regime,
}

#[derive(Serialize)]
struct Accepted {
    id: String,
    #[serde(flatten)]
    why: StillAccepted,
}

impl Accepted {
    fn words(&self) -> String {
        match &self.why {
            StillAccepted::RegisteredBy(owner) => format!("{}: {owner} has registered it too", self.id),
            StillAccepted::Unenforced(regime) => format!("{}: {}", self.id, regime.remark().unwrap_or_default()),
        }
    }
}

impl Consequences {
    fn of(effects: &Effects) -> Self {
        let ids = |ids: &[PackageId]| ids.iter().map(ToString::to_string).collect();
        let lapsed = effects.lapsed.iter();
        let lapsed = lapsed.map(|(id, choice)| Lapsed { id: id.to_string(), choice: choice.described() });
        let unenforced = effects.unenforced.iter();
        let accepted = effects.still_accepted.iter();
        Self {
            opened: ids(&effects.opened),
            closed: ids(&effects.closed),
            unsignable: ids(&effects.unsignable),
            unenforced: unenforced.map(|(id, regime)| Unenforced { id: id.to_string(), regime: *regime }).collect(),
            still_accepted: accepted.map(|(id, why)| Accepted { id: id.to_string(), why: why.clone() }).collect(),
            lapsed: lapsed.collect(),
        }
    }

    fn lines(&self) -> String {
        let mut lines = String::new();
        if !self.opened.is_empty() {
            lines += &format!("\nwithout a signature accepted from now on: {}", self.opened.join(", "));
        }
        if !self.closed.is_empty() {
            lines += &format!("\nhave to be signed from now on: {}", self.closed.join(", "));
        }
        if !self.unsignable.is_empty() {
            let ids = self.unsignable.join(", ");
            lines += &format!("\nnobody can push now, because no certificate that counts is active: {ids}");
        }
        for Unenforced { id, regime } in &self.unenforced {
            let why = regime.remark().unwrap_or_default();
            lines += &format!("\nthe rule of {id} changes as well, but nothing comes of it now: {why}");
        }
        for accepted in &self.still_accepted {
            lines += &format!("\nstill accepted signed with it: {}", accepted.words());
        }
        for Lapsed { id, choice } in &self.lapsed {
            lines += &format!("\nany owner may sign {id} again: the choice was {choice}");
        }
        lines
    }
}

/// A certificate that was registered.
#[derive(Serialize)]
pub(super) struct Added {
    account: AccountName,
    fingerprint: Fingerprint,
    subject: String,
    outcome: &'static str,
    chain_proven: bool,
    missing_issuer: Option<String>,
    patterns: Vec<Pattern>,
    is_authority: bool,
    consequences: Consequences,
}

impl Added {
    pub fn of(account: &AccountName, registered: &Registered, patterns: &[Pattern], effects: &Effects) -> Self {
        Self {
            account: account.clone(),
            fingerprint: registered.certificate.fingerprint(),
            subject: registered.certificate.subject().to_string(),
            outcome: match registered.outcome {
                Outcome::New => "registered",
                Outcome::Enabled => "enabled again",
                Outcome::Already => "registered already",
            },
            chain_proven: registered.chain.is_proven(),
            missing_issuer: match &registered.chain {
                ChainState::Open { issuer } => Some(issuer.clone()),
                ChainState::Proven(_) | ChainState::Untrusted { .. } | ChainState::Broken => None,
            },
            patterns: patterns.to_vec(),
            is_authority: registered.certificate.is_authority(),
            consequences: Consequences::of(effects),
        }
    }

    pub fn lines(&self) -> String {
        let chain = match &self.missing_issuer {
            Some(issuer) => format!(
                "\nits chain is not yet proven: the certificate of {} is not known here; give it by --chain, or let the first push show it",
                without_controls(issuer)
            ),
            None if self.chain_proven => String::new(),
            None => "\nits chain is not yet proven: the first push signed with it will show it".to_owned(),
        };
        let subject = without_controls(&self.subject);
        let remark = if self.is_authority { format!("\n{OF_AN_AUTHORITY}") } else { String::new() };
        let Self { outcome, account, fingerprint, .. } = self;
        format!("{outcome} for {account}: {subject}\nSHA-256 {fingerprint}{chain}{remark}{}", self.consequences.lines())
    }
}

/// A registration that was changed or removed.
#[derive(Serialize)]
pub(super) struct Done {
    account: AccountName,
    fingerprint: Fingerprint,
    outcome: &'static str,
    versions: u32,
    consequences: Consequences,
}

impl Done {
    pub fn removed(account: AccountName, fingerprint: Fingerprint, removed: Removed) -> Self {
        let (outcome, versions) = match removed.removal {
            Removal::Deleted => ("removed", 0),
            Removal::Disabled(versions) => ("removed", versions),
        };
        Self { account, fingerprint, outcome, versions, consequences: Consequences::of(&removed.effects) }
    }

    pub fn limited(account: AccountName, fingerprint: Fingerprint, limited: Limited) -> Self {
        let outcome = if limited.changed { "changed" } else { "counts for these package IDs already" };
        Self { account, fingerprint, outcome, versions: 0, consequences: Consequences::of(&limited.effects) }
    }

    pub fn lines(&self) -> String {
        let versions = match self.versions {
            0 => String::new(),
            1 => "; stays listed as removed: 1 version signed with it stays on the feed".to_owned(),
            many => format!("; stays listed as removed: {many} versions signed with it stay on the feed"),
        };
        format!("{}{versions}{}", self.outcome, self.consequences.lines())
    }
}

/// Everything about a registration.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    details: Details,
    serial: String,
    key: String,
    signature_algorithm: String,
    extended_key_usages: Vec<String>,
    chain: &'static str,
    /// Subjects from the signer to the anchor; of a chain that is not proven the signer's alone.
    chain_subjects: Vec<String>,
    missing_issuer: Option<String>,
}

impl Shown {
    pub fn of(details: Details) -> Self {
        let Details { row, certificate, chain, .. } = &details;
        let certificate = certificate.as_ref();
        let subject = |it: &Certificate| it.subject().to_string();
        let text = |of: fn(&Certificate) -> String| certificate.map(of).unwrap_or_default();
        let (word, subjects, missing_issuer) = match chain {
            ChainState::Proven(chain) => ("proven", chain.iter().map(subject).collect(), None),
            ChainState::Open { issuer } => ("open", vec![row.subject.clone()], Some(issuer.clone())),
            ChainState::Untrusted { root } => ("unknown root", vec![row.subject.clone(), root.clone()], None),
            ChainState::Broken => ("broken", vec![row.subject.clone()], None),
        };
        Self {
            serial: text(Certificate::serial),
            key: text(|it| it.public_key().description()),
            signature_algorithm: text(|it| it.signature_algorithm().name()),
            extended_key_usages: certificate.and_then(Certificate::extended_key_usages).unwrap_or_default(),
            chain: word,
            chain_subjects: subjects,
            missing_issuer,
            details,
        }
    }

    pub fn lines(&self) -> String {
        let row = &self.details.row;
        let mut lines = String::new();
        let mut line = |name: &str, value: &str| {
            let _ = writeln!(lines, "{name:<12}{}", without_controls(value));
        };
        line("subject", &row.subject);
        line("issuer", &row.issuer);
        line("account", row.account.as_str());
        line("SHA-256", &row.fingerprint.to_string());
        line("SHA-1", &row.thumbprint);
        line("serial", &self.serial);
        line("key", &self.key);
        line("signed by", &self.signature_algorithm);
        line("usages", &self.extended_key_usages.join(", "));
        line("valid", &format!("{} to {}", row.not_before.date(), row.not_after.date()));
        line("status", &status(&self.details));
        for RevokedAuthority { subject, fingerprint, learnt } in &self.details.revoked_above {
            let since = learnt.revoked_at.map(|at| format!(" since {at}")).unwrap_or_default();
            let word = if learnt.status == Word::Hold { "on hold" } else { "revoked" };
            let why = format!("{word}{since}, so pushes signed with this certificate are refused");
            line("above it", &format!("{subject} ({fingerprint}) is {why}"));
        }
        if let Some((told, at)) = self.details.revocation.as_ref().and_then(|told| Some((told, told.checked_at?))) {
            let from = if told.source.is_empty() { String::new() } else { format!(", told by {}", told.source) };
            line("looked at", &format!("{}{from}", minute(at)));
        }
        line("package IDs", &patterns(&row.patterns));
        line("versions", &row.versions.to_string());
        match &self.missing_issuer {
            Some(issuer) => line("chain", &format!("not yet proven: {issuer} is not known here")),
            None => {
                let refused = "; so pushes signed with this certificate are refused (NU3018)";
                let refused = if self.details.is_refused_for_its_root() { refused } else { "" };
                line("chain", &format!("{}: {}{refused}", self.chain, self.chain_subjects.join(" < ")));
            }
        }
        lines
    }
}
