//! Signatures that do not count any more, as pages show them: the mark of a version, and what people may do about it.

pub(in crate::web) mod choosing;
mod mark;

pub(in crate::web) use mark::{revoked_signer_note, void_badge, void_mark};
