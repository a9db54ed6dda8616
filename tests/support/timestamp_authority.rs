//! A real RFC 3161 timestamping authority on this machine: `openssl ts` behind a few lines of HTTP.
//!
//! Its certificate is the one of the golden packages, whose root the clients and feeds of these tests trust.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use super::environment;
use super::golden;

/// Its address; it is started with the first call and ends with the process.
pub fn url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("timestamp-authority");
        let config = environment::alone("timestamp-authority", || configure(&folder));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if let Err(error) = answer(connection, &config) {
                    eprintln!("timestamp authority: {error}");
                }
            }
        });
        url
    })
}

/// Writes what `openssl ts` needs; the settings are those that the official client accepts.
fn configure(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).expect("a folder");
    let certificate = folder.join("tsa.pem");
    std::fs::write(&certificate, golden::pem("tsa")).expect("a certificate");
    let serial = folder.join("serial");
    if !serial.exists() {
        std::fs::write(&serial, "01\n").expect("a serial number");
    }
    let key = golden::trust().join("keys/tsa.key.pem");
    let text = format!(
        "[tsa]\ndefault_tsa = t\n[t]\nserial = {}\nsigner_cert = {}\nsigner_key = {}\nsigner_digest = sha256\n\
         default_policy = 1.3.6.1.4.1.99999.1\ndigests = sha256, sha384, sha512\naccuracy = secs:1\nordering = no\n\
         tsa_name = no\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n",
        serial.display(),
        certificate.display(),
        key.display()
    );
    let config = folder.join("tsa.cnf");
    std::fs::write(&config, text).expect("a configuration");
    config
}

fn answer(connection: TcpStream, config: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
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
    let folder = tempfile::TempDir::new()?;
    let (asked, given) = (folder.path().join("query"), folder.path().join("reply"));
    std::fs::write(&asked, query)?;
    let mut openssl = Command::new("openssl");
    openssl.args(["ts", "-reply", "-config"]).arg(config).arg("-queryfile").arg(asked).arg("-out").arg(&given);
    // The serial number is a file; two authorities of two test processes must not write it at once.
    let done = environment::alone("timestamp-authority", || openssl.output())?;
    let reply = std::fs::read(&given).unwrap_or_default();
    let status = if done.status.success() { "200 OK" } else { "500 Internal Server Error" };
    if !done.status.success() {
        eprintln!("timestamp authority: {}", String::from_utf8_lossy(&done.stderr));
    }
    let mut connection = connection;
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        reply.len()
    )?;
    connection.write_all(&reply)
}
