//! A package with everything that its documents say.

use std::collections::HashSet;

use super::Error;
use crate::app::App;
use crate::documents::registration::leaf_fragment;
use crate::documents::{Hive, PackageVersion, Signer};
use crate::domain::account::AccountName;
use crate::domain::manifest::Manifest;
use crate::feed::signers;
use crate::store::packages::{StoredVersion, VersionId};
use crate::store::registrations::{Registration, RegistrationId};
use crate::store::version_signatures::VersionSignature;
use crate::store::{Reads, Writes};

/// All versions of a package, in ascending order.
pub(super) struct Package {
    pub registration: Registration,
    pub owners: Vec<String>,
    pub versions: Vec<StoredVersion>,
}

/// What only the documents of one version say.
pub(super) struct VersionFacts {
    pub manifest: Manifest,
    kinds: Vec<String>,
    token: Option<String>,
    signature: VersionSignature,
    /// The subject of the author's certificate.
    subject: Option<String>,
}

impl Package {
    pub fn read(reads: &Reads<'_>, id: RegistrationId) -> Result<Self, Error> {
        let owners = reads.owners(id)?.into_iter().map(|(_, name)| name.as_str().to_owned()).collect();
        Ok(Self { registration: reads.registration_by_row(id)?, owners, versions: reads.versions(id)? })
    }

    /// The versions that stand in a hive.
    pub fn in_hive(&self, hive: Hive) -> Vec<&StoredVersion> {
        self.versions.iter().filter(|version| hive == Hive::SemVer2 || !version.semver2).collect()
    }

    /// Makes the leaves that are missing, and tells of which versions.
    pub fn write_leaves(&self, w: &mut Writes<'_>, app: &App) -> Result<HashSet<VersionId>, Error> {
        let missing = w.versions_without_leaves(self.registration.id)?;
        for version in self.versions.iter().filter(|version| missing.contains(&version.id)) {
            let facts = VersionFacts::read(w, app, self, version)?;
            let package = facts.package_version(self, version);
            let leaf = |hive| leaf_fragment(&app.urls, hive, &package);
            let semver1 = (!version.semver2).then(|| leaf(Hive::SemVer1));
            w.set_leaves(version.id, semver1.as_deref(), &leaf(Hive::SemVer2))?;
        }
        Ok(missing)
    }
}

impl VersionFacts {
    pub fn read(reads: &Reads<'_>, app: &App, package: &Package, version: &StoredVersion) -> Result<Self, Error> {
        let signature = reads.version_signature(version.id)?;
        let certificate = signature.author.map(|author| signers::certificate(reads, &author)).transpose()?.flatten();
        Ok(Self {
            subject: certificate.map(|certificate| certificate.subject),
            signature,
            manifest: serde_json::from_str(&reads.manifest(version.id)?)?,
            kinds: reads.file_kinds(version.id)?,
            token: app.file_token(&package.registration.package_id, &version.version),
        })
    }

    fn signer(&self) -> Option<Signer<'_>> {
        let VersionSignature { author, owner, timestamp, .. } = &self.signature;
        author.as_ref().map(|fingerprint| Signer {
            account: owner.as_ref().map(AccountName::as_str),
            fingerprint,
            subject: self.subject.as_deref(),
            timestamp: *timestamp,
        })
    }

    pub fn package_version<'a>(&'a self, package: &'a Package, version: &'a StoredVersion) -> PackageVersion<'a> {
        let has = |kind: &str| self.kinds.iter().any(|known| known == kind);
        PackageVersion {
            id: &package.registration.package_id,
            version: &version.version,
            manifest: &self.manifest,
            listed: version.listed,
            published: version.published_at,
            icon_token: self.token.as_deref(),
            signer: self.signer(),
            has_icon: has("icon"),
            has_readme: has("readme"),
            has_license_file: has("license"),
        }
    }
}
