//! API keys on the pages: making one, using it as the page says, seeing where it was used, revoking it.

use std::time::{Duration, Instant};

use crate::support::pages::Shown;
use crate::support::{Feed, OfficialClient, Request, Visitor, package};

/// A feed with the organization `contoso`, its administrator `ann`, its collaborator `bob`, and `eve`, who belongs to nobody.
fn house() -> Feed {
    let feed = Feed::start();
    for name in ["ann", "bob", "eve"] {
        feed.account(name);
    }
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "ann", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "bob"]).succeeded();
    feed
}

fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

/// The form as it is sent: some fields, the rest as they stand there.
fn form<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = fields.to_vec();
    for (name, value) in [("name", "ci"), ("kind", "mine"), ("scope", "push"), ("scope", "read"), ("days", "90")] {
        if !fields.iter().any(|(own, _)| *own == name) {
            all.push((name, value));
        }
    }
    all
}

/// Makes a key; the page that shows it, and the key.
#[track_caller]
fn make(visitor: &mut Visitor<'_>, fields: &[(&str, &str)]) -> (Shown, String) {
    let shown = visitor.submit("account/keys/new", &form(fields));
    let key = shown.inside("code").into_iter().find(|text| text.starts_with("assay_") && text.len() == 49);
    (shown, key.expect("the key"))
}

fn push(feed: &Feed, key: &str, id: &str) -> u16 {
    feed.ask(&crate::support::person::push_request(&package(id, "1.0.0").bytes()).api_key(key)).status
}

fn execute(feed: &Feed, sql: &str) {
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    assert_ne!(database.execute(sql, []).unwrap(), 0, "{sql}");
}

/// The number of the newest key.
fn newest(feed: &Feed) -> i64 {
    feed.rows("api_key")
}

#[test]
fn a_key_is_shown_once_works_as_the_page_says_and_is_refused_once_it_is_revoked() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    assert!(ann.get("account/keys").text().contains("New key"));
    let (shown, key) =
        make(&mut ann, &[("acts_for", "ann"), ("scope", "push"), ("scope", "unlist"), ("scope", "read")]);
    assert!(shown.text().contains("Shown this once"), "{}", shown.text());
    let again = ann.get("account/keys");
    assert!(!again.html.contains(&key) && again.html.contains(&key[.."assay_".len() + 4]));
    assert!(
        again.text().contains("ci") && again.text().contains("push, unlist, read") && again.text().contains("never")
    );

    let person = crate::support::person::Person {
        feed: &feed,
        name: "ann".to_owned(),
        password: String::new(),
        key: key.clone(),
    };
    let Some(client) = OfficialClient::of(&person) else { return };
    let lines = shown.inside("code");
    let line = |start: &str| {
        lines.iter().find(|text| text.starts_with(start)).unwrap_or_else(|| panic!("no `{start}` in {lines:?}"))
    };
    let words = |start: &str, from: &str, to: &str| line(start).replace(from, to);
    std::fs::write(client.folder().join("nuget.config"), line("<?xml")).unwrap();
    std::fs::write(client.folder().join("a.nupkg"), package("Contoso.Core", "1.0.0").bytes()).unwrap();
    let run = |command: &str| client.run(&command.split(' ').skip(1).collect::<Vec<_>>());
    run(&words("dotnet nuget push", "PACKAGE.nupkg", "a.nupkg")).succeeded();
    run("dotnet package search contoso --source assay").succeeded().saying("Contoso.Core");
    run(&words("dotnet nuget delete", "ID VERSION", "Contoso.Core 1.0.0")).succeeded();

    let number = newest(&feed);
    let question = ann.get(&format!("account/keys/{number}/revoke"));
    assert!(question.text().contains("Revoke the key"), "{}", question.text());
    let done = ann.submit(&format!("account/keys/{number}/revoke"), &[]);
    assert!(done.text().contains("is revoked") && done.text().contains("Revoked"), "{}", done.text());
    std::fs::write(client.folder().join("a.nupkg"), package("Contoso.Core", "1.1.0").bytes()).unwrap();
    client.push_with_key(&key, package("Contoso.Core", "1.1.0").bytes(), &[]).failed();
    let refused = feed.ask(&crate::support::person::push_request(&package("X", "1.0.0").bytes()).api_key(&key));
    assert_eq!((refused.status, refused.header("x-nuget-warning")), (403, Some("the API key was revoked")));
}

