//! Keeping verdicts for those whom they concern: whoever pushed, the owners of the package, the administrators.

mod registering;
mod standing;
mod trusted;
mod would_do;

use time::{Duration, OffsetDateTime};

pub use registering::{Done, Error, Limit, Offer, Removed, offer, prefix, register, registrable};
pub use standing::{Settled, Standing, standing};
pub use would_do::WouldDo;

use super::authority;
use crate::domain::account::{Account, AccountId};
use crate::domain::package_id::PackageId;
use crate::domain::permission::Relation;
use crate::domain::verdict::{Explained, VerdictKind, VerdictNumber};
use crate::signature::SignerFacts;
use crate::store::verdicts::{KeptVerdict, NewVerdict, Room};
use crate::store::{self, Reads, Store, Writes};

/// For how many days a refusal or a dry run is kept.
pub const VERDICT_DAYS: i64 = 7;
/// For how many days it is kept that a stage let in what the rule refuses.
pub const NOT_ENFORCED_DAYS: i64 = 90;
/// How many are kept. Whoever may push can make refusals without end, and must not push out what others have, nor what stages let
/// in: that is counted before they are made stricter.
pub const ROOM: Room =
    Room { of_pusher: 500, not_enforced_of_pusher: 2_000, of_all: 20_000, not_enforced_of_all: 20_000 };
/// The longest explanation as JSON in bytes.
pub const MAX_EXPLAINED: usize = 16 * 1024;
/// The largest certificate that is kept, in bytes: as large as one that can be registered.
pub const MAX_CERTIFICATE: usize = 10_000;
/// The most bytes that the certificates of one verdict have together. Real chains have five thousand.
pub const MAX_CERTIFICATES: usize = 24_000;

/// An explanation, and the number that it is kept under; `None` where that failed.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The explanation.
    pub explained: Explained,
    /// Its number.
    pub number: Option<VerdictNumber>,
}

/// A verdict that is to be kept.
pub(super) struct Judged<'a> {
    /// What was asked.
    pub kind: VerdictKind,
    /// Who asked.
    pub pusher: AccountId,
    /// For which account.
    pub owner: AccountId,
    /// The package, unless it could not be read.
    pub id: Option<&'a PackageId>,
    /// The explanation.
    pub explained: Explained,
    /// The signer's chain.
    pub certificates: Vec<&'a [u8]>,
}

/// Keeps a verdict. A failure is logged and no more: the answer is what it is.
pub(super) fn keep(store: &Store, judged: Judged<'_>, now: OffsetDateTime) -> Kept {
    kept(judged, now, |new| store.write(|w| w.add_verdict(new, ROOM)))
}

/// The same in the transaction of what was judged. A failure changes nothing of that.
pub(super) fn keep_with(w: &mut Writes<'_>, judged: Judged<'_>, now: OffsetDateTime) -> Kept {
    kept(judged, now, |new| w.attempt(|w| w.add_verdict(new, ROOM)))
}

