//! The page of revocation: what is known about certificates, lists from files, marks, and what becomes of lost signatures.

use time::{Duration, OffsetDateTime};

use super::revocation::Stage;
use crate::support::pages::password_of;
use crate::support::pki::Issued;
use crate::support::{Visitor, package};

const PAGE: &str = "admin/revocation";
const VERSIONS: &str = "admin/revocation/versions";

/// Whoever runs the server.
fn administrator(stage: &Stage) -> Visitor<'_> {
    let password = format!("{}\n", password_of("root"));
    stage.feed.assay_with_input(&["account", "create", "root", "--admin", "--password-stdin"], &password).succeeded();
    let mut root = Visitor::of(&stage.feed);
    root.sign_in("root");
    root.enrol("root");
    root
}

/// A feed in a closed network, with packages by alice.
fn closed(packages: &[(&str, &str)]) -> Option<(Stage, Issued)> {
    let mut stage = Stage::closed();
    let signer = stage.signer_with_list("Alice");
    let mut made = Vec::new();
    for (id, version) in packages {
        made.push(stage.pki.sign(&package(id, version).bytes(), &signer)?);
    }
    let alice = stage.person("alice", &signer);
    made.iter().for_each(|bytes| {
        alice.push(bytes).accepted();
    });
    Some((stage, signer))
}

#[test]
fn a_list_from_a_file_says_what_it_said_and_what_follows_is_decided_for_many_packages_at_once() {
    let Some((stage, signer)) =
        closed(&[("Contoso.Core", "1.0.0"), ("Contoso.Core", "1.1.0"), ("Fabrikam.Tools", "3.0.0")])
    else {
        return;
    };
    let mut root = administrator(&stage);
    let shown = root.get(PAGE).text();
    assert!(
        shown.contains("O=Test") && shown.contains("Not known") && shown.contains("Registered by alice"),
        "{shown}"
    );
    assert!(shown.contains("Signs 3 versions") && shown.contains("Stamps 3 versions"), "{shown}");

    let nothing = root.upload("admin/revocation/import", &[], &[("files", "readme.txt", b"hello")]);
    assert_eq!(nothing.status, 422);
    assert!(nothing.text().contains("This is neither a CRL nor an OCSP response"), "{}", nothing.text());
    stage.pki.revoke(&signer, OffsetDateTime::now_utc() - Duration::days(2), "keyCompromise");
    let report = root.upload("admin/revocation/import", &[], &[("files", "acme.crl", &stage.pki.crl())]);
    assert_eq!(report.status, 200, "{}", report.text());
    for part in [
        "List of revoked certificates",
        "1 revoked certificate",
        "1 certificate is revoked by it that was not until now.",
        "CN=Alice",
    ] {
        assert!(report.text().contains(part), "{part} in {}", report.text());
    }
    assert!(stage.audited("revocation.import"));

    let shown = root.get(PAGE).text();
    assert!(shown.contains("3 versions have a signature that does not count any more"), "{shown}");
    assert!(shown.contains("from acme.crl") && shown.contains("Revoked since"), "{shown}");
    let only = root.get(&format!("{PAGE}?show=revoked")).text();
    assert!(only.contains("CN=Alice") && only.contains("1 of "), "{only}");

    let list = root.get(&format!("{VERSIONS}?package=contoso.*")).text();
    assert!(list.contains("2 of 3 versions.") && !list.contains("Fabrikam.Tools 3.0.0"), "{list}");
    assert!(root.get(&format!("{VERSIONS}?owner=alice")).text().contains("Fabrikam"));
    assert!(root.get(&format!("{VERSIONS}?owner=nobody")).text().contains("No version is like that"));
    let csv = root.get("admin/revocation/versions.csv?package=Fabrikam*");
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let lines: Vec<String> = csv.text().split("\"package\"").map(str::to_owned).collect();
    assert!(lines.len() == 2 && lines[1].contains("Fabrikam.Tools") && lines[1].contains("signer"), "{lines:?}");

    // What was ticked stays so when something is missing.
    let both = [("version", "Contoso.Core 1.0.0"), ("version", "Fabrikam.Tools 3.0.0")];
    let again = root.post(VERSIONS, &both);
    assert_eq!(again.status, 422);
    assert!(again.text().contains("Choose what is to be done"), "{}", again.text());
    assert!(root.post(VERSIONS, &[("choice", "keep")]).text().contains("Tick at least one version."));
    let hide: Vec<(&str, &str)> = both.iter().copied().chain([("choice", "hide")]).collect();
    assert!(root.post(VERSIONS, &hide).text().contains("Say why in a few words"));

    let hide: Vec<(&str, &str)> = hide.into_iter().chain([("reason", "the key was stolen")]).collect();
    let question = root.post(VERSIONS, &hide);
    assert_eq!(question.status, 200);
    assert!(
        question.text().contains("Hide 2 versions") && question.text().contains("Builds that need one of them fail.")
    );
    assert_eq!(stage.feed.versions("Fabrikam.Tools"), ["3.0.0"], "asked first");
    let meant: Vec<(&str, &str)> = hide.into_iter().chain([("meant", "yes")]).collect();
    assert!(root.submit(VERSIONS, &meant).text().contains("2 versions hidden."));
    assert_eq!(stage.feed.versions("Contoso.Core"), ["1.1.0"]);
    assert!(stage.feed.versions("Fabrikam.Tools").is_empty());

    let remove = [("version", "Contoso.Core 1.1.0"), ("choice", "remove"), ("meant", "yes")];
    assert!(root.submit(VERSIONS, &remove).text().contains("1 version removed for good."));
    assert_eq!(stage.feed.rows("void_signature"), 2, "the row of the removed version is gone");
    assert!(stage.audited("package.hide") && stage.audited("package.remove") && stage.audited("signature.decide"));
    let twice = root.post(VERSIONS, &remove);
    assert!(twice.text().contains("the versions are gone"), "{}", twice.text());
}

