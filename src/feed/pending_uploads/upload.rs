//! One upload that waits: at any moment at most one person's click judges, publishes or discards it.

use std::sync::{Arc, Mutex};

use thiserror::Error;
use time::OffsetDateTime;

use super::{NewUpload, locked};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::package_id::PackageId;
use crate::domain::secret_token::SecretToken;
use crate::domain::version::NuGetVersion;
use crate::feed::push::Received;

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
    pub(super) token: SecretToken,
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

    /// One that has come just now.
    pub(super) fn waiting(new: NewUpload, by: AccountId, until: OffsetDateTime) -> Self {
        Self {
            token: new.token,
            by,
            owner: new.owner,
            file_name: new.file_name,
            size: new.received.size,
            sha512: new.received.sha512,
            until,
            found: Mutex::new(None),
            stage: Mutex::new(Stage::Waiting(Arc::new(new.received))),
        }
    }

    /// Lets go of the package.
    ///
    /// # Errors
    /// [`NotNow`]: it is being worked on, or was published.
    pub(super) fn discard(&self) -> Result<(), NotNow> {
        let mut stage = locked(&self.stage);
        stage.waiting()?;
        *stage = Stage::Gone;
        Ok(())
    }

    fn begin(&self) -> Result<Work<'_>, NotNow> {
        let mut stage = locked(&self.stage);
        let received = stage.waiting()?;
        *stage = Stage::InWork;
        Ok(Work { stage: &self.stage, received })
    }

    /// Whether its file is here.
    pub(super) fn has_file(&self) -> bool {
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
