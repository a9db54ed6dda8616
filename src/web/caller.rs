//! Who is asking: decided from the headers by a middleware, before a byte of the body is read.
//!
//! actix polls all extractors of a handler at once, so an extractor that asks the database would race with one that
//! reads the body. A middleware does not.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, dev, web};
use std::future::{Ready, ready};
use std::net::IpAddr;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::client_address;
use super::credentials::{self, Basic};
use super::drain::drained;
use super::password_gate;
use super::shares::Who;
use super::spool::Body;
use super::state::State;
use super::throttle::Attempt;
use crate::domain::account::AccountName;
use crate::domain::api_key::{ApiKey, Dead, Denied, KeyGrant, Scope, Use};
use crate::feed::api_keys::KeyActor;
use crate::store;

const CREDENTIALS_REQUIRED: Answer = Answer::new(StatusCode::UNAUTHORIZED, "credentials required");
const KEY_INVALID: Answer = Answer::new(StatusCode::FORBIDDEN, "API key is invalid, expired or revoked");
const TOO_MANY_PASSWORDS: Answer = Answer::new(StatusCode::TOO_MANY_REQUESTS, "too many sign-ins at once");
const TOO_MANY_FAILURES: Answer =
    Answer::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong passwords, wait before the next");
/// When a request may come again that found all readers of the database taken.
const BUSY_WAIT: std::time::Duration = std::time::Duration::from_secs(2);
const BUSY: Answer = Answer::new(StatusCode::SERVICE_UNAVAILABLE, "server is busy");
const INTERNAL: Answer = Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error");

/// The key that a push, unlist or relist was sent with, and from where. Only [`writing`] puts it there.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// What it might do when the request began. Operations ask again in their own transaction.
    pub grant: KeyGrant,
    address: IpAddr,
}

impl Caller {
    /// As operations know it.
    pub fn actor(&self) -> KeyActor {
        KeyActor { id: self.grant.id, address: self.address.to_string() }
    }
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let caller = request.extensions().get::<Self>().cloned();
        ready(caller.ok_or_else(|| actix_web::error::ErrorInternalServerError("route without authentication")))
    }
}

/// Lets a request pass that may read: with anonymous reading everybody, otherwise whoever brings a password, or a key
/// with the scope *read*.
pub(super) async fn reading(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    match may_read(&request).await {
        Ok(who) => {
            request.extensions_mut().insert(who);
            next.call(request).await
        }
        Err(refusal) => Ok(request.into_response(HttpResponse::from(refusal))),
    }
}

/// The same for the files that Visual Studio fetches without credentials: their URLs carry a token.
pub(super) async fn reading_files(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if has_token(&request) { next.call(request).await } else { reading(request, next).await }
}

/// Lets a request pass that brings a key, and keeps the key for the handler. A refusal drains the body.
pub(super) async fn writing(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match caller(&request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.call(request).await
        }
        Err(refusal) => {
            let mut payload = request.take_payload();
            let body = Body::new(web::Payload::from_request(request.request(), &mut payload).await?);
            let response = match state(&request) {
                Ok(state) => drained(refusal, body, state).await,
                Err(failure) => failure.into(),
            };
            Ok(request.into_response(response))
        }
    }
}

/// Lets a request without a body pass that brings any key that counts, and keeps it for the handler, which judges what it may see.
pub(super) async fn with_key(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    match of_any_key(&request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.call(request).await
        }
        Err(refusal) => Ok(request.into_response(HttpResponse::from(refusal))),
    }
}

/// Whose share of what the server does at once a request takes: of whoever was let in, or of the strangers at its address.
pub(super) fn asker(request: &HttpRequest, state: &State) -> Who {
    let extensions = request.extensions();
    let of_key = || extensions.get::<Caller>().map(|caller| Who::of_key(&caller.grant));
    let stranger = || Who::stranger(client_address::of_request(request, &state.app.config.trusted_proxies));
    extensions.get::<Who>().copied().or_else(of_key).unwrap_or_else(stranger)
}

fn state(request: &ServiceRequest) -> Result<&State, Answer> {
    request.app_data::<web::Data<State>>().map(web::Data::get_ref).ok_or(INTERNAL)
}

async fn may_read(request: &ServiceRequest) -> Result<Who, Answer> {
    let state = state(request)?;
    if state.live().policy.anonymous_read {
        return Ok(Who::stranger(address(request, state)));
    }
    // Clients ask each URL without credentials first: this answer must cost nothing.
    let Some(Basic { user, secret }) = credentials::basic(request.headers()) else { return Err(CREDENTIALS_REQUIRED) };
    if let Ok(key) = secret.parse::<ApiKey>() {
        let reads = grant(state, request, &key)?.ok().filter(|grant| grant.may(Use::Read).is_ok());
        return reads.map(|grant| Who::of_key(&grant)).ok_or(CREDENTIALS_REQUIRED);
    }
    let Ok(name) = user.parse() else { return Err(CREDENTIALS_REQUIRED) };
    may_read_with_password(state, address(request, state), &name, secret).await
}

