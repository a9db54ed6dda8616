//! Listening, serving, and stopping so that running pushes finish.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::DefaultHeaders;
use actix_web::web::{Data, QueryConfig, scope};
use actix_web::{App, HttpServer};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use super::pages::refusal::Refusal;
use super::patience::Patience;
use super::routes::routes;
use super::state::State;
use super::tls::{Certificates, Files, TlsError, self_signed};
use crate::app;
use crate::config::Tls;

/// How long running requests may take after the server was told to stop: what systemd grants by default.
const SHUTDOWN_SECONDS: u64 = 85;
/// Connections that wait to be accepted: one restore opens hundreds at once.
const BACKLOG: u32 = 4096;
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(120);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may leave what was sent to it unread (`tcp(7)`, `TCP_USER_TIMEOUT`).
const UNREAD_MILLISECONDS: u32 = 60_000;
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the server looks whether the database or the TLS certificate has changed.
const LOOK: Duration = Duration::from_millis(400);
/// How often counted downloads are written.
const WRITE_DOWNLOADS: Duration = Duration::from_secs(10);
/// The signal for a file that grew over a limit of the process (`setrlimit(2)`). Unhandled, it ends the process; handled,
/// the write fails, the push is refused and the server goes on.
const SIGXFSZ: i32 = 25;

/// No answer of the API is a page: a browser must neither guess another type nor run what a package wrote into its nuspec.
const NO_GUESSING: (&str, &str) = ("X-Content-Type-Options", "nosniff");
const NO_SCRIPTS: (&str, &str) = ("Content-Security-Policy", "default-src 'none'; sandbox");

/// A browser that was here by https never comes by plain http again (RFC 6797): nobody on the way can make it.
const ALWAYS_HTTPS: (&str, &str) = ("Strict-Transport-Security", "max-age=31536000");

/// Why the server does not run.
#[derive(Debug, Error)]
pub enum Error {
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The application.
    #[error(transparent)]
    App(#[from] app::Error),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// The system.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A server that listens, and serves when it runs.
pub struct Server {
    listener: TcpListener,
    self_signed: bool,
    certificates: Option<(Arc<Certificates>, PathBuf)>,
}

impl Server {
    /// Listens on `address` (port 0: a free one), with TLS as the settings say. `public_host` and this machine's name are
    /// named in a self-signed certificate, which lies in `tls_folder`.
    ///
    /// # Errors
    /// An address that is in use, or a certificate that can't be used.
    pub fn bind(
        address: SocketAddr,
        tls: &Tls,
        tls_folder: &std::path::Path,
        public_host: Option<&str>,
    ) -> Result<Self, Error> {
        let listener = TcpListener::bind(address).map_err(|source| Error::Listen { address, source })?;
        // Connections inherit it: a client that reads nothing for so long is cut by the system, and what it kept is free.
        nix::sys::socket::setsockopt(&listener, nix::sys::socket::sockopt::TcpUserTimeout, &UNREAD_MILLISECONDS)
            .map_err(io::Error::from)?;
        let files = match tls {
            Tls::Plain => None,
            Tls::Files { cert, key } => Some(Files { cert: cert.clone(), key: key.clone() }),
            Tls::SelfSigned => Some(self_signed(tls_folder, &names(address, public_host), OffsetDateTime::now_utc())?),
        };
        let certificates = match files {
            Some(files) => Some((Certificates::new(files.clone())?, files.cert)),
            None => None,
        };
        Ok(Self { listener, self_signed: matches!(tls, Tls::SelfSigned), certificates })
    }

    /// The port that is listened on.
    ///
    /// # Errors
    /// What the system says.
    pub fn port(&self) -> Result<u16, Error> {
        Ok(self.listener.local_addr()?.port())
    }

    /// The file with the TLS certificate, if there is one.
    #[must_use]
    pub fn certificate(&self) -> Option<&std::path::Path> {
        self.certificates.as_ref().map(|(_, path)| path.as_path())
    }

    /// Serves until SIGTERM or SIGINT, then lets running requests finish. `ready` is called once connections are accepted.
    ///
    /// # Errors
    /// What the system says.
    pub fn run(self, app: Arc<app::App>, ready: impl FnOnce() + 'static) -> Result<(), Error> {
        let prefix =
            Url::parse(&app.urls.home()).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        let always_https = is_always_https(&app.urls.home(), self.self_signed);
        let (stop, patience) = Patience::new();
        let state = Data::new(State::new(app, patience).ok_or(Error::Random)?);
        let certificates = self.certificates.map(|(certificates, _)| certificates);
        actix_web::rt::System::new().block_on(async move {
            let mut growth = signal(SignalKind::from_raw(SIGXFSZ))?;
            actix_web::rt::spawn(async move { while growth.recv().await.is_some() {} });
            actix_web::rt::spawn(look(state.clone(), certificates.clone()));
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            let served = state.clone();
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(served.clone())
                    .app_data(QueryConfig::default().error_handler(|_, _| Refusal::unreadable_address().into()))
                    .wrap(headers(always_https))
                    .service(scope(&prefix).configure(routes))
            })
            .backlog(BACKLOG)
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIMEOUT)
            .tls_handshake_timeout(HANDSHAKE_TIMEOUT)
            .shutdown_timeout(SHUTDOWN_SECONDS)
            .shutdown_signal(async move {
                tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
                tracing::info!("stopping: running requests finish first");
                stop.send_replace(true);
            });
            let server = match &certificates {
                Some(certificates) => server.listen_rustls_0_23(self.listener, certificates.server_config()?)?,
                None => server.listen(self.listener)?,
            };
            let running = server.run();
            ready();
            running.await?;
            write_downloads(&state);
            write_uses(&state);
            if let Err(error) = state.app.store.checkpoint() {
                tracing::warn!(%error, "the write-ahead log stays beside the database; copy both");
            }
            Ok(())
        })
    }
}

