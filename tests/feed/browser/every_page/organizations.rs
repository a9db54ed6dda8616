//! Organizations, their members, their invitations, and accounts as others see them.

use super::house::LONG;
use super::tour::Tour;
use crate::browser::arrival::{enrol, signed_in};
use crate::support::{Browser, Feed};

pub fn walk(tour: &mut Tour, feed: &Feed) {
    let Some(ann) = signed_in("ann", feed) else { return };
    tour.visit(&ann, "organizations", "/account/organizations");
    ann.type_into("Name", "no such name");
    ann.click("Create organization");
    tour.look(&ann, "organizations-wrong");
    tour.visit(&ann, "profile-of-ann", "/accounts/ann");
    tour.visit(&ann, "profile-of-contoso", "/accounts/contoso");
    tour.visit(&ann, "organization-keys", "/accounts/contoso/keys");
    ann.open("/accounts/contoso/members");
    ann.type_into("Account name", "carol");
    ann.click("Invite");
    tour.look(&ann, "enrol-first");
    ann.click("Enrol a second factor");
    let (mut phone, _) = enrol(&ann, "ann");
    ann.click("I have put them away");
    ann.type_into("Account name", "carol");
    ann.click("Invite");
    tour.look(&ann, "confirm-code-with-form");
    ann.type_into("Code of your second factor", &phone.code());
    ann.click("Confirm");
    tour.look(&ann, "members-invited");
    ann.type_into("Account name", "nobody-here");
    ann.click("Invite");
    tour.look(&ann, "members-wrong");
    tour.visit(&ann, "member-remove", &format!("/accounts/contoso/members/{LONG}/remove"));
    tour.visit(&ann, "leave", "/accounts/contoso/leave");
    manage(tour, &ann);

    let Some(carol) = signed_in("carol", feed) else { return };
    tour.visit(&carol, "organizations-invited", "/account/organizations");
    tour.visit(&carol, "members-of-others", "/accounts/contoso/members");
}

fn manage(tour: &mut Tour, ann: &Browser<'_>) {
    tour.visit(ann, "package-manage-alone", "/packages/Contoso.Core/manage");
    for owner in ["contoso", "carol", LONG] {
        ann.type_into("Account name", owner);
        ann.click("Add owner");
    }
    tour.look(ann, "package-manage");
    ann.type_into("Account name", "nobody-here");
    ann.click("Add owner");
    tour.look(ann, "package-manage-wrong");
    let question = "/packages/Contoso.Core/manage/required-signer?choice=no-signature-needed";
    tour.visit(ann, "required-signer-not-possible", question);
    tour.visit(ann, "owner-remove", "/packages/Contoso.Core/manage/owners/contoso/remove");
}
