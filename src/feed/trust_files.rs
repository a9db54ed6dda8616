//! Files with roots: what is in them, and what they are to vouch for.

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::Actor;
use super::trust::{self, Considered, Offer};
use crate::domain::visible::visible;
use crate::signature::Certificate;
use crate::signature::certificate_file::{self, InvalidCertificateFile};
use crate::store::Store;
use crate::store::trust_anchors::Purpose;

/// The list of roots for package signers that each .NET SDK brings in its folder `trustedroots`.
pub const SDK_SIGNING: &str = "codesignctl.pem";
/// Its list of roots for timestamping authorities.
pub const SDK_TIMESTAMPING: &str = "timestampctl.pem";
/// Letters of a file's name that are kept.
const MAX_NAME: usize = 200;

/// What somebody said the certificates of a file are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// What the file's name says: it is one of the two lists of an SDK.
    ByName,
    /// Package signers.
    Signing,
    /// Timestamping authorities.
    Timestamping,
    /// Both.
    Both,
}

/// A file whose certificates could be read.
#[derive(Debug, Clone)]
pub struct RootFile {
    /// Its name, to show.
    pub name: String,
    /// What its certificates are to vouch for.
    pub purposes: &'static [Purpose],
    /// The certificates.
    pub certificates: Vec<Certificate>,
}

/// Why nothing of a file is taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RootFileError {
    /// Its name says nothing.
    #[error(
        "its name does not say what it is for: only `{SDK_SIGNING}` and `{SDK_TIMESTAMPING}` do; choose whether it is for signers, for timestamping authorities, or for both"
    )]
    Nameless,
    /// Its name says something else than what was chosen: a mistake that would trust hundreds of roots for the wrong thing.
    #[error(
        "`{name}` is the .NET SDK's list for {is_for}; choose “decide by each file’s name”, or rename the file if you mean it"
    )]
    OtherList {
        /// Its name.
        name: &'static str,
        /// What that list is for.
        is_for: &'static str,
    },
    /// It gives no certificates.
    #[error(transparent)]
    Unreadable(#[from] InvalidCertificateFile),
}

/// What became of a file.
#[derive(Debug)]
pub struct FileReport {
    /// Its name, to show.
    pub name: String,
    /// What became of its certificates, or why nothing of it was taken.
    pub considered: Result<Vec<Considered>, RootFileError>,
}

/// Adds the roots in files (name and bytes). What became of each; one that is wrong does not keep the others out.
///
/// # Errors
/// What [`trust::add`] says; nothing was added then.
pub fn add(
    store: &Store,
    files: &[(String, &[u8])],
    said: For,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Vec<FileReport>, trust::Error> {
    let read: Vec<_> = files.iter().map(|(name, bytes)| (kept(name), read(name, bytes, said))).collect();
    let offers: Vec<Offer<'_>> = read.iter().filter_map(|(_, file)| file.as_ref().ok().map(RootFile::offer)).collect();
    let mut considered = trust::add(store, &offers, actor, now)?.into_iter();
    let report = |(name, file): (String, Result<RootFile, RootFileError>)| FileReport {
        name,
        considered: file.map(|_| considered.next().unwrap_or_default()),
    };
    Ok(read.into_iter().map(report).collect())
}

impl RootFile {
    fn offer(&self) -> Offer<'_> {
        Offer { certificates: &self.certificates, purposes: self.purposes, source: &self.name }
    }
}

/// As much of a file's name as is kept.
fn kept(name: &str) -> String {
    visible(&name.chars().take(MAX_NAME).collect::<String>())
}

/// Reads a file.
///
/// # Errors
/// Why nothing of it is taken.
pub fn read(name: &str, bytes: &[u8], said: For) -> Result<RootFile, RootFileError> {
    let purposes = purposes(name, said)?;
    let certificates = certificate_file::read_all(bytes)?;
    Ok(RootFile { name: kept(name), purposes, certificates })
}

fn purposes(name: &str, said: For) -> Result<&'static [Purpose], RootFileError> {
    const BOTH: &[Purpose] = &Purpose::ALL;
    const SIGNING: &[Purpose] = &[Purpose::Signing];
    const TIMESTAMPING: &[Purpose] = &[Purpose::Timestamping];
    let is = |list: &str| name.eq_ignore_ascii_case(list);
    match said {
        For::ByName if is(SDK_SIGNING) => Ok(SIGNING),
        For::ByName if is(SDK_TIMESTAMPING) => Ok(TIMESTAMPING),
        For::ByName => Err(RootFileError::Nameless),
        For::Signing | For::Both if is(SDK_TIMESTAMPING) => {
            Err(RootFileError::OtherList { name: SDK_TIMESTAMPING, is_for: "timestamping authorities" })
        }
        For::Timestamping | For::Both if is(SDK_SIGNING) => {
            Err(RootFileError::OtherList { name: SDK_SIGNING, is_for: "package signers" })
        }
        For::Signing => Ok(SIGNING),
        For::Timestamping => Ok(TIMESTAMPING),
        For::Both => Ok(BOTH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::trust::Outcome;

    #[test]
    fn the_two_lists_of_an_sdk_are_known_by_their_names_and_never_taken_for_each_other() {
        let table: Vec<String> = ["codesignctl.pem", "TimestampCtl.pem", "company-root.cer"]
            .into_iter()
            .flat_map(|name| [For::ByName, For::Signing, For::Timestamping, For::Both].map(|said| (name, said)))
            .map(|(name, said)| match purposes(name, said) {
                Ok(purposes) => format!("{name}, {said:?}: {purposes:?}"),
                Err(error) => format!("{name}, {said:?}: refused, {error}"),
            })
            .collect();
        insta::assert_snapshot!(table.join("\n"));
    }

    #[test]
    fn a_wrong_file_does_not_keep_the_others_out_and_each_has_its_report() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let golden = |name: &str| {
            std::fs::read(format!("{}/tests/vectors/golden/trust/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
        };
        let (roots, leaf) = (golden("code-signing-roots.pem"), golden("certs/leaf-3072.der"));
        let files: [(String, &[u8]); 4] = [
            ("codesignctl.pem".to_owned(), &roots),
            ("notes.txt".to_owned(), b"hello"),
            ("leaf.cer".to_owned(), &leaf),
            ("again.pem".to_owned(), &roots),
        ];
        let now = time::macros::datetime!(2026-01-01 0:00 UTC);
        let reports = add(&store, &files, For::Signing, &Actor::CommandLine, now).unwrap();
        let said: Vec<String> = reports
            .iter()
            .map(|report| match &report.considered {
                Ok(considered) => {
                    let count = |outcome| considered.iter().filter(|one| one.outcome == outcome).count();
                    let (added, there) = (count(Outcome::Added), count(Outcome::AlreadyThere));
                    format!("{}: {added} added, {there} there, of {}", report.name, considered.len())
                }
                Err(error) => format!("{}: {error}", report.name),
            })
            .collect();
        assert_eq!(said[0], "codesignctl.pem: 4 added, 0 there, of 4");
        assert!(said[1].starts_with("notes.txt: this is no certificate file"), "{said:?}");
        assert_eq!(said[2], "leaf.cer: 0 added, 0 there, of 1");
        assert_eq!(said[3], "again.pem: 0 added, 4 there, of 4");
        assert_eq!(store.read(|r| r.listed_anchors()).unwrap().len(), 4);
    }

    #[test]
    fn a_file_that_is_no_certificate_is_told_what_it_is() {
        let refused = read("root.pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", For::Both);
        assert!(refused.unwrap_err().to_string().contains("a private key"));
    }
}
