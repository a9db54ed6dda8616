//! What a timestamping authority answers: `TimeStampResp` (RFC 3161, 2.4.2), judged before anything is done with it.
//!
//! Everything that a client would refuse later is refused now, with the client's codes, and more: the nonce and the
//! algorithm must be those of the request, the time must be ours, the path of the authority must hold by RFC 5280, and
//! nobody in it may be known to be revoked. An authority is not trusted to send what it was asked for. Pure: anchors, what
//! is known about revocation and time are arguments; where nothing is known, the token is taken.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::asn1::{BIT_STRING, INTEGER, OBJECT_IDENTIFIER, Reader, Result as Asn1Result, SEQUENCE, SET, UTF8_STRING};
use super::asn1::{context, encode_all, small};
use super::certificate::Certificate;
use super::chain::{Chain, End};
use super::chain_problem::ChainProblem;
use super::chain_revocation::{Asking, Revocation, Revoked};
use super::evidence::Evidence;
use super::issue::{Issue, Part};
use super::path;
use super::repository::content_info;
use super::shown::shown;
use super::timestamp::{Timestamp, TimestampFinding};
use super::timestamp_request::TimestampRequest;
use crate::domain::fingerprint::Fingerprint;

/// Largest answer in bytes. Real ones have three to ten thousand, most of them certificates.
pub const MAX_RESPONSE: usize = 64 * 1024;
/// How far the authority's clock may be from ours. Both are set by NTP; more means that one is wrong, and then the
/// timestamp would say something else than when the package came.
pub const CLOCK_TOLERANCE: Duration = Duration::minutes(5);
/// Characters of an authority's text that are shown.
const MAX_TEXT: usize = 200;

/// A token that may go into a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampToken {
    /// The token with the certificates of its whole chain.
    pub(super) der: Vec<u8>,
    /// The end of its chain.
    pub(super) root: Certificate,
    certificate: Certificate,
    chain: Vec<Certificate>,
    time: OffsetDateTime,
    trusted: bool,
}

impl TimestampToken {
    /// When the authority says that the signature existed.
    #[must_use]
    pub const fn time(&self) -> OffsetDateTime {
        self.time
    }

    /// The authority's certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// That certificate and those above it, the root last.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The root of its chain.
    #[must_use]
    pub const fn root(&self) -> &Certificate {
        &self.root
    }

    /// Whether that root is a trust anchor for timestamping.
    #[must_use]
    pub const fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// The token: a ContentInfo with a SignedData.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }
}

/// Why an answer holds no timestamp that may be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidTimestamp {
    /// Not in the form of a TimeStampResp.
    #[error("the answer is no timestamp response: {0}")]
    Response(String),
    /// The authority did not grant it.
    #[error("the authority refuses: status {status}{failure}{text}", failure = failure.map(|name| format!(", {name}")).unwrap_or_default())]
    Refused {
        /// PKIStatus: 2 rejection, 3 waiting, 4 and 5 revocation (RFC 3161, 2.4.2).
        status: u64,
        /// The name of the first bit of PKIFailureInfo.
        failure: Option<&'static str>,
        /// What it says, as printable ASCII, with a colon before it; empty if it says nothing.
        text: String,
    },
    /// Another nonce, or none: an old answer, or somebody else's.
    #[error("NU3026 the timestamp has another nonce than the request")]
    Nonce,
    /// Another hash than the one that was asked for.
    #[error("NU3019 the timestamp is for something else than this signature")]
    Imprint,
    /// The token can't be read, or a check of the client fails; a sentence for each problem.
    #[error("{}", .0.join("; "))]
    Token(Vec<String>),
    /// The chain has faults.
    #[error("NU3028 the chain of the timestamp's certificate is not valid: {}", .0.join("; "))]
    Chain(Vec<String>),
    /// The chain ends at a root that is no trust anchor for timestamping.
    #[error(
        "NU3028 the timestamp's chain ends in `{root}` (SHA-256 {fingerprint}), which is no trust anchor for timestamping"
    )]
    Untrusted {
        /// The name of the root.
        root: String,
        /// Its fingerprint.
        fingerprint: String,
    },
    /// A certificate of the chain is known to be revoked: clients that ask refuse the package for its timestamp.
    #[error("NU3028 the certificate {certificate} in the chain of the timestamp was revoked at {at}")]
    Revoked {
        /// The certificate.
        certificate: Fingerprint,
        /// Since when.
        at: String,
    },
    /// Its clock or ours is wrong.
    #[error("the timestamp says {time}, but here it is {now}: more than {} minutes apart; set the clock", CLOCK_TOLERANCE.whole_minutes())]
    Clock {
        /// The authority's time.
        time: String,
        /// Ours.
        now: String,
    },
}

