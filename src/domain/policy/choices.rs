//! The settings that are one of a few words.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What happens when the push rule refuses. Signatures that are *invalid* are refused in every stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enforcement {
    /// The push is refused.
    #[default]
    Enforce,
    /// The push is accepted with a warning that the client shows.
    Warn,
    /// The push is accepted and counted.
    Report,
}

/// What happens to a push when the feed's own signature gets no timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnTimestamp {
    /// The push fails, and may be tried again.
    #[default]
    Required,
    /// The package goes in without one, and the person who pushed is told.
    BestEffort,
}

/// Whom the server makes enrol a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactor {
    /// Nobody: but what is guarded by one stays out of reach without.
    Optional,
    /// Server administrators: without one they administer nothing.
    #[default]
    Administrators,
    /// Everybody: without one an account does nothing on the pages but read and enrol. API keys that were made before, and what
    /// they may do, stay: a build that pushes has no phone.
    Everyone,
}

/// The words of an enum, in both directions.
macro_rules! words {
    ($name:ident: $($variant:ident = $word:literal),+) => {
        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word),+ })
            }
        }
    };
}

words!(Enforcement: Enforce = "enforce", Warn = "warn", Report = "report");
words!(OwnTimestamp: Required = "required", BestEffort = "best-effort");
words!(SecondFactor: Optional = "optional", Administrators = "administrators", Everyone = "everyone");
