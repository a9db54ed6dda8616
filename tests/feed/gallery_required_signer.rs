//! The required signer, case by case as nuget.org has it (its own tests and code, cases 41 to 68 of our digest), each with what
//! *we* do. A name says where that is something else.
//!
//! One feed with a few people is shared; each case has packages of its own on it.

use std::sync::OnceLock;

use assay::domain::fingerprint::Fingerprint;
use rusqlite::Connection;
use serde_json::Value;

use crate::support::pages::Shown;
use crate::support::person::Person;
use crate::support::verdict::Verdict;
use crate::support::{Feed, Visitor, golden, package};

/// Signed with `leaf-3072`, which is ann's.
const ANNS: &str = "good-author-rsa3072-sha384.nupkg";
/// Signed with `leaf-2048`, which is dora's.
const DORAS: &str = "good-author-rsa2048-sha256.nupkg";
/// Signed by somebody, and pushed by bob.
const SOMEBODYS: &str = "good-author-rsa4096-sha512-chain4.nupkg";

/// `ann` has one certificate, `bob` none, `dora` two; the organization `Contoso`, which ann administers and `col` belongs to, has
/// one. `eve` owns nothing. All of them gave a code a moment ago, but `una`, who has no second factor.
struct House {
    ann: Person<'static>,
    bob: Person<'static>,
    dora: Person<'static>,
    visitors: Vec<(&'static str, Visitor<'static>)>,
}

fn feed() -> &'static Feed {
    static FEED: OnceLock<Feed> = OnceLock::new();
    FEED.get_or_init(Feed::start)
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let feed = feed();
        let ann = feed.account("ann").with_certificate("leaf-3072");
        let dora = feed.account("dora").with_certificate("leaf-2048").with_certificate("leaf-4096");
        let bob = feed.account("bob");
        for name in ["col", "eve", "una"] {
            feed.account(name);
        }
        feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
        feed.assay(&["account", "add-member", "Contoso", "ann", "--administrator"]).succeeded();
        feed.assay(&["account", "add-member", "Contoso", "col"]).succeeded();
        let file = golden::certificate("leaf-3072");
        feed.assay(&["certificate", "add", "--account", "Contoso", file.to_str().unwrap()]).succeeded();
        let visitor = |name: &'static str| {
            let mut visitor = Visitor::of(feed);
            visitor.sign_in(name);
            if name != "una" {
                visitor.enrol(name);
            }
            (name, visitor)
        };
        House { ann, bob, dora, visitors: ["ann", "bob", "col", "eve", "una"].map(visitor).to_vec() }
    })
}

fn visitor(name: &str) -> Visitor<'static> {
    house().visitors.iter().find(|(own, _)| *own == name).expect("somebody of the house").1.clone()
}

/// A package ID of these owners, with a choice as the terminal makes it. Written into the database: whoever has certificates creates no
/// ID unsigned, and to invite all these people would take the suite a minute more. `verdicts::another_owner` and
/// `client_pushes::choices` go the whole way.
fn owned(id: &str, owners: &[&str]) -> String {
    house();
    let database = database();
    database
        .execute(
            "INSERT INTO registration (package_id, id_key, created_at) VALUES (?1, ?2, 0)",
            (id, id.to_lowercase()),
        )
        .unwrap();
    let registration = database.last_insert_rowid();
    for owner in owners {
        let row = "INSERT INTO registration_owner SELECT ?1, id FROM account WHERE name = ?2";
        assert_eq!(database.execute(row, (registration, owner)).unwrap(), 1, "{owner}");
    }
    id.to_owned()
}

