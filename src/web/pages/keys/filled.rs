//! What was typed into the form for a new key, and the key that it means.

use serde::Deserialize;

use crate::domain::account::AccountName;
use crate::domain::api_key::{KeyLifetime, KeyName, Scope, Scopes};
use crate::domain::pattern::Pattern;
use crate::feed::api_keys::{Holder, Wanted};
use crate::web::pages::components::FieldErrors;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::capitalised;

/// The name of the key.
pub(super) const NAME: &str = "name";
/// The account that it acts for.
pub(super) const ACTS_FOR: &str = "acts_for";
/// Whose key it is.
pub(super) const KIND: &str = "kind";
/// What it may do.
pub(super) const SCOPE: &str = "scope";
/// Patterns of package IDs, one a line.
pub(super) const PATTERNS: &str = "patterns";
/// How many days it lasts.
pub(super) const DAYS: &str = "days";
/// The button that only shows what the patterns match.
pub(super) const LOOK: &str = "look";

/// A key of whoever makes it.
pub(super) const MINE: &str = "mine";
/// A key of the organization.
pub(super) const SERVICE: &str = "service";

/// What the form offers for [`DAYS`]. The command line takes any number up to the most.
pub(super) const OFFERED_DAYS: [i64; 5] = [7, 30, 90, 180, KeyLifetime::MAX_DAYS];
/// What it offers first.
const FIRST_DAYS: i64 = 90;

/// What a link to the form chooses.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default, rename = "for")]
    acts_for: String,
    #[serde(default)]
    kind: String,
}

/// What stands in the fields.
#[derive(Debug, Clone)]
pub(super) struct Filled {
    pub name: String,
    pub acts_for: String,
    pub service: bool,
    pub scopes: Vec<String>,
    pub patterns: String,
    pub days: String,
}

impl Filled {
    /// The form as it is opened: for pushing and reading, in the name of `me` unless a link says otherwise.
    pub fn at_first(asked: &Asked, me: &AccountName) -> Self {
        let acts_for = if asked.acts_for.is_empty() { me.as_str() } else { &asked.acts_for };
        Self {
            name: String::new(),
            acts_for: acts_for.to_owned(),
            service: asked.kind == SERVICE,
            scopes: [Scope::Push, Scope::Read].map(|scope| scope.name().to_owned()).to_vec(),
            patterns: String::new(),
            days: FIRST_DAYS.to_string(),
        }
    }

    /// The form as it was sent.
    pub fn of(posted: &Posted) -> Self {
        Self {
            name: posted.text(NAME).to_owned(),
            acts_for: posted.text(ACTS_FOR).to_owned(),
            service: posted.text(KIND) == SERVICE,
            scopes: posted.all(SCOPE).map(str::to_owned).collect(),
            patterns: posted.text(PATTERNS).to_owned(),
            days: posted.text(DAYS).to_owned(),
        }
    }

