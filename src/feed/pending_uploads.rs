//! Packages that were uploaded on the page and wait for the click that publishes them.
//!
//! They are files of the spool and lines in memory: for an hour, for nobody but the account that uploaded them, and not beyond
//! the server's end. Nothing here decides: a publication is a push like any other, which verifies everything again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::push::Received;
use crate::domain::account::{AccountId, AccountName};
use crate::domain::byte_size;
use crate::domain::package_id::PackageId;
use crate::domain::secret_token::SecretToken;
use crate::domain::version::NuGetVersion;

/// How long an upload waits.
pub const WAITS: Duration = Duration::HOUR;
/// Uploads of one account that wait, or are on their way, at once.
pub const OF_ONE_ACCOUNT: usize = 5;
/// Bytes of one account's uploads that wait. A first one may be as large as the policy allows.
pub const BYTES_OF_ONE_ACCOUNT: u64 = 2 << 30;
/// Bytes of all uploads that wait: the spool is on the same disk as the database.
pub const BYTES_OF_ALL: u64 = 8 << 30;

/// Why an upload can't wait here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Full {
    /// The account has too many.
    #[error("{OF_ONE_ACCOUNT} of your uploads wait already; publish or discard one of them first")]
    OfAccount,
    /// The account's are too large together.
    #[error(
        "your uploads that wait would have more than {} together; publish or discard one of them first",
        byte_size::exact(BYTES_OF_ONE_ACCOUNT)
    )]
    BytesOfAccount,
    /// All together are too large.
    #[error(
        "too many packages wait on this server; try again later, or push from the command line, where nothing waits"
    )]
    Bytes,
}

/// Why something was not done with an upload.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotNow {
    /// It is being judged or published at this moment.
    #[error("the package is being worked on")]
    Busy,
    /// It was published.
    #[error("`{} {}` was published already", .0.0, .0.1)]
    Published(Box<(PackageId, NuGetVersion)>),
    /// It was discarded, or its time is over.
    #[error("the upload is not here any more")]
    Gone,
}

/// A package that was uploaded. `V` is what was found out about it.
#[derive(Debug)]
pub struct Upload<V> {
    /// Under what it is asked for.
    token: SecretToken,
    /// Who uploaded it: nobody else sees it.
    pub by: AccountId,
    /// For whom.
    pub owner: AccountName,
    /// What the browser called the file: to show, and for nothing else.
    pub file_name: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-512 of it.
    pub sha512: [u8; 64],
    /// Until when it waits.
    pub until: OffsetDateTime,
    found: Mutex<Option<Arc<V>>>,
    stage: Mutex<Stage>,
}

#[derive(Debug)]
enum Stage {
    Waiting(Arc<Received>),
    /// Somebody judges or publishes it.
    InWork,
    Published(Box<(PackageId, NuGetVersion)>),
    Gone,
}

impl<V> Upload<V> {
    /// What stands in its address. Not secret: the account decides who sees it.
    pub fn token(&self) -> &str {
        self.token.reveal()
    }

    /// What was found out about it, if it was looked at.
    pub fn found(&self) -> Option<Arc<V>> {
        locked(&self.found).clone()
    }

    /// Forgets what was found out: something has changed.
    pub fn forget(&self) {
        *locked(&self.found) = None;
    }

    /// Whether it waits, and nobody works on it.
    ///
    /// # Errors
    /// [`NotNow`]
    pub fn expect_waiting(&self) -> Result<(), NotNow> {
        locked(&self.stage).waiting().map(drop)
    }

    /// Looks at the package, and keeps what is found. Nobody else does anything with it meanwhile.
    ///
    /// # Errors
    /// [`NotNow`], or what `look` says.
    pub fn look<E: From<NotNow>>(&self, look: impl FnOnce(&Received) -> Result<V, E>) -> Result<Arc<V>, E> {
        let work = self.begin()?;
        let found = Arc::new(look(&work.received)?);
        *locked(&self.found) = Some(Arc::clone(&found));
        Ok(found)
    }

    /// Publishes the package by `push`, whose result tells what it was. A second click finds it in work, or published.
    ///
    /// # Errors
    /// [`NotNow`], or what `push` says: then it goes on waiting.
    pub fn publish<T, E: From<NotNow>>(
        &self,
        push: impl FnOnce(&Received) -> Result<T, E>,
        identity: impl FnOnce(&T) -> (PackageId, NuGetVersion),
    ) -> Result<T, E> {
        let work = self.begin()?;
        let pushed = push(&work.received)?;
        // The file goes; that it was published is remembered for whoever clicks again or loads the page.
        *locked(&self.stage) = Stage::Published(Box::new(identity(&pushed)));
        Ok(pushed)
    }

