//! Who must sign, on the pages and on the terminal: what is shown before a push is what the push meets.

use serde_json::Value;

use crate::support::{Feed, Visitor, golden, package};

/// A package of the golden ones, signed with `leaf-3072`.
const SIGNED: &str = "good-author-rsa3072-sha384.nupkg";

/// Somebody who has enrolled, and given a code a moment ago.
fn with_code<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor.enrol(name);
    visitor
}

/// Makes an organization that `ann` administers and `bob` belongs to, and an owner of `id`.
fn organization(feed: &Feed, ann: &mut Visitor<'_>, id: &str) {
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "ann", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "bob"]).succeeded();
    ann.submit(&format!("packages/{id}/manage"), &[("name", "contoso")]);
}

fn register(feed: &Feed, account: &str, certificate: &str) {
    let file = golden::certificate(certificate);
    feed.assay(&["certificate", "add", "--account", account, file.to_str().unwrap()]).succeeded();
}

/// Asks what a choice would do, and confirms it as the page does.
fn choose(visitor: &mut Visitor<'_>, id: &str, choice: &str) -> String {
    let path = format!("packages/{id}/manage/required-signer");
    let question = visitor.get(&format!("{path}?choice={choice}"));
    assert_eq!(question.status, 200, "{}", question.text());
    let told = mark(&question.html);
    visitor.submit(&path, &[("choice", choice), ("told", &told)]).text()
}

/// The mark that the form of a question carries.
fn mark(html: &str) -> String {
    let rest = html.split("name=\"told\" value=\"").nth(1).unwrap_or_else(|| panic!("no question: {html}"));
    rest.split('"').next().unwrap().to_owned()
}

fn rule(feed: &Feed, id: &str) -> Value {
    serde_json::from_str(&feed.assay(&["package", "rule", id, "--json"]).succeeded()).unwrap()
}