fn database() -> Connection {
    let database = Connection::open(feed().data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    database
}

fn choose(id: &str, choice: &[&str]) {
    feed().assay(&[&["package", "required-signer", id], choice].concat()).succeeded();
}

fn rule(id: &str) -> Value {
    serde_json::from_str(&feed().assay(&["package", "rule", id, "--json"]).succeeded()).unwrap()
}

fn chosen(id: &str) -> String {
    rule(id)["required_signer"].as_str().unwrap().to_owned()
}

fn page(name: &str, id: &str) -> Shown {
    visitor(name).get(&format!("packages/{id}/manage"))
}

/// The choices that a page offers, each with its words.
fn offered(page: &Shown) -> Vec<String> {
    let radios = page.html.split("type=\"radio\"").skip(1);
    radios.map(|rest| rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

/// Asks and confirms, as the page does.
fn post(name: &str, id: &str, choice: &str) -> Shown {
    let path = format!("packages/{id}/manage/required-signer");
    let mut visitor = visitor(name);
    let question = visitor.get(&format!("{path}?choice={choice}"));
    let told = question.html.split("name=\"told\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let told = told.unwrap_or_default().to_owned();
    visitor.post(&path, &[("choice", choice), ("told", &told)])
}

/// The records about an ID, the newest last.
fn records(id: &str) -> Vec<(String, String)> {
    let database = database();
    let mut query = database
        .prepare("SELECT action, detail FROM audit WHERE subject = ?1 AND action LIKE 'package.required%' ORDER BY id")
        .unwrap();
    let rows = query.query_map([id], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn unsigned(person: &Person<'static>, id: &str) -> Verdict {
    person.push(package(id, "1.0.0").bytes())
}

#[test]
fn case_41_a_sole_owner_without_certificates_pushes_unsigned_packages_and_no_signed_ones() {
    let id = owned("Case41", &["bob"]);
    assert!(page("bob", &id).text().contains("Unsigned packages are accepted; a signed one is refused"));
    unsigned(&house().bob, &id).accepted();
    house().bob.push(golden::read(SOMEBODYS)).refused(400).saying("register");
}

#[test]
fn case_42_a_sole_owner_with_a_certificate_must_sign() {
    let id = owned("Case42", &["ann"]);
    assert!(page("ann", &id).text().contains("Packages must be signed with the certificate of ann."));
    unsigned(&house().ann, &id).refused(400).saying("NU3004");
}

#[test]
fn case_43_of_two_owners_one_with_certificates_unlike_nuget_org_a_signature_is_needed() {
    let id = owned("Case43", &["ann", "bob"]);
    assert!(page("bob", &id).text().contains("Packages must be signed with the certificate of ann."));
    unsigned(&house().bob, &id).refused(400);
}

#[test]
fn case_44_of_two_owners_with_certificates_either_ones_will_do() {
    let id = owned(&golden::identity(ANNS), &["ann", "dora"]);
    assert!(page("ann", &id).text().contains("one of 3 certificates of ann or dora"));
    house().dora.push(golden::read(ANNS)).accepted();
    let other = owned("Case44", &["ann", "dora"]);
    unsigned(&house().dora, &other).refused(400);
}

#[test]
fn case_45_an_owner_without_certificates_unlike_nuget_org_is_no_choice_and_no_signature_needed_is_one() {
    let id = owned("Case45", &["ann", "bob"]);
    let refused = post("ann", &id, "owner:bob");
    assert!(refused.status == 422 && refused.text().contains("bob has no certificate"), "{}", refused.text());
    assert_eq!(chosen(&id), "any-owner");
    choose(&id, &["--none"]);
    assert!(
        page("ann", &id)
            .text()
            .contains("Unsigned packages are accepted; a signed one must carry an active certificate of ann.")
    );
    unsigned(&house().bob, &id).accepted();
}

#[test]
fn case_46_another_owners_certificate_unlike_nuget_org_is_refused_at_once() {
    let id = owned(&golden::identity(DORAS), &["ann", "dora"]);
    choose(&id, &["--owner", "ann"]);
    let refused = house().dora.push(golden::read(DORAS)).refused(400);
    refused.warning("ann").warning(&golden::fingerprint("leaf-2048"));
    choose(&id, &["--owner", "dora"]);
    house().ann.push(golden::read(DORAS)).accepted();
}

#[test]
fn case_47_and_48_fingerprints_are_bytes_so_their_case_plays_no_part_and_none_is_blank() {
    let text = golden::fingerprint("leaf-3072");
    assert_eq!(text.to_uppercase().parse::<Fingerprint>().ok(), text.to_lowercase().parse().ok());
    assert!(
        text.parse::<Fingerprint>().is_ok()
            && " ".parse::<Fingerprint>().is_err()
            && "".parse::<Fingerprint>().is_err()
    );
}

#[test]
fn case_49_a_sole_owner_unlike_on_nuget_org_may_choose_themselves_which_stays_so_when_others_join() {
    let id = owned("Case49", &["ann"]);
    let shown = page("ann", &id);
    assert_eq!(offered(&shown), ["any-owner", "owner:ann"]);
    assert!(shown.text().contains("It stays so when other owners register certificates."), "{}", shown.text());
    let without = owned("Case49.Without", &["bob"]);
    assert!(offered(&page("bob", &without)).is_empty(), "nobody has certificates: there is nothing to choose");
}

#[test]
fn case_50_a_chosen_owner_who_left_unlike_on_nuget_org_is_chosen_no_more() {
    let id = owned("Case50", &["ann", "dora"]);
    choose(&id, &["--owner", "dora"]);
    visitor("ann").submit(&format!("packages/{id}/manage/owners/dora/remove"), &[]);
    let shown = page("ann", &id);
    assert_eq!(offered(&shown), ["any-owner", "owner:ann"]);
    assert!(shown.text().contains("Packages must be signed with the certificate of ann."), "{}", shown.text());
}

#[test]
fn case_51_any_owner_is_the_choice_at_first_beside_each_owner_who_can_sign() {
    let id = owned("Case51", &["ann", "dora"]);
    let shown = page("ann", &id);
    assert_eq!(offered(&shown), ["any-owner", "owner:ann", "owner:dora"]);
    assert!(shown.html.contains("value=\"any-owner\" checked"), "{}", shown.html);
}

#[test]
fn case_52_without_a_second_factor_unlike_on_nuget_org_the_choice_is_shown_and_the_way_to_make_it() {
    let id = owned("Case52", &["una", "ann"]);
    assert_eq!(offered(&page("una", &id)), ["any-owner", "owner:ann", "no-signature-needed"]);
    let refused = post("una", &id, "owner:ann");
    assert!(refused.status == 403 && refused.text().contains("Enrol a second factor"), "{}", refused.text());
    assert_eq!(chosen(&id), "any-owner");
}

#[test]
fn case_53_certificates_are_counted_in_the_sentence_of_each_choice() {
    let id = owned("Case53", &["ann", "bob", "dora"]);
    let text = page("ann", &id).text();
    assert!(text.contains("Only ann Packages must be signed with the certificate of ann."), "{text}");
    assert!(text.contains("Only dora Packages must be signed with one of 2 certificates of dora."), "{text}");
    assert!(text.contains("Only bob: bob has no certificate that counts"), "{text}");
}

#[test]
fn case_54_a_collaborator_of_the_owning_organization_reads_the_rule_and_chooses_nothing() {
    let id = owned("Case54", &["Contoso", "bob"]);
    let shown = page("col", &id);
    assert!(shown.status == 200 && offered(&shown).is_empty());
    assert!(shown.text().contains("Packages must be signed with the certificate of Contoso."), "{}", shown.text());
    assert_eq!(post("col", &id, "owner:contoso").status, 403);
    assert_eq!(offered(&page("ann", &id)), ["any-owner", "owner:Contoso", "no-signature-needed"], "its administrator");
}

#[test]
fn case_55_every_owner_may_choose() {
    let id = owned("Case55", &["ann", "bob"]);
    assert_eq!(post("bob", &id, "owner:ann").status, 303, "also one who has no certificates");
    assert_eq!(chosen(&id), "owner:ann");
}

#[test]
fn case_56_no_owner_unlike_on_nuget_org_can_keep_the_choice_from_another() {
    let id = owned("Case56", &["ann", "bob", "dora"]);
    choose(&id, &["--owner", "dora"]);
    assert_eq!(post("bob", &id, "owner:ann").status, 303);
    assert_eq!(chosen(&id), "owner:ann");
}

#[test]
fn case_57_several_owners_are_joined_in_a_sentence() {
    let two = owned("Case57.Two", &["ann", "dora"]);
    assert!(page("ann", &two).text().contains("of ann or dora."));
    let three = owned("Case57.Three", &["ann", "Contoso", "dora"]);
    let text = page("ann", &three).text();
    assert!(text.contains("one of 3 certificates of ann, Contoso or dora."), "the shared one is one: {text}");
}

#[test]
fn case_58_an_unknown_package_is_404() {
    house();
    assert_eq!(visitor("ann").post("packages/No.Such/manage/required-signer", &[("choice", "any-owner")]).status, 404);
}

#[test]
fn case_59_an_unknown_account_unlike_on_nuget_org_is_named_on_the_form() {
    let id = owned("Case59", &["ann", "bob"]);
    let mut ann = visitor("ann");
    let refused = ann.get(&format!("packages/{id}/manage/required-signer?choice=owner:nobody"));
    assert!(
        refused.status == 422 && refused.text().contains("nobody is no owner of this package ID"),
        "{}",
        refused.text()
    );
    feed().assay(&["package", "required-signer", &id, "--owner", "nobody"]).failed_saying("`nobody` is no owner");
}

#[test]
fn case_60_whoever_is_not_signed_in_has_no_second_factor_or_is_no_owner_chooses_nothing() {
    let id = owned("Case60", &["ann", "una"]);
    let path = format!("packages/{id}/manage/required-signer");
    let mut stranger = Visitor::of(feed());
    let sent = stranger.post(&path, &[("choice", "owner:ann")]);
    assert!(sent.status == 303 && sent.location.unwrap().starts_with("sign-in"), "to the sign-in page");
    assert_eq!(post("una", &id, "owner:ann").status, 403);
    assert_eq!(post("eve", &id, "owner:ann").status, 403);
    assert_eq!(chosen(&id), "any-owner");
}

#[test]
fn case_61_an_owner_with_a_code_of_the_moment_chooses() {
    let id = owned("Case61", &["ann", "bob"]);
    assert_eq!(post("ann", &id, "no-signature-needed").status, 303);
    assert_eq!(chosen(&id), "no-signature-needed");
}

#[test]
fn case_62_an_account_that_is_no_owner_unlike_on_nuget_org_is_refused() {
    let id = owned("Case62", &["ann", "bob"]);
    let refused = post("ann", &id, "owner:dora");
    assert!(refused.status == 422 && refused.text().contains("dora is no owner"), "{}", refused.text());
    assert_eq!(chosen(&id), "any-owner");
}

#[test]
fn case_63_the_same_choice_again_is_not_written() {
    let id = owned("Case63", &["ann", "bob"]);
    choose(&id, &["--owner", "ann"]);
    choose(&id, &["--owner", "ann"]);
    assert_eq!(records(&id).len(), 1);
}

#[test]
fn case_64_each_change_is_on_record_with_the_choice_before_and_after() {
    let id = owned("Case64", &["ann", "dora"]);
    for choice in ["owner:ann", "owner:dora", "any-owner"] {
        assert_eq!(post("ann", &id, choice).status, 303, "{choice}");
    }
    let details: Vec<String> = records(&id).into_iter().map(|(_, detail)| detail).collect();
    assert_eq!(details, ["any owner -> only ann", "only ann -> only dora", "only dora -> any owner"]);
}

#[test]
fn case_65_many_at_once_are_each_on_record_if_they_change_and_none_is_asked_for() {
    let ids = ["Case65.A", "Case65.B", "Case65.C"].map(|id| owned(id, &["ann", "dora"]));
    choose("Case65.C", &["--owner", "ann"]);
    let mut ann = visitor("ann");
    let path = "account/packages/required-signer";
    let nothing = ann.submit(path, &[("choice", "owner:ann")]);
    assert!(nothing.text().contains("Tick at least one package"), "{}", nothing.text());
    let all = [&[("choice", "owner:ann")][..], &ids.each_ref().map(|id| ("id", id.as_str()))].concat();
    let question = ann.post(path, &all);
    assert!(question.text().contains("Case65.C has this required signer already"), "{}", question.text());
    let told = question.html.split("name=\"told\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let sent = [("choice", "owner:ann"), ("told", told), ("id", "Case65.A"), ("id", "Case65.B")];
    assert_eq!(ann.post(path, &sent).status, 303);
    assert_eq!(ids.map(|id| records(&id).len()), [1, 1, 1]);
}

#[test]
fn case_66_a_new_owner_unlike_on_nuget_org_never_becomes_the_required_signer_by_itself() {
    let id = owned("Case66", &["ann", "bob"]);
    choose(&id, &["--owner", "ann"]);
    let joined = visitor("ann").submit(&format!("packages/{id}/manage"), &[("name", "Contoso")]);
    assert!(joined.text().contains("Contoso is an owner now"), "{}", joined.text());
    assert_eq!(chosen(&id), "owner:ann");
}

#[test]
fn case_67_a_new_owner_leaves_the_choice_as_it_is() {
    let id = owned("Case67", &["ann", "bob"]);
    choose(&id, &["--none"]);
    visitor("ann").submit(&format!("packages/{id}/manage"), &[("name", "Contoso")]);
    assert_eq!(chosen(&id), "no-signature-needed", "bob still has none");
}

#[test]
fn case_68_a_choice_unlike_on_nuget_org_ends_when_the_chosen_owner_leaves_and_everybody_is_told() {
    let id = owned("Case68", &["ann", "bob", "dora"]);
    choose(&id, &["--owner", "dora"]);
    visitor("ann").submit(&format!("packages/{id}/manage/owners/dora/remove"), &[]);
    assert_eq!(chosen(&id), "any-owner");
    let last = records(&id).pop().unwrap();
    assert_eq!(last, ("package.required-signer-lapsed".to_owned(), "only dora; back to any owner".to_owned()));
    let told = visitor("bob").get("account").text();
    assert!(told.contains(&format!("The choice who must sign {id} (only dora) is no longer possible")), "{told}");
}
