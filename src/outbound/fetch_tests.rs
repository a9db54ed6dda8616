//! Requests over real sockets of this machine.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;
use crate::domain::allowed_hosts::AllowedHosts;

/// Enough for an answer from this machine, also when it is busy.
const PATIENT: Limits = Limits { body: 1000, time: Duration::from_secs(10) };

/// A server that answers each connection in a thread of its own, after it has read the request.
fn server(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || {
                let request = request(&mut connection);
                answer(&mut connection, &request);
            });
        }
    });
    port
}

/// Head and body of a request.
fn request(connection: &mut impl Read) -> String {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = connection.read(&mut buffer).unwrap_or(0);
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let length = text
            .to_ascii_lowercase()
            .split("content-length: ")
            .nth(1)
            .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
        // A TLS client says hello and waits.
        let hello = bytes.first() == Some(&0x16);
        if read == 0 || hello || text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length) {
            return text;
        }
    }
}

fn says(text: &'static str) -> impl Fn(&mut TcpStream, &str) + Send + Sync {
    move |connection, _| {
        let _ = connection.write_all(text.as_bytes());
    }
}

fn at(port: u16) -> Target {
    Target::configured(&format!("http://127.0.0.1:{port}/")).unwrap()
}

fn listed(port: u16) -> Target {
    let hosts = format!("127.0.0.1:{port}").parse().unwrap();
    Target::listed(&format!("http://127.0.0.1:{port}/"), &hosts).unwrap()
}

fn get(port: u16, limits: Limits) -> Result<Vec<u8>, Error> {
    Outbound::default().get(&at(port), limits)
}

#[test]
fn gets_and_posts_bytes() {
    let port = server(|connection, request| {
        let body = request.replace("\r\n", "\n");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        connection.write_all(&[head.as_bytes(), body.as_bytes()].concat()).unwrap();
    });
    let seen = String::from_utf8(get(port, PATIENT).unwrap()).unwrap();
    let agent = concat!("user-agent: assay/", env!("CARGO_PKG_VERSION"));
    assert!(seen.starts_with("GET / HTTP/1.1\n") && seen.contains(agent), "{seen}");
    for absent in ["cookie", "accept-encoding", "authorization", "referer"] {
        assert!(!seen.to_lowercase().contains(absent), "{seen}");
    }
    let seen = Outbound::default().post(&at(port), "application/ocsp-request", b"question", PATIENT).unwrap();
    let seen = String::from_utf8(seen).unwrap();
    assert!(seen.starts_with("POST / ") && seen.contains("content-type: application/ocsp-request\n"), "{seen}");
    assert!(seen.ends_with("\n\nquestion"), "{seen}");
}

#[test]
fn takes_a_body_in_chunks_and_one_that_ends_with_the_connection() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    assert_eq!(get(server(says(chunked)), PATIENT).unwrap(), b"abcde");
    assert_eq!(get(server(says("HTTP/1.0 200 OK\r\n\r\nabc")), PATIENT).unwrap(), b"abc");
}

#[test]
fn a_body_that_says_it_is_compressed_stays_as_it_is() {
    let gzip = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc";
    assert_eq!(get(server(says(gzip)), PATIENT).unwrap(), b"abc");
}

#[test]
fn this_machine_is_refused_unless_it_is_listed_before_anything_connects() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let port = server(move |connection, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")(connection, "");
    });
    let inside = |text: &str| text.parse::<AllowedHosts>().unwrap();
    let outbound = Outbound::new(|_| Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]));
    let listed = inside(&format!("pki.example:{port},127.0.0.1:{port}"));
    for url in [format!("http://pki.example:{port}/"), format!("http://127.0.0.1:{port}/")] {
        assert!(Target::listed(&url, &AllowedHosts::default()).is_err());
        assert_eq!(outbound.get(&Target::listed(&url, &listed).unwrap(), PATIENT), Ok(Vec::new()));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    for url in ["http://other.example/", "http://127.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://0x7f000001/"] {
        let error = outbound.get(&Target::listed(url, &listed_others()).unwrap(), PATIENT).unwrap_err();
        assert!(matches!(error, Error::Inside { range: "loopback", .. }), "{url}: {error}");
    }
    let zero = Target::listed("http://0/", &AllowedHosts::default()).unwrap();
    assert!(matches!(outbound.get(&zero, PATIENT), Err(Error::Inside { range: "this network", .. })));
}

fn listed_others() -> AllowedHosts {
    "pki.example".parse().unwrap()
}

