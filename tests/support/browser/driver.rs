//! chromedriver as a process: one for all tests of this process, gone when the process is.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use tempfile::TempDir;

use crate::support::environment;
use crate::support::http::Endpoint;

/// The file that the driver's notes go to; it vanishes with the folder.
const LOG: &str = "chromedriver.log";

/// A running chromedriver.
pub struct Driver {
    /// Where it listens, in plain HTTP on loopback.
    pub endpoint: Endpoint,
    /// The browser that it starts.
    pub chromium: PathBuf,
    folder: TempDir,
    _process: Child,
    /// Its input closes with this process, and then it cleans up. A static is never dropped, and a killed process drops nothing.
    _guard: Child,
}

impl Driver {
    /// The driver of this process, started for whoever asks first; `None`, and a line about it, where there is no browser.
    pub fn shared(what: &str) -> Option<&'static Self> {
        static DRIVER: OnceLock<Driver> = OnceLock::new();
        let (chromium, chromedriver) = environment::browser(what)?;
        Some(DRIVER.get_or_init(|| Self::start(chromium, &chromedriver)))
    }

    /// A folder for one browser. It vanishes with this process at the latest.
    pub fn profile(&self) -> TempDir {
        TempDir::with_prefix_in("profile", self.folder.path()).expect("a folder for a profile")
    }

    /// The end of what the driver noted.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(40).collect();
        tail.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn start(chromium: PathBuf, chromedriver: &Path) -> Self {
        let folder = TempDir::with_prefix("assay-browsers").expect("a temporary folder");
        let mut command = Command::new(chromedriver);
        // Nothing of the environment, in which a proxy or somebody's own settings may be. What Chromium leaves lying
        // about lies in the folder. A process group of its own, so that Ctrl+C leaves the end to the guard.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
        command.env("HOME", folder.path()).env("TMPDIR", folder.path());
        command.args(["--port=0", "--verbose"]).arg(format!("--log-path={}", folder.path().join(LOG).display()));
        command.process_group(0);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver does not start: {error}"));
        let guard = guard(child.id(), folder.path());
        let port = port(child.stdout.take().expect("its output"));
        let endpoint = Endpoint::plain(SocketAddr::from(([127, 0, 0, 1], port)));
        Self { endpoint, chromium, folder, _process: child, _guard: guard }
    }
}

/// A shell that ends process `pid` and removes `folder` as soon as this process is gone, however it went. The browsers end
/// with the driver: they are on the other side of its pipes.
fn guard(pid: u32, folder: &Path) -> Child {
    let script = format!("cat >/dev/null; kill -KILL {pid}; sleep 1; rm -rf \"$0\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).arg(folder).process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().expect("a shell")
}

/// The port that the driver says it found; what it says later is read and forgotten.
fn port(said: impl Read + Send + 'static) -> u16 {
    let mut lines = BufReader::new(said).lines();
    let mut heard = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        let port = line.split_once("on port ").and_then(|(_, rest)| rest.trim_end_matches('.').parse().ok());
        if let Some(port) = port.filter(|_| line.contains("started successfully")) {
            thread::spawn(move || lines.for_each(drop));
            return port;
        }
        heard.push_str(&line);
        heard.push('\n');
    }
    panic!("chromedriver ended without a port:\n{heard}");
}
