//! A form with small files: its token is the first field, and is compared before anything after it is parsed or kept.
//!
//! Everything is held in memory, so everything is counted while it comes: fields, files, each of them, and the whole body.
//! Packages are larger and go another way (`spool`).

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
    /// What is in it.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl UploadForm {
    /// The files that were chosen in a field.
    pub fn files<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a UploadedFile> {
        self.files.iter().filter(move |file| file.field == field)
    }
}

/// The same with files as large as the lists of authorities are. For administrators alone, who are few.
pub(in crate::web) struct LargeUploadForm(pub UploadForm);

/// What a file and the whole body may have, in bytes.
#[derive(Debug, Clone, Copy)]
struct Limits {
    file: usize,
    body: u64,
}

impl Limits {
    const SMALL: Self = Self { file: MAX_FILE, body: MAX_BODY };
    const LARGE: Self = Self { file: MAX_LARGE_FILE, body: MAX_LARGE_BODY };
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
                Some(_) if files.len() == MAX_FILES => return Err(too_many_files()),
                Some(told) => {
                    let bytes = self.bytes(part, self.limits.file, || file_too_large(&told, self.limits)).await?;
                    // What browsers send for an input in which nothing was chosen.
                    if !(told.is_empty() && bytes.is_empty()) {
                        files.push(UploadedFile { field: name, name: told, bytes });
                    }
                }
            }
        }
        Ok(UploadForm { posted: Posted::of_fields(fields), files })
    }

    async fn next(&mut self) -> Result<Option<Field>, Flaw> {
        self.patience.with(self.parts.next()).await?.transpose().map_err(|_| Flaw::Unreadable)
    }

    async fn text(&self, part: Field, limit: usize, beyond: Flaw) -> Result<Zeroizing<String>, Flaw> {
        let bytes = self.bytes(part, limit, || beyond).await?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Flaw::Unreadable)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    async fn bytes(
        &self,
        mut part: Field,
        limit: usize,
        beyond: impl FnOnce() -> Flaw,
    ) -> Result<Zeroizing<Vec<u8>>, Flaw> {
        let mut bytes = Zeroizing::new(Vec::new());
        while let Some(chunk) = self.patience.with(part.next()).await? {
            let chunk = chunk.map_err(|_| Flaw::Unreadable)?;
            if bytes.len() + chunk.len() > limit {
                return Err(beyond());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUNDARY: &str = "----WebKitFormBoundaryAssay";
    const TOKEN: &str = "csrf";

    fn headers(kind: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        headers
    }

    fn form_headers() -> HeaderMap {
        headers(&format!("multipart/form-data; boundary={BOUNDARY}"))
    }

    fn field(name: &str, value: &[u8]) -> Vec<u8> {
        part(&format!("name=\"{name}\""), value)
    }

    fn file(name: &str, told: &str, bytes: &[u8]) -> Vec<u8> {
        part(&format!("name=\"{name}\"; filename=\"{told}\""), bytes)
    }

    fn part(disposition: &str, value: &[u8]) -> Vec<u8> {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
        [head.as_bytes(), value, b"\r\n"].concat()
    }

    fn token_field() -> Vec<u8> {
        let value = CsrfToken::of("cookie").rendered_value();
        field(TOKEN, value.as_bytes())
    }

    /// As it comes over the network: in pieces of `piece` bytes.
    async fn read_in_pieces(headers: &HeaderMap, body: Vec<u8>, piece: usize) -> Result<UploadForm, Flaw> {
        let pieces: Vec<_> = body.chunks(piece).map(|piece| Ok(web::Bytes::copy_from_slice(piece))).collect();
        let (_stop, patience) = Patience::new();
        read(headers, futures_util::stream::iter(pieces), &CsrfToken::of("cookie"), &patience, Limits::SMALL).await
    }

    async fn read_parts(parts: &[Vec<u8>]) -> Result<UploadForm, Flaw> {
        let body = [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat();
        read_in_pieces(&form_headers(), body, 4096).await
    }

    async fn flaw_of(parts: &[Vec<u8>]) -> Option<Flaw> {
        read_parts(parts).await.err()
    }

    fn is_too_large(flaw: Option<Flaw>) -> bool {
        matches!(flaw, Some(Flaw::TooLarge(_)))
    }

    #[actix_web::test]
    async fn fields_and_files_arrive_in_pieces_of_any_size() {
        let parts = [
            token_field(),
            field("for", b"signing"),
            file("roots", "C:\\\\keys\\\\Wurzel \u{fc}ber.pem", b"--\r\n\x00one\r\n"),
            file("other", "", b""),
            field("for", b"timestamping"),
        ];
        let body = [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat();
        for piece in [1, 7, 64, body.len()] {
            let form = read_in_pieces(&form_headers(), body.clone(), piece).await.ok().unwrap();
            assert_eq!(form.posted.all("for").collect::<Vec<_>>(), ["signing", "timestamping"]);
            let files: Vec<_> = form.files("roots").map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
            assert_eq!(files, [("Wurzel \u{fc}ber.pem", b"--\r\n\x00one\r\n".as_slice())]);
            assert_eq!(form.files.len(), 1, "an input in which nothing was chosen");
        }
    }

    #[actix_web::test]
    async fn a_form_whose_first_field_is_not_the_token_is_refused_before_anything_else_is_read() {
        let stale = Some(Flaw::Stale);
        assert_eq!(flaw_of(&[field("for", b"signing"), token_field()]).await, stale, "token second");
        assert_eq!(flaw_of(&[file("roots", "a.pem", b"x"), token_field()]).await, stale, "file before token");
        let value = CsrfToken::of("cookie").rendered_value();
        assert_eq!(flaw_of(&[file(TOKEN, "a", value.as_bytes())]).await, stale, "the token as a file");
        let other = CsrfToken::of("another cookie").rendered_value();
        assert_eq!(flaw_of(&[field(TOKEN, other.as_bytes())]).await, stale, "another visitor's token");
        assert_eq!(flaw_of(&[field(TOKEN, b"")]).await, stale);
        assert_eq!(flaw_of(&[field(TOKEN, &[b'x'; MAX_TOKEN + 1])]).await, stale);
        assert_eq!(flaw_of(&[]).await, stale);
        // What follows is not looked at: it may be too large, or no form at all.
        let huge = file("roots", "a.pem", &vec![0; MAX_FILE + 1]);
        assert_eq!(flaw_of(&[field(TOKEN, b"wrong"), huge]).await, stale);
    }

    #[actix_web::test]
    async fn after_a_wrong_token_no_more_is_taken_than_the_parser_had_at_hand() {
        let came = Rc::new(Cell::new(0));
        let seen = Rc::clone(&came);
        let first = web::Bytes::from([field(TOKEN, b"wrong"), file("roots", "a.pem", b"")].concat());
        let rest = futures_util::stream::repeat_with(move || {
            seen.set(seen.get() + 4096);
            Ok(web::Bytes::from_static(&[b'x'; 4096]))
        });
        let body = futures_util::stream::iter([Ok(first)]).chain(rest.take(1000));
        let (_stop, patience) = Patience::new();
        let refused = read(&form_headers(), body, &CsrfToken::of("cookie"), &patience, Limits::SMALL).await;
        assert_eq!(refused.err(), Some(Flaw::Stale));
        assert!(came.get() <= 128 * 1024, "{}", came.get());
    }

    #[actix_web::test]
    async fn every_limit_holds_and_what_is_just_within_it_is_taken() {
        let fields = |count: usize| -> Vec<_> {
            std::iter::once(token_field()).chain((1..count).map(|_| field("a", b"b"))).collect()
        };
        assert!(read_parts(&fields(MAX_FIELDS)).await.is_ok());
        assert!(is_too_large(flaw_of(&fields(MAX_FIELDS + 1)).await));

        let text = |size| [token_field(), field("a", &vec![b'x'; size])];
        assert!(read_parts(&text(MAX_TEXT)).await.is_ok());
        assert!(is_too_large(flaw_of(&text(MAX_TEXT + 1)).await));

        let files = |count| -> Vec<_> {
            std::iter::once(token_field()).chain((0..count).map(|_| file("a", "a.cer", b"b"))).collect()
        };
        assert!(read_parts(&files(MAX_FILES)).await.is_ok());
        assert!(is_too_large(flaw_of(&files(MAX_FILES + 1)).await));

        let one = |size| [token_field(), file("a", "a.cer", &vec![0; size])];
        assert!(read_parts(&one(MAX_FILE)).await.is_ok());
        assert!(is_too_large(flaw_of(&one(MAX_FILE + 1)).await));

        let full = |count| -> Vec<_> {
            std::iter::once(token_field()).chain((0..count).map(|_| file("a", "a.cer", &vec![0; MAX_FILE]))).collect()
        };
        assert!(read_parts(&full(7)).await.is_ok());
        assert_eq!(flaw_of(&full(8)).await, Some(body_too_large(Limits::SMALL)));
    }

    #[actix_web::test]
    async fn a_body_that_says_it_is_too_long_is_refused_at_once() {
        let mut headers = form_headers();
        headers.insert(CONTENT_LENGTH, (MAX_BODY + 1).to_string().parse().unwrap());
        assert_eq!(read_in_pieces(&headers, vec![0], 1).await.err(), Some(body_too_large(Limits::SMALL)));
    }

    #[actix_web::test]
    async fn what_is_no_form_with_files_is_unreadable() {
        let body = [token_field(), field("a", b"b")].concat();
        for kind in ["application/x-www-form-urlencoded", "multipart/mixed; boundary=x", "multipart/form-data", "x"] {
            assert_eq!(read_in_pieces(&headers(kind), body.clone(), 64).await.err(), Some(Flaw::Unreadable), "{kind}");
        }
        let refused = read_in_pieces(&form_headers(), body[..body.len() - 3].to_vec(), 64).await;
        assert_eq!(refused.err(), Some(Flaw::Unreadable), "cut");
        assert_eq!(flaw_of(&[token_field(), field("a", b"\xff")]).await, Some(Flaw::Unreadable), "no UTF-8");
        let nameless = part("filename=\"a\"", b"x");
        assert_eq!(flaw_of(&[token_field(), nameless]).await, Some(Flaw::Unreadable));
    }

    #[actix_web::test]
    async fn every_refusal_is_a_page_with_its_status() {
        let flaws = [Flaw::Stale, Flaw::Unreadable, body_too_large(Limits::SMALL), Flaw::Slow];
        let frame = super::super::frame::Frame::of("alice", "admin/trust");
        let statuses = flaws.map(|flaw| match Refusal::from(flaw) {
            Refusal::Problem(problem) => problem.respond(&frame).status().as_u16(),
            other => panic!("{other}"),
        });
        assert_eq!(statuses, [403, 400, 413, 408]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

        /// A form with some of its bytes replaced, cut, or sent in other pieces is read or refused.
        #[test]
        fn no_body_brings_the_reader_down(
            cut in 0usize..600,
            piece in 1usize..80,
            changes in proptest::collection::vec((0usize..600, any::<u8>()), 0..6),
        ) {
            let parts = [token_field(), field("for", b"both"), file("roots", "a.pem", b"bytes"), field("note", b"x")];
            let mut body = [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat();
            for (at, byte) in changes {
                if let Some(place) = body.get_mut(at) { *place = byte; }
            }
            body.truncate(cut.max(1));
            let system = actix_web::rt::System::new();
            let _ = system.block_on(read_in_pieces(&form_headers(), body, piece));
        }

        #[test]
        fn no_content_type_brings_the_reader_down(kind in "multipart/form-data; boundary=[ -~]{0,20}", body in any::<Vec<u8>>()) {
            let system = actix_web::rt::System::new();
            let _ = system.block_on(read_in_pieces(&headers(&kind), body, 16));
        }
    }
}
