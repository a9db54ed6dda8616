//! Timestamps on the feed's own signatures, from an authority that an administrator chose.
//!
//! The authority is asked through [`crate::outbound`], and what it answers is judged before it is used. That its
//! root is a trust anchor for timestamping, and that nobody in its chain is known to be revoked, is checked at each stamp:
//! the anchors, the authority and what is known about it may change. Its certificates become *seen*, and so issuers are
//! asked about them.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use thiserror::Error;
use time::OffsetDateTime;

use super::authority::{self, Actor, authorize};
use super::policy::{self, Locked};
use crate::config::Config;
use crate::domain::permission::Action;
use crate::domain::policy::{InvalidSetting, OwnTimestamp, Policy, SETTINGS};
use crate::domain::web_url::WebUrl;
use crate::feed::revocation::{Cache, seen};
use crate::outbound::{self, InvalidTarget, Limits, Outbound, Target};
use crate::signature::Evidence;
use crate::signature::timestamp_request::{MEDIA_TYPE, NONCE, TimestampRequest};
use crate::signature::timestamp_response::{InvalidTimestamp, MAX_RESPONSE, TimestampToken};
use crate::store::{self, Store};

/// What clients make of a timestamp whose root they don't know; for everybody who chooses such an authority.
pub const PRIVATE_WARNING: &str = "clients that don't have the root of this authority among their timestamping roots \
    (which come with the .NET SDK and can't be added to by settings) refuse every package with such a timestamp in \
    `dotnet nuget verify`, and leave the timestamp out when they restore: no timestamp at all is better for them";

/// How the feed stamps its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamping {
    /// Whom it asks.
    pub authority: WebUrl,
    /// Whether the root of the authority may be one that is no trust anchor.
    pub private: bool,
    /// Whether a push fails without a timestamp.
    pub required: bool,
}

impl Stamping {
    /// What `policy` says; `None` when signatures get no timestamps.
    #[must_use]
    pub fn of(policy: &Policy) -> Option<Self> {
        policy.timestamp_authority.clone().map(|authority| Self {
            authority,
            private: policy.private_timestamp_authority,
            required: policy.own_timestamp == OwnTimestamp::Required,
        })
    }
}

/// Why there is no timestamp.
#[derive(Debug, Error)]
pub enum Error {
    /// The URL may not be asked.
    #[error(transparent)]
    Target(#[from] InvalidTarget),
    /// The request came to nothing.
    #[error(transparent)]
    Outbound(#[from] outbound::Error),
    /// The answer is not what was asked for, or not good enough for clients.
    #[error(transparent)]
    Invalid(#[from] InvalidTimestamp),
    /// The timestamp does not go with the signature.
    #[error("the timestamp can't be used: {0}")]
    Unusable(&'static str),
    /// The random generator failed.
    #[error("there are no random numbers")]
    Random,
}

impl From<Unspecified> for Error {
    fn from(_: Unspecified) -> Self {
        Self::Random
    }
}

/// A timestamp for `signature`, the octets of a signature value. Blocks for up to [`outbound::DEADLINE`].
///
/// # Errors
/// [`enum@Error`].
pub fn stamp(
    outbound: &Outbound,
    stamping: &Stamping,
    evidence: Evidence<'_>,
    signature: &[u8],
) -> Result<TimestampToken, Error> {
    let target = Target::configured(stamping.authority.as_str())?;
    let mut random = [0; NONCE];
    rand::fill(&mut random)?;
    let request = TimestampRequest::new(signature, random);
    let limits = Limits { body: MAX_RESPONSE, ..Limits::default() };
    let response = outbound.post(&target, MEDIA_TYPE, &request.to_der(), limits)?;
    Ok(request.read(&response, evidence, stamping.private)?)
}

/// Why the authority is not changed.
#[derive(Debug, Error)]
pub enum NotSet {
    /// No URL.
    #[error("give the URL of an authority; `assay repository-certificate timestamping remove` ends its use")]
    NoUrl,
    /// No URL.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The trial failed.
    #[error("the trial with `{authority}` failed: {error}")]
    Trial {
        /// The URL.
        authority: String,
        /// Why.
        error: Error,
    },
    /// The trial was good but for the root.
    #[error(
        "{0}; {PRIVATE_WARNING}. If all clients have it, say so (`--private-tsa`, or its box on the page); if clients know it and this server does not, import their roots with `assay trust import`"
    )]
    Private(InvalidTimestamp),
    /// The settings of the server win over what is set while it runs.
    #[error(transparent)]
    Locked(#[from] Locked),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Lets signatures be stamped by the authority at `url` from now on, if it gives a good timestamp for a trial, which is
/// returned. `private` lets its root be any.
///
/// # Errors
/// [`NotSet`]; nothing is changed then.
pub fn set(
    store: &Store,
    config: &Config,
    outbound: &Outbound,
    url: &str,
    private: bool,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<TimestampToken, NotSet> {
    store.read(|r| authorize(r, actor, Action::ChangeServer, None, now))?;
    expect_unlocked(config)?;
    let mut policy = Policy::default();
    policy.set("timestamp_authority", url)?;
    policy.private_timestamp_authority = private;
    let failed = |error| NotSet::Trial { authority: url.to_owned(), error };
    let Some(stamping) = Stamping::of(&policy) else { return Err(NotSet::NoUrl) };
    let (anchors, known) = (store.read(super::trust::anchors)?, Cache::default().known(store)?);
    let evidence = Evidence { anchors: &anchors, answers: &known.answers, now };
    let mut trial = [0; NONCE];
    rand::fill(&mut trial).map_err(|error| failed(error.into()))?;
    let token = stamp(outbound, &stamping, evidence, &trial).map_err(|error| match error {
        Error::Invalid(why @ InvalidTimestamp::Untrusted { .. }) => NotSet::Private(why),
        error => failed(error),
    })?;
    let authority = stamping.authority.as_str();
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        w.set_policy("timestamp_authority", authority)?;
        // Only if the switch is needed: an authority whose root is trusted must stay so.
        w.set_policy("private_timestamp_authority", &(!token.is_trusted()).to_string())?;
        seen::remember_chain(w, token.chain(), now)?;
        let root = format!("root {}", token.root().fingerprint());
        Ok::<_, NotSet>(by.audit(w, now, "timestamping.set", authority, &root)?)
    })?;
    Ok(token)
}

/// Signatures get no timestamps from now on.
///
/// # Errors
/// [`NotSet::Locked`], or what is not allowed.
pub fn remove(store: &Store, config: &Config, actor: &Actor, now: OffsetDateTime) -> Result<(), NotSet> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        expect_unlocked(config)?;
        w.set_policy("timestamp_authority", "")?;
        w.set_policy("private_timestamp_authority", "false")?;
        Ok(by.audit(w, now, "timestamping.remove", "", "")?)
    })
}

/// Both settings are changed here, so that neither may be locked.
fn expect_unlocked(config: &Config) -> Result<(), Locked> {
    let mut changed = SETTINGS.iter().filter(|setting| setting.tried);
    changed.try_for_each(|setting| policy::expect_unlocked(config, setting))
}
