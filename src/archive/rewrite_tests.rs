use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::archive::InvalidRewrite;

fn apply(rewrite: &Rewrite, source: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    rewrite.reader(Cursor::new(source)).read_to_end(&mut out).unwrap();
    out
}

fn example() -> Rewrite {
    let mut rewrite = Rewrite::new();
    rewrite.copy(0, 3);
    rewrite.literal(b"--");
    rewrite.copy(6, 2);
    rewrite
}

#[test]
fn a_recipe_copies_and_inserts() {
    let rewrite = example();
    assert_eq!(apply(&rewrite, b"abcdefghi"), b"abc--gh");
    assert_eq!(rewrite.len(), 7);
}

#[test]
fn seeking_reads_from_there() {
    let rewrite = example();
    let mut reader = rewrite.reader(Cursor::new(b"abcdefghi"));
    reader.seek(SeekFrom::End(-3)).unwrap();
    let mut out = String::new();
    reader.read_to_string(&mut out).unwrap();
    assert_eq!(out, "-gh");
    assert!(reader.seek(SeekFrom::Current(-8)).is_err());
}

#[test]
fn adjacent_pieces_become_one() {
    let mut rewrite = Rewrite::new();
    rewrite.copy(0, 3);
    rewrite.copy(3, 4);
    rewrite.literal(b"");
    rewrite.copy(9, 0);
    assert_eq!(rewrite, Rewrite::identity(7));
}

#[test]
fn a_source_that_is_too_short_is_an_error() {
    let mut out = Vec::new();
    let error = example().reader(Cursor::new(b"abcd")).read_to_end(&mut out).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn an_inverse_that_would_keep_too_much_is_refused() {
    let mut source = Cursor::new(vec![0; 5 << 20]);
    let error = Rewrite::new().inverse(&mut source).unwrap_err();
    assert!(matches!(error, InverseError::TooMuch { found: 5_242_880, limit: 4_194_304 }));
}

#[test]
fn damaged_bytes_are_named() {
    assert_eq!(Rewrite::from_bytes(b""), Err(InvalidRewrite::Version { found: None }));
    assert_eq!(Rewrite::from_bytes(&[2]), Err(InvalidRewrite::Version { found: Some(2) }));
    assert_eq!(Rewrite::from_bytes(&[1, 9, 65]), Err(InvalidRewrite::Damaged { position: 1 }));
    let overflow = [&[1][..], &[0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x03], &[5]].concat();
    assert_eq!(Rewrite::from_bytes(&overflow), Err(InvalidRewrite::Damaged { position: 1 }));
}

fn rewrites(source_length: u64) -> impl Strategy<Value = Rewrite> {
    let piece = (any::<bool>(), 0..source_length, 0..40_u64, prop::collection::vec(any::<u8>(), 0..9));
    prop::collection::vec(piece, 0..12).prop_map(move |pieces| {
        let mut rewrite = Rewrite::new();
        for (copy, offset, length, bytes) in pieces {
            if copy {
                rewrite.copy(offset, length.min(source_length - offset));
            } else {
                rewrite.literal(&bytes);
            }
        }
        rewrite
    })
}

proptest! {
    #[test]
    fn bytes_round_trip(rewrite in rewrites(100)) {
        prop_assert_eq!(Rewrite::from_bytes(&rewrite.to_bytes()).unwrap(), rewrite);
    }

    #[test]
    fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Rewrite::from_bytes(&[&[1], &bytes[..]].concat());
    }

    #[test]
    fn the_inverse_rebuilds_the_source(rewrite in rewrites(100), source in prop::collection::vec(any::<u8>(), 100)) {
        let result = apply(&rewrite, &source);
        prop_assert_eq!(rewrite.len(), result.len() as u64);
        let back = rewrite.inverse(&mut Cursor::new(&source)).unwrap();
        prop_assert_eq!(apply(&back, &result), source);
    }

    #[test]
    fn recipes_are_the_same_when_their_results_are(
        first in rewrites(100),
        second in rewrites(100),
        source in prop::collection::vec(0_u8..2, 100),
    ) {
        let mut cursor = Cursor::new(&source);
        let mut as_literal = Rewrite::new();
        as_literal.literal(&apply(&first, &source));
        prop_assert!(first.makes_the_same_as(&as_literal, &mut cursor).unwrap());
        let same = apply(&first, &source) == apply(&second, &source);
        prop_assert_eq!(first.makes_the_same_as(&second, &mut cursor).unwrap(), same);
    }

    #[test]
    fn one_after_the_other_is_both(first in rewrites(100), second in rewrites(30), source in prop::collection::vec(any::<u8>(), 100)) {
        prop_assume!(first.len() >= 70);
        let both = first.then(&second);
        prop_assert_eq!(apply(&both, &source), apply(&second, &apply(&first, &source)));
    }
}
