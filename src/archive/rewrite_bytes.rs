//! A recipe as bytes, for keeping it in a row.
//!
//! Version octet `1`; then per segment a varint (LEB128) `length * 2 + kind`, where kind 0 is a copy followed by the varint
//! of its offset, and kind 1 a literal followed by its octets. Reading is total: hostile bytes give an error, never a
//! panic, and nothing is allocated beyond the size of the input.

use super::rewrite::{Rewrite, Segment};

const VERSION: u8 = 1;

/// Why bytes are no recipe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRewrite {
    /// The version octet is missing or unknown.
    #[error("the recipe has version {found:?}, only 1 is known; it was written by a newer server")]
    Version {
        /// The octet.
        found: Option<u8>,
    },
    /// The bytes break off or a number does not fit.
    #[error("the recipe is damaged at octet {position}; restore the row from a backup")]
    Damaged {
        /// Where.
        position: usize,
    },
}

impl Rewrite {
    /// The recipe as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for segment in self.segments() {
            match segment {
                Segment::Copy { offset, length } => {
                    push_varint(&mut bytes, u128::from(*length) << 1);
                    push_varint(&mut bytes, u128::from(*offset));
                }
                Segment::Literal(literal) => {
                    push_varint(&mut bytes, (u128::from(segment.len()) << 1) | 1);
                    bytes.extend_from_slice(literal);
                }
            }
        }
        bytes
    }

    /// Reads what [`Rewrite::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`InvalidRewrite`] for anything else. A recipe whose total length does not fit 64 bits is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidRewrite> {
        let Some((&VERSION, mut rest)) = bytes.split_first() else {
            return Err(InvalidRewrite::Version { found: bytes.first().copied() });
        };
        let mut rewrite = Self::new();
        let mut total = 0_u64;
        while !rest.is_empty() {
            let damaged = InvalidRewrite::Damaged { position: bytes.len() - rest.len() };
            let mut segment = || {
                let head = take_varint(&mut rest)?;
                let length = u64::try_from(head >> 1).ok()?;
                total = total.checked_add(length)?;
                if head & 1 == 0 {
                    let offset = u64::try_from(take_varint(&mut rest)?).ok()?;
                    offset.checked_add(length)?;
                    rewrite.copy(offset, length);
                } else {
                    let (literal, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                    rewrite.literal(literal);
                    rest = after;
                }
                Some(())
            };
            segment().ok_or(damaged)?;
        }
        Ok(rewrite)
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u128) {
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7F).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap_or_default());
}

fn take_varint(rest: &mut &[u8]) -> Option<u128> {
    let mut value = 0_u128;
    for shift in 0..10 {
        let (&octet, after) = rest.split_first()?;
        *rest = after;
        value |= u128::from(octet & 0x7F) << (7 * shift);
        if octet & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
