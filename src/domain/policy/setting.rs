//! What a setting is: its key, what it does in plain words, how it is read and written, and what a change of it means.

use std::fmt;

use thiserror::Error;

use super::Policy;
use crate::domain::byte_size;

/// The longest list or address that a setting takes, in bytes.
pub const MAX_VALUE: usize = 20_000;

/// One setting. All of them stand in [`SETTINGS`](super::SETTINGS), once.
#[derive(Debug)]
pub struct Setting {
    /// Its name in `assay policy set`, in `assay.toml` and in the database: the field of [`Policy`].
    pub key: &'static str,
    /// A heading.
    pub title: &'static str,
    /// What it does, in plain words: for administrators who have not read the code.
    pub about: &'static str,
    /// Where it is shown.
    pub group: Group,
    /// What kind of value it has, and where in the policy.
    pub kind: Kind,
    /// Whether it is set by what a trial shows, and by nothing else.
    pub tried: bool,
    /// What must be said before it is changed from one policy to the other; nothing for most changes.
    pub warns: fn(&Policy, &Policy) -> Option<Warning>,
}

/// Settings that are shown together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What a package must bring along.
    Pushes,
    /// Who reads.
    Reading,
    /// How people sign in.
    People,
    /// What the feed puts on packages.
    OwnSignature,
    /// What the server may reach.
    Network,
}

impl Group {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Pushes, Self::Reading, Self::People, Self::OwnSignature, Self::Network];

    /// A heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pushes => "What a push must bring",
            Self::Reading => "Who may read",
            Self::People => "Signing in",
            Self::OwnSignature => "The feed’s own signature",
            Self::Network => "What the server may reach",
        }
    }
}

/// The kind of a setting's value, with the way to it.
#[derive(Debug)]
pub enum Kind {
    /// On or off.
    Switch {
        /// Reads it.
        get: fn(&Policy) -> bool,
        /// Writes it.
        put: fn(&mut Policy, bool),
    },
    /// One of a few words.
    Choice {
        /// What is chosen: a word or two above the choices.
        legend: &'static str,
        /// The words, with what each of them means.
        options: &'static [(&'static str, &'static str)],
        /// Reads it.
        get: fn(&Policy) -> String,
        /// Writes it; `Err` for a word that is none of them.
        put: fn(&mut Policy, &str) -> Result<(), ()>,
    },
    /// A whole number.
    Number {
        /// The least that it may be.
        least: u64,
        /// The most.
        most: u64,
        /// Of what: `minutes`.
        unit: &'static str,
        /// Reads it.
        get: fn(&Policy) -> u64,
        /// Writes it; `Err` for one that does not fit.
        put: fn(&mut Policy, u64) -> Result<(), std::num::TryFromIntError>,
    },
    /// A number of bytes, which may be said in a larger unit.
    Size {
        /// The least that it may be.
        least: u64,
        /// The most.
        most: u64,
        /// Reads it.
        get: fn(&Policy) -> u64,
        /// Writes it.
        put: fn(&mut Policy, u64),
    },
    /// Any number of entries, with commas or line breaks between them.
    List {
        /// One of them, as an example.
        example: &'static str,
        /// Reads it.
        get: fn(&Policy) -> Vec<String>,
        /// Writes it, with commas alone; or says of an entry why it is none.
        put: fn(&mut Policy, &str) -> Result<(), String>,
    },
    /// A URL, or nothing.
    Address {
        /// Reads it.
        get: fn(&Policy) -> String,
        /// Writes it; or says what would do.
        put: fn(&mut Policy, &str) -> Result<(), String>,
    },
}

/// What must be said before a change is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Whether more becomes acceptable by it, or more is given away. Otherwise it takes something from somebody.
    pub loosens: bool,
    /// What it means, in whole sentences.
    pub text: String,
    /// Whether it is about who must enrol a second factor, so that one wants to know who has none.
    pub about_enrolment: bool,
}

impl Warning {
    /// More becomes acceptable, or more is given away.
    pub(super) fn loosens(text: impl Into<String>) -> Option<Self> {
        Some(Self { loosens: true, text: text.into(), about_enrolment: false })
    }

    /// It takes something from somebody.
    pub(super) fn disturbs(text: impl Into<String>) -> Option<Self> {
        Some(Self { loosens: false, text: text.into(), about_enrolment: false })
    }

    /// The same about who must enrol a second factor.
    pub(super) fn about_enrolment(self) -> Self {
        Self { about_enrolment: true, ..self }
    }
}

/// Why a setting can't be set.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidSetting {
    /// There is no such key.
    #[error("there is no setting `{0}`; the settings are {known}", known = super::known_keys())]
    Key(String),
    /// The value is of another kind.
    #[error("`{value}` is no value for `{key}`: {expected}")]
    Value {
        /// The setting.
        key: &'static str,
        /// How pages call it.
        title: &'static str,
        /// What was given.
        value: String,
        /// What would do.
        expected: String,
    },
    /// An entry of a list is none. The whole list is not repeated.
    #[error("`{key}`: {problem}")]
    Entry {
        /// The setting.
        key: &'static str,
        /// How pages call it.
        title: &'static str,
        /// Which entry, and why.
        problem: String,
    },
}

