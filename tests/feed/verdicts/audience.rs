//! Who may see which verdict: whoever pushed, the owners of the package, administrators of the server, and nobody else.

use super::{administrator, number, signed_in};
use crate::support::{Feed, Visitor, golden, package};

fn seen_by(feed: &Feed, number: &str, names: &[&str]) -> Vec<u16> {
    names.iter().map(|name| signed_in(feed, name).get(&format!("verdicts/{number}")).status).collect()
}

#[test]
fn whoever_pushed_the_owners_and_administrators_see_it_and_nobody_else() {
    let feed = Feed::start();
    let mut root = administrator(&feed, "root");
    let alice = feed.account("alice");
    let (bob, people) = (feed.account("bob"), ["alice", "bob", "carol", "mallory"]);
    feed.account("carol");
    feed.account("mallory");
    bob.push(package("Bobs.Own", "1.0.0").bytes()).accepted();
    let tried = number(&alice.push(package("Bobs.Own", "2.0.0").bytes()).refused(403));
    assert_eq!(seen_by(&feed, &tried, &people), [200, 200, 404, 404], "the pusher, and the owner of the package");
    let lists = people.map(|name| signed_in(&feed, name).get("account/verdicts").text().contains("Bobs.Own 2.0.0"));
    assert_eq!(lists, [true, true, false, false], "and they find it in their lists");
    let hers = number(&alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).refused(400));
    assert_eq!(seen_by(&feed, &hers, &people), [200, 404, 404, 404], "an ID that nobody owns");
    let unread = number(&alice.push(b"no package").refused(400));
    assert_eq!(seen_by(&feed, &unread, &people), [200, 404, 404, 404]);
    let without_factor = root.get(&format!("verdicts/{hers}"));
    assert_eq!(without_factor.status, 403, "an administrator without a second factor administers nothing");
    assert!(without_factor.text().contains("Enrol a second factor"));
    root.enrol("root");
    for number in [&tried, &hers, &unread] {
        assert_eq!(root.get(&format!("verdicts/{number}")).status, 200);
    }
    let stranger = Visitor::of(&feed).get(&format!("verdicts/{hers}"));
    assert_eq!((stranger.status, stranger.location.unwrap().starts_with("sign-in")), (303, true));
    for missing in ["verdicts/999", "verdicts/x", "verdicts/-1", "verdicts/99999999999999999999"] {
        assert_eq!(root.get(missing).status, 404, "{missing}");
    }
}

#[test]
fn whoever_creates_an_id_reads_nothing_that_others_were_told_about_it_before() {
    let feed = Feed::start();
    let (alice, bob) = (feed.account("alice"), feed.account("bob"));
    let signed = golden::read("good-author-rsa3072-sha384.nupkg");
    let hers = number(&alice.push(signed).refused(400));
    let id = golden::identity("good-author-rsa3072-sha384.nupkg");
    bob.push(package(&id, "9.0.0").bytes()).accepted();
    assert_eq!(seen_by(&feed, &hers, &["alice", "bob"]), [200, 404]);
    let later = number(&alice.push(package(&id, "9.1.0").bytes()).refused(403));
    assert_eq!(seen_by(&feed, &later, &["alice", "bob"]), [200, 200], "from then on it is about what is bob's");
    let list = signed_in(&feed, "bob").get("account/verdicts");
    assert!(list.targets().contains(&format!("verdicts/{later}")), "{}", list.text());
    assert!(!list.targets().contains(&format!("verdicts/{hers}")), "{}", list.text());
}

#[test]
fn what_a_service_key_pushed_is_for_the_members_of_its_organization() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    feed.account("bob");
    feed.account("mallory");
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "alice", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "bob"]).succeeded();
    let service = feed.assay(&["key", "create", "--account", "Contoso", "--service", "--scope", "push"]).succeeded();
    let signed = golden::read("good-author-rsa3072-sha384.nupkg");
    let of_service = number(&alice.push_with_key(&service, &signed).refused(400));
    assert_eq!(seen_by(&feed, &of_service, &["alice", "bob", "mallory"]), [200, 200, 404]);
    // A user's key that acts for the organization: of a new ID the organization would be the owner.
    let acting =
        feed.assay(&["key", "create", "--account", "bob", "--owner", "Contoso", "--scope", "push"]).succeeded();
    let of_bob = number(&alice.push_with_key(&acting, &signed).refused(400));
    assert_eq!(seen_by(&feed, &of_bob, &["bob", "alice", "mallory"]), [200, 200, 404]);
    feed.assay(&["account", "remove-member", "Contoso", "bob"]).succeeded();
    assert_eq!(seen_by(&feed, &of_service, &["bob"]), [404], "membership is judged at every look");
    assert_eq!(seen_by(&feed, &of_bob, &["bob"]), [200], "it was their own push");
}

#[test]
fn a_verdict_that_has_had_its_time_is_gone_before_it_is_swept() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let number = number(&alice.push(package("Contoso.Core", "1.0.0").bytes()).refused(400));
    super::database(&feed).execute("UPDATE verdict SET expires_at = 1000", []).unwrap();
    assert_eq!(seen_by(&feed, &number, &["alice"]), [404]);
    assert_eq!(alice.get(&format!("/api/v1/verdicts/{number}")).status, 404);
}
