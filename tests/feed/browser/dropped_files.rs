//! Files that are dragged onto a form instead of chosen.

use super::arrival::{enrol, signed_in};
use crate::support::browser::Dropped;
use crate::support::{Feed, golden, package};

const TAKEN: Dropped = Dropped { shown: true, taken: true, left: true };

#[test]
fn certificates_that_are_dropped_onto_the_form_arrive_and_a_package_among_them_costs_no_other() {
    let feed = Feed::start();
    feed.account("ann");
    let Some(ann) = signed_in("ann", &feed) else { return };
    ann.open("/account/security/second-factor");
    let (mut phone, _) = enrol(&ann, "ann");
    ann.open("/accounts/ann/certificates");
    if ann.text().contains("Confirm that it is you") {
        ann.type_into("Code of your second factor", &phone.code());
        ann.click("Confirm");
    }
    let der = |name: &str| std::fs::read(golden::certificate(name)).unwrap();
    let (leaf, above) = (der("leaf-3072"), der("code-int-a1"));
    let large = package("Contoso.Core", "1.0.0").size(3 << 20).bytes();
    let dropped = ann.drop_files("Certificates", &[("mine.cer", &leaf), ("core.nupkg", &large)]);
    assert_eq!(dropped, TAKEN);
    assert_eq!(ann.drop_files("The certificates above them", &[("above.cer", &above)]), TAKEN);
    assert_eq!(feed.rows("certificate_registration"), 0, "nothing is sent before somebody says so");
    ann.click("Register");
    ann.within("mine.cer").sees("Registered");
    ann.within("mine.cer").sees("Its chain is proven.");
    ann.within("core.nupkg").sees("This file is a package");
    ann.click("Go to the list");
    ann.within("Assay Golden Author 3072").sees("Active");
    assert_eq!(feed.rows("certificate_registration"), 1);
}

/// A page that does not take what it is given leaves it to the browser, which opens the file in place of the page.
#[test]
fn text_that_is_dropped_onto_the_form_is_left_to_the_browser() {
    let feed = Feed::start();
    feed.account("ann");
    let Some(ann) = signed_in("ann", &feed) else { return };
    ann.open("/upload");
    assert_eq!(ann.drop_files("Package", &[]), Dropped { taken: false, ..TAKEN });
}
