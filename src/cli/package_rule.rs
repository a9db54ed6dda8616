//! `assay package rule` and `assay package required-signer`: who must sign the packages of an ID.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use time::OffsetDateTime;

use super::{Failure, Output, open, open_to_read};
use crate::config::{Config, Settings};
use crate::domain::account::AccountName;
use crate::domain::package_id::PackageId;
use crate::domain::push_rule::RequiredSigner;
use crate::domain::regime::Regime;
use crate::domain::required_signer::{Offer, Rule, offers};
use crate::feed::authority::Actor;
use crate::feed::required_signer::{Choosing, Judgement, choose};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The package ID
    id: PackageId,
}

#[derive(Debug, Args)]
pub(super) struct Choose {
    /// The package IDs; all of them, or none if one can't have the choice
    #[arg(required = true, value_name = "ID")]
    ids: Vec<PackageId>,
    #[command(flatten)]
    choice: Choice,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Choice {
    /// Any owner who has certificates
    #[arg(long)]
    any: bool,
    /// Nobody: unsigned packages are accepted
    #[arg(long)]
    none: bool,
    /// This owner
    #[arg(long, value_name = "NAME")]
    owner: Option<AccountName>,
}

/// What a push would meet, as scripts read it.
#[derive(Serialize)]
struct Shown {
    id: PackageId,
    owners: Vec<AccountName>,
    /// `any-owner`, `no-signature-needed`, `owner:NAME`.
    required_signer: String,
    regime: Regime,
    #[serde(flatten)]
    rule: Rule,
    sentence: String,
    warning: Option<String>,
    choices: Vec<Possible>,
}

/// A choice, and what it would mean or why it is not possible.
#[derive(Serialize)]
struct Possible {
    choice: String,
    sentence: Option<String>,
    not_possible: Option<String>,
}

impl From<Offer> for Possible {
    fn from(offer: Offer) -> Self {
        let choice = offer.choice.key();
        match offer.rule {
            Ok(rule) => Self { choice, sentence: Some(rule.sentence()), not_possible: None },
            Err(why) => Self { choice, sentence: None, not_possible: Some(why.to_string()) },
        }
    }
}

impl Show {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (folder, store) = open_to_read(data)?;
        let config = Config::new(&Settings::from_file(&folder.settings())?)?;
        let shown = store.read(|r| {
            let Some(registration) = r.registration(&self.id)? else { return Ok(None) };
            let policy = config.effective(r.policy()?);
            let judgement = Judgement::read(r, &policy, &registration, OffsetDateTime::now_utc())?;
            Ok::<_, crate::store::Error>(Some(shown(registration.package_id, judgement)))
        })?;
        let shown = shown.ok_or_else(|| format!("there is no package `{}` on this feed", self.id))?;
        output.print(&shown, lines)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(id: PackageId, judgement: Judgement) -> Shown {
    Shown {
        id,
        required_signer: judgement.chosen.key(),
        regime: judgement.regime,
        sentence: judgement.rule.sentence(),
        warning: judgement.rule.warning(),
        rule: judgement.rule,
        choices: offers(&judgement.owners).into_iter().map(Possible::from).collect(),
        owners: judgement.owners.into_iter().map(|owner| owner.account).collect(),
    }
}

fn lines(shown: &Shown) -> String {
    let mut lines = match (shown.regime, shown.regime.exception()) {
        (Regime::Foreign, Some(exception)) => {
            vec![
                format!("{}: {exception}", shown.id),
                format!("if it stood on that list no longer: {}", shown.sentence),
            ]
        }
        (_, exception) => {
            let but = exception.map(|exception| format!("but {exception}"));
            std::iter::once(format!("{}: {}", shown.id, shown.sentence)).chain(but).collect()
        }
    };
    lines.extend(shown.warning.as_ref().map(|warning| format!("warning: {warning}")));
    lines.push("possible choices (* is chosen):".to_owned());
    for Possible { choice, sentence, not_possible } in &shown.choices {
        let mark = if *choice == shown.required_signer { '*' } else { ' ' };
        match (sentence, not_possible) {
            (Some(sentence), _) => lines.push(format!("{mark} {choice}: {sentence}")),
            (None, why) => lines.push(format!("- {choice}: not possible, {}", why.as_deref().unwrap_or_default())),
        }
    }
    lines.join("\n")
}

impl Choice {
    fn chosen(self) -> RequiredSigner {
        match (self.none, self.owner) {
            (true, _) => RequiredSigner::NoSignatureNeeded,
            (false, Some(name)) => RequiredSigner::OneOwner(name),
            (false, None) => RequiredSigner::AnyOwner,
        }
    }
}

impl Choose {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (folder, store) = open(data)?;
        let config = Config::new(&Settings::from_file(&folder.settings())?)?;
        let choosing = Choosing { ids: self.ids, choice: self.choice.chosen(), told: None };
        let changed = choose(&store, &config, &choosing, &Actor::CommandLine, OffsetDateTime::now_utc())?;
        output.print(&changed, |changed| match changed.as_slice() {
            [] => format!("nothing to change: the required signer is {} already", choosing.choice.described()),
            ids => {
                let ids: Vec<&str> = ids.iter().map(PackageId::as_str).collect();
                format!("the required signer of {} is now: {}", ids.join(", "), choosing.choice.described())
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
