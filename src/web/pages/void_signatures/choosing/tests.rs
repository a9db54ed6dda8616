use super::*;
use crate::feed::void_signatures::Error;
use crate::store;

#[test]
fn what_stopped_says_what_was_done_and_what_was_not() {
    let stopped = |why, left: &[&str]| Stopped { why, left: left.iter().map(ToString::to_string).collect() };
    let gone = Error::NothingVoid("Contoso.Core".parse().unwrap());
    assert_eq!(
        told(Choice::Unlist, 2, stopped(gone, &["Contoso.Core 3.0.0", "Fabrikam 1.0.0"])),
        "2 versions unlisted. Then it stopped at Contoso.Core 3.0.0: The signatures of these versions of `Contoso.Core` count, \
         or the versions are gone: load the page again. Nothing was done about this one and one more. They are still ticked."
    );
    assert_eq!(
        told(Choice::Keep, 1, stopped(store::Error::Corrupt("leaf").into(), &["Contoso.Core 3.0.0"])),
        "1 version kept. The mark stays. Then it stopped at Contoso.Core 3.0.0: The server failed. \
         Nothing was done about this one. It is still ticked."
    );
}
