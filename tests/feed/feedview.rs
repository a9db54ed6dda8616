//! The feed through NuGet's own library, as Visual Studio's package manager shows it: about ninety checks, none may fail.

use std::process::Command;

use crate::support::{Feed, OfficialClient, environment, package};

#[test]
fn visual_studios_library_finds_nothing_wrong() {
    let Some(shared) = environment::shared("feedview") else { return };
    let feed = Feed::start();
    let alice = feed.account("alice");
    stock(&feed);
    let Some(client) = OfficialClient::of(&alice) else { return };
    let client = client.trusting_root(&crate::restore::repository_certificate(&feed).pem);
    let program = client.folder().join("feedview");
    let install = shared.join("feedview/install.sh");
    environment::output(Command::new("sh").arg(install).arg(client.installation()).arg(&program));

    let run = client.exec(
        &program.join("feedview.dll"),
        &[&feed.source(), "--user", "alice", "--password", &alice.key, "--packages", "40", "--ids", "Contoso.Hidden"],
    );
    let failed: Vec<&str> = run.said.lines().filter(|line| line.contains("FAIL")).collect();
    assert!(failed.is_empty() && run.code == 0, "{}\n\n{}", failed.join("\n"), run.said);
    let absent: Vec<&str> = run.said.lines().filter(|line| line.contains("ABSENT")).collect();
    println!("{}", absent.join("\n"));
}

/// A package of every kind that the checks look for.
fn stock(feed: &Feed) {
    let bob = feed.account("bob");
    let packages = [
        package("Contoso.Core", "1.0.0"),
        package("Contoso.Core", "1.1.0-beta"),
        package("Contoso.Core", "2.0.0-rc.1"),
        package("Contoso.Core", "1.2.0+build.5"),
        package("Contoso.Hidden", "1.0.0"),
        package("Contoso.Partly", "1.0.0"),
        package("Contoso.Partly", "1.1.0"),
        package("Contoso.Icon", "1.0.0")
            .icon()
            .metadata("<title>An icon</title><projectUrl>https://contoso.example/</projectUrl>"),
        package("Contoso.Readme", "1.0.0").readme("# Readme\n\nwith *text*\n").tags("read me"),
        package("Contoso.LicenceFile", "1.0.0").licence_file("Do what you like.\n"),
        package("Contoso.LicenceExpression", "1.0.0").licence_expression("MIT OR Apache-2.0"),
        package("Contoso.Groups", "1.0.0")
            .dependencies("net45", &[])
            .dependencies("", &[("Contoso.Core", "")])
            .dependencies("net472", &[("Contoso.Icon", "1.0.0")])
            .dependencies("net8.0", &[("Contoso.Core", "[1.0,2.0)"), ("Contoso.Readme", "1.0.0")]),
        package("Contoso.Tool", "1.0.0").package_type("DotnetTool"),
        package("CONTOSO.CAPITALS", "1.0.0.0"),
        package("contoso.small", "1.0"),
        package("Contoso.Four", "1.0.0.4"),
    ];
    for package in packages {
        bob.push(package.bytes()).accepted();
    }
    for (id, version) in [("Contoso.Hidden", "1.0.0"), ("Contoso.Partly", "1.1.0")] {
        assert!([200, 204].contains(&bob.unlist(id, version).status));
    }
    for number in 0..130 {
        bob.push(package("Contoso.Many", &format!("1.{number}.0")).bytes()).accepted();
    }
}