/// What stands in every answer that does not say otherwise.
fn headers(always_https: bool) -> DefaultHeaders {
    let headers = DefaultHeaders::new().add(NO_GUESSING).add(NO_SCRIPTS);
    if always_https { headers.add(ALWAYS_HTTPS) } else { headers }
}

/// Whether browsers are told to come by https alone: the public URL says so, whoever speaks TLS, this server or a proxy before it.
/// Not with the certificate that the server makes for itself: where it is trusted by hand, a browser would note the header, and
/// when the certificate is made anew, nobody could click through its warning for a year (RFC 6797, section 12.1). And not with a
/// port of its own: the header is for a host with all its ports (section 8.3), and what else runs there is not ours to shut out.
fn is_always_https(home: &str, self_signed: bool) -> bool {
    let own_host = Url::parse(home).is_ok_and(|url| url.scheme() == "https" && url.port().is_none());
    own_host && !self_signed
}

/// The names of a self-signed certificate: this machine's, and the one by which clients know it.
fn names(address: SocketAddr, public_host: Option<&str>) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let machine = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let listening = (!address.ip().is_unspecified()).then(|| address.ip().to_string());
    let public = public_host.map(|host| host.trim_matches(['[', ']']).to_owned());
    for name in [machine, listening, public].into_iter().flatten().filter(|name| !name.is_empty()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Follows changes that other processes make, and writes what was counted.
async fn look(state: Data<State>, certificates: Option<Arc<Certificates>>) {
    let watch = match state.app.store.watch() {
        Ok(watch) => watch,
        Err(error) => return tracing::error!(%error, "changes of other processes are not seen"),
    };
    let mut seen = watch.data_version().unwrap_or_default();
    let mut written = std::time::Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        if let Some(certificates) = &certificates {
            certificates.follow();
        }
        let (now, version) = (OffsetDateTime::now_utc(), watch.data_version().unwrap_or(seen));
        if version != seen || state.app.is_of_last_week(now) {
            seen = version;
            if let Err(error) = state.app.refresh(now) {
                tracing::error!(%error, "the database has changed and can't be read; the server goes on with what it knew");
            }
        }
        if written.elapsed() >= WRITE_DOWNLOADS {
            written = std::time::Instant::now();
            state.app.sweep();
            state.pending.sweep(now);
            write_downloads(&state);
            write_uses(&state);
        }
    }
}

fn write_uses(state: &State) {
    if let Err(error) = state.uses.write(&state.app.store) {
        tracing::warn!(%error, "when keys and sessions were used last could not be written");
    }
}

fn write_downloads(state: &State) {
    let counted = state.downloads.take();
    if counted.is_empty() {
        return;
    }
    if let Err(error) = crate::feed::documents::count_downloads(&state.app, &counted) {
        tracing::warn!(%error, "downloads could not be counted yet");
        state.downloads.put_back(counted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_to_stay_with_https_where_a_warning_of_theirs_can_not_shut_people_out() {
        for (home, self_signed, expected) in [
            ("https://feed.example/", false, true),
            ("https://feed.example/nuget/", false, true),
            ("https://feed.example:8443/nuget/", false, false),
            ("https://localhost:8443/", true, false),
            ("http://feed.example/", false, false),
        ] {
            assert_eq!(is_always_https(home, self_signed), expected, "{home}");
        }
    }
}
