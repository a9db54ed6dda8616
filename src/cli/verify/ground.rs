//! What a judgement stands on: roots, answers about revocation and the server's rules, from files or from a data folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use time::OffsetDateTime;

use crate::cli::{Failure, file, open_to_read, trust};
use crate::config::{Config, Settings};
use crate::data_folder::{self, DataFolder};
use crate::domain::allowed_hosts::AllowedHosts;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::policy::Policy as ServerPolicy;
use crate::feed;
use crate::feed::revocation::{Cache, Inquiry, Known};
use crate::signature::revocation::{Answers, Crl, MAX_CRL_SIZE, OcspResponse};
use crate::signature::{Anchors, Certificate, PushOptions, Report, RevocationMode, SignerFacts, TrustAnchors};
use crate::store;

/// Where roots and answers come from.
#[derive(Debug, Args)]
pub(super) struct Ground {
    /// Roots for signers (PEM or DER); may be given several times. Without any, those of the data folder count
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Roots for timestamping authorities
    #[arg(long, value_name = "FILE")]
    trust_timestamping: Vec<PathBuf>,
    /// The roots of a .NET SDK, for both: what clients trust that use it. Its folder, such as `/usr/share/dotnet`
    #[arg(long, value_name = "DIR")]
    dotnet_sdk: Option<PathBuf>,
    /// Look at revocation too: ask the issuers, or go by what is at hand. A push always goes by what is at hand
    #[arg(long, value_name = "HOW")]
    revocation: Option<Asking>,
    /// A host inside the network that may be asked, such as `pki.example` or `10.0.0.5:8080`; several with commas
    #[arg(long, value_name = "HOST")]
    revocation_hosts: Option<AllowedHosts>,
    /// A CRL (DER or PEM) or an OCSP response that is at hand; may be given several times
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
    registered: BTreeSet<Fingerprint>,
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
        let by_files = !self.trust.is_empty() || !self.trust_timestamping.is_empty() || self.dotnet_sdk.is_some();
        let wanted = !by_files || self.revocation == Some(Asking::Cached);
        let feed = if wanted && has_feed(data)? { Some(of_feed(data)?) } else { None };
        if feed.is_none() && !by_files {
            eprintln!("note: no roots are given, so no signature is trusted; see --trust and --trust-timestamping");
        }
        let Feed { mut anchors, policy, known, registered } = feed.unwrap_or_default();
        let mut at_hand = known.answers.clone();
        if by_files {
            anchors = self.anchors()?;
        }
        for path in &self.crl {
            let named = |error: &dyn std::error::Error| format!("`{}`: {error}", path.display());
            let bytes = file::read(path, MAX_CRL_SIZE)?;
            match (Crl::parse(&bytes), OcspResponse::parse(&bytes)) {
                (Ok(crl), _) => at_hand.add_crl(crl),
                (_, Ok(response)) => at_hand.add_ocsp(response),
                (Err(error), Err(_)) => return Err(named(&error).into()),
            }
        }
        let online = self.revocation == Some(Asking::Online);
        let inquiry = online
            .then(|| Inquiry::new(self.revocation_hosts.clone().unwrap_or_else(|| policy.revocation_hosts.clone())));
        Ok(Evidence { anchors, policy, registered, at_hand, inquiry })
    }
}

impl Ground {
    fn anchors(&self) -> Result<TrustAnchors, Failure> {
        let (mut signing, mut timestamping) = (self.trust.clone(), self.trust_timestamping.clone());
        if let Some(sdk) = &self.dotnet_sdk {
            let (for_signing, for_timestamping) = feed::trust::sdk_bundles(sdk)?;
            signing.push(for_signing);
            timestamping.push(for_timestamping);
        }
        Ok(TrustAnchors { signing: roots(&signing)?, timestamping: roots(&timestamping)? })
    }
}

impl Evidence {
    /// The rules of a push.
    pub fn push(&self, foreign: bool) -> PushOptions {
        let ServerPolicy { timestamp_required, accept_untrusted_roots, .. } = self.policy;
        PushOptions { foreign, timestamp_required, accept_untrusted_roots, registered: self.registered.clone() }
    }

    /// The answers for a package: what is at hand, and where issuers are to be asked, what those of its chains say. Only a
    /// chain that ends in an anchor is worth a request. A policy may leave the countersignature out, so the chains of all
    /// `reports` count.
    pub fn answers<'r>(&self, reports: impl Iterator<Item = &'r Report>, now: OffsetDateTime) -> Option<Answers> {
        let inquiry = self.inquiry.as_ref()?;
        let signers = reports.flat_map(|report| [report.signer.as_ref(), report.countersigner.as_ref()]);
        let chains: Vec<&[Certificate]> = signers.flatten().flat_map(SignerFacts::proven_chains).collect();
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

/// What a data folder says.
#[derive(Default)]
struct Feed {
    anchors: TrustAnchors,
    policy: ServerPolicy,
    known: Arc<Known>,
    /// The certificates of all accounts: whose the package is, is not known here.
    registered: BTreeSet<Fingerprint>,
}

/// Whether there is a data folder with a database. One that can't be looked into is an error: going on without its roots
/// would refuse everything.
fn has_feed(data: &Path) -> Result<bool, Failure> {
    match DataFolder::open(data) {
        Ok(folder) => Ok(folder.database().exists()),
        Err(data_folder::Error::Missing(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn of_feed(data: &Path) -> Result<Feed, Failure> {
    let (folder, store) = open_to_read(data)?;
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    let known = Cache::default().known(&store)?;
    Ok(store.read(|r| {
        let registered = r.registered_ders()?;
        Ok::<_, store::Error>(Feed {
            anchors: feed::trust::anchors(r)?,
            policy: config.effective(r.policy()?),
            known,
            registered: registered.iter().map(|der| Fingerprint::of(der)).collect(),
        })
    })?)
}

fn roots(files: &[PathBuf]) -> Result<Anchors, Failure> {
    let read = files.iter().map(|file| trust::read(file)).collect::<Result<Vec<_>, Failure>>()?;
    Ok(read.into_iter().flatten().collect())
}
