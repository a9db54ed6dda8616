//! `assay revocation import`: lists and OCSP responses from files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use time::OffsetDateTime;

use super::warn;
use crate::cli::output::{minute, without_controls};
use crate::cli::{Failure, Output, file, open};
use crate::config::{Config, Settings};
use crate::feed::authority::Actor;
use crate::feed::revocation::{self, Cache, Imported, MAX_IMPORT};

/// A file that was imported.
#[derive(Serialize)]
struct Taken {
    file: String,
    #[serde(flatten)]
    imported: Imported,
}

/// Takes them over, and tells what each said.
pub(super) fn import(data: &Path, output: &Output, files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let (mut read, mut failed) = (Vec::new(), 0_usize);
    for file in files {
        match file::read(file, MAX_IMPORT) {
            Ok(bytes) => read.push((file, bytes)),
            // The others are taken all the same.
            Err(why) if files.len() > 1 => {
                failed += 1;
                eprintln!("error: {}", without_controls(&why.to_string()));
            }
            Err(why) => return Err(why),
        }
    }
    let (folder, store) = open(data)?;
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    let name = |file: &Path| file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let named: Vec<(String, &[u8])> = read.iter().map(|(file, bytes)| (name(file), bytes.as_slice())).collect();
    let named: Vec<(&str, &[u8])> = named.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let now = OffsetDateTime::now_utc();
    let imported = revocation::import_all(&store, &config, &Cache::default(), &named, &Actor::CommandLine, now);
    warn(imported.follow);
    for ((file, _), imported) in read.iter().zip(imported.files) {
        match imported.map_err(|error| format!("`{}`: {error}", file.display())) {
            Ok(imported) => output.print(&Taken { file: file.display().to_string(), imported }, describe)?,
            // The others are told as well.
            Err(why) if files.len() > 1 => {
                failed += 1;
                eprintln!("error: {}", without_controls(&why));
            }
            Err(why) => return Err(why.into()),
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn describe(taken: &Taken) -> String {
    let Imported { kind, issuer, this_update, next_update, entries, covers, newly_revoked } = &taken.imported;
    let until = next_update.map(|until| format!(", next by {}", minute(until))).unwrap_or_default();
    let what = match (*kind, *entries) {
        ("CRL", 1) => "1 revoked certificate".to_owned(),
        ("CRL", entries) => format!("{entries} revoked certificates"),
        (_, 1) => "1 certificate".to_owned(),
        (_, entries) => format!("{entries} certificates"),
    };
    let (file, issuer) = (without_controls(&taken.file), without_controls(issuer));
    let mut lines = vec![format!("{file}: {kind} of {issuer}, of {}{until}, {what}", minute(*this_update))];
    for covered in covers {
        let word = if covered.revoked { "REVOKED" } else { "good" };
        lines.push(format!("  {word}  {}  {}", covered.fingerprint, without_controls(&covered.subject)));
    }
    if covers.is_empty() {
        lines.push("  it speaks of no certificate that is known here yet".to_owned());
    }
    if *newly_revoked > 0 {
        let are = if *newly_revoked == 1 { "certificate is" } else { "certificates are" };
        lines.push(format!("{newly_revoked} {are} revoked now; `assay revocation affected` lists what that concerns"));
    }
    lines.join("\n")
}
