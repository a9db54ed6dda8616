//! One request for a page: a visitor's, or that of somebody who is signed in.
//!
//! A session is looked up for each request, so one that was ended is dead at once.

use std::cell::Cell;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::rc::Rc;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, LOCATION, USER_AGENT};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use time::{Duration, OffsetDateTime};
use url::Url;

use super::cookies;
use super::csrf::CsrfToken;
use super::flash::Flash;
use super::frame::{Frame, FrameViewer};
use super::origin;
use super::page::Page;
use super::problem::Problem;
use super::refusal::{Refusal, capitalised};
use super::return_to::ReturnTo;
use super::viewer::Viewer;
use crate::domain::notice::Seen;
use crate::domain::secret_token::SecretToken;
use crate::domain::session::SessionRules;
use crate::feed::sign_in;
use crate::store::sessions::Session;
use crate::vault::random;
use crate::web::client_address;
use crate::web::shares::Who;
use crate::web::state::State;
use crate::web::turns::BUSY_SECONDS;

/// How old the note of a session's last request may get before it is written anew.
const NOTE_USE_AFTER: Duration = Duration::minutes(1);
/// Unread notices that a page shows at most.
const NOTICES: u32 = 5;

/// One request for a page, and who it is from.
#[derive(Clone)]
pub(in crate::web) struct Visit(Rc<Inner>);

struct Inner {
    state: web::Data<State>,
    token: SecretToken,
    session: Option<Session>,
    address: IpAddr,
    browser: String,
    path: String,
    query: String,
    form: bool,
    page_before: Option<ReturnTo>,
    now: Cell<OffsetDateTime>,
}

impl Visit {
    /// What the visitor's cookie holds.
    pub(super) fn token(&self) -> &SecretToken {
        &self.0.token
    }

    /// The server.
    pub fn state(&self) -> &web::Data<State> {
        &self.0.state
    }

    /// The session, complete or not, that the cookie belongs to.
    pub fn session(&self) -> Option<&Session> {
        self.0.session.as_ref()
    }

    /// When the request came, body and all.
    pub fn now(&self) -> OffsetDateTime {
        self.0.now.get()
    }

    /// Asks again whether the session lives, and what time it is: files may be sent as slowly as their sender likes.
    ///
    /// # Errors
    /// [`Refusal::SignIn`] when it has ended meanwhile.
    pub(super) fn renew(&self) -> Result<(), Refusal> {
        let now = OffsetDateTime::now_utc();
        let rules = self.rules();
        let session = self.0.state.app.store.look_up(|r| r.session_of_cookie(&self.0.token.hash()))?;
        let lives = session.is_some_and(|session| session.times.is_live(session.complete, &rules, now));
        if self.0.session.is_some() && !lives {
            return Err(Refusal::SignIn);
        }
        self.0.now.set(now);
        Ok(())
    }

    /// From where.
    pub fn address(&self) -> IpAddr {
        self.0.address
    }

    /// The browser, as it calls itself.
    pub fn browser(&self) -> &str {
        &self.0.browser
    }

    /// The host of the public URL, by which people and their apps tell feeds apart.
    pub fn host(&self) -> String {
        host(&self.0.state)
    }

    /// Ends the session that the browser had, if any: who signs in anew or out leaves none behind.
    ///
    /// # Errors
    /// The database.
    pub async fn forget_old_session(&self) -> Result<(), Refusal> {
        let Some(session) = self.0.session.clone() else { return Ok(()) };
        self.run(move |app| sign_in::sign_out(app, &session)).await
    }

    /// What the policy says about sessions.
    pub fn rules(&self) -> SessionRules {
        SessionRules::from(&self.0.state.live().policy)
    }

    /// The path of this page with its query, without a slash at its beginning: where one comes back to.
    pub fn here(&self) -> String {
        if self.0.query.is_empty() { self.0.path.clone() } else { format!("{}?{}", self.0.path, self.0.query) }
    }

    /// Whether a form was sent, and not only a page asked for.
    pub fn is_form(&self) -> bool {
        self.0.form
    }

    /// The page of ours that the browser came from, if it says so.
    pub fn page_before(&self) -> Option<&ReturnTo> {
        self.0.page_before.as_ref()
    }

    /// The token that forms of this visitor carry.
    pub fn csrf(&self) -> CsrfToken {
        CsrfToken::of(self.0.token.reveal())
    }

    /// Answers with a page.
    pub fn page(&self, page: Page) -> HttpResponse {
        page.respond(&self.frame())
    }

    /// Sends the browser to `path`, which begins without a slash: after a form was taken, so that loading again does not
    /// send it again (RFC 9110, section 15.4.4).
    pub fn redirect(&self, path: &str) -> HttpResponse {
        let home = home_path(&self.0.state);
        HttpResponse::SeeOther()
            .insert_header((LOCATION, format!("{home}{path}")))
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish()
    }

    /// The same, and says on that page what was done.
    pub fn redirect_saying(&self, flash: Flash, path: &str) -> HttpResponse {
        self.0.state.flashes.put(self.0.token.hash(), path, flash);
        self.redirect(path)
    }

