//! A form with small files: its token is the first field, and is compared before anything after it is parsed or kept.
//!
//! Everything is held in memory, so everything is counted while it comes: fields, files, each of them, and the whole body.
//! Packages are larger and go another way (`spool`), unless somebody chooses one where a certificate is wanted: there only the
//! beginning of a large file is kept ([`CutUploadForm`]), so that it can be named and the other files are not lost with it.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest, dev, web};
use futures_util::{Stream, StreamExt};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::confirm;
use super::csrf::{self, CsrfToken};
use super::posted::Posted;
use super::problem::Problem;
use super::refusal::Refusal;
use super::visit::Visit;
use crate::web::drain::drain;
use crate::web::patience::{Patience, Silent};
use crate::web::spool::Body;

/// Most fields that are no files, the token among them.
pub(in crate::web) const MAX_FIELDS: usize = 50;
/// Largest field that is no file, in bytes.
pub(in crate::web) const MAX_TEXT: usize = 64 * 1024;
/// Most files.
pub(in crate::web) const MAX_FILES: usize = 20;
/// Largest file in bytes: the lists of roots of a .NET SDK have half of it.
pub(in crate::web) const MAX_FILE: usize = 1024 * 1024;
/// Largest body in bytes, with everything around the files.
pub(in crate::web) const MAX_BODY: u64 = 8 * 1024 * 1024;
/// Largest file of a [`LargeUploadForm`] in bytes: a CRL in PEM.
pub(in crate::web) const MAX_LARGE_FILE: usize = crate::feed::revocation::MAX_IMPORT;
/// Largest body of one in bytes.
pub(in crate::web) const MAX_LARGE_BODY: u64 = 2 * MAX_LARGE_FILE as u64;
/// So much of a file is kept by a [`CutUploadForm`], in bytes: more than any file of certificates may have that is taken there, and
/// enough to tell what another one is. Of all files together less is held in memory than of any other form.
pub(in crate::web) const MAX_CUT_FILE: usize = 256 * 1024;
/// Largest body of one in bytes: what is not kept costs nothing but the way here.
pub(in crate::web) const MAX_CUT_BODY: u64 = 64 * 1024 * 1024;
/// Largest token in bytes: no more of a first field is read.
pub(super) const MAX_TOKEN: usize = 256;
/// How long a form may take in all.
const LONGEST: Duration = Duration::from_secs(120);

/// The fields and files of a form whose token was right.
///
/// What a page asks for in place (a code, the password) is taken before the handler runs, as for every form. But files are
/// not sent again: a page with such a form asks for the code before it is shown.
#[derive(Default)]
pub(in crate::web) struct UploadForm {
    /// The fields that are no files.
    pub posted: Posted,
    /// The files, in their order. A file input in which nothing was chosen has none.
    pub files: Vec<UploadedFile>,
}

/// One file. Wiped from memory when dropped: people send private keys by mistake.
pub(in crate::web) struct UploadedFile {
    /// The name of the form's field.
    pub field: String,
    /// The name that the browser told, without a path: to show, and for nothing else.
    pub name: String,
    /// What is in it; of a file that was cut, its beginning.
    pub bytes: Zeroizing<Vec<u8>>,
    /// How many bytes it has: more than are kept when it was cut.
    pub size: u64,
}

impl UploadForm {
    /// The files that were chosen in a field.
    pub fn files<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a UploadedFile> {
        self.files.iter().filter(move |file| file.field == field)
    }
}

/// The same with files as large as the lists of authorities are. For administrators alone, who are few.
pub(in crate::web) struct LargeUploadForm(pub UploadForm);

/// The same where a file that is too large refuses itself alone: it is cut, and its size is told.
pub(in crate::web) struct CutUploadForm(pub UploadForm);

/// What a file and the whole body may have, in bytes.
#[derive(Debug, Clone, Copy)]
struct Limits {
    file: usize,
    body: u64,
    beyond: Beyond,
}

/// What becomes of a file that has more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beyond {
    /// The whole form is refused.
    Refused,
    /// The rest of it is counted and dropped.
    Cut,
}

impl Limits {
    const SMALL: Self = Self { file: MAX_FILE, body: MAX_BODY, beyond: Beyond::Refused };
    const LARGE: Self = Self { file: MAX_LARGE_FILE, body: MAX_LARGE_BODY, beyond: Beyond::Refused };
    const CUT: Self = Self { file: MAX_CUT_FILE, body: MAX_CUT_BODY, beyond: Beyond::Cut };
}

