//! A feed that has been used for a while: people with short and long names, packages, keys, notices.

use crate::support::pages::password_of;
use crate::support::person::Person;
use crate::support::{Feed, golden, package};

/// An account with as long a name as people have.
pub const LONG: &str = "maximiliana.featherstonehaugh_contoso-eu";
/// A package ID of the kind that grows in large houses.
pub const LONG_ID: &str = "Contoso.Enterprise.Integration.Connectors.MessageBroker.Abstractions.Compatibility";

/// `grace` runs the server; `ann` administers `contoso` and owns packages, `bob` and somebody with a long name belong to it.
pub fn furnish(feed: &Feed) {
    let grace = ["account", "create", "grace", "--admin", "--password-stdin"];
    feed.assay_with_input(&grace, &format!("{}\n", password_of("grace"))).succeeded();
    let ann = feed.account("ann");
    for name in ["bob", "carol", LONG] {
        feed.account(name);
    }
    for organization in ["contoso", "fabrikam"] {
        feed.assay(&["account", "create", organization, "--organization"]).succeeded();
    }
    feed.assay(&["account", "add-member", "contoso", "ann", "--administrator"]).succeeded();
    for member in ["bob", LONG] {
        feed.assay(&["account", "add-member", "contoso", member]).succeeded();
    }
    keys(feed);
    packages(&ann);
    feed.assay(&["prefix", "reserve", "--account", "contoso", "Contoso.*"]).succeeded();
    feed.assay(&["prefix", "reserve", "--account", LONG, "Contoso.Enterprise.Integration.*"]).succeeded();
    feed.assay(&["account", "reset-password", "ann", "--link"]).succeeded();
    feed.assay(&["account", "disable", "carol"]).succeeded();
    feed.assay(&["account", "enable", "carol"]).succeeded();
}

fn keys(feed: &Feed) {
    let make = |options: &[&str]| feed.assay(&[&["key", "create"], options].concat()).succeeded();
    make(&["--account", "ann", "--name", "build server", "--pattern", "Contoso.*", "--pattern", LONG_ID]);
    make(&["--account", "ann", "--owner", "contoso", "--name", "the old laptop", "--expires", "3d"]);
    make(&["--account", "bob", "--owner", "contoso", "--name", "bob's desk", "--scope", "push-version"]);
    make(&["--account", "contoso", "--service", "--name", "release pipeline", "--expires", "365d"]);
    let revoked = make(&["--account", "ann", "--name", "lost on a train"]);
    let listed = feed.assay(&["key", "list", "--account", "ann"]).succeeded();
    let line = listed.lines().find(|line| line.contains(&revoked[..10])).expect("the key");
    let number = line.split_whitespace().next().expect("a number");
    feed.assay(&["key", "revoke", number]).succeeded();
}

fn packages(ann: &Person<'_>) {
    let core = |version: &str| {
        package("Contoso.Core", version)
            .description("Logging, configuration and hosting as every service of Contoso needs them, in one package.")
            .tags("contoso logging hosting configuration")
            .icon()
            .readme("# Contoso.Core\n\nOne package for every service.\n")
            .licence_expression("MIT")
            .metadata("<projectUrl>https://contoso.example/core</projectUrl>")
            .dependencies("net8.0", &[("Newtonsoft.Json", "13.0.3"), ("Contoso.Abstractions", "[1.0.0, 2.0.0)")])
            .dependencies("netstandard2.0", &[])
    };
    for version in ["1.0.0", "1.1.0", "1.2.0", "2.0.0-beta.1"] {
        _ = ann.push(core(version).bytes()).accepted();
    }
    _ = ann.unlist("Contoso.Core", "1.1.0");
    let long = "An adapter. ".repeat(60);
    _ = ann.push(package(LONG_ID, "10.20.30-preview.4.build.5678").description(&long).bytes()).accepted();
    _ = ann.push(package("Zebra", "0.1.0").bytes()).accepted();
    let olga = ann.feed.account("olga").with_certificate("leaf-3072");
    _ = olga.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
}
