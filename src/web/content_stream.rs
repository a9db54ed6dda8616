//! The bytes of a package on their way out, a chunk at a time. No transaction and no thread is held while a client is slow.

use actix_web::web::{self, Bytes};
use futures_util::stream::{self, LocalBoxStream, Stream, StreamExt};

use crate::archive::{Rewrite, Segment};
use crate::store::content::{CHUNK, ContentId};
use crate::store::{self, Store};

/// The octets of `content` from `start` to `end`. The stream ends with an error, and the connection with it, when a chunk
/// is gone: the client sees that something is missing.
pub(super) fn octets(
    store: &Store,
    content: ContentId,
    start: u64,
    end: u64,
) -> impl Stream<Item = Result<Bytes, store::Error>> + use<> {
    let store = store.clone();
    stream::try_unfold(start, move |at| {
        let store = store.clone();
        async move {
            if at >= end {
                return Ok(None);
            }
            let piece = piece(store, content, at, end).await?;
            let next = at + piece.len() as u64;
            Ok(Some((piece, next)))
        }
    })
}

/// What `recipe` makes of `content`.
pub(super) fn rewritten(
    store: &Store,
    content: ContentId,
    recipe: &Rewrite,
) -> impl Stream<Item = Result<Bytes, store::Error>> + use<> {
    let store = store.clone();
    let pieces = recipe.segments().to_vec().into_iter().map(move |segment| -> LocalBoxStream<'static, _> {
        match segment {
            Segment::Copy { offset, length } => {
                octets(&store, content, offset, offset.saturating_add(length)).boxed_local()
            }
            Segment::Literal(bytes) => stream::iter([Ok(Bytes::from(bytes))]).boxed_local(),
        }
    });
    stream::iter(pieces).flatten()
}

/// The octets at `at` as far as its chunk and `end` reach; never none.
async fn piece(store: Store, content: ContentId, at: u64, end: u64) -> Result<Bytes, store::Error> {
    const GONE: store::Error = store::Error::Corrupt("content");
    let size = CHUNK as u64;
    let sequence = u32::try_from(at / size).map_err(|_| GONE)?;
    let chunk = web::block(move || store.read(|r| r.chunk(content, sequence))).await.map_err(|_| GONE)??.ok_or(GONE)?;
    let from = usize::try_from(at % size).map_err(|_| GONE)?;
    let wanted = usize::try_from(end - at).unwrap_or(usize::MAX);
    let until = chunk.len().min(from.saturating_add(wanted));
    if from < until { Ok(Bytes::from(chunk).slice(from..until)) } else { Err(GONE) }
}
