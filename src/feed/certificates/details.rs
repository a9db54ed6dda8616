//! Registrations for whoever may see them, each with how far its chain leads and what was learnt about who is in it.
//!
//! Each of these looks builds chains, so none belongs on a worker, and on a server each takes the account's share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;
use time::OffsetDateTime;

use super::issuers::{Issuers, Known};
use super::removing::unknown;
use super::{Error, existing};
use crate::app::App;
use crate::config::Config;
use crate::domain::account::{Account, AccountId, AccountName};
use crate::domain::api_key::KeyGrant;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, authorize};
use crate::feed::revocation::{Learnt, Word, known_about};
use crate::signature::{Certificate, ChainState};
use crate::store::listed_certificates::ListedCertificate;
use crate::store::{self, Reads, Store};

/// With what registrations are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Where they are.
    pub store: &'a Store,
    /// What settings say of the policy.
    pub config: &'a Config,
    /// What chains are built from.
    pub issuers: &'a Issuers,
}

impl<'a> From<&'a App> for Sight<'a> {
    fn from(app: &'a App) -> Self {
        Self { store: &app.store, config: &app.config, issuers: &app.issuers }
    }
}

/// The registrations of an account.
#[derive(Debug)]
pub struct List {
    /// Whose.
    pub account: Account,
    /// Those that count first.
    pub rows: Vec<Details>,
}

/// A registration, with what was learnt about it. Machines are told all but the certificate and its chain.
#[derive(Debug, Serialize)]
pub struct Details {
    /// As it is stored.
    #[serde(flatten)]
    pub row: ListedCertificate,
    /// What was learnt about its own revocation; `None` while nobody looked.
    pub revocation: Option<Learnt>,
    /// The authorities in its chain that are known to be revoked or on hold, its issuer first. While there is one, each push
    /// signed with it is refused, whatever its status.
    pub revoked_above: Vec<RevokedAuthority>,
    /// The root in which its chain ends, where that is no trust anchor and the policy does not let registrations make up for it. Each
    /// push signed with it is refused then, whatever its status.
    pub untrusted_root: Option<String>,
    /// The certificate; `None` if a later version can't parse it any more.
    #[serde(skip)]
    pub certificate: Option<Certificate>,
    /// How far its chain leads, now.
    #[serde(skip)]
    pub chain: ChainState,
}

impl Details {
    /// Whether pushes signed with it are refused because of an authority, though it counts itself or would again.
    #[must_use]
    pub const fn is_refused_above(&self) -> bool {
        self.row.removed_at.is_none() && !self.revoked_above.is_empty()
    }

    /// Whether pushes signed with it are refused because of its root: it was registered when the policy made up for that, or before
    /// the root was seen, or the root was taken off the list.
    #[must_use]
    pub const fn is_refused_for_its_root(&self) -> bool {
        self.row.removed_at.is_none() && self.untrusted_root.is_some()
    }

    /// Whether its issuer has put it on hold, which may be lifted.
    #[must_use]
    pub fn is_on_hold(&self) -> bool {
        self.revocation.as_ref().is_some_and(|learnt| learnt.status == Word::Hold)
    }

    /// Whether all that refuses it above is on hold.
    #[must_use]
    pub fn is_held_above(&self) -> bool {
        self.is_refused_above() && self.revoked_above.iter().all(|authority| authority.learnt.status == Word::Hold)
    }
}

/// An authority that is revoked or on hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevokedAuthority {
    /// SHA-256.
    pub fingerprint: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// What was learnt about it.
    #[serde(flatten)]
    pub learnt: Learnt,
}

/// The registrations of an account, for those who may see them.
///
/// # Errors
/// An unknown account, or it is none of theirs.
pub fn list(sight: Sight<'_>, account: &AccountName, actor: &Actor, now: OffsetDateTime) -> Result<List, Error> {
    let (account, stored) = sight.store.read(|r| {
        let account = existing(r, account)?;
        authorize(r, actor, Action::SeeCertificates, Some(&account), now)?;
        let stored = Stored::read(r, sight.config, r.listed_certificates(Some(account.id), now)?)?;
        Ok::<_, Error>((account, stored))
    })?;
    Ok(List { account, rows: stored.details(sight, now)? })
}

