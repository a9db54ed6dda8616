//! RFC 3161 tokens in a signature: reading them, and the facts about them.
//!
//! A token that cannot be read ends the reading of the whole signature, as it does for the client. One that can be read is
//! judged against the signature value that it stamps. Nonce and policy mean nothing after signing and are not looked at;
//! `timestamp_response` compares the nonce of a token that was just asked for.

use time::OffsetDateTime;

use super::algorithm::Digest;
use super::anchors::Anchors;
use super::certificate::Certificate;
use super::chain::{Chain, Usage};
use super::cms::{SignatureCheck, SignedData, SignerInfo};
use super::ess;
use super::fault::Fault;
use super::issue::{Code, Level};
use super::oid;
use super::path::MIN_RSA_BITS;
use super::problem::Problem;
use super::tst_info::{OUT_OF_RANGE, TstInfo};

/// Timestamps on one signature. Each costs a signature check; real signatures have one.
const MAX_TIMESTAMPS: usize = 8;

/// A token that could be read.
#[derive(Debug, Clone)]
pub(crate) struct Timestamp {
    pub(crate) info: TstInfo,
    pub(crate) certificate: Certificate,
    certificates: Vec<Certificate>,
    digest: Option<Digest>,
    digest_name: String,
}

/// What judging a token gave.
#[derive(Debug, Clone)]
pub(crate) struct TimestampVerdict {
    pub(crate) findings: Vec<TimestampFinding>,
    pub(crate) chain: Chain,
}

/// A finding about a token, with the client's code.
#[derive(Debug, Clone)]
pub(crate) struct TimestampFinding {
    pub(crate) code: Code,
    pub(crate) level: Level,
    pub(crate) problem: Problem,
}

/// Reads all tokens of a signer, in file order.
pub(crate) fn read_all(signer: &SignerInfo<'_>) -> Result<Vec<Timestamp>, Fault> {
    let mut timestamps = Vec::new();
    for value in signer.unsigned_values(oid::TIMESTAMP_TOKEN) {
        if timestamps.len() == MAX_TIMESTAMPS {
            return Err(Fault::too_many("timestamps", MAX_TIMESTAMPS));
        }
        timestamps.push(Timestamp::read(value.raw).map_err(|fault| Fault { timestamp: true, ..fault })?);
    }
    Ok(timestamps)
}

impl Timestamp {
    /// Reads a token: a ContentInfo with a SignedData.
    pub(crate) fn read(token: &[u8]) -> Result<Self, Fault> {
        let data = SignedData::decode(token)?;
        let [signer] = data.signers.as_slice() else {
            return Err(Fault::new(3021, format!("its token has {} signers instead of one", data.signers.len())));
        };
        let certificates = data.certificates()?;
        let certificate = signer.find_certificate(&certificates)?.ok_or(Fault::missing_certificate(3020))?.clone();
        if data.content_type != oid::TST_INFO {
            return Err(Fault::new(3021, format!("its content is of type {}", oid::dotted(data.content_type))));
        }
        ess::check_timestamp(signer, &certificate)?;
        if signer.check(&certificate, &data.signed_content) == SignatureCheck::Invalid {
            return Err(Fault::new(3021, "the signature of its token does not verify"));
        }
        let info = TstInfo::parse(&data.content).map_err(|error| {
            let fault = Fault::from(error);
            if error == OUT_OF_RANGE { Fault { code: None, ..fault } } else { fault }
        })?;
        let digest = signer.digest();
        let digest_name =
            digest.map_or_else(|| oid::dotted(&signer.digest_algorithm.id), |digest| digest.name().to_owned());
        Ok(Self { info, certificate, digest, digest_name, certificates })
    }

    /// Judges the token as stamp of `signature`, the value of the signature that the client compares; `None` when the
    /// client cannot get at it.
    pub(crate) fn verify(&self, signature: Option<&[u8]>, anchors: &Anchors, now: OffsetDateTime) -> TimestampVerdict {
        let mut findings = Vec::new();
        let mut error =
            |code, problem| findings.push(TimestampFinding { code: Code(code), level: Level::Error, problem });
        let certificate = self.certificate.fingerprint();
        if !self.certificate.signature_algorithm().is_sha2_with_rsa() {
            let found = self.certificate.signature_algorithm().name();
            error(3022, Problem::CertificateAlgorithm { certificate, found });
        }
        if self.certificate.public_key().rsa_bits().is_none_or(|bits| bits < MIN_RSA_BITS) {
            error(3023, Problem::Key { certificate, found: self.certificate.public_key().description() });
        }
        if !self.digest.is_some_and(Digest::is_sha2) {
            error(3024, Problem::TokenDigest { found: self.digest_name.clone() });
        }
        match (signature, Digest::from_oid(&self.info.imprint_algorithm.id).filter(|digest| digest.is_sha2())) {
            (None, _) => error(3030, Problem::Imprint("the signature or the timestamp is not encoded in DER")),
            (_, None) => error(3030, Problem::Imprint("its imprint is no SHA-2 hash")),
            (Some(signature), Some(digest)) => {
                if digest.hash(signature).as_deref() != Some(&self.info.imprint) {
                    error(3019, Problem::OtherImprint);
                }
            }
        }
        let readable = self.certificate.has_readable_times();
        if readable && self.certificate.not_before() > now {
            error(3025, Problem::NotYetValid { certificate, not_before: self.certificate.not_before() });
        }
        let time = self.info.time;
        if readable && (time < self.certificate.not_before() || time >= self.certificate.not_after()) {
            error(
                3036,
                Problem::OutsideTsaValidity {
                    certificate,
                    time,
                    not_before: self.certificate.not_before(),
                    not_after: self.certificate.not_after(),
                },
            );
        }
        let chain = Chain::build(&self.certificate, &self.certificates, anchors, now, Usage::TimeStamping);
        TimestampVerdict { findings, chain }
    }
}