    fn begin(&self) -> Result<Work<'_>, NotNow> {
        let mut stage = locked(&self.stage);
        let received = stage.waiting()?;
        *stage = Stage::InWork;
        Ok(Work { stage: &self.stage, received })
    }

    fn has_file(&self) -> bool {
        matches!(&*locked(&self.stage), Stage::Waiting(_) | Stage::InWork)
    }
}

impl Stage {
    fn waiting(&self) -> Result<Arc<Received>, NotNow> {
        match self {
            Self::Waiting(received) => Ok(Arc::clone(received)),
            Self::InWork => Err(NotNow::Busy),
            Self::Published(what) => Err(NotNow::Published(what.clone())),
            Self::Gone => Err(NotNow::Gone),
        }
    }
}

/// Work on an upload. When it ends, however that was, the upload waits again unless it was published.
struct Work<'a> {
    stage: &'a Mutex<Stage>,
    received: Arc<Received>,
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let mut stage = locked(self.stage);
        if matches!(&*stage, Stage::InWork) {
            *stage = Stage::Waiting(Arc::clone(&self.received));
        }
    }
}

/// All uploads that wait.
#[derive(Debug)]
pub struct PendingUploads<V>(Mutex<Waiting<V>>);

#[derive(Debug)]
struct Waiting<V> {
    uploads: HashMap<[u8; 32], Arc<Upload<V>>>,
    /// Uploads on their way, by account.
    coming: HashMap<AccountId, usize>,
}

impl<V> Default for PendingUploads<V> {
    fn default() -> Self {
        Self(Mutex::new(Waiting { uploads: HashMap::new(), coming: HashMap::new() }))
    }
}

/// Leave for one upload to come, so that several at once don't pass the limit together. Dropping it gives it back.
#[derive(Debug)]
pub struct Leave<'a, V> {
    uploads: &'a PendingUploads<V>,
    account: AccountId,
}

impl<V> Drop for Leave<'_, V> {
    fn drop(&mut self) {
        let mut waiting = locked(&self.uploads.0);
        if let Some(count) = waiting.coming.get_mut(&self.account) {
            *count = count.saturating_sub(1);
        }
        waiting.coming.retain(|_, count| *count > 0);
    }
}

/// What came, and for whom.
#[derive(Debug)]
pub struct NewUpload {
    /// Under what it will be asked for.
    pub token: SecretToken,
    /// For whom.
    pub owner: AccountName,
    /// What the browser called the file.
    pub file_name: String,
    /// The package.
    pub received: Received,
}

impl<V> PendingUploads<V> {
    /// Leave for one more upload of an account, asked for before its first byte is read.
    ///
    /// # Errors
    /// [`Full`]
    pub fn leave(&self, account: AccountId, now: OffsetDateTime) -> Result<Leave<'_, V>, Full> {
        let mut waiting = locked(&self.0);
        waiting.sweep(now);
        waiting.expect_room(account, 0)?;
        let coming = waiting.coming.entry(account).or_default();
        *coming += 1;
        Ok(Leave { uploads: self, account })
    }

    /// Keeps what came with that leave for an hour from `now` on.
    ///
    /// # Errors
    /// [`Full`]: the package is gone then.
    pub fn keep(&self, leave: Leave<'_, V>, new: NewUpload, now: OffsetDateTime) -> Result<Arc<Upload<V>>, Full> {
        let by = leave.account;
        drop(leave);
        let upload = Arc::new(Upload {
            by,
            owner: new.owner,
            file_name: new.file_name,
            size: new.received.size,
            sha512: new.received.sha512,
            until: now + WAITS,
            found: Mutex::new(None),
            stage: Mutex::new(Stage::Waiting(Arc::new(new.received))),
            token: new.token,
        });
        let mut waiting = locked(&self.0);
        waiting.sweep(now);
        waiting.expect_room(by, upload.size)?;
        waiting.uploads.insert(upload.token.hash(), Arc::clone(&upload));
        Ok(upload)
    }

    /// The upload of that token if it is the account's. One that is somebody else's is not there, nor is one whose time is over.
    pub fn of(&self, account: AccountId, token: &str, now: OffsetDateTime) -> Option<Arc<Upload<V>>> {
        let token: SecretToken = token.parse().ok()?;
        let mut waiting = locked(&self.0);
        waiting.sweep(now);
        waiting.uploads.get(&token.hash()).filter(|upload| upload.by == account).cloned()
    }

    /// The uploads of an account whose files are here, those that go first at the beginning.
    pub fn waiting_of(&self, account: AccountId, now: OffsetDateTime) -> Vec<Arc<Upload<V>>> {
        let mut waiting = locked(&self.0);
        waiting.sweep(now);
        let own = waiting.uploads.values().filter(|upload| upload.by == account && upload.has_file());
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_by_key(|upload| upload.until);
        own
    }

    /// Throws an upload away.
    ///
    /// # Errors
    /// [`NotNow`]: it is being worked on, or was published.
    pub fn discard(&self, upload: &Upload<V>) -> Result<(), NotNow> {
        let mut stage = locked(&upload.stage);
        stage.waiting()?;
        *stage = Stage::Gone;
        drop(stage);
        locked(&self.0).uploads.remove(&upload.token.hash());
        Ok(())
    }

    /// Throws away those whose time is over.
    pub fn sweep(&self, now: OffsetDateTime) {
        locked(&self.0).sweep(now);
    }
}

