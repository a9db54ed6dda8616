//! What the chains of registered certificates are built from, parsed: trust anchors, and the certificates that packages and uploads
//! brought.
//!
//! There may be thousands, and each look at a certificate needs them: whoever asks for many pages, or a key for many lists, must
//! not have all of them parsed each time. They are parsed once, and kept while the database has the same.

use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use crate::feed::revocation::{CERTIFICATES, parse_all};
use crate::feed::trust::{self, AnchorRows};
use crate::signature::{Certificate, ChainState, Evidence, Purpose, TrustAnchors, fitness, proven_chain};
use crate::store::{self, Reads, Store};

/// All of them, as they were at one moment.
#[derive(Debug, Default)]
pub(super) struct Known {
    anchors: TrustAnchors,
    seen: Vec<Certificate>,
    /// `None` before the first were read.
    generation: Option<Generation>,
}

/// By what it is seen that there are others: of the anchors, and of the certificates.
type Generation = (Vec<u8>, Vec<u8>);

/// The certificates at hand. There is one in the server; a command has its own.
#[derive(Debug, Default)]
pub struct Issuers {
    current: Mutex<Arc<Known>>,
    /// Held by who parses them anew: the others wait, with no snapshot open.
    making: Mutex<()>,
}

impl Issuers {
    /// Those of now, or newer than any snapshot that is open. Blocks while they are parsed.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn known(&self, store: &Store) -> Result<Arc<Known>, store::Error> {
        let known = self.current();
        if store.read(|r| known.is_current(r))? {
            return Ok(known);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have parsed them meanwhile.
        let before = self.current();
        let read = |r: &Reads<'_>| {
            let rows = if before.is_current(r)? { None } else { Some((AnchorRows::read(r)?, r.seen_certificates()?)) };
            Ok::<_, store::Error>((generation(r)?, rows))
        };
        let (generation, Some((anchors, seen))) = store.read(read)? else { return Ok(before) };
        let known = Known { anchors: anchors.parse(), seen: parse_all(&seen), generation: Some(generation) };
        let known = Arc::new(known);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&known);
        Ok(known)
    }

    fn current(&self) -> Arc<Known> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn generation(reads: &Reads<'_>) -> Result<Generation, store::Error> {
    Ok((trust::generation(reads)?, reads.meta(CERTIFICATES)?.unwrap_or_default()))
}

impl Known {
    fn is_current(&self, reads: &Reads<'_>) -> Result<bool, store::Error> {
        Ok(self.generation.as_ref() == Some(&generation(reads)?))
    }

    /// How far the chain of a certificate leads. Where several certificates have the issuer's name, those that did sign count.
    pub fn chain_of(&self, certificate: &Certificate, now: OffsetDateTime) -> ChainState {
        match proven_chain(certificate, Purpose::Signing, &self.seen, &self.anchors, now) {
            Some(chain) => ChainState::Proven(chain),
            None => fitness(certificate, &self.seen, Evidence::without_answers(&self.anchors, now)).chain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::feed::authority::Actor;
    use crate::feed::certificates::tests::{der, house};
    use crate::feed::test_house::NOW;
    use crate::store::seen_certificates::SeenCertificate;

    #[test]
    fn they_are_parsed_once_and_anew_when_an_anchor_or_a_certificate_is_new() {
        let house = house();
        let store = &house.app.store;
        let issuers = Issuers::default();
        let known = || issuers.known(store).unwrap();
        let first = known();
        assert!(Arc::ptr_eq(&first, &known()), "nothing changed");
        let leaf = Certificate::from_der(&der("leaf-3072")).unwrap();
        assert!(!first.chain_of(&leaf, NOW).is_proven());

        let above = der("code-int-a1");
        let seen = SeenCertificate { fingerprint: Fingerprint::of(&above), der: above, subject: String::new() };
        let see = |w: &mut store::Writes<'_>| {
            w.see_certificate(&seen, NOW)?;
            w.advance(CERTIFICATES, NOW)
        };
        store.write(see).unwrap();
        let second = known();
        assert!(second.chain_of(&leaf, NOW).is_proven(), "its issuer was seen");
        assert!(Arc::ptr_eq(&second, &known()));

        let root = store.read(|r| r.anchors(store::trust_anchors::Purpose::Signing)).unwrap();
        for root in root {
            let purpose = store::trust_anchors::Purpose::Signing;
            trust::remove(store, &[purpose], &Fingerprint::of(&root), &Actor::CommandLine, NOW).unwrap();
        }
        assert!(!known().chain_of(&leaf, NOW).is_proven(), "no root is trusted any more");
    }
}
