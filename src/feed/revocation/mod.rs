//! Revocation: asking issuers about certificates, keeping what they say, and what follows from it.
//!
//! ```text
//! chains of accepted packages, registered certificates ─ wanted ─ request ─ judge ─ store ─┬─ cache ─ judgement of pushes
//!                                    files of an administrator ─ import ─────────────────┴─ settle ─ status, audit
//! ```
//!
//! A push is judged with the answers at hand and never waits for any: what is not known is accepted, and asked about
//! afterwards, on a thread of its own. Whom an answer is about and whether it counts is decided by `signature`; how a
//! request is guarded, by `outbound`.

mod affected;
mod answer;
mod asking;
mod bell;
mod body;
mod by_hand;
mod cache;
mod check;
mod import;
mod inquiry;
mod learnt;
mod list;
mod mark;
mod matter;
mod parsed;
mod registrants;
mod request;
mod schedule;
pub(crate) mod seen;
mod settle;
mod wanted;
mod watch;

pub use affected::{Affected, affected};
pub(crate) use affected::{GroundRows, Stamp};
pub use asking::{Asking, ask_about};
pub use bell::Bell;
pub use by_hand::{ImportedFiles, ask_all, import_all};
pub use cache::{Cache, Known};
pub use check::{Asked, Check};
pub use import::{ImportError, Imported, MAX_IMPORT};
pub use inquiry::Inquiry;
pub use learnt::{Learnt, Word, known_about};
pub use list::{ListedStatus, list};
pub use mark::{Consequences, MarkError, NewMark, consequences, has_come, mark, unmark};
pub(crate) use wanted::parse_all;
pub use watch::Watch;

/// Bytes of all answers together. They are kept in memory too. The lists of the public authorities that sign code have
/// some megabytes; a feed meets a few dozen authorities, most with small lists.
const MAX_TOTAL: u64 = 64 * 1024 * 1024;

/// Moves whenever the answers at hand change.
const ANSWERS: &str = "revocation_answers";
/// Moves whenever more or fewer certificates are known: registered ones, and those that packages brought.
pub(crate) const CERTIFICATES: &str = "certificates_generation";
/// Moves whenever what is known of a revocation changes: a certificate turns out to be revoked, since an earlier day, or for good
/// where it was on hold; a hold is lifted; a mark is made or taken back. And when an administrator imports an answer, which counts
/// for every push from then on. A push that is on its way starts over; it does not for what issuers answer to the server, or one
/// that asks many issuers would let no push through. Which signatures count is found out anew.
pub(crate) const REVOCATIONS: &str = "revocations";
