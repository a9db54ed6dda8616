//! A second factor in daily life: codes, recovery codes, wrong codes, and pages that ask for a code in between.

use super::arrival::{enrol, give_password, signed_in};
use crate::support::{Browser, Feed};

#[test]
fn a_code_signs_in_once_and_a_recovery_code_stands_in_for_it() {
    let feed = Feed::start();
    feed.account("ann");
    let Some(ann) = signed_in("ann", &feed) else { return };
    ann.click("Security");
    ann.click("Enrol a second factor");
    let (mut phone, codes) = enrol(&ann, "ann");
    ann.click("I have put them away");
    ann.sees("10 of 10 recovery codes are unused");

    let Some(at_work) = Browser::of("ann at work", &feed) else { return };
    give_password(&at_work, "ann");
    at_work.sees("Now the code that your phone shows");
    assert!(!at_work.offers("Account menu of ann"), "a password alone opens nothing");
    at_work.open("/account");
    at_work.does_not_see("Signed in");
    let code = phone.code();
    give_password(&at_work, "ann");
    at_work.type_into("Code", &code);
    at_work.click("Sign in");
    at_work.is_at("/account");

    let Some(thief) = Browser::of("somebody who saw the code", &feed) else { return };
    give_password(&thief, "ann");
    thief.type_into("Code", &code);
    thief.click("Sign in");
    thief.sees("That code is wrong, too old, or was used before");

    let Some(without_phone) = Browser::of("ann without her phone", &feed) else { return };
    give_password(&without_phone, "ann");
    without_phone.type_into("Code", &codes[3]);
    without_phone.click("Sign in");
    without_phone.is_at("/account");
    without_phone.sees("A recovery code of yours was used; 9 are left");
    without_phone.click("Security");
    without_phone.sees("9 of 10 recovery codes are unused");
}

#[test]
fn five_wrong_codes_send_one_back_to_the_beginning() {
    let feed = Feed::start();
    feed.account("ann");
    let Some(ann) = signed_in("ann", &feed) else { return };
    ann.open("/account/security/second-factor");
    let (_, codes) = enrol(&ann, "ann");

    let Some(mallory) = Browser::of("mallory", &feed) else { return };
    give_password(&mallory, "ann");
    for _ in 0..4 {
        mallory.type_into("Code", "123456");
        mallory.click("Sign in");
        mallory.sees("That code is wrong");
    }
    mallory.type_into("Code", "123456");
    mallory.click("Sign in");
    mallory.sees("too many wrong codes; sign in again from the beginning");
    mallory.is_at("/sign-in?return_to=account");
    mallory.type_into("Account name", "ann");
    mallory.type_into("Password", "a guess");
    mallory.click("Sign in");
    mallory.sees("The account name or the password is wrong");

    // Ann herself is not locked out.
    let Some(ann_elsewhere) = Browser::of("ann elsewhere", &feed) else { return };
    give_password(&ann_elsewhere, "ann");
    ann_elsewhere.type_into("Code", &codes[0]);
    ann_elsewhere.click("Sign in");
    ann_elsewhere.is_at("/account");
}

#[test]
fn what_was_typed_before_a_code_was_asked_for_is_not_lost() {
    let feed = Feed::start();
    feed.account("ann");
    feed.account("bob");
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "ann", "--administrator"]).succeeded();
    let Some(ann) = signed_in("ann", &feed) else { return };
    ann.open("/account/security/second-factor?return_to=accounts%2Fcontoso%2Fmembers");
    let (mut phone, _) = enrol(&ann, "ann");
    ann.click("I have put them away");
    ann.is_at("/accounts/contoso/members");

    // The code of the enrolment proved the phone; what comes next wants to see it again.
    ann.type_into("Account name", "bob");
    ann.choose("Role", "Administrator");
    ann.click("Invite");
    ann.sees("What you sent is kept");
    ann.type_into("Code of your second factor", "000000");
    ann.click("Confirm");
    ann.sees("That code is wrong");
    ann.type_into("Code of your second factor", &phone.code());
    ann.click("Confirm");
    ann.is_at("/accounts/contoso/members");
    ann.sees("bob is invited");
    ann.within("Invited").sees("Administrator");

    // From now on nothing is asked in between.
    ann.within("Invited").click("Withdraw the invitation of bob");
    ann.sees("The invitation of bob is withdrawn");
    ann.type_into("Account name", "nobody-here");
    ann.choose("Role", "Administrator");
    ann.click("Invite");
    ann.sees("There is no account nobody-here");
    assert_eq!(ann.value_of("Account name"), "nobody-here");
    assert!(ann.is_ticked("Administrator"));
}
