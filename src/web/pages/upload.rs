//! `/upload`: a package is sent, judged like a push, looked at, and published with one more click.

mod form;
mod incoming;
mod not_taken;
mod preview;
mod work;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use time::OffsetDateTime;

use self::form::Filled;
use self::incoming::Arrived;
use self::not_taken::NotTaken;
use self::work::{NotPublished, Stopped};
use super::components::{Badge, FieldErrors, segment};
use super::flash::Flash;
use super::posted::Posted;
use super::problem::Problem;
use super::refusal::{Refusal, capitalised};
use super::viewer::Viewer;
use crate::domain::account::AccountName;
use crate::domain::manifest::Manifest;
use crate::domain::permission::{Action, Denied, Relation};
use crate::domain::secret_token::SecretToken;
use crate::domain::verdict::Outcome;
use crate::domain::visible::visible;
use crate::feed::authority::Refused;
use crate::feed::pending_uploads::{NewUpload, NotNow, Upload};
use crate::feed::push::{self, Pushed, Received};
use crate::feed::verdicts::Kept;
use crate::nupkg;
use crate::vault::random;
use crate::web::drain::{closed_unless, out_of_the_way};
use crate::web::spool::Body;

/// The form.
const PATH: &str = "upload";

/// What was found out about a package that waits.
#[derive(Debug)]
pub(in crate::web) struct Found {
    /// What a push of it would be told, and why.
    kept: Kept,
    /// What it says about itself.
    manifest: Manifest,
    /// Who owns the ID; nobody while it is new.
    owners: Vec<AccountName>,
    /// Whether it is theirs to register its certificate, and that would help.
    registrable: bool,
    /// When it was judged.
    at: OffsetDateTime,
}

impl Found {
    fn would_be_published(&self) -> bool {
        self.kept.explained.outcome != Outcome::Refused
    }

    /// How it stands, in a word or three. Nothing was accepted yet.
    fn standing(&self) -> Badge {
        match self.kept.explained.outcome {
            Outcome::Accepted => Badge::good("Ready to publish"),
            Outcome::NotEnforced => Badge::warning("Ready, but for the rule"),
            Outcome::Refused => Badge::bad("Would be refused"),
        }
    }

    /// `Contoso.Core 1.0.0`
    fn name(&self) -> String {
        format!("{} {}", self.manifest.id, self.manifest.version)
    }
}

/// A package that waits for the click.
type Waiting = Arc<Upload<Found>>;

/// What a link to the form chooses.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default, rename = "for")]
    owner: String,
}

/// `GET upload`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    viewer.expect_able(Action::Push, Relation::Oneself)?;
    let filled = Filled { owner: asked.into_inner().owner };
    form::answer(&viewer, &filled, &FieldErrors::default(), StatusCode::OK).await
}

/// `POST upload`. Whatever becomes of it, the body is read to its end first: a browser shows no answer before it has sent all.
pub(in crate::web) async fn receive(viewer: Viewer, request: HttpRequest, payload: Payload) -> HttpResponse {
    let (body, mut filled) = (Body::new(payload), Filled::default());
    let answer = match take(&viewer, &request, body.clone(), &mut filled).await {
        Ok(upload) => Ok(viewer.visit.redirect(&path_of(&upload))),
        Err(NotTaken::Refusal(refusal)) => Err(refusal),
        Err(NotTaken::Form(status, errors)) => match viewer.visit.renew() {
            Ok(()) => form::answer(&viewer, &filled, &errors, status).await,
            Err(refusal) => Err(refusal),
        },
    };
    let answer = answer.unwrap_or_else(|refusal| refusal.show(&viewer.visit, None));
    // Whoever was too slow is not waited for again.
    let waits = answer.status() != StatusCode::REQUEST_TIMEOUT;
    let gone = waits && out_of_the_way(body, viewer.visit.state()).await;
    closed_unless(gone, answer)
}

/// Receives a package, keeps it, and has it judged.
async fn take(viewer: &Viewer, request: &HttpRequest, body: Body, filled: &mut Filled) -> Result<Waiting, NotTaken> {
    viewer.expect_able(Action::Push, Relation::Oneself).map_err(Refusal::from)?;
    let place = work::place(viewer).await?;
    let state = viewer.visit.state();
    let leave = state.pending.leave(viewer.session.account.id, viewer.visit.now())?;
    let arrived = incoming::read(state, request.headers(), body, &viewer.visit.csrf(), filled).await?;
    viewer.visit.renew()?;
    let Arrived { file_name, received } = arrived;
    let owner = owner(viewer, filled, &received).await?;
    let token = SecretToken::from_random(&random().map_err(|error| Refusal::internal(&error))?);
    let upload = state.pending.keep(leave, NewUpload { token, owner, file_name, received }, viewer.visit.now())?;
    match work::judge_at(viewer, place, &upload).await {
        Ok(_) => Ok(upload),
        Err(Stopped::Push(error)) => match *error {
            push::Error::Package(error) => Err(no_package(viewer, &upload, error)),
            // The button on the page of the upload asks for the password, and then it is judged.
            push::Error::Refused(Refused::Denied(Denied::GivePassword | Denied::GiveCode)) => Ok(upload),
            error => Err(NotTaken::Refusal(error.into())),
        },
        Err(stopped) => Err(NotTaken::Refusal(stopped.into())),
    }
}

/// For whom: oneself, or an organization that one belongs to.
async fn owner(viewer: &Viewer, filled: &Filled, received: &Received) -> Result<AccountName, NotTaken> {
    let accounts = form::accounts(viewer).await?;
    if filled.owner.is_empty() {
        return Ok(work::owner_of(viewer, received, accounts).await?);
    }
    let named = accounts.into_iter().find(|(account, _)| account.name.as_str().eq_ignore_ascii_case(&filled.owner));
    named.map(|(account, _)| account.name).ok_or_else(|| {
        let text = format!(
            "You can upload for yourself and for organizations that you belong to; “{}” is neither.",
            visible(&filled.owner)
        );
        NotTaken::field(StatusCode::UNPROCESSABLE_ENTITY, form::OWNER, text)
    })
}

