//! Making a request.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, http::Response};

use super::error::Error;
use super::resolve::{self, Lookup, Unresolved};
use super::target::Target;
use super::turns::{Answer, Question, Turns};

/// Largest body in bytes: ten million. The largest CRLs of public authorities have some megabytes.
pub const MAX_BODY: usize = 10_000_000;
/// Time for all of a request: waiting for the turn, resolving, connecting, reading to the last byte.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// How many questions an administrator's URL is asked at once. Each question for a timestamp is another one, so all pushes
/// would queue behind each other; an authority that was chosen for that can bear this many. Equal questions, GETs among
/// them, are asked once in any case.
const CONFIGURED_AT_ONCE: usize = 8;
/// Largest head of an answer in bytes. Real ones have a few hundred.
const MAX_HEAD: usize = 16 * 1024;
/// Longest text about a failure, in characters: it can have names from the server's certificate.
const MAX_REASON: usize = 200;

/// How much a request may cost; never more than ten million bytes (`MAX_BODY`) and [`DEADLINE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the answer's body.
    pub body: usize,
    /// Time for everything.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: MAX_BODY, time: DEADLINE }
    }
}

/// The guard. There is one in the server, because requests to a URL take turns.
#[derive(Debug)]
pub struct Outbound {
    lookup: Lookup,
    roots: OnceLock<RootCerts>,
    turns: Turns,
}

impl Default for Outbound {
    fn default() -> Self {
        Self::new(resolve::system)
    }
}

impl Outbound {
    /// A guard that finds addresses by `lookup`. The server's is [`Outbound::default`], which asks the system.
    fn new(lookup: Lookup) -> Self {
        Self { lookup, roots: OnceLock::new(), turns: Turns::default() }
    }

    /// The body at `target`, by GET. Blocks for up to `limits.time`.
    ///
    /// # Errors
    /// [`enum@Error`]: everything but status 200 with a body within the limits.
    pub fn get(&self, target: &Target, limits: Limits) -> Result<Vec<u8>, Error> {
        self.ask(target, None, limits)
    }

    /// The answer to `body` of the media type `content_type`, by POST. Blocks for up to `limits.time`.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn post(
        &self,
        target: &Target,
        content_type: &'static str,
        body: &[u8],
        limits: Limits,
    ) -> Result<Vec<u8>, Error> {
        self.ask(target, Some((content_type, body.to_vec())), limits)
    }

    fn ask(&self, target: &Target, body: Option<(&'static str, Vec<u8>)>, limits: Limits) -> Result<Vec<u8>, Error> {
        let time = limits.time.min(DEADLINE);
        let until = Instant::now() + time;
        let inside = target.may_be_inside();
        // What a stranger wrote into a certificate must not make this server a load for anybody.
        let at_once = if target.is_configured() && body.is_some() { CONFIGURED_AT_ONCE } else { 1 };
        let question = Question { body, limit: limits.body.min(MAX_BODY), inside, at_once };
        let request = Request { target, question: &question, time, until };
        let answer = self.turns.take(target.as_str(), &question, until, || self.send(&request));
        answer.unwrap_or_else(|| Err(request.timeout())).map(Arc::unwrap_or_clone)
    }

    fn send(&self, request: &Request<'_>) -> Answer {
        let addresses =
            resolve::resolve(request.target, self.lookup, request.until).map_err(|unresolved| match unresolved {
                Unresolved::Timeout => request.timeout(),
                Unresolved::Refused(error) => error,
            })?;
        // An agent for one request: no connection and no state outlives it.
        let agent = Agent::with_parts(self.config(request), DefaultConnector::default(), Pinned(addresses));
        let url = request.target.as_str();
        let sent = match &request.question.body {
            None => agent.get(url).call(),
            Some((content_type, body)) => agent.post(url).content_type(*content_type).send(&body[..]),
        };
        request.read(sent.map_err(|error| request.failure(error))?).map(Arc::new)
    }

    fn config(&self, request: &Request<'_>) -> Config {
        let mut tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
        if request.target.is_https() {
            tls = tls.root_certs(self.roots.get_or_init(system_roots).clone());
        }
        Config::builder()
            // The client would read it from the environment, and let the proxy resolve the name.
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .accept_encoding("")
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(MAX_HEAD)
            .max_idle_connections(0)
            .timeout_global(Some(request.until.saturating_duration_since(Instant::now())))
            .tls_config(tls.build())
            .build()
    }
}

/// The roots that the machine's administrator trusts for TLS. Without any, no https server is accepted.
fn system_roots() -> RootCerts {
    let loaded = rustls_native_certs::load_native_certs();
    for error in &loaded.errors {
        tracing::warn!(%error, "some of the system's TLS roots can't be read");
    }
    RootCerts::from(loaded.certs.iter().map(|root| Certificate::from_der(root).to_owned()))
}

/// A request with its deadline.
struct Request<'a> {
    target: &'a Target,
    question: &'a Question,
    time: Duration,
    until: Instant,
}

impl Request<'_> {
    fn host(&self) -> String {
        self.target.host().to_string()
    }

    fn timeout(&self) -> Error {
        Error::Timeout { host: self.host(), millis: self.time.as_millis() }
    }

    fn read(&self, mut response: Response<Body>) -> Result<Vec<u8>, Error> {
        let status = response.status().as_u16();
        let too_large = || Error::TooLarge { host: self.host(), limit: self.question.limit };
        let limit = u64::try_from(self.question.limit).unwrap_or(u64::MAX);
        match status {
            200 if response.body().content_length().is_some_and(|length| length > limit) => Err(too_large()),
            200 => match response.body_mut().with_config().limit(limit).read_to_vec() {
                Err(ureq::Error::BodyExceedsLimit(_)) => Err(too_large()),
                read => read.map_err(|error| self.failure(error)),
            },
            300..=399 => Err(Error::Redirect { host: self.host(), status }),
            _ => Err(Error::Status { host: self.host(), status }),
        }
    }

    fn failure(&self, error: ureq::Error) -> Error {
        let host = self.host();
        match error {
            ureq::Error::Timeout(_) => self.timeout(),
            ureq::Error::Rustls(error) => refused_by_tls(host, &error),
            // The handshake tells its errors as errors of the connection.
            ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(error) => refused_by_tls(host, error),
                None => Error::Connection { host, reason: plain(&error.to_string()) },
            },
            error => Error::Connection { host, reason: plain(&error.to_string()) },
        }
    }
}

fn refused_by_tls(host: String, error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(why) => Error::Certificate { host, reason: plain(&why.to_string()) },
        other => Error::Connection { host, reason: plain(&other.to_string()) },
    }
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).take(MAX_REASON).collect()
}

/// The addresses that were judged, whatever name the client asks for.
#[derive(Debug)]
struct Pinned(Vec<SocketAddr>);

impl Resolver for Pinned {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        for address in &self.0 {
            // `resolve` keeps no more than fit.
            let _ = addresses.try_push(*address);
        }
        Ok(addresses)
    }
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
