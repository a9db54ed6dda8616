//! Registrations for people who may see them, each with how far its chain leads.

use time::OffsetDateTime;

use super::{Error, existing};
use crate::domain::account::{Account, AccountName};
use crate::domain::api_key::KeyGrant;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, authorize};
use crate::feed::revocation::parse_all;
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

/// A registration.
#[derive(Debug)]
pub struct Details {
    /// As it is stored.
    pub row: ListedCertificate,
    /// The certificate; `None` if a later version can't parse it any more.
    pub certificate: Option<Certificate>,
    /// How far its chain leads, now.
    pub chain: ChainState,
}

/// The registrations of an account, for those who may see them.
///
/// # Errors
/// An unknown account, or it is none of theirs.
pub fn list(store: &Store, account: &AccountName, actor: &Actor, now: OffsetDateTime) -> Result<List, Error> {
    let (account, rows, ground) = store.read(|r| {
        let account = existing(r, account)?;
        authorize(r, actor, Action::SeeCertificates, Some(&account), now)?;
        let rows = r.listed_certificates(Some(account.id), now)?;
        Ok::<_, Error>((account, rows, Rows::read(r)?))
    })?;
    let ground = ground.parse();
    Ok(List { account, rows: rows.into_iter().map(|row| ground.details(row, now)).collect() })
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
    let List { account, rows } = list(store, account, actor, now)?;
    let found = rows.into_iter().find(|details| details.row.fingerprint == *fingerprint);
    let unknown = Error::Unknown { account: account.name.clone(), fingerprint: *fingerprint };
    Ok((account, found.ok_or(unknown)?))
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
) -> Result<Option<Vec<ListedCertificate>>, store::Error> {
    let account = reads.account(account)?.filter(|account| account.id == grant.owner);
    account.map(|account| reads.listed_certificates(Some(account.id), now)).transpose()
}

/// What chains are built from, as it is stored.
struct Rows {
    anchors: AnchorRows,
    seen: Vec<Vec<u8>>,
}

impl Rows {
    fn read(reads: &Reads<'_>) -> Result<Self, store::Error> {
        Ok(Self { anchors: AnchorRows::read(reads)?, seen: reads.seen_certificates()? })
    }

    fn parse(&self) -> Chains {
        Chains { anchors: self.anchors.parse(), seen: parse_all(&self.seen) }
    }
}

struct Chains {
    anchors: TrustAnchors,
    seen: Vec<Certificate>,
}

impl Chains {
    fn details(&self, row: ListedCertificate, now: OffsetDateTime) -> Details {
        let certificate = Certificate::from_der(&row.der).ok();
        let chain = certificate.as_ref().map_or(ChainState::Broken, |certificate| self.of(certificate, now));
        Details { row, certificate, chain }
    }

    /// Where several certificates have the issuer's name, those that did sign count.
    fn of(&self, certificate: &Certificate, now: OffsetDateTime) -> ChainState {
        match proven_chain(certificate, Purpose::Signing, &self.seen, &self.anchors, now) {
            Some(chain) => ChainState::Proven(chain),
            None => fitness(certificate, &self.seen, Evidence::without_answers(&self.anchors, now)).chain,
        }
    }
}
