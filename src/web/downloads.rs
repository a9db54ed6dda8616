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

    /// Counts again what was taken and could not be written.
    pub fn put_back(&self, counted: HashMap<VersionId, u64>) {
        if let Ok(mut counts) = self.0.lock() {
            counted.into_iter().for_each(|(version, count)| *counts.entry(version).or_default() += count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_written_is_added_to_what_was_counted_meanwhile() {
        let downloads = Downloads::default();
        downloads.count(VersionId(1));
        let taken = downloads.take();
        downloads.count(VersionId(1));
        downloads.put_back(taken);
        assert_eq!(downloads.take(), HashMap::from([(VersionId(1), 2)]));
        assert!(downloads.take().is_empty());
    }
}
