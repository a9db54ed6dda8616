//! The words of a NuGet feed as types: identifiers, versions, accounts, keys, certificates and the rules between them.
//!
//! Everything here is pure. It knows no clock, no file, no database and no HTTP: times and facts are arguments.

pub mod account;
pub mod allowed_hosts;
pub mod answer_kind;
pub mod api_key;
pub mod browser;
pub mod byte_size;
pub mod certificate;
pub mod coverage;
pub mod email_address;
pub mod ending;
pub mod excerpt;
pub mod fingerprint;
pub mod invitation;
pub mod let_in;
pub mod license_expression;
pub mod manifest;
pub mod membership;
pub mod notice;
pub mod ownership;
pub mod package_id;
pub mod package_type;
pub mod pattern;
pub mod permission;
pub mod policy;
pub mod push_rule;
pub mod recovery_code;
pub mod regime;
pub mod required_signer;
pub mod reserved_prefix;
pub mod secret_token;
pub mod session;
pub mod signature_change;
pub mod totp;
pub mod verdict;
pub mod version;
pub mod version_range;
pub mod visible;
pub mod void_signature;
pub mod web_url;
pub mod withdrawal;