fn kept(
    judged: Judged<'_>,
    now: OffsetDateTime,
    add: impl FnOnce(&NewVerdict<'_>) -> Result<VerdictNumber, store::Error>,
) -> Kept {
    let Judged { kind, pusher, owner, id, explained, certificates } = judged;
    let (explained, json) = within(explained);
    let mut new = NewVerdict {
        at: now,
        expires_at: now + Duration::days(VERDICT_DAYS),
        kind,
        pusher,
        owner,
        id,
        explained: &explained,
        json: &json,
        certificates: &certificates,
    };
    if new.is_let_in() {
        new.expires_at = now + Duration::days(NOT_ENFORCED_DAYS);
    }
    let number = add(&new).inspect_err(|error| tracing::warn!(%error, "a verdict could not be kept")).ok();
    Kept { explained, number }
}

/// The certificates of a signer that are worth keeping: its own first, then those that lead to the root.
pub(super) fn chain(signer: &SignerFacts) -> Vec<&[u8]> {
    let own = signer.certificate.iter();
    let above = signer.chain.iter().filter(|one| Some(*one) != signer.certificate.as_ref());
    let mut room = MAX_CERTIFICATES;
    let fits = |der: &&[u8]| {
        let fits = der.len() <= MAX_CERTIFICATE.min(room);
        room -= if fits { der.len() } else { 0 };
        fits
    };
    own.chain(above).map(|certificate| certificate.as_der()).take_while(fits).collect()
}

/// The explanation and its JSON, without its last reasons if it is too long with them.
fn within(mut explained: Explained) -> (Explained, String) {
    loop {
        let json = serde_json::to_string(&explained).unwrap_or_default();
        if json.len() <= MAX_EXPLAINED {
            return (explained, json);
        }
        let shortened = explained.warnings.pop().is_some()
            || explained.next.len() > 1 && explained.next.pop().is_some()
            || explained.failed.len() > 1 && explained.failed.pop().is_some();
        if !shortened {
            return (explained, json);
        }
    }
}

/// A verdict that somebody may know of.
#[derive(Debug, Clone)]
pub struct Found {
    /// The verdict.
    pub verdict: KeptVerdict,
    /// Whether it is theirs to see only because they run the server: then what the policy demands of administrators comes first.
    pub as_administrator: bool,
}

/// A verdict, if `viewer` may know of it: whoever pushed (of a service key, the members of its organization), the owners of
/// the package, the administrators of the server. An ID that was on nobody's name counts as that of the account it was pushed for.
///
/// # Errors
/// What the store says.
pub fn find(
    reads: &Reads<'_>,
    viewer: &Account,
    number: VerdictNumber,
    now: OffsetDateTime,
) -> Result<Option<Found>, store::Error> {
    let Some(verdict) = reads.verdict(number, now)? else { return Ok(None) };
    let mut concerned = vec![verdict.pusher.0];
    concerned.extend(concerned_owners(reads, &verdict)?);
    let accounts = concerned.into_iter().map(|id| reads.account_by_id(id)).collect::<Result<Vec<_>, _>>()?;
    let nearest = authority::nearest_relation(reads, viewer, &accounts.iter().collect::<Vec<_>>())?;
    let theirs = nearest != Relation::Stranger;
    Ok((theirs || viewer.administrator).then_some(Found { verdict, as_administrator: !theirs }))
}

/// Whose package a verdict is about. An ID that was new then is no later owner's matter: whoever knows of an ID could create it,
/// and read what others were told about it, with the certificate that they sign with.
fn concerned_owners(reads: &Reads<'_>, verdict: &KeptVerdict) -> Result<Vec<AccountId>, store::Error> {
    if verdict.explained.new_id { Ok(vec![verdict.owner.0]) } else { owners(reads, verdict) }
}

/// Whose the package of a verdict is now.
fn owners(reads: &Reads<'_>, verdict: &KeptVerdict) -> Result<Vec<AccountId>, store::Error> {
    let registration = verdict.id.as_ref().map(|id| reads.registration(id)).transpose()?.flatten();
    match registration {
        Some(registration) => Ok(reads.owners(registration.id)?.into_iter().map(|(id, _)| id).collect()),
        None => Ok(vec![verdict.owner.0]),
    }
}

/// The newest verdicts that concern `viewer` and the organizations that they belong to, newest first: of their pushes and dry
/// runs, and of others' about packages that they own.
///
/// # Errors
/// What the store says.
pub fn own(
    reads: &Reads<'_>,
    viewer: &Account,
    limit: u32,
    now: OffsetDateTime,
) -> Result<Vec<KeptVerdict>, store::Error> {
    let mut verdicts = Vec::new();
    for (account, _) in authority::acts_for(reads, viewer)? {
        verdicts.extend(reads.verdicts(Some(account.id), limit, now)?);
        let about = reads.verdicts_about_packages_of(account.id, limit, now)?.into_iter();
        verdicts.extend(about.filter(|verdict| !verdict.explained.new_id || verdict.owner.0 == account.id));
    }
    verdicts.sort_by_key(|verdict| std::cmp::Reverse(verdict.number));
    verdicts.dedup_by_key(|verdict| verdict.number);
    verdicts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(verdicts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::Enforcement;
    use crate::domain::verdict::{CanChange, Failed, MAX_TOLD, Outcome, RuleName, SignatureKind};
    use crate::signature::{Certificate, Revocation};

    fn explained(reasons: usize) -> Explained {
        let long = "\"".repeat(MAX_TOLD);
        let failed = Failed { rule: RuleName::Path, code: None, message: long.clone(), advice: long.clone() };
        Explained {
            outcome: Outcome::Refused,
            stage: Enforcement::Enforce,
            sentence: long.clone(),
            package: None,
            new_id: false,
            foreign: false,
            signature: SignatureKind::Unreadable,
            signer: None,
            timestamp: None,
            rules: Vec::new(),
            failed: vec![failed; reasons],
            rule: String::new(),
            signers: Vec::new(),
            register: false,
            can_change: CanChange::default(),
            next: vec![long.clone(); reasons],
            otherwise: Vec::new(),
            warnings: vec![long; reasons],
        }
    }

    #[test]
    fn an_explanation_is_kept_within_its_limit_and_with_its_first_reason() {
        let (kept, json) = within(explained(12));
        assert!(json.len() <= MAX_EXPLAINED, "{}", json.len());
        assert!(!kept.failed.is_empty() && !kept.next.is_empty() && kept.warnings.is_empty());
        let (kept, _) = within(explained(1));
        assert_eq!((kept.failed.len(), kept.warnings.len()), (1, 1), "what fits is kept whole");
    }

    fn signer(certificates: &[Vec<u8>]) -> SignerFacts {
        let chain: Vec<Certificate> = certificates.iter().map(|der| Certificate::from_der(der).unwrap()).collect();
        SignerFacts {
            certificate: chain.first().cloned(),
            chain,
            trusted: false,
            revocation: Revocation::NotAsked,
            timestamps: Vec::new(),
            repository: None,
        }
    }

    #[test]
    fn the_chain_of_a_signer_is_kept_as_far_as_there_is_room() {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let with_names = |count: usize| {
            let names: Vec<String> = (0..count).map(|number| format!("{number}.example")).collect();
            rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap().der().to_vec()
        };
        let (small, large, huge) = (with_names(1), with_names(500), with_names(1000));
        assert!(
            large.len() <= MAX_CERTIFICATE && huge.len() > MAX_CERTIFICATE && 3 * large.len() > MAX_CERTIFICATES / 2
        );
        assert_eq!(chain(&signer(&[small.clone(), large.clone()])), [small.as_slice(), large.as_slice()]);
        assert!(
            chain(&signer(&[huge.clone(), small.clone()])).is_empty(),
            "a signer that is too large can't be registered"
        );
        let others: Vec<Vec<u8>> = (495..500).map(with_names).collect();
        let kept = chain(&signer(&others)).into_iter().map(<[u8]>::len).sum::<usize>();
        assert!(kept <= MAX_CERTIFICATES && kept > MAX_CERTIFICATES / 2, "{kept}");
    }
}
