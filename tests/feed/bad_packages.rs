//! Packages that nobody should push: each has an answer of its own, and leaves nothing behind.

use crate::support::package::Zip;
use crate::support::{Feed, golden, package};

#[test]
fn each_bad_package_is_refused_for_its_own_reason_and_leaves_nothing() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let good = package("Contoso.Core", "1.0.0").bytes();
    let nuspec = |xml: &str| {
        let mut zip = Zip::new();
        zip.add("x.nuspec", xml.as_bytes());
        zip.finish()
    };
    let with_entry = |name: &str| {
        let mut zip = Zip::new();
        zip.add("Contoso.Core.nuspec", package("Contoso.Core", "1.0.0").nuspec().as_bytes());
        zip.add(name, b"x");
        zip.finish()
    };
    let mut two = Zip::new();
    two.add("a.nuspec", package("A", "1.0.0").nuspec().as_bytes());
    two.add("b.nuspec", package("B", "1.0.0").nuspec().as_bytes());
    let metadata = |xml: &str| nuspec(&format!("<package><metadata>{xml}</metadata></package>"));
    let bomb = package("Contoso.Core", "1.0.0")
        .file("content/zeros.bin", &vec![0; 64 << 20])
        .metadata("<!-- one file, a thousand times smaller packed -->");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("text", b"this is not a package".to_vec()),
        ("an HTML page", b"<!DOCTYPE html><html>proxy error</html>".to_vec()),
        ("an empty ZIP", Zip::new().finish()),
        ("a ZIP cut off", good[..good.len() / 2].to_vec()),
        ("a ZIP without its last byte", good[..good.len() - 1].to_vec()),
        ("a ZIP with something after it", [good.as_slice(), b"trailing"].concat()),
        ("a ZIP with something before it", [b"#!/bin/sh\n", good.as_slice()].concat()),
        ("no nuspec", {
            let mut zip = Zip::new();
            zip.add("content/a.txt", b"x");
            zip.finish()
        }),
        ("a nuspec in a folder only", {
            let mut zip = Zip::new();
            zip.add("sub/a.nuspec", package("A", "1.0.0").nuspec().as_bytes());
            zip.finish()
        }),
        ("two nuspecs", two.finish()),
        ("a nuspec that is no XML", nuspec("not xml")),
        ("a nuspec that stops", nuspec("<package><metadata><id>A</id>")),
        (
            "a nuspec with a DTD",
            nuspec(
                "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><package><metadata><id>A</id><version>1.0.0</version><authors>a</authors><description>&e;</description></metadata></package>",
            ),
        ),
        ("no id", metadata("<version>1.0.0</version><authors>a</authors><description>d</description>")),
        ("no version", metadata("<id>A</id><authors>a</authors><description>d</description>")),
        ("a bad id", package("Contoso..Core", "1.0.0").bytes()),
        ("an id with a slash", package("../Core", "1.0.0").bytes()),
        ("an id that is too long", package(&"a".repeat(101), "1.0.0").bytes()),
        ("an id outside ASCII", package("Контосо", "1.0.0").bytes()),
        ("a bad version", package("Contoso.Core", "one").bytes()),
        ("a version with five numbers", package("Contoso.Core", "1.2.3.4.5").bytes()),
        ("a version that is too long", package("Contoso.Core", &format!("1.0.0-{}", "a".repeat(80))).bytes()),
        ("a bad range", package("Contoso.Core", "1.0.0").dependencies("", &[("A", "[2.0,1.0]")]).bytes()),
        ("a dependency without a name", package("Contoso.Core", "1.0.0").dependencies("", &[("", "1.0")]).bytes()),
        ("a way out of the folder", with_entry("../../evil.txt")),
        ("a way out with backslashes", with_entry("..\\..\\evil.txt")),
        ("an absolute path", with_entry("/etc/evil.txt")),
        ("a drive", with_entry("C:\\evil.txt")),
        ("an icon that is not there", package("Contoso.Core", "1.0.0").metadata("<icon>nosuch.png</icon>").bytes()),
        ("a readme that is not there", package("Contoso.Core", "1.0.0").metadata("<readme>nosuch.md</readme>").bytes()),
        (
            "a licence file that is not there",
            package("Contoso.Core", "1.0.0").metadata("<license type=\"file\">nosuch.txt</license>").bytes(),
        ),
        ("a file that unpacks to a thousand times its size", bomb.bytes()),
    ];
    let mut table = String::new();
    for (what, bytes) in cases {
        let verdict = alice.push(&bytes);
        table.push_str(&format!("{what}: {} {}\n", verdict.status, verdict.phrase));
        // Where it is explained is another address each time.
        let lines = verdict.warnings.iter().filter(|line| !line.starts_with("Explained at"));
        lines.for_each(|line| table.push_str(&format!("    {line}\n")));
        if verdict.status != 201 {
            let status = verdict.status;
            assert!([400, 413].contains(&status), "{what}: {verdict:?}");
            let _ = verdict.refused(status);
        }
        assert!(feed.spooled().is_empty(), "{what} left a file in the spool");
        assert_eq!(feed.rows("content"), feed.rows("version"), "{what} left content");
    }
    insta::assert_snapshot!(table);
    assert!(feed.is_serving());
    alice.push(package("Contoso.Good", "1.0.0").bytes()).accepted();
}

#[test]
fn a_signed_package_with_a_name_that_leaves_the_folder_is_refused_although_the_client_accepts_it() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072").with_certificate("leaf-2048");
    alice.push(golden::read("good-zip-parent-path.nupkg")).refused(400);
    assert_eq!(feed.rows("version"), 0);
}
