//! Packages that were uploaded on the page and wait for the click that publishes them.
//!
//! They are files of the spool and lines in memory: for an hour, for nobody but the account that uploaded them, and not beyond
//! the server's end. Nothing here decides: a publication is a push like any other, which verifies everything again.

mod upload;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::push::Received;
use crate::domain::account::{AccountId, AccountName};
use crate::domain::byte_size;
use crate::domain::secret_token::SecretToken;

pub use upload::{NotNow, Upload};

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
    /// Whether the upload has come, and counts itself.
    taken: bool,
}

impl<V> Drop for Leave<'_, V> {
    fn drop(&mut self) {
        if !self.taken {
            locked(&self.uploads.0).comes_no_more(self.account);
        }
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
        Ok(Leave { uploads: self, account, taken: false })
    }

    /// Keeps what came with that leave for an hour from `now` on.
    ///
    /// # Errors
    /// [`Full`]: the package is gone then.
    pub fn keep(&self, mut leave: Leave<'_, V>, new: NewUpload, now: OffsetDateTime) -> Result<Arc<Upload<V>>, Full> {
        let by = leave.account;
        let upload = Arc::new(Upload::waiting(new, by, now + WAITS));
        let mut waiting = locked(&self.0);
        waiting.sweep(now);
        // The upload takes the place that its leave kept, under one lock: otherwise another one on its way could slip in
        // between, and this one, which has arrived whole, would be thrown away.
        leave.taken = true;
        waiting.comes_no_more(by);
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
        upload.discard()?;
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

    fn comes_no_more(&mut self, account: AccountId) {
        if let Some(count) = self.coming.get_mut(&account) {
            *count = count.saturating_sub(1);
        }
        self.coming.retain(|_, count| *count > 0);
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
mod tests;
