//! Counts downloads in memory and writes them in batches, so that a download costs no write.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::store::packages::VersionId;

/// Downloads since the last batch.
#[derive(Default)]
pub(crate) struct Downloads(Mutex<HashMap<VersionId, u64>>);

impl Downloads {
    /// Counts one.
    pub fn count(&self, version: VersionId) {
        if let Ok(mut counts) = self.0.lock() {
            *counts.entry(version).or_default() += 1;
        }
    }

    /// Takes what was counted.
    pub fn take(&self) -> HashMap<VersionId, u64> {
        self.0.lock().map(|mut counts| std::mem::take(&mut *counts)).unwrap_or_default()
    }
}
