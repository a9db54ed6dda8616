//! Cases 72 to 75, 82 and 93 to 98: what is in the archive.

use zip::write::SimpleFileOptions;

use super::{feed, house};
use crate::support::package;
use crate::support::package::{PNG, Zip};
use crate::support::verdict::Verdict;

/// Pushes a package with further entries of these names.
fn push_with(id: &str, names: &[&str]) -> Verdict {
    let mut zip = Zip::new();
    zip.add(&format!("{id}.nuspec"), package(id, "1.0.0").nuspec().as_bytes());
    names.iter().for_each(|name| zip.add(name, b"x"));
    house().bob.push(zip.finish())
}

#[test]
fn case_72_a_body_that_is_no_package_or_whose_names_collide_is_400() {
    let bob = &house().bob;
    bob.push(b"no package").refused(400);
    let whole = package("Case72", "1.0.0").bytes();
    bob.push(&whole[..whole.len() / 2]).refused(400);
    push_with("Case72", &["a//b.txt", "a/b.txt"]).refused(400);
    assert!(feed().versions("Case72").is_empty());
}

#[test]
fn case_74_unlike_nuget_org_a_client_of_the_future_may_be_demanded_which_is_the_clients_to_judge() {
    let nuspec = package("Case74", "1.0.0").nuspec().replace("<metadata>", "<metadata minClientVersion=\"99.0\">");
    let mut zip = Zip::new();
    zip.add("Case74.nuspec", nuspec.as_bytes());
    house().bob.push(zip.finish()).accepted();
    let registration = feed().get("/v3/registration-semver2/case74/index.json").text();
    assert!(registration.contains("\"minClientVersion\":\"99.0"), "clients are told: {registration}");
}

#[test]
fn case_75_ids_that_break_the_rules_are_400_and_named() {
    let long = "a".repeat(101);
    let between = "has a `.` or `-` that does not stand between two words";
    let mut wrong = Vec::new();
    for (id, named) in [
        ("$id$", "U+0024"),
        ("a b", "U+0020"),
        (".a", between),
        ("a.", between),
        ("a..b", between),
        ("a-", between),
        ("-a", between),
        ("a@b", "U+0040"),
        ("a+b", "U+002B"),
        ("ä", "U+00E4"),
        (&long, "100"),
    ] {
        let refused = house().bob.push(package(id, "1.0.0").bytes()).refused(400);
        let said = &refused.warnings[0];
        if refused.phrase != "package ID is not valid" || !said.contains("element `id`") || !said.contains(named) {
            wrong.push(format!("{id} should say `{named}`: {}: {said}", refused.phrase));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // With a slash its specification lies in a folder, where none is looked for.
    house().bob.push(package("a/b", "1.0.0").bytes()).refused(400).saying("no `.nuspec` file at its root");
}

#[test]
fn case_82_what_is_wrong_with_the_metadata_is_told_in_the_reason() {
    let wrong = package("Case82", "1.0.0").dependencies("", &[("A", "[2.0,1.0]")]).bytes();
    let refused = house().bob.push(wrong).refused(400).warning("version range `[2.0,1.0]` contains no version");
    assert_eq!(refused.phrase, "nuspec is not valid");
}

#[test]
fn case_93_names_that_are_one_file_on_a_disk_are_400() {
    for (index, names) in [["a.txt", "a.TXT"], ["./t/a", "./t\\a"], ["./a", "a"], ["/a", "a"]].iter().enumerate() {
        push_with(&format!("Case93.No{index}"), names).refused(400);
        assert!(feed().versions(&format!("Case93.No{index}")).is_empty(), "{names:?}");
    }
}

#[test]
fn case_94_two_nuspecs_are_400_and_unlike_nuget_org_one_in_a_folder_is_a_file_like_others() {
    push_with("Case94", &["other.NUSPEC"]).refused(400).saying("more than one");
    push_with("Case94", &["templates/other.nuspec"]).accepted();
}

#[test]
fn case_96_a_licence_must_be_readable_and_there_and_unlike_nuget_org_any_will_do() {
    let licensed = |id: &str, xml: &str| package(id, "1.0.0").metadata(xml).bytes();
    let bob = &house().bob;
    let long = format!("<license type=\"expression\">MIT{}</license>", " OR MIT".repeat(72));
    for (id, xml, named) in [
        ("Case96.Broken", "<license type=\"expression\">MIT OR</license>", "license expression `MIT OR`"),
        ("Case96.Missing", "<license type=\"file\">LICENSE.txt</license>", "LICENSE.txt"),
        ("Case96.Empty", "<license type=\"file\"> </license>", "`license`"),
        ("Case96.Long", &long, "longer than 500 characters"),
    ] {
        bob.push(licensed(id, xml)).refused(400).warning(named);
        assert!(feed().versions(id).is_empty(), "{id}");
    }
    // Clients read through elements inside.
    bob.push(licensed("Case96.Children", "<license type=\"expression\"><spdx>MIT</spdx></license>")).accepted();
    let registration = feed().get("/v3/registration-semver2/case96.children/index.json").text();
    assert!(registration.contains("\"licenseExpression\":\"MIT\""), "{registration}");
    let just = format!("<license type=\"expression\">{}{}</license>", "M".repeat(3), " OR MIT".repeat(71));
    bob.push(licensed("Case96.Just", &just)).accepted();
    let both = "<license type=\"expression\">MIT</license><license type=\"file\">LICENSE.txt</license>";
    bob.push(licensed("Case96.Both", both)).accepted();
    let registration = feed().get("/v3/registration-semver2/case96.both/index.json").text();
    assert!(registration.contains("\"licenseExpression\":\"MIT\""), "of two the first counts: {registration}");
    // Not for the public: what a company lets its own people do is its own business.
    bob.push(licensed("Case96.Deprecated", "<license type=\"expression\">GPL-2.0</license>")).accepted();
    bob.push(licensed("Case96.Unlicensed", "<license type=\"expression\">UNLICENSED</license>")).accepted();
}

#[test]
fn case_97_an_icon_is_a_picture_of_a_megabyte_at_most() {
    let with_icon = |id: &str, bytes: &[u8], name: &str| {
        let xml = format!("<icon>{name}</icon>");
        house().bob.push(package(id, "1.0.0").metadata(&xml).file(name, bytes).bytes())
    };
    let large = [PNG, &vec![0; 1024 * 1024]].concat();
    with_icon("Case97.Large", &large, "icon.png").refused(400).warning("icon.png");
    with_icon("Case97.Text", b"a text", "icon.png").refused(400).warning("is neither PNG nor JPEG");
    with_icon("Case97.Gif", b"GIF89a", "icon.gif").refused(400);
    // What a picture is says its content; the name is nobody's concern.
    with_icon("Case97.Name", PNG, "icon.txt").accepted();
}

#[test]
fn case_98_zip64_is_refused_at_once_signed_or_not() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().large_file(true);
    zip.start_file("Case98.nuspec", options).unwrap();
    std::io::Write::write_all(&mut zip, package("Case98", "1.0.0").nuspec().as_bytes()).unwrap();
    house().bob.push(zip.finish().unwrap().into_inner()).refused(400).saying("Zip64");
    let signed = super::golden_of("zip-zip64-extra-local.nupkg", &["ann"]);
    house().ann.push(signed).refused(400).saying("Zip64");
}
