//! Who must sign, as the owners chose: any of them, one of them, nobody; pushed by each of them.

use super::Told;
use crate::revocation::{Stage, signed};
use crate::support::{Feed, OfficialClient, Visitor, package};

/// Ann shares `Contoso.Core` with an account, which accepts.
fn add_owner(feed: &Feed, ann: &mut Visitor<'_>, name: &str) {
    let mut invited = Visitor::of(feed);
    invited.sign_in(name).enrol(name);
    ann.share("Contoso.Core", &mut invited, name);
}

/// `ann` and `bob` have a certificate each, `cleo` has none; all three own the package. `dora` has one and owns nothing.
#[test]
fn each_choice_lets_in_what_the_page_says_whoever_of_the_owners_pushes() {
    let mut stage = Stage::closed();
    let [anns, bobs, doras] = ["Ann", "Bob", "Dora"].map(|name| stage.pki.issue(name, None, None));
    let Some(first) = signed(&mut stage, "0.1.0", &anns) else { return };
    let mut by_ann = ["1.0.0", "2.0.0", "3.0.0"].map(|version| signed(&mut stage, version, &anns).unwrap()).into_iter();
    let mut by_bob = ["1.1.0", "2.1.0"].map(|version| signed(&mut stage, version, &bobs).unwrap()).into_iter();
    let by_dora = signed(&mut stage, "3.2.0", &doras).unwrap();
    let unsigned = package("Contoso.Core", "3.3.0").bytes();
    let feed = &stage.feed;
    let people = ["ann", "bob", "cleo", "dora"].map(|name| feed.account(name));
    for (name, certificate) in [("ann", &anns), ("bob", &bobs), ("dora", &doras)] {
        stage.register(name, certificate);
    }
    let [ann, bob, cleo, dora] = people.each_ref().map(|person| OfficialClient::of(person).unwrap());
    let mut told = Told::by(feed).with(&anns, "Ann").with(&bobs, "Bob").with(&doras, "Dora");
    let choose = |choice: &[&str]| {
        feed.assay(&[&["package", "required-signer", "Contoso.Core"], choice].concat()).succeeded();
    };

    told.accepted("ann, whose ID it becomes", ann.push(&first, &[]));
    told.refused("dora, who is no owner, signed by herself", dora.push(&by_dora, &[]));
    let mut owner = Visitor::of(feed);
    owner.sign_in("ann").enrol("ann");
    add_owner(feed, &mut owner, "bob");
    add_owner(feed, &mut owner, "cleo");

    choose(&["--owner", "ann"]);
    let (a, b) = (by_ann.next().unwrap(), by_bob.next().unwrap());
    told.refused("only ann, unsigned", ann.push(&unsigned, &[]));
    told.refused("only ann, signed and pushed by bob", bob.push(&b, &[]));
    told.accepted("only ann, signed by ann, pushed by her co-owner bob", bob.push(&a, &[]));

    choose(&["--owner", "bob"]);
    let a = by_ann.next().unwrap();
    told.refused("only bob, signed and pushed by ann", ann.push(&a, &[]));
    told.accepted("only bob, signed by bob, pushed by ann", ann.push(&b, &[]));

    choose(&["--any"]);
    told.refused("any owner, unsigned", cleo.push(&unsigned, &[]));
    told.refused("any owner, signed by dora", ann.push(&by_dora, &[]));
    told.accepted("any owner, signed by ann, pushed by cleo who has no certificate", cleo.push(&a, &[]));
    told.accepted("any owner, signed and pushed by bob", bob.push(by_bob.next().unwrap(), &[]));

    choose(&["--none"]);
    told.refused("no signature needed, signed by dora", ann.push(&by_dora, &[]));
    told.accepted("no signature needed, signed and pushed by ann", ann.push(by_ann.next().unwrap(), &[]));
    told.accepted("no signature needed, unsigned", cleo.push(&unsigned, &[]));

    let there = ["0.1.0", "1.0.0", "1.1.0", "2.0.0", "2.1.0", "3.0.0", "3.3.0"];
    assert_eq!(feed.versions("Contoso.Core"), there);
    insta::assert_snapshot!(told);
}
