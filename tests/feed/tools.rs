//! The tools of these tests themselves: what they make is what the official client says it is.

use crate::support::{golden, official_client::Installation, package, signing};

#[test]
fn a_signed_package_of_ours_passes_the_official_verification() {
    let Some(client) = Installation::trusting_golden_roots("signing a package") else {
        return;
    };
    let signed = package("Contoso.Core", "1.0.0").icon().readme("# Contoso").signed_by("leaf-3072");
    let home = tempfile::TempDir::with_prefix("ah").unwrap();
    let file = home.path().join("signed.nupkg");
    std::fs::write(&file, signed).unwrap();
    let fingerprint = golden::fingerprint("leaf-3072");
    let mut command = client.command(&home.path().join("h"));
    command.args(["nuget", "verify"]).arg(&file).args(["--all", "--certificate-fingerprint", &fingerprint]);
    let run = command.output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn the_official_client_signs_without_a_timestamp_authority() {
    if Installation::trusting_golden_roots("signing a package").is_none() {
        return;
    }
    let signed = signing::sign_with(&package("Contoso.Core", "1.0.0").bytes(), "leaf-2048", &[]);
    assert!(signed.windows(14).any(|name| name == b".signature.p7s"));
}

#[test]
fn the_golden_packages_are_all_there() {
    let all = golden::packages();
    assert_eq!(all.len(), 600);
    assert!(all.iter().all(|golden| !golden.bytes().is_empty() || golden.kind == "unreadable"));
}
