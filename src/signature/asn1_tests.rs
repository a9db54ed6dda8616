use super::*;
use proptest::prelude::*;

#[test]
fn indefinite_lengths_and_pieces_are_read() {
    let bytes = [0x24, 0x80, 0x04, 0x01, b'a', 0x24, 0x80, 0x04, 0x81, 0x01, b'b', 0, 0, 0, 0, 0x05, 0];
    let mut reader = Reader::new(&bytes);
    let string = reader.any().unwrap();
    assert_eq!(&*string.octets().unwrap(), b"ab");
    assert!(!string.der_length);
    assert_eq!(string.raw.len(), 15);
    assert_eq!(reader.rest(), &[0x05, 0]);
    assert_eq!(Reader::der(&bytes).any(), Err(Error::Length));
}

#[test]
fn hostile_nesting_is_an_error() {
    let bytes = [0x30, 0x80].repeat(100_000);
    assert_eq!(Reader::new(&bytes).any(), Err(Error::Depth));
}

#[test]
fn lengths_know_whether_they_are_der() {
    let der = |bytes: &[u8]| Reader::new(bytes).any().map(|element| element.der_length);
    assert_eq!(der(&[4, 1, 0]), Ok(true));
    assert_eq!(der(&[4, 0x81, 1, 0]), Ok(false));
    assert_eq!(der(&[4, 0x85, 0, 0, 0, 0, 1, 0]), Ok(false));
    assert_eq!(der(&[4, 0x85, 1, 0, 0, 0, 1, 0]), Err(Error::Length));
    assert_eq!(der(&[4, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0]), Err(Error::Truncated));
    assert_eq!(der(&[4, 0x80, 0, 0]), Err(Error::Length));
}

#[test]
fn integers_and_identifiers_have_one_form() {
    let integer = |content: &[u8]| Reader::new(&encode(INTEGER, content)).integer().is_ok();
    assert!(integer(&[0]) && integer(&[0, 0x80]) && integer(&[0xFF, 0x7F]) && integer(&[0xFF]));
    assert!(!integer(&[]) && !integer(&[0, 0x7F]) && !integer(&[0xFF, 0x80]));
    let identifier = |content: &[u8]| Reader::new(&encode(OBJECT_IDENTIFIER, content)).object_identifier().is_ok();
    assert!(identifier(&[0x2A, 0x86, 0x48]) && identifier(&[0x81, 0x80, 0x01]));
    assert!(!identifier(&[]) && !identifier(&[0x2A, 0x86]) && !identifier(&[0x2A, 0x80, 0x01]));
}

#[test]
fn tags_above_thirty_are_skipped() {
    let bytes = [0xBF, 0x81, 0x01, 0x02, 5, 0, 0x02, 0x01, 7];
    let elements = Reader::new(&bytes).all().unwrap();
    assert_eq!(elements.iter().map(|element| element.tag).collect::<Vec<_>>(), [0xBF, INTEGER]);
    assert!(Reader::new(&[0xBF, 0x1E, 0]).any().is_err() && Reader::new(&[0xBF, 0x80, 0x1F, 0]).any().is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read(tag in 0_u8..0x1F, content in prop::collection::vec(any::<u8>(), 0..400)) {
        let bytes = encode(tag, &content);
        let element = Reader::der(&bytes).any().unwrap();
        prop_assert_eq!((element.tag, element.content, element.raw), (tag, &content[..], &bytes[..]));
    }

    #[test]
    fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(elements) = Reader::new(&bytes).all() {
            for element in elements {
                let _ = element.octets();
                let _ = element.children();
            }
        }
    }
}
