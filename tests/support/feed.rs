//! A feed of its own for a test: the real program, a data folder that vanishes afterwards, any free port.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::cli::{self, Ran};
use super::http::{Answer, Connection, Endpoint, Request};
use super::person::Person;
use super::{environment, golden};

/// A first start makes an RSA key; on a busy machine without optimisation that takes its time.
const START: Duration = Duration::from_secs(120);

/// How a feed is started.
pub struct Start {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    file_limit: Option<u64>,
    port: u16,
    data: Option<PathBuf>,
    trust: bool,
}

impl Start {
    /// A further argument of `assay serve`.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// A variable in the server's environment.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// No file that the server writes may grow beyond so many blocks of 512 bytes: a disk that fills up.
    pub fn file_limit(mut self, blocks: u64) -> Self {
        self.file_limit = Some(blocks);
        self
    }

    /// Behind a proxy that speaks TLS: plain http on a port of its own, with another public URL.
    pub fn behind_proxy(mut self, public_url: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        self.port = free.expect("a port").port();
        self.argument("--plain-http").argument("--public-url").argument(public_url)
    }

    /// A data folder that is there already, and stays afterwards.
    pub fn data(mut self, folder: &Path) -> Self {
        self.data = Some(folder.to_owned());
        self
    }

    /// Without the golden trust anchors.
    pub fn without_trust(mut self) -> Self {
        self.trust = false;
        self
    }

    /// Starts the server and waits until it serves.
    pub fn start(self) -> Feed {
        let folder = TempDir::with_prefix("assay").expect("a temporary folder");
        let data = self.data.clone().unwrap_or_else(|| folder.path().join("data"));
        let process = Process::start(&self, &data, folder.path());
        let feed = Feed { folder, data, start: self, process: Mutex::new(process), reader: OnceLock::new() };
        if feed.start.trust {
            feed.trust_golden_anchors();
        }
        feed
    }
}

/// A running feed.
pub struct Feed {
    folder: TempDir,
    data: PathBuf,
    start: Start,
    process: Mutex<Process>,
    reader: OnceLock<(String, String)>,
}

impl Feed {
    /// A feed with nothing but the trust anchors of the golden packages.
    pub fn start() -> Self {
        Self::with().start()
    }

    /// A feed that is started otherwise.
    pub fn with() -> Start {
        Start { arguments: Vec::new(), environment: Vec::new(), file_limit: None, port: 0, data: None, trust: true }
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A folder for the test's own files that vanishes with the feed.
    pub fn scratch(&self) -> &Path {
        self.folder.path()
    }

    /// The URL that goes into nuget.config.
    pub fn source(&self) -> String {
        self.process.lock().expect("the process").source.clone()
    }

    /// The part of an address of this feed that comes after scheme, host and port: what goes into a request line.
    pub fn target(&self, url: &str) -> String {
        let source = self.source();
        let base = source.strip_suffix("/v3/index.json").unwrap_or(&source);
        let target = url.strip_prefix(base).unwrap_or_else(|| panic!("`{url}` is not below `{base}`"));
        target.to_owned()
    }

    /// The file that clients take for their TLS roots.
    pub fn tls_certificate(&self) -> PathBuf {
        self.data.join("tls/cert.pem")
    }

    /// Everything that the server has printed so far.
    pub fn log(&self) -> String {
        self.process.lock().expect("the process").log.lock().expect("the log").clone()
    }

    /// Runs `assay ARGUMENTS` on this feed's data folder.
    pub fn assay(&self, arguments: &[&str]) -> Ran {
        cli::run(arguments, &self.data, "")
    }

    /// The same with something on standard input.
    pub fn assay_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        cli::run(arguments, &self.data, input)
    }

    /// Trusts the roots of the golden packages for signers and timestamps.
    pub fn trust_golden_anchors(&self) {
        for (purpose, file) in [("signing", "code-signing-roots.pem"), ("timestamping", "timestamping-roots.pem")] {
            let file = golden::trust().join(file);
            self.assay(&["trust", "add", "--for", purpose, file.to_str().expect("a path")]).succeeded();
        }
    }

