//! The certificates that matter here with their chains: built once, and kept while what they are built from stays the same.
//!
//! Each step up a chain is a signature that is verified. On a large feed that takes seconds, and neither whoever loads a page again
//! and again nor whoever imports many files shall cause it each time.

use std::sync::{Arc, Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

use super::wanted::{Chains, Rows};
use crate::signature::{Certificate, TrustAnchors};

/// So long chains are kept, as some may end meanwhile.
const KEPT: Duration = Duration::minutes(10);

/// The certificates that matter.
#[derive(Debug)]
pub(super) struct Matter {
    rows: Rows,
    built_at: OffsetDateTime,
    /// All certificates that are known, registered and seen.
    pub certificates: Vec<Certificate>,
    /// Both lists of anchors.
    pub anchors: TrustAnchors,
    /// The chains.
    pub chains: Chains,
}

/// What was built last.
#[derive(Debug, Default)]
pub(super) struct Matters(Mutex<Option<Arc<Matter>>>);

impl Matters {
    /// What matters by these rows. One thread builds it and the others wait, with no snapshot open.
    pub fn of(&self, rows: Rows, now: OffsetDateTime) -> Arc<Matter> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(matter) = last.as_ref().filter(|matter| matter.rows == rows && matter.is_fresh(now)) {
            return Arc::clone(matter);
        }
        let (certificates, anchors, chains) = (rows.certificates(), rows.anchors(), rows.chains(now));
        let matter = Arc::new(Matter { rows, built_at: now, certificates, anchors, chains });
        *last = Some(Arc::clone(&matter));
        matter
    }
}

impl Matter {
    fn is_fresh(&self, now: OffsetDateTime) -> bool {
        (Duration::ZERO..KEPT).contains(&(now - self.built_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::feed::test_house::{House, NOW};
    use crate::signature::revocation::test_issuer::certificate;
    use crate::store::seen_certificates::SeenCertificate;

    #[test]
    fn chains_are_built_once_until_other_certificates_are_known_or_some_time_has_passed() {
        let house = House::new();
        let matters = Matters::default();
        let at = |now| matters.of(house.app.store.read(Rows::read).unwrap(), now);
        let first = at(NOW);
        assert!(Arc::ptr_eq(&first, &at(NOW + KEPT - Duration::SECOND)), "nothing has changed");
        let later = at(NOW + KEPT);
        assert!(!Arc::ptr_eq(&first, &later), "some may have ended");
        assert!(!Arc::ptr_eq(&later, &at(NOW)), "the clock was set back");
        let before = at(NOW);
        let der = certificate("crl-ca").as_der().to_vec();
        let seen = SeenCertificate { fingerprint: Fingerprint::of(&der), der, subject: "authority".to_owned() };
        house.app.store.write(|w| w.see_certificate(&seen, NOW)).unwrap();
        let after = at(NOW);
        assert_eq!((before.certificates.len(), after.certificates.len()), (0, 1));
    }
}
