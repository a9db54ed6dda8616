//! A recipe that builds one file from another: pieces copied from the source, and new bytes between them.
//!
//! A package of gigabytes is re-signed, stripped or restored to what was pushed by a recipe of a few kilobytes. A recipe
//! knows nothing about archives and does not know its source: applying it to another file gives rubbish or an error,
//! so callers keep the hash of the result.

use std::io::{self, Read, Seek, SeekFrom};

/// Literal bytes that [`Rewrite::inverse`] may collect. What a signature adds or replaces is below 1 MiB; a file that
/// hides more beside its signature is refused instead of kept in a database row.
const MAX_INVERSE_LITERAL: u64 = 4 << 20;

/// Octets that [`Rewrite::makes_the_same_as`] holds at once.
const COMPARED_AT_ONCE: u64 = 128 * 1024;

/// A piece of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// `length` octets of the source from `offset` on.
    Copy {
        /// Where in the source.
        offset: u64,
        /// How many octets.
        length: u64,
    },
    /// These octets.
    Literal(Vec<u8>),
}

/// A list of segments. Adjacent ones are merged and empty ones left out, so equal recipes compare equal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rewrite {
    segments: Vec<Segment>,
    length: u64,
}

/// Why a recipe cannot be turned round.
#[derive(Debug, thiserror::Error)]
pub enum InverseError {
    /// The source holds too much that is not in the result.
    #[error(
        "{found} octets of the file are not in its signed form, more than the {limit} that are kept; remove what stands beside the signature and sign the package again"
    )]
    TooMuch {
        /// Octets that would have to be kept.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The source could not be read, or is shorter than the recipe needs.
    #[error("the package could not be read")]
    Io(#[from] io::Error),
}

impl Segment {
    /// Octets that the segment adds to the result.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Copy { length, .. } => *length,
            Self::Literal(bytes) => bytes.len().try_into().unwrap_or(u64::MAX),
        }
    }

    /// The first octets that the segment makes.
    fn head<R: Read + Seek>(&self, count: u64, source: &mut R) -> io::Result<Vec<u8>> {
        let count = usize::try_from(count).unwrap_or_default();
        match self {
            Self::Literal(bytes) => Ok(bytes.get(..count).unwrap_or_default().to_vec()),
            Self::Copy { offset, .. } => {
                source.seek(SeekFrom::Start(*offset))?;
                let mut bytes = vec![0; count];
                source.read_exact(&mut bytes)?;
                Ok(bytes)
            }
        }
    }

    /// The segment without its first octets; `None` when nothing is left.
    fn tail(&self, count: u64) -> Option<Self> {
        if count >= self.len() {
            return None;
        }
        Some(match self {
            Self::Copy { offset, length } => {
                Self::Copy { offset: offset.saturating_add(count), length: length - count }
            }
            Self::Literal(bytes) => Self::Literal(bytes.get(usize::try_from(count).ok()?..)?.to_vec()),
        })
    }

    /// Whether the segment adds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Rewrite {
    /// The empty recipe.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The recipe that copies a source of `length` octets.
    #[must_use]
    pub fn identity(length: u64) -> Self {
        let mut whole = Self::new();
        whole.copy(0, length);
        whole
    }

    /// Adds `length` octets of the source from `offset` on.
    pub fn copy(&mut self, offset: u64, length: u64) {
        if length == 0 {
            return;
        }
        self.length = self.length.saturating_add(length);
        match self.segments.last_mut() {
            Some(Segment::Copy { offset: start, length: so_far }) if start.checked_add(*so_far) == Some(offset) => {
                *so_far = so_far.saturating_add(length);
            }
            _ => self.segments.push(Segment::Copy { offset, length }),
        }
    }

    /// Adds these octets.
    pub fn literal(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.length = self.length.saturating_add(bytes.len().try_into().unwrap_or(u64::MAX));
        match self.segments.last_mut() {
            Some(Segment::Literal(so_far)) => so_far.extend_from_slice(bytes),
            _ => self.segments.push(Segment::Literal(bytes.to_vec())),
        }
    }

    /// Length of the result in octets.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// Whether the result has no octets.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The segments, in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Where in the result each segment starts.
    pub(super) fn starts(&self) -> Vec<u64> {
        let mut at = 0_u64;
        let start = |segment: &Segment| {
            let start = at;
            at = at.saturating_add(segment.len());
            start
        };
        self.segments.iter().map(start).collect()
    }

    /// The recipe that makes the result of `next` from the source of `self`, where `next` was made for the result of `self`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let starts = self.starts();
        let mut both = Self::new();
        for segment in &next.segments {
            match segment {
                Segment::Literal(bytes) => both.literal(bytes),
                Segment::Copy { offset, length } => self.append_range(&starts, *offset, *length, &mut both),
            }
        }
        both
    }

    fn append_range(&self, starts: &[u64], mut offset: u64, mut length: u64, target: &mut Self) {
        let mut index = starts.partition_point(|&start| start <= offset).saturating_sub(1);
        while length > 0 {
            let (Some(segment), Some(&start)) = (self.segments.get(index), starts.get(index)) else {
                return;
            };
            let skip = offset - start;
            let take = segment.len().saturating_sub(skip).min(length);
            match segment {
                Segment::Copy { offset, .. } => target.copy(offset.saturating_add(skip), take),
                Segment::Literal(bytes) => {
                    let from = usize::try_from(skip).unwrap_or(usize::MAX);
                    let to = from.saturating_add(usize::try_from(take).unwrap_or(usize::MAX));
                    target.literal(bytes.get(from..to).unwrap_or_default());
                }
            }
            offset = offset.saturating_add(take);
            length -= take;
            index += 1;
        }
    }

    /// Whether both recipes make the same octets of `source`. Only what they take from different places is read.
    ///
    /// # Errors
    /// When the source cannot be read or is too short.
    pub fn makes_the_same_as<R: Read + Seek>(&self, other: &Self, source: &mut R) -> io::Result<bool> {
        if self.length != other.length {
            return Ok(false);
        }
        let (mut left, mut right) = (self.segments.iter(), other.segments.iter());
        let (mut one, mut two) = (left.next().cloned(), right.next().cloned());
        while let (Some(a), Some(b)) = (&one, &two) {
            let take = a.len().min(b.len()).min(COMPARED_AT_ONCE);
            let same_place =
                matches!((a, b), (Segment::Copy { offset: x, .. }, Segment::Copy { offset: y, .. }) if x == y);
            let take = if same_place { a.len().min(b.len()) } else { take };
            if !same_place && a.head(take, source)? != b.head(take, source)? {
                return Ok(false);
            }
            one = a.tail(take).or_else(|| left.next().cloned());
            two = b.tail(take).or_else(|| right.next().cloned());
        }
        Ok(one.is_none() && two.is_none())
    }

    /// The recipe that rebuilds the source from the result. It keeps those octets of the source that the result lacks,
    /// and copies the rest.
    ///
    /// # Errors
    /// [`InverseError`] when more than 4 MiB would have to be kept or the source cannot be read.
    pub fn inverse<R: Read + Seek>(&self, source: &mut R) -> Result<Self, InverseError> {
        let source_length = source.seek(SeekFrom::End(0))?;
        let mut copies = Vec::new();
        let mut at = 0_u64;
        for segment in &self.segments {
            if let Segment::Copy { offset, length } = segment {
                copies.push((*offset, *length, at));
            }
            at = at.saturating_add(segment.len());
        }
        copies.sort_unstable();
        let mut back = Self::new();
        let mut kept = 0_u64;
        let mut done = 0_u64;
        for (offset, length, result_at) in copies.into_iter().chain([(source_length, 0, 0)]) {
            if offset > done {
                kept = kept.saturating_add(offset - done);
                if kept > MAX_INVERSE_LITERAL {
                    return Err(InverseError::TooMuch { found: kept, limit: MAX_INVERSE_LITERAL });
                }
                source.seek(SeekFrom::Start(done))?;
                let mut bytes = vec![0; usize::try_from(offset - done).unwrap_or_default()];
                source.read_exact(&mut bytes)?;
                back.literal(&bytes);
                done = offset;
            }
            let skip = done - offset;
            if length > skip {
                back.copy(result_at.saturating_add(skip), length - skip);
                done = offset.saturating_add(length);
            }
        }
        Ok(back)
    }
}

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