impl<V> Waiting<V> {
    fn sweep(&mut self, now: OffsetDateTime) {
        // One that is being published has its file as long as that takes.
        self.uploads.retain(|_, upload| now < upload.until);
    }

    fn expect_room(&self, account: AccountId, size: u64) -> Result<(), Full> {
        let waiting = || self.uploads.values().filter(|upload| upload.has_file());
        let own = || waiting().filter(|upload| upload.by == account);
        let coming = self.coming.get(&account).copied().unwrap_or_default();
        if own().count() + coming >= OF_ONE_ACCOUNT {
            return Err(Full::OfAccount);
        }
        let bytes_of_account: u64 = own().map(|upload| upload.size).sum();
        if bytes_of_account > 0 && bytes_of_account + size > BYTES_OF_ONE_ACCOUNT {
            return Err(Full::BytesOfAccount);
        }
        let bytes: u64 = waiting().map(|upload| upload.size).sum();
        if bytes + size > BYTES_OF_ALL { Err(Full::Bytes) } else { Ok(()) }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tempfile::{NamedTempFile, TempDir};

    use super::super::test_house::NOW;
    use super::*;

    const ANN: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);
    const MIB: u64 = 1 << 20;

    type Uploads = PendingUploads<&'static str>;
    type Kept = Result<Arc<Upload<&'static str>>, Full>;

    struct Spool {
        folder: TempDir,
        uploads: Uploads,
    }

