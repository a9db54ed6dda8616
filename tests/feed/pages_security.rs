//! Signing in on the pages: sessions, second factors, and what keeps others out.

use crate::support::{Feed, Visitor};

#[test]
fn the_right_password_opens_a_session_and_nothing_else_does() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    let wrong = ann.try_password("ann", "a wrong password");
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.text().contains("account name or the password is wrong"), "{}", wrong.text());
    let unknown = Visitor::of(&feed).try_password("nobody", "a wrong password");
    assert_eq!((unknown.status, unknown.text()), (wrong.status, wrong.text().replace("ann", "nobody")));
    ann.sign_in("ann");
}