#[test]
fn a_redirect_is_not_followed() {
    let reached = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reached);
    let goal = server(move |connection, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")(connection, "");
    });
    for status in [301, 302, 303, 307, 308] {
        let port = server(move |connection, _| {
            let head =
                format!("HTTP/1.1 {status} Go\r\nLocation: http://127.0.0.1:{goal}/\r\nContent-Length: 0\r\n\r\n");
            connection.write_all(head.as_bytes()).unwrap();
        });
        let outbound = Outbound::default();
        let expected = Error::Redirect { host: "127.0.0.1".to_owned(), status };
        assert_eq!(outbound.get(&at(port), PATIENT).unwrap_err(), expected);
        assert_eq!(outbound.post(&at(port), "a/b", b"x", PATIENT).unwrap_err(), expected);
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[test]
fn every_other_status_is_an_error() {
    for (answer, status) in [
        ("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 500),
        ("HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc", 404),
        ("HTTP/1.1 204 No\r\n\r\n", 204),
        ("HTTP/1.1 206 Part\r\nContent-Length: 3\r\n\r\nabc", 206),
    ] {
        let expected = Error::Status { host: "127.0.0.1".to_owned(), status };
        assert_eq!(get(server(says(answer)), PATIENT).unwrap_err(), expected);
    }
}

#[test]
fn what_is_no_http_is_an_error() {
    for answer in ["", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"] {
        let error = get(server(says(answer)), PATIENT).unwrap_err();
        assert!(matches!(error, Error::Connection { .. }), "{answer}: {error}");
    }
    let endless = server(|connection, _| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n");
        while connection.write_all(b"X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").is_ok() {}
    });
    let error = get(endless, PATIENT).unwrap_err();
    assert!(matches!(error, Error::Connection { .. }), "{error}");
}

#[test]
fn a_body_over_the_limit_is_cut_whatever_its_head_says() {
    let expected = Error::TooLarge { host: "127.0.0.1".to_owned(), limit: 4 };
    let limits = Limits { body: 4, ..PATIENT };
    for (answer, fits) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", false),
        // The head is enough.
        ("HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n", false),
        ("HTTP/1.0 200 OK\r\n\r\nabcde", false),
    ] {
        let got = get(server(says(answer)), limits);
        assert_eq!(got, if fits { Ok(b"abcd".to_vec()) } else { Err(expected.clone()) }, "{answer}");
    }
    let endless = server(|connection, _| {
        let _ = connection.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
        while connection.write_all(&[0; 65536]).is_ok() {}
    });
    let got = get(endless, Limits { body: usize::MAX, ..PATIENT });
    assert_eq!(got.unwrap_err(), Error::TooLarge { host: "127.0.0.1".to_owned(), limit: MAX_BODY });
}

#[test]
fn a_server_that_trickles_is_cut_at_the_deadline() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (scheme, at_once, then) in [
        ("http", String::new(), &b"HTTP/1.1 100 Continue\r\n\r\n"[..]),
        ("http", head.to_owned(), b"X: y\r\n"),
        ("http", format!("{head}Content-Length: 900\r\n\r\n"), b"x"),
        ("http", format!("{head}Transfer-Encoding: chunked\r\n\r\n"), b"1\r\nx\r\n"),
        // A record of a handshake that never ends.
        ("https", "\u{16}\u{3}\u{3}\u{40}\0\u{2}".to_owned(), b"\0"),
    ] {
        let first = at_once.clone();
        let port = server(move |connection, _| {
            let _ = connection.write_all(first.as_bytes());
            // Each byte comes long before any timeout of a single read.
            for byte in then.iter().cycle() {
                thread::sleep(Duration::from_millis(10));
                if connection.write_all(&[*byte]).is_err() {
                    return;
                }
            }
        });
        let target = Target::configured(&format!("{scheme}://127.0.0.1:{port}/")).unwrap();
        let limits = Limits { time: Duration::from_millis(600), ..PATIENT };
        let begin = Instant::now();
        let error = Outbound::default().get(&target, limits).unwrap_err();
        assert_eq!(error, Error::Timeout { host: "127.0.0.1".to_owned(), millis: 600 }, "{at_once}");
        assert!(begin.elapsed() < Duration::from_secs(3), "{at_once}");
    }
}

#[test]
fn a_server_that_says_nothing_is_cut_at_the_deadline_also_under_tls() {
    let silent = server(|connection, _| {
        let _ = connection.read(&mut [0; 1]);
        thread::sleep(Duration::from_secs(30));
    });
    let limits = Limits { time: Duration::from_millis(300), ..PATIENT };
    for scheme in ["http", "https"] {
        let target = Target::configured(&format!("{scheme}://127.0.0.1:{silent}/")).unwrap();
        let begin = Instant::now();
        let error = Outbound::default().get(&target, limits).unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(3));
    }
}

#[test]
fn a_closed_port_is_an_error_at_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = get(port, PATIENT).unwrap_err();
    assert!(matches!(error, Error::Connection { .. }), "{error}");
}

