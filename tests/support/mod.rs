//! What the tests of the running feed share: the server as a process, people, packages, and the clients that they use.
//!
//! Everything here sees the feed from outside, by its command line, its pages on the wire and its data folder. It must not
//! name anything of the library, so that a test can not agree with a mistake in it.

pub mod browser;
pub mod cli;
pub mod environment;
pub mod feed;
pub mod golden;
pub mod http;
pub mod issuer;
pub mod official_client;
pub mod package;
pub mod pages;
pub mod person;
pub mod pki;
pub mod signing;
pub mod smtp;
pub mod timestamp_authority;
pub mod totp;
pub mod verdict;

pub use browser::Browser;
pub use feed::Feed;
pub use http::Request;
pub use official_client::OfficialClient;
pub use package::package;
pub use pages::Visitor;
