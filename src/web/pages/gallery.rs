//! All components on some pages, to look at: the test writes them below `target/gallery`, with style and script beside them.
//!
//! ```text
//! cargo test --lib gallery
//! chromium --headless --screenshot=light.png --window-size=1280,3200 target/gallery/components.html
//! chromium --headless --blink-settings=preferredColorScheme=0 --screenshot=dark.png --window-size=1280,3200 …
//! ```

use std::fs;
use std::path::Path;

use actix_web::HttpResponse;
use actix_web::body::to_bytes;
use maud::{Markup, html};
use time::Duration;
use time::macros::datetime;

use super::assets;
use super::components::*;
use super::csrf::CsrfToken;
use super::flash::Flash;
use super::frame::Frame;
use super::page::Page;
use super::problem::Problem;
use super::proofreader::complaints;
use super::qr::qr;
use super::section::Section;
use crate::domain::fingerprint::Fingerprint;

#[actix_web::test]
async fn the_gallery_has_no_fault_that_can_be_computed_and_is_there_to_be_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
    fs::create_dir_all(folder.join("assets")).unwrap();
    for file in ["app.css", "app.js", "favicon.svg"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(file);
        fs::copy(from, folder.join(assets::url(file))).unwrap();
    }
    for (name, response) in pages() {
        let body = to_bytes(response.into_body()).await.unwrap();
        let html = std::str::from_utf8(&body).unwrap();
        assert_eq!(complaints(html), Vec::<String>::new(), "{name}");
        fs::write(folder.join(name), html).unwrap();
    }
}

/// The pages, with the name of the file.
fn pages() -> Vec<(&'static str, HttpResponse)> {
    let at = |frame: Frame| Frame { home: "./".to_owned(), ..frame };
    let csrf = CsrfToken::of("a cookie");
    let mut told = at(Frame::of_administrator("grace.hopper", "components.html"));
    told.flash = Some(
        Flash::done("The key `ci` was made. It may push new versions of `Contoso.*` until 2027-02-26.")
            .with_secret("assay_k7Qm2VfT9xYp4RbNcH8sLwJd3GzE6uAo"),
    );
    told.notices = vec![
        ("bob made you an administrator of contoso.".to_owned(), "accounts/contoso".to_owned()),
        ("The certificate CN=Contoso Build expires in 12 days.".to_owned(), "accounts/contoso/certificates".to_owned()),
    ];
    let mut errors = FieldErrors::default();
    errors.add("name", "The name `Contoso Ltd` has a space in it. Use letters, digits, dots and hyphens.");
    errors.add("scope", "Choose at least one thing that the key may do.");
    let signing_in = html! {
        (PageHeader::new("Sign in").lead("to feed.example"))
        (form(&csrf, "sign-in", html! {
            (Field::text("account", "Account name").required().autocomplete("username").autofocus())
            (Field::password("password", "Password").required().autocomplete("current-password"))
            div.actions { (Button::primary("Sign in")) a href="reset" { "I forgot my password" } }
        }))
    };
    vec![
        ("components.html", Page::new("Components", components(&csrf)).section(Section::Keys).respond(&told)),
        (
            "forms.html",
            Page::new("Forms", forms(&csrf, &errors, &at(Frame::of("grace.hopper", "forms.html"))))
                .section(Section::Keys)
                .respond(&at(Frame::of("grace.hopper", "forms.html"))),
        ),
        (
            "admin.html",
            Page::new("Accounts", admin(&csrf))
                .section(Section::AdminAccounts)
                .respond(&at(Frame::of_administrator("grace.hopper", "admin.html"))),
        ),
        (
            "sign-in.html",
            Page::new("Sign in", signing_in)
                .narrow()
                .respond(&Frame { may_read: false, ..at(Frame::of_stranger("sign-in")) }),
        ),
        ("not-found.html", Problem::not_found().respond(&at(Frame::of_stranger("not-found.html")))),
        ("internal.html", Problem::internal("7f3a-91c2").respond(&at(Frame::of("alice", "internal.html")))),
    ]
}