#[test]
fn what_was_typed_stays_in_the_form_and_each_mistake_is_beside_its_field() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    let wrong = ann.post(
        "account/keys/new",
        &[("name", ""), ("acts_for", "contoso"), ("kind", "service"), ("patterns", "Contoso.*\na?"), ("days", "30")],
    );
    assert_eq!(wrong.status, 422);
    for text in ["Give the key a name", "Choose at least one thing", "is no package ID pattern"] {
        assert!(wrong.text().contains(text), "{text} in {}", wrong.text());
    }
    for kept in ["value=\"contoso\" selected", "Contoso.*\na?</textarea>", "value=\"30\" selected"] {
        assert!(wrong.html.contains(kept), "{kept} in {}", wrong.html);
    }
    assert!(wrong.html.contains("value=\"service\" checked"));
    assert_eq!(feed.rows("api_key"), 3, "only the keys of the command line");
}

#[test]
fn a_key_lasts_a_year_at_most_on_the_page_and_on_the_command_line() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    assert_eq!(ann.post("account/keys/new", &form(&[("acts_for", "ann"), ("days", "366")])).status, 422);
    make(&mut ann, &[("acts_for", "ann"), ("days", "365")]);
    let longer = feed.assay(&["key", "create", "--account", "ann", "--expires", "366d"]);
    assert!(longer.code == 2 && longer.stderr.contains("a key lasts from `1d` to `365d`"), "{longer:?}");
    feed.assay(&["key", "create", "--account", "ann", "--expires", "365d"]).succeeded();
}

#[test]
fn an_old_sign_in_is_asked_for_the_password_and_nothing_that_was_typed_is_lost() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    execute(&feed, "UPDATE session SET password_at = password_at - 900");
    let fields = form(&[("acts_for", "contoso"), ("patterns", "Contoso.*"), ("name", "the build server")]);
    let asked = ann.post("account/keys/new", &fields);
    assert_eq!(asked.status, 403);
    assert!(asked.text().contains("give your password once more"), "{}", asked.text());
    assert!(asked.html.contains("value=\"the build server\""));
    let wrong = ann.post("account/keys/new", &[&fields[..], &[("confirm_password", "wrong wrong wrong")]].concat());
    assert_eq!(wrong.status, 403);
    assert_eq!(feed.rows("api_key"), 3);
    let password = crate::support::pages::password_of("ann");
    let made = ann.submit("account/keys/new", &[&fields[..], &[("confirm_password", &password)]].concat());
    assert!(made.text().contains("the build server") && made.text().contains("Contoso.*"), "{}", made.text());
}

#[test]
fn the_patterns_can_be_tried_before_the_key_is_made() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    let (_, key) = make(&mut ann, &[("acts_for", "contoso")]);
    for id in ["Contoso.Core", "Contoso.Web", "Fabrikam.Core"] {
        assert_eq!(push(&feed, &key, id), 201);
    }
    let fields = [("acts_for", "contoso"), ("patterns", "contoso.*"), ("look", "yes")];
    let shown = ann.post("account/keys/new", &form(&fields));
    assert_eq!(shown.status, 200);
    assert!(shown.text().contains("2 packages of contoso match") && shown.text().contains("Contoso.Web"));
    assert!(!shown.text().contains("Fabrikam.Core"));
    let foreign = signed_in(&feed, "eve").post("account/keys/new", &form(&fields));
    assert!(!foreign.text().contains("Contoso.Core"), "only the owner's: {}", foreign.text());
}