impl TimestampRequest {
    /// The token in `response`, the body of the authority's answer.
    ///
    /// Its chain must end at one of the anchors for timestamping; with `private` it may also end at a root that nobody
    /// trusts, of which [`TimestampToken::is_trusted`] tells.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] names what is wrong.
    pub fn read(
        &self,
        response: &[u8],
        evidence: Evidence<'_>,
        private: bool,
    ) -> Result<TimestampToken, InvalidTimestamp> {
        let now = evidence.now;
        let token = granted(response)?;
        let timestamp = Timestamp::read(token).map_err(|fault| {
            let issue = Issue { timestamp: true, ..fault.issue(Part::Repository) };
            InvalidTimestamp::Token(vec![sentence(&issue)])
        })?;
        if timestamp.info.nonce.as_deref() != Some(&self.nonce) {
            return Err(InvalidTimestamp::Nonce);
        }
        if !self.is_imprint(&timestamp.info.imprint_algorithm.id, &timestamp.info.imprint) {
            return Err(InvalidTimestamp::Imprint);
        }
        let verdict = timestamp.verify(Some(&self.signature), &evidence.anchors.timestamping, now);
        if !verdict.findings.is_empty() {
            return Err(InvalidTimestamp::Token(verdict.findings.into_iter().map(finding).collect()));
        }
        let time = timestamp.info.time;
        if (time - now).abs() > CLOCK_TOLERANCE {
            return Err(InvalidTimestamp::Clock { time: shown(time), now: shown(now) });
        }
        let root = root(&timestamp.certificate, &verdict.chain, time, private)?;
        if let Some(Revoked { certificate, at, .. }) =
            Revocation::of(&verdict.chain, Asking::Server, now, evidence).revoked()
        {
            return Err(InvalidTimestamp::Revoked { certificate, at: shown(at) });
        }
        let der = with_chain(token, &verdict.chain)
            .map_err(|error| InvalidTimestamp::Token(vec![format!("the token can't be taken apart: {error}")]))?;
        let trusted = verdict.chain.end == End::Anchor;
        let chain = verdict.chain.certificates;
        Ok(TimestampToken { der, root, certificate: timestamp.certificate, chain, time, trusted })
    }
}

/// The token of an answer that grants one.
fn granted(response: &[u8]) -> Result<&[u8], InvalidTimestamp> {
    let unreadable = |error: super::asn1::Error| InvalidTimestamp::Response(error.to_string());
    if response.len() > MAX_RESPONSE {
        return Err(InvalidTimestamp::Response(format!("it is larger than {MAX_RESPONSE} bytes")));
    }
    let mut outer = Reader::new(response);
    let mut fields = outer.nested(SEQUENCE).map_err(unreadable)?;
    outer.finish().map_err(unreadable)?;
    let status = fields.expect(SEQUENCE).map_err(unreadable)?;
    let (status, failure, text) = status_info(status.reader()).map_err(unreadable)?;
    // Granted, and granted with modifications, of which everything that matters is compared.
    if status > 1 {
        return Err(InvalidTimestamp::Refused { status, failure, text });
    }
    let token = fields.expect(SEQUENCE).map_err(unreadable)?;
    fields.finish().map_err(unreadable)?;
    Ok(token.raw)
}

