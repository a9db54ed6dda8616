//! What stands in the audit log as `noun.verb`, in words.

/// Every action that the feed records, with what it means. In the order of the nouns.
const DEEDS: &[(&str, &str)] = &[
    ("account.create", "Created the account"),
    ("account.disable", "Disabled the account"),
    ("account.email", "Changed the e-mail address"),
    ("account.enable", "Enabled the account"),
    ("account.link", "Made a one-time link"),
    ("account.make-administrator", "Made an administrator of the server"),
    ("account.password", "Set the password"),
    ("account.take-administrator", "Made an administrator of the server no longer"),
    ("certificate.hold-lifted", "Lifted the hold on the certificate"),
    ("certificate.limit", "Changed for which package IDs the certificate counts"),
    ("certificate.mark-revoked", "Marked the certificate as revoked"),
    ("certificate.register", "Registered the certificate"),
    ("certificate.remove", "Removed the certificate"),
    ("certificate.revoked", "Found the certificate revoked"),
    ("certificate.unmark-revoked", "Took the mark of the certificate back"),
    ("key.create", "Made an API key"),
    ("key.revoke", "Revoked an API key"),
    ("key.revoke-all", "Revoked all API keys"),
    ("organization.create", "Created the organization"),
    ("organization.decline", "Declined to be a member"),
    ("organization.invite", "Invited a member"),
    ("organization.member", "Made a member, or changed the role"),
    ("organization.remove-member", "Ended a membership"),
    ("organization.withdraw", "Took an invitation back"),
    ("package.add-owner", "Added an owner"),
    ("package.decline-owner", "Declined to be an owner"),
    ("package.free", "Freed the number of a removed version"),
    ("package.hide", "Hid the version"),
    ("package.invite-owner", "Invited an owner"),
    ("package.push", "Pushed the package"),
    ("package.relist", "Listed the version again"),
    ("package.remove", "Removed the version for good"),
    ("package.remove-owner", "Removed an owner"),
    ("package.required-signer", "Chose who must sign"),
    ("package.required-signer-lapsed", "Dropped a required signer that could no longer be"),
    ("package.show", "Showed a hidden version again"),
    ("package.unlist", "Unlisted the version"),
    ("package.withdraw-owner", "Took an owner’s invitation back"),
    ("policy.set", "Changed the policy"),
    ("prefix.release", "Released a reserved prefix"),
    ("prefix.reserve", "Reserved a prefix"),
    ("repository-certificate.create", "Made a certificate of the feed"),
    ("revocation.import", "Imported what an issuer says"),
    ("second-factor.enrol", "Enrolled a second factor"),
    ("second-factor.recovery-codes", "Made new recovery codes"),
    ("second-factor.remove", "Removed the second factor"),
    ("server.setup-link", "Made the set-up link"),
    ("session.end", "Ended a session"),
    ("session.end-all", "Ended all sessions"),
    ("session.end-others", "Ended all other sessions"),
    ("signature.counts-again", "Found that the signatures count again"),
    ("signature.decide", "Decided about signatures that do not count"),
    ("signature.void", "Found that the signatures do not count"),
    ("timestamping.remove", "Stopped stamping the feed’s signatures"),
    ("timestamping.set", "Chose who stamps the feed’s signatures"),
    ("trust.add", "Added a trust anchor"),
    ("trust.remove", "Removed a trust anchor"),
    ("unknown-root.dismiss", "Dismissed an unknown root"),
];

/// What an action means; `None` for one that a later version, or an earlier one, recorded.
pub(in crate::web) fn in_words(action: &str) -> Option<&'static str> {
    DEEDS.iter().find(|(known, _)| *known == action).map(|(_, words)| *words)
}

/// All actions with their words, and before the first of each noun all of that noun (`key.*`): to choose from.
pub(super) fn choices() -> Vec<(String, String)> {
    let mut choices = vec![(String::new(), "All".to_owned())];
    let mut noun = "";
    for (action, words) in DEEDS {
        let own = action.split('.').next().unwrap_or_default();
        if own != noun {
            noun = own;
            choices.push((format!("{noun}.*"), format!("All about: {}", noun.replace('-', " "))));
        }
        choices.push(((*action).to_owned(), (*words).to_owned()));
    }
    choices
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The texts of the form `noun.verb` that follow upon `.audit(`, or that a name called `action` or the like is bound to.
    fn recorded(source: &str) -> BTreeSet<String> {
        let is_deed = |text: &str| {
            let word =
                |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            text.split_once('.').is_some_and(|(noun, verb)| word(noun) && word(verb))
        };
        let code: String = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        let texts = code.split('"').skip(1).step_by(2).filter(|text| is_deed(text)).map(str::to_owned);
        texts.collect()
    }

    /// Names of files in the source, which look the same.
    const FILES: &[&str] = &["cer", "db", "key", "toml", "pem", "crl", "ctl", "json", "md", "txt"];

    fn walk(folder: &Path, into: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if !path.ends_with("tests.rs") {
                into.extend(recorded(&fs::read_to_string(path).unwrap()));
            }
        }
    }

    #[test]
    fn everything_that_the_feed_records_is_told_in_words() {
        let mut recorded = BTreeSet::new();
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/feed"), &mut recorded);
        recorded.retain(|deed| !FILES.iter().any(|ending| deed.ends_with(&format!(".{ending}"))));
        assert!(recorded.len() > 20, "the records were not found");
        let silent: Vec<&String> = recorded.iter().filter(|deed| in_words(deed).is_none()).collect();
        assert!(silent.is_empty(), "without words in this file: {silent:?}");
        let unknown: Vec<&str> = DEEDS.iter().map(|(deed, _)| *deed).filter(|deed| !recorded.contains(*deed)).collect();
        assert!(unknown.is_empty(), "in words, and never recorded: {unknown:?}");
    }

    #[test]
    fn each_noun_can_be_chosen_as_a_whole() {
        let choices = choices();
        let at = |value: &str| choices.iter().position(|(own, _)| own == value).unwrap();
        assert_eq!(at(""), 0);
        assert_eq!(at("key.*") + 1, at("key.create"));
        assert_eq!(choices.iter().filter(|(value, _)| value == "key.*").count(), 1);
    }
}
