//! Reserved prefixes: who may create new IDs, on the wire, in the official client, on the page and on the command line.

use crate::support::{Feed, OfficialClient, Visitor, package};

#[test]
fn a_new_id_under_a_reserved_prefix_is_its_holders_and_the_official_client_says_whose() {
    let feed = Feed::start();
    let (ann, bob) = (feed.account("ann"), feed.account("bob"));
    bob.push(package("Contoso.Old", "1.0.0").bytes()).accepted();
    feed.assay(&["prefix", "reserve", "--account", "ann", "Contoso.*"]).succeeded();
    let refused = bob.push(package("CONTOSO.New", "1.0.0").bytes()).refused(403).saying("package ID is reserved");
    refused.warning("`Contoso.*`").warning("ann");
    assert_eq!(feed.rows("registration"), 1);
    bob.push(package("Contoso.Old", "1.1.0").bytes()).accepted();
    ann.push(package("Contoso.New", "1.0.0").bytes()).accepted();
    bob.push(package("Other", "1.0.0").bytes()).accepted();

    let Some(client) = OfficialClient::of(&bob) else { return };
    let third = package("Contoso.Third", "1.0.0").bytes();
    let said = client.push(&third, &[]).failed();
    said.saying("package ID is reserved").saying("are reserved for ann");
    feed.assay(&["prefix", "release", "--account", "ann", "contoso.*"]).succeeded();
    client.push(&third, &[]).succeeded();
}

#[test]
fn a_key_acts_for_an_account_and_that_one_must_hold_the_prefix() {
    let feed = Feed::start();
    let ann = feed.account("ann");
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "ann", "--administrator"]).succeeded();
    feed.assay(&["prefix", "reserve", "--account", "Contoso", "Contoso.*"]).succeeded();
    ann.push(package("Contoso.Core", "1.0.0").bytes()).refused(403).saying("package ID is reserved");
    let key = ann.new_key(&["--owner", "Contoso", "--scope", "push"]);
    ann.push_with_key(&key, package("Contoso.Core", "1.0.0").bytes()).accepted();
}

#[test]
fn the_command_line_lists_what_is_reserved_and_says_what_can_not_be() {
    let feed = Feed::start();
    feed.account("ann");
    assert!(feed.assay(&["prefix", "list"]).succeeded().contains("no prefix is reserved"));
    feed.assay(&["prefix", "reserve", "--account", "ann", "Contoso.*"]).succeeded();
    feed.assay(&["prefix", "reserve", "--account", "ann", "CONTOSO.*"]).failed_saying("reserved for `ann` already");
    feed.assay(&["prefix", "reserve", "--account", "nobody", "A.*"]).failed_saying("nobody");
    feed.assay(&["prefix", "release", "--account", "ann", "A.*"]).failed_saying("is not reserved");
    assert_eq!(feed.assay(&["prefix", "reserve", "--account", "ann", "*.Core"]).code, 2);
    let listed = feed.assay(&["prefix", "list", "--json"]).succeeded();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&listed).unwrap(),
        serde_json::json!([{"pattern": "Contoso.*", "holder": "ann"}])
    );
}

#[test]
fn administrators_reserve_and_release_on_their_page_and_nobody_else_sees_it() {
    let feed = Feed::start();
    feed.account("ann");
    feed.assay_with_input(&["account", "create", "root", "--admin", "--password-stdin"], "the long password of root\n")
        .succeeded();
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    assert_eq!(ann.get("admin/prefixes").status, 403);
    assert_eq!(ann.post("admin/prefixes", &[("pattern", "A.*"), ("account", "ann")]).status, 403);

    let mut root = Visitor::of(&feed);
    root.sign_in("root");
    root.enrol("root");
    let refused = root.post("admin/prefixes", &[("pattern", "*.Core"), ("account", "no/body")]);
    assert_eq!(refused.status, 422);
    assert!(
        refused.text().contains("can’t be reserved") && refused.text().contains("ASCII letters"),
        "{}",
        refused.text()
    );
    let unknown = root.post("admin/prefixes", &[("pattern", "A.*"), ("account", "nobody")]);
    assert!(unknown.status == 422 && unknown.text().contains("no account nobody"), "{}", unknown.text());
    let done = root.submit("admin/prefixes", &[("pattern", "Contoso.*"), ("account", "ann")]);
    assert!(done.text().contains("New package IDs like Contoso.* are reserved for ann"), "{}", done.text());
    assert!(ann.get("accounts/ann").text().contains("Reserved package IDs Contoso.*"));
    root.submit("admin/prefixes/release", &[("pattern", "Contoso.*"), ("account", "ann")]);
    assert_eq!(feed.rows("reserved_prefix"), 0);
}
