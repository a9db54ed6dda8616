//! Serial numbers as values, so that one number is found in whichever way it was written.

/// The content octets of an INTEGER without those that add nothing to its value (X.690, 8.3.2).
///
/// Certificates exist with padded numbers; a CRL or a responder names the value.
pub(super) fn value(mut content: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = content
        && let Some(second) = rest.first()
        && matches!((first, second & 0x80), (0, 0) | (0xFF, 0x80))
    {
        content = rest;
    }
    content
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn padding_does_not_change_a_serial_number_and_the_sign_does() {
        assert_eq!(value(&[0, 0, 0x7F]), [0x7F]);
        assert_eq!(value(&[0, 0x80]), [0, 0x80]);
        assert_eq!(value(&[0xFF, 0xFF, 0x80]), [0x80]);
        assert_eq!(value(&[0xFF, 0x7F]), [0xFF, 0x7F]);
        assert_eq!(value(&[0, 0]), [0]);
        assert_eq!(value(&[]), [0_u8; 0]);
    }
}
