//! What can be wrong with a package or its signature, in facts, and the sentences that say so.
//!
//! Each sentence says what is wrong with which part and what to do. Only names from certificates can hold letters beyond
//! ASCII.

use std::fmt;

use time::OffsetDateTime;

use super::chain_problem::ChainProblem;
use super::issue::{Issue, Part};
use super::revocation::Unknown;
use super::shown::shown;
use crate::archive::Finding;
use crate::domain::fingerprint::Fingerprint;

/// The facts of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// No signature entry.
    Unsigned,
    /// The file is no readable archive; the text says why.
    Unreadable(String),
    /// The signature entry breaks a rule; the text says which.
    Entry(String),
    /// The signature is not built as it must be; the text says where.
    Structure(String),
    /// The certificate of the signer is not in the signature.
    CertificateMissing,
    /// The package hash differs.
    Changed {
        /// The hash in the signature, as written there.
        expected: String,
        /// The hash of the package in base64.
        found: String,
    },
    /// The package hash is not defined for this archive; the text says why.
    NotHashable(String),
    /// The signature value does not fit.
    BadSignature {
        /// The signer.
        signer: Fingerprint,
    },
    /// The signer's certificate was signed with a weak or unusual algorithm.
    CertificateAlgorithm {
        /// The certificate.
        certificate: Fingerprint,
        /// The algorithm found.
        found: String,
    },
    /// The signer's key is no RSA key of at least 2048 bits.
    Key {
        /// The certificate.
        certificate: Fingerprint,
        /// The key found.
        found: String,
    },
    /// The certificate is for lifetime signing.
    LifetimeSigning {
        /// The certificate.
        certificate: Fingerprint,
    },
    /// The certificate's validity has not begun.
    NotYetValid {
        /// The certificate.
        certificate: Fingerprint,
        /// When it begins.
        not_before: OffsetDateTime,
    },
    /// The certificate was not valid when the package was signed, as far as can be proven.
    OutsideValidity {
        /// The certificate.
        certificate: Fingerprint,
        /// Start of its validity.
        not_before: OffsetDateTime,
        /// End of its validity.
        not_after: OffsetDateTime,
        /// The latest time that the signature may have been made.
        at: OffsetDateTime,
        /// Whether a timestamp says so, or only the clock.
        timestamped: bool,
    },
    /// A fault in the certificates up to the root.
    Chain(ChainProblem),
    /// The top of the chain is no trust anchor.
    UntrustedRoot {
        /// Its subject.
        subject: String,
        /// Its fingerprint.
        root: Fingerprint,
        /// Its DER bytes.
        der: Vec<u8>,
        /// Whether another certificate of the same name and key in the signature leads to a trust anchor.
        way_round: bool,
        /// Whether it is a client that would have to trust it, and not this server.
        by_client: bool,
    },
    /// A note beside the one above, which the client prints with the root's PEM.
    UntrustedRootNote,
    /// No timestamp.
    NoTimestamp,
    /// The token is signed with another digest than SHA-2.
    TokenDigest {
        /// The digest found.
        found: String,
    },
    /// The token's imprint is no SHA-2 hash, or its encoding cannot be repeated.
    Imprint(&'static str),
    /// The token was made for something else.
    OtherImprint,
    /// The time of the token lies outside its signer's certificate.
    OutsideTsaValidity {
        /// The certificate.
        certificate: Fingerprint,
        /// The time of the token.
        time: OffsetDateTime,
        /// Start of validity.
        not_before: OffsetDateTime,
        /// End of validity.
        not_after: OffsetDateTime,
    },
    /// A certificate of the chain is revoked, or on hold.
    Revoked {
        /// The certificate.
        certificate: Fingerprint,
        /// Since when.
        at: OffsetDateTime,
        /// Whether it is on hold, which its issuer may lift.
        hold: bool,
    },
    /// Nothing is known about the revocation of a certificate of the chain.
    RevocationUnknown {
        /// The certificate.
        certificate: Fingerprint,
        /// Why.
        why: Unknown,
    },
    /// The package is signed by nobody in a list that counts.
    NotListed {
        /// The list.
        list: ListName,
        /// Who signed it instead: the primary signer.
        signers: Vec<Fingerprint>,
    },
    /// A list that must have somebody in it has nobody.
    ListEmpty {
        /// The list.
        list: ListName,
    },
    /// A signature that names neither author nor repository as its kind.
    UnknownKind,
    /// A countersignature that claims to be an author's, or claims nothing.
    ForeignCountersignature,
    /// Other than one timestamp.
    TimestampCount {
        /// How many there are.
        found: usize,
    },
    /// The timestamp says a time that has not come.
    FutureTimestamp {
        /// The time.
        time: OffsetDateTime,
    },
    /// The signer's certificate has expired since.
    ExpiredNow {
        /// The certificate.
        certificate: Fingerprint,
        /// When.
        not_after: OffsetDateTime,
    },
    /// The signature is made with an algorithm that the server does not accept.
    SignatureAlgorithm {
        /// The algorithm found.
        found: String,
    },
    /// The archive breaks a rule.
    Archive(Finding),
    /// The package has no nuspec at its root, or several.
    Manifests {
        /// How many.
        found: usize,
    },
    /// Something occurs too often.
    TooMany {
        /// What.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// A list of certificates, by where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListName {
    /// `trustedSigners` of the client's configuration.
    TrustedSigners,
    /// The option `--certificate-fingerprint` of the verify command.
    Option,
    /// What the source publishes.
    Source,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.timestamp { format!("timestamp of the {}", self.part) } else { self.part.to_string() };
        match &self.problem {
            Problem::Unsigned => write!(f, "the package is not signed; sign it with `dotnet nuget sign`"),
            Problem::Unreadable(why) => f.write_str(why),
            Problem::Entry(why) => f.write_str(why),
            Problem::Structure(why) => {
                write!(f, "the {of} is malformed: {why}; sign the package again")
            }
            Problem::CertificateMissing => {
                write!(f, "the {of} does not contain the certificate of its signer; sign the package again")
            }
            Problem::Changed { expected, found } => write!(
                f,
                "the package was changed after it was signed: the signature covers the hash `{}`, the package has `{found}`; push the file that was signed, or sign it again",
                expected.escape_default()
            ),
            Problem::NotHashable(why) => {
                write!(
                    f,
                    "the package was changed after it was signed, or was not built for signing: {why}; build and sign it again"
                )
            }
            Problem::BadSignature { signer } => {
                write!(f, "the {of} does not verify with the certificate {signer}; sign the package again")
            }
            Problem::CertificateAlgorithm { certificate, found } => write!(
                f,
                "the certificate {certificate} of the {of} was signed with {found}; it must be RSA with SHA-256, SHA-384 or SHA-512, use another certificate"
            ),
            Problem::Key { certificate, found } => write!(
                f,
                "the certificate {certificate} of the {of} has a key of {found}; it must be RSA of at least 2048 bits, use another certificate"
            ),
            Problem::LifetimeSigning { certificate } => write!(
                f,
                "the certificate {certificate} of the {of} is for lifetime signing, which NuGet does not allow; use another certificate"
            ),
            Problem::NotYetValid { certificate, not_before } => write!(
                f,
                "the certificate {certificate} of the {of} is valid only from {} on; compare the clocks or use another certificate",
                shown(*not_before)
            ),
            Problem::OutsideValidity { certificate, not_before, not_after, at, timestamped } => {
                let proof = if *timestamped {
                    "the timestamp proves"
                } else {
                    "without a valid timestamp the present counts, that is"
                };
                write!(
                    f,
                    "the certificate {certificate} of the {of} is valid from {} to {}, but {proof} {}; sign with a valid certificate and a timestamp",
                    shown(*not_before),
                    shown(*not_after),
                    shown(*at)
                )
            }
            Problem::Chain(problem) => write!(f, "the certificates of the {of} form no valid chain: {problem}"),
            Problem::UntrustedRoot { subject, root, way_round: true, .. } => write!(
                f,
                "the {of} ends in the root `{subject}` with the fingerprint {root}, which is no trust anchor; the signature also holds a cross certificate that leads to a trusted root, but clients take the first that fits: sign again without the certificate {root}"
            ),
            Problem::UntrustedRoot { subject, root, by_client, .. } => write!(
                f,
                "the {of} ends in the root `{subject}` with the fingerprint {root}, which {}",
                match (*by_client, self.timestamp) {
                    (false, _) => "this server does not trust; an administrator can add it as a trust anchor",
                    (true, true) =>
                        "is none of the given roots for timestamps; clients take those of `timestampctl.pem` of their SDK",
                    (true, false) =>
                        "is none of the given roots for signers; clients take those of `codesignctl.pem` of their SDK, and others for signers in `trustedSigners` with `allowUntrustedRoot` and a fingerprint in upper case",
                }
            ),
            Problem::UntrustedRootNote => write!(f, "the root of the {of} is not in the list of trusted roots"),
            Problem::NoTimestamp => write!(
                f,
                "the {} has no timestamp and ends with its certificate; {}",
                self.part,
                match self.part {
                    Part::Repository | Part::Countersignature => "its feed can use a timestamping authority",
                    _ => "sign with `--timestamper`",
                }
            ),
            Problem::TokenDigest { found } => write!(
                f,
                "the {of} is signed with {found}; it must be SHA-256, SHA-384 or SHA-512, use another timestamp server"
            ),
            Problem::Imprint(why) => {
                write!(f, "the {of} cannot be compared with the signature: {why}; use another timestamp server")
            }
            Problem::OtherImprint => {
                write!(f, "the {of} was made for other data; sign and timestamp the package again")
            }
            Problem::OutsideTsaValidity { certificate, time, not_before, not_after } => write!(
                f,
                "the {of} says {}, but its certificate {certificate} is valid from {} to {}; use another timestamp server",
                shown(*time),
                shown(*not_before),
                shown(*not_after)
            ),
            Problem::Revoked { certificate, at, hold: true } => write!(
                f,
                "the certificate {certificate} in the chain of the {of} is on hold since {}; wait until its issuer lifts the hold, or sign with another certificate",
                shown(*at)
            ),
            Problem::Revoked { certificate, at, hold: false } => write!(
                f,
                "the certificate {certificate} in the chain of the {of} was revoked at {}; sign with another certificate",
                shown(*at)
            ),
            Problem::RevocationUnknown { certificate, why } => write!(
                f,
                "it is not known whether the certificate {certificate} in the chain of the {of} is revoked: {why}; make the answers of its issuer reachable"
            ),
            Problem::NotListed { list, signers } => {
                let signers: Vec<String> = signers.iter().map(ToString::to_string).collect();
                let signers = signers.join(", ");
                match list {
                    ListName::TrustedSigners => write!(
                        f,
                        "the package is signed by {signers} and by none of the client's trusted signers; add the signer to `trustedSigners`, or check where the package comes from"
                    ),
                    ListName::Option => write!(
                        f,
                        "the package is signed by {signers}, which `--certificate-fingerprint` does not name; check where the package comes from"
                    ),
                    ListName::Source => write!(
                        f,
                        "the package is signed by {signers} and with none of the certificates that its source publishes; have the source sign it, or publish the certificate"
                    ),
                }
            }
            Problem::ListEmpty { list: ListName::Source } => write!(
                f,
                "the source says that all of its packages are signed, and publishes no certificate; publish the one that it signs with"
            ),
            Problem::ListEmpty { .. } => {
                write!(f, "the client demands trusted signers and names none; add them to `trustedSigners`")
            }
            Problem::UnknownKind => write!(
                f,
                "the signature names neither an author nor a repository as its kind; sign with `dotnet nuget sign`"
            ),
            Problem::ForeignCountersignature => write!(
                f,
                "the package has a countersignature that is not a repository's; only repositories countersign, sign the package again"
            ),
            Problem::TimestampCount { found: 0 } => {
                write!(f, "the {of} has no timestamp, and one is needed; sign the package again with `--timestamper`")
            }
            Problem::TimestampCount { found } => {
                write!(f, "the {of} has {found} timestamps; exactly one is accepted, sign the package again with one")
            }
            Problem::FutureTimestamp { time } => write!(
                f,
                "the {of} says {}, which has not come yet; compare the clocks and sign the package again",
                shown(*time)
            ),
            Problem::ExpiredNow { certificate, not_after } => write!(
                f,
                "the certificate {certificate} of the {of} expired at {}; sign with a certificate that is valid now",
                shown(*not_after)
            ),
            Problem::SignatureAlgorithm { found } => write!(
                f,
                "the {of} is made with {found}; this server accepts RSASSA-PKCS1-v1_5 with SHA-256, SHA-384 or SHA-512, sign with `dotnet nuget sign`"
            ),
            Problem::Archive(finding) => write!(f, "{finding}"),
            Problem::Manifests { found: 0 } => {
                write!(f, "the package has no nuspec at its root; build it with `dotnet pack`")
            }
            Problem::Manifests { found } => {
                write!(f, "the package has {found} nuspecs at its root; exactly one is allowed")
            }
            Problem::TooMany { what, limit } => {
                write!(f, "the {of} has more than {limit} {what}; no real signature comes near, sign the package again")
            }
        }
    }
}
