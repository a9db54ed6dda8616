//! The certificates that a server takes for the end of a chain, without asking who signed them.
//!
//! Two lists: a root for code signing does not vouch for timestamps, and neither does a root of the web. The lists are
//! data; who put a certificate there is for their keeper.

use std::collections::HashMap;

use super::certificate::Certificate;
use super::name::Name;
use crate::domain::fingerprint::Fingerprint;

/// One list of trust anchors, found by fingerprint and by name.
#[derive(Debug, Clone, Default)]
pub struct Anchors {
    certificates: Vec<Certificate>,
    by_fingerprint: HashMap<Fingerprint, usize>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
}

/// The two lists.
#[derive(Debug, Clone, Default)]
pub struct TrustAnchors {
    /// For authors and repositories.
    pub signing: Anchors,
    /// For timestamping authorities.
    pub timestamping: Anchors,
}

impl Anchors {
    /// An empty list, which trusts nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a certificate; one that is there already is not added again.
    pub fn add(&mut self, certificate: Certificate) {
        if self.contains(&certificate.fingerprint()) {
            return;
        }
        let index = self.certificates.len();
        self.by_fingerprint.insert(certificate.fingerprint(), index);
        self.by_subject.entry(certificate.subject().lookup_key()).or_default().push(index);
        self.certificates.push(certificate);
    }

    /// Whether this very certificate is in the list.
    #[must_use]
    pub fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.by_fingerprint.contains_key(fingerprint)
    }

    /// The certificates, in the order in which they were added.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The anchors with this subject.
    pub(crate) fn named<'a>(&'a self, subject: &Name) -> impl Iterator<Item = &'a Certificate> {
        let indexes = self.by_subject.get(&subject.lookup_key()).map(Vec::as_slice).unwrap_or_default();
        indexes.iter().filter_map(|&index| self.certificates.get(index))
    }
}

impl FromIterator<Certificate> for Anchors {
    fn from_iter<T: IntoIterator<Item = Certificate>>(certificates: T) -> Self {
        let mut anchors = Self::new();
        certificates.into_iter().for_each(|certificate| anchors.add(certificate));
        anchors
    }
}
