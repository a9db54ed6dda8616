//! A real RFC 3161 timestamping authority on this machine: `openssl ts` behind a few lines of HTTP. It can be told to lie.
//!
//! Its certificate is the one of the golden packages, whose root the clients and feeds of these tests trust.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use super::environment;
use super::golden;

/// Longer than anybody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an authority does with a request.
#[derive(Debug, Clone)]
pub enum Mood {
    /// It stamps, with a certificate of the golden packages.
    Honest(&'static str),
    /// It stamps, but nobody before so many requests have been there at once.
    Together(usize),
    /// It stamps something else: the request is changed first.
    Misread(fn(&mut Vec<u8>)),
    /// Its answer is changed.
    Tampering(fn(&mut Vec<u8>)),
    /// It answers this, head and all.
    Says(&'static str),
    /// It sends bytes without end.
    Floods,
    /// It says nothing.
    Silent,
}

/// An authority.
#[derive(Debug)]
pub struct Authority {
    /// Its address.
    pub url: String,
    mood: Arc<Mutex<Mood>>,
    crowd: Arc<Crowd>,
}

/// How many requests are there, and the most that were there at once.
#[derive(Debug, Default)]
struct Crowd {
    count: Mutex<(usize, usize)>,
    grown: Condvar,
}

impl Authority {
    /// An honest one, which ends with the process.
    pub fn start() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("timestamp-authority");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let mood = Arc::new(Mutex::new(Mood::Honest("tsa")));
        let crowd = Arc::<Crowd>::default();
        let (current, here) = (Arc::clone(&mood), Arc::clone(&crowd));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (folder, current, here) = (folder.clone(), Arc::clone(&current), Arc::clone(&here));
                thread::spawn(move || {
                    let mood = current.lock().expect("the mood").clone();
                    if let Err(error) = answer(connection, &folder, &mood, &here) {
                        eprintln!("timestamp authority: {error}");
                    }
                });
            }
        });
        Self { url, mood, crowd }
    }

    /// Waits until a request is held that wants to be [`Together`](Mood::Together) with another one.
    pub fn await_request(&self) {
        let count = self.crowd.count.lock().expect("the crowd");
        let nobody = |count: &mut (usize, usize)| count.0 == 0;
        let (count, _) = self.crowd.grown.wait_timeout_while(count, PATIENCE, nobody).expect("the crowd");
        assert!(count.0 > 0, "nobody asked the authority");
    }

    /// Is the other one of two.
    pub fn join(&self) {
        self.crowd.gather(2);
    }

    /// From now on it does this.
    pub fn now(&self, mood: Mood) {
        *self.mood.lock().expect("the mood") = mood;
    }
}

/// The address of an honest one; it is started with the first call.
pub fn url() -> &'static str {
    static HONEST: OnceLock<Authority> = OnceLock::new();
    &HONEST.get_or_init(Authority::start).url
}

/// Writes what `openssl ts` needs; the settings are those that the official client accepts.
fn configure(folder: &Path, certificate: &str) -> PathBuf {
    std::fs::create_dir_all(folder).expect("a folder");
    let pem = folder.join(format!("{certificate}.pem"));
    std::fs::write(&pem, golden::pem(certificate)).expect("a certificate");
    let serial = folder.join("serial");
    if !serial.exists() {
        std::fs::write(&serial, "01\n").expect("a serial number");
    }
    let key = if certificate.starts_with("crl-") { "variant-crl" } else { certificate };
    let key = golden::trust().join(format!("keys/{key}.key.pem"));
    let chain = folder.join(format!("{certificate}-chain.pem"));
    let issuer = if certificate.starts_with("stranger") { "stranger-ts-root" } else { "ts-int" };
    std::fs::write(&chain, golden::pem(issuer)).expect("a chain");
    let text = format!(
        "[tsa]\ndefault_tsa = t\n[t]\nserial = {}\nsigner_cert = {}\nsigner_key = {}\ncerts = {}\nsigner_digest = sha256\n\
         default_policy = 1.3.6.1.4.1.99999.1\ndigests = sha256, sha384, sha512\naccuracy = secs:1\nordering = no\n\
         tsa_name = no\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n",
        serial.display(),
        pem.display(),
        key.display(),
        chain.display()
    );
    let config = folder.join(format!("{certificate}.cnf"));
    std::fs::write(&config, text).expect("a configuration");
    config
}

fn answer(mut connection: TcpStream, folder: &Path, mood: &Mood, crowd: &Crowd) -> std::io::Result<()> {
    let Some(mut query) = query(&connection)? else { return Ok(()) };
    let reply = match mood {
        Mood::Honest(certificate) => stamp(&query, folder, certificate)?,
        Mood::Together(count) => {
            crowd.gather(*count);
            stamp(&query, folder, "tsa")?
        }
        Mood::Misread(change) => {
            change(&mut query);
            stamp(&query, folder, "tsa")?
        }
        Mood::Tampering(change) => {
            let mut reply = stamp(&query, folder, "tsa")?;
            change(&mut reply);
            reply
        }
        Mood::Says(text) => return connection.write_all(text.as_bytes()),
        Mood::Floods => {
            connection.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let chunk = [b"1000\r\n".as_slice(), &[0x30; 4096], b"\r\n"].concat();
            while connection.write_all(&chunk).is_ok() {}
            return Ok(());
        }
        Mood::Silent => {
            thread::sleep(Duration::from_secs(60));
            return Ok(());
        }
    };
    let status = if reply.is_empty() { "500 Internal Server Error" } else { "200 OK" };
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        reply.len()
    )?;
    connection.write_all(&reply)
}

impl Crowd {
    /// Waits until `wanted` have been here at once.
    fn gather(&self, wanted: usize) {
        let mut count = self.count.lock().expect("the crowd");
        count.0 += 1;
        count.1 = count.1.max(count.0);
        self.grown.notify_all();
        let few = |count: &mut (usize, usize)| count.1 < wanted;
        let waited = self.grown.wait_timeout_while(count, PATIENCE, few);
        waited.expect("the crowd").0.0 -= 1;
    }
}

/// The body of a request; `None` when there is none.
fn query(connection: &TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut query = vec![0; length];
    reader.read_exact(&mut query)?;
    Ok(Some(query))
}

/// What openssl answers; nothing when it fails.
fn stamp(query: &[u8], folder: &Path, certificate: &str) -> std::io::Result<Vec<u8>> {
    let work = tempfile::TempDir::new()?;
    let (asked, given) = (work.path().join("query"), work.path().join("reply"));
    std::fs::write(&asked, query)?;
    // The configuration and the serial number are files; two authorities must not write them at once.
    let done = environment::alone("timestamp-authority", || {
        let config = configure(folder, certificate);
        let mut openssl = Command::new("openssl");
        openssl.args(["ts", "-reply", "-config"]).arg(config).arg("-queryfile").arg(asked).arg("-out").arg(&given);
        openssl.output()
    })?;
    if !done.status.success() {
        eprintln!("timestamp authority: {}", String::from_utf8_lossy(&done.stderr));
        return Ok(Vec::new());
    }
    std::fs::read(given)
}
