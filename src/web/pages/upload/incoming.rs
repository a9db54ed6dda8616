//! The form with a package as it comes: the visitor's token first, then fields, then the file, which goes straight to the spool.

use actix_multipart::{Field, Multipart};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use futures_util::StreamExt;
use tokio::time::timeout;

use super::form::{Filled, OWNER, PACKAGE};
use crate::domain::byte_size;
use crate::domain::visible::visible;
use crate::feed::push::Received;
use crate::web::pages::csrf::{self, CsrfToken};
use crate::web::pages::upload_form::{MAX_TOKEN, file_name, is_form};
use crate::web::patience::{Patience, Silent};
use crate::web::spool::{self, Body, LONGEST, Spool};
use crate::web::state::State;

/// Most fields beside the token and the file.
const MAX_FIELDS: usize = 10;
/// Largest of them in bytes: an account's name has far fewer.
const MAX_TEXT: usize = 1024;
/// Longest name of a file that is kept, in characters.
const MAX_FILE_NAME: usize = 200;

/// What came.
#[derive(Debug)]
pub(super) struct Arrived {
    /// What the browser called the file: without a path, and with what steers shown and not obeyed.
    pub file_name: String,
    /// The package.
    pub received: Received,
}

/// Why the form was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The first field is not the visitor's token.
    Stale,
    /// It is no form with files, or was cut, or has more in it than such a form has.
    Unreadable,
    /// No file was chosen.
    Missing,
    /// More than one file was chosen.
    Several,
    /// It took too long.
    Slow,
    /// The file itself, by that name.
    File(String, spool::Flaw),
}

impl From<Silent> for Flaw {
    fn from(_: Silent) -> Self {
        Self::Slow
    }
}

impl Flaw {
    /// The status, and a sentence beside the file; `None` for what is no matter of the file.
    pub fn told(&self) -> Option<(StatusCode, String)> {
        let wrong = StatusCode::UNPROCESSABLE_ENTITY;
        Some(match self {
            Self::Stale | Self::Unreadable => return None,
            Self::Missing => (wrong, "Choose a package: a .nupkg file.".to_owned()),
            Self::Several => (wrong, "Choose one package at a time. Nothing was kept of what you sent.".to_owned()),
            Self::Slow => (
                StatusCode::REQUEST_TIMEOUT,
                "The package took too long to arrive. Nothing was kept of it. Choose it again and send it once more."
                    .to_owned(),
            ),
            Self::File(name, flaw) => return of_file(name, *flaw),
        })
    }
}

fn of_file(name: &str, flaw: spool::Flaw) -> Option<(StatusCode, String)> {
    use spool::Flaw as Spool;
    Some(match flaw {
        Spool::Empty | Spool::NoPart => {
            (StatusCode::UNPROCESSABLE_ENTITY, format!("“{name}” is empty: it has 0 bytes. Choose another file."))
        }
        Spool::TooLarge(limit) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "“{name}” is too large. A package on this feed has at most {}; an administrator can change that.",
                byte_size::shown(limit)
            ),
        ),
        Spool::Slow => return Flaw::Slow.told(),
        Spool::Incomplete => {
            (StatusCode::BAD_REQUEST, format!("“{name}” did not arrive whole. Choose it again and send it once more."))
        }
        Spool::StorageFull => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "The disk of the server is full. Nothing was kept of what you sent; tell its administrator.".to_owned(),
        ),
        Spool::Failed => return None,
    })
}

/// Reads the form up to its end. What it says beside the file goes into `filled` as it comes, so that it can be shown again.
///
/// # Errors
/// See [`Flaw`]. The rest of `body` may still be on its way, and nothing of the package is left.
pub(super) async fn read(
    state: &State,
    headers: &HeaderMap,
    body: Body,
    token: &CsrfToken,
    filled: &mut Filled,
) -> Result<Arrived, Flaw> {
    if !is_form(headers) {
        return Err(Flaw::Unreadable);
    }
    let reading = Reading { parts: Multipart::new(headers, body), state, patience: &state.patience };
    timeout(LONGEST, reading.form(token, filled)).await.unwrap_or(Err(Flaw::Slow))
}

/// A form that is being read. It is not asked again after its first error.
struct Reading<'a> {
    parts: Multipart,
    state: &'a State,
    patience: &'a Patience,
}

impl Reading<'_> {
    async fn form(mut self, token: &CsrfToken, filled: &mut Filled) -> Result<Arrived, Flaw> {
        self.expect_token(token).await?;
        let (mut arrived, mut fields) = (None, 0);
        while let Some(part) = self.next().await? {
            match file_name(&part) {
                None if fields == MAX_FIELDS => return Err(Flaw::Unreadable),
                None => {
                    fields += 1;
                    let owner = part.name() == Some(OWNER);
                    let text = self.text(part, MAX_TEXT).await?;
                    if owner {
                        filled.owner = text.trim().to_owned();
                    }
                }
                Some(told) => match self.file(part, shown(&told)).await? {
                    Some(_) if arrived.is_some() => return Err(Flaw::Several),
                    None => {}
                    file => arrived = file,
                },
            }
        }
        arrived.ok_or(Flaw::Missing)
    }

    async fn expect_token(&mut self, token: &CsrfToken) -> Result<(), Flaw> {
        let first = self.next().await?.ok_or(Flaw::Stale)?;
        if first.name() != Some(csrf::FIELD) || file_name(&first).is_some() {
            return Err(Flaw::Stale);
        }
        let sent = self.text(first, MAX_TOKEN).await.map_err(|flaw| match flaw {
            Flaw::Unreadable => Flaw::Stale,
            other => other,
        })?;
        if token.is(sent.trim()) { Ok(()) } else { Err(Flaw::Stale) }
    }

    /// The file of a part; `None` for an input in which nothing was chosen.
    async fn file(&self, mut part: Field, file_name: String) -> Result<Option<Arrived>, Flaw> {
        if part.name() != Some(PACKAGE) {
            return Err(Flaw::Unreadable);
        }
        let failed = |flaw| Flaw::File(file_name.clone(), flaw);
        match Spool::new(self.state).map_err(failed)?.fill(&mut part, self.patience).await {
            Ok(received) => Ok(Some(Arrived { file_name, received })),
            Err(spool::Flaw::Empty) if file_name.is_empty() => Ok(None),
            Err(flaw) => Err(failed(flaw)),
        }
    }

    async fn next(&mut self) -> Result<Option<Field>, Flaw> {
        self.patience.with(self.parts.next()).await?.transpose().map_err(|_| Flaw::Unreadable)
    }

    async fn text(&self, mut part: Field, limit: usize) -> Result<String, Flaw> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.patience.with(part.next()).await? {
            let chunk = chunk.map_err(|_| Flaw::Unreadable)?;
            if bytes.len() + chunk.len() > limit {
                return Err(Flaw::Unreadable);
            }
            bytes.extend_from_slice(&chunk);
        }
        String::from_utf8(bytes).map_err(|_| Flaw::Unreadable)
    }
}

/// The name of a file as pages show it. It is never a path: the spool makes names of its own.
fn shown(told: &str) -> String {
    visible(&told.chars().take(MAX_FILE_NAME).collect::<String>())
}
