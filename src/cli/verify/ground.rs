//! What a judgement stands on: roots, answers about revocation and the server's rules, from files or from a data folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use time::OffsetDateTime;

use crate::cli::{Failure, open_to_read, trust};
use crate::config::{Config, Settings};
use crate::data_folder::DataFolder;
use crate::domain::allowed_hosts::AllowedHosts;
use crate::domain::policy::Policy as ServerPolicy;
use crate::feed::revocation::{Cache, Inquiry, Known};
use crate::signature::revocation::{Answers, Crl};
use crate::signature::{Certificate, PushOptions, Report, RevocationMode, SignerFacts, TrustAnchors};

/// Where roots and answers come from.
#[derive(Debug, Args)]
pub(super) struct Ground {
    /// Roots for signers (PEM or DER); may be given several times. Without any, those of the data folder count
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Roots for timestamping authorities
    #[arg(long, value_name = "FILE")]
    trust_timestamping: Vec<PathBuf>,
    /// Look at revocation too: ask the issuers, or go by what is at hand. A push always goes by what is at hand
    #[arg(long, value_name = "HOW")]
    revocation: Option<Asking>,
    /// A host inside the network that may be asked, such as `pki.example` or `10.0.0.5:8080`; several with commas
    #[arg(long, value_name = "HOST")]
    revocation_hosts: Option<AllowedHosts>,
    /// A CRL (DER or PEM) that is at hand; may be given several times
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
}

/// How to learn about revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Asking {
    /// Ask the issuers now
    Online,
    /// Go by the answers of the data folder and of `--crl`
    Cached,
}

/// What packages are judged by, apart from the rules of clients.
pub(super) struct Evidence {
    pub anchors: TrustAnchors,
    policy: ServerPolicy,
    at_hand: Answers,
    inquiry: Option<Inquiry>,
}

impl Ground {
    /// How a client that is judged for learns about revocation.
    pub fn revocation_mode(&self) -> RevocationMode {
        match self.revocation {
            None => RevocationMode::NotAsked,
            Some(Asking::Cached) => RevocationMode::Cached,
            Some(Asking::Online) => RevocationMode::Online,
        }
    }

    /// Reads everything. The data folder is looked at only where there is one and no roots are given: a person who names
    /// roots wants these and no others.
    pub fn stand(&self, data: &Path) -> Result<Evidence, Failure> {
        let by_files = !self.trust.is_empty() || !self.trust_timestamping.is_empty();
        let feed = DataFolder::open(data).ok().filter(|folder| folder.database().exists());
        let (mut anchors, mut policy, mut at_hand) = Default::default();
        if feed.is_some() && (!by_files || self.revocation == Some(Asking::Cached)) {
            let known: Arc<Known>;
            (anchors, policy, known) = of_feed(data)?;
            at_hand = known.answers.clone();
        } else if !by_files {
            eprintln!("note: no roots are given, so no signature is trusted; see --trust and --trust-timestamping");
        }
        if by_files {
            anchors = TrustAnchors { signing: roots(&self.trust)?, timestamping: roots(&self.trust_timestamping)? };
        }
        for path in &self.crl {
            let named = |error: &dyn std::error::Error| format!("`{}`: {error}", path.display());
            let bytes = std::fs::read(path).map_err(|error| named(&error))?;
            at_hand.add_crl(Crl::parse(&bytes).map_err(|error| named(&error))?);
        }
        let online = self.revocation == Some(Asking::Online);
        let inquiry = online
            .then(|| Inquiry::new(self.revocation_hosts.clone().unwrap_or_else(|| policy.revocation_hosts.clone())));
        Ok(Evidence { anchors, policy, at_hand, inquiry })
    }
}

impl Evidence {
    /// The rules of a push.
    pub fn push(&self, foreign: bool) -> PushOptions {
        PushOptions { foreign, timestamp_required: self.policy.timestamp_required, ..PushOptions::default() }
    }

    /// The answers for a package: what is at hand, and where issuers are to be asked, what those of its chains say. Only a
    /// chain that ends in an anchor is worth a request.
    pub fn answers(&self, report: &Report, now: OffsetDateTime) -> Option<Answers> {
        let inquiry = self.inquiry.as_ref()?;
        let signers = [report.signer.as_ref(), report.countersigner.as_ref()];
        let chains: Vec<&[Certificate]> = signers.into_iter().flatten().flat_map(SignerFacts::proven_chains).collect();
        let mut answers = self.at_hand.clone();
        inquiry.ask(&chains, &mut answers, now);
        Some(answers)
    }

    /// What is at hand.
    pub const fn at_hand(&self) -> &Answers {
        &self.at_hand
    }

    /// Whom nobody could ask, and why.
    pub fn failures(&self) -> Vec<(String, String)> {
        self.inquiry.as_ref().map(Inquiry::failures).unwrap_or_default()
    }
}

fn of_feed(data: &Path) -> Result<(TrustAnchors, ServerPolicy, Arc<Known>), Failure> {
    let (folder, store) = open_to_read(data)?;
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    let cache = Cache::default();
    let (anchors, policy) = store.read(|r| {
        let anchors = crate::feed::trust::anchors(r)?;
        Ok::<_, crate::store::Error>((anchors, config.effective(r.policy()?)))
    })?;
    Ok((anchors, policy, cache.known(&store)?))
}

fn roots(files: &[PathBuf]) -> Result<crate::signature::Anchors, Failure> {
    let read = files.iter().map(|file| trust::read(file)).collect::<Result<Vec<_>, Failure>>()?;
    Ok(read.into_iter().flatten().collect())
}
