//! The application: what is opened once and passed to every operation.
//!
//! [`App`] holds the store, the vault and the settings. [`Live`] is what the running server goes by between two looks at
//! the database: prepared documents, the trust anchors, the signing key. It is replaced as a whole when the file changes.
//! Authority (keys, accounts, registrations) is never in it: that is read in the transaction that decides.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use thiserror::Error;
use time::OffsetDateTime;
use url::Url;

use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::documents::repository_signatures::{self, ResourceVersion};
use crate::documents::service_index::{self, Optional};
use crate::documents::{InvalidPublicUrl, Urls, etag};
use crate::domain::package_id::PackageId;
use crate::domain::policy::Policy;
use crate::domain::version::NuGetVersion;
use crate::feed::certificates::Issuers;
use crate::feed::jobs::{Job, Jobs};
use crate::feed::revocation::{Bell, Cache};
use crate::feed::{repository_certificate, sealing_key, trust};
use crate::outbound::Outbound;
use crate::signature::{RepositorySigner, TrustAnchors};
use crate::store::content::ContentId;
use crate::store::repository_certificates::{RepositoryCertificate, RepositoryCertificateId};
use crate::store::{self, Reads, Store};
use crate::vault::Vault;

/// Why the application can't be opened.
#[derive(Debug, Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The sealing key.
    #[error(transparent)]
    SealingKey(#[from] sealing_key::Error),
    /// The public URL.
    #[error(transparent)]
    PublicUrl(#[from] InvalidPublicUrl),
    /// The repository certificate.
    #[error(transparent)]
    RepositoryCertificate(#[from] repository_certificate::Error),
    /// The trust anchors.
    #[error(transparent)]
    Trust(#[from] trust::Error),
}

/// A prepared body with its entity tag.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The bytes.
    pub body: Vec<u8>,
    /// A hash of them.
    pub etag: String,
}

impl Prepared {
    fn new(body: Vec<u8>) -> Self {
        Self { etag: etag(&body), body }
    }
}

/// The certificate that signs now, with its key if the vault can open it.
pub struct Signing {
    /// Its row.
    pub id: RepositoryCertificateId,
    /// `None`: the key is sealed with a key that is not here. The server reads, and refuses pushes.
    pub signer: Option<RepositorySigner>,
}

/// What the running server goes by.
pub struct Live {
    /// The policy, with what is locked.
    pub policy: Policy,
    /// All repository certificates that are listed.
    pub certificates: Vec<RepositoryCertificate>,
    /// The service index.
    pub service_index: Prepared,
    /// The RepositorySignatures documents by their version; none on a feed that does not sign.
    pub repository_signatures: Vec<(&'static str, Prepared)>,
    signing: Option<Arc<Signing>>,
    anchors: Arc<TrustAnchors>,
    trust_generation: Vec<u8>,
    week: i64,
}

/// The application.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The data folder.
    pub folder: DataFolder,
    /// The database.
    pub store: Store,
    /// Every URL that clients are told.
    pub urls: Urls,
    /// The way into the network.
    pub outbound: Outbound,
    /// The revocation answers at hand, parsed.
    pub answers: Cache,
    /// What the chains of registered certificates are built from, parsed.
    pub issuers: Issuers,
    /// Wakes the thread that asks about revocation.
    pub bell: Bell,
    /// The background jobs: what runs, and how it went.
    pub jobs: Jobs,
    vault: Option<Vault>,
    leftovers: Mutex<Vec<ContentId>>,
    live: RwLock<Arc<Live>>,
}

impl App {
    /// Opens the application for the public URL `public_url`: makes the sealing key and the repository certificate of a
    /// new folder, and sweeps what a crash left behind. The documents may be those of another public URL until
    /// `feed::documents::bring_up_to_date` was called.
    ///
    /// # Errors
    /// See [`enum@Error`].
    pub fn open(config: Config, folder: DataFolder, public_url: &Url, now: OffsetDateTime) -> Result<Self, Error> {
        let mut app = Self::open_beside_server(config, folder, public_url, now)?;
        if let Some(vault) = app.vault.as_ref().filter(|_| app.urls.is_https()) {
            repository_certificate::ensure(&app.store, vault, public_url, now)?;
            app.refresh(now)?;
        }
        // No push runs yet, so what is pending of pushes was left behind by a crash. Commands may be storing answers.
        app.leftovers = Mutex::new(app.store.write(|w| w.leftover_contents(now))?);
        app.sweep();
        Ok(app)
    }

    /// Opens it for a command that works on the same file as a server does, which may be running: pushes that are on their way
    /// are left alone.
    ///
    /// # Errors
    /// See [`enum@Error`].
    pub fn open_beside_server(
        config: Config,
        folder: DataFolder,
        public_url: &Url,
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        let store = Store::open(&folder.database())?;
        let urls = Urls::new(public_url)?;
        let vault = sealing_key::open(&store, &folder, config.key_passphrase_file.as_deref())?;
        let live = store.read(|r| load(r, None, &config, &urls, vault.as_ref(), week(now)))?;
        let jobs = Jobs::new(store.clone());
        Ok(Self {
            config,
            folder,
            store,
            urls,
            outbound: Outbound::default(),
            answers: Cache::default(),
            issuers: Issuers::default(),
            bell: Bell::default(),
            jobs,
            vault,
            leftovers: Mutex::default(),
            live: RwLock::new(Arc::new(live)),
        })
    }

    /// Removes pending content that nobody needs any more; later, if it can't be removed now: on a full disk even that needs room.
    pub fn discard(&self, content: ContentId) {
        let Err(error) = self.store.discard(content) else { return };
        tracing::warn!(%error, content = content.0, "content that nobody needs could not be removed yet");
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner).push(content);
    }

    /// Tries again to remove what was left. A failure is no reason not to serve.
    pub fn sweep(&self) {
        let mut leftovers = self.leftovers.lock().unwrap_or_else(PoisonError::into_inner);
        if leftovers.is_empty() {
            return;
        }
        let (run, before, mut failure) = (self.jobs.begin(Job::Content), leftovers.len(), None);
        leftovers.retain(|content| match self.store.discard(*content) {
            Ok(()) => false,
            Err(error) => {
                failure = Some(error);
                true
            }
        });
        let removed = before - leftovers.len();
        let failure = failure.or_else(|| self.store.give_back().err());
        match failure {
            None => run.succeed(&format!("removed what {removed} unfinished pushes or removed versions left")),
            Some(error) => run.fail(&format!(
                "{} unfinished pushes or removed versions could not be cleared away yet: {error}",
                leftovers.len()
            )),
        }
    }

    /// What the server goes by now.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the database again. Called when it has changed, and when [`is_of_last_week`](Self::is_of_last_week).
    ///
    /// # Errors
    /// What can't be read; the server goes on with what it knew.
    pub fn refresh(&self, now: OffsetDateTime) -> Result<(), Error> {
        let known = self.live();
        let vault = self.vault.as_ref();
        let live = self.store.look_up(|r| load(r, Some(&known), &self.config, &self.urls, vault, week(now)))?;
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
        Ok(())
    }

    /// Whether the service index carries last week's token.
    #[must_use]
    pub fn is_of_last_week(&self, now: OffsetDateTime) -> bool {
        self.live().week != week(now)
    }

    /// What seals secrets; `None` when the key that belongs to this database is not here.
    #[must_use]
    pub fn vault(&self) -> Option<&Vault> {
        self.vault.as_ref()
    }

    /// `policy` with what the settings lock.
    #[must_use]
    pub fn policy(&self, policy: Policy) -> Policy {
        self.config.effective(policy)
    }

    /// The trust anchors of this snapshot, and the generation by which a change of them is seen.
    ///
    /// # Errors
    /// What can't be read.
    pub fn anchors(&self, reads: &Reads<'_>) -> Result<(Vec<u8>, Arc<TrustAnchors>), store::Error> {
        let generation = trust::generation(reads)?;
        let live = self.live();
        if live.trust_generation == generation {
            return Ok((generation, Arc::clone(&live.anchors)));
        }
        let anchors = trust::anchors(reads)?;
        Ok((generation, Arc::new(anchors)))
    }

    /// The certificate that signs in this snapshot. `None` on a feed that does not sign.
    ///
    /// # Errors
    /// What can't be read.
    pub fn signing(&self, reads: &Reads<'_>) -> Result<Option<Arc<Signing>>, store::Error> {
        let live = self.live();
        signing(reads, Some(&live), &self.urls, self.vault.as_ref())
    }

    /// Whether clients elsewhere could not reach the address that stands in the signatures.
    #[must_use]
    pub fn signs_for_this_machine_only(&self) -> bool {
        let host = Url::parse(&self.urls.home()).ok().and_then(|url| url.host_str().map(str::to_owned));
        self.urls.is_https() && host.is_some_and(|host| matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]"))
    }

    /// A token for the files of a version, which Visual Studio fetches without credentials.
    #[must_use]
    pub fn file_token(&self, id: &PackageId, version: &NuGetVersion) -> Option<String> {
        self.vault.as_ref().map(|vault| vault.token(&file_subject(id, version)))
    }

    /// Whether `token` opens readmes at `now`: this week's or last week's, because clients keep the service index for days.
    #[must_use]
    pub fn is_readme_token(&self, token: &str, now: OffsetDateTime) -> bool {
        let is = |week| self.vault.as_ref().is_some_and(|vault| vault.is_token(&readme_subject(week), token));
        is(week(now)) || is(week(now) - 1)
    }

    /// Whether `token` is the one for the files of the version in a URL.
    #[must_use]
    pub fn is_file_token(&self, id: &str, version: &str, token: &str) -> bool {
        let parsed = (PackageId::parse_unicode(id), NuGetVersion::parse(version));
        match (parsed, &self.vault) {
            ((Ok(id), Ok(version)), Some(vault)) => vault.is_token(&file_subject(&id, &version), token),
            _ => false,
        }
    }
}

/// Weeks since 1970. A token for all readmes lasts for two at most, so that who may no longer read loses it.
fn week(now: OffsetDateTime) -> i64 {
    now.unix_timestamp().div_euclid(7 * 24 * 60 * 60)
}

fn readme_subject(week: i64) -> String {
    format!("readmes of week {week}")
}

fn file_subject(id: &PackageId, version: &NuGetVersion) -> String {
    format!("file {}/{}", id.key(), version.key())
}

/// Reads what the server goes by. What `known` has already and did not change is taken over: parsing hundreds of roots
/// after every push would be waste.
fn load(
    reads: &Reads<'_>,
    known: Option<&Live>,
    config: &Config,
    urls: &Urls,
    vault: Option<&Vault>,
    week: i64,
) -> Result<Live, Error> {
    let policy = config.effective(reads.policy()?);
    let trust_generation = trust::generation(reads)?;
    let anchors = match known.filter(|known| known.trust_generation == trust_generation) {
        Some(known) => Arc::clone(&known.anchors),
        None => Arc::new(trust::anchors(reads)?),
    };
    let signing = signing(reads, known, urls, vault)?;
    let mut certificates = reads.repository_certificates()?;
    certificates.retain(|certificate| certificate.listed);
    let all_signed = policy.all_repository_signed && signing.is_some() && reads.all_repository_signed()?;
    let repository_signatures =
        if signing.is_some() { signatures(urls, all_signed, &certificates) } else { Vec::new() };
    let readme_token = vault.filter(|_| !policy.anonymous_read).map(|vault| vault.token(&readme_subject(week)));
    let optional = Optional {
        readme_token: readme_token.as_deref(),
        repository_signatures: !repository_signatures.is_empty(),
        ..Optional::default()
    };
    let service_index = Prepared::new(service_index::service_index(urls, optional));
    Ok(Live { policy, certificates, service_index, repository_signatures, signing, anchors, trust_generation, week })
}

fn signing(
    reads: &Reads<'_>,
    known: Option<&Live>,
    urls: &Urls,
    vault: Option<&Vault>,
) -> Result<Option<Arc<Signing>>, store::Error> {
    let Some(id) = reads.signing_certificate()?.filter(|_| urls.is_https()) else { return Ok(None) };
    if let Some(signing) = known.and_then(|known| known.signing.as_ref()).filter(|signing| signing.id == id) {
        return Ok(Some(Arc::clone(signing)));
    }
    let signer = vault.and_then(|vault| match repository_certificate::signer(reads, vault, id) {
        Ok(signer) => Some(signer),
        Err(error) => {
            tracing::error!(%error, "the signing key can't be opened: pushes are refused");
            None
        }
    });
    Ok(Some(Arc::new(Signing { id, signer })))
}

fn signatures(urls: &Urls, all_signed: bool, certificates: &[RepositoryCertificate]) -> Vec<(&'static str, Prepared)> {
    let listed: Vec<_> = certificates
        .iter()
        .map(|certificate| repository_signatures::RepositoryCertificate {
            fingerprint: *certificate.fingerprint.as_bytes(),
            subject: &certificate.subject,
            issuer: &certificate.issuer,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
        })
        .collect();
    let document = |version: ResourceVersion| {
        let body = repository_signatures::repository_signatures(urls, version, all_signed, &listed)?;
        Some((version.as_str(), Prepared::new(body)))
    };
    ResourceVersion::ALL.into_iter().filter_map(document).collect()
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::config::Settings;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn app(url: &str) -> (tempfile::TempDir, App) {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let config = Config::new(&Settings::default()).unwrap();
        let app = App::open(config, folder, &Url::parse(url).unwrap(), NOW).unwrap();
        (parent, app)
    }

    #[test]
    fn a_token_for_readmes_outlives_its_week_by_one_and_no_more() {
        let (_parent, app) = app("http://feed.example");
        let index = String::from_utf8(app.live().service_index.body.clone()).unwrap();
        let token = index.split("readme?token=").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        assert!(app.is_readme_token(&token, NOW));
        assert!(app.is_readme_token(&token, NOW + Duration::weeks(1)));
        assert!(!app.is_readme_token(&token, NOW + Duration::weeks(2)));
        assert!(app.is_of_last_week(NOW + Duration::weeks(1)));
        app.refresh(NOW + Duration::weeks(1)).unwrap();
        assert!(!app.is_of_last_week(NOW + Duration::weeks(1)));
    }

    #[test]
    fn a_feed_without_https_does_not_sign_and_does_not_say_that_it_does() {
        let (_parent, app) = app("http://feed.example");
        let live = app.live();
        assert!(live.repository_signatures.is_empty());
        assert!(!String::from_utf8_lossy(&live.service_index.body).contains("RepositorySignatures"));
        assert!(app.store.read(|r| app.signing(r)).unwrap().is_none());
    }

    #[test]
    fn a_feed_with_https_lists_its_certificate_in_three_documents() {
        let (_parent, app) = app("https://feed.example");
        let live = app.live();
        let versions: Vec<&str> = live.repository_signatures.iter().map(|(version, _)| *version).collect();
        assert_eq!(versions, ["4.7.0", "4.9.0", "5.0.0"]);
        let fingerprint = live.certificates[0].fingerprint.to_string();
        for (_, document) in &live.repository_signatures {
            assert!(String::from_utf8_lossy(&document.body).contains(&fingerprint));
        }
        let signing = app.store.read(|r| app.signing(r)).unwrap().unwrap();
        assert!(signing.signer.is_some());
    }

    #[test]
    fn a_command_beside_a_server_leaves_alone_what_the_server_is_storing_and_a_new_server_does_not() {
        let (parent, app) = app("http://feed.example");
        let content = app.store.write(|w| w.begin_content(1, NOW)).unwrap();
        app.store.write(|w| w.add_chunk(content, 0, b"on its way")).unwrap();
        let is_there = || app.store.read(|r| r.chunk(content, 0)).unwrap().is_some();
        let opened = |open: fn(Config, DataFolder, &Url, OffsetDateTime) -> Result<App, Error>| {
            let folder = DataFolder::create(parent.path()).unwrap();
            open(Config::new(&Settings::default()).unwrap(), folder, &Url::parse("http://feed.example").unwrap(), NOW)
        };
        opened(App::open_beside_server).unwrap();
        assert!(is_there());
        opened(App::open).unwrap();
        assert!(!is_there());
    }

    #[test]
    fn without_its_sealing_key_a_feed_still_lists_its_certificate_but_can_not_sign() {
        let (parent, app) = app("https://feed.example");
        std::fs::remove_file(app.folder.key()).unwrap();
        drop(app);
        let folder = DataFolder::create(parent.path()).unwrap();
        let url = Url::parse("https://feed.example").unwrap();
        let app = App::open(Config::new(&Settings::default()).unwrap(), folder, &url, NOW).unwrap();
        assert_eq!(app.live().repository_signatures.len(), 3);
        assert!(app.store.read(|r| app.signing(r)).unwrap().unwrap().signer.is_none());
    }
}
