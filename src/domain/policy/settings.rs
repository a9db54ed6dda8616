//! Every setting there is: one entry each, and nothing about a setting stands anywhere else.

use super::setting::{Group, Kind, Setting, Warning};
use super::stages::loosened;
use super::{
    AllowedHosts, Enforcement, MAX_PACKAGE_SIZE_LIMIT, MAX_SECOND_FACTOR_MINUTES, MAX_SESSION_HOURS,
    MIN_SESSION_IDLE_MINUTES, Policy, SecondFactor,
};
use crate::domain::pattern::Pattern;
use crate::domain::web_url::WebUrl;

/// The settings in the order in which they are shown.
pub static SETTINGS: &[Setting] = &[
    Setting {
        key: "enforcement",
        title: "When an owner’s signature is missing",
        about: "What happens to a push that breaks the rule about who must have signed. A package whose signature is invalid (tampered with, untrusted, malformed) is refused whatever stands here.",
        group: Group::Pushes,
        kind: Kind::Choice {
            legend: "Such a push",
            options: &[
                ("enforce", "is refused"),
                ("warn", "is accepted, with a warning that the client shows"),
                ("report", "is accepted, and counted for administrators"),
            ],
            get: |policy| policy.enforcement.to_string(),
            put: |policy, word| word.parse().map(|stage| policy.enforcement = stage),
        },
        tried: false,
        warns: |before, after| {
            let told = match after.enforcement {
                Enforcement::Enforce => return None,
                Enforcement::Warn => "whoever pushes sees a warning",
                Enforcement::Report => "whoever pushes is told nothing",
            };
            if after.enforcement <= before.enforcement {
                return None;
            }
            Warning::loosens(format!(
                "Unsigned packages become acceptable, and so do packages signed with a certificate that no owner registered, even where all owners have certificates: they go in, and {told}. Signatures that are invalid are refused as before."
            ))
        },
    },
    Setting {
        key: "enforcement_patterns",
        title: "Stages for some package IDs",
        about: "A pattern of package IDs with its own stage, one a line, such as `Contoso.*=warn`; the stages are enforce, warn and report. Of several patterns that match, the one with the most letters counts, and of two with as many the stricter. So a team gets there in steps. Other people’s packages (below) have no stage.",
        group: Group::Pushes,
        kind: Kind::List {
            example: "Contoso.*=warn",
            get: |policy| policy.enforcement_patterns.iter().map(ToString::to_string).collect(),
            put: |policy, text| {
                let patterns = entries(text).map(str::parse).collect::<Result<_, _>>();
                patterns.map(|patterns| policy.enforcement_patterns = patterns)
            },
        },
        tried: false,
        warns: |before, after| loosened(before, after).and_then(Warning::loosens),
    },
    Setting {
        key: "timestamp_required",
        title: "Author signatures need a timestamp",
        about: "A signature must carry a timestamp that proves when it was made. Off is for closed networks without a timestamping authority: then the time of the push is the time that counts.",
        group: Group::Pushes,
        kind: Kind::Switch {
            get: |policy| policy.timestamp_required,
            put: |policy, on| policy.timestamp_required = on,
        },
        tried: false,
        warns: |before, after| {
            if !before.timestamp_required || after.timestamp_required {
                return None;
            }
            Warning::loosens(
                "Author signatures without a timestamp become acceptable: nothing proves when they were made, and the time of the push counts instead. When such a signer’s certificate expires, strict clients refuse the packages that it signed, unless the feed’s own signature on them has a timestamp.",
            )
        },
    },
    Setting {
        key: "accept_untrusted_roots",
        title: "Registered certificates may end in any root",
        about: "A certificate that an owner registered is accepted though its chain ends in a root that is no trust anchor here, a self-signed one too: the registration is the anchor.",
        group: Group::Pushes,
        kind: Kind::Switch {
            get: |policy| policy.accept_untrusted_roots,
            put: |policy, on| policy.accept_untrusted_roots = on,
        },
        tried: false,
        warns: |before, after| {
            if before.accept_untrusted_roots || !after.accept_untrusted_roots {
                return None;
            }
            Warning::loosens(
                "Signatures become acceptable whose certificate nobody vouches for but the owner who registered it: self-made ones, and those of any authority. Whoever gets hold of an owner’s account and second factor can register one of their own and sign with it.",
            )
        },
    },
    Setting {
        key: "foreign_ids",
        title: "Other people’s packages",
        about: "Patterns of package IDs that your team brings in and did not make. Their own signature is judged, and nothing else: whoever signed them, and whether at all. Signers whose certificate has expired since are allowed there if the timestamp is good.",
        group: Group::Pushes,
        kind: Kind::List {
            example: "Newtonsoft.Json",
            get: |policy| policy.foreign_ids.iter().map(ToString::to_string).collect(),
            put: |policy, text| patterns(text).map(|patterns| policy.foreign_ids = patterns),
        },
        tried: false,
        warns: |before, after| {
            let new = entries_added(&before.foreign_ids, &after.foreign_ids);
            if new.is_empty() {
                return None;
            }
            Warning::loosens(format!(
                "For IDs that match {}, unsigned packages become acceptable, and packages signed by anybody whose chain ends in a trust anchor: certificates that owners registered no longer matter for them. Whoever may push such an ID decides what goes in.",
                new.join(", ")
            ))
        },
    },
    Setting {
        key: "unicode_ids",
        title: "New IDs may have letters outside ASCII",
        about: "For imports of packages that are named so already. Without it a new package ID has ASCII letters, digits, dots, hyphens and underscores.",
        group: Group::Pushes,
        kind: Kind::Switch { get: |policy| policy.unicode_ids, put: |policy, on| policy.unicode_ids = on },
        tried: false,
        warns: |before, after| {
            if before.unicode_ids || !after.unicode_ids {
                return None;
            }
            Warning::loosens(
                "Whoever may push new packages can make IDs that look like those of others and are not, with letters of other alphabets. Reserved prefixes do not hold them back: a prefix is compared letter by letter, and a Cyrillic а is no Latin a.",
            )
        },
    },
    Setting {
        key: "package_size_limit",
        title: "Largest package",
        about: "A push with more bytes is refused. Packages that are there stay.",
        group: Group::Pushes,
        kind: Kind::Size {
            least: 1,
            most: MAX_PACKAGE_SIZE_LIMIT,
            get: |policy| policy.package_size_limit,
            put: |policy, bytes| policy.package_size_limit = bytes,
        },
        tried: false,
        warns: |_, _| None,
    },
    Setting {
        key: "anonymous_read",
        title: "Everybody may read",
        about: "Packages and their pages are open without an account. Pushing and everything else needs one as before.",
        group: Group::Reading,
        kind: Kind::Switch { get: |policy| policy.anonymous_read, put: |policy, on| policy.anonymous_read = on },
        tried: false,
        warns: |before, after| match (before.anonymous_read, after.anonymous_read) {
            (false, true) => Warning::loosens(
                "Everybody who can reach this server sees and downloads all packages, without an account and without leaving a name.",
            ),
            (true, false) => Warning::disturbs(
                "Restores without credentials fail from now on: whoever reads needs an account, and an API key with the scope read, or a password.",
            ),
            _ => None,
        },
    },
    Setting {
        key: "second_factor",
        title: "Who must enrol a second factor",
        about: "Whatever changes whose signature counts needs a second factor from everybody, whatever stands here. This says who can do nothing at all on these pages without one.",
        group: Group::People,
        kind: Kind::Choice {
            legend: "Who must",
            options: &[
                ("optional", "nobody"),
                ("administrators", "administrators of the server, for these pages"),
                ("everyone", "everyone"),
            ],
            get: |policy| policy.second_factor.to_string(),
            put: |policy, word| word.parse().map(|whom| policy.second_factor = whom),
        },
        tried: false,
        warns: |before, after| {
            let warning = match after.second_factor {
                whom if whom == before.second_factor => None,
                SecondFactor::Everyone => Warning::disturbs(
                    "Sessions of people without a second factor are worth nothing from their next click on, but for reading and for enrolling one. API keys go on working.",
                ),
                SecondFactor::Administrators if before.second_factor == SecondFactor::Everyone => Warning::loosens(
                    "People who run nothing can use these pages with a password alone again, but for what changes whose signature counts.",
                ),
                SecondFactor::Administrators => Warning::disturbs(
                    "Administrators without a second factor see none of these pages from their next click on, until they enrol one.",
                ),
                SecondFactor::Optional => Warning::loosens(
                    "A password alone opens these pages to whoever has it: all accounts, the policy and the audit log can be seen with it. To change something a second factor is needed as before.",
                ),
            };
            warning.map(Warning::about_enrolment)
        },
    },
    Setting {
        key: "second_factor_minutes",
        title: "How long a code counts",
        about: "After a code was given, so many minutes may pass before the next change asks for another one.",
        group: Group::People,
        kind: Kind::Number {
            least: 1,
            most: MAX_SECOND_FACTOR_MINUTES as u64,
            unit: "minutes",
            get: |policy| policy.second_factor_minutes.into(),
            put: |policy, minutes| minutes.try_into().map(|minutes| policy.second_factor_minutes = minutes),
        },
        tried: false,
        warns: |_, _| None,
    },
    Setting {
        key: "session_idle_minutes",
        title: "A session ends when nothing happens",
        about: "After so many minutes without a request one must sign in again.",
        group: Group::People,
        kind: Kind::Number {
            least: MIN_SESSION_IDLE_MINUTES as u64,
            most: MAX_SESSION_HOURS as u64 * 60,
            unit: "minutes",
            get: |policy| policy.session_idle_minutes.into(),
            put: |policy, minutes| minutes.try_into().map(|minutes| policy.session_idle_minutes = minutes),
        },
        tried: false,
        warns: |before, after| {
            if after.session_idle_minutes >= before.session_idle_minutes {
                return None;
            }
            Warning::disturbs(format!(
                "Whoever did nothing for {} minutes is signed out at once.",
                after.session_idle_minutes
            ))
        },
    },
    Setting {
        key: "session_hours",
        title: "A session ends at the latest",
        about: "After so many hours one must sign in again, whatever one does.",
        group: Group::People,
        kind: Kind::Number {
            least: 1,
            most: MAX_SESSION_HOURS as u64,
            unit: "hours",
            get: |policy| policy.session_hours.into(),
            put: |policy, hours| hours.try_into().map(|hours| policy.session_hours = hours),
        },
        tried: false,
        warns: |before, after| {
            if after.session_hours >= before.session_hours {
                return None;
            }
            Warning::disturbs(format!(
                "Whoever signed in more than {} hours ago is signed out at once; that may be you.",
                after.session_hours
            ))
        },
    },
    Setting {
        key: "own_timestamp",
        title: "When the feed’s signature gets no timestamp",
        about: "What happens to a push when the timestamping authority below does not answer. It matters only while there is one.",
        group: Group::OwnSignature,
        kind: Kind::Choice {
            legend: "Such a push",
            options: &[
                ("required", "fails, and may be tried again"),
                ("best-effort", "goes in without a timestamp, and whoever pushed is told"),
            ],
            get: |policy| policy.own_timestamp.to_string(),
            put: |policy, word| word.parse().map(|when| policy.own_timestamp = when),
        },
        tried: false,
        warns: |before, after| {
            if after.own_timestamp <= before.own_timestamp {
                return None;
            }
            Warning::loosens(
                "Packages can go in whose signature by this feed has no timestamp. Strict clients refuse them once the feed’s certificate, or the author’s, has expired.",
            )
        },
    },
    Setting {
        key: "timestamp_authority",
        title: "Timestamping authority",
        about: "Who stamps the feed’s own signatures (RFC 3161). With a timestamp they stay good when certificates expire.",
        group: Group::OwnSignature,
        kind: Kind::Address {
            get: |policy| policy.timestamp_authority.as_ref().map(ToString::to_string).unwrap_or_default(),
            put: |policy, text| address(text).map(|url| policy.timestamp_authority = url),
        },
        tried: true,
        warns: |_, _| None,
    },
    Setting {
        key: "private_timestamp_authority",
        title: "Its root is one that clients don’t know",
        about: "The authority’s chain ends in a root that is no trust anchor for timestamping here. Clients that don’t know the root refuse such a signature, where they would only warn about one without a timestamp.",
        group: Group::OwnSignature,
        kind: Kind::Switch {
            get: |policy| policy.private_timestamp_authority,
            put: |policy, on| policy.private_timestamp_authority = on,
        },
        tried: true,
        warns: |_, _| None,
    },
    Setting {
        key: "all_repository_signed",
        title: "Promise that every package is signed",
        about: "The feed tells clients that all its packages carry its signature, so that they refuse one without. It is said only while it is true.",
        group: Group::OwnSignature,
        kind: Kind::Switch {
            get: |policy| policy.all_repository_signed,
            put: |policy, on| policy.all_repository_signed = on,
        },
        tried: false,
        warns: |_, _| None,
    },
    Setting {
        key: "revocation_hosts",
        title: "Hosts inside your network",
        about: "Where the server may fetch what issuers say about revoked certificates though the address is not public, one host or host:port a line. All others are reached at public addresses, and at ports 80 and 443 alone.",
        group: Group::Network,
        kind: Kind::List {
            example: "pki.corp:8080",
            get: |policy| entries(&policy.revocation_hosts.to_string()).map(str::to_owned).collect(),
            put: |policy, text| {
                let hosts = text.parse().map(|hosts: AllowedHosts| policy.revocation_hosts = hosts);
                hosts.map_err(|error| error.to_string())
            },
        },
        tried: false,
        warns: |before, after| {
            let hosts = |policy: &Policy| -> Vec<String> {
                entries(&policy.revocation_hosts.to_string()).map(str::to_owned).collect()
            };
            let new = entries_added(&hosts(before), &hosts(after));
            if new.is_empty() {
                return None;
            }
            Warning::loosens(format!(
                "The server sends requests to {} inside your network whenever a certificate names an address there, and certificates come from whoever pushes.",
                new.join(", ")
            ))
        },
    },
];

/// The entries of a list with commas; spaces around one and empty ones don't count.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

fn entries_added<T: PartialEq + ToString>(before: &[T], after: &[T]) -> Vec<String> {
    after.iter().filter(|entry| !before.contains(entry)).map(ToString::to_string).collect()
}

fn patterns(text: &str) -> Result<Vec<Pattern>, String> {
    // What is stored comes through the same door.
    entries(text).map(|pattern| Pattern::kept(pattern).map_err(|error| error.to_string())).collect()
}

fn address(text: &str) -> Result<Option<WebUrl>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    WebUrl::parse(text).map(Some).map_err(|error| format!("it {error}"))
}
