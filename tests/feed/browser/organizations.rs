//! An organization from its first day on: made, joined, left, and never without an administrator.

use super::arrival::{enrol, signed_in};
use crate::support::Feed;

#[test]
fn an_organization_is_made_somebody_is_invited_accepts_and_leaves_and_the_last_administrator_can_not() {
    let feed = Feed::start();
    feed.account("ann");
    feed.account("bob");
    let Some(ann) = signed_in("ann", &feed) else { return };

    ann.click("Organizations");
    ann.sees("You belong to no organization");
    ann.type_into("Name", "bob");
    ann.click("Create organization");
    ann.sees("An account bob exists");
    ann.type_into("Name", "contoso");
    ann.click("Create organization");
    ann.is_at("/accounts/contoso/members");
    ann.sees("contoso is made, and you are its administrator");

    // Who belongs to it decides whose packages count: that needs more than a password.
    ann.type_into("Account name", "bob");
    ann.click("Invite");
    ann.sees("A second factor is needed");
    ann.click("Enrol a second factor");
    let (mut phone_of_ann, _) = enrol(&ann, "ann");
    ann.click("I have put them away");
    ann.is_at("/accounts/contoso/members");
    ann.type_into("Account name", "bob");
    ann.click("Invite");
    ann.type_into("Code of your second factor", &phone_of_ann.code());
    ann.click("Confirm");
    ann.sees("bob is invited, and has 14 days to accept");
    ann.within("Members").does_not_see("bob");

    let Some(bob) = signed_in("bob", &feed) else { return };
    bob.click("Organizations");
    bob.within("Invitations").sees("Join contoso as a collaborator");
    bob.click("Accept the invitation to contoso");
    bob.sees("A second factor is needed");
    bob.click("Enrol a second factor");
    let (mut phone_of_bob, _) = enrol(&bob, "bob");
    bob.click("I have put them away");
    bob.is_at("/account/organizations");
    bob.click("Accept the invitation to contoso");
    bob.type_into("Code of your second factor", &phone_of_bob.code());
    bob.click("Confirm");
    bob.is_at("/account/organizations");
    assert!(!bob.offers("Accept the invitation to contoso"), "it is answered");
    bob.within("Your organizations").sees("Collaborator");

    bob.within("Your organizations").click("Members of contoso");
    bob.within("ann").sees("Administrator");
    assert!(!bob.offers("Invite") && !bob.offers("Remove ann"), "a collaborator manages nobody");
    ann.reload();
    ann.within("Members").sees("bob");

    bob.click("Leave");
    bob.sees("You lose what members of contoso may do");
    bob.click("Leave contoso");
    bob.sees("You are no member of contoso any more");
    bob.open("/accounts/contoso/members");
    bob.sees("Only members of contoso");
    ann.reload();
    ann.sees("bob left the organization");
    assert!(!ann.offers("Remove bob"));

    assert!(!ann.offers("Leave"), "the last administrator is not offered what is refused");
    ann.open("/accounts/contoso/leave");
    ann.click("Leave contoso");
    ann.sees("An organization keeps at least one administrator");
    ann.within("Members").sees("ann");
}
