//! What leaves the feed passes the client's own checks: restore, verify and require mode, with the feed's mark trusted.

use std::path::PathBuf;

use base64::Engine;
use sha2::{Digest, Sha512};

use crate::support::{Feed, OfficialClient, golden, package};

/// The certificate with which a feed signs, as its RepositorySignatures document announces it.
pub struct RepositoryCertificate {
    /// A PEM file, for the client's trust anchors.
    pub pem: PathBuf,
    /// Upper-case hex: in a nuget.config no other spelling works for a private root.
    pub fingerprint: String,
}

/// Reads the first certificate of the feed's RepositorySignatures document, without credentials.
pub fn repository_certificate(feed: &Feed) -> RepositoryCertificate {
    let document = feed.ask(&crate::support::Request::get("/v3/repository-signatures/5.0.0/index.json")).json();
    let certificate = &document["signingCertificates"][0];
    let url = certificate["contentUrl"].as_str().expect("a contentUrl");
    let der = feed.ask(&crate::support::Request::get(&feed.target(url)));
    assert_eq!(der.status, 200);
    let pem = feed.scratch().join("repository.pem");
    std::fs::write(&pem, golden::pem_of(&der.body)).unwrap();
    let fingerprint = certificate["fingerprints"]["2.16.840.1.101.3.4.2.1"].as_str().expect("a fingerprint");
    RepositoryCertificate { pem, fingerprint: fingerprint.to_uppercase() }
}

/// The block that a set-up page prints for nuget.config.
fn trusted_signers(feed: &Feed, owners: &str) -> String {
    let fingerprint = repository_certificate(feed).fingerprint;
    format!(
        "<trustedSigners><repository name=\"feed\" serviceIndex=\"{}\"><certificate fingerprint=\"{fingerprint}\" \
         hashAlgorithm=\"SHA256\" allowUntrustedRoot=\"true\" />{owners}</repository></trustedSigners>",
        feed.source()
    )
}

#[test]
fn restore_works_with_basic_credentials_and_not_without() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    alice
        .push(package("Contoso.Web", "1.0.0").dependencies("net8.0", &[("Contoso.Core", "[1.0.0, 2.0.0)")]).bytes())
        .accepted();
    let Some(client) = OfficialClient::of(&alice) else { return };

    let project = client.project("app", &[("Contoso.Web", "1.0.0")]);
    project.restore(&[]).succeeded();
    let assets = project.read("obj/project.assets.json");
    assert!(assets.contains("Contoso.Core/1.0.0"), "the dependency was followed");

    let client = client.with_credentials("alice", &alice.password);
    client.project("by-password", &[("Contoso.Web", "1.0.0")]).restore(&["--no-http-cache"]).succeeded();
    let client = client.without_credentials();
    let stranger = client.project("stranger", &[("Contoso.Web", "1.0.0")]);
    stranger.forget_packages();
    stranger.restore(&[]).failed().saying("401");
}

#[test]
fn restore_checks_signatures_and_goes_through_in_locked_mode() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&alice) else { return };
    let signed = package("Contoso.Core", "1.0.0").signed_by("leaf-3072");
    client.push(signed, &[]).succeeded();

    let project = client.project("app", &[("Contoso.Core", "1.0.0")]);
    project.restore(&["--use-lock-file"]).succeeded().not_saying("NU3034").not_saying("NU3004");
    let lock = project.read("packages.lock.json");
    project.forget_packages();
    project.restore(&["--locked-mode"]).succeeded();
    assert_eq!(project.read("packages.lock.json"), lock);
}

#[test]
fn restore_in_require_mode_goes_through_with_the_block_for_nuget_config() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let bob = feed.account("bob").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&alice) else { return };
    alice.push(package("Contoso.Plain", "1.0.0").bytes()).accepted();
    bob.push(package("Contoso.Signed", "1.0.0").signed_by("leaf-3072")).accepted();
    let wanted = [("Contoso.Plain", "1.0.0"), ("Contoso.Signed", "1.0.0")];

    let client = client.requiring("");
    client.project("nobody", &wanted).restore(&[]).failed().saying("NU3034");
    let client = client.requiring(&trusted_signers(&feed, ""));
    client.project("feed", &wanted).restore(&[]).succeeded().not_saying("NU3018").not_saying("NU3034");
    let client = client.requiring(&trusted_signers(&feed, "<owners>alice;bob</owners>"));
    let both = client.project("owners", &wanted);
    both.forget_packages();
    both.restore(&[]).succeeded();
    let client = client.requiring(&trusted_signers(&feed, "<owners>mallory</owners>"));
    let nobody = client.project("no-owner", &wanted);
    nobody.forget_packages();
    nobody.restore(&[]).failed().saying("NU3034");
}