impl FromRequest for UploadForm {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        Self::receive(request, payload, Limits::SMALL)
    }
}

impl FromRequest for LargeUploadForm {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let form = UploadForm::receive(request, payload, Limits::LARGE);
        Box::pin(async move { form.await.map(Self) })
    }
}

impl FromRequest for CutUploadForm {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let form = UploadForm::receive(request, payload, Limits::CUT);
        Box::pin(async move { form.await.map(Self) })
    }
}

impl UploadForm {
    fn receive(
        request: &HttpRequest,
        payload: &mut dev::Payload,
        limits: Limits,
    ) -> Pin<Box<dyn Future<Output = Result<Self, Refusal>>>> {
        let (request, visit, mut payload) = (request.clone(), Visit::of(request), payload.take());
        Box::pin(async move {
            let visit = visit.ok_or_else(|| Refusal::Problem(Problem::internal("route without a visit")))?;
            let payload = web::Payload::from_request(&request, &mut payload).await;
            let body = Body::new(payload.map_err(|_| Refusal::from(Flaw::Unreadable))?);
            let viewer = visit.viewer().ok_or(Refusal::SignIn)?;
            let place = visit.state().uploads.enter(viewer.session.account.id).await;
            let _place = place.map_err(|_| Refusal::Problem(Problem::unavailable("too many uploads at once", 10)))?;
            let patience = &visit.state().patience;
            let token = visit.csrf();
            let reading = read(request.headers(), body.clone(), &token, patience, limits);
            let form = timeout(LONGEST, reading).await.unwrap_or(Err(Flaw::Slow));
            // A browser that is still sending when the connection is closed shows an error of its own instead of the page. What
            // is longer than a form may be is cut nevertheless.
            drain(body, limits.body).await;
            let form = form?;
            visit.renew()?;
            confirm::take(&visit, &request, &form.posted).await?;
            Ok(form)
        })
    }
}

/// Why a form was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Flaw {
    /// The first field is not the visitor's token.
    Stale,
    /// It is no form with files, or was cut.
    Unreadable,
    /// A limit was passed; which.
    TooLarge(String),
    /// Nothing came for too long, or it took too long in all.
    Slow,
}

impl From<Silent> for Flaw {
    fn from(_: Silent) -> Self {
        Self::Slow
    }
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        Self::Problem(match flaw {
            Flaw::Stale => Problem::stale_form(),
            Flaw::Unreadable => Problem::unreadable_form(),
            Flaw::TooLarge(text) => Problem::too_large(text),
            Flaw::Slow => {
                let text = "The files took too long to arrive. Nothing was changed. Go back and send them once more.";
                Problem::new(StatusCode::REQUEST_TIMEOUT, "That took too long", text)
            }
        })
    }
}

/// Reads a form up to its limits.
async fn read<S>(
    headers: &HeaderMap,
    body: S,
    token: &CsrfToken,
    patience: &Patience,
    limits: Limits,
) -> Result<UploadForm, Flaw>
where
    S: Stream<Item = Result<web::Bytes, PayloadError>> + 'static,
{
    expect_form(headers, limits)?;
    let came = Rc::new(Cell::new(0));
    let parts = Multipart::new(headers, counted(body, Rc::clone(&came), limits.body));
    let form = Reading { parts, patience, limits }.form(token).await;
    // Whatever the parser made of it, a body that was cut because of its length is told so.
    if form.is_err() && came.get() > limits.body { Err(body_too_large(limits)) } else { form }
}

fn expect_form(headers: &HeaderMap, limits: Limits) -> Result<(), Flaw> {
    if !is_form(headers) {
        return Err(Flaw::Unreadable);
    }
    let length = text(headers, CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > limits.body) { Err(body_too_large(limits)) } else { Ok(()) }
}

/// Whether a body says that it is a form with files.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = text(headers, CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim_end();
    kind.eq_ignore_ascii_case("multipart/form-data")
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// The body up to its limit. `came` says how much of it came.
fn counted<S>(
    body: S,
    came: Rc<Cell<u64>>,
    limit: u64,
) -> impl Stream<Item = Result<web::Bytes, PayloadError>> + 'static
where
    S: Stream<Item = Result<web::Bytes, PayloadError>> + 'static,
{
    body.map(move |bytes| {
        let bytes = bytes?;
        came.set(came.get().saturating_add(bytes.len() as u64));
        if came.get() > limit { Err(PayloadError::Overflow) } else { Ok(bytes) }
    })
}