    /// The key that `me` wants by it. Whether they may have it is decided where it is made.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn wanted(&self, me: &AccountName) -> Result<Wanted, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name(&mut errors);
        let holder = self.holder(me, &mut errors);
        let scopes = self.scopes(&mut errors);
        let patterns = self.patterns(&mut errors);
        let lasts = self.lasts(&mut errors);
        match (name, holder, scopes, lasts) {
            (Some(name), Some(holder), Some(scopes), Some(lasts)) if errors.is_empty() => {
                Ok(Wanted { name, holder, scopes, patterns, lasts })
            }
            _ => Err(errors),
        }
    }

    fn name(&self, errors: &mut FieldErrors) -> Option<KeyName> {
        match self.name.parse::<KeyName>() {
            Ok(name) if name.is_empty() => {
                errors.add(NAME, "Give the key a name, so that you know it again in the list.");
                None
            }
            Ok(name) => Some(name),
            Err(invalid) => {
                errors.add(NAME, capitalised(&invalid.to_string()));
                None
            }
        }
    }

    fn holder(&self, me: &AccountName, errors: &mut FieldErrors) -> Option<Holder> {
        let Ok(owner) = self.acts_for.parse::<AccountName>() else {
            errors.add(ACTS_FOR, "Choose the account that the key acts for.");
            return None;
        };
        if self.service && owner == *me {
            errors.add(
                KIND,
                "A service key belongs to an organization. Choose one under “Acts for”, or make the key yours.",
            );
            return None;
        }
        Some(match self.service {
            true => Holder::Organization(owner),
            false => Holder::User(me.clone(), (owner != *me).then_some(owner)),
        })
    }

    fn scopes(&self, errors: &mut FieldErrors) -> Option<Scopes> {
        if self.scopes.is_empty() {
            errors.add(SCOPE, "Choose at least one thing that the key may do.");
            return None;
        }
        let scopes = self.scopes.join(",").parse::<Scopes>();
        scopes.map_err(|invalid| errors.add(SCOPE, capitalised(&invalid.to_string()))).ok()
    }

    fn patterns(&self, errors: &mut FieldErrors) -> Vec<Pattern> {
        let mut patterns: Vec<Pattern> = Vec::new();
        for line in self.patterns.lines().map(str::trim).filter(|line| !line.is_empty()) {
            match line.parse::<Pattern>() {
                Ok(pattern) if patterns.contains(&pattern) => {}
                Ok(pattern) => patterns.push(pattern),
                Err(invalid) => {
                    errors.add(PATTERNS, capitalised(&invalid.to_string()));
                    break;
                }
            }
        }
        patterns
    }

    fn lasts(&self, errors: &mut FieldErrors) -> Option<KeyLifetime> {
        let days = self.days.parse().ok().filter(|days| OFFERED_DAYS.contains(days));
        let lasts = days.and_then(|days| KeyLifetime::days(days).ok());
        if lasts.is_none() {
            errors.add(DAYS, "Choose one of the times in the list.");
        }
        lasts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Filled {
        let asked = Asked { acts_for: String::new(), kind: String::new() };
        Filled { name: "ci".to_owned(), ..Filled::at_first(&asked, &me()) }
    }

    fn me() -> AccountName {
        "ann".parse().unwrap()
    }

    fn wrong(filled: &Filled) -> Vec<&'static str> {
        let errors = filled.wanted(&me()).unwrap_err();
        [NAME, ACTS_FOR, KIND, SCOPE, PATTERNS, DAYS].into_iter().filter(|field| errors.of(field).is_some()).collect()
    }

    #[test]
    fn the_form_as_it_is_opened_needs_only_a_name() {
        let wanted = filled().wanted(&me()).unwrap();
        assert!(matches!(wanted.holder, Holder::User(holder, None) if holder == me()));
        assert_eq!((wanted.scopes.to_string().as_str(), wanted.lasts.to_string().as_str()), ("push,read", "90d"));
        assert!(wanted.patterns.is_empty());
        assert_eq!(wrong(&Filled { name: " ".to_owned(), ..filled() }), [NAME]);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_beside_its_field() {
        let filled = Filled {
            name: "x".repeat(61),
            acts_for: "not a name".to_owned(),
            service: false,
            scopes: Vec::new(),
            patterns: "Contoso.*\na?b".to_owned(),
            days: "366".to_owned(),
        };
        assert_eq!(wrong(&filled), [NAME, ACTS_FOR, SCOPE, PATTERNS, DAYS]);
        assert_eq!(wrong(&Filled { scopes: vec!["admin".to_owned()], ..self::filled() }), [SCOPE]);
    }

    #[test]
    fn a_service_key_needs_an_organization() {
        assert_eq!(wrong(&Filled { service: true, ..filled() }), [KIND]);
        let wanted = Filled { service: true, acts_for: "contoso".to_owned(), ..filled() }.wanted(&me()).unwrap();
        assert!(matches!(wanted.holder, Holder::Organization(owner) if owner.as_str() == "contoso"));
    }

    #[test]
    fn patterns_stand_one_a_line_and_count_once() {
        let filled = Filled { patterns: " Contoso.* \r\n\r\nFabrikam.Core\r\nContoso.*".to_owned(), ..filled() };
        let wanted = filled.wanted(&me()).unwrap();
        assert_eq!(wanted.patterns.iter().map(Pattern::as_str).collect::<Vec<_>>(), ["Contoso.*", "Fabrikam.Core"]);
    }

    #[test]
    fn only_times_from_the_list_are_taken_and_a_year_is_the_most() {
        for days in OFFERED_DAYS {
            assert!(Filled { days: days.to_string(), ..filled() }.wanted(&me()).is_ok());
        }
        for days in ["", "0", "-7", "91", "366", "9999999999999999999", "7d"] {
            assert_eq!(wrong(&Filled { days: days.to_owned(), ..filled() }), [DAYS], "{days}");
        }
    }
}
