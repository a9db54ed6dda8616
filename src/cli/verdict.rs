//! `assay verdict`: what was decided about packages that were refused, tried, or let in by a stage, and why.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Failure, Output, open_to_read};
use crate::domain::account::AccountName;
use crate::domain::verdict::{Explained, VerdictKind, VerdictNumber};
use crate::feed::accounts;
use crate::store::verdicts::KeptVerdict;

/// Lines that are shown unless another number is asked for.
const LINES: u32 = 100;

#[derive(Debug, Subcommand)]
pub(super) enum Verdict {
    /// List the newest verdicts: refused pushes, dry runs, and what a stage let in
    List {
        /// Only those of pushes and dry runs by this account
        #[arg(long, value_name = "NAME")]
        account: Option<AccountName>,
        /// At most so many
        #[arg(long, default_value_t = LINES)]
        lines: u32,
    },
    /// Explain a verdict: the number stands at the end of the address that a refused push is told
    Show {
        /// Which
        number: i64,
    },
}

/// A verdict as JSON has it, the same as the API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    number: VerdictNumber,
    kind: VerdictKind,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    by: AccountName,
    #[serde(rename = "for")]
    owner: AccountName,
    #[serde(flatten)]
    explained: Explained,
}

impl From<KeptVerdict> for Shown {
    fn from(kept: KeptVerdict) -> Self {
        let KeptVerdict { number, kind, at, pusher, owner, explained, .. } = kept;
        Self { number, kind, at, by: pusher.1, owner: owner.1, explained }
    }
}

impl Verdict {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (now, (_, store)) = (OffsetDateTime::now_utc(), open_to_read(data)?);
        match self {
            Self::List { account, lines } => {
                let account = account.map(|name| accounts::existing(&store, &name)).transpose()?;
                let kept = store.read(|r| r.verdicts(account.map(|account| account.id), lines, now))?;
                let rows: Vec<Shown> = kept.into_iter().map(Shown::from).collect();
                let head = ["NUMBER", "AT", "KIND", "BY", "PACKAGE", "VERDICT", "WHY"];
                output.table(&rows, head, cells, "no verdict is kept: nothing was refused or tried lately")?;
            }
            Self::Show { number } => {
                let kept = store.read(|r| r.verdict(VerdictNumber(number), now))?;
                let kept =
                    kept.ok_or_else(|| format!("there is no verdict {number}; each is kept for some days only"))?;
                output.print(&Shown::from(kept), lines)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn cells(row: &Shown) -> [String; 7] {
    let first = row.explained.failed.first();
    [
        row.number.0.to_string(),
        row.at.format(&Rfc3339).unwrap_or_default(),
        row.kind.word().to_owned(),
        row.by.to_string(),
        package(&row.explained),
        row.kind.told(row.explained.outcome).to_owned(),
        first.map(|failed| failed.code.clone().unwrap_or_else(|| failed.rule.word().to_owned())).unwrap_or_default(),
    ]
}

fn package(explained: &Explained) -> String {
    let named = explained.package.as_ref();
    named.map_or_else(|| "a file".to_owned(), |package| format!("{} {}", package.id, package.version))
}

fn lines(shown: &Shown) -> String {
    let it = &shown.explained;
    let mut lines = vec![format!("{} ({})", it.sentence, shown.kind.told(it.outcome))];
    for failed in &it.failed {
        let code = failed.code.as_deref().unwrap_or(failed.rule.word());
        lines.push(format!("  {code}: {}", failed.message));
    }
    if let Some(signer) = &it.signer {
        lines.push(format!("signed by {} ({})", signer.subject, signer.fingerprint));
    }
    if !it.rule.is_empty() {
        lines.push(format!("rule: {}", it.rule));
    }
    for (number, step) in (1..).zip(&it.next) {
        lines.push(format!("{number}. {step}"));
    }
    lines.extend(it.otherwise.iter().map(|way| format!("   {way}")));
    lines.push(format!(
        "{} by {} for {}, {}",
        shown.kind.word(),
        shown.by,
        shown.owner,
        shown.at.format(&Rfc3339).unwrap_or_default()
    ));
    lines.join("\n")
}
