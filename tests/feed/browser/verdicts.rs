//! Why packages were refused, read by whoever pushed them: each kind of refusal once, with the rule, the certificate and what to
//! do. One house for all of them.

use super::arrival::give_password;
use crate::support::person::Person;
use crate::support::verdict::Verdict;
use crate::support::{Browser, Feed, Visitor, golden, package};
use crate::verdicts::{number, refusals};

/// Signed with `leaf-4096`.
const CONTOSOS: &str = "good-author-rsa4096-sha512-chain4.nupkg";
/// Signed with `self-trusted`.
const BOBS: &str = "good-author-self-signed-trusted.nupkg";

/// What stands on the page of a refusal: the rule, whose certificate it was (its name among the golden ones), and what to do.
type Read = (&'static str, &'static str, Option<&'static str>, &'static str);

const PAGES: &[Read] = &[
    ("exists", "Contoso.Core 1.0.0 exists already; versions never change", None, "Raise the version number"),
    ("others' package", "Bobs.Own belongs to other accounts", None, "Ask bob to add alice as an owner"),
    ("reserved", "new package IDs like Reserved.* are reserved for bob", None, "Let bob push it first"),
    ("key for versions only", "does not have the scope push", None, "Push with an API key that has the scope push"),
    ("key for other IDs", "is limited to other package IDs", None, "Push with an API key that is for this package ID"),
    (
        "nothing registered",
        "no owner has registered the certificate",
        Some("leaf-3072"),
        "Have alice register this certificate",
    ),
    (
        "not registered",
        "is not registered for this package by alice",
        Some("leaf-3072"),
        "Have alice register this certificate",
    ),
    ("unsigned", "must be signed with a registered certificate of alice", None, "Sign it with dotnet nuget sign"),
    (
        "changed after signing",
        "the package was changed after it was signed",
        None,
        "Sign the package again with dotnet nuget sign",
    ),
    (
        "unknown root",
        "which this server does not trust",
        Some("stranger-root"),
        "Ask an administrator of this server to trust the root",
    ),
    ("no timestamp", "has no timestamp, and one is needed", None, "Sign it again with exactly one timestamp"),
    ("no package", "is not a readable ZIP archive", None, "Build the package again with dotnet pack"),
    ("nuspec", "package id Contoso Core has the character U+0020", None, "Build the package again with dotnet pack"),
    ("registered, expired", "of alice has expired", Some("leaf-3072"), "Sign with the certificate that came after it"),
    (
        "registered, revoked",
        "was revoked at 2025-06-01",
        Some("crl-revoked-late"),
        "Sign with another certificate: this one is revoked",
    ),
    (
        "registered, account disabled",
        "of contoso belongs to a disabled account",
        Some("leaf-4096"),
        "Sign with a certificate of another owner, or ask an administrator of this server to enable contoso",
    ),
    (
        "another owner's",
        "is registered by bob, but this package must be signed by alice",
        Some("self-trusted"),
        "let bob sign too",
    ),
    (
        "not yet valid",
        "is valid only from 2055-01-01",
        Some("not-yet-valid-timestamped"),
        "Sign with a certificate that is valid now",
    ),
    (
        "author countersignature",
        "has a countersignature that is not a repository's",
        None,
        "Sign the package again with dotnet nuget sign",
    ),
    (
        "weak key",
        "has a key of RSA 1024; it must be RSA of at least 2048 bits",
        Some("rsa1024"),
        "Sign with an RSA certificate of at least 2048 bits",
    ),
    (
        "archive",
        "the end record announces a comment of 0 octets, but 8 follow",
        None,
        "Build the package again with dotnet pack",
    ),
    ("cut off", "is not a readable ZIP archive, or was cut off", None, "Build the package again with dotnet pack"),
    (
        "repository alone",
        "must be signed with a registered certificate of alice",
        None,
        "Sign it with dotnet nuget sign",
    ),
];

