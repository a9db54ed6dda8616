//! The packages on the feed.

use super::house::LONG_ID;
use super::tour::Tour;
use crate::browser::arrival::signed_in;
use crate::support::{Feed, golden};

pub fn walk(tour: &mut Tour, feed: &Feed) {
    let Some(olga) = signed_in("olga", feed) else { return };
    let signed = golden::identity("good-author-rsa3072-sha384.nupkg");
    tour.visit(&olga, "packages", "/");
    olga.type_into("Search packages", "logging");
    olga.press("Enter");
    tour.look(&olga, "packages-found");
    tour.visit(&olga, "packages-not-found", "/?q=no+such+words");
    tour.visit(&olga, "package", "/packages/Contoso.Core");
    tour.visit(&olga, "package-unlisted", "/packages/Contoso.Core/1.1.0");
    tour.visit(&olga, "package-prerelease", "/packages/Contoso.Core/2.0.0-beta.1");
    tour.visit(&olga, "package-long", &format!("/packages/{LONG_ID}"));
    tour.visit(&olga, "package-signed", &format!("/packages/{signed}"));
    tour.visit(&olga, "packages-of-ones-own", "/account/packages");
    tour.visit(&olga, "packages-of-ones-own-stages", "/account/packages/stages");
    tour.visit(&olga, "packages-of-ones-own-not-found", "/account/packages?q=nothing");
    tour.visit(&olga, "package-not-found", "/packages/No.Such.Package");
}
