//! Whether a certificate can be a trust anchor: asked when an administrator adds one.
//!
//! Clients on Linux end a chain at a root and nowhere below it, so an intermediate authority in the list would let packages
//! in that they then refuse. Whether a root signed itself does not matter, it is trusted as it is: the lists of the .NET SDK
//! hold some that are signed with MD5, or with an older key of the same authority.

use time::OffsetDateTime;

use super::certificate::Certificate;
use super::certificate_policies;
use super::chain::Usage;
use super::proven::Purpose;
use super::shown::shown;

/// Why a certificate can't be a trust anchor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootProblem {
    /// Somebody else issued it.
    #[error("it is no root: `{issuer}` issued it; choose the certificate of that root, in which chains end")]
    Issued {
        /// Who.
        issuer: String,
    },
    /// Its extended key usages leave the purpose out, so no chain could end in it.
    #[error("its usages do not include {purpose}, so no chain could end in it; choose what else it is for")]
    Usage {
        /// For what it was to be.
        purpose: &'static str,
    },
}

/// What somebody should know who adds a root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootRemark {
    /// It has ended. Lists keep such roots for what was signed before.
    #[error("it expired at {}; it counts for what has a timestamp from before", shown(*.not_after))]
    Expired {
        /// When.
        not_after: OffsetDateTime,
    },
    /// It has not begun.
    #[error("it is valid only from {} on", shown(*.not_before))]
    NotYetValid {
        /// When.
        not_before: OffsetDateTime,
    },
    /// It issues nothing, so it vouches for itself alone.
    #[error("it is no authority: it vouches for what is signed with itself, and for nothing else")]
    Alone,
}

impl Certificate {
    /// Whether it names itself as its issuer and its own key signed it. Anybody can make such a certificate, with any name.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.is_signed_by(self)
    }
}

/// Whether chains can end in `certificate` for `purpose`, and what should be known about it at `now`.
///
/// # Errors
/// Why not.
pub fn root_fitness(
    certificate: &Certificate,
    purpose: Purpose,
    now: OffsetDateTime,
) -> Result<Vec<RootRemark>, RootProblem> {
    if !certificate.is_self_issued() {
        return Err(RootProblem::Issued { issuer: certificate.issuer().to_string() });
    }
    let usage = match purpose {
        Purpose::Signing => Usage::CodeSigning,
        Purpose::Timestamping => Usage::TimeStamping,
    };
    if let Ok(Some(usages)) = certificate_policies::declared(certificate)
        && !usages.contains(&usage.oid())
    {
        return Err(RootProblem::Usage { purpose: usage.name() });
    }
    Ok(remarks(certificate, now))
}

fn remarks(certificate: &Certificate, now: OffsetDateTime) -> Vec<RootRemark> {
    let mut remarks = Vec::new();
    if certificate.not_after() < now {
        remarks.push(RootRemark::Expired { not_after: certificate.not_after() });
    }
    if certificate.not_before() > now {
        remarks.push(RootRemark::NotYetValid { not_before: certificate.not_before() });
    }
    // Roots from before version 3 say nothing about it, and issue.
    let is_authority = !matches!(certificate.basic_constraints(), Ok(Some((false, _))));
    if !is_authority || certificate.may_sign_certificates() == Ok(Some(false)) {
        remarks.push(RootRemark::Alone);
    }
    remarks
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn judged(name: &str, purpose: Purpose) -> String {
        let path = format!("{}/tests/vectors/golden/trust/certs/{name}.der", env!("CARGO_MANIFEST_DIR"));
        let certificate = Certificate::from_der(&std::fs::read(path).unwrap()).unwrap();
        match root_fitness(&certificate, purpose, NOW) {
            Ok(remarks) if remarks.is_empty() => "a root".to_owned(),
            Ok(remarks) => remarks.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            Err(problem) => format!("refused: {problem}"),
        }
    }

    #[test]
    fn roots_are_taken_and_everything_else_is_told_why_not() {
        let mut table = Vec::new();
        for name in ["stranger-root", "self-trusted", "code-int-a1", "leaf-3072", "tsa", "wrong-eku"] {
            table.push(format!("{name}, signing: {}", judged(name, Purpose::Signing)));
        }
        for name in ["stranger-root", "self-trusted", "tsa"] {
            table.push(format!("{name}, timestamping: {}", judged(name, Purpose::Timestamping)));
        }
        insta::assert_snapshot!(table.join("\n"));
    }
}