/// One of them.
///
/// # Errors
/// The same, and [`Error::Unknown`].
pub fn one(
    sight: Sight<'_>,
    account: &AccountName,
    fingerprint: &Fingerprint,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(Account, Details), Error> {
    let (account, stored) = sight.store.read(|r| {
        let (account, row) = row(r, account, fingerprint, actor, now)?;
        Ok::<_, Error>((account, Stored::read(r, sight.config, vec![row])?))
    })?;
    let found = stored.details(sight, now)?.pop();
    let found = found.ok_or_else(|| unknown(&account, fingerprint))?;
    Ok((account, found))
}

/// One of them as it is stored, for who needs no more than that it is there.
///
/// # Errors
/// The same.
pub fn row(
    reads: &Reads<'_>,
    account: &AccountName,
    fingerprint: &Fingerprint,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(Account, ListedCertificate), Error> {
    let account = existing(reads, account)?;
    authorize(reads, actor, Action::SeeCertificates, Some(&account), now)?;
    let row = reads.listed_certificate(account.id, fingerprint, now)?;
    let row = row.ok_or_else(|| unknown(&account, fingerprint))?;
    Ok((account, row))
}

/// Those of an account, or of all accounts, for whoever runs commands on the server.
///
/// # Errors
/// What the store says.
pub fn all(sight: Sight<'_>, account: Option<AccountId>, now: OffsetDateTime) -> Result<Vec<Details>, store::Error> {
    let stored = sight.store.read(|r| Stored::read(r, sight.config, r.listed_certificates(account, now)?))?;
    stored.details(sight, now)
}

/// The registrations of the account that a key acts for. `None` when that is another one than `account`.
///
/// # Errors
/// What the store says.
pub fn of_key(
    reads: &Reads<'_>,
    config: &Config,
    account: &AccountName,
    grant: &KeyGrant,
    now: OffsetDateTime,
) -> Result<Option<Stored>, store::Error> {
    let account = reads.account(account)?.filter(|account| account.id == grant.owner);
    account.map(|account| Stored::read(reads, config, reads.listed_certificates(Some(account.id), now)?)).transpose()
}

/// Registrations as they are stored. Building their chains verifies signatures, so it begins when the snapshot is closed: an open one
/// keeps the write-ahead log from being cut back.
#[derive(Debug)]
pub struct Stored {
    rows: Vec<(ListedCertificate, Option<Learnt>)>,
    accept_untrusted_roots: bool,
}

impl Stored {
    fn read(reads: &Reads<'_>, config: &Config, rows: Vec<ListedCertificate>) -> Result<Self, store::Error> {
        let with = |row: ListedCertificate| {
            let learnt = known_about(reads, &row.fingerprint)?;
            Ok::<_, store::Error>((row, learnt))
        };
        Ok(Self {
            rows: rows.into_iter().map(with).collect::<Result<_, _>>()?,
            accept_untrusted_roots: config.effective(reads.policy()?).accept_untrusted_roots,
        })
    }

    /// Builds their chains, and looks up what is known about the authorities in these.
    ///
    /// # Errors
    /// What the store says.
    pub fn details(self, sight: Sight<'_>, now: OffsetDateTime) -> Result<Vec<Details>, store::Error> {
        let (known, accepted) = (sight.issuers.known(sight.store)?, self.accept_untrusted_roots);
        let rows = self.rows.into_iter();
        let mut all: Vec<Details> =
            rows.map(|(row, revocation)| details(row, revocation, &known, accepted, now)).collect();
        sight.store.read(|r| {
            // Each looked up once: the certificates of an account mostly have the same issuer.
            let mut known = HashMap::new();
            for details in &mut all {
                details.revoked_above = revoked_above(r, &details.chain, &mut known)?;
            }
            Ok::<_, store::Error>(())
        })?;
        Ok(all)
    }
}

fn details(
    row: ListedCertificate,
    revocation: Option<Learnt>,
    known: &Known,
    accept_untrusted_roots: bool,
    now: OffsetDateTime,
) -> Details {
    let certificate = Certificate::from_der(&row.der).ok();
    let chain = certificate.as_ref().map_or(ChainState::Broken, |certificate| known.chain_of(certificate, now));
    let untrusted_root = match &chain {
        ChainState::Untrusted { root } if !accept_untrusted_roots => Some(root.clone()),
        _ => None,
    };
    Details { row, revocation, revoked_above: Vec::new(), untrusted_root, certificate, chain }
}

/// Those of a proven chain between its first certificate and the anchor: as at a push, nobody can revoke an anchor.
fn revoked_above(
    reads: &Reads<'_>,
    chain: &ChainState,
    known: &mut HashMap<Fingerprint, Option<RevokedAuthority>>,
) -> Result<Vec<RevokedAuthority>, store::Error> {
    let ChainState::Proven(chain) = chain else { return Ok(Vec::new()) };
    let authorities = chain.split_last().map(|(_, below)| below.iter().skip(1)).into_iter().flatten();
    let mut revoked = Vec::new();
    for authority in authorities {
        let known = match known.entry(authority.fingerprint()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(if_revoked(reads, authority)?),
        };
        revoked.extend(known.clone());
    }
    Ok(revoked)
}

fn if_revoked(reads: &Reads<'_>, authority: &Certificate) -> Result<Option<RevokedAuthority>, store::Error> {
    let (fingerprint, subject) = (authority.fingerprint(), authority.subject().to_string());
    let learnt = known_about(reads, &fingerprint)?.filter(|learnt| learnt.status.refuses());
    Ok(learnt.map(|learnt| RevokedAuthority { fingerprint, subject, learnt }))
}
