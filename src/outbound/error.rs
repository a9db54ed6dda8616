//! Why a request into the network came to nothing.

use std::net::IpAddr;

use thiserror::Error;

/// Why there is no answer. Texts of servers are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// The name has no address, or the name server does not say.
    #[error("the address of `{host}` can't be found: {reason}")]
    Name {
        /// The host.
        host: String,
        /// What the resolver says.
        reason: String,
    },
    /// No address of the host is public, and nobody listed it.
    #[error("`{host}` has the address {address} ({range}), which only hosts in `revocation_hosts` may have")]
    Inside {
        /// The host.
        host: String,
        /// The first address that was refused.
        address: IpAddr,
        /// Which special-purpose range it lies in.
        range: &'static str,
    },
    /// Not done in time, with waiting for others.
    #[error("`{host}` did not answer within {millis} ms")]
    Timeout {
        /// The host.
        host: String,
        /// The time that there was.
        millis: u128,
    },
    /// The connection or TLS failed.
    #[error("the connection to `{host}` failed: {reason}")]
    Connection {
        /// The host.
        host: String,
        /// Why.
        reason: String,
    },
    /// The certificate of the server is not one that the system's roots vouch for.
    #[error("the TLS certificate of `{host}` is not accepted: {reason}")]
    Certificate {
        /// The host.
        host: String,
        /// Why.
        reason: String,
    },
    /// It wants to send us elsewhere.
    #[error("`{host}` answers with a redirect ({status}), which is not followed")]
    Redirect {
        /// The host.
        host: String,
        /// The status.
        status: u16,
    },
    /// Another status than 200.
    #[error("`{host}` answers with status {status}")]
    Status {
        /// The host.
        host: String,
        /// The status.
        status: u16,
    },
    /// More bytes than allowed.
    #[error("the answer of `{host}` is larger than {limit} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit.
        limit: usize,
    },
}
