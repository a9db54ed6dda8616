//! `assay serve`: the whole server.

pub(super) mod flags;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use time::OffsetDateTime;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::Failure;
use crate::app::App;
use crate::config::{Config, Settings, Tls};
use crate::data_folder::DataFolder;
use crate::feed::authority::Actor;
use crate::feed::documents;
use crate::feed::first_administrator::{self, SETUP_LINK_LASTS};
use crate::feed::jobs::Timetable;
use crate::feed::mailing::Postman;
use crate::feed::revocation::Watch;
use crate::web::{Server, certificate_fingerprint};
use flags::{MailFlags, PasswordFlags};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address and port to listen on
    #[arg(long, env = "ASSAY_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The URL by which clients reach the feed
    #[arg(long, env = "ASSAY_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// A PEM file with the TLS certificate and its chain
    #[arg(long, env = "ASSAY_TLS_CERT", value_name = "PEM")]
    tls_cert: Option<PathBuf>,
    /// A PEM file with the key of the TLS certificate
    #[arg(long, env = "ASSAY_TLS_KEY", value_name = "PEM")]
    tls_key: Option<PathBuf>,
    /// Serve http without TLS: behind a proxy that does it, or on this machine alone
    #[arg(long, env = "ASSAY_PLAIN_HTTP", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    plain_http: Option<bool>,
    /// A file with the passphrase that opens the secrets in the database, instead of `assay.key`
    #[arg(long, env = "ASSAY_KEY_PASSPHRASE_FILE", value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
    /// Let everybody read
    #[arg(long, env = "ASSAY_ANONYMOUS_READ", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    anonymous_read: Option<bool>,
    /// Proxies whose word about clients' addresses is taken: addresses and networks, separated by commas
    #[arg(long, env = "ASSAY_TRUSTED_PROXIES", value_name = "LIST")]
    trusted_proxies: Option<String>,
    #[command(flatten)]
    passwords: PasswordFlags,
    #[command(flatten)]
    mail: MailFlags,
}

impl Serve {
    /// What the flags and the environment say.
    pub fn settings(&self) -> Settings {
        let policy = self.anonymous_read.map(|read| ("anonymous_read".to_owned(), toml::Value::Boolean(read)));
        Settings {
            listen: self.listen.clone(),
            public_url: self.public_url.clone(),
            tls_cert: self.tls_cert.clone(),
            tls_key: self.tls_key.clone(),
            plain_http: self.plain_http,
            key_passphrase_file: self.key_passphrase_file.clone(),
            trusted_proxies: self.trusted_proxies.as_deref().map(listed),
            passwords: self.passwords.settings(),
            mail: self.mail.settings(),
            policy: policy.into_iter().collect(),
            ..Settings::default()
        }
    }

    pub fn run(self, data: &Path) -> Result<(), Failure> {
        let filter = EnvFilter::try_from_env("ASSAY_LOG").unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .init();
        allow_many_connections();
        let folder = DataFolder::create(data)?;
        let _lock = folder.lock()?;
        let swept = folder.sweep_spool()?;
        if swept > 0 {
            tracing::info!(swept, "removed what an earlier server left in the spool");
        }
        let settings = Settings::from_file(&folder.settings())?.overridden_by(self.settings());
        let config = Config::new(&settings)?;
        let host = config.public_url.as_ref().and_then(Url::host_str);
        let server = Server::bind(config.listen, &config.tls, &folder.tls(), host)?;
        let public_url = match &config.public_url {
            Some(url) => url.clone(),
            None => default_url(&config, server.port()?)?,
        };
        let app = Arc::new(App::open(config, folder, &public_url, OffsetDateTime::now_utc())?);
        documents::bring_up_to_date(&app)?;
        let banner = banner(&app, &server)?;
        let (watch, timetable) = (Watch::start(Arc::clone(&app))?, Timetable::start(Arc::clone(&app))?);
        let postman = Postman::start(&app)?;
        let served = server.run(Arc::clone(&app), move || println!("{banner}"));
        timetable.stop();
        watch.stop();
        postman.into_iter().for_each(Postman::stop);
        // The threads may have written since the server moved everything into the file.
        app.store.checkpoint()?;
        Ok(served?)
    }
}