    impl Spool {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), uploads: Uploads::default() }
        }

        fn upload(&self, number: u8, account: AccountId, size: u64, now: OffsetDateTime) -> Kept {
            let leave = self.uploads.leave(account, now)?;
            let file = NamedTempFile::new_in(self.folder.path()).unwrap();
            let new = NewUpload {
                token: SecretToken::from_random(&[number; 32]),
                owner: "ann".parse().unwrap(),
                file_name: "a.nupkg".to_owned(),
                received: Received { file, size, sha512: [0; 64] },
            };
            self.uploads.keep(leave, new, now)
        }

        fn files(&self) -> usize {
            self.folder.path().read_dir().unwrap().count()
        }
    }

    fn identity() -> (PackageId, NuGetVersion) {
        ("Contoso.Core".parse().unwrap(), NuGetVersion::parse("1.0.0").unwrap())
    }

    fn publish(upload: &Upload<&'static str>) -> Result<(), NotNow> {
        upload.publish(|_| Ok(()), |()| identity())
    }

    #[test]
    fn an_upload_is_there_for_an_hour_and_for_its_account_alone() {
        let spool = Spool::new();
        let kept = spool.upload(1, ANN, 10, NOW).unwrap();
        let token = kept.token().to_owned();
        drop(kept);
        let last = NOW + WAITS - Duration::SECOND;
        assert!(spool.uploads.of(ANN, &token, last).is_some());
        assert_eq!(spool.uploads.waiting_of(ANN, last).len(), 1);
        assert!(spool.uploads.of(BOB, &token, NOW).is_none() && spool.uploads.waiting_of(BOB, NOW).is_empty());
        assert!(spool.uploads.of(ANN, "../../assay.db", NOW).is_none());
        assert_eq!(spool.files(), 1);
        assert!(spool.uploads.of(ANN, &token, NOW + WAITS).is_none());
        assert_eq!(spool.files(), 0, "its file goes with it");
    }

    #[test]
    fn an_account_has_a_few_of_them_and_what_is_on_its_way_counts() {
        let spool = Spool::new();
        for number in 1..OF_ONE_ACCOUNT {
            spool.upload(u8::try_from(number).unwrap(), ANN, 10, NOW).unwrap();
        }
        let coming = spool.uploads.leave(ANN, NOW).unwrap();
        assert_eq!(spool.upload(9, ANN, 10, NOW).err(), Some(Full::OfAccount));
        assert!(spool.upload(10, BOB, 10, NOW).is_ok(), "others have their own");
        drop(coming);
        let last = spool.upload(9, ANN, 10, NOW).unwrap();
        assert_eq!(spool.upload(11, ANN, 10, NOW).err(), Some(Full::OfAccount));
        publish(&last).unwrap();
        assert!(spool.upload(11, ANN, 10, NOW).is_ok(), "one that was published waits no more");
        assert_eq!(spool.files(), OF_ONE_ACCOUNT + 1);
    }

    #[test]
    fn an_accounts_uploads_have_so_many_bytes_together_but_a_first_one_may_be_as_large_as_the_policy_allows() {
        let spool = Spool::new();
        spool.upload(1, ANN, BYTES_OF_ONE_ACCOUNT - MIB, NOW).unwrap();
        assert_eq!(spool.upload(2, ANN, MIB + 1, NOW).err(), Some(Full::BytesOfAccount));
        assert!(spool.upload(2, ANN, MIB, NOW).is_ok());
        assert!(spool.upload(3, BOB, BYTES_OF_ONE_ACCOUNT + MIB, NOW).is_ok());
        assert_eq!(spool.files(), 3, "what was refused left nothing");
    }

    #[test]
    fn all_uploads_have_so_many_bytes_together() {
        let spool = Spool::new();
        for number in 0..4u8 {
            spool.upload(number, AccountId(i64::from(number)), BYTES_OF_ALL / 4, NOW).unwrap();
        }
        assert_eq!(spool.upload(9, AccountId(9), 1, NOW).err(), Some(Full::Bytes));
        assert!(spool.upload(9, AccountId(9), 1, NOW + WAITS).is_ok(), "room again when their hour is over");
    }

    #[test]
    fn a_second_click_publishes_nothing_and_finds_what_was_published() {
        let spool = Spool::new();
        let upload = spool.upload(1, ANN, 10, NOW).unwrap();
        let mut clicks = 0;
        let published = upload.publish::<_, NotNow>(
            |received| {
                clicks += 1;
                assert_eq!(received.size, 10);
                assert_eq!(publish(&upload), Err(NotNow::Busy), "while the first one runs");
                assert_eq!(spool.uploads.discard(&upload), Err(NotNow::Busy));
                assert_eq!(upload.look::<NotNow>(|_| Ok("x")).err(), Some(NotNow::Busy));
                Ok(())
            },
            |()| identity(),
        );
        assert!(published.is_ok());
        let done = NotNow::Published(Box::new(identity()));
        assert_eq!(publish(&upload), Err(done.clone()));
        assert_eq!(spool.uploads.discard(&upload), Err(done));
        assert_eq!((clicks, spool.files()), (1, 0));
        assert!(spool.uploads.of(ANN, upload.token(), NOW).is_some(), "whoever loads the page is led to the package");
        assert!(spool.uploads.waiting_of(ANN, NOW).is_empty());
    }

    #[test]
    fn a_refused_publication_leaves_the_upload_there_and_a_discarded_one_is_gone() {
        let spool = Spool::new();
        let upload = spool.upload(1, ANN, 10, NOW).unwrap();
        let refused = upload.publish::<(), _>(|_| Err(NotNow::Gone), |()| identity());
        assert_eq!(refused, Err(NotNow::Gone));
        assert_eq!(*upload.look::<NotNow>(|_| Ok("in order")).unwrap(), "in order");
        assert_eq!(upload.found().as_deref(), Some(&"in order"));
        spool.uploads.discard(&upload).unwrap();
        assert_eq!(publish(&upload), Err(NotNow::Gone), "a page that was open already");
        assert!(spool.uploads.of(ANN, upload.token(), NOW).is_none());
        assert_eq!(spool.files(), 0);
    }
}