fn components(csrf: &CsrfToken) -> Markup {
    let now = datetime!(2026-11-28 16:20 UTC);
    let certificate = Fingerprint::of(b"a certificate");
    html! {
        (PageHeader::new("API keys")
            .below(&[("account", "grace.hopper")], "API keys")
            .lead("A key is what tools use instead of your password. It is shown once, when it is made.")
            .action(Button::quiet("Read about scopes").link("setup"))
            .action(Button::primary("New key").link("account/keys/new")))
        (keys(csrf))
        h2 { "Certificates" }
        (Table::new("Certificates of contoso").column("Name").column("Fingerprint").column("Thumbprint").column("Valid until").column("Status").numbers("Versions").actions()
            .row([html!{ "CN=Contoso Build, O=Contoso Ltd" }, fingerprint(&certificate), thumbprint(&[0xa3; 20]), until(now + Duration::days(412), now), html!{ (Badge::good("Active")) }, html!{ "1 204" }, html!{ (ButtonForm::new(csrf, "x", Button::danger("Remove").small().about("CN=Contoso Build"))) }])
            .row([html!{ "CN=Contoso Nightly" }, fingerprint(&Fingerprint::of(b"2")), thumbprint(&[0x1b; 20]), until(now + Duration::days(12), now), html!{ (Badge::warning("Expires soon")) }, html!{ "31" }, html!{ (ButtonForm::new(csrf, "x", Button::danger("Remove").small())) }])
            .row([html!{ "CN=Contoso Old" }, fingerprint(&Fingerprint::of(b"3")), thumbprint(&[0x2c; 20]), until(now - Duration::days(3), now), html!{ (Badge::bad("Revoked")) }, html!{ "7" }, html!{}])
            .muted_row([html!{ "CN=Contoso Older" }, fingerprint(&Fingerprint::of(b"4")), thumbprint(&[0x3d; 20]), until(now - Duration::days(1203), now), html!{ (Badge::neutral("Removed")) }, html!{ "0" }, html!{}]))
        (pagination(2, 7, |page| format!("account/keys?page={page}")))
        h2 { "An empty list" }
        (Table::new("Organizations").column("Name").empty(html!{ "You are in no organization. " a href="x" { "Make one" } " to share packages and keys." }))
        h2 { "Facts" }
        (Facts::new()
            .fact("Package", html!{ (package_link("Contoso.Extensions.Logging.Abstractions")) " " (version_link("Contoso.Core", "1.4.0-beta.2")) })
            .fact("Owner", html!{ (account_link("contoso")) " " (Badge::neutral("Organization")) })
            .fact("Pushed", html!{ (moment(now)) ", " (ago(now - Duration::hours(5), now)) })
            .fact("Signed by", fingerprint(&certificate))
            .fact("Fingerprint", fingerprint_in_full(&certificate))
            .fact("SHA-512", copyable("6hk3vR0kHoTxPD0CkqAyhzwWbQmUdcn6KqhR4WDqlWw5yVpiW2LhZOhTzNB2mPCV0ZBMS2vLyzOPtbYRyrdmCg==")))
        h2 { "Boxes" }
        (Callout::info("Signed packages only", html!{ p { "Every owner of this ID has certificates, so an unsigned package would be refused." } }))
        (Callout::good("", html!{ p { "The package would be accepted." } }))
        (Callout::warning("Expires in 12 days", html!{ p { "Register the new certificate before " code { "CN=Contoso Nightly" } " expires." } }))
        (Callout::bad("NU3018", html!{ p { "The chain of the signing certificate ends in a root that is not trusted here." } }))
        (card("Recovery codes", html!{ p { "Seven of ten codes are left." } (Button::quiet("Make new codes").link("x")) }))
        h2 { "Work" }
        (progress("Signing again with the new certificate", 1204, Some(5110)))
        (progress("Waiting for the timestamping authority", 0, None))
        (steps(&["Scan the picture", "Give a code", "Keep the recovery codes"], 2))
        @if let Some(code) = qr("otpauth://totp/feed.example:grace.hopper?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=feed.example", "The secret as a picture for your phone") { (code) }
        (code_block("nuget.config", "<configuration>\n  <packageSources>\n    <add key=\"feed.example\" value=\"https://feed.example/v3/index.json\" />\n  </packageSources>\n</configuration>"))
        (newer_and_older(None, Some("x")))
        (Confirm::new(csrf, "x", "Disable bob", html!{ p { "Bob’s sessions and 3 keys end at once. His certificates no longer let a push through; packages that are signed with them stay." } })
            .fields(html!{ (Field::code("code", "Code from your app")) }).cancel("admin/accounts"))
    }
}

