//! A small HTTP/1.1 client that does what it is told, also when it is wrong.
//!
//! Ready-made clients hide what these tests look at: the reason phrase, a raw request target, a body that stops in the
//! middle. It knows no redirects, cookies or retries, and checks the server's certificate against the feed's own only.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// No answer takes longer than this, or the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where a server listens, and how to speak to it.
#[derive(Clone)]
pub struct Endpoint {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
}

impl Endpoint {
    /// Plain HTTP.
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// TLS with the certificates in `roots` (PEM) as the only roots.
    pub fn tls(address: SocketAddr, roots: &str) -> Self {
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(roots.as_bytes()) {
            store.add(certificate.expect("a PEM certificate")).expect("a root");
        }
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_root_certificates(store)
            .with_no_client_auth();
        Self { address, tls: Some(Arc::new(config)) }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Opens a connection.
    pub fn connect(&self) -> io::Result<Connection> {
        let socket = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(socket),
            Some(config) => {
                let name = ServerName::try_from("localhost").expect("a name");
                let session = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
                Box::new(StreamOwned::new(session, socket))
            }
        };
        Ok(Connection { stream, read: Vec::new(), port: self.port() })
    }

    /// One request on a connection of its own.
    pub fn ask(&self, request: &Request) -> io::Result<Answer> {
        self.connect()?.ask(request)
    }
}

/// What a request is sent over.
trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// An open connection; it stays usable after an answer, as long as the server keeps it.
pub struct Connection {
    stream: Box<dyn Stream>,
    read: Vec<u8>,
    port: u16,
}

impl Connection {
    /// Sends a request and reads the answer. A server that answers early and goes away is still heard.
    pub fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        let sent = self.send(&request.bytes(self.port));
        match self.answer(request.method == "HEAD") {
            Ok(answer) => Ok(answer),
            Err(error) => Err(sent.err().unwrap_or(error)),
        }
    }

    /// Sends raw bytes.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Reads one answer. `head`: the answer to a HEAD request, which has no body whatever its headers say.
    pub fn answer(&mut self, head: bool) -> io::Result<Answer> {
        let mut answer = self.heading()?;
        let bare = head || answer.status < 200 || answer.status == 204 || answer.status == 304;
        answer.body = if bare {
            Vec::new()
        } else if answer.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            self.chunks()?
        } else if let Some(length) = answer.header("content-length") {
            let length = length.parse().map_err(io::Error::other)?;
            self.exactly(length)?
        } else {
            while self.more()? {}
            std::mem::take(&mut self.read)
        };
        Ok(answer)
    }

    fn heading(&mut self) -> io::Result<Answer> {
        let mut lines = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let mut lines = lines.into_iter();
        let first = lines.next().ok_or_else(|| io::Error::other("an empty line instead of an answer"))?;
        let mut parts = first.splitn(3, ' ');
        parts.next();
        let status = parts.next().and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status in `{first}`")))?;
        let phrase = parts.next().unwrap_or_default().to_owned();
        let headers = lines
            .filter_map(|line| {
                line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            })
            .collect();
        Ok(Answer { status, phrase, headers, body: Vec::new() })
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16)
                .map_err(io::Error::other)?;
            body.extend(self.exactly(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// A line without its end. Bytes are read as Latin-1, as the official client does.
    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.read[..end].iter().map(|&byte| char::from(byte)).collect();
                self.read.drain(..end + 2);
                return Ok(line);
            }
            if !self.more()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.read.len() < length {
            if !self.more()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.read.split_off(length);
        Ok(std::mem::replace(&mut self.read, rest))
    }

    /// Reads what is there; `false` at the end.
    fn more(&mut self) -> io::Result<bool> {
        let mut piece = vec![0; 64 * 1024];
        let length = match self.stream.read(&mut piece) {
            // Servers that end without the TLS farewell are common, and not what is tested here.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            other => other?,
        };
        self.read.extend_from_slice(&piece[..length]);
        Ok(length > 0)
    }
}

/// A request, sent as written.
#[derive(Clone)]
pub struct Request {
    method: String,
    target: String,
    version: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// Any method, any target; nothing is checked or encoded.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.1",
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// GET.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds Basic credentials.
    pub fn basic(self, user: &str, password: &str) -> Self {
        let token = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.header("Authorization", &format!("Basic {token}"))
    }

    /// Adds the API key of a push.
    pub fn api_key(self, key: &str) -> Self {
        self.header("X-NuGet-ApiKey", key)
    }

    /// Speaks HTTP/1.0, as NuGet.exe 2.8 does.
    pub fn http_1_0(mut self) -> Self {
        self.version = "HTTP/1.0";
        self
    }

    /// A body with its length in front.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("Content-Length", &length)
    }

    /// A body in chunks of 32 KiB, without a length.
    pub fn chunked(mut self, body: &[u8]) -> Self {
        for piece in body.chunks(32 * 1024) {
            self.body.extend(format!("{:x}\r\n", piece.len()).into_bytes());
            self.body.extend_from_slice(piece);
            self.body.extend_from_slice(b"\r\n");
        }
        self.body.extend_from_slice(b"0\r\n\r\n");
        self.header("Transfer-Encoding", "chunked")
    }

    /// The bytes on the wire.
    pub fn bytes(&self, port: u16) -> Vec<u8> {
        let mut bytes = format!("{} {} {}\r\n", self.method, self.target, self.version).into_bytes();
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            bytes.extend(format!("Host: localhost:{port}\r\n").into_bytes());
        }
        for (name, value) in &self.headers {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub phrase: String,
    /// Name in lower case, value trimmed; in the order of the wire.
    pub headers: Vec<(String, String)>,
    /// The body as sent, still compressed if it was.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers_named(name).into_iter().next()
    }

    /// All headers of that name (in lower case).
    pub fn headers_named(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, after checking that it was answered 200 as JSON in UTF-8 without a byte order mark.
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.status, 200, "{} {}: {}", self.status, self.phrase, self.text());
        let kind = self.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "content type `{kind}`");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }
}