/// The entries of a list with commas. An empty one is a list too: of nobody.
fn listed(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

/// Raises the number of open files to what the system allows: a restore opens hundreds of connections at once.
fn allow_many_connections() {
    let raised =
        getrlimit(Resource::RLIMIT_NOFILE).and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// The URL of a server that was not told one.
fn default_url(config: &Config, port: u16) -> Result<Url, url::ParseError> {
    let scheme = if config.tls == Tls::Plain { "http" } else { "https" };
    let host = if config.listen.ip().is_loopback() || config.listen.ip().is_unspecified() {
        "localhost".to_owned()
    } else {
        match config.listen {
            std::net::SocketAddr::V4(address) => address.ip().to_string(),
            std::net::SocketAddr::V6(address) => format!("[{}]", address.ip()),
        }
    };
    Url::parse(&format!("{scheme}://{host}:{port}"))
}

/// What is printed once the server is ready: everything that the next steps need.
fn banner(app: &App, server: &Server) -> Result<String, Failure> {
    let mut lines = vec![format!("Assay {} is ready.", env!("CARGO_PKG_VERSION")), String::new()];
    let mut line = |name: &str, value: &str| lines.push(format!("  {name:<17} {value}"));
    line("Source", &app.urls.service_index());
    line("Data", &format!("{} (assay.db is everything; assay.key opens its secrets)", app.folder.path().display()));
    if let Some(path) = server.certificate() {
        line("TLS certificate", &path.display().to_string());
        line("", &format!("SHA-256 {}", certificate_fingerprint(path)?));
    }
    let live = app.live();
    match live.certificates.iter().find(|certificate| certificate.signs).filter(|_| app.urls.is_https()) {
        Some(certificate) => {
            line("Feed certificate", &certificate.subject);
            // Clients honour allowUntrustedRoot only for upper-case fingerprints.
            line("", &format!("SHA-256 {}", certificate.fingerprint.to_string().to_uppercase()));
        }
        None => line("Feed certificate", "none: the public URL is not https, so packages are not repository-signed"),
    }
    if app.signs_for_this_machine_only() {
        let host = host(app);
        line("", &format!("clients on other machines can't reach `{host}`: set --public-url to a name that they know"));
    }
    lines.extend(first_steps(app)?);
    Ok(lines.join("\n"))
}

/// How the first administrator is made: by a link that whoever sees this terminal, or may read the data folder, can open.
/// Standard output that is no terminal often ends in a log, which more people read.
fn first_steps(app: &App) -> Result<Vec<String>, Failure> {
    let link = first_administrator::setup_link(&app.store, &Actor::Server, OffsetDateTime::now_utc())?;
    let Some(link) = link else {
        app.folder.remove_setup_link()?;
        return Ok(Vec::new());
    };
    let url = link.url_on(&app.urls);
    let (data, hours) = (app.folder.path().display(), SETUP_LINK_LASTS.whole_hours());
    let mut lines =
        vec![String::new(), "  There is no administrator yet. Become the first one on this page:".to_owned()];
    if std::io::stdout().is_terminal() {
        app.folder.remove_setup_link()?;
        lines.push(format!("    {}", url.as_str()));
    } else {
        app.folder.write_setup_link(&url)?;
        lines.push(format!("    the link in {}", app.folder.setup_link().display()));
    }
    if app.signs_for_this_machine_only() {
        lines.extend(from_elsewhere(app));
    }
    lines.push(format!("  It is good for {hours} hours; `assay account setup-link --data {data}` makes another one."));
    lines.push("  Or stay on the command line, with a key to push and read:".to_owned());
    lines.push(format!("    assay account create NAME --admin --data {data}"));
    lines.push(format!("    assay key create --account NAME --data {data}"));
    Ok(lines)
}

/// How the link is opened by a person whose browser is on another machine: its address leads there to that machine itself.
fn from_elsewhere(app: &App) -> Option<String> {
    let url = Url::parse(&app.urls.home()).ok()?;
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    Some(format!(
        "  From another machine, first type `ssh -L {port}:{host}:{port} THIS-MACHINE` there; then open the link in its browser."
    ))
}

/// The host of the public URL.
fn host(app: &App) -> String {
    Url::parse(&app.urls.home()).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
