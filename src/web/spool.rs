//! Receives an upload into a file of the data folder, hashing as it comes.
//!
//! Memory holds one buffer whatever the size of the package, the size limit is kept while bytes come, and nothing is
//! locked: a slow client delays itself only.

use std::cell::RefCell;
use std::io::{self, Write};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Bytes, Payload};
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha512};
use tempfile::NamedTempFile;
use tokio::time::timeout;

use super::answer::Answer;
use super::patience::{Pace, Patience, Silent};
use super::state::State;
use crate::feed::push::Received;

/// How long an upload may take in all. The .NET client gives up after five minutes unless told otherwise.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);
/// Bytes that are collected before a thread is asked to write them.
const BUFFER: usize = 512 * 1024;

/// What a full disk answers: not a 5xx, which would cost two further uploads.
pub(super) const STORAGE_FULL: Answer = Answer::new(StatusCode::PAYLOAD_TOO_LARGE, "server storage is full");
const SPOOL_FAILED: Answer = Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error");

/// Why an upload was not received. The API answers it in a phrase, the page in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It was cut, or is not what it says.
    Incomplete,
    /// It has no part that a package could be in.
    NoPart,
    /// The package has no bytes.
    Empty,
    /// The package has more bytes than this limit.
    TooLarge(u64),
    /// Nothing came for too long, or hardly anything, or it took too long in all.
    Slow,
    /// The disk is full.
    StorageFull,
    /// The spool can't be written or read.
    Failed,
}

impl Flaw {
    /// A spool that can't be written or read, which is logged.
    fn of_disk(error: &io::Error) -> Self {
        tracing::error!(%error, "a spooled package could not be written or read");
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::StorageFull
            }
            _ => Self::Failed,
        }
    }
}

impl From<Silent> for Flaw {
    fn from(_: Silent) -> Self {
        Self::Slow
    }
}

impl From<Flaw> for Answer {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Incomplete => Self::new(StatusCode::BAD_REQUEST, "upload is incomplete"),
            Flaw::NoPart => Self::new(StatusCode::BAD_REQUEST, "upload has no package part"),
            Flaw::Empty => Self::new(StatusCode::BAD_REQUEST, "upload is empty").detail("the package has 0 bytes"),
            Flaw::TooLarge(limit) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "package is too large")
                .detail(format!("the limit is {limit} bytes")),
            Flaw::Slow => Self::new(StatusCode::REQUEST_TIMEOUT, "upload is too slow")
                .detail("nothing came for a minute, or less than 64 KiB; or all of it took longer than an hour"),
            Flaw::StorageFull => STORAGE_FULL,
            Flaw::Failed => SPOOL_FAILED,
        }
    }
}

/// The body of an upload, which can be handed to a parser and still be drained afterwards.
#[derive(Clone)]
pub(super) struct Body(Rc<RefCell<Payload>>);

impl Body {
    /// A body that nothing was read of yet.
    pub fn new(payload: Payload) -> Self {
        Self(Rc::new(RefCell::new(payload)))
    }
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll_next_unpin(context)
    }
}

/// Receives the package of a push: the first part of a multipart body, whatever its name, or the whole body when it is
/// not multipart.
///
/// # Errors
/// What to answer. The rest of `body` may still be on its way.
pub(super) async fn receive(state: &State, request: &HttpRequest, body: Body) -> Result<Received, Answer> {
    let received = timeout(LONGEST, receive_now(state, request, body)).await;
    Ok(received.unwrap_or(Err(Flaw::Slow))?)
}

async fn receive_now(state: &State, request: &HttpRequest, mut body: Body) -> Result<Received, Flaw> {
    let spool = Spool::new(state)?;
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.trim_start().to_ascii_lowercase().starts_with("multipart/") {
        first_part(spool, Multipart::new(request.headers(), body), &state.patience).await
    } else {
        spool.fill(&mut body, &state.patience).await
    }
}

async fn first_part(spool: Spool, mut parts: Multipart, patience: &Patience) -> Result<Received, Flaw> {
    let mut part = patience.with(parts.next()).await?.and_then(Result::ok).ok_or(Flaw::NoPart)?;
    let received = spool.fill(&mut part, patience).await?;
    drop(part);
    // Further parts are ignored, but read, so that the client sees the answer; a cut in them is a cut in the upload.
    let mut pace = Pace::default();
    while let Some(further) = patience.paced(&mut pace, parts.next()).await? {
        let mut further = further.map_err(|_| Flaw::Incomplete)?;
        while let Some(bytes) = patience.paced(&mut pace, further.next()).await? {
            pace.came(bytes.map_err(|_| Flaw::Incomplete)?.len());
        }
    }
    Ok(received)
}

/// An upload that is being received. Dropping it removes the file.
pub(super) struct Spool {
    file: NamedTempFile,
    hash: Sha512,
    size: u64,
    limit: u64,
}

impl Spool {
    /// An empty one, which takes a package as large as the policy allows.
    ///
    /// # Errors
    /// What the disk says.
    pub fn new(state: &State) -> Result<Self, Flaw> {
        let file = NamedTempFile::new_in(state.app.folder.spool()).map_err(|error| Flaw::of_disk(&error))?;
        Ok(Self { file, hash: Sha512::new(), size: 0, limit: state.live().policy.package_size_limit })
    }

    /// Takes everything that `body` has.
    ///
    /// # Errors
    /// See [`Flaw`]. The rest of `body` may still be on its way.
    pub async fn fill<E>(
        mut self,
        body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
        patience: &Patience,
    ) -> Result<Received, Flaw> {
        let (mut buffer, mut pace) = (Vec::new(), Pace::default());
        while let Some(bytes) = patience.paced(&mut pace, body.next()).await? {
            let bytes = bytes.map_err(|_| Flaw::Incomplete)?;
            pace.came(bytes.len());
            self.size += bytes.len() as u64;
            if self.size > self.limit {
                return Err(Flaw::TooLarge(self.limit));
            }
            buffer.extend_from_slice(&bytes);
            if buffer.len() >= BUFFER {
                (self, buffer) = self.write(buffer).await?;
            }
        }
        if self.size == 0 {
            return Err(Flaw::Empty);
        }
        let (done, _) = self.write(buffer).await?;
        Ok(Received { file: done.file, size: done.size, sha512: done.hash.finalize().into() })
    }

    /// Writes and hashes `buffer` on a thread that may block, and gives it back empty.
    async fn write(mut self, mut buffer: Vec<u8>) -> Result<(Self, Vec<u8>), Flaw> {
        let written = web::block(move || {
            self.file.write_all(&buffer)?;
            self.hash.update(&buffer);
            buffer.clear();
            Ok((self, buffer))
        });
        match written.await {
            Ok(written) => written.map_err(|error: io::Error| Flaw::of_disk(&error)),
            Err(_) => Err(Flaw::Failed),
        }
    }
}

/// What is answered when the spool can't be written.
pub(super) fn disk_answer(error: &io::Error) -> Answer {
    Flaw::of_disk(error).into()
}
