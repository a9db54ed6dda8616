//! Versions that are taken off the feed, by an administrator who has given a code.

use super::house::LONG_ID;
use super::tour::Tour;
use crate::support::Browser;

pub fn walk(tour: &mut Tour, grace: &Browser<'_>) {
    tour.visit(grace, "admin-withdrawn-none", "/admin/withdrawn");
    let page = |version: &str| format!("/packages/Contoso.Core/{version}/withdraw");
    tour.visit(grace, "withdraw", &page("1.0.0"));
    grace.within("Remove 1.0.0 for good").type_into("Why", "The wrong files were packed.");
    grace.within("Remove 1.0.0 for good").type_into("Type 1.0.0 to confirm", "1.0");
    grace.within("Remove 1.0.0 for good").click("Remove for good");
    tour.look(grace, "withdraw-wrong");
    grace.within("Remove 1.0.0 for good").type_into("Type 1.0.0 to confirm", "1.0.0");
    grace.within("Remove 1.0.0 for good").click("Remove for good");
    tour.look(grace, "withdraw-removed");
    grace.open(&page("2.0.0-beta.1"));
    grace.within("Hide").type_into("Why", "It has the password of the test database in it.");
    grace.within("Hide").click("Hide");
    tour.look(grace, "withdraw-hidden");
    tour.visit(grace, "package-hidden", "/packages/Contoso.Core/2.0.0-beta.1");
    tour.visit(grace, "package-with-hidden", "/packages/Contoso.Core");
    grace.open(&format!("/packages/{LONG_ID}/10.20.30-preview.4.build.5678/withdraw"));
    grace.within("Hide").type_into("Why", &"A reason that somebody thought about for a long time. ".repeat(5));
    grace.within("Hide").click("Hide");
    tour.look(grace, "withdraw-long");
    tour.visit(grace, "admin-withdrawn", "/admin/withdrawn");
}