/// A password reads, and nothing else. It has no browser that could be known: addresses at which it was right are.
async fn may_read_with_password(
    state: &State,
    address: IpAddr,
    name: &AccountName,
    secret: Zeroizing<String>,
) -> Result<Who, Answer> {
    // Nobody's hash, and so always wrong, is also that of an account with a second factor, which machines can't give: it is
    // answered, and costs, like an account that does not exist.
    let stored = state.app.store.look_up(|r| r.password_hash_without_factor(name)).map_err(|error| internal(&error))?;
    let attempt = Attempt { account_key: name.key(), address, known: false };
    match state.passwords.test(&attempt, stored, secret).await {
        password_gate::Answer::Right => {
            let account = state.app.store.look_up(|r| r.account(name)).map_err(|error| internal(&error))?;
            account.map(|account| Who::Account(account.id)).ok_or(CREDENTIALS_REQUIRED)
        }
        password_gate::Answer::Wrong => Err(CREDENTIALS_REQUIRED),
        password_gate::Answer::Busy => Err(TOO_MANY_PASSWORDS),
        password_gate::Answer::Slowed(wait) => Err(TOO_MANY_FAILURES.retry_after(wait)),
    }
}

/// Whether the query has a token for the file in the path: one of this version, or for readmes one of this week.
fn has_token(request: &ServiceRequest) -> bool {
    let query = request.query_string().split('&').find_map(|pair| pair.strip_prefix("token="));
    let (Some(token), Ok(state)) = (query, state(request)) else { return false };
    let matched = request.match_info();
    let (Some(id), Some(version)) = (matched.get("id"), matched.get("version")) else { return false };
    let is_readme = request.path().ends_with("/readme");
    state.app.is_file_token(id, version, token)
        || (is_readme && state.app.is_readme_token(token, OffsetDateTime::now_utc()))
}

/// The key in `X-NuGet-ApiKey`, or one sent as the Basic password. A password pushes nothing.
fn caller(request: &ServiceRequest) -> Result<Caller, Answer> {
    let caller = of_any_key(request)?;
    Ok(Caller { grant: in_scope(request, caller.grant)?, ..caller })
}

/// The same, whatever its scopes are.
fn of_any_key(request: &ServiceRequest) -> Result<Caller, Answer> {
    let state = state(request)?;
    let key = match (credentials::api_key(request.headers()), credentials::basic(request.headers())) {
        (Some(key), _) => key.ok_or(KEY_INVALID)?,
        (None, Some(basic)) => basic.secret.parse().map_err(|_| KEY_INVALID)?,
        (None, None) => {
            return Err(CREDENTIALS_REQUIRED.detail("send an API key in X-NuGet-ApiKey, for example by --api-key"));
        }
    };
    // Whoever has the key may know why it does not count; whoever made one up learns only that there is none.
    let grant = grant(state, request, &key)?.map_err(|dead| KEY_INVALID.detail(dead.to_string()))?;
    Ok(Caller { grant, address: address(request, state) })
}

/// A key without the scope for this route is refused before a byte of the body is received: who may only read must not
/// take the places of those who push. The ID stands inside the package, so patterns and owners are judged later.
fn in_scope(request: &ServiceRequest, grant: KeyGrant) -> Result<KeyGrant, Answer> {
    let (scope, reason) = match request.match_info().get("id") {
        Some(_) => (Scope::Unlist, "API key may not change this package"),
        None => (Scope::PushVersion, "API key may not push this package"),
    };
    if grant.scopes.contain(scope) {
        return Ok(grant);
    }
    Err(Answer::new(StatusCode::FORBIDDEN, reason).detail(Denied::Scope(scope.name()).to_string()))
}

/// What the key may do now, read from the database each time; a living one is noted as used.
fn grant(state: &State, request: &ServiceRequest, key: &ApiKey) -> Result<Result<KeyGrant, Dead>, Answer> {
    let now = OffsetDateTime::now_utc();
    let grant = state.app.store.look_up(|r| r.grant(&key.hash(), now)).map_err(|error| internal(&error))?;
    if let Ok(grant) = &grant {
        state.uses.key(grant.id, now, address(request, state));
    }
    Ok(grant)
}

fn address(request: &ServiceRequest, state: &State) -> IpAddr {
    client_address::of_request(request.request(), &state.app.config.trusted_proxies)
}

fn internal(error: &store::Error) -> Answer {
    tracing::error!(%error, "a key or password could not be looked up");
    match error {
        store::Error::Pool(_) | store::Error::Busy(_) => BUSY.retry_after(BUSY_WAIT),
        _ => INTERNAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::AccountKind;
    use crate::store::Store;

    #[test]
    fn a_password_reads_by_itself_until_a_second_factor_is_enrolled() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let (ann, now) = ("ann".parse().unwrap(), OffsetDateTime::UNIX_EPOCH);
        let hash = || store.read(|r| r.password_hash_without_factor(&ann)).unwrap();
        assert_eq!(hash(), None);
        let id = store.write(|w| w.create_account(&ann, AccountKind::User, false, Some("a hash"), now)).unwrap();
        assert_eq!(hash().as_deref(), Some("a hash"));
        store.write(|w| w.enrol(id, b"sealed", 1, now)).unwrap();
        assert_eq!(hash(), None);
    }
}
