//! How a verifier behaves under a policy: the client's own settings, and what a push does differently.
//!
//! The names are those of the client's `SignedPackageVerifierSettings` where it has one; its values were compared with SDK
//! 10.0.401. Settings that are the same everywhere (several timestamps and none are tolerated, unknown revocation is) are
//! not here.

use super::attributes::Commitment;
use super::client_policy::{ClientPolicy, Command, RevocationMode, ValidationMode};

/// How a verifier behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Behaviour {
    /// A package without a signature is valid.
    pub(crate) allow_unsigned: bool,
    /// Structural and cryptographic faults are warnings.
    pub(crate) allow_illegal: bool,
    /// An unknown root, a certificate out of time and a signer in no list are warnings.
    pub(crate) allow_untrusted: bool,
    /// An invalid timestamp is as good as none.
    pub(crate) allow_ignore_timestamp: bool,
    /// That nothing is known about the revocation of a signer is told.
    pub(crate) report_unknown_revocation: bool,
    /// A countersignature is judged whenever there is one, not only when it could help.
    pub(crate) judge_countersignature: bool,
    /// Where answers about revocation come from.
    pub(crate) revocation: RevocationMode,
    /// A signature that is not trusted or out of time may lean on its countersignature.
    pub(crate) may_lean: bool,
    /// Facts behind an early refusal are reported too, and a fault that stops the client does not hide what else is wrong.
    pub(crate) everything: bool,
    /// What refuses is an error and what does not is a warning. The client is less strict with its words: in accept mode it
    /// refuses a weak certificate with a warning, and passes an unknown timestamping authority with an error.
    pub(crate) levels_tell_the_outcome: bool,
}

impl Behaviour {
    const VERIFY: Self = Self {
        allow_unsigned: false,
        allow_illegal: false,
        allow_untrusted: false,
        allow_ignore_timestamp: false,
        report_unknown_revocation: true,
        judge_countersignature: true,
        revocation: RevocationMode::Cached,
        may_lean: true,
        everything: false,
        levels_tell_the_outcome: false,
    };

    const ACCEPT: Self = Self {
        allow_unsigned: true,
        allow_illegal: true,
        allow_untrusted: true,
        allow_ignore_timestamp: true,
        report_unknown_revocation: false,
        judge_countersignature: false,
        ..Self::VERIFY
    };

    const REQUIRE: Self = Self { allow_ignore_timestamp: true, judge_countersignature: false, ..Self::VERIFY };

    /// `verify` for the author's own signature: what a countersignature adds is removed at a push.
    const PUSH: Self =
        Self { allow_unsigned: true, may_lean: false, everything: true, levels_tell_the_outcome: true, ..Self::VERIFY };

    /// A repository's signature is no author's: it only has to be one that clients accept, and is then removed.
    const PUSH_OF_REPOSITORY: Self = Self { levels_tell_the_outcome: true, ..Self::ACCEPT };

    /// Under a client's configuration.
    pub(crate) fn of_client(policy: &ClientPolicy) -> Self {
        let settings = match (&policy.command, policy.validation) {
            (Command::Verify { .. }, _) => Self::VERIFY,
            (Command::Restore { .. }, ValidationMode::Accept) => Self::ACCEPT,
            (Command::Restore { .. }, ValidationMode::Require) => Self::REQUIRE,
        };
        let settings = Self { revocation: policy.revocation, ..settings };
        match &policy.command {
            Command::Restore { source: Some(source) } if source.all_repository_signed => {
                Self { allow_unsigned: false, allow_untrusted: false, ..settings }
            }
            _ => settings,
        }
    }

    /// At a push of a package whose primary signature is of this kind.
    pub(crate) const fn of_push(commitment: Commitment) -> Self {
        match commitment {
            Commitment::Repository => Self::PUSH_OF_REPOSITORY,
            Commitment::Author | Commitment::Unknown => Self::PUSH,
        }
    }

    /// Towards a signer whose root the configuration allows to be unknown. Its certificate may then be out of time as well,
    /// which the client hangs on the same setting.
    pub(crate) const fn with_untrusted_root_allowed(self) -> Self {
        Self { allow_untrusted: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::client_policy::Source;

    /// The whole table: one line a setting, one column a policy.
    #[test]
    fn settings_by_policy() {
        let all_signed = || Source { all_repository_signed: true, certificates: Vec::new() };
        let columns = [
            ("accept", Behaviour::of_client(&ClientPolicy::accept())),
            ("accept, all signed", Behaviour::of_client(&ClientPolicy::accept().from_source(all_signed()))),
            ("require", Behaviour::of_client(&ClientPolicy::require(Vec::new()))),
            ("require, all signed", Behaviour::of_client(&ClientPolicy::require(Vec::new()).from_source(all_signed()))),
            ("verify", Behaviour::of_client(&ClientPolicy::verify())),
            ("push of an author", Behaviour::of_push(Commitment::Author)),
            ("push of a repository", Behaviour::of_push(Commitment::Repository)),
        ];
        let rows: Vec<Vec<String>> = columns.iter().map(|(_, behaviour)| settings(behaviour)).collect();
        let mut table = format!("{:28}", "");
        for (name, _) in &columns {
            table += &format!("{name:22}");
        }
        for row in 0..rows[0].len() {
            let (name, _) = rows[0][row].split_once(": ").unwrap();
            table += &format!("\n{name:28}");
            for column in &rows {
                table += &format!("{:22}", column[row].split_once(": ").unwrap().1);
            }
        }
        let table: Vec<&str> = table.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(table.join("\n"));
    }

    /// The fields as `Debug` prints them, so that no new setting can be left out of the table.
    fn settings(behaviour: &Behaviour) -> Vec<String> {
        let printed = format!("{behaviour:#?}");
        let lines = printed.lines().map(|line| line.trim().trim_end_matches(',').to_owned());
        lines.filter(|line| line.contains(": ")).collect()
    }
}