#[test]
fn a_service_key_stays_when_its_maker_leaves_and_a_members_key_does_not() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    let (shown, service) = make(&mut ann, &[("acts_for", "contoso"), ("kind", "service"), ("name", "build server")]);
    assert!(shown.text().contains("API keys of contoso") && shown.text().contains("Service key made by ann"));
    let (_, own) = make(&mut ann, &[("acts_for", "contoso"), ("name", "laptop")]);
    assert_eq!((push(&feed, &service, "Contoso.A"), push(&feed, &own, "Contoso.B")), (201, 201));
    feed.assay(&["account", "add-member", "contoso", "bob", "--administrator"]).succeeded();
    feed.assay(&["account", "remove-member", "contoso", "ann"]).succeeded();
    assert_eq!((push(&feed, &service, "Contoso.C"), push(&feed, &own, "Contoso.D")), (201, 403));
    let seen = signed_in(&feed, "bob").get("accounts/contoso/keys").text();
    feed.assay(&["account", "disable", "ann"]).succeeded();
    assert_eq!(push(&feed, &service, "Contoso.E"), 201);
    assert!(seen.contains("no administrator now and may have a copy"), "{seen}");
    assert!(seen.contains("ann is no member of contoso any more"), "{seen}");
    feed.assay(&["account", "disable", "contoso"]).succeeded();
    assert_eq!(push(&feed, &service, "Contoso.F"), 403);
}

#[test]
fn only_administrators_make_service_keys_and_see_and_revoke_the_keys_of_an_organization() {
    let feed = house();
    let (mut ann, mut bob, mut eve) = (signed_in(&feed, "ann"), signed_in(&feed, "bob"), signed_in(&feed, "eve"));
    for visitor in [&mut bob, &mut eve] {
        let refused = visitor.post("account/keys/new", &form(&[("acts_for", "contoso"), ("kind", "service")]));
        assert_eq!(refused.status, 403, "{}", refused.text());
        assert_eq!(visitor.get("accounts/contoso/keys").status, 403);
    }
    assert_eq!(eve.post("account/keys/new", &form(&[("acts_for", "contoso")])).status, 422);
    assert_eq!(eve.post("account/keys/new", &form(&[("acts_for", "ann")])).status, 422);
    let (_, key) = make(&mut bob, &[("acts_for", "contoso"), ("name", "bobs laptop")]);
    let path = format!("account/keys/{}/revoke", newest(&feed));
    for answer in
        [eve.get(&path), eve.post(&path, &[]), eve.get("account/keys/999/revoke"), eve.get("account/keys/x/revoke")]
    {
        assert_eq!(answer.status, 404, "strangers learn nothing: {}", answer.text());
    }
    assert!(ann.get("accounts/contoso/keys").text().contains("bobs laptop"));
    let done = ann.submit(&path, &[]);
    assert!(done.text().contains("API keys of contoso"), "back to where it was: {}", done.text());
    assert_eq!(push(&feed, &key, "Contoso.A"), 403);
    assert!(bob.get("account/keys").text().contains("ann revoked your key bobs laptop"));
    for name in ["nobody", "ann", "x y"] {
        assert_eq!(ann.get(&format!("accounts/{name}/keys").replace(' ', "%20")).status, 404, "{name}");
    }
}

#[test]
fn strangers_are_sent_to_sign_in() {
    let feed = house();
    for path in ["account/keys", "account/keys/new", "account/keys/1/revoke", "accounts/contoso/keys"] {
        let answer = Visitor::of(&feed).get(path);
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.location.unwrap().starts_with("sign-in?return_to="), "{path}");
    }
}

#[test]
fn a_form_without_its_token_makes_and_revokes_nothing() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    assert_eq!(ann.post_raw("account/keys/new", &form(&[("acts_for", "ann")])).status, 403);
    assert_eq!(ann.post_raw("account/keys/1/revoke", &[]).status, 403);
    assert_eq!(feed.rows("api_key"), 3);
    assert_eq!(feed.rows("api_key WHERE revoked_at IS NOT NULL"), 0);
}

