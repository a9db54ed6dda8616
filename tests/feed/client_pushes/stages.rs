//! The stages on the way to enforcement, for the server and for patterns of IDs; and the dry run, which says the same before.

use super::{Told, dry_run};
use crate::support::{Feed, OfficialClient, golden, package};

/// A new value of the policy reaches a running server within a second.
fn set(feed: &Feed, key: &str, value: &str) {
    feed.assay(&["policy", "set", key, value]).succeeded();
    std::thread::sleep(std::time::Duration::from_millis(1500));
}

#[test]
fn each_stage_says_to_the_client_what_it_says_to_a_dry_run() {
    let feed = Feed::start();
    let ann = feed.account("ann").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&ann) else { return };
    let changed = golden::read("zip-changed-name.nupkg");
    let mut told = Told::by(&feed);
    for stage in ["enforce", "warn", "report"] {
        set(&feed, "enforcement", stage);
        let unsigned = package(&format!("Contoso.{stage}"), "1.0.0").bytes();
        let (outcome, wrong) = dry_run(&ann, &unsigned);
        assert!(feed.versions(&format!("Contoso.{stage}")).is_empty(), "{stage}: a dry run publishes nothing");
        let when = format!("{stage}, unsigned");
        if stage == "enforce" {
            assert_eq!(outcome, "refused");
            let ran = client.push(&unsigned, &[]);
            assert!(!wrong.is_empty() && ran.said.contains(&wrong), "`{wrong}` in {}", ran.said);
            told.refused(&when, ran);
        } else {
            assert_eq!(outcome, "not-enforced");
            told.accepted(&when, client.push(&unsigned, &[]));
        }
        assert_eq!(dry_run(&ann, &changed).0, "refused", "{stage}");
        told.refused(&format!("{stage}, changed after it was signed"), client.push(&changed, &[]));
    }
    insta::assert_snapshot!(told);
}

/// Whoever reads the refusal must know which certificate it is about, whatever is wrong with the signature.
#[test]
fn every_refusal_of_a_signature_names_the_fingerprint_of_its_signer() {
    let feed = Feed::start();
    let ann = feed.account("ann").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&ann) else { return };
    let mut told = Told::by(&feed);
    for (name, certificate) in [
        ("good-author-no-timestamp", "leaf-3072"),
        ("zip-changed-name", "leaf-3072"),
        ("cert-untrusted-root", "stranger-leaf"),
    ] {
        let ran = client.push(golden::read(&format!("{name}.nupkg")), &[]);
        assert!(ran.said.contains(&golden::fingerprint(certificate)), "{name}: {}", ran.said);
        told.refused(name, ran);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn patterns_have_a_stage_of_their_own_and_the_most_letters_win() {
    let feed = Feed::start();
    let ann = feed.account("ann").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&ann) else { return };
    let signed = golden::read("good-author-rsa4096-sha512-chain4.nupkg");
    let mut told = Told::by(&feed).calling(&golden::fingerprint("leaf-4096"), "leaf-4096");
    set(&feed, "enforcement_patterns", "Contoso.*=warn,Contoso.Core.*=enforce,contoso.core.play=report");
    let mut push = |id: &str, accepted: bool| {
        let unsigned = package(id, "1.0.0").bytes();
        let (outcome, _) = dry_run(&ann, &unsigned);
        assert_eq!(outcome, if accepted { "not-enforced" } else { "refused" }, "{id}");
        if accepted {
            told.accepted(id, client.push(&unsigned, &[]));
        } else {
            told.refused(id, client.push(&unsigned, &[]));
        }
    };
    push("Fabrikam.App", false);
    push("Contoso.App", true);
    push("Contoso.Core.App", false);
    push("Contoso.Core.Play", true);

    assert_eq!(dry_run(&ann, &signed).0, "refused");
    told.refused("somebody else's package", client.push(&signed, &[]));
    set(&feed, "foreign_ids", "golden.*");
    assert_eq!(dry_run(&ann, &signed).0, "accepted");
    told.accepted("somebody else's package, whose IDs are listed as foreign", client.push(&signed, &[]));
    insta::assert_snapshot!(told);
}
