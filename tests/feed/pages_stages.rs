//! What would be refused if the rule were enforced: from real pushes, and from how each package is signed.

use crate::support::pages::Shown;
use crate::support::{Feed, Visitor, golden, package};

#[track_caller]
fn says(shown: &Shown, parts: &[&str]) {
    for part in parts {
        assert!(shown.text().contains(part), "`{part}` in: {}", shown.text());
    }
}

/// A feed that only counts, with packages in all states, and its administrator `ann`.
fn house() -> Feed {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "enforcement", "report"]).succeeded();
    feed.account("ann");
    feed.assay(&["account", "make-administrator", "ann"]).succeeded();
    let bob = feed.account("bob").with_certificate("leaf-3072");
    for version in ["1.0.0", "1.1.0"] {
        bob.push(package("Contoso.App", version).bytes()).accepted();
    }
    bob.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    bob.push(golden::read("good-author-rsa2048-sha256.nupkg")).accepted();
    feed.account("carol").push(package("Carols.Plain", "1.0.0").bytes()).accepted();
    feed
}

fn administrator(feed: &Feed) -> Visitor<'_> {
    let mut ann = Visitor::of(feed);
    ann.sign_in("ann");
    ann.enrol("ann");
    ann
}

#[test]
fn real_pushes_and_the_forecast_stand_by_owner_and_by_package() {
    let feed = house();
    let mut ann = administrator(&feed);
    let shown = ann.get("admin/stages");
    says(
        &shown,
        &[
            "A push that breaks the rule is accepted, and counted here.",
            "bob 2 3 See them",
            "Contoso.App bob Counted Would be refused It is not signed; it must be, with a certificate of bob. as 1.1.0 is signed",
            "2 pushes: the package must be signed with a registered certificate of bob",
            "is not registered by bob",
            "4 packages looked at",
            "remembered for 90 days: the newest 2 000 of each who pushes, and the newest 20 000 of all.",
        ],
    );
    assert!(!shown.text().contains("Carols.Plain"), "nobody has to sign it");
    assert!(!shown.text().contains("sha384"), "it is signed as the rule wants it");
    let verdict = shown.targets().into_iter().find(|target| target.starts_with("verdicts/")).expect("a verdict");
    says(&ann.get(&verdict), &["was accepted, though the rule refuses it"]);
    assert!(shown.targets().iter().any(|target| target == "admin/policy#setting-enforcement_patterns"));
    says(&ann.get("admin/policy"), &["See what enforcement would refuse"]);
}

#[test]
fn a_dry_run_is_not_counted() {
    let feed = house();
    let bob = crate::support::person::Person {
        feed: &feed,
        name: "bob".to_owned(),
        password: String::new(),
        key: String::new(),
    };
    let key = bob.new_key(&["--scope", "push,push-version,read"]);
    let request = crate::support::Request::new("POST", "/api/v1/verdicts")
        .api_key(&key)
        .body(package("Contoso.App", "9.0.0").bytes());
    let answer = feed.ask(&request);
    assert!(answer.text().contains("not-enforced"), "{} {}", answer.status, answer.text());
    says(&administrator(&feed).get("admin/stages"), &["bob 2 3 See them"]);
}

#[test]
fn the_stage_of_each_id_is_told_and_what_is_in_order_goes_away() {
    let feed = house();
    feed.assay(&["policy", "set", "enforcement_patterns", "Contoso.*=enforce,golden.*=warn"]).succeeded();
    let mut ann = administrator(&feed);
    let shown = ann.get("admin/stages");
    says(
        &shown,
        &[
            "Some IDs have a stage of their own: Contoso.* refused, golden.* accepted with a warning",
            "Contoso.App bob Enforced Refused",
            "Warned about",
        ],
    );
    feed.assay(&["policy", "set", "foreign_ids", "Contoso.*,golden.*"]).succeeded();
    let shown = ann.get("admin/stages");
    says(&shown, &["Every package is signed as the rule wants it", "1 package looked at"]);
}

#[test]
fn it_can_be_filtered_and_exported() {
    let feed = house();
    let mut ann = administrator(&feed);
    assert!(ann.get("admin/stages?owner=BOB").text().contains("Contoso.App"));
    assert!(ann.get("admin/stages?q=golden").text().contains("golden.good-author-rsa2048"));
    says(&ann.get("admin/stages?owner=carol"), &["No package fits."]);
    says(&ann.get("admin/stages?page=99&owner=%22%3E"), &["No package fits."]);
    let csv = ann.get("admin/stages.csv");
    assert_eq!(csv.html.lines().count(), 3, "{}", csv.html);
    assert!(csv.html.contains("\"bob\",\"Contoso.App\",\"report\",\"1.1.0\",\"\",\"\",\"refused\""), "{}", csv.html);
    assert_eq!(ann.get("admin/stages.csv?q=golden").html.lines().count(), 2);
    assert!(csv.header("content-disposition").is_some_and(|it| it.starts_with("attachment; filename=\"stages-20")));
}

#[test]
fn nobody_but_administrators_sees_it() {
    let feed = house();
    let mut bob = Visitor::of(&feed);
    bob.sign_in("bob");
    bob.enrol("bob");
    for path in ["admin/stages", "admin/stages.csv", "admin/signers.csv"] {
        assert_eq!(bob.get(path).status, 403, "{path}");
        assert_eq!(Visitor::of(&feed).get(path).status, 303, "{path}");
    }
}

#[test]
fn owners_see_the_outlook_of_their_own_packages_and_of_nobody_elses() {
    let feed = house();
    let mut bob = Visitor::of(&feed);
    bob.sign_in("bob");
    let list = bob.get("account/packages");
    assert!(list.targets().iter().any(|target| target == "account/packages/stages"));
    let shown = bob.get("account/packages/stages");
    says(&shown, &["Contoso.App bob Counted Would be refused It is not signed", "3 packages looked at"]);
    assert!(bob.get("account/packages/stages?page=9").text().contains("There are not so many."));
    let mut carol = Visitor::of(&feed);
    carol.sign_in("carol");
    let shown = carol.get("account/packages/stages");
    says(&shown, &["Every package of yours is signed as the rule wants it", "1 package looked at"]);
    assert!(!shown.text().contains("Contoso.App"));
}
