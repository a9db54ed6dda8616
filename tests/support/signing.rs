//! Signing by the official client, with the keys of the golden packages.

use tempfile::TempDir;

use super::golden;
use super::official_client::Installation;
use super::timestamp_authority;

/// An author signature with a timestamp of the moment. The test must have made sure that the official client is there.
pub fn sign(package: &[u8], certificate: &str) -> Vec<u8> {
    sign_with(package, certificate, &["--timestamper", timestamp_authority::url()])
}

/// An author signature with other options of `dotnet nuget sign`.
pub fn sign_with(package: &[u8], certificate: &str, options: &[&str]) -> Vec<u8> {
    let installation = Installation::of_a_signer("signing").expect("the official client");
    let folder = TempDir::with_prefix("as").expect("a temporary folder");
    let unsigned = folder.path().join("package.nupkg");
    std::fs::write(&unsigned, package).expect("the package");
    let pfx = golden::trust().join(format!("pfx/{certificate}.pfx"));
    let mut command = installation.command(&folder.path().join("h"));
    command.args(["nuget", "sign"]).arg(&unsigned).arg("--certificate-path").arg(pfx);
    command.args(["--certificate-password", "test", "--output"]).arg(folder.path().join("signed")).args(options);
    let run = command.output().expect("the official client");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "signing failed: {said}");
    std::fs::read(folder.path().join("signed/package.nupkg")).unwrap_or_else(|error| panic!("{error}: {said}"))
}
