//! Somebody who is signed in and looks at a page: what they may, and operations in their name.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use time::OffsetDateTime;

use super::refusal::Refusal;
use super::visit::Visit;
use crate::app::App;
use crate::domain::permission::{self, Action, Denied, Relation};
use crate::feed::authority::{Actor, SessionActor, standing};
use crate::store::sessions::Session;

/// Somebody who is signed in with all their factors.
#[derive(Clone)]
pub(in crate::web) struct Viewer {
    /// The request.
    pub visit: Visit,
    /// The session as it was when the request came. Operations ask again in their own transaction.
    pub session: Session,
}

impl Viewer {
    /// Whoever a complete `session` is of.
    pub(super) fn new(visit: Visit, session: Session) -> Self {
        Self { visit, session }
    }

    /// As operations know them.
    pub fn actor(&self) -> Actor {
        Actor::Session(self.session_actor())
    }

    /// As operations know them that are for sessions alone.
    pub fn session_actor(&self) -> SessionActor {
        SessionActor { id: self.session.id, rules: self.visit.rules(), address: self.visit.address().to_string() }
    }

    /// Whether they may do `action` to an account that they are `relation` to: for what a page offers. The operation
    /// decides again.
    ///
    /// # Errors
    /// Why not, or not yet.
    pub fn may(&self, action: Action, relation: Relation) -> Result<(), Denied> {
        permission::may(&standing(&self.session, &self.visit.rules(), relation, self.visit.now()), action)
    }

    /// Whether a page offers them `action`: it is theirs, though a code or a second factor may still be asked for.
    pub fn offers(&self, action: Action, relation: Relation) -> bool {
        self.expect_theirs(action, relation).is_ok()
    }

    /// Refuses what is not theirs: for a page that may be looked at before there is a second factor.
    ///
    /// # Errors
    /// [`Denied::NotYours`].
    pub fn expect_theirs(&self, action: Action, relation: Relation) -> Result<(), Denied> {
        match self.may(action, relation) {
            Err(denied @ Denied::NotYours(_)) => Err(denied),
            _ => Ok(()),
        }
    }

    /// Refuses what a form could not mend, before its fields are looked at: nobody shall correct a form only to learn that it
    /// is not theirs, or that a second factor comes first. A code or password that is missing is left for the operation to ask
    /// for, which then sends the form again.
    ///
    /// # Errors
    /// [`Denied::NotYours`] and [`Denied::Enrol`].
    pub fn expect_able(&self, action: Action, relation: Relation) -> Result<(), Denied> {
        match self.may(action, relation) {
            Err(denied @ (Denied::NotYours(_) | Denied::Enrol)) => Err(denied),
            Ok(()) | Err(Denied::GiveCode | Denied::GivePassword) => Ok(()),
        }
    }

    /// Runs an operation on a thread where it may wait for the database.
    ///
    /// # Errors
    /// What the operation refuses.
    pub async fn run<T, E>(
        &self,
        operation: impl FnOnce(&App, &Actor, OffsetDateTime) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Refusal>
    where
        T: Send + 'static,
        E: Send + 'static,
        Refusal: From<E>,
    {
        let (actor, now) = (self.actor(), self.visit.now());
        self.visit.run(move |app| operation(app, &actor, now)).await
    }
}

impl FromRequest for Viewer {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Visit::of(request).and_then(|visit| visit.viewer()).ok_or(Refusal::SignIn))
    }
}
