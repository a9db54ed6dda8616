//! Package signatures: reading, judging and making them.
//!
//! Four steps, each with its own types: *decode* (`cms`) turns the signature file into a tree over its bytes, *interpret*
//! (`primary`) makes that a NuGet signature or stops with the client's code, *verify* (`examine`) collects every fact about
//! a signer, *decide* (`decide`) says what the facts mean under a policy. [`judge()`] runs them over a package and asks, as the
//! client does, for three opinions: `integrity`, `trust`, `allow_list`; a push adds `push_rules`. [`verify_for_push`] gives the
//! proof that a push needs.
//!
//! All of it is pure but for reading the package: time, trust anchors, answers about revocation and policy are arguments.
//! **Not checked:** the contents of entries, whether a service index URL is anybody's.

mod algorithm;
mod allow_list;
mod anchors;
mod asn1;
mod attributes;
#[cfg(test)]
pub(crate) mod author_signer;
mod authority_key;
mod behaviour;
pub mod certificate;
mod certificate_extensions;
pub mod certificate_file;
mod certificate_policies;
mod chain;
mod chain_problem;
mod chain_revocation;
mod client_policy;
mod cms;
mod content;
mod decide;
mod ess;
mod evidence;
mod examine;
mod extension;
mod fault;
mod file_rules;
mod integrity;
mod issue;
mod judge;
#[cfg(test)]
mod limits_tests;
mod name;
mod name_constraints;
mod oid;
mod opinion;
mod path;
mod policy;
mod primary;
mod problem;
mod proven;
mod public_key;
mod push;
mod push_rules;
mod registration;
mod report;
pub mod repository;
pub mod revocation;
mod root;
mod shown;
mod stage;
mod timestamp;
pub mod timestamp_request;
pub mod timestamp_response;
mod trust;
mod trusted_signers;
mod tst_info;
mod unexamined;
mod wrong_answer;
mod wrong_file;

pub use algorithm::{AlgorithmIdentifier, Digest};
pub use anchors::{Anchors, TrustAnchors};
pub use certificate::{Certificate, InvalidCertificate};
pub use chain_problem::ChainProblem;
pub use chain_revocation::{CertificateStatus, Revocation};
pub use client_policy::{ClientPolicy, Command, RevocationMode, Source, ValidationMode};
pub use evidence::Evidence;
pub use issue::{Code, Issue, Level, Part, Rule};
pub use judge::judge;
pub use name::Name;
pub use policy::{Policy, PushOptions};
pub use primary::RepositoryAttributes;
pub use problem::{ListName, Problem};
pub use proven::{Purpose, proven_chain};
pub use public_key::PublicKey;
pub use push::{Refusal, Signed, VerifiedPackage, verify_for_push};
pub use registration::{ChainState, Fitness, RegistrationProblem, fitness};
pub use report::{Kind, Report, SignerFacts, TimestampFacts};
pub use repository::RepositorySigner;
pub use root::{RootProblem, RootRemark, root_fitness};
pub use trusted_signers::{SignerKind, TrustedSigner, WrittenFingerprint};
pub use wrong_answer::known_otherwise;
