//! A mail server on this machine, with real sockets and TLS: it takes what it is sent, or does what its mood says.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

/// Longer than any mail of these tests is on its way.
const PATIENCE: Duration = Duration::from_secs(60);

/// When it speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// From the first byte.
    TlsAtOnce,
    /// When it is told `STARTTLS`.
    TlsWhenAsked,
    /// Never.
    Clear,
}

/// What it does with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It takes it.
    Takes,
    /// It answers this to its recipient.
    Says(&'static str),
    /// It takes it, and hangs up instead of saying so.
    HangsUp,
}

/// A letter that it took.
#[derive(Debug, Clone)]
pub struct Received {
    /// From whom, by the envelope.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
    /// As whom the sender signed in.
    pub user: Option<String>,
    /// Whether it came through TLS.
    pub encrypted: bool,
    /// Head and body as they came.
    pub data: String,
}

impl Received {
    /// A field of its head; the test ends when it is not there exactly once.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let (head, _) = self.data.split_once("\r\n\r\n").expect("an empty line after the head");
        let unfolded = head.replace("\r\n ", " ");
        let found: Vec<&str> =
            unfolded.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect();
        assert_eq!(found.len(), 1, "{name} in {head}");
        found[0].to_owned()
    }

    /// What it says.
    pub fn text(&self) -> String {
        let (_, body) = self.data.split_once("\r\n\r\n").expect("an empty line after the head");
        match self.header("Content-Transfer-Encoding").as_str() {
            "7bit" => body.replace("\r\n", "\n"),
            "quoted-printable" => unquoted(body),
            other => panic!("an encoding that these tests do not read: {other}"),
        }
    }

    /// The only link in it that begins with `start`.
    #[track_caller]
    pub fn link(&self, start: &str) -> String {
        let text = self.text();
        let links: Vec<&str> = text.split_whitespace().filter(|word| word.starts_with(start)).collect();
        assert_eq!(links.len(), 1, "links to `{start}` in {text}");
        links[0].to_owned()
    }
}

/// The server. It ends with the process.
pub struct MailServer {
    /// Where it listens.
    pub port: u16,
    folder: TempDir,
    desk: Arc<Desk>,
}

struct Desk {
    speaks: Speaks,
    tls: Arc<ServerConfig>,
    login: Option<(&'static str, &'static str)>,
    mood: Mutex<Mood>,
    received: Mutex<Vec<Received>>,
    /// Everything that was said to it outside of letters.
    heard: Mutex<String>,
    arrived: Condvar,
}

impl MailServer {
    /// One that takes everything.
    pub fn start(speaks: Speaks) -> Self {
        Self::start_with(speaks, None, 0)
    }

    /// One that takes letters only from `login`, a user and a password, on a port of one's choice (0: any).
    pub fn start_with(speaks: Speaks, login: Option<(&'static str, &'static str)>, port: u16) -> Self {
        // All addresses, because 0.0.0.0 is how these tests reach this machine by an address that is not a loopback one.
        let listener = TcpListener::bind(("0.0.0.0", port)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let names = ["localhost", "127.0.0.1", "0.0.0.0"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let folder = TempDir::with_prefix("mail").expect("a temporary folder");
        std::fs::write(folder.path().join("roots.pem"), made.cert.pem()).expect("the certificate");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("the key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config =
            config.expect("versions").with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
        let desk = Arc::new(Desk {
            speaks,
            tls: Arc::new(config.expect("a certificate with its key")),
            login,
            mood: Mutex::new(Mood::Takes),
            received: Mutex::default(),
            heard: Mutex::default(),
            arrived: Condvar::new(),
        });
        let open = Arc::clone(&desk);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let desk = Arc::clone(&open);
                thread::spawn(move || {
                    if let Err(error) = desk.serve(connection) {
                        eprintln!("mail server: {error}");
                    }
                });
            }
        });
        Self { port, folder, desk }
    }

    /// The file that clients take for their TLS roots.
    pub fn roots(&self) -> PathBuf {
        self.folder.path().join("roots.pem")
    }

    /// From now on it does this.
    pub fn set_mood(&self, mood: Mood) {
        *self.desk.mood.lock().expect("the mood") = mood;
    }

    /// Waits until it has taken so many letters in all: no more have come.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        let until = Instant::now() + PATIENCE;
        let mut received = self.desk.received.lock().expect("the letters");
        while received.len() < count {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} of {count} letters came: {:?}\n{}", received.len(), *received, self.heard());
            received = self.desk.arrived.wait_timeout(received, left).expect("the letters").0;
        }
        assert_eq!(received.len(), count, "{:?}", *received);
        received.clone()
    }

    /// The letters that it has taken so far.
    pub fn received(&self) -> Vec<Received> {
        self.desk.received.lock().expect("the letters").clone()
    }

    /// Everything that was said to it so far, outside of letters.
    pub fn heard(&self) -> String {
        self.desk.heard.lock().expect("what was heard").clone()
    }
}

