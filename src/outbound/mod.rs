//! Requests into the network: the one guard through which the server makes them.
//!
//! URLs come out of certificates, which strangers make. A certificate must not turn the server into a way into the network
//! that it lives in, nor into a load for others. So every request keeps all of these:
//!
//! - http or https, ports 80 and 443, no user name in the URL ([`Target`]);
//! - the name is resolved once, each address is judged (`address.rs`), and the connection goes to one of the judged
//!   addresses: a second answer of the name server plays no part (DNS rebinding);
//! - addresses that are not public only for hosts that an administrator named;
//! - no redirects, no cookies, no credentials, no decompression, and **no proxy**: a proxy would resolve the name once more,
//!   behind this guard's back, so `HTTP_PROXY` and its like are not looked at;
//! - at most ten million bytes (`MAX_BODY`) within [`DEADLINE`], waiting and resolving included;
//! - one request to a URL at a time, and few to one that an administrator chose: equal requests share the answer, others
//!   wait for their turn.
//!
//! Of an answer's head only the status and the length are used. **Not checked:** what the bytes are; answers that matter
//! are signed, and their readers verify that. The API blocks: it is for threads that may.
//!
//! It knows nothing of what is fetched or why. It is the only module that may name the HTTP client.

mod address;
mod error;
mod fetch;
mod resolve;
mod target;
mod turns;

pub use error::Error;
pub use fetch::{DEADLINE, Limits, MAX_BODY, Outbound};
pub use target::{InvalidTarget, Target};