#[test]
fn the_rule_on_the_page_is_the_rule_that_the_next_push_meets() {
    let feed = Feed::start();
    let (ann_person, bob_person) = (feed.account("ann"), feed.account("bob"));
    let id = golden::identity(SIGNED);
    ann_person.push(package(&id, "0.1.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    organization(&feed, &mut ann, &id);
    let home = format!("packages/{id}/manage");
    let unsigned = |number: u32| package(&id, &format!("0.2.{number}")).bytes();

    assert!(ann.get(&home).text().contains("Unsigned packages are accepted; a signed one is refused"));
    ann_person.push(golden::read(SIGNED)).refused(400).saying("register");
    ann_person.push(unsigned(1)).accepted();

    register(&feed, "ann", "leaf-3072");
    assert!(ann.get(&home).text().contains("Packages must be signed with the certificate of ann."));
    ann_person.push(unsigned(2)).refused(400).saying("NU3004");

    let said = choose(&mut ann, &id, "no-signature-needed");
    assert!(said.contains("is now: no signature needed"), "{said}");
    assert!(said.contains("a signed one must carry an active certificate of ann"), "{said}");
    ann_person.push(unsigned(2)).accepted();

    register(&feed, "contoso", "leaf-2048");
    let page = ann.get(&home).text();
    assert!(page.contains("one of 2 certificates of ann or Contoso"), "the choice lapsed: {page}");
    assert!(page.contains("No signature needed: every owner has certificates"), "{page}");
    ann_person.push(unsigned(3)).refused(400);

    choose(&mut ann, &id, "owner:contoso");
    let refused = ann_person.push(golden::read(SIGNED)).refused(400);
    refused.warning("Contoso").warning(&golden::fingerprint("leaf-3072"));
    choose(&mut ann, &id, "owner:ann");
    ann_person.push(golden::read(SIGNED)).accepted();
    bob_person.push(unsigned(3)).refused(403);
}

#[test]
fn a_choice_that_opens_an_id_says_so_and_is_not_made_unsaid_or_after_things_changed() {
    let feed = Feed::start();
    let person = feed.account("ann");
    feed.account("bob");
    person.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    organization(&feed, &mut ann, "Contoso.Core");
    register(&feed, "ann", "leaf-3072");
    let path = "packages/Contoso.Core/manage/required-signer";

    let question = ann.get(&format!("{path}?choice=no-signature-needed"));
    assert!(question.text().contains("Packages without a signature will be accepted"), "{}", question.text());
    assert!(question.text().contains("From then on Unsigned packages are accepted"), "{}", question.text());
    let told = mark(&question.html);
    let unsaid = ann.post(path, &[("choice", "no-signature-needed")]);
    assert!(unsaid.status == 409 && unsaid.text().contains("will be accepted"), "{}", unsaid.text());
    assert_eq!(rule(&feed, "Contoso.Core")["required_signer"], "any-owner");

    // Meanwhile somebody chose on the terminal: the question has become another one.
    feed.assay(&["package", "required-signer", "Contoso.Core", "--owner", "ann"]).succeeded();
    let sent = [("choice", "no-signature-needed"), ("told", told.as_str())];
    let changed = ann.post(path, &sent);
    assert!(changed.status == 409, "{}", changed.text());
    assert_eq!(rule(&feed, "Contoso.Core")["required_signer"], "owner:ann");
    ann.submit(path, &[("choice", "no-signature-needed"), ("told", &mark(&changed.html))]);
    assert_eq!(rule(&feed, "Contoso.Core")["required_signer"], "no-signature-needed");
    let back = ann.get(&format!("{path}?choice=any-owner"));
    assert!(back.text().contains("Packages will have to be signed"), "{}", back.text());
}

#[test]
fn whoever_may_see_but_not_choose_sees_the_rule_without_buttons() {
    let feed = Feed::start();
    let person = feed.account("ann");
    for name in ["bob", "carl"] {
        feed.account(name);
    }
    person.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    organization(&feed, &mut ann, "Contoso.Core");
    register(&feed, "ann", "leaf-3072");
    let (home, path) = ("packages/Contoso.Core/manage", "packages/Contoso.Core/manage/required-signer");

    let mut bob = with_code(&feed, "bob");
    let mut root = Visitor::of(&feed);
    let input = format!("{}\n", crate::support::pages::password_of("root"));
    feed.assay_with_input(&["account", "create", "root", "--admin", "--password-stdin"], &input).succeeded();
    root.sign_in("root");
    root.enrol("root");
    for (who, visitor) in [("a collaborator", &mut bob), ("the server's administrator", &mut root)] {
        let page = visitor.get(home);
        assert_eq!(page.status, 200, "{who}");
        assert!(page.text().contains("Packages must be signed with the certificate of ann."), "{who}: {}", page.text());
        assert!(page.text().contains("Required signer: any owner."), "{who}: {}", page.text());
        assert!(!page.html.contains("required-signer"), "{who} has no form");
        assert_eq!(visitor.get(&format!("{path}?choice=owner:ann")).status, 403, "{who}");
        assert_eq!(visitor.post(path, &[("choice", "owner:ann")]).status, 403, "{who}");
        assert_eq!(
            visitor.post("account/packages/required-signer", &[("choice", "any-owner"), ("id", "Contoso.Core")]).status,
            403,
            "{who}"
        );
    }
    assert_eq!(bob.get(&format!("{home}/owners/ann/remove")).status, 403);
    assert!(!bob.get(home).targets().iter().any(|target| target.contains("/remove")), "nor does he manage owners");
    let mut carl = Visitor::of(&feed);
    carl.sign_in("carl");
    assert_eq!(carl.get(home).status, 403, "a stranger sees nothing");
}

#[test]
fn without_a_code_of_the_moment_nothing_is_chosen_and_the_form_goes_on_after_it() {
    let feed = Feed::start();
    let person = feed.account("ann");
    person.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    register(&feed, "ann", "leaf-3072");
    let path = "packages/Contoso.Core/manage/required-signer";
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let question = ann.get(&format!("{path}?choice=owner:ann"));
    assert_eq!(question.status, 200, "it may be read");
    let sent = [("choice", "owner:ann"), ("told", &mark(&question.html))];
    let refused = ann.post(path, &sent);
    assert!(refused.status == 403 && refused.text().contains("second factor"), "{}", refused.text());
    assert_eq!(rule(&feed, "Contoso.Core")["required_signer"], "any-owner");
}

#[test]
fn many_packages_are_chosen_for_at_once_each_with_what_would_happen() {
    let feed = Feed::start();
    let person = feed.account("ann");
    feed.account("bob");
    for id in ["Contoso.App", "Contoso.Core", "Zebra"] {
        person.push(package(id, "1.0.0").bytes()).accepted();
    }
    feed.account("eve").push(package("Eves.Tools", "1.0.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    organization(&feed, &mut ann, "Contoso.Core");
    ann.submit("packages/Contoso.App/manage", &[("name", "contoso")]);
    register(&feed, "ann", "leaf-3072");

    let list = ann.get("account/packages").text();
    assert!(list.contains("Contoso.App ann, Contoso 1") && !list.contains("Eves.Tools"), "{list}");
    let filtered = ann.get("account/packages?owner=contoso&q=CORE").inside("th");
    assert_eq!(
        (filtered.contains(&"Contoso.Core".to_owned()), filtered.contains(&"Contoso.App".to_owned())),
        (true, false)
    );
    assert!(ann.get("account/packages?q=nothing").text().contains("No package of yours fits"));

    let path = "account/packages/required-signer";
    let none = ann.submit(path, &[("choice", "any-owner")]);
    assert!(none.text().contains("Tick at least one package"), "{}", none.text());
    let all = [("id", "Contoso.App"), ("id", "Contoso.Core"), ("id", "Zebra")];
    let asked = |choice: &'static str| [&[("choice", choice)][..], &all].concat();
    let question = ann.post(path, &asked("no-signature-needed"));
    let text = question.text();
    assert!(text.contains("Package Why not Possible Zebra Every owner has certificates"), "{text}");
    assert!(text.contains("Of Contoso.App, Contoso.Core: until now these had to be signed"), "{text}");
    let told = mark(&question.html);
    let whole = ann.post(path, &[&[("told", told.as_str())][..], &asked("no-signature-needed")].concat());
    assert!(whole.status == 422 && whole.text().contains("Zebra"), "all or none: {}", whole.text());
    assert_eq!(rule(&feed, "Contoso.App")["required_signer"], "any-owner");
    let sent =
        [("choice", "no-signature-needed"), ("told", told.as_str()), ("id", "Contoso.App"), ("id", "Contoso.Core")];
    let done = ann.submit(path, &sent).text();
    assert!(done.contains("The required signer of 2 packages is now: no signature needed."), "{done}");
    assert_eq!(done.matches("unsigned accepted").count(), 2, "{done}");

    let again = ann.post(path, &asked("no-signature-needed")).text();
    assert!(
        again.contains("There is nothing to change") && again.contains("have this required signer already"),
        "{again}"
    );
    let foreign = ann.post(path, &[("choice", "any-owner"), ("id", "Eves.Tools")]);
    assert_eq!(foreign.status, 403);
    assert_eq!(ann.post(path, &[("choice", "everybody"), ("id", "Zebra")]).status, 422);
    assert_eq!(ann.post(path, &[("choice", "any-owner"), ("id", "No.Such")]).status, 404);
    let mut bob = with_code(&feed, "bob");
    let list = bob.get("account/packages");
    assert!(list.text().contains("Contoso.Core") && !list.html.contains("type=\"checkbox\""), "{}", list.text());
    assert!(!list.inside("th").contains(&"Zebra".to_owned()), "that one is ann's alone: {}", list.text());
}

#[test]
fn for_many_packages_is_offered_what_is_possible_for_one_of_them_and_where_no_rule_counts_that_is_said() {
    let feed = Feed::start();
    let person = feed.account("ann");
    feed.account("bob");
    person.push(package("Contoso.App", "1.0.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    let offered = |ann: &mut Visitor<'_>| {
        let html = ann.get("account/packages").html;
        let all = ["any-owner", "owner:ann", "owner:Contoso", "no-signature-needed"];
        all.into_iter().filter(|key| html.contains(&format!("value=\"{key}\""))).collect::<Vec<_>>()
    };
    assert_eq!(offered(&mut ann), ["any-owner"]);
    register(&feed, "ann", "leaf-3072");
    assert_eq!(offered(&mut ann), ["any-owner", "owner:ann"], "everybody could sign");
    person.push(golden::read(SIGNED)).accepted();
    organization(&feed, &mut ann, "Contoso.App");
    assert_eq!(offered(&mut ann), ["any-owner", "owner:ann", "no-signature-needed"]);

    feed.assay(&["policy", "set", "foreign_ids", "Contoso.*"]).succeeded();
    let all = [("choice", "no-signature-needed"), ("id", "Contoso.App")];
    let question = ann.post("account/packages/required-signer", &all);
    let text = question.text();
    assert!(text.contains("Now this decides: this ID is listed as other people’s package"), "{text}");
    assert!(!text.contains("Packages without a signature will be accepted"), "{text}");
    // What was told is told otherwise once the rule counts.
    feed.assay(&["policy", "set", "foreign_ids", ""]).succeeded();
    let told = mark(&question.html);
    let sent = [&all[..], &[("told", told.as_str())]].concat();
    let asked = ann.post("account/packages/required-signer", &sent);
    assert!(asked.status == 409 && asked.text().contains("Packages without a signature will be accepted"));
}

#[test]
fn the_list_of_ones_packages_has_pages_of_fifty() {
    let feed = Feed::start();
    feed.account("ann");
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    for number in 0..51 {
        let (id, key) = (format!("Many.N{number:02}"), format!("many.n{number:02}"));
        database
            .execute("INSERT INTO registration (package_id, id_key, created_at) VALUES (?1, ?2, 0)", (id, key))
            .unwrap();
        let registration = database.last_insert_rowid();
        let owner = "INSERT INTO registration_owner SELECT ?1, id FROM account WHERE name = 'ann'";
        database.execute(owner, [registration]).unwrap();
    }
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let first = ann.get("account/packages").text();
    assert!(first.contains("Many.N49") && !first.contains("Many.N50"), "{first}");
    let second = ann.get("account/packages?page=2").text();
    assert!(second.contains("Many.N50") && !second.contains("Many.N49"), "{second}");
}

#[test]
fn the_terminal_tells_the_rule_and_chooses_for_several_packages_or_for_none() {
    let feed = Feed::start();
    let person = feed.account("ann").with_certificate("leaf-3072");
    person.push(golden::read(SIGNED)).accepted();
    let id = golden::identity(SIGNED);
    let shown = feed.assay(&["package", "rule", &id.to_uppercase()]).succeeded();
    assert!(shown.contains(&format!("{id}: packages must be signed with the certificate of ann")), "{shown}");
    assert!(
        shown.contains("* any-owner: ") && shown.contains("- no-signature-needed: not possible, every owner"),
        "{shown}"
    );
    let json = rule(&feed, &id);
    assert_eq!((json["unsigned"].as_bool(), json["active"].as_u64()), (Some(false), Some(1)));
    assert_eq!(json["signers"], serde_json::json!([{ "account": "ann", "active": 1, "inactive": 0 }]));

    let none = || feed.assay(&["package", "required-signer", &id, "--none"]);
    none().failed_saying("every owner has certificates");
    none().failed_saying("(possible: any owner, only ann)");
    let several = feed.assay(&["package", "required-signer", &id, "No.Such", "--owner", "ann"]);
    several.failed_saying("nothing was changed: there is no package");
    feed.assay(&["package", "required-signer", &id, "--owner", "ann"]).succeeded();
    assert_eq!(rule(&feed, &id)["required_signer"], "owner:ann");
    let again = feed.assay(&["package", "required-signer", &id, "--owner", "ann"]).succeeded();
    assert!(again.contains("nothing to change"), "{again}");
    feed.assay(&["policy", "set", "foreign_ids", "golden.*"]).succeeded();
    assert!(feed.assay(&["package", "rule", &id]).succeeded().contains("this ID is listed as other people’s package"));
}
