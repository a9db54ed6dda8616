//! What is wrong with a signature, in facts, and as sentences that say what to do.
//!
//! A problem has NuGet's own code where NuGet has one, and the name of the server's rule where the client would let it
//! pass. Messages are ASCII apart from names in certificates, and never hold octets of the package unescaped.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::chain::ChainProblem;
use crate::archive::Finding;
use crate::domain::fingerprint::Fingerprint;

/// A code of NuGet, such as NU3008 (learn.microsoft.com, NuGet errors and warnings reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub(crate) u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NU{:04}", self.0)
    }
}

/// A rule of this server on top of the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The signature must be an author's; countersignatures must be a repository's.
    Kind,
    /// Exactly one valid timestamp.
    Timestamp,
    /// The signer's certificate must be valid at this moment.
    ValidNow,
    /// The path to the trust anchor must hold by RFC 5280, without help of a countersignature.
    Path,
    /// RSASSA-PKCS1-v1_5 with SHA-2.
    Algorithm,
    /// The archive must have one reading and extract safely.
    Archive,
    /// The package must have one nuspec for the client to read.
    Manifest,
    /// The signature may not cost more than the server spends on it.
    Limit,
}

impl Rule {
    /// The name of the rule, as reports and settings have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Timestamp => "timestamp",
            Self::ValidNow => "valid-now",
            Self::Path => "path",
            Self::Algorithm => "algorithm",
            Self::Archive => "archive",
            Self::Manifest => "manifest",
            Self::Limit => "limit",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether an issue refuses the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It does not.
    Warning,
    /// It does.
    Error,
}

/// What an issue is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The package as a file.
    Package,
    /// An author's primary signature.
    Author,
    /// A repository's primary signature.
    Repository,
    /// A primary signature of unknown or not yet known kind.
    Signature,
    /// The repository countersignature.
    Countersignature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Package => "package",
            Self::Author => "author signature",
            Self::Repository => "repository signature",
            Self::Signature => "signature",
            Self::Countersignature => "repository countersignature",
        })
    }
}

/// One finding about a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// NuGet's code, where it has one.
    pub code: Option<Code>,
    /// The server's rule, where the client has none.
    pub rule: Option<Rule>,
    /// Whether it refuses the package.
    pub level: Level,
    /// What it is about.
    pub part: Part,
    /// Whether it is about the timestamp of that part.
    pub timestamp: bool,
    /// The facts.
    pub problem: Problem,
}

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
    /// A signature that names neither author nor repository as its kind.
    UnknownKind,
    /// A countersignature that claims to be an author's.
    AuthorCountersignature,
    /// Other than one timestamp.
    TimestampCount {
        /// How many there are.
        found: usize,
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

impl Issue {
    /// The whole sentence: what is wrong with which part, and what to do.
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The name of what is broken: NuGet's code, else the server's rule.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.code, self.rule) {
            (Some(code), _) => code.to_string(),
            (None, Some(rule)) => rule.to_string(),
            (None, None) => "archive".into(),
        }
    }
}