#[test]
fn a_mark_shows_what_follows_before_it_is_made_and_can_be_taken_back() {
    let Some((stage, signer)) = closed(&[("Contoso.Core", "1.0.0")]) else { return };
    let mut root = administrator(&stage);
    let form = format!("admin/revocation/mark?fingerprint={}", signer.fingerprint);
    assert!(root.get(&form).text().contains("Clients do not know of it"));
    let mark = "admin/revocation/mark";
    let wrong = root.post(mark, &[("fingerprint", "abc"), ("since", "soon"), ("reason", "")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("64 hexadecimal digits") && wrong.text().contains("Give a day"), "{}", wrong.text());
    let stranger = "ab".repeat(32);
    let unknown = root.post(mark, &[("fingerprint", &stranger), ("since", "2026-01-01"), ("reason", "")]);
    assert!(unknown.status == 422 && unknown.text().contains("is not known here"), "{}", unknown.text());

    let fields = [("fingerprint", signer.fingerprint.as_str()), ("since", "2024-06-01"), ("reason", "laptop stolen")];
    let question = root.post(mark, &fields);
    assert_eq!(question.status, 200, "{}", question.text());
    for part in [
        "1 registration is revoked",
        "alice",
        "The signatures of 1 version do not count any more",
        "Contoso.Core 1.0.0",
    ] {
        assert!(question.text().contains(part), "{part} in {}", question.text());
    }
    assert_eq!((stage.feed.rows("revocation_mark"), stage.feed.rows("void_signature")), (0, 0), "asked first");
    let meant: Vec<(&str, &str)> = fields.iter().copied().chain([("meant", "yes")]).collect();
    let done = root.submit(mark, &meant).text();
    assert!(
        done.contains("is marked as revoked") && done.contains("marked by root") && done.contains("Laptop stolen"),
        "{done}"
    );
    assert_eq!(stage.feed.rows("void_signature"), 1);
    assert!(root.get(&format!("{PAGE}?show=marked")).text().contains("Unmark"));

    let unmark = format!("admin/revocation/{}/unmark", signer.fingerprint);
    assert!(root.get(&unmark).text().contains("What its issuer says counts again"));
    assert!(root.submit(&unmark, &[]).text().contains("is gone"));
    assert_eq!((stage.feed.rows("revocation_mark"), stage.feed.rows("void_signature")), (0, 0));
    assert_eq!(root.get(&unmark).status, 404);
}

#[test]
fn only_administrators_with_a_code_change_anything() {
    let Some((stage, signer)) = closed(&[("Contoso.Core", "1.0.0")]) else { return };
    let password = format!("{}\n", password_of("carol"));
    stage.feed.assay_with_input(&["account", "create", "carol", "--admin", "--password-stdin"], &password).succeeded();
    let mut carol = Visitor::of(&stage.feed);
    carol.sign_in("carol");
    let fields =
        [("fingerprint", signer.fingerprint.as_str()), ("since", "2026-01-01"), ("reason", ""), ("meant", "yes")];
    assert_eq!(carol.post("admin/revocation/mark", &fields).status, 403);
    assert_eq!(carol.upload("admin/revocation/import", &[], &[("files", "a.crl", &stage.pki.crl())]).status, 403);
    let mut alice = Visitor::of(&stage.feed);
    alice.sign_in("alice");
    alice.enrol("alice");
    for path in ["admin/revocation/mark", "admin/revocation/check", VERSIONS] {
        assert_eq!(alice.post(path, &fields).status, 403, "{path}");
    }
    assert_eq!(alice.get("admin/revocation/versions.csv").status, 403);
    assert_eq!(stage.feed.rows("revocation_mark"), 0);
    assert!(!stage.audited("revocation.import") && !stage.audited("certificate.mark-revoked"));
}
