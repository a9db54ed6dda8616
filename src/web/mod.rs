//! The web: the only module that names actix. It turns requests into calls of [`crate::feed`], and outcomes into
//! status codes, documents and pages.

mod answer;
mod api;
mod caller;
mod client_address;
mod content_stream;
mod credentials;
mod downloads;
mod drain;
mod pages;
mod password_gate;
mod patience;
mod routes;
mod server;
mod shares;
mod spool;
mod state;
mod throttle;
mod tls;
mod turns;
mod uploads;
mod uses;

pub use server::{Error, Server};
pub use tls::{TlsError, certificate_fingerprint};
