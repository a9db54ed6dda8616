//! What would be refused if the push rule were enforced: from real pushes that a stage let in, and from how each package on the
//! feed is signed now.
//!
//! The forecast asks the push rule itself about the next push, taken to be signed as the newest version is. So a team sees what
//! enforcement would break without waiting for pushes, and nothing here decides by itself.

mod csv;

use std::collections::{BTreeMap, HashMap};

use time::OffsetDateTime;

use super::signers::{self, SignerCertificates};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::certificate::RegisteredCertificate;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::policy::Policy;
use crate::domain::push_rule::{self, Owner, Refused, Signed};
use crate::domain::regime::Regime;
use crate::domain::version::NuGetVersion;
use crate::store::registrations::RegistrationId;
use crate::store::stages::{LetInPushes, Newest};
use crate::store::{self, Reads};

pub use csv::csv;

/// A package that enforcement refuses, or would refuse.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// The ID.
    pub id: PackageId,
    /// Its owners by name.
    pub owners: Vec<AccountName>,
    /// What the server makes of the rule for this ID now.
    pub regime: Regime,
    /// The version that was published last.
    pub newest: Option<NuGetVersion>,
    /// The certificate that signed it.
    pub author: Option<Fingerprint>,
    /// Why the rule refuses another version that is signed in the same way; `None` when it accepts it.
    pub refused: Option<Refused>,
    /// Pushes that were let in although the rule refused them, the latest first, by what was wrong.
    pub pushes: Vec<LetInPushes>,
}

impl Outlook {
    /// How many pushes were let in.
    #[must_use]
    pub fn let_in(&self) -> u64 {
        self.pushes.iter().map(|pushes| pushes.pushes).sum()
    }
}

/// Everything that enforcement is about.
#[derive(Debug, Clone, Default)]
pub struct Outlooks {
    /// The packages that enforcement refuses or would refuse, and those of which pushes were let in, by ID.
    pub packages: Vec<Outlook>,
    /// The certificates that signed them.
    pub certificates: SignerCertificates,
    /// How many package IDs were looked at: without other people's and those without versions.
    pub looked_at: u64,
}

/// What stands on one account's name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfOwner {
    /// Packages of which another version signed like the newest would be refused, or is refused.
    pub refused: u64,
    /// Pushes that were let in.
    pub let_in: u64,
}

impl Outlooks {
    /// Looks at the packages that one of `owners` owns now, or at all.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(
        reads: &Reads<'_>,
        policy: &Policy,
        owners: Option<&[AccountId]>,
        now: OffsetDateTime,
    ) -> Result<Self, store::Error> {
        let mut ground = Ground::read(reads, owners, now)?;
        let (mut packages, mut looked_at) = (Vec::new(), 0);
        for newest in reads.newest_versions(owners)? {
            let Some(outlook) = ground.outlook(reads, policy, newest)? else { continue };
            looked_at += 1;
            if outlook.refused.is_some() || !outlook.pushes.is_empty() {
                packages.push(outlook);
            }
        }
        let authors = packages.iter().filter_map(|outlook| outlook.author.as_ref());
        Ok(Self { certificates: signers::certificates(reads, authors)?, packages, looked_at })
    }

    /// The sums by owner. A package with several owners stands on each one's name.
    #[must_use]
    pub fn by_owner(&self) -> BTreeMap<AccountName, OfOwner> {
        let mut sums: BTreeMap<AccountName, OfOwner> = BTreeMap::new();
        for outlook in &self.packages {
            for owner in &outlook.owners {
                let sum = sums.entry(owner.clone()).or_default();
                sum.refused += u64::from(outlook.refused.is_some());
                sum.let_in += outlook.let_in();
            }
        }
        sums
    }
}

/// What the outlooks of many packages have in common: read once.
struct Ground {
    owners: HashMap<RegistrationId, Vec<(AccountId, AccountName)>>,
    pushes: HashMap<RegistrationId, Vec<LetInPushes>>,
    certificates: HashMap<AccountId, Vec<RegisteredCertificate>>,
    now: OffsetDateTime,
}

impl Ground {
    fn read(reads: &Reads<'_>, owners: Option<&[AccountId]>, now: OffsetDateTime) -> Result<Self, store::Error> {
        Ok(Self {
            owners: reads.all_owners(owners)?,
            pushes: reads.let_in_pushes(now)?,
            certificates: HashMap::new(),
            now,
        })
    }

    /// The outlook of one package; `None` where there is nothing to say: no version, or other people's package.
    fn outlook(&mut self, reads: &Reads<'_>, policy: &Policy, newest: Newest) -> Result<Option<Outlook>, store::Error> {
        let Newest { registration, version: Some(version), author } = newest else { return Ok(None) };
        let regime = Regime::of(policy, registration.package_id.as_str());
        if regime == Regime::Foreign {
            return Ok(None);
        }
        let accounts = self.owners.remove(&registration.id).unwrap_or_default();
        let owners = accounts
            .iter()
            .map(|(account, name)| self.owner(reads, *account, name, &registration.package_id))
            .collect::<Result<Vec<_>, _>>()?;
        let signed = author.as_ref().map_or(Signed::Unsigned, Signed::ByAuthor);
        Ok(Some(Outlook {
            refused: push_rule::decide(signed, &owners, &registration.required_signer).err(),
            pushes: self.pushes.remove(&registration.id).unwrap_or_default(),
            owners: accounts.into_iter().map(|(_, name)| name).collect(),
            id: registration.package_id,
            newest: Some(version),
            regime,
            author,
        }))
    }

    fn owner(
        &mut self,
        reads: &Reads<'_>,
        account: AccountId,
        name: &AccountName,
        id: &PackageId,
    ) -> Result<Owner, store::Error> {
        let registered = match self.certificates.get(&account) {
            Some(registered) => registered,
            None => {
                let registered = reads.registered_certificates(account, self.now)?;
                self.certificates.entry(account).or_insert(registered)
            }
        };
        let counting = registered.iter().filter(|certificate| certificate.counts_for(id));
        Ok(Owner { account: name.clone(), certificates: counting.cloned().collect() })
    }
}

#[cfg(test)]
mod tests;
