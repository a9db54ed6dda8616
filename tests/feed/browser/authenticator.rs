//! The authenticator app of the tests is right, by the vectors of the standard.

use crate::support::totp::{Phone, code};

#[test]
fn codes_are_those_of_rfc_6238() {
    // Appendix B, SHA-1; its eight digits end in these six.
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    for (at, digits) in
        [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
    {
        assert_eq!(code(secret, at), digits, "at {at}");
    }
    assert_eq!(code("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", 59), "287082", "as a page shows it");
}

#[test]
fn a_phone_hands_out_no_code_twice() {
    let mut phone = Phone::with("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_ne!(phone.code(), phone.code());
}
