//! How much work a password hash takes.

use argon2::Params;
use thiserror::Error;

/// Least memory of a hash in KiB. With less, graphics cards try passwords too fast.
pub const MIN_MEMORY_KIB: u32 = 8 * 1024;
/// Most memory of a hash in KiB: two hashes run at once, and the server has other things to do.
pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// Most passes over the memory.
pub const MAX_PASSES: u32 = 10;
/// Most lanes. They are worked off one after the other here, so that a hash takes one processor.
pub const MAX_LANES: u32 = 4;

/// Memory, passes and lanes of Argon2id, within bounds. The default is the first choice of the OWASP Password Storage Cheat
/// Sheet: 19 MiB, two passes, one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A value out of its bounds.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidParameters {
    /// Memory.
    #[error("`memory_kib`: `{0}` is not from {MIN_MEMORY_KIB} to {MAX_MEMORY_KIB} (8 MiB to 1 GiB)")]
    Memory(u32),
    /// Passes.
    #[error("`passes`: `{0}` is not from 1 to {MAX_PASSES}")]
    Passes(u32),
    /// Lanes.
    #[error("`lanes`: `{0}` is not from 1 to {MAX_LANES}")]
    Lanes(u32),
}

impl Parameters {
    /// Parameters of so many KiB of memory, passes over it, and lanes.
    ///
    /// # Errors
    /// The first value that is out of its bounds.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, InvalidParameters> {
        if !(MIN_MEMORY_KIB..=MAX_MEMORY_KIB).contains(&memory_kib) {
            return Err(InvalidParameters::Memory(memory_kib));
        }
        if !(1..=MAX_PASSES).contains(&passes) {
            return Err(InvalidParameters::Passes(passes));
        }
        if !(1..=MAX_LANES).contains(&lanes) {
            return Err(InvalidParameters::Lanes(lanes));
        }
        Ok(Self { memory_kib, passes, lanes })
    }

    /// Memory in KiB.
    #[must_use]
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over it.
    #[must_use]
    pub fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes.
    #[must_use]
    pub fn lanes(&self) -> u32 {
        self.lanes
    }

    /// The same for the library, whose own bounds are wider.
    pub(super) fn argon2(&self) -> Params {
        Params::new(self.memory_kib, self.passes, self.lanes, None).unwrap_or_default()
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_bounds_is_refused_by_its_name() {
        for (values, refused) in [
            ((8191, 1, 1), Some(InvalidParameters::Memory(8191))),
            ((8192, 1, 1), None),
            ((1_048_576, 1, 1), None),
            ((1_048_577, 1, 1), Some(InvalidParameters::Memory(1_048_577))),
            ((8192, 0, 1), Some(InvalidParameters::Passes(0))),
            ((8192, 10, 1), None),
            ((8192, 11, 1), Some(InvalidParameters::Passes(11))),
            ((8192, 1, 0), Some(InvalidParameters::Lanes(0))),
            ((8192, 1, 4), None),
            ((8192, 1, 5), Some(InvalidParameters::Lanes(5))),
        ] {
            assert_eq!(Parameters::new(values.0, values.1, values.2).err(), refused, "{values:?}");
        }
        assert!(InvalidParameters::Memory(1).to_string().contains("`memory_kib`: `1` is not from 8192 to 1048576"));
    }

    #[test]
    fn the_library_gets_what_is_set_and_the_default_is_within_the_bounds() {
        let set = Parameters::new(1_048_576, 10, 4).unwrap().argon2();
        assert_eq!((set.m_cost(), set.t_cost(), set.p_cost()), (1_048_576, 10, 4));
        let Parameters { memory_kib, passes, lanes } = Parameters::default();
        assert_eq!(Parameters::new(memory_kib, passes, lanes), Ok(Parameters::default()));
    }
}
