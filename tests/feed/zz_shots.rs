use crate::support::browser::Browser;
use crate::support::{Feed, golden, package, totp::Phone};
use std::path::Path;

#[test]
fn shots() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "enforcement", "report"]).succeeded();
    feed.assay(&["policy", "set", "timestamp_required", "false"]).succeeded();
    feed.assay(&["policy", "set", "enforcement_patterns", "Contoso.*=warn,golden.*=enforce,Fabrikam.Legacy.*=report"])
        .succeeded();
    feed.account("ann");
    feed.assay(&["account", "make-administrator", "ann"]).succeeded();
    let bob = feed.account("bob").with_certificate("leaf-3072");
    for version in ["1.0.0", "1.1.0", "2.0.0-rc.1"] {
        bob.push(
            package("Contoso.App.Something.Rather.Long", version)
                .description("An application that does something.")
                .bytes(),
        )
        .accepted();
        bob.push(package("Contoso.App.Something.Rather.Long", &format!("{version}7")).signed_by("leaf-3072"))
            .accepted();
    }
    bob.push(package("Contoso.App.Something.Rather.Long", "0.9.0").signed_by("leaf-2048")).accepted();
    bob.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    bob.push(golden::read("good-author-no-timestamp.nupkg")).accepted();
    feed.assay(&["policy", "set", "foreign_ids", "golden.good-author-rsa2048-sha256"]).succeeded();
    bob.push(golden::read("good-author-rsa2048-sha256.nupkg")).accepted();
    feed.assay(&["policy", "set", "foreign_ids", ""]).succeeded();
    bob.push(package("Fabrikam.Tools", "1.0.0").signed_by("leaf-2048")).accepted();
    let carol = feed.account("carol-with-a-long-name");
    carol.push(package("Carols.Plain", "1.0.0").bytes()).accepted();
    let Some(browser) = Browser::of("ann", &feed) else { return };
    let password = crate::support::pages::password_of("ann");
    browser.open("/sign-in?return_to=account%2Fsecurity%2Fsecond-factor");
    browser.type_into("Account name", "ann");
    browser.type_into("Password", &password);
    browser.click("Sign in");
    browser.type_into("Password", &password);
    browser.click("Continue");
    let mut phone = Phone::with(&browser.texts_of("code")[0]);
    browser.type_into("Code that the app shows now", &phone.code());
    browser.click("Turn it on");
    browser.sees("Your second factor is on");
    for (name, path) in [
        ("stages", "admin/stages"),
        ("policy", "admin/policy"),
        ("package", "packages/Contoso.App.Something.Rather.Long"),
        ("weak", "packages/golden.good-author-no-timestamp"),
        ("signed", "packages/Contoso.App.Something.Rather.Long/1.0.07"),
        ("foreign", "packages/golden.good-author-rsa2048-sha256"),
        ("packages", "?q=signed-by:none"),
        ("profile", "accounts/bob"),
    ] {
        for (mode, dark) in [("light", false), ("dark", true)] {
            if dark {
                browser.dark()
            } else {
                browser.light()
            }
            for width in [1280, 360] {
                browser.resize(width, 900);
                browser.open(&format!("/{path}"));
                browser.screenshot(Path::new(&format!("/tmp/sbshots/{name}-{mode}-{width}.png")));
                if browser.has_horizontal_scrollbar() {
                    eprintln!("SCROLL {name} {width}");
                }
            }
        }
    }
}
