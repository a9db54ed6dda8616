//! `/packages/{id}` and `/packages/{id}/{version}`: a package, what it needs, its versions, and whose it is.

pub(in crate::web::pages) mod deed;
mod signatures;
mod versions;
pub(super) mod view;
pub(in crate::web) mod withdraw;

use actix_web::{HttpResponse, web};

use self::signatures::Signatures;
use super::refusal::Refusal;
use super::visit::Visit;
use crate::domain::account::{Account, AccountName};
use crate::domain::manifest::Manifest;
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Relation};
use crate::domain::version::NuGetVersion;
use crate::feed::{authority, owners};
use crate::store;
use crate::store::packages::StoredVersion;
use crate::store::registrations::Registration;
use crate::store::withdrawals::Withdrawn;

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
    signatures: Signatures,
    /// Who has hidden the version that is looked at; for administrators of the server, who alone see it.
    hidden: Option<Withdrawn>,
    /// Whether the viewer may take the version off the feed.
    withdraws: bool,
    /// Whether the viewer may see who manages it and how.
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
    let sees_hidden = viewer.as_ref().is_some_and(|it| it.may(Action::SeeServer, Relation::Stranger).is_ok());
    let read = move |app: &crate::app::App| {
        app.store.read(|r| {
            let Some(registration) = r.registration(&id)? else { return Ok(None) };
            let reader = if sees_hidden { Reader::Administrator } else { Reader::Anybody };
            let relation = match &user {
                Some(user) => nearest(r, user, &registration)?,
                None => Relation::Stranger,
            };
            Ok::<_, Refusal>(Shown::read(r, registration, version.as_ref(), reader)?.map(|shown| (shown, relation)))
        })
    };
    let (shown, relation) = visit.run(read).await?.ok_or(Refusal::Missing)?;
    let offers = |action, relation| viewer.as_ref().is_some_and(|viewer| viewer.offers(action, relation));
    let manages = offers(Action::SeeCertificates, relation);
    let withdraws = offers(Action::List, relation) || offers(Action::ChangeServer, Relation::Stranger);
    Ok(Shown { manages, withdraws, ..shown })
}

fn nearest(reads: &store::Reads<'_>, user: &Account, package: &Registration) -> Result<Relation, store::Error> {
    let owners = owners::accounts(reads, package)?;
    authority::nearest_relation(reads, user, &owners.iter().collect::<Vec<_>>())
}

/// Whose page it is.
#[derive(Clone, Copy)]
enum Reader {
    /// Whoever may read.
    Anybody,
    /// An administrator of the server, who sees hidden versions too.
    Administrator,
}

impl Shown {
    /// The package as it is in this snapshot; `None` when it has no such version, or none at all.
    fn read(
        reads: &store::Reads<'_>,
        registration: Registration,
        version: Option<&NuGetVersion>,
        reader: Reader,
    ) -> Result<Option<Self>, Refusal> {
        let mut versions = match reader {
            Reader::Anybody => reads.versions(registration.id)?,
            Reader::Administrator => reads.versions_with_hidden(registration.id)?,
        };
        versions.reverse();
        let current = match version {
            Some(version) => versions.iter().find(|stored| stored.version == *version),
            None => representative(&versions),
        };
        let Some(current) = current.cloned() else { return Ok(None) };
        let manifest = serde_json::from_str(&reads.manifest(current.id)?).map_err(|error| Refusal::internal(&error))?;
        let size = reads.served_size(current.id)?;
        let hidden = reads.hidden_version(current.id)?;
        let owners = reads.owners(registration.id)?.into_iter().map(|(_, name)| name).collect();
        Ok(Some(Self {
            owners,
            manifest,
            size,
            // The icon of a hidden version is served to nobody.
            has_icon: hidden.is_none() && reads.file_kinds(current.id)?.iter().any(|kind| kind == "icon"),
            hidden,
            signatures: Signatures::read(reads, registration.id, current.id)?,
            id: registration.package_id,
            versions,
            current,
            withdraws: false,
            manages: false,
        }))
    }
}

/// The version that stands for a package, of those from the newest on: the first that is listed and no prerelease, then the
/// first that is listed, then the first that is not hidden.
fn representative(versions: &[StoredVersion]) -> Option<&StoredVersion> {
    let shown = || versions.iter().filter(|version| version.hidden.is_none());
    let listed = || shown().filter(|version| version.listed);
    let stable = listed().find(|version| !version.version.is_prerelease());
    stable.or_else(|| listed().next()).or_else(|| shown().next()).or_else(|| versions.first())
}