    /// A new account with a password and a key for everything.
    pub fn account(&self, name: &str) -> Person<'_> {
        Person::create(self, name)
    }

    /// Opens a connection.
    pub fn connect(&self) -> Connection {
        self.endpoint().connect().expect("a connection to the feed")
    }

    /// Where it listens.
    pub fn endpoint(&self) -> Endpoint {
        self.process.lock().expect("the process").endpoint.clone()
    }

    /// Sends a request as it is, on a connection of its own.
    pub fn ask(&self, request: &Request) -> Answer {
        self.endpoint().ask(request).unwrap_or_else(|error| panic!("no answer: {error}\n{}", self.log()))
    }

    /// Reads as an account that owns nothing.
    pub fn get(&self, target: &str) -> Answer {
        self.ask(&self.reading(Request::get(target)))
    }

    /// Adds the credentials of an account that owns nothing.
    pub fn reading(&self, request: Request) -> Request {
        let (name, key) = self.reader.get_or_init(|| {
            static READERS: AtomicU32 = AtomicU32::new(0);
            let name = format!("reader-{}", READERS.fetch_add(1, Ordering::Relaxed));
            self.assay_with_input(&["account", "create", &name, "--password-stdin"], "only reads packages here\n")
                .succeeded();
            let key = self.assay(&["key", "create", "--account", &name, "--scope", "read"]).succeeded();
            (name, key)
        });
        request.basic(name, key)
    }

    /// Whether the server still answers.
    pub fn is_serving(&self) -> bool {
        self.endpoint().ask(&Request::get("/healthz")).is_ok_and(|answer| answer.status == 200)
    }

    /// The versions of an ID, `[]` when there is none.
    pub fn versions(&self, id: &str) -> Vec<String> {
        let answer = self.get(&format!("/v3/flatcontainer/{}/index.json", id.to_lowercase()));
        if answer.status == 404 {
            return Vec::new();
        }
        let list = answer.json();
        let list = list["versions"].as_array().expect("a list").iter();
        list.map(|version| version.as_str().expect("a text").to_owned()).collect()
    }

    /// The package as the feed serves it.
    pub fn download(&self, id: &str, version: &str) -> Vec<u8> {
        let (id, version) = (id.to_lowercase(), version.to_lowercase());
        let answer = self.get(&format!("/v3/flatcontainer/{id}/{version}/{id}.{version}.nupkg"));
        assert_eq!(answer.status, 200, "{id} {version}: {}", answer.text());
        answer.body
    }

    /// The files that an upload has left in the spool.
    pub fn spooled(&self) -> Vec<PathBuf> {
        let Ok(folder) = std::fs::read_dir(self.data.join("spool")) else {
            return Vec::new();
        };
        folder.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()
    }

    /// How many rows a table of the database has, read beside the running server.
    pub fn rows(&self, table: &str) -> i64 {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = rusqlite::Connection::open_with_flags(self.data.join("assay.db"), flags).expect("the database");
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("a count")
    }

    /// The server's process ID.
    pub fn pid(&self) -> u32 {
        self.process.lock().expect("the process").child.id()
    }

    /// The memory in bytes that is the server's own now: without mapped files, which the system may take back.
    pub fn own_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("RssAnon");
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kibibytes * 1024
    }

    /// Ends the server as a service manager does; its exit status.
    pub fn stop(&self) -> ExitStatus {
        self.process.lock().expect("the process").end("TERM")
    }

    /// Ends the server as a power cut does.
    pub fn kill(&self) {
        self.process.lock().expect("the process").end("KILL");
    }

    /// Starts it again on the same data folder. The port is another one.
    pub fn restart(&self) {
        let mut process = self.process.lock().expect("the process");
        process.end("TERM");
        *process = Process::start(&self.start, &self.data, self.folder.path());
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let Ok(mut process) = self.process.lock() else {
            return;
        };
        process.end("TERM");
        if thread::panicking() {
            let log = process.log.lock().map(|log| log.clone()).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(60).collect();
            eprintln!("--- the end of the server's log");
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// The server as a process.
struct Process {
    child: Child,
    /// Ends the server should this test process die without saying goodbye.
    guard: Child,
    source: String,
    endpoint: Endpoint,
    log: Arc<Mutex<String>>,
    ended: Option<ExitStatus>,
}

impl Process {
    fn start(start: &Start, data: &Path, folder: &Path) -> Self {
        let began = Instant::now();
        let mut child = command(start, data).spawn().expect("the server");
        let guard = guard(child.id(), folder);
        let log = Arc::new(Mutex::new(String::new()));
        let (sender, lines) = channel();
        let stdout = child.stdout.take().expect("standard output");
        let stderr = child.stderr.take().expect("standard error");
        let copy = Arc::clone(&log);
        thread::spawn(move || follow(stdout, &copy, |line| _ = sender.send(line)));
        let copy = Arc::clone(&log);
        thread::spawn(move || follow(stderr, &copy, |_| ()));
        let mut process = Self {
            child,
            guard,
            source: String::new(),
            endpoint: Endpoint::plain(SocketAddr::from(([127, 0, 0, 1], 0))),
            log,
            ended: None,
        };
        process.wait_until_ready(start, &lines, data, began);
        process
    }

    /// Reads the source URL that the server prints, then asks until it answers.
    fn wait_until_ready(&mut self, start: &Start, lines: &Receiver<String>, data: &Path, began: Instant) {
        let source = loop {
            let line = match lines.recv_timeout(START.saturating_sub(began.elapsed())) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no source URL within {START:?}:\n{}", self.printed())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the server ended at its start:\n{}", self.printed())
                }
            };
            if let Some(source) = source_url(&line) {
                break source;
            }
        };
        let printed = url::Url::parse(&source).ok().and_then(|url| url.port());
        let port =
            if start.port == 0 { printed.unwrap_or_else(|| panic!("no port in `{source}`")) } else { start.port };
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        self.endpoint = if start.arguments.iter().any(|argument| argument == "--plain-http") {
            Endpoint::plain(address)
        } else {
            let roots = std::fs::read_to_string(data.join("tls/cert.pem")).expect("tls/cert.pem in the data folder");
            Endpoint::tls(address, &roots)
        };
        let base = url::Url::parse(&source).map(|url| url.path().replace("/v3/index.json", "")).unwrap_or_default();
        self.source = source;
        let health = Request::get(&format!("{base}/healthz"));
        while !self.endpoint.ask(&health).is_ok_and(|answer| answer.status == 200) {
            assert!(began.elapsed() < START, "not ready within {START:?}:\n{}", self.printed());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn printed(&self) -> String {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }

    fn end(&mut self, signal: &str) -> ExitStatus {
        if let Some(status) = self.ended {
            return status;
        }
        _ = self.guard.kill();
        _ = self.guard.wait();
        environment::output(Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]));
        let status = self.child.wait().expect("its exit status");
        self.ended = Some(status);
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended.is_none() {
            _ = self.child.kill();
            _ = self.child.wait();
            _ = self.guard.kill();
            _ = self.guard.wait();
        }
    }
}

