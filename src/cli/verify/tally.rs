//! How many packages each policy accepts.

use super::inspection::{Findings, Inspection};

/// Counts, for the last line.
#[derive(Default)]
pub(super) struct Tally {
    packages: usize,
    unreadable: usize,
    /// Packages that each policy accepts, in the order of the policies.
    accepted: Vec<(&'static str, usize)>,
}

impl Tally {
    pub fn count(&mut self, inspection: &Inspection) {
        match &inspection.findings {
            Findings::Unreadable { .. } => self.unreadable += 1,
            Findings::Package { reports, .. } => {
                self.packages += 1;
                self.accepted.resize(reports.len(), ("", 0));
                for ((name, accepted), (policy, report)) in self.accepted.iter_mut().zip(reports) {
                    (*name, *accepted) = (*policy, *accepted + usize::from(report.accepted));
                }
            }
        }
    }

    pub fn line(&self) -> String {
        let word = |count: usize| if count == 1 { "package" } else { "packages" };
        let mut parts: Vec<String> =
            self.accepted.iter().map(|(name, count)| format!("{name} accepts {count}")).collect();
        if self.unreadable > 0 {
            parts.push(format!("{} can't be read", self.unreadable));
        }
        format!("{} {}: {}", self.packages, word(self.packages), parts.join(", "))
    }
}