/// PKIStatusInfo: the status, the first failure, and the text.
fn status_info(mut fields: Reader<'_>) -> Asn1Result<(u64, Option<&'static str>, String)> {
    let status = small(fields.expect(INTEGER)?.content)?;
    let mut text = String::new();
    if let Some(texts) = fields.optional(SEQUENCE)? {
        for part in texts.children()?.iter().filter(|part| part.tag == UTF8_STRING) {
            text.push_str(if text.is_empty() { ": " } else { " " });
            let printable = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
            text.extend(String::from_utf8_lossy(part.content).chars().map(printable).take(MAX_TEXT));
            if text.len() > MAX_TEXT {
                text.truncate(MAX_TEXT);
                break;
            }
        }
    }
    let failure = fields.optional(BIT_STRING)?.and_then(|bits| failure(bits.content));
    fields.finish()?;
    Ok((status, failure, text))
}

/// The first bit of PKIFailureInfo (RFC 3161, 2.4.2) that is set.
fn failure(bits: &[u8]) -> Option<&'static str> {
    let (_, octets) = bits.split_first()?;
    let is_set = |bit: usize| octets.get(bit / 8).is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0);
    let names = [
        (0, "badAlg"),
        (2, "badRequest"),
        (5, "badDataFormat"),
        (14, "timeNotAvailable"),
        (15, "unacceptedPolicy"),
        (16, "unacceptedExtension"),
        (17, "addInfoNotAvailable"),
        (25, "systemFailure"),
    ];
    names.into_iter().find(|(bit, _)| is_set(*bit)).map(|(_, name)| name)
}

fn finding(finding: TimestampFinding) -> String {
    let TimestampFinding { code, level, problem } = finding;
    sentence(&Issue { code: Some(code), rule: None, level, part: Part::Repository, timestamp: true, problem })
}

/// Code and facts. What follows the first semicolon is advice for who signed, and nobody did here.
fn sentence(issue: &Issue) -> String {
    let message = issue.message();
    format!("{} {}", issue.name(), message.split(';').next().unwrap_or_default())
}

/// The end of a chain in which nothing is wrong.
fn root(
    certificate: &Certificate,
    chain: &Chain,
    time: OffsetDateTime,
    private: bool,
) -> Result<Certificate, InvalidTimestamp> {
    let mut problems = chain.problems.clone();
    problems.extend(path::check(chain, time).into_iter().filter(|problem| !chain.problems.contains(problem)));
    // Clients take a certificate without extended key usages for one of any purpose; RFC 3161 (2.3) demands this one.
    if certificate.usages() == Ok(None) {
        problems.push(ChainProblem::Usage { certificate: certificate.fingerprint(), purpose: "time stamping" });
    }
    let (true, Some(top)) = (problems.is_empty(), chain.top()) else {
        return Err(InvalidTimestamp::Chain(problems.iter().map(ToString::to_string).collect()));
    };
    if chain.end != End::Anchor && !private {
        let fingerprint = top.fingerprint().to_string();
        return Err(InvalidTimestamp::Untrusted { root: top.subject().to_string(), fingerprint });
    }
    Ok(top.clone())
}

/// The token with the certificates of its chain that it lacks after its own, the root too, as the official client adds
/// them: who verifies later may not know the authority's issuers. They are not signed, so the token stays valid.
fn with_chain(token: &[u8], chain: &Chain) -> Asn1Result<Vec<u8>> {
    let mut outer = Reader::new(token).nested(SEQUENCE)?;
    outer.expect(OBJECT_IDENTIFIER)?;
    let mut fields = outer.nested(context(0))?.nested(SEQUENCE)?;
    let before = [fields.expect(INTEGER)?.raw, fields.expect(SET)?.raw, fields.expect(SEQUENCE)?.raw];
    let known = fields.optional(context(0))?.map(|set| set.children()).transpose()?.unwrap_or_default();
    let mut certificates: Vec<&[u8]> = known.iter().map(|certificate| certificate.raw).collect();
    for certificate in &chain.certificates {
        if !certificates.contains(&certificate.as_der()) {
            certificates.push(certificate.as_der());
        }
    }
    let mut parts: Vec<Vec<u8>> = before.iter().map(|part| part.to_vec()).collect();
    parts.push(encode_all(context(0), &certificates));
    parts.push(fields.rest().to_vec());
    Ok(content_info(&encode_all(SEQUENCE, &parts)))
}

#[cfg(test)]
#[path = "timestamp_response_tests.rs"]
mod tests;
