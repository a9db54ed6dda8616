//! `/packages/{id}` and `/packages/{id}/{version}`: a package, what it needs, its versions, and whose it is.

pub(super) mod view;

use actix_web::{HttpResponse, web};

use super::refusal::Refusal;
use super::visit::Visit;
use crate::domain::account::{Account, AccountName};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::manifest::Manifest;
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Relation};
use crate::domain::version::NuGetVersion;
use crate::feed::{authority, owners};
use crate::store;
use crate::store::packages::{StoredVersion, VersionId};
use crate::store::registrations::Registration;
use crate::store::signed_versions::VersionSigner;

/// Which page of the versions.
#[derive(Debug, serde::Deserialize)]
pub(in crate::web) struct Asked {
    page: Option<String>,
}

/// A package with the version that is looked at.
struct Shown {
    id: PackageId,
    owners: Vec<AccountName>,
    /// All versions, the newest first.
    versions: Vec<StoredVersion>,
    current: StoredVersion,
    manifest: Manifest,
    size: u64,
    has_icon: bool,
    signers: std::collections::HashMap<VersionId, VersionSigner>,
    /// Whether the viewer may manage its owners.
    manages: bool,
}

/// `GET packages/{id}`
pub(in crate::web) async fn show(
    visit: Visit,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let shown = read(&visit, &id, None).await?;
    let number = super::packages::page_number(asked.page.as_deref());
    Ok(visit.page(view::page(&visit, &shown, number)))
}

/// `GET packages/{id}/{version}`
pub(in crate::web) async fn show_version(
    visit: Visit,
    path: web::Path<(String, String)>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let version = NuGetVersion::parse(&path.1).map_err(|_| Refusal::Missing)?;
    let shown = read(&visit, &path.0, Some(version)).await?;
    let number = super::packages::page_number(asked.page.as_deref());
    Ok(visit.page(view::page(&visit, &shown, number)))
}

async fn read(visit: &Visit, id: &str, version: Option<NuGetVersion>) -> Result<Shown, Refusal> {
    let id = PackageId::parse_unicode(id).map_err(|_| Refusal::Missing)?;
    let viewer = visit.viewer();
    let user = viewer.as_ref().map(|viewer| viewer.session.account.clone());
    let read = move |app: &crate::app::App| {
        app.store.read(|r| {
            let Some(registration) = r.registration(&id)? else { return Ok(None) };
            let relation = match &user {
                Some(user) => nearest(r, user, &registration)?,
                None => Relation::Stranger,
            };
            Ok::<_, Refusal>(Shown::read(r, registration, version.as_ref())?.map(|shown| (shown, relation)))
        })
    };
    let (shown, relation) = visit.run(read).await?.ok_or(Refusal::Missing)?;
    let manages = viewer.is_some_and(|viewer| viewer.offers(Action::ManageOwners, relation));
    Ok(Shown { manages, ..shown })
}

fn nearest(reads: &store::Reads<'_>, user: &Account, package: &Registration) -> Result<Relation, store::Error> {
    let owners = owners::accounts(reads, package)?;
    authority::nearest_relation(reads, user, &owners.iter().collect::<Vec<_>>())
}

impl Shown {
    /// The package as it is in this snapshot; `None` when it has no such version, or none at all.
    fn read(
        reads: &store::Reads<'_>,
        registration: Registration,
        version: Option<&NuGetVersion>,
    ) -> Result<Option<Self>, Refusal> {
        let mut versions = reads.versions(registration.id)?;
        versions.reverse();
        let current = match version {
            Some(version) => versions.iter().find(|stored| stored.version == *version),
            None => representative(&versions),
        };
        let Some(current) = current.cloned() else { return Ok(None) };
        let manifest = serde_json::from_str(&reads.manifest(current.id)?).map_err(|error| Refusal::internal(&error))?;
        let size = reads.download(&registration.package_id, &current.version)?.map_or(0, |download| download.size);
        let owners = reads.owners(registration.id)?.into_iter().map(|(_, name)| name).collect();
        Ok(Some(Self {
            owners,
            manifest,
            size,
            has_icon: reads.file_kinds(current.id)?.iter().any(|kind| kind == "icon"),
            signers: reads.version_signers(registration.id)?,
            id: registration.package_id,
            versions,
            current,
            manages: false,
        }))
    }

    /// Whose certificate signed a version.
    fn signer(&self, version: &StoredVersion) -> Option<(&Fingerprint, Option<&AccountName>)> {
        self.signers.get(&version.id).map(|signer| (&signer.author, signer.owner.as_ref()))
    }
}

/// The version that stands for a package, of those from the newest on: the first that is listed and no prerelease, then the
/// first that is listed.
fn representative(versions: &[StoredVersion]) -> Option<&StoredVersion> {
    let listed = || versions.iter().filter(|version| version.listed);
    let stable = listed().find(|version| !version.version.is_prerelease());
    stable.or_else(|| listed().next()).or_else(|| versions.first())
}
