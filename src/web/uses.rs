//! When sessions and keys were used last, kept in memory until it is written: a restore asks hundreds of times, and none of its
//! requests should wait for the disk.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use crate::domain::api_key::ApiKeyId;
use crate::domain::session::SessionId;
use crate::store::{self, Store};

/// What was used since it was written.
#[derive(Default)]
pub(crate) struct Uses(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    sessions: HashMap<SessionId, OffsetDateTime>,
    keys: HashMap<ApiKeyId, (OffsetDateTime, IpAddr)>,
}

impl Uses {
    /// A session was used.
    pub fn session(&self, id: SessionId, at: OffsetDateTime) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sessions.insert(id, at);
    }

    /// A key was used.
    pub fn key(&self, id: ApiKeyId, at: OffsetDateTime, from: IpAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys.insert(id, (at, from));
    }

    /// Writes what was noted. What can't be written is forgotten: it is a help, not a record.
    ///
    /// # Errors
    /// What the store says.
    pub fn write(&self, store: &Store) -> Result<(), store::Error> {
        let noted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if noted.sessions.is_empty() && noted.keys.is_empty() {
            return Ok(());
        }
        let sessions: Vec<_> = noted.sessions.into_iter().collect();
        let keys: Vec<_> = noted.keys.into_iter().map(|(id, (at, from))| (id, at, from.to_string())).collect();
        store.write(|w| {
            w.sessions_seen(&sessions)?;
            w.keys_used(&keys)
        })
    }
}