impl InvalidSetting {
    /// The same for pages, on which settings are known by their titles.
    #[must_use]
    pub fn by_title(&self) -> String {
        match self {
            Self::Key(_) => self.to_string(),
            Self::Value { title, value, expected, .. } => format!("`{value}` is no value for “{title}”: {expected}"),
            Self::Entry { title, problem, .. } => format!("“{title}”: {problem}"),
        }
    }
}

impl Setting {
    /// The setting's value in `policy`, as [`set`](Self::set) takes it.
    #[must_use]
    pub fn value(&self, policy: &Policy) -> String {
        match &self.kind {
            Kind::Switch { get, .. } => get(policy).to_string(),
            Kind::Choice { get, .. } | Kind::Address { get, .. } => get(policy),
            Kind::Number { get, .. } | Kind::Size { get, .. } => get(policy).to_string(),
            Kind::List { get, .. } => get(policy).join(","),
        }
    }

    /// Sets it in `policy`.
    ///
    /// # Errors
    /// A value of another kind; nothing is changed then.
    pub fn set(&self, policy: &mut Policy, value: &str) -> Result<(), InvalidSetting> {
        let wrong = |expected: String| {
            // Words that stood on lines of their own stay words.
            let value = value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect();
            InvalidSetting::Value { key: self.key, title: self.title, value, expected }
        };
        if value.len() > MAX_VALUE {
            return Err(wrong(format!("it has more than {MAX_VALUE} characters")));
        }
        match &self.kind {
            Kind::Switch { put, .. } => {
                put(policy, value.parse().map_err(|_| wrong("`true` or `false`".to_owned()))?);
                Ok(())
            }
            Kind::Choice { options, put, .. } => put(policy, value).map_err(|()| wrong(any_of(options))),
            Kind::Number { least, most, put, .. } => {
                let wrong = || wrong(format!("a number from {least} to {most}"));
                let number = value.parse().ok().filter(|number| (*least..=*most).contains(number)).ok_or_else(wrong)?;
                put(policy, number).map_err(|_| wrong())
            }
            Kind::Size { least, most, put, .. } => {
                let size = byte_size::parse(value).filter(|size| (*least..=*most).contains(size));
                put(policy, size.ok_or_else(|| wrong(any_size(*least, *most)))?);
                Ok(())
            }
            Kind::List { put, .. } => {
                let entry = |problem| InvalidSetting::Entry { key: self.key, title: self.title, problem };
                put(policy, &value.replace(['\n', '\r'], ",")).map_err(entry)
            }
            Kind::Address { put, .. } => put(policy, value).map_err(wrong),
        }
    }

    /// What must be said before it is changed from `before` to `after`.
    #[must_use]
    pub fn warning(&self, before: &Policy, after: &Policy) -> Option<Warning> {
        (self.warns)(before, after)
    }
}

/// There is one setting of each key.
impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Setting {}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)
    }
}

/// `` `a`, `b` or `c` ``
fn any_of(options: &[(&str, &str)]) -> String {
    let words: Vec<String> = options.iter().map(|(word, _)| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    }
}

/// What would do for a size.
fn any_size(least: u64, most: u64) -> String {
    format!("a number of bytes from {least} to {most}, or one with a unit such as `250 MiB`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_to_choose_from_are_told_as_people_say_them() {
        assert_eq!(any_of(&[("a", ""), ("b", ""), ("c", "")]), "`a`, `b` or `c`");
        assert_eq!(any_of(&[("a", ""), ("b", "")]), "`a` or `b`");
        assert_eq!(any_of(&[("a", "")]), "`a`");
    }

    #[test]
    fn a_size_is_taken_with_its_unit_and_a_wrong_one_is_told_by_the_name_that_pages_show() {
        let (mut policy, size) = (Policy::default(), super::super::setting("package_size_limit").unwrap());
        size.set(&mut policy, "2 GiB").unwrap();
        assert_eq!(size.value(&policy), "2147483648");
        let wrong = size.set(&mut policy, "250 MB").unwrap_err();
        let expected = "a number of bytes from 1 to 4294967294, or one with a unit such as `250 MiB`";
        assert_eq!(wrong.to_string(), format!("`250 MB` is no value for `package_size_limit`: {expected}"));
        assert_eq!(wrong.by_title(), format!("`250 MB` is no value for “Largest package”: {expected}"));
        assert!(size.set(&mut policy, "4 GiB").is_err(), "beyond an archive without Zip64");
    }

    #[test]
    fn a_list_may_have_line_breaks_and_of_a_wrong_one_the_entry_alone_is_told_once() {
        let (mut policy, ids) = (Policy::default(), super::super::setting("foreign_ids").unwrap());
        ids.set(&mut policy, "A.*\r\nB.*\n\nC.*, D").unwrap();
        assert_eq!(ids.value(&policy), "A.*,B.*,C.*,D");
        let wrong = ids.set(&mut policy, "A.*\nB C\nD").unwrap_err();
        let told = "`B C` is no package ID pattern: 1 to 100 letters, digits, `.`, `-`, `_` and `*`";
        assert_eq!(wrong.to_string(), format!("`foreign_ids`: {told}"));
        assert_eq!(wrong.by_title(), format!("“Other people’s packages”: {told}"));
        assert_eq!(ids.value(&policy), "A.*,B.*,C.*,D");
        let choice = super::super::setting("enforcement").unwrap();
        let wrong = choice.set(&mut policy, "warn\nreport").unwrap_err().to_string();
        assert!(wrong.starts_with("`warn report` is no value for `enforcement`: "), "{wrong}");
    }
}
