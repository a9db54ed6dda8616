//! What was found about a signature, so that it is verified once and not for every certificate that is asked about.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::domain::fingerprint::Fingerprint;

/// Issuers whose findings are kept for one answer. An answer has one issuer, with a few certificates when it is
/// cross-signed; a set made to have more costs time and no memory.
const MAX_REMEMBERED: usize = 8;

/// Findings by the fingerprint of the issuer's certificate. The answer and the certificate are immutable, so a finding
/// stays true; this changes how long an answer takes, never what it is.
pub(super) struct SignatureMemory<T>(Mutex<Vec<(Fingerprint, T)>>);

impl<T: Copy> SignatureMemory<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The finding about `issuer`, made by `verify` if it is not known yet.
    pub(super) fn recall(&self, issuer: Fingerprint, verify: impl FnOnce() -> T) -> T {
        let known = |list: &Vec<(Fingerprint, T)>| list.iter().find(|(of, _)| *of == issuer).map(|(_, found)| *found);
        if let Some(found) = known(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return found;
        }
        // Not under the lock: verifying a large list takes a while, and doing it twice does no harm.
        let found = verify();
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known(&list).is_none() && list.len() < MAX_REMEMBERED {
            list.push((issuer, found));
        }
        found
    }
}

impl<T> fmt::Debug for SignatureMemory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignatureMemory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_verified_once_for_each_issuer() {
        let (memory, mut times) = (SignatureMemory::new(), 0);
        for issuer in [1, 2, 1, 2, 1] {
            let found = memory.recall(Fingerprint::from_bytes([issuer; 32]), || {
                times += 1;
                issuer == 1
            });
            assert_eq!(found, issuer == 1);
        }
        assert_eq!(times, 2);
    }

    #[test]
    fn a_flood_of_issuers_is_not_remembered() {
        let memory = SignatureMemory::new();
        for issuer in 0..=255 {
            memory.recall(Fingerprint::from_bytes([issuer; 32]), || ());
        }
        assert_eq!(memory.0.lock().unwrap().len(), MAX_REMEMBERED);
    }
}
