//! Verdicts: why pushes were refused, and what can be done about it there.

use super::tour::Tour;
use crate::browser::arrival::{enrol, signed_in};
use crate::support::person::push_request;
use crate::support::{Browser, Feed, golden, package};

pub fn walk(tour: &mut Tour, feed: &Feed) {
    let key = feed.assay(&["key", "create", "--account", "olga", "--scope", "push"]).succeeded();
    let Some(olga) = signed_in("olga", feed) else { return };
    tour.visit(&olga, "verdicts-none", "/account/verdicts");
    let refused = [
        ("unsigned", package("Olgas.Own", "1.0.0").bytes()),
        ("not-registered", golden::read("good-author-rsa4096-sha512-chain4.nupkg")),
        ("unknown-root", golden::read("cert-untrusted-root.nupkg")),
        ("nuspec", package("No ID", "1.0.0").bytes()),
    ];
    for (name, package) in refused {
        let answer = feed.ask(&push_request(&package).api_key(&key));
        let link = answer.headers_named("x-nuget-warning").last().expect("a link").to_owned();
        let (_, number) = link.rsplit_once('/').expect("a number");
        tour.visit(&olga, &format!("verdict-{name}"), &format!("/verdicts/{number}"));
    }
    tour.visit(&olga, "verdicts", "/account/verdicts");
    register(tour, &olga);
}

/// The certificate of a package is registered from its verdict, by somebody who has to enrol a second factor first.
fn register(tour: &mut Tour, olga: &Browser<'_>) {
    olga.open("/account/security/second-factor");
    let (mut phone, _) = enrol(olga, "olga");
    olga.open("/account/verdicts");
    olga.click(&format!("{} 1.0.0", golden::identity("good-author-rsa4096-sha512-chain4.nupkg")));
    tour.look(olga, "verdict-register");
    olga.click("Register this certificate for olga");
    olga.type_into("Code of your second factor", &phone.code());
    olga.click("Confirm");
    olga.sees("Push the package again");
    tour.look(olga, "verdict-settled");
}
