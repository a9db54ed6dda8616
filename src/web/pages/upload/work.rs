//! What takes long: judging and publishing, with the places that pushes by clients have, on a thread that may block.

use std::fs::File;
use std::sync::Arc;

use actix_web::web;
use time::OffsetDateTime;

use super::{Found, Waiting};
use crate::app::App;
use crate::domain::account::{Account, AccountId, AccountName};
use crate::domain::manifest::Manifest;
use crate::domain::permission::Relation;
use crate::domain::verdict::VerdictNumber;
use crate::feed::pending_uploads::NotNow;
use crate::feed::push::{self, NotPushed, Pushed, Pusher, Received};
use crate::feed::verdicts;
use crate::nupkg;
use crate::store;
use crate::web::pages::problem::Problem;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::viewer::Viewer;
use crate::web::uploads::Place;

/// Why an upload was not judged.
pub(super) enum Stopped {
    /// Not at this moment, or not any more.
    NotNow(NotNow),
    /// It can't be judged.
    Push(Box<push::Error>),
    /// The server is busy, or failed.
    Refusal(Refusal),
}

/// Why an upload was not published.
pub(super) enum NotPublished {
    /// It is refused, and this verdict says why.
    Verdict(VerdictNumber),
    /// Something else.
    Stopped(Stopped),
}

/// A place for an upload of the viewer's.
pub(super) async fn place(viewer: &Viewer) -> Result<Place, Refusal> {
    let place = viewer.visit.state().uploads.enter(viewer.session.account.id).await;
    place.map_err(|_| Refusal::Problem(Problem::unavailable("too many uploads at once", 10)))
}

/// Judges an upload.
pub(super) async fn judge(viewer: &Viewer, upload: &Waiting) -> Result<Arc<Found>, Stopped> {
    let place = place(viewer).await?;
    judge_at(viewer, place, upload).await
}

/// The same with a place that was taken before.
pub(super) async fn judge_at(viewer: &Viewer, place: Place, upload: &Waiting) -> Result<Arc<Found>, Stopped> {
    let (pusher, upload) = (pusher(viewer, upload), Arc::clone(upload));
    let viewer_id = viewer.session.account.id;
    let look =
        move |app: &App| upload.look(|received| find_out(app, viewer_id, &pusher, received, OffsetDateTime::now_utc()));
    with_turn(viewer, place, look).await
}

/// Publishes an upload: a push like any other, which verifies and decides again.
pub(super) async fn publish(viewer: &Viewer, upload: &Waiting) -> Result<Pushed, NotPublished> {
    let place = place(viewer).await.map_err(Stopped::from)?;
    let (pusher, upload) = (pusher(viewer, upload), Arc::clone(upload));
    let publish = move |app: &App| {
        let push = |received: &Received| push::push(app, &pusher, received, OffsetDateTime::now_utc());
        let pushed = upload.publish(
            |received| push(received).map_err(NotPublished::from),
            |pushed| (pushed.id.clone(), pushed.version.clone()),
        );
        if matches!(pushed, Err(NotPublished::Verdict(_))) {
            // What its page says is true no longer.
            upload.forget();
        }
        pushed
    };
    with_turn(viewer, place, publish).await
}

/// The account that a package is for where nobody said it: of `accounts`, one that owns the ID; of a new ID, and where the file
/// can't be read, oneself.
pub(super) async fn owner_of(
    viewer: &Viewer,
    received: &Received,
    accounts: Vec<(Account, Relation)>,
) -> Result<AccountName, Refusal> {
    let file = received.file.reopen().map_err(|error| Refusal::internal(&error))?;
    let found = viewer.visit.run(move |app| {
        let Ok(manifest) = manifest(file) else { return Ok(None) };
        app.store.read(|r| {
            let Some(registration) = r.registration(&manifest.id)? else { return Ok::<_, store::Error>(None) };
            let owners = r.owners(registration.id)?;
            let owns = |account: &Account| owners.iter().any(|(id, _)| *id == account.id);
            // Oneself before organizations: `accounts` begins with that.
            Ok(accounts.into_iter().map(|(account, _)| account).find(owns))
        })
    });
    Ok(found.await?.map_or_else(|| viewer.session.account.name.clone(), |account| account.name))
}

fn pusher(viewer: &Viewer, upload: &Waiting) -> Pusher {
    Pusher::Page { actor: viewer.actor(), owner: upload.owner.clone() }
}

/// Runs something with a turn of those that pushes take. A browser that hangs up ends the request, but not what it began: the
/// places go with that.
async fn with_turn<T, E>(
    viewer: &Viewer,
    place: Place,
    work: impl FnOnce(&App) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Stopped> + Send + 'static,
{
    let state = viewer.visit.state();
    let turn = Arc::clone(&state.pushes).acquire_owned().await;
    let turn = turn.map_err(|error| Stopped::Refusal(Refusal::internal(&error)))?;
    let app = Arc::clone(&state.app);
    let done = web::block(move || {
        let _held = (place, turn);
        work(&app)
    });
    done.await.unwrap_or_else(|error| Err(Stopped::Refusal(Refusal::internal(&error)).into()))
}

fn find_out(
    app: &App,
    viewer: AccountId,
    pusher: &Pusher,
    received: &Received,
    now: OffsetDateTime,
) -> Result<Found, Stopped> {
    let kept = push::dry_run(app, pusher, received, now)?;
    let manifest = manifest(received.file.reopen().map_err(push::Error::from)?)?;
    let owners = app.store.read(|r| match r.registration(&manifest.id)? {
        Some(registration) => Ok::<_, store::Error>(r.owners(registration.id)?),
        None => Ok(Vec::new()),
    });
    let owners = owners.map_err(push::Error::from)?.into_iter().map(|(_, name)| name).collect();
    let registrable = match kept.number {
        Some(number) => {
            app.store.read(|r| verdicts::registrable(r, app, viewer, number, now)).map_err(push::Error::from)?
        }
        None => false,
    };
    Ok(Found { kept, manifest, owners, registrable, at: now })
}

/// What the package says about itself. Whether its ID may be on this feed was judged before.
fn manifest(mut file: File) -> Result<Manifest, push::Error> {
    let limits = nupkg::Limits { unicode_ids: true, ..nupkg::Limits::default() };
    Ok(nupkg::read(&mut file, &limits)?.manifest)
}

impl From<NotNow> for Stopped {
    fn from(not_now: NotNow) -> Self {
        Self::NotNow(not_now)
    }
}

impl From<push::Error> for Stopped {
    fn from(error: push::Error) -> Self {
        Self::Push(Box::new(error))
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Stopped> for Refusal {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::NotNow(not_now) => Self::Said(not_now.to_string()),
            Stopped::Push(error) => (*error).into(),
            Stopped::Refusal(refusal) => refusal,
        }
    }
}

impl<S: Into<Stopped>> From<S> for NotPublished {
    fn from(stopped: S) -> Self {
        Self::Stopped(stopped.into())
    }
}

impl From<NotPushed> for NotPublished {
    fn from(not: NotPushed) -> Self {
        // Who may not push, or not yet, is told so and asked for what is missing; nothing else is of interest then.
        match (*not.error, not.verdict.and_then(|kept| kept.number)) {
            (error @ push::Error::Refused(_), _) | (error, None) => Self::Stopped(error.into()),
            (_, Some(number)) => Self::Verdict(number),
        }
    }
}
