//! Who signed what: the certificates of signers by their names, and the list of all versions for a spreadsheet.

mod csv;

use std::collections::HashMap;

use serde::Serialize;
use time::OffsetDateTime;

use super::accounts;
use super::authority::{self, Actor, authorize};
use crate::domain::account::AccountName;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::domain::visible::brief;
use crate::signature::Certificate;
use crate::store::version_signatures::SignedRow;
use crate::store::{self, Reads, Store};

pub use csv::{Export, MAX_EXPORTED, cells};

/// A signer's certificate, as far as people are told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerCertificate {
    /// What it calls itself in short: its common name, or all of its subject where it has none.
    pub name: String,
    /// Its subject as Windows shows it, as far as it is shown in lists and documents ([`brief`]).
    pub subject: String,
    /// Until when it is valid.
    pub not_after: OffsetDateTime,
}

/// Certificates of signers that were looked up. The feed may not have all of them any more.
pub type SignerCertificates = HashMap<Fingerprint, SignerCertificate>;

/// Looks up the certificates with these fingerprints.
///
/// # Errors
/// What the store says.
pub fn certificates<'a>(
    reads: &Reads<'_>,
    fingerprints: impl IntoIterator<Item = &'a Fingerprint>,
) -> Result<SignerCertificates, store::Error> {
    let mut found = HashMap::new();
    for fingerprint in fingerprints {
        if found.contains_key(fingerprint) {
            continue;
        }
        if let Some(certificate) = certificate(reads, fingerprint)? {
            found.insert(*fingerprint, certificate);
        }
    }
    Ok(found)
}

/// Looks up one of them; `None` when the feed does not have it any more.
///
/// # Errors
/// What the store says.
pub fn certificate(reads: &Reads<'_>, fingerprint: &Fingerprint) -> Result<Option<SignerCertificate>, store::Error> {
    Ok(reads.signer_certificate(fingerprint)?.and_then(|der| SignerCertificate::of(&der)))
}