#[test]
fn the_list_says_when_and_from_where_a_key_was_used() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    let (_, read) = make(&mut ann, &[("acts_for", "ann"), ("name", "reader"), ("scope", "read")]);
    let (_, pushes) = make(&mut ann, &[("acts_for", "ann"), ("name", "pusher"), ("scope", "push")]);
    make(&mut ann, &[("acts_for", "ann"), ("name", "idle")]);
    assert_eq!(feed.ask(&Request::get("/v3/index.json").basic("x", &read)).status, 200);
    assert_eq!(push(&feed, &pushes, "Contoso.A"), 201);
    let began = Instant::now();
    while feed.rows("api_key WHERE last_used_from = '127.0.0.1'") < 2 {
        assert!(began.elapsed() < Duration::from_secs(30), "uses are written every ten seconds");
        std::thread::sleep(Duration::from_millis(200));
    }
    let cells = ann.get("account/keys").inside("td");
    let used = cells.iter().filter(|cell| cell.ends_with("from 127.0.0.1")).count();
    assert_eq!(used, 2, "{cells:?}");
    assert_eq!(cells.iter().filter(|cell| *cell == "never").count(), 2, "{cells:?}");
}

#[test]
fn no_page_and_no_line_of_the_log_keeps_a_key() {
    let feed = Feed::with().environment("ASSAY_LOG", "trace").start();
    feed.account("ann");
    let mut ann = signed_in(&feed, "ann");
    let (_, key) = make(&mut ann, &[("acts_for", "ann")]);
    for path in ["account/keys", "account/keys/new", &format!("account/keys/{}/revoke", newest(&feed))] {
        let shown = ann.get(path);
        assert!(!shown.html.contains(&key), "{path}");
        assert_eq!(shown.header("cache-control"), Some("no-store"), "{path}");
    }
    assert!(feed.stop().success());
    assert!(!feed.log().contains(&key["assay_".len()..]));
}

#[test]
fn a_key_that_is_revoked_already_says_so_to_its_owner_and_nothing_to_strangers() {
    let feed = house();
    let (mut ann, mut eve) = (signed_in(&feed, "ann"), signed_in(&feed, "eve"));
    let (_, key) = make(&mut ann, &[("name", "laptop"), ("acts_for", "ann")]);
    let path = format!("account/keys/{}/revoke", newest(&feed));
    let question = ann.get(&path);
    let heading = question.inside("h1").concat();
    let begins = heading.trim_start_matches("Revoke laptop (").trim_end_matches("…)");
    assert!(begins.len() > 6 && key.starts_with(begins), "{heading}");
    ann.submit(&path, &[]);
    for again in [ann.get(&path), ann.post(&path, &[])] {
        assert_eq!(again.status, 410, "{}", again.text());
        assert!(again.text().contains("was revoked already, on 20"), "{}", again.text());
        assert!(again.targets().contains(&"account/keys".to_owned()));
    }
    assert_eq!((eve.get(&path).status, eve.post(&path, &[]).status), (404, 404));
}

#[test]
fn a_key_that_only_pushes_to_a_closed_feed_comes_with_what_it_needs_besides() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    let (shown, pushing) = make(&mut ann, &[("acts_for", "ann"), ("scope", "push")]);
    assert!(shown.text().contains("need a key with Read as well"), "{}", shown.text());
    let lines = shown.inside("code");
    let line = |start: &str| lines.iter().find(|text| text.starts_with(start)).unwrap().clone();
    let (_, reading) = make(&mut ann, &[("acts_for", "ann"), ("scope", "read")]);
    let person =
        crate::support::person::Person { feed: &feed, name: "ann".to_owned(), password: String::new(), key: reading };
    let Some(client) = OfficialClient::of(&person) else { return };
    std::fs::write(client.folder().join("nuget.config"), "<configuration><packageSources /></configuration>").unwrap();
    std::fs::write(client.folder().join("a.nupkg"), package("Contoso.Core", "1.0.0").bytes()).unwrap();
    let run = |command: &str| client.run(&command.split(' ').skip(1).collect::<Vec<_>>());
    run(&line("dotnet nuget add source").replace("KEY", &person.key)).succeeded();
    let push = line("dotnet nuget push").replace("PACKAGE.nupkg", "a.nupkg");
    assert!(push.ends_with(&pushing), "{push}");
    run(&push).succeeded();
    assert_eq!(feed.versions("contoso.core"), ["1.0.0"]);
}