/// What is no package can never be published: it is thrown away at once.
fn no_package(viewer: &Viewer, upload: &Waiting, error: nupkg::Error) -> NotTaken {
    // It is busy at most: then it goes when its hour is over.
    _ = viewer.visit.state().pending.discard(upload);
    if let nupkg::Error::Io(_) = error {
        return NotTaken::Refusal(push::Error::Package(error).into());
    }
    let text = format!("“{}” is no package that this feed takes: {error}.", upload.file_name);
    NotTaken::field(StatusCode::UNPROCESSABLE_ENTITY, form::PACKAGE, text)
}

/// `GET upload/{token}`
pub(in crate::web) async fn look(viewer: Viewer, token: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let upload = find(&viewer, &token)?;
    match upload.expect_waiting() {
        Ok(()) => {}
        Err(NotNow::Busy) => return Ok(viewer.visit.page(preview::in_work(&upload))),
        Err(not_now) => return stopped_at(&viewer, &upload, Stopped::NotNow(not_now)),
    }
    // It is judged when it is sent, and by the button: whoever only looks, as browsers do ahead of a click, leaves no verdict.
    let page = match upload.found() {
        Some(found) => preview::page(&viewer.visit, &upload, &found),
        None => preview::not_judged(&viewer.visit, &upload),
    };
    Ok(viewer.visit.page(page))
}

/// `POST upload/{token}/judge`: for the first time, if that was not possible when it was sent; or once more, after something has
/// changed.
pub(in crate::web) async fn judge(
    viewer: Viewer,
    _posted: Posted,
    token: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let upload = find(&viewer, &token)?;
    match work::judge(&viewer, &upload).await {
        Ok(_) => Ok(viewer.visit.redirect_saying(Flash::done("The package was checked."), &path_of(&upload))),
        Err(stopped) => stopped_at(&viewer, &upload, stopped),
    }
}

/// `POST upload/{token}/publish`
pub(in crate::web) async fn publish(
    viewer: Viewer,
    _posted: Posted,
    token: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let upload = find(&viewer, &token)?;
    match work::publish(&viewer, &upload).await {
        Ok(pushed) => Ok(published(&viewer, &upload, &pushed)),
        Err(NotPublished::Verdict(number)) => {
            let text = "The package was not published: it was checked once more, and is refused now. This is why.";
            Ok(viewer.visit.redirect_saying(Flash::problem(text), &format!("verdicts/{}", number.0)))
        }
        Err(NotPublished::Stopped(stopped)) => stopped_at(&viewer, &upload, stopped),
    }
}

/// `POST upload/{token}/discard`
pub(in crate::web) async fn discard(
    viewer: Viewer,
    _posted: Posted,
    token: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let upload = find(&viewer, &token)?;
    match viewer.visit.state().pending.discard(&upload) {
        Ok(()) => {
            let text = format!("“{}” was discarded. Nothing of it was published.", upload.file_name);
            Ok(viewer.visit.redirect_saying(Flash::done(text), PATH))
        }
        Err(not_now) => stopped_at(&viewer, &upload, Stopped::NotNow(not_now)),
    }
}

/// `GET` of what is only sent: the upload itself.
pub(in crate::web) async fn back(viewer: Viewer, token: web::Path<String>) -> HttpResponse {
    viewer.visit.redirect(&format!("{PATH}/{}", segment(&*token)))
}

fn path_of(upload: &Waiting) -> String {
    format!("{PATH}/{}", upload.token())
}

/// An upload of the viewer's. One of somebody else's is as little there as one that never was.
fn find(viewer: &Viewer, token: &str) -> Result<Waiting, Refusal> {
    let found = viewer.visit.state().pending.of(viewer.session.account.id, token, viewer.visit.now());
    found.ok_or_else(gone)
}

fn gone() -> Refusal {
    let text = "Uploads are kept for an hour, or until the server restarts, and only for the account that made them. If it was \
                published, its page has it; otherwise nothing was changed: upload the package again.";
    let gone = Problem::new(StatusCode::NOT_FOUND, "This upload is not here any more", text);
    Refusal::Problem(gone.way(PATH, "Upload it again"))
}

/// Where one goes when there is nothing left to decide, or nothing at this moment.
fn stopped_at(viewer: &Viewer, upload: &Waiting, stopped: Stopped) -> Result<HttpResponse, Refusal> {
    match stopped {
        Stopped::NotNow(NotNow::Busy) => Ok(viewer.visit.redirect(&path_of(upload))),
        Stopped::NotNow(NotNow::Published(what)) => {
            Ok(viewer.visit.redirect(&preview::path_of_version(&what.0, &what.1)))
        }
        Stopped::NotNow(NotNow::Gone) => Err(gone()),
        other => Err(other.into()),
    }
}

/// The package's own page, which says what was done.
fn published(viewer: &Viewer, upload: &Waiting, pushed: &Pushed) -> HttpResponse {
    let done = format!("{} {} is published, under the name of {}.", pushed.id, pushed.version.full(), upload.owner);
    let warnings: Vec<String> = pushed.warnings.iter().map(|warning| capitalised(warning)).collect();
    let flash = match warnings.as_slice() {
        [] => Flash::done(done),
        some => Flash::warning(format!("{done} {}", some.join(" "))),
    };
    viewer.visit.redirect_saying(flash, &preview::path_of_version(&pushed.id, &pushed.version))
}
