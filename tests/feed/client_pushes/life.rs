//! The life of a certificate, made by an authority of the test's own: not registered, registered, removed and registered again,
//! limited to some IDs, expired, revoked.

use time::{Duration, OffsetDateTime};

use super::Told;
use crate::revocation::{Stage, signed};
use crate::support::{OfficialClient, package};

#[test]
fn a_certificate_counts_from_its_registration_to_its_removal_and_from_the_next_upload_on() {
    let mut stage = Stage::closed();
    let certificate = stage.pki.issue("Ann Build", None, None);
    let Some(first) = signed(&mut stage, "1.0.0", &certificate) else { return };
    let second = signed(&mut stage, "2.0.0", &certificate).unwrap();
    let ann = stage.feed.account("ann");
    let client = OfficialClient::of(&ann).unwrap();
    let mut told = Told::by(&stage.feed).with(&certificate, "Ann Build");

    let number = told.refused("before it is registered", client.push(&first, &[]));
    let kept = ann.get(&format!("/api/v1/verdicts/{number}"));
    assert_eq!((kept.status, kept.json()["signer"]["fingerprint"].as_str()), (200, Some(&*certificate.fingerprint)));
    stage.register("ann", &certificate);
    told.accepted("after it is registered", client.push(&first, &[]));
    let unsigned = package("Contoso.Core", "1.1.0").bytes();
    told.refused("without a signature", client.push(&unsigned, &[]));
    let remove = ["certificate", "remove", "--account", "ann", "--accept-unsigned", &certificate.fingerprint];
    stage.feed.assay(&remove).succeeded();
    told.refused("after it is removed", client.push(&second, &[]));
    told.accepted("without a signature, after it is removed", client.push(&unsigned, &[]));
    stage.register("ann", &certificate);
    told.accepted("after it is registered again", client.push(&second, &[]));

    assert_eq!(stage.feed.versions("Contoso.Core"), ["1.0.0", "1.1.0", "2.0.0"]);
    insta::assert_snapshot!(told);
}

#[test]
fn a_certificate_that_is_limited_to_some_ids_is_none_for_the_others() {
    let mut stage = Stage::closed();
    let certificate = stage.pki.issue("Ann Build", None, None);
    let Some(core) = signed(&mut stage, "1.0.0", &certificate) else { return };
    let other = stage.pki.sign(&package("Fabrikam.App", "1.0.0").bytes(), &certificate).unwrap();
    let ann = stage.feed.account("ann");
    let file = certificate.pem.to_str().unwrap();
    stage.feed.assay(&["certificate", "add", "--account", "ann", "--pattern", "Contoso.*", file]).succeeded();
    let client = OfficialClient::of(&ann).unwrap();
    let mut told = Told::by(&stage.feed).with(&certificate, "Ann Build");

    told.accepted("an ID of the pattern", client.push(&core, &[]));
    told.refused("an ID of the pattern, unsigned", client.push(package("Contoso.App", "1.0.0").bytes(), &[]));
    told.refused("another ID", client.push(&other, &[]));
    told.accepted("another ID, unsigned", client.push(package("Fabrikam.App", "1.0.0").bytes(), &[]));
    insta::assert_snapshot!(told);
}

/// On the real clock: the certificate ends while the test waits.
#[test]
fn a_certificate_that_has_expired_is_good_for_what_it_signed_and_is_here_and_for_no_further_push() {
    let told = [40, 240, 900].into_iter().find_map(|seconds| until_it_ends(Duration::seconds(seconds)));
    if let Some(told) = told.expect("a machine that signs and pushes within a quarter of an hour") {
        insta::assert_snapshot!(told);
    }
}

/// What the client told before and after the end of a certificate that is valid for so long: `None` where this machine was too
/// busy to push before, `Some(None)` where there is no client.
fn until_it_ends(valid_for: Duration) -> Option<Option<String>> {
    let mut stage = Stage::closed();
    let end = OffsetDateTime::now_utc() + valid_for;
    let certificate = stage.pki.issue_until("Ann Build", end);
    let Some(first) = signed(&mut stage, "1.0.0", &certificate) else { return Some(None) };
    let second = signed(&mut stage, "2.0.0", &certificate)?;
    let ann = stage.feed.account("ann");
    let client = OfficialClient::of(&ann)?;
    let mut told = Told::by(&stage.feed).with(&certificate, "Ann Build").calling(&second_of(end), "its last second");
    if OffsetDateTime::now_utc() + valid_for / 3 > end {
        return None;
    }
    stage.register("ann", &certificate);
    told.accepted("while it is valid", client.push(&first, &[]));
    while OffsetDateTime::now_utc() <= end + Duration::seconds(1) {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    told.refused("signed while it was valid, pushed after it", client.push(&second, &[]));
    told.refused("without a signature", client.push(package("Contoso.Core", "1.1.0").bytes(), &[]));
    assert_eq!(stage.feed.versions("Contoso.Core"), ["1.0.0"]);
    Some(Some(told.to_string()))
}

/// As texts have it.
fn second_of(time: OffsetDateTime) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time.format(format).unwrap()
}

#[test]
fn a_certificate_that_is_revoked_by_a_mark_or_a_list_lets_nothing_through() {
    let mut stage = Stage::closed();
    let certificate = stage.signer_with_list("Ann Build");
    let Some(first) = signed(&mut stage, "1.0.0", &certificate) else { return };
    let second = signed(&mut stage, "2.0.0", &certificate).unwrap();
    let ann = stage.person("ann", &certificate);
    let client = OfficialClient::of(&ann).unwrap();
    let mut told = Told::by(&stage.feed).with(&certificate, "Ann Build");
    let since = "2025-06-01";

    let mark =
        ["revocation", "mark", &certificate.fingerprint, "--since", since, "--reason", "the build server was stolen"];
    stage.feed.assay(&mark).succeeded();
    told.refused("after an administrator marked it", client.push(&first, &[]));
    stage.feed.assay(&["revocation", "unmark", &certificate.fingerprint]).succeeded();
    told.accepted("after the mark was taken back", client.push(&first, &[]));
    stage.pki.revoke(&certificate, time::macros::datetime!(2025-06-01 0:00 UTC), "keyCompromise");
    let list = stage.feed.scratch().join("acme.crl");
    std::fs::write(&list, stage.pki.crl()).unwrap();
    stage.feed.assay(&["revocation", "import", list.to_str().unwrap()]).succeeded();
    told.refused("after the list of its issuer was imported", client.push(&second, &[]));
    told.refused("without a signature", client.push(package("Contoso.Core", "1.1.0").bytes(), &[]));

    assert_eq!(stage.feed.versions("Contoso.Core"), ["1.0.0"], "what is here stays");
    insta::assert_snapshot!(told);
}