/// A form that is being read. It is not asked again after its first error.
struct Reading<'a> {
    parts: Multipart,
    patience: &'a Patience,
    limits: Limits,
}

impl Reading<'_> {
    async fn form(mut self, token: &CsrfToken) -> Result<UploadForm, Flaw> {
        let first = self.next().await?.ok_or(Flaw::Stale)?;
        if first.name() != Some(csrf::FIELD) || file_name(&first).is_some() {
            return Err(Flaw::Stale);
        }
        let sent = self.text(first, MAX_TOKEN, Flaw::Stale).await?;
        if !token.is(sent.trim()) {
            return Err(Flaw::Stale);
        }
        let mut fields = vec![(csrf::FIELD.to_owned(), sent)];
        let mut files = Vec::new();
        while let Some(part) = self.next().await? {
            let name = part.name().unwrap_or_default().to_owned();
            match file_name(&part) {
                None if fields.len() == MAX_FIELDS => return Err(too_many_fields()),
                None => {
                    let text = self.text(part, MAX_TEXT, text_too_large()).await?;
                    fields.push((name, text));
                }
                Some(told) => {
                    let full = files.len() == MAX_FILES;
                    if full && !told.is_empty() {
                        return Err(too_many_files());
                    }
                    let file = self.file(part, name, told).await?;
                    // What browsers send for an input in which nothing was chosen, also after the last file that may come.
                    if file.name.is_empty() && file.size == 0 {
                        continue;
                    }
                    if full {
                        return Err(too_many_files());
                    }
                    files.push(file);
                }
            }
        }
        Ok(UploadForm { posted: Posted::of_fields(fields), files })
    }

    async fn next(&mut self) -> Result<Option<Field>, Flaw> {
        self.patience.with(self.parts.next()).await?.transpose().map_err(|_| Flaw::Unreadable)
    }

    async fn text(&self, mut part: Field, limit: usize, beyond: Flaw) -> Result<Zeroizing<String>, Flaw> {
        let mut bytes = Zeroizing::new(Vec::new());
        while let Some(chunk) = self.patience.with(part.next()).await? {
            let chunk = chunk.map_err(|_| Flaw::Unreadable)?;
            if bytes.len() + chunk.len() > limit {
                return Err(beyond);
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| Flaw::Unreadable)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// A file, or as much of it as is kept.
    async fn file(&self, mut part: Field, field: String, name: String) -> Result<UploadedFile, Flaw> {
        let (mut bytes, mut size) = (Zeroizing::new(Vec::new()), 0u64);
        while let Some(chunk) = self.patience.with(part.next()).await? {
            let chunk = chunk.map_err(|_| Flaw::Unreadable)?;
            size = size.saturating_add(chunk.len() as u64);
            let room = self.limits.file - bytes.len();
            if chunk.len() > room && self.limits.beyond == Beyond::Refused {
                return Err(file_too_large(&name, self.limits));
            }
            bytes.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        }
        Ok(UploadedFile { field, name, bytes, size })
    }
}

/// The name of the file in a part, without the path that some browsers tell; `None` for a field that is no file.
pub(super) fn file_name(part: &Field) -> Option<String> {
    let told = part.content_disposition()?.get_filename()?;
    Some(told.rsplit(['/', '\\']).next().unwrap_or_default().to_owned())
}

fn too_many_fields() -> Flaw {
    Flaw::TooLarge(format!("A form with files may have {MAX_FIELDS} fields. Nothing was changed."))
}

fn too_many_files() -> Flaw {
    Flaw::TooLarge(format!("At most {MAX_FILES} files can be sent at once. Go back and send them in several goes."))
}

fn text_too_large() -> Flaw {
    Flaw::TooLarge(format!("A field may have {} KiB. Go back and shorten what you typed.", MAX_TEXT / 1024))
}

fn file_too_large(name: &str, limits: Limits) -> Flaw {
    let limit = limits.file / 1024 / 1024;
    Flaw::TooLarge(format!("The file “{name}” is larger than {limit} MiB. Go back and choose another one."))
}

fn body_too_large(limits: Limits) -> Flaw {
    let limit = limits.body / 1024 / 1024;
    Flaw::TooLarge(format!("All files together may have {limit} MiB. Go back and send fewer at once."))
}

#[cfg(test)]
mod tests;