/// A time for a message: to the second, in UTC.
pub(crate) fn shown(time: OffsetDateTime) -> String {
    let utc = time.to_offset(time::UtcOffset::UTC);
    utc.replace_nanosecond(0)
        .unwrap_or(utc)
        .format(&Rfc3339)
        .unwrap_or_else(|_| utc.to_string())
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.timestamp {
            format!("timestamp of the {}", self.part)
        } else {
            self.part.to_string()
        };
        match &self.problem {
            Problem::Unsigned => write!(
                f,
                "the package is not signed; sign it with `dotnet nuget sign`"
            ),
            Problem::Unreadable(why) => f.write_str(why),
            Problem::Entry(why) => f.write_str(why),
            Problem::Structure(why) => {
                write!(f, "the {of} is malformed: {why}; sign the package again")
            }
            Problem::CertificateMissing => write!(
                f,
                "the {of} does not contain the certificate of its signer; sign the package again"
            ),
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
                write!(
                    f,
                    "the {of} does not verify with the certificate {signer}; sign the package again"
                )
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
            Problem::NotYetValid {
                certificate,
                not_before,
            } => write!(
                f,
                "the certificate {certificate} of the {of} is valid only from {} on; compare the clocks or use another certificate",
                shown(*not_before)
            ),
            Problem::OutsideValidity {
                certificate,
                not_before,
                not_after,
                at,
                timestamped,
            } => {
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
            Problem::Chain(problem) => write!(
                f,
                "the certificates of the {of} form no valid chain: {problem}"
            ),
            Problem::UntrustedRoot { subject, root, .. } => write!(
                f,
                "the {of} ends in the root `{subject}` with the fingerprint {root}, which this server does not trust; an administrator can add it as a trust anchor"
            ),
            Problem::UntrustedRootNote => write!(
                f,
                "the root of the {of} is not in the list of trusted roots"
            ),
            Problem::NoTimestamp => write!(
                f,
                "the {of} has no timestamp and ends with its certificate; sign with `--timestamper`"
            ),
            Problem::TokenDigest { found } => write!(
                f,
                "the {of} is signed with {found}; it must be SHA-256, SHA-384 or SHA-512, use another timestamp server"
            ),
            Problem::Imprint(why) => write!(
                f,
                "the {of} cannot be compared with the signature: {why}; use another timestamp server"
            ),
            Problem::OtherImprint => write!(
                f,
                "the {of} was made for other data; sign and timestamp the package again"
            ),
            Problem::OutsideTsaValidity {
                certificate,
                time,
                not_before,
                not_after,
            } => write!(
                f,
                "the {of} says {}, but its certificate {certificate} is valid from {} to {}; use another timestamp server",
                shown(*time),
                shown(*not_before),
                shown(*not_after)
            ),
            Problem::UnknownKind => write!(
                f,
                "the signature names neither an author nor a repository as its kind; sign with `dotnet nuget sign`"
            ),
            Problem::AuthorCountersignature => write!(
                f,
                "the package is countersigned by an author; only repositories countersign, sign the package again"
            ),
            Problem::TimestampCount { found } => write!(
                f,
                "the {of} has {found} timestamps; exactly one is accepted, sign the package again with one"
            ),
            Problem::ExpiredNow {
                certificate,
                not_after,
            } => write!(
                f,
                "the certificate {certificate} of the {of} expired at {}; sign with a certificate that is valid now",
                shown(*not_after)
            ),
            Problem::SignatureAlgorithm { found } => write!(
                f,
                "the {of} is made with {found}; this server accepts RSASSA-PKCS1-v1_5 with SHA-256, SHA-384 or SHA-512, sign with `dotnet nuget sign`"
            ),
            Problem::Archive(finding) => write!(f, "{finding}"),
            Problem::Manifests { found: 0 } => write!(
                f,
                "the package has no nuspec at its root; build it with `dotnet pack`"
            ),
            Problem::Manifests { found } => write!(
                f,
                "the package has {found} nuspecs at its root; exactly one is allowed"
            ),
            Problem::TooMany { what, limit } => write!(
                f,
                "the {of} has more than {limit} {what}; no real signature comes near, sign the package again"
            ),
        }
    }
}

/// A failure that ends the reading of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Option<Code>,
    pub(crate) problem: Problem,
    pub(crate) timestamp: bool,
}

impl Fault {
    pub(crate) fn new(code: u16, why: impl Into<String>) -> Self {
        Self {
            code: Some(Code(code)),
            problem: Problem::Structure(why.into()),
            timestamp: false,
        }
    }

    pub(crate) const fn too_many(what: &'static str, limit: usize) -> Self {
        Self {
            code: None,
            problem: Problem::TooMany { what, limit },
            timestamp: false,
        }
    }

    pub(crate) const fn missing_certificate(code: u16) -> Self {
        Self {
            code: Some(Code(code)),
            problem: Problem::CertificateMissing,
            timestamp: false,
        }
    }

    pub(crate) fn issue(self, part: Part) -> Issue {
        let rule = if self.code.is_none() {
            Some(Rule::Limit)
        } else {
            None
        };
        Issue {
            code: self.code,
            rule,
            level: Level::Error,
            part,
            timestamp: self.timestamp,
            problem: self.problem,
        }
    }
}

impl From<super::asn1::Error> for Fault {
    /// The client reports any decoding error without a code of its own as NU3003.
    fn from(error: super::asn1::Error) -> Self {
        Self::new(3003, error.to_string())
    }
}
