//! Where in the house a page lies: what the navigation marks as current, and which tabs stand above the page.

/// The place of a page. Each has one entry of the navigation, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Section {
    /// Nothing of the navigation: sign in, a set-up link, a problem.
    Elsewhere,
    /// Search, and the pages of packages.
    Packages,
    /// Upload.
    Upload,
    /// "Connect your tools".
    Connect,
    /// An account's page, and what lies below it.
    Account,
    /// The packages of one's own.
    OwnPackages,
    /// The certificates that one signs with.
    Certificates,
    /// API keys.
    Keys,
    /// Password, second factor, sessions.
    Security,
    /// Organizations and invitations.
    Organizations,
    /// What administrators see first.
    Admin,
    /// Accounts.
    AdminAccounts,
    /// Reserved prefixes.
    AdminPrefixes,
    /// Versions that were taken off the feed.
    AdminWithdrawn,
    /// Trust anchors.
    AdminTrust,
    /// Revoked certificates, and signatures that do not count any more.
    AdminRevocation,
    /// The feed's own certificates.
    AdminRepositoryCertificates,
    /// Policy.
    AdminPolicy,
    /// What enforcement would refuse.
    AdminStages,
    /// Background jobs.
    AdminJobs,
    /// The audit log.
    AdminAudit,
    /// Health.
    AdminHealth,
}

/// An entry of a navigation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Which place it leads to.
    pub section: Section,
    /// The path below the public URL.
    pub path: &'static str,
    /// What it says.
    pub text: &'static str,
    /// Whether the page exists. One that does not is not offered.
    pub built: bool,
}

/// What everybody sees in the header.
pub(super) const PRIMARY: &[Entry] = &[
    entry(Section::Packages, "./", "Packages"),
    entry(Section::Upload, "upload", "Upload"),
    entry(Section::Connect, "setup", "Connect").not_yet(),
];

/// What belongs to whoever is signed in: the account menu, and the tabs above these pages.
pub(super) const OF_ACCOUNT: &[Entry] = &[
    entry(Section::Account, "account", "Account"),
    entry(Section::OwnPackages, "account/packages", "Packages"),
    entry(Section::Certificates, "account/certificates", "Certificates"),
    entry(Section::Keys, "account/keys", "API keys"),
    entry(Section::Security, "account/security", "Security"),
    entry(Section::Organizations, "account/organizations", "Organizations"),
];

/// The tabs above administrators' pages.
pub(super) const OF_ADMINISTRATORS: &[Entry] = &[
    entry(Section::Admin, "admin", "Overview"),
    entry(Section::AdminAccounts, "admin/accounts", "Accounts"),
    entry(Section::AdminPrefixes, "admin/prefixes", "Prefixes"),
    entry(Section::AdminWithdrawn, "admin/withdrawn", "Withdrawn"),
    entry(Section::AdminTrust, "admin/trust", "Trust"),
    entry(Section::AdminRevocation, "admin/revocation", "Revocation"),
    entry(Section::AdminRepositoryCertificates, "admin/repository-certificates", "Repository certificates").not_yet(),
    entry(Section::AdminPolicy, "admin/policy", "Policy"),
    entry(Section::AdminStages, "admin/stages", "Stages"),
    entry(Section::AdminJobs, "admin/jobs", "Jobs"),
    entry(Section::AdminAudit, "admin/audit", "Audit"),
    entry(Section::AdminHealth, "admin/health", "Health").not_yet(),
];

impl Section {
    /// The tabs above the page, with the name of the group; none for most pages.
    pub(super) fn tabs(self) -> Option<(&'static str, &'static [Entry])> {
        let groups = [("Your account", OF_ACCOUNT), ("Administration", OF_ADMINISTRATORS)];
        groups.into_iter().find(|(_, entries)| entries.iter().any(|entry| entry.section == self))
    }

    /// Whether it is for administrators.
    pub(super) fn is_for_administrators(self) -> bool {
        OF_ADMINISTRATORS.iter().any(|entry| entry.section == self)
    }
}

const fn entry(section: Section, path: &'static str, text: &'static str) -> Entry {
    Entry { section, path, text, built: true }
}

impl Entry {
    /// The page is not there yet.
    const fn not_yet(self) -> Self {
        Self { built: false, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_stand_above_the_pages_of_their_group() {
        assert_eq!(Section::Keys.tabs().map(|(name, _)| name), Some("Your account"));
        assert_eq!(Section::AdminAudit.tabs().map(|(name, _)| name), Some("Administration"));
        assert!(Section::Packages.tabs().is_none() && Section::Elsewhere.tabs().is_none());
    }
}
