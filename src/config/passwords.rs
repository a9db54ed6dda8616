//! `[passwords]`: how much work a password hash is.

use serde::Deserialize;

use crate::password::{InvalidParameters, Parameters};

/// What was written; what is absent is as by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordSettings {
    /// Memory in KiB.
    pub memory_kib: Option<u32>,
    /// Passes over it.
    pub passes: Option<u32>,
    /// Lanes.
    pub lanes: Option<u32>,
}

impl PasswordSettings {
    /// These settings, with `above` winning where it says something.
    #[must_use]
    pub fn overridden_by(&self, above: &Self) -> Self {
        Self {
            memory_kib: above.memory_kib.or(self.memory_kib),
            passes: above.passes.or(self.passes),
            lanes: above.lanes.or(self.lanes),
        }
    }

    /// What they mean.
    ///
    /// # Errors
    /// The first value out of its bounds.
    pub fn parameters(&self) -> Result<Parameters, InvalidParameters> {
        let usual = Parameters::default();
        Parameters::new(
            self.memory_kib.unwrap_or(usual.memory_kib()),
            self.passes.unwrap_or(usual.passes()),
            self.lanes.unwrap_or(usual.lanes()),
        )
    }
}
