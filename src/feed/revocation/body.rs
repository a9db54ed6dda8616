//! The bytes of answers on their way into the database and back.
//!
//! A list may have ten megabytes. It arrives as packages do, in transactions of at most 4 MB, and is replaced by one small
//! transaction, so that no push waits for it.

use time::OffsetDateTime;

use crate::store::content::{CHUNK, CHUNKS_AT_ONCE, ContentId};
use crate::store::revocation_answers::AnswerFacts;
use crate::store::{self, Reads, Store};

/// Bytes that no answer points to yet. Dropping them removes them, unless they were kept.
pub(super) struct Pending<'a> {
    store: &'a Store,
    pub content: ContentId,
    kept: bool,
}

impl<'a> Pending<'a> {
    /// Stores `bytes`.
    pub fn store(store: &'a Store, bytes: &[u8], now: OffsetDateTime) -> Result<Self, store::Error> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let content = store.write(|w| w.begin_answer(size, now))?;
        let pending = Self { store, content, kept: false };
        let mut chunks = (0u32..).zip(bytes.chunks(CHUNK)).peekable();
        while chunks.peek().is_some() {
            let mut batch = chunks.by_ref().take(CHUNKS_AT_ONCE);
            store.write(|w| batch.try_for_each(|(sequence, chunk)| w.add_chunk(content, sequence, chunk)))?;
        }
        Ok(pending)
    }

    /// Lets the bytes stay: an answer points to them.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.kept {
            discard(self.store, Some(self.content));
        }
    }
}

/// Removes bytes that no answer points to any more. What can't be removed now is swept by a server that starts later.
pub(super) fn discard(store: &Store, content: Option<ContentId>) {
    let Some(content) = content else { return };
    if let Err(error) = store.discard(content) {
        tracing::warn!(%error, content = content.0, "an old revocation answer could not be removed yet");
    }
}

/// The bytes of an answer.
pub(super) fn read(reads: &Reads<'_>, answer: &AnswerFacts) -> Result<Vec<u8>, store::Error> {
    let mut bytes = Vec::new();
    for sequence in 0.. {
        match reads.chunk(answer.content, sequence)? {
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => break,
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back_and_what_is_not_kept_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let now = OffsetDateTime::UNIX_EPOCH;
        // More than one transaction has, and a rest.
        let length = CHUNK * (CHUNKS_AT_ONCE + 1) + 5;
        let bytes: Vec<u8> = (0..251u8).cycle().take(length).collect();
        let pending = Pending::store(&store, &bytes, now).unwrap();
        let answer = AnswerFacts {
            content: pending.content,
            size: bytes.len() as u64,
            sha256: [0; 32],
            this_update: now,
            next_update: None,
            answered_at: now,
        };
        assert!(store.read(|r| read(r, &answer)).unwrap() == bytes);
        drop(pending);
        assert_eq!(store.read(|r| read(r, &answer)).unwrap(), b"");
    }
}