impl SignerCertificate {
    /// What a DER certificate says; `None` for anything else.
    #[must_use]
    pub fn of(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let subject = brief(&certificate.subject().to_string());
        Some(Self {
            name: certificate.subject().common_name().map_or_else(|| subject.clone(), |name| brief(&name)),
            subject,
            not_after: certificate.not_after(),
        })
    }
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The account.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The list of who signed what, for `actor`: of the packages of one account (for those who may see its certificates), or of
/// all (for administrators of the server).
///
/// # Errors
/// [`enum@Error`].
pub fn export(
    store: &Store,
    account: Option<&AccountName>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Export, Error> {
    store.read(|r| {
        let Some(name) = account else {
            authorize(r, actor, Action::SeeServer, None, now)?;
            return Ok(Export::of_all());
        };
        let account = r.account(name)?.ok_or_else(|| accounts::Error::Unknown(name.clone()))?;
        authorize(r, actor, Action::SeeCertificates, Some(&account), now)?;
        Ok(Export::of(account.id))
    })
}

/// A version of the list, for scripts.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Of which package.
    pub package: String,
    /// Which version.
    pub version: String,
    /// When it was published.
    #[serde(with = "time::serde::rfc3339")]
    pub published: OffsetDateTime,
    /// Who pushed it.
    pub pusher: Option<AccountName>,
    /// The account whose certificate counted.
    pub account: Option<AccountName>,
    /// The subject of the author's certificate.
    pub subject: Option<String>,
    /// The author's certificate.
    pub fingerprint: Option<Fingerprint>,
    /// The upper bound of the author's timestamp.
    #[serde(with = "time::serde::rfc3339::option")]
    pub timestamp: Option<OffsetDateTime>,
    /// What let the version in.
    pub let_in: crate::domain::let_in::LetIn,
    /// The feed's certificate that signed it.
    pub feed_certificate: Option<Fingerprint>,
    /// Whether the feed's signature has a timestamp, if that was noted.
    pub feed_timestamp: Option<bool>,
    /// Whether search shows it.
    pub listed: bool,
    /// Whether an administrator has hidden it.
    pub hidden: bool,
    /// Why the author's signature does not count any more.
    pub void: Option<String>,
}

impl Line {
    fn new(row: SignedRow, certificates: &SignerCertificates) -> Self {
        let signature = row.signature;
        let certificate = signature.author.as_ref().and_then(|author| certificates.get(author));
        Self {
            package: row.package_id.to_string(),
            version: row.version.to_string(),
            published: row.published_at,
            pusher: row.pusher,
            account: signature.owner,
            subject: certificate.map(|certificate| certificate.subject.clone()),
            fingerprint: signature.author,
            timestamp: signature.timestamp,
            let_in: signature.let_in,
            feed_certificate: signature.repository,
            feed_timestamp: signature.stamped,
            listed: row.listed,
            hidden: row.hidden,
            void: row.void,
        }
    }
}

/// What the list tells of these versions. Certificates are looked up once, and remembered in `known`.
fn lines(reads: &Reads<'_>, rows: Vec<SignedRow>, known: &mut SignerCertificates) -> Result<Vec<Line>, store::Error> {
    let unknown = rows.iter().filter_map(|row| row.signature.author.as_ref());
    let unknown: Vec<Fingerprint> = unknown.filter(|author| !known.contains_key(*author)).copied().collect();
    known.extend(certificates(reads, &unknown)?);
    Ok(rows.into_iter().map(|row| Line::new(row, known)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::let_in::LetIn;
    use crate::domain::version::NuGetVersion;
    use crate::domain::visible::MAX_BRIEF;
    use crate::feed::test_house::{House, NOW, name};
    use crate::store::packages::NewVersion;

    #[test]
    fn a_long_or_steering_name_is_shortened_and_shown() {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let called = |name: &str| {
            let mut params = rcgen::CertificateParams::default();
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            SignerCertificate::of(params.self_signed(&key).unwrap().der()).unwrap()
        };
        let long = called(&"&".repeat(8900));
        for text in [&long.name, &long.subject] {
            assert!(text.ends_with("&…") && text.chars().count() == MAX_BRIEF + 1, "{text}");
        }
        let steering = called("Contoso\u{202e}\u{200b}\n");
        for text in [&steering.name, &steering.subject] {
            assert!(text.contains("Contoso\\u{202e}\\u{200b}\\u{a}"), "{text}");
        }
    }

    /// A feed with `versions` versions of a package of ann's.
    fn house(versions: u32) -> House {
        let house = House::new();
        house.person("ann");
        house.person("bob");
        let registration = house.package("Contoso.App", &["ann"]).id;
        let pusher = house.account("ann").id;
        let put = |w: &mut store::Writes<'_>| {
            (0..versions).try_for_each(|number| {
                let content = w.begin_content(0, NOW)?;
                w.publish_content(content)?;
                w.add_version(&NewVersion {
                    registration,
                    version: &NuGetVersion::parse(&format!("1.0.{number}")).unwrap(),
                    semver2: false,
                    published_at: NOW,
                    manifest: "{}",
                    nuspec: b"",
                    content,
                    sha512: &[0; 64],
                    content_hash: "",
                    pushed_sha512: &[0; 64],
                    pushed_size: 0,
                    original: b"",
                    pusher,
                    key: None,
                    author: Some(Fingerprint::of(b"gone")),
                    signed_by: Some(pusher),
                    timestamp: None,
                    tsa: None,
                    signing_anchor: None,
                    timestamping_anchor: None,
                    repository: None,
                    stamped: None,
                    let_in: LetIn::Rule,
                })?;
                Ok::<_, store::Error>(())
            })
        };
        house.app.store.write(put).unwrap();
        house
    }

    fn lines(house: &House, mut export: Export) -> Vec<String> {
        let mut text = String::new();
        while let Some(piece) = export.next(&house.app.store).unwrap() {
            text += &piece;
        }
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_long_list_comes_in_pieces_and_each_version_once() {
        for versions in [0, 1, 499, 500, 501, 1000, 1203] {
            let house = house(versions);
            let export = export(&house.app.store, None, &Actor::CommandLine, NOW).unwrap();
            let lines = lines(&house, export);
            assert_eq!(lines.len(), versions as usize + 1, "{versions}");
            let last = lines.last().unwrap();
            assert!(versions == 0 || last.contains(&format!("\"1.0.{}\"", versions - 1)), "{last}");
        }
    }

    #[test]
    fn the_list_of_an_account_has_what_it_owns_or_signed_once_each_without_what_is_removed_meanwhile() {
        let house = house(1203);
        house.package("Contoso.Given", &["bob"]);
        // Signed by ann, and of a package that is bob's now.
        let given = "UPDATE version SET registration = (SELECT id FROM registration WHERE package_id = 'Contoso.Given')
            WHERE version = '1.0.7'";
        let raw = rusqlite::Connection::open(house.folder.path().join("assay.db")).unwrap();
        assert_eq!(raw.execute(given, []).unwrap(), 1);
        let of = |account: &str| export(&house.app.store, Some(&name(account)), &Actor::CommandLine, NOW).unwrap();
        let mut ann = of("ann");
        let first = ann.next(&house.app.store).unwrap().unwrap();
        assert!(first.contains("\"Contoso.Given\",\"1.0.7\"") && first.lines().count() == 501, "{first}");
        let removed = "DELETE FROM version WHERE CAST(substr(version, 5) AS INTEGER) BETWEEN 500 AND 1100";
        assert_eq!(raw.execute(removed, []).unwrap(), 601);
        let rest = lines(&house, ann);
        assert_eq!((rest.len(), rest[0].contains("\"1.0.1101\"")), (102, true), "{rest:?}");
        assert_eq!(lines(&house, of("bob")).len(), 2, "what bob owns, and its heading");
        for (most, cut) in [(601, true), (602, false)] {
            let cut_off = lines(&house, of("ann").at_most(most)).last().unwrap().contains("cut off");
            assert_eq!(cut_off, cut, "{most}");
        }
    }

    #[test]
    fn a_list_that_reaches_its_limit_says_so_in_its_last_line() {
        let house = house(7);
        for (most, cut) in [(6, true), (7, false), (8, false), (1, true)] {
            let lines = lines(&house, Export::of_all().at_most(most));
            assert_eq!(lines.last().unwrap().contains("cut off"), cut, "{most}");
            assert_eq!(lines.len(), most.min(7) as usize + 1 + usize::from(cut), "{most}");
        }
    }

    #[test]
    fn it_is_for_administrators_and_of_an_account_for_those_who_see_its_certificates() {
        let house = house(1);
        let (adam, eve) = (house.administrator("adam"), house.person("eve"));
        let may = |account: Option<&str>, actor: &Actor| {
            export(&house.app.store, account.map(name).as_ref(), actor, NOW).is_ok()
        };
        assert!(may(None, &adam) && may(Some("ann"), &adam));
        assert!(!may(None, &eve) && !may(Some("ann"), &eve) && may(Some("eve"), &eve));
        let unknown = export(&house.app.store, Some(&name("nobody")), &adam, NOW).unwrap_err();
        assert!(unknown.to_string().contains("nobody"), "{unknown}");
        let own = export(&house.app.store, Some(&name("bob")), &adam, NOW).unwrap();
        assert_eq!(lines(&house, own).len(), 1, "bob owns nothing and signed nothing");
    }
}