#[test]
fn a_feed_that_promises_signatures_restores_where_its_root_is_trusted_and_nowhere_else() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "all_repository_signed", "true"]).succeeded();
    let alice = feed.account("alice");
    let bob = feed.account("bob").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&alice) else { return };
    alice.push(package("Contoso.Plain", "1.0.0").bytes()).accepted();
    bob.push(package("Contoso.Signed", "1.0.0").signed_by("leaf-3072")).accepted();
    let wanted = [("Contoso.Plain", "1.0.0"), ("Contoso.Signed", "1.0.0")];
    crate::repository_signatures::wait_for_the_promise(&feed);

    client.project("untrusting", &wanted).restore(&[]).failed().saying("NU3018");
    let client = client.trusting_root(&repository_certificate(&feed).pem);
    client.project("trusting", &wanted).restore(&[]).succeeded().not_saying("NU3018");
}

#[test]
fn every_kind_of_package_that_is_served_passes_nuget_verify() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let bob = feed.account("bob").with_certificate("leaf-3072").with_certificate("leaf-4096");
    let Some(client) = OfficialClient::of(&alice) else { return };
    let client = client.trusting_root(&repository_certificate(&feed).pem);

    alice.push(package("Contoso.Plain", "1.0.0").icon().size(300_000).bytes()).accepted();
    client.verify(&feed.download("Contoso.Plain", "1.0.0")).succeeded().saying("Repository").saying("alice");

    bob.push(package("Contoso.Signed", "1.0.0").signed_by("leaf-3072")).accepted();
    let said = client.verify(&feed.download("Contoso.Signed", "1.0.0")).succeeded();
    said.saying("Author").saying("Repository").saying(&golden::fingerprint("leaf-3072"));

    for golden in
        ["good-author-rsa4096-sha512-chain4", "good-both-ts-ts", "good-zip-data-descriptors", "good-zip-many-entries"]
    {
        bob.push(golden::read(&format!("{golden}.nupkg"))).accepted();
        let id = format!("golden.{golden}");
        client.verify(&feed.download(&id, "1.0.0")).succeeded().saying("Author").saying("Repository");
    }
}

#[test]
fn only_the_signature_of_a_package_changes_on_its_way_through() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let Some(_) = OfficialClient::of(&alice) else { return };
    let signed = package("Contoso.Core", "1.0.0").readme("# Core").size(100_000).signed_by("leaf-3072");
    alice.push(&signed).accepted();
    let served = feed.download("Contoso.Core", "1.0.0");

    let (mut before, mut after) = (entries(&signed), entries(&served));
    let (author, both) = (before.remove(".signature.p7s").unwrap(), after.remove(".signature.p7s").unwrap());
    assert_eq!(before, after);
    assert!(both.len() > author.len(), "the countersignature is added to the author's");

    // The registration tells what is served.
    let page = feed.get("/v3/registration-semver2/contoso.core/index.json").json();
    let entry = &page["items"][0]["items"][0]["catalogEntry"];
    if let Some(hash) = entry["packageHash"].as_str() {
        let expected = base64::engine::general_purpose::STANDARD.encode(Sha512::digest(&served));
        assert_eq!(hash, expected);
    }
}

#[test]
fn tools_and_whole_solutions_use_the_feed() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let Some(client) = OfficialClient::of(&alice) else { return };
    let settings = b"<DotNetCliTool Version=\"1\"><Commands><Command Name=\"contoso-tool\" EntryPoint=\"tool.dll\" Runner=\"dotnet\" /></Commands></DotNetCliTool>";
    let tool = package("Contoso.Tool", "1.2.3")
        .package_type("DotnetTool")
        .file("tools/net10.0/any/DotnetToolSettings.xml", settings)
        .file("tools/net10.0/any/tool.dll", &client.library("NuGet.Common.dll"));
    alice.push(tool.bytes()).accepted();
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    alice.push(package("Contoso.Core", "1.1.0").bytes()).accepted();

    client.run(&["tool", "install", "Contoso.Tool", "--tool-path", "bin"]).succeeded().saying("1.2.3");
    let project = client.project("app", &[("Contoso.Core", "1.0.0")]);
    project.restore(&[]).succeeded();
    project.run(&["list", "package", "--outdated"]).succeeded().saying("1.1.0");
    project.run(&["add", "package", "Contoso.Core"]).succeeded();
    assert!(project.read("app.csproj").contains("1.1.0"));
}

/// The entries of a ZIP archive by name.
fn entries(zip: &[u8]) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}