#[test]
fn every_refusal_is_read_on_its_page_with_the_rule_the_certificate_and_what_to_do() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut visitor = Visitor::of(&feed);
    visitor.sign_in("alice");
    let (mut phone, _) = visitor.enrol("alice");
    let mut verdicts = refusals(&feed, &alice);
    verdicts.extend(further(&feed, &alice, &mut visitor));
    let names: Vec<&str> = verdicts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, PAGES.iter().map(|page| page.0).collect::<Vec<_>>(), "each refusal has its page here");
    let Some(browser) = Browser::of("alice", &feed) else { return };
    give_password(&browser, "alice");
    browser.type_into("Code", &phone.code());
    browser.click("Sign in");
    browser.is_at("/account");
    let wrong: Vec<String> =
        PAGES.iter().zip(&verdicts).flat_map(|(page, (_, verdict))| read(&browser, page, verdict)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Opens the page as the link of the push leads there. What is missing of it.
fn read(browser: &Browser<'_>, (name, rule, certificate, advice): &Read, verdict: &Verdict) -> Vec<String> {
    browser.open(&format!("/verdicts/{}", number(verdict)));
    browser.sees("Refused");
    browser.within("What to do next").sees(advice);
    let text = browser.text();
    // Fingerprints stand in groups, and words beside code without a blank.
    let squeezed = |text: &str| text.replace('`', "").split_whitespace().collect::<String>().to_lowercase();
    let fingerprint = certificate.map(golden::fingerprint);
    let wanted = [Some((*rule).to_owned()), fingerprint].into_iter().flatten();
    wanted
        .filter(|wanted| !squeezed(&text).contains(&squeezed(wanted)))
        .map(|wanted| format!("{name}: `{wanted}` is not on the page:\n{text}\n"))
        .collect()
}

/// Refusals that need more people: of a certificate that was revoked, of an account that is disabled, of an owner who is not the
/// chosen one; and those of packages that nobody could register a certificate for.
fn further(feed: &Feed, alice: &Person<'_>, browser: &mut Visitor<'_>) -> Vec<(&'static str, Verdict)> {
    let add = |account: &str, certificate: &str, more: &[&str]| {
        let file = golden::certificate(certificate);
        let arguments = [&["certificate", "add", "--account", account][..], more, &[file.to_str().unwrap()]].concat();
        feed.assay(&arguments).succeeded();
    };
    let above = golden::certificate("crl-ca");
    add("alice", "crl-revoked-late", &["--chain", above.to_str().unwrap()]);
    let list = golden::trust().join("crl/ca.crl");
    feed.assay(&["revocation", "import", list.to_str().unwrap()]).succeeded();
    shared(feed, browser);
    add("contoso", "leaf-4096", &[]);
    add("bob", "self-trusted", &[]);
    feed.assay(&["account", "disable", "contoso"]).succeeded();
    feed.assay(&["package", "required-signer", &golden::identity(BOBS), "--owner", "alice"]).succeeded();
    [
        ("registered, revoked", "revoked-after-timestamp.nupkg"),
        ("registered, account disabled", CONTOSOS),
        ("another owner's", BOBS),
        ("not yet valid", "cert-not-yet-valid-timestamped.nupkg"),
        ("author countersignature", "counter-author-type.nupkg"),
        ("weak key", "cert-rsa1024.nupkg"),
        ("archive", "zip-trailing-before.nupkg"),
        ("cut off", "zip-truncated.nupkg"),
        ("repository alone", "good-repo-one-owner.nupkg"),
    ]
    .map(|(name, file)| (name, alice.push(golden::read(file))))
    .into()
}

/// dora, who has no certificates, shares one ID with alice and contoso, which she administers, and one with alice and bob.
fn shared(feed: &Feed, alice: &mut Visitor<'_>) {
    let dora = feed.account("dora");
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "dora", "--administrator"]).succeeded();
    let [mut owner, mut bob] = ["dora", "bob"].map(|name| {
        let mut visitor = Visitor::of(feed);
        visitor.sign_in(name).enrol(name);
        visitor
    });
    for file in [CONTOSOS, BOBS] {
        dora.push(package(&golden::identity(file), "0.0.1").bytes()).accepted();
        owner.share(&golden::identity(file), alice, "alice");
    }
    owner.submit(&format!("packages/{}/manage", golden::identity(CONTOSOS)), &[("name", "contoso")]);
    owner.share(&golden::identity(BOBS), &mut bob, "bob");
}
