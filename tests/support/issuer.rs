//! A web server on this machine on which an issuer publishes its lists and answers OCSP: honest, or not.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a path answers.
#[derive(Clone)]
pub enum Behaviour {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What `openssl` makes of the request.
    Ask(Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>),
    /// 500.
    Down,
    /// To another path.
    Redirect(String),
    /// Nothing for so long.
    Slow(Duration),
}

/// The server. It ends with the test's process.
pub struct Issuer {
    port: u16,
    paths: Arc<Mutex<HashMap<String, Behaviour>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    /// Starts it; every path is unknown.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let issuer = Self { port, paths: Arc::default(), asked: Arc::default() };
        let (paths, asked) = (Arc::clone(&issuer.paths), Arc::clone(&issuer.asked));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (paths, asked) = (Arc::clone(&paths), Arc::clone(&asked));
                thread::spawn(move || _ = answer(connection, &paths, &asked));
            }
        });
        issuer
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// How `revocation_hosts` names it.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What a path answers from now on.
    pub fn serve(&self, path: &str, behaviour: Behaviour) {
        self.paths.lock().expect("the paths").insert(path.to_owned(), behaviour);
    }

    /// The paths that the feed has asked for so far, in order; what other programs ask for is left out.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the requests").clone()
    }
}

fn answer(
    connection: TcpStream,
    paths: &Mutex<HashMap<String, Behaviour>>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let (mut path, mut length, mut ours) = (String::new(), 0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_lowercase();
        if path.is_empty() {
            path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        } else if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        } else if lower.starts_with("user-agent: assay/") {
            ours = true;
        } else if lower.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if ours {
        asked.lock().expect("the requests").push(path.clone());
    }
    let behaviour = paths.lock().expect("the paths").get(&path).cloned();
    let (head, body) = match behaviour {
        None => ("404 Not Found".to_owned(), Vec::new()),
        Some(Behaviour::Bytes(bytes)) => ("200 OK".to_owned(), bytes),
        Some(Behaviour::Ask(ask)) => ("200 OK".to_owned(), ask(&body)),
        Some(Behaviour::Down) => ("500 Internal Server Error".to_owned(), Vec::new()),
        Some(Behaviour::Redirect(to)) => (format!("302 Found\r\nLocation: {to}"), Vec::new()),
        Some(Behaviour::Slow(time)) => {
            thread::sleep(time);
            ("200 OK".to_owned(), Vec::new())
        }
    };
    let mut connection = connection;
    write!(connection, "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    connection.write_all(&body)
}