fn keys(csrf: &CsrfToken) -> Markup {
    let now = datetime!(2026-11-28 16:20 UTC);
    let revoke = |name: &str| html! { (ButtonForm::new(csrf, "account/keys/revoke", Button::danger("Revoke").small().about(name)).hidden("key", name)) };
    html! {
        (Table::new("Your API keys").column("Name").column("Acts for").column("May").column("Packages").column("Expires").column("Last used").actions()
            .row([html!{ "ci" }, account_link("contoso"), html!{ "push versions, read" }, html!{ code { "Contoso.*" } }, until(now + Duration::days(90), now), html!{ (ago(now - Duration::hours(2), now)) " from 10.1.2.3" }, revoke("ci")])
            .row([html!{ "laptop" }, account_link("grace.hopper"), html!{ "read" }, html!{ "all" }, until(now + Duration::days(3), now), html!{ span.quiet-text { "never" } }, revoke("laptop")]))
    }
}

fn forms(csrf: &CsrfToken, errors: &FieldErrors, frame: &Frame) -> Markup {
    html! {
        (PageHeader::new("New API key").below(&[("account", "grace.hopper"), ("account/keys", "API keys")], "New key"))
        (errors.summary(frame))
        (form(csrf, "account/keys", html! {
            (Field::text("name", "Name").hint("For your own list, such as the build server’s name.").value("Contoso Ltd").required().max_length(64).errors(errors))
            (Field::select("owner", "Acts for", [("grace.hopper", "grace.hopper (you)"), ("contoso", "contoso")]).value("contoso").required())
            (Choices::any("scope", "What it may do")
                .option_with_hint("push", "Push new packages and versions", "Includes IDs that are not on the feed yet.")
                .option("push-version", "Push new versions only")
                .option("unlist", "Unlist and relist")
                .option("read", "Read")
                .errors(errors))
            (Choices::one("expires", "Expires after").option("30", "30 days").option("90", "90 days").option_with_hint("never", "Never", "Only for what is looked after.").chosen("90"))
            (Field::text("pattern", "Packages").hint("Patterns such as Contoso.*, with spaces between them. Left empty: all.").placeholder("Contoso.*"))
            (Field::lines("note", "Note", 3))
            (Field::date("day", "Last day"))
            (Field::number("count", "Downloads"))
            (Field::tick("sure", "I have read what a service key is", false).required())
            div.actions { (Button::primary("Make the key")) (Button::quiet("Cancel").link("account/keys")) }
        }))
        h2 { "Register a certificate" }
        (upload_form(csrf, "accounts/contoso/certificates", html! {
            (Field::files("certificate", "Certificates", ".cer,.crt,.pem").hint("A .cer or .crt file each, at most 10 000 bytes. Never the private key.").required())
            (Field::files("chain", "Issuers", ".cer,.crt,.pem").hint("If the issuing certificates are not known here yet."))
            div.actions { (Button::primary("Register")) (Button::danger("Remove")) }
        }))
    }
}

fn admin(csrf: &CsrfToken) -> Markup {
    let now = datetime!(2026-11-28 16:20 UTC);
    let mut table = Table::new("Accounts")
        .column("Name")
        .column("Kind")
        .column("Second factor")
        .column("Last seen")
        .numbers("Packages")
        .actions();
    for (number, name) in
        ["ada", "alan.turing", "barbara", "contoso", "dennis", "edsger", "fabrikam", "grace.hopper", "ken", "leslie"]
            .iter()
            .enumerate()
    {
        let organization = matches!(*name, "contoso" | "fabrikam");
        table = table.row([
            account_link(name),
            html! { @if organization { (Badge::neutral("Organization")) } @else { "User" } @if *name == "ada" { " " (Badge::accent("Administrator")) } },
            html! { @if organization { span.quiet-text { "–" } } @else if number % 3 == 0 { (Badge::warning("None")) } @else { (Badge::good("On")) } },
            ago(now - 7 * Duration::HOUR * i32::try_from(number).unwrap(), now),
            html! { (number * 37) },
            html! { (Button::quiet("Manage").small().about(*name).link(format!("admin/accounts/{name}"))) },
        ]);
    }
    html! {
        (PageHeader::new("Accounts").action(Button::primary("New account").link("admin/accounts/new")))
        (search_form("admin/accounts", html! {
            (Field::search("q", "Name"))
            (Field::select("kind", "Kind", [("", "All"), ("user", "Users"), ("organization", "Organizations")]))
            (Button::quiet("Filter"))
        }))
        (table)
        (pagination(1, 3, |page| format!("admin/accounts?page={page}")))
        (ButtonForm::new(csrf, "admin/x", Button::quiet("Ask everyone to enrol")))
    }
}
