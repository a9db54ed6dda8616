//! Content on its way into the database: not visible, and gone again unless the push succeeds.

use std::io::{self, Read, Seek};

use sha2::{Digest, Sha512};
use time::OffsetDateTime;

use super::Error;
use crate::app::App;
use crate::archive::Rewrite;
use crate::store;
use crate::store::content::{CHUNK, CHUNKS_AT_ONCE, ContentId};

/// Pending content. Dropping it removes it, unless it was kept.
pub(super) struct Pending<'a> {
    app: &'a App,
    pub content: ContentId,
    /// SHA-512 of what will be served.
    pub sha512: [u8; 64],
    kept: bool,
}

impl<'a> Pending<'a> {
    /// Streams the result of `rewrite` over `source` into chunks, in transactions of at most 4 MB.
    ///
    /// # Errors
    /// A full disk, or a file that can't be read. What was stored is removed then.
    pub fn store(
        app: &'a App,
        rewrite: &Rewrite,
        source: impl Read + Seek,
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        let store = &app.store;
        let content = store.write(|w| w.begin_content(rewrite.len(), now))?;
        let mut pending = Self { app, content, sha512: [0; 64], kept: false };
        let mut reader = rewrite.reader(source);
        let mut hash = Sha512::new();
        let mut sequence = 0;
        loop {
            let batch = read_batch(&mut reader, &mut hash)?;
            if batch.is_empty() {
                break;
            }
            store.write(|w| {
                for chunk in &batch {
                    w.add_chunk(content, sequence, chunk)?;
                    sequence += 1;
                }
                Ok::<_, store::Error>(())
            })?;
        }
        pending.sha512 = hash.finalize().into();
        Ok(pending)
    }

    /// Lets the content stay: its version is published.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        self.app.discard(self.content);
    }
}

/// The next chunks, hashed. Empty at the end.
fn read_batch(reader: &mut impl Read, hash: &mut Sha512) -> io::Result<Vec<Vec<u8>>> {
    let mut batch = Vec::with_capacity(CHUNKS_AT_ONCE);
    for _ in 0..CHUNKS_AT_ONCE {
        let mut chunk = Vec::with_capacity(CHUNK);
        reader.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            break;
        }
        hash.update(&chunk);
        batch.push(chunk);
    }
    Ok(batch)
}