    /// The frame around a page, with what the viewer has not read. Takes the flash: it is shown once.
    pub fn frame(&self) -> Frame {
        let inner = &self.0;
        let session = inner.session.as_ref().filter(|session| session.complete);
        let notices = session.and_then(|session| {
            let (account, seen) = (session.account.id, session.seen);
            let read = |r: &crate::store::Reads<'_>| {
                Ok::<_, crate::store::Error>((
                    r.unread_notices(account, seen, NOTICES)?,
                    r.count_unread_notices(account, seen)?,
                ))
            };
            inner.state.app.store.look_up(read).ok()
        });
        let (notices, unread) = notices.unwrap_or_default();
        Frame {
            flash: inner.state.flashes.take(&inner.token.hash(), &inner.path),
            shown_notices: Seen::of(notices.iter().map(|(topic, notice)| (*topic, notice.id))),
            notices: notices.into_iter().map(|(_, notice)| (notice.text, notice.link)).collect(),
            unread_notices: unread,
            ..self.frame_without_flash()
        }
    }

    /// The bare frame, for a part of a page that only wants to know where it stands: nothing is read for it.
    pub fn frame_without_flash(&self) -> Frame {
        let inner = &self.0;
        let session = inner.session.as_ref().filter(|session| session.complete);
        Frame {
            home: home_path(&inner.state),
            path: inner.path.clone(),
            query: inner.query.clone(),
            host: host(&inner.state),
            may_read: session.is_some() || inner.state.live().policy.anonymous_read,
            viewer: session.map(|session| FrameViewer {
                name: session.account.name.to_string(),
                administrator: session.account.administrator,
            }),
            csrf: self.csrf(),
            flash: None,
            shown_notices: Seen::default(),
            notices: Vec::new(),
            unread_notices: 0,
        }
    }

    /// Back to `back`, which says what was done, or why it was not.
    ///
    /// # Errors
    /// What is no matter of what was typed or clicked.
    pub fn done_or_said(&self, done: Result<Flash, Refusal>, back: &str) -> Result<HttpResponse, Refusal> {
        match done {
            Ok(flash) => Ok(self.redirect_saying(flash, back)),
            Err(Refusal::Said(why)) => Ok(self.redirect_saying(Flash::problem(capitalised(&why)), back)),
            Err(refusal) => Err(refusal),
        }
    }

    /// Runs something on a thread where it may wait for the database. Of one person, or of the strangers at one address, only so much
    /// runs at once: who asks for many pages waits, and nobody else does.
    ///
    /// # Errors
    /// What it refuses; or that its turn did not come.
    pub async fn run<T, E>(
        &self,
        operation: impl FnOnce(&crate::app::App) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Refusal>
    where
        T: Send + 'static,
        E: Send + 'static,
        Refusal: From<E>,
    {
        let turn = self.0.state.turns.enter(self.who()).await;
        let turn = turn.ok_or_else(|| Problem::unavailable("too many requests at once", BUSY_SECONDS))?;
        let app = std::sync::Arc::clone(&self.0.state.app);
        // A browser that leaves ends this future, but not the operation: the turn goes with that.
        let run = move || {
            let _turn = turn;
            operation(&app)
        };
        match web::block(run).await {
            Ok(done) => done.map_err(Refusal::from),
            Err(error) => Err(Refusal::internal(&error)),
        }
    }

    /// Whose share of what the server does at once this request takes.
    pub(super) fn who(&self) -> Who {
        self.0
            .session
            .as_ref()
            .map_or_else(|| Who::stranger(self.0.address), |session| Who::Account(session.account.id))
    }

    /// Whoever is signed in; `None` for a visitor, and while a code is awaited.
    pub fn viewer(&self) -> Option<Viewer> {
        let session = self.0.session.clone().filter(|session| session.complete)?;
        Some(Viewer::new(self.clone(), session))
    }

    /// The visit that a request is: its cookie is looked up, and nothing else is read.
    ///
    /// # Errors
    /// The database.
    pub(super) fn arrive(request: &ServiceRequest) -> Result<Self, Refusal> {
        let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
            return Err(Refusal::Problem(Problem::internal("route without state")));
        };
        let now = OffsetDateTime::now_utc();
        let token = match cookies::Names::of(&state).read(request.request()) {
            Some(token) => token,
            None => SecretToken::from_random(&random().map_err(|error| Refusal::internal(&error))?),
        };
        let rules = SessionRules::from(&state.live().policy);
        let session = state.app.store.look_up(|r| r.session_of_cookie(&token.hash()))?;
        let session = session.filter(|session| session.times.is_live(session.complete, &rules, now));
        if let Some(session) = session.as_ref().filter(|session| now - session.times.last_seen_at > NOTE_USE_AFTER) {
            state.uses.session(session.id, now);
        }
        let home = home_path(&state);
        let path = request.path().strip_prefix(home.as_str()).unwrap_or_default().to_owned();
        let browser = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Visit(Rc::new(Inner {
            address: client_address::of_request(request.request(), &state.app.config.trusted_proxies),
            browser: browser.to_owned(),
            query: request.query_string().to_owned(),
            form: request.method() == Method::POST,
            page_before: origin::page_before(request.headers(), &state.app.urls.home(), &home),
            state,
            token,
            session,
            path,
            now: Cell::new(now),
        })))
    }

    /// The visit of a request that went through the middleware.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).ok_or_else(|| actix_web::error::ErrorInternalServerError("route without a visit")))
    }
}

/// The path of the public URL with a slash at its end.
fn home_path(state: &State) -> String {
    let path = Url::parse(&state.app.urls.home()).map(|url| url.path().to_owned()).unwrap_or_default();
    format!("{}/", path.trim_end_matches('/'))
}

fn host(state: &State) -> String {
    let url = Url::parse(&state.app.urls.home()).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