/// A name server that answers differently each time plays no part after the first answer; here it has two addresses, of
/// which the first does not listen.
#[test]
fn a_name_is_resolved_once() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let outbound = Outbound::new(|_| {
        ASKED.fetch_add(1, Ordering::SeqCst);
        Ok(vec![IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), IpAddr::V4(Ipv4Addr::LOCALHOST)])
    });
    let port = server(says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    let target = Target::configured(&format!("http://no-such-name.invalid:{port}/")).unwrap();
    assert_eq!(outbound.get(&target, PATIENT).unwrap(), b"ok");
    assert_eq!(ASKED.load(Ordering::SeqCst), 1);
}

#[test]
fn no_proxy_is_asked() {
    // The default of the client's configuration is what the environment says; ours must not depend on it.
    let target = at(80);
    let question = Question { body: None, limit: 1, inside: true, at_once: 1 };
    let until = Instant::now() + DEADLINE;
    let config = Outbound::default().config(&Request { target: &target, question: &question, time: DEADLINE, until });
    assert!(config.proxy().is_none());
    assert_eq!((config.max_redirects(), config.max_idle_connections()), (0, 0));
    let provider = config.tls_config().unversioned_rustls_crypto_provider().clone().unwrap();
    assert_eq!(provider.cipher_suites, rustls::crypto::aws_lc_rs::default_provider().cipher_suites);
}

#[test]
fn a_server_with_a_certificate_of_an_unknown_authority_is_refused() {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["tsa.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(builder.with_no_client_auth().with_single_cert(chain.clone(), key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(tls, connection);
            request(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let ask = |roots: Option<RootCerts>, host: &str| {
        let outbound = Outbound::new(|_| Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]));
        if let Some(roots) = roots {
            outbound.roots.set(roots).unwrap();
        }
        outbound.get(&Target::configured(&format!("https://{host}:{port}/")).unwrap(), PATIENT)
    };
    let own = || Some(RootCerts::from(chain.iter().map(|root| Certificate::from_der(root).to_owned())));
    let error = ask(None, "tsa.example").unwrap_err();
    assert!(matches!(&error, Error::Certificate { host, .. } if host == "tsa.example"), "{error}");
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_eq!(ask(own(), "tsa.example").unwrap(), b"ok");
    let error = ask(own(), "other.example").unwrap_err();
    assert!(matches!(error, Error::Certificate { .. }), "{error}");
}

#[test]
fn of_equal_requests_at_once_one_is_made() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let port = server(move |connection, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(300));
        says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")(connection, "");
    });
    let outbound = Outbound::default();
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| assert_eq!(outbound.get(&at(port), PATIENT).unwrap(), b"ok"));
        }
    });
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

/// A server that answers nobody before `together` requests have come to it at once, and the most that ever were there.
fn gathering(together: usize) -> (u16, Arc<AtomicUsize>) {
    let most = Arc::new(AtomicUsize::new(0));
    let (counted, here, more) = (Arc::clone(&most), Mutex::new(0), Condvar::new());
    let port = server(move |connection, _| {
        let mut here_now = here.lock().unwrap();
        *here_now += 1;
        counted.fetch_max(*here_now, Ordering::SeqCst);
        more.notify_all();
        let few = |_: &mut usize| counted.load(Ordering::SeqCst) < together;
        let (mut here_now, _) = more.wait_timeout_while(here_now, DEADLINE, few).unwrap();
        *here_now -= 1;
        drop(here_now);
        says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")(connection, "");
    });
    (port, most)
}

#[test]
fn an_administrators_url_is_asked_several_questions_at_once_and_that_of_a_stranger_one() {
    for (target, together) in [(at as fn(u16) -> Target, CONFIGURED_AT_ONCE), (listed, 1)] {
        let (port, most) = gathering(together);
        let outbound = Outbound::default();
        thread::scope(|scope| {
            for byte in 0..24 {
                let (target, outbound) = (target(port), &outbound);
                scope.spawn(move || assert_eq!(outbound.post(&target, "a/b", &[byte], PATIENT).unwrap(), b"ok"));
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), together);
    }
}

#[test]
fn who_waits_for_another_request_waits_no_longer_than_the_deadline() {
    let port = server(|connection, _| {
        thread::sleep(Duration::from_millis(1500));
        says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")(connection, "");
    });
    let outbound = Outbound::default();
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(outbound.get(&listed(port), PATIENT).unwrap(), b"ok"));
        thread::sleep(Duration::from_millis(200));
        let limits = Limits { time: Duration::from_millis(100), ..PATIENT };
        let begin = Instant::now();
        assert!(matches!(outbound.post(&listed(port), "a/b", b"x", limits), Err(Error::Timeout { .. })));
        assert!(begin.elapsed() < Duration::from_secs(1));
    });
}

#[test]
fn the_limits_of_a_caller_never_exceed_the_guards() {
    assert_eq!(Limits::default(), Limits { body: 10_000_000, time: Duration::from_secs(10) });
}