/// A connection, in clear or not.
trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

impl Desk {
    fn serve(&self, connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(PATIENCE))?;
        let mut encrypted = self.speaks == Speaks::TlsAtOnce;
        let mut wire: Box<dyn Wire> =
            if encrypted { self.encrypt(connection.try_clone()?)? } else { Box::new(connection.try_clone()?) };
        say(&mut wire, "220 mail.example ready")?;
        let (mut from, mut to, mut user) = (String::new(), Vec::new(), None);
        while let Some(line) = hear(&mut wire)? {
            self.heard.lock().expect("what was heard").push_str(&format!("{line}\n"));
            let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => say(&mut wire, &self.offers(encrypted))?,
                "STARTTLS" => {
                    say(&mut wire, "220 go on")?;
                    wire = self.encrypt(connection.try_clone()?)?;
                    encrypted = true;
                }
                "AUTH" => match self.sign_in(rest) {
                    Some(name) => {
                        user = Some(name);
                        say(&mut wire, "235 welcome")?;
                    }
                    // Servers repeat things.
                    None => say(&mut wire, &format!("535 5.7.8 no such login: {rest}"))?,
                },
                "MAIL" if self.login.is_some() && user.is_none() => say(&mut wire, "530 5.7.0 who are you?")?,
                "MAIL" => {
                    from = path(rest);
                    say(&mut wire, "250 ok")?;
                }
                "RCPT" => match *self.mood.lock().expect("the mood") {
                    Mood::Says(text) => say(&mut wire, text)?,
                    _ => {
                        to.push(path(rest));
                        say(&mut wire, "250 ok")?;
                    }
                },
                "DATA" => {
                    say(&mut wire, "354 go on")?;
                    let data = letter(&mut wire)?;
                    let (from, to) = (std::mem::take(&mut from), std::mem::take(&mut to));
                    let hangs_up = *self.mood.lock().expect("the mood") == Mood::HangsUp;
                    let received = Received { from, to, user: user.clone(), encrypted, data };
                    self.received.lock().expect("the letters").push(received);
                    self.arrived.notify_all();
                    if hangs_up {
                        return Ok(());
                    }
                    say(&mut wire, "250 2.0.0 queued as 42")?;
                }
                "QUIT" => return say(&mut wire, "221 bye"),
                _ => say(&mut wire, "502 what?")?,
            }
        }
        Ok(())
    }

    fn offers(&self, encrypted: bool) -> String {
        let mut lines = vec!["mail.example"];
        if self.speaks == Speaks::TlsWhenAsked && !encrypted {
            lines.push("STARTTLS");
        }
        if self.login.is_some() {
            lines.push("AUTH PLAIN LOGIN");
        }
        let last = lines.len() - 1;
        let line = |(at, text): (usize, &&str)| format!("250{}{text}", if at == last { ' ' } else { '-' });
        lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
    }

    /// Who signs in with `AUTH` and these words, if the password is right.
    fn sign_in(&self, words: &str) -> Option<String> {
        let (user, password) = self.login?;
        let given = STANDARD.decode(words.strip_prefix("PLAIN ")?).ok()?;
        (given == format!("\0{user}\0{password}").into_bytes()).then(|| user.to_owned())
    }

    fn encrypt(&self, connection: TcpStream) -> io::Result<Box<dyn Wire>> {
        let session = ServerConnection::new(Arc::clone(&self.tls)).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(session, connection)))
    }
}

fn say(wire: &mut Box<dyn Wire>, text: &str) -> io::Result<()> {
    wire.write_all(format!("{text}\r\n").as_bytes())?;
    wire.flush()
}

/// The next line; nothing when the client has gone. Byte by byte: what comes after it may be TLS.
fn hear(wire: &mut Box<dyn Wire>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") {
        match wire.read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => line.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches("\r\n").to_owned()))
}

/// A letter up to the line with nothing but a dot (RFC 5321, section 4.5.2).
fn letter(wire: &mut Box<dyn Wire>) -> io::Result<String> {
    let mut letter = String::new();
    while let Some(line) = hear(wire)?.filter(|line| line != ".") {
        letter.push_str(line.strip_prefix('.').unwrap_or(&line));
        letter.push_str("\r\n");
    }
    Ok(letter)
}

/// `FROM:<ann@example.com> …` without what is around the address.
fn path(words: &str) -> String {
    let address = words.split(['<', '>']).nth(1).unwrap_or_default();
    address.to_owned()
}

/// Quoted-printable (RFC 2045, section 6.7) as text.
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\r\n", "").replace("\r\n", "\n");
    let (mut bytes, mut rest) = (Vec::new(), joined.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'=').and_then(|digits| hex::decode(digits).ok());
        match escaped {
            Some(decoded) => {
                bytes.extend(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).expect("text")
}
