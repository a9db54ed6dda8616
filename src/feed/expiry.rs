//! Telling people what of theirs ends soon: API keys, and certificates that they sign with. Whoever has a confirmed address gets
//! it by mail too.

use std::error::Error;

use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::api_keys::named;
use super::jobs::Run;
use super::notices::tell;
use crate::app::App;
use crate::domain::account::AccountKind;
use crate::domain::ending::{CERTIFICATE_WARNINGS, KEY_WARNINGS};
use crate::store::endings::{EndingCertificate, EndingKey};
use crate::store::{self, Store, Writes};

/// The job of every day.
pub(super) fn run(app: &App, _run: &mut Run<'_>, now: OffsetDateTime) -> Result<String, Box<dyn Error + Send + Sync>> {
    let told = tell_endings(&app.store, now)?;
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    Ok(format!("told about {} and {}", count(told.keys, "key"), count(told.certificates, "certificate")))
}

/// How much was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Keys that end soon.
    pub keys: usize,
    /// Registered certificates that do.
    pub certificates: usize,
}

/// Tells what is to be told at `now`, each in a transaction of its own: one that can't be told does not silence the others.
///
/// # Errors
/// What the store says.
pub fn tell_endings(store: &Store, now: OffsetDateTime) -> Result<Told, store::Error> {
    let (mut keys, mut certificates) = store.read(|r| {
        let keys = r.ending_keys(now, now + longest(&KEY_WARNINGS))?;
        Ok::<_, store::Error>((keys, r.ending_certificates(now, now + longest(&CERTIFICATE_WARNINGS))?))
    })?;
    keys.retain(|key| key.ending.is_to_be_told(&KEY_WARNINGS, now));
    certificates.retain(|certificate| certificate.ending.is_to_be_told(&CERTIFICATE_WARNINGS, now));
    keys.iter().try_for_each(|key| store.write(|w| tell_key(w, key, now)))?;
    certificates.iter().try_for_each(|certificate| store.write(|w| tell_certificate(w, certificate, now)))?;
    Ok(Told { keys: keys.len(), certificates: certificates.len() })
}

fn longest(warnings: &[Duration]) -> Duration {
    warnings.iter().max().copied().unwrap_or_default()
}

fn tell_key(w: &mut Writes<'_>, key: &EndingKey, now: OffsetDateTime) -> Result<(), store::Error> {
    let (holder, day, named) = (w.account_by_id(key.holder)?, date(key.ending.ends_at), named(&key.name, &key.hint));
    let (whose, page) = match holder.kind {
        AccountKind::User if holder.name == key.owner => (String::new(), "account/keys".to_owned()),
        AccountKind::User => (format!(", which acts for `{}`,", key.owner), "account/keys".to_owned()),
        AccountKind::Organization => (format!(" of `{}`", holder.name), format!("accounts/{}/keys", holder.name)),
    };
    let text = format!(
        "The API key {named}{whose} ends on {day}. Make a new one in time, and put it in the place of this one wherever that is used."
    );
    tell(w, &holder, &text, &page, now)?;
    w.key_ending_told(key.id, now)
}

fn tell_certificate(w: &mut Writes<'_>, ending: &EndingCertificate, now: OffsetDateTime) -> Result<(), store::Error> {
    let (account, day) = (w.account_by_id(ending.account)?, date(ending.ending.ends_at));
    let text = format!(
        "A certificate of `{name}` ends on {day}: {subject}. From then on pushes that are signed with it are refused; get a new one and register it in time.",
        name = account.name,
        subject = ending.subject,
    );
    tell(w, &account, &text, &format!("accounts/{}/certificates", account.name), now)?;
    w.certificate_ending_told(ending.account, &ending.fingerprint, now)
}

fn date(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
}
