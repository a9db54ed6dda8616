//! What every handler has: the application, the password gate, and the places for work that is heavy.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::downloads::Downloads;
use super::pages::flashes::Flashes;
use super::pages::upload::Found;
use super::password_gate::PasswordGate;
use super::patience::Patience;
use super::throttle::Throttle;
use super::turns::Turns;
use super::uploads::Uploads;
use super::uses::Uses;
use crate::app::{App, Live};
use crate::feed::pending_uploads::PendingUploads;

/// Shared by all workers.
pub(crate) struct State {
    /// The feed.
    pub app: Arc<App>,
    /// How long clients are waited for.
    pub patience: Patience,
    /// Slows down who guesses passwords and codes.
    pub throttle: Throttle,
    /// Tests passwords, as fast as the throttle lets it.
    pub passwords: PasswordGate,
    /// Places for uploads.
    pub uploads: Uploads,
    /// Turns at reads that may take long.
    pub turns: Turns,
    /// Places for pushes that are verified, signed and stored: work for a processor each.
    pub pushes: Arc<Semaphore>,
    /// Counts downloads until they are written.
    pub downloads: Downloads,
    /// Notes when sessions and keys were used until that is written.
    pub uses: Uses,
    /// Held while a secret is made that voids an earlier one, until it waits in `flashes`: of two requests at once, the page must
    /// show what the later of them made.
    pub replaced_secrets: tokio::sync::Mutex<()>,
    /// What the next page of a visitor says.
    pub flashes: Flashes,
    /// Packages that were uploaded on the page and are not published yet.
    pub pending: PendingUploads<Found>,
}

impl State {
    /// The state of a server, or `None` when the system gives no random bytes.
    pub fn new(app: Arc<App>, patience: Patience) -> Option<Self> {
        let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let throttle = Throttle::new();
        Some(Self {
            passwords: PasswordGate::new(app.config.passwords, throttle.clone())?,
            app,
            patience,
            throttle,
            uploads: Uploads::new(),
            turns: Turns::new(),
            pushes: Arc::new(Semaphore::new(processors)),
            downloads: Downloads::default(),
            uses: Uses::default(),
            replaced_secrets: tokio::sync::Mutex::default(),
            flashes: Flashes::default(),
            pending: PendingUploads::default(),
        })
    }

    /// What the server currently goes by.
    pub fn live(&self) -> Arc<Live> {
        self.app.live()
    }
}