/// `assay serve …`, under a limit on file sizes if one is asked for.
fn command(start: &Start, data: &Path) -> Command {
    let listen = format!("127.0.0.1:{}", start.port);
    let mut arguments = vec!["serve", "--listen", &listen];
    arguments.extend(start.arguments.iter().map(String::as_str));
    let mut command = match start.file_limit {
        None => cli::assay(&arguments),
        Some(blocks) => {
            let mut shell = Command::new("sh");
            // Without the trap a write beyond the limit ends the process instead of failing as on a full disk.
            shell.args([
                "-c",
                &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""),
                env!("CARGO_BIN_EXE_assay"),
            ]);
            shell.args(&arguments);
            shell.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
            shell
        }
    };
    command.arg("--data").arg(data);
    command.envs(start.environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A shell that ends process `pid` and removes `folder` as soon as this process is gone, however it went.
fn guard(pid: u32, folder: &Path) -> Child {
    let script = format!("cat >/dev/null; kill -KILL {pid}; sleep 0.2; rm -rf \"$0\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).arg(folder).stdin(Stdio::piped()).stderr(Stdio::null());
    shell.spawn().expect("a shell")
}

fn follow(from: impl Read, log: &Mutex<String>, each: impl Fn(String)) {
    for line in BufReader::new(from).split(b'\n') {
        let Ok(line) = line else { return };
        let line = String::from_utf8_lossy(&line).into_owned();
        if let Ok(mut log) = log.lock() {
            log.push_str(&line);
            log.push('\n');
        }
        each(line);
    }
}

/// The first address in a line that ends in `/v3/index.json`.
fn source_url(line: &str) -> Option<String> {
    let words = line.split(|c: char| c.is_whitespace() || "\"'`<>()".contains(c));
    let mut urls = words.filter(|word| word.starts_with("http://") || word.starts_with("https://"));
    urls.find(|word| word.ends_with("/v3/index.json")).map(str::to_owned)
}
