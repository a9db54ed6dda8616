//! What issuers say about certificates, for an administrator who has given a code: marks, lists from files, lost signatures.

use super::tour::Tour;
use crate::support::{Browser, Feed, golden};

const PATH: &str = "/admin/revocation";
const VERSIONS: &str = "/admin/revocation/versions";
/// Signs one package, and nobody knows anything about it.
const MARKED: &str = "leaf-2048";

pub fn walk(tour: &mut Tour, feed: &Feed, grace: &Browser<'_>) {
    tour.visit(grace, "admin-revocation", PATH);
    tour.visit(grace, "admin-revocation-revoked", &format!("{PATH}?show=revoked"));
    tour.visit(grace, "admin-revocation-filtered", &format!("{PATH}?q=nobody"));
    import(tour, feed, grace);
    mark(tour, grace);
    tour.visit(grace, "admin-void-versions", VERSIONS);
    tour.visit(grace, "admin-void-versions-none", &format!("{VERSIONS}?owner=nobody-here"));
    grace.open(VERSIONS);
    let id = golden::identity("good-author-extra-certificates.nupkg");
    grace.tick(&format!("{id} 1.0.0"));
    grace.tick("Hide");
    grace.click("Do it for the ticked versions");
    tour.look(grace, "admin-void-versions-wrong");
    grace.tick("Remove");
    grace.type_into("Reason", "The laptop with the key was stolen on a train");
    grace.click("Do it for the ticked versions");
    grace.sees("Builds that need one of them fail.");
    tour.look(grace, "admin-void-versions-question");
    let unmark = format!("{PATH}/{}/unmark", golden::fingerprint(MARKED));
    tour.visit(grace, "admin-revocation-unmark", &unmark);
}

fn import(tour: &mut Tour, feed: &Feed, grace: &Browser<'_>) {
    tour.visit(grace, "admin-revocation-import", &format!("{PATH}/import"));
    let note = feed.scratch().join("readme-of-the-authority.txt");
    std::fs::write(&note, "lists are at our website").unwrap();
    grace.upload("Lists and responses", &golden::trust().join("crl/root-a.crl"));
    grace.upload("Lists and responses", &golden::trust().join("crl/stale.crl"));
    grace.upload("Lists and responses", &note);
    grace.click("Import");
    tour.look(grace, "admin-revocation-imported");
}

fn mark(tour: &mut Tour, grace: &Browser<'_>) {
    let fingerprint = golden::fingerprint(MARKED);
    tour.visit(grace, "admin-revocation-mark", &format!("{PATH}/mark?fingerprint={fingerprint}"));
    grace.open(&format!("{PATH}/mark"));
    grace.type_into("SHA-256 fingerprint of the certificate", &"ab".repeat(32));
    grace.type_into("Revoked since", "2021-06-01");
    grace.click("Look at what follows");
    tour.look(grace, "admin-revocation-mark-wrong");
    grace.type_into("SHA-256 fingerprint of the certificate", &fingerprint);
    grace.type_into("Reason", "Its owner left the house, and took the card along");
    grace.click("Look at what follows");
    tour.look(grace, "admin-revocation-what-follows");
    grace.click("Mark as revoked");
    tour.look(grace, "admin-revocation-marked");
}
