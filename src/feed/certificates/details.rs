//! Registrations for whoever may see them, each with how far its chain leads and what was learnt about who is in it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;
use time::OffsetDateTime;

use super::removing::unknown;
use super::{Error, existing};
use crate::domain::account::{Account, AccountId, AccountName};
use crate::domain::api_key::KeyGrant;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, authorize};
use crate::feed::revocation::{Learnt, known_about, parse_all};
use crate::feed::trust::AnchorRows;
use crate::signature::{Certificate, ChainState, Evidence, Purpose, TrustAnchors, fitness, proven_chain};
use crate::store::listed_certificates::ListedCertificate;
use crate::store::{self, Reads, Store};

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
pub fn list(store: &Store, account: &AccountName, actor: &Actor, now: OffsetDateTime) -> Result<List, Error> {
    let (account, stored) = store.read(|r| {
        let account = existing(r, account)?;
        authorize(r, actor, Action::SeeCertificates, Some(&account), now)?;
        let stored = Stored::read(r, r.listed_certificates(Some(account.id), now)?)?;
        Ok::<_, Error>((account, stored))
    })?;
    Ok(List { account, rows: stored.details(store, now)? })
}

/// One of them.
///
/// # Errors
/// The same, and [`Error::Unknown`].
pub fn one(
    store: &Store,
    account: &AccountName,
    fingerprint: &Fingerprint,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(Account, Details), Error> {
    let (account, stored) = store.read(|r| {
        let account = existing(r, account)?;
        authorize(r, actor, Action::SeeCertificates, Some(&account), now)?;
        let row = r.listed_certificate(account.id, fingerprint, now)?.into_iter().collect();
        Ok::<_, Error>((account, Stored::read(r, row)?))
    })?;
    let found = stored.details(store, now)?.pop();
    let found = found.ok_or_else(|| unknown(&account, fingerprint))?;
    Ok((account, found))
}

/// Those of an account, or of all accounts, for whoever runs commands on the server.
///
/// # Errors
/// What the store says.
pub fn all(store: &Store, account: Option<AccountId>, now: OffsetDateTime) -> Result<Vec<Details>, store::Error> {
    store.read(|r| Stored::read(r, r.listed_certificates(account, now)?))?.details(store, now)
}

/// The registrations of the account that a key acts for. `None` when that is another one than `account`.
///
/// # Errors
/// What the store says.
pub fn of_key(
    reads: &Reads<'_>,
    account: &AccountName,
    grant: &KeyGrant,
    now: OffsetDateTime,
) -> Result<Option<Stored>, store::Error> {
    let account = reads.account(account)?.filter(|account| account.id == grant.owner);
    account.map(|account| Stored::read(reads, reads.listed_certificates(Some(account.id), now)?)).transpose()
}

/// Registrations with what their chains are built from, as it is stored. Building them verifies signatures, so it begins when the
/// snapshot is closed: an open one keeps the write-ahead log from being cut back.
#[derive(Debug)]
pub struct Stored {
    rows: Vec<(ListedCertificate, Option<Learnt>)>,
    anchors: AnchorRows,
    seen: Vec<Vec<u8>>,
}

impl Stored {
    fn read(reads: &Reads<'_>, rows: Vec<ListedCertificate>) -> Result<Self, store::Error> {
        let with = |row: ListedCertificate| {
            let learnt = known_about(reads, &row.fingerprint)?;
            Ok::<_, store::Error>((row, learnt))
        };
        Ok(Self {
            rows: rows.into_iter().map(with).collect::<Result<_, _>>()?,
            anchors: AnchorRows::read(reads)?,
            seen: reads.seen_certificates()?,
        })
    }

    /// Builds their chains, and looks up what is known about the authorities in these.
    ///
    /// # Errors
    /// What the store says.
    pub fn details(self, store: &Store, now: OffsetDateTime) -> Result<Vec<Details>, store::Error> {
        let chains = Chains { anchors: self.anchors.parse(), seen: parse_all(&self.seen) };
        let rows = self.rows.into_iter();
        let mut all: Vec<Details> = rows.map(|(row, revocation)| chains.details(row, revocation, now)).collect();
        store.read(|r| {
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

struct Chains {
    anchors: TrustAnchors,
    seen: Vec<Certificate>,
}

impl Chains {
    fn details(&self, row: ListedCertificate, revocation: Option<Learnt>, now: OffsetDateTime) -> Details {
        let certificate = Certificate::from_der(&row.der).ok();
        let chain = certificate.as_ref().map_or(ChainState::Broken, |certificate| self.of(certificate, now));
        Details { row, revocation, revoked_above: Vec::new(), certificate, chain }
    }

    /// Where several certificates have the issuer's name, those that did sign count.
    fn of(&self, certificate: &Certificate, now: OffsetDateTime) -> ChainState {
        match proven_chain(certificate, Purpose::Signing, &self.seen, &self.anchors, now) {
            Some(chain) => ChainState::Proven(chain),
            None => fitness(certificate, &self.seen, Evidence::without_answers(&self.anchors, now)).chain,
        }
    }
}
