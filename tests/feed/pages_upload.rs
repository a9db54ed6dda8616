//! The upload page: a package is sent, its verdict is seen, and one more click publishes it.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection as Database;

use crate::support::pages::{Shown, password_of};
use crate::support::{Feed, Request, Visitor, environment, golden, package};

/// Where packages are uploaded.
const UPLOAD: &str = "upload";

fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    feed.account(name);
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

fn send(visitor: &mut Visitor<'_>, file: &str, bytes: &[u8]) -> Shown {
    visitor.upload(UPLOAD, &[], &[("package", file, bytes)])
}

/// Uploads a package, and shows what the feed makes of it: the path, and the page.
#[track_caller]
fn preview(visitor: &mut Visitor<'_>, bytes: impl AsRef<[u8]>) -> (String, Shown) {
    let sent = send(visitor, "some.nupkg", bytes.as_ref());
    assert_eq!(sent.status, 303, "the package should be kept: {}", sent.text());
    let path = sent.location.clone().unwrap();
    assert!(path.starts_with("upload/"), "{path}");
    let shown = visitor.get(&path);
    assert_eq!(shown.status, 200, "{}", shown.text());
    (path, shown)
}

fn core() -> Vec<u8> {
    package("Contoso.Core", "1.2.3")
        .description("Does the core.")
        .dependencies("net8.0", &[("Contoso.Base", "[1.0.0, 2.0.0)")])
        .bytes()
}

fn sql(feed: &Feed, statement: &str) {
    let database = Database::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    database.execute_batch(statement).unwrap();
}

#[track_caller]
fn says(shown: &Shown, sentence: &str) {
    assert!(shown.text().contains(sentence), "should say `{sentence}`: {}", shown.text());
}

#[test]
fn an_unsigned_package_is_seen_first_and_published_by_one_more_click() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    says(&ann.get(UPLOAD), "You see the verdict first");
    let (path, shown) = preview(&mut ann, core());
    for sentence in [
        "Contoso.Core 1.2.3",
        "Nothing is published yet",
        "would be accepted",
        "Does the core.",
        "Contoso.Base",
        "[1.0.0, 2.0.0)",
        "a new ID",
        "some.nupkg",
        "not signed",
    ] {
        says(&shown, sentence);
    }
    assert_eq!((feed.rows("version"), feed.spooled().len()), (0, 1), "nothing is published, and one file waits");
    says(&ann.get(UPLOAD), "1 upload of yours waits");

    let done = ann.post(&format!("{path}/publish"), &[]);
    assert_eq!(done.location.as_deref(), Some("packages/Contoso.Core/1.2.3"), "{}", done.text());
    says(&ann.follow(&done), "Contoso.Core 1.2.3 is published, under the name of ann.");
    assert_eq!(feed.versions("Contoso.Core"), ["1.2.3"]);
    assert!(feed.spooled().is_empty(), "the file is gone");
    let audit = feed.assay(&["audit"]).succeeded();
    assert!(audit.contains("on the upload page"), "{audit}");
    assert!(!ann.get(UPLOAD).text().contains("of yours"), "nothing waits");
}

#[test]
fn a_second_click_and_the_back_button_lead_to_the_package_and_publish_nothing_more() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let (path, _) = preview(&mut ann, core());
    let publish = format!("{path}/publish");
    ann.csrf(&path);
    let answers: Vec<Shown> = thread::scope(|scope| {
        let clicks: Vec<_> = (0..4)
            .map(|_| {
                let (mut tab, publish) = (ann.clone(), publish.clone());
                scope.spawn(move || tab.post(&publish, &[]))
            })
            .collect();
        clicks.into_iter().map(|click| click.join().unwrap()).collect()
    });
    for answer in &answers {
        let to = answer.location.clone().unwrap_or_else(|| panic!("{}", answer.text()));
        assert!(to == path || to == "packages/Contoso.Core/1.2.3", "{to}");
    }
    assert_eq!((feed.rows("version"), feed.rows("content")), (1, 1));
    for late in [
        ann.get(&path),
        ann.post(&publish, &[]),
        ann.post(&format!("{path}/discard"), &[]),
        ann.post(&format!("{path}/judge"), &[]),
    ] {
        assert_eq!(late.location.as_deref(), Some("packages/Contoso.Core/1.2.3"), "{}", late.text());
    }
    assert_eq!(feed.versions("Contoso.Core"), ["1.2.3"]);
}

#[test]
fn what_must_be_signed_is_refused_before_anything_is_published_and_why_is_on_the_page() {
    let feed = Feed::start();
    feed.account("ann").with_certificate("leaf-3072");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let (path, shown) = preview(&mut ann, core());
    says(&shown, "would be refused");
    says(&shown, "the package must be signed with a registered certificate of ann");
    assert!(
        !shown.targets().iter().any(|target| target.ends_with("/publish")),
        "there is no button that would do nothing"
    );
    // Whoever sends the form nevertheless is refused by the push itself, which keeps a verdict of its own.
    let forced = ann.post(&format!("{path}/publish"), &[]);
    let to = forced.location.clone().unwrap_or_else(|| panic!("{}", forced.text()));
    assert!(to.starts_with("verdicts/"), "{to}");
    assert_eq!((feed.rows("version"), feed.rows("verdict")), (0, 2));
    // What was found before is true no longer. Looking judges nothing: the button does.
    for _ in 0..2 {
        says(&ann.get(&path), "Not checked yet");
    }
    assert_eq!(feed.rows("verdict"), 2);

    // Something is put right, and the same upload goes through.
    feed.assay(&["certificate", "remove", "--account", "ann", &golden::fingerprint("leaf-3072")]).succeeded();
    let judged = ann.submit(&format!("{path}/judge"), &[]);
    says(&judged, "would be accepted");
    says(&ann.submit(&format!("{path}/publish"), &[]), "is published");
}

#[test]
fn a_signed_package_is_published_with_the_signature_of_its_author() {
    let feed = Feed::start();
    feed.account("ann").with_certificate("leaf-3072");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let (path, shown) = preview(&mut ann, golden::read("good-author-rsa3072-sha384.nupkg"));
    says(&shown, "would be accepted");
    says(&shown, "Its own signature beside the author’s");
    says(&ann.submit(&format!("{path}/publish"), &[]), "is published");
    let id = golden::identity("good-author-rsa3072-sha384.nupkg");
    assert_eq!(feed.versions(&id), ["1.0.0"]);
}

#[test]
fn a_signature_that_nobody_registered_is_explained_and_counts_once_it_is() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let (path, shown) = preview(&mut ann, golden::read("good-author-rsa3072-sha384.nupkg"));
    says(&shown, "would be refused");
    says(&shown, "register");
    let file = golden::certificate("leaf-3072");
    feed.assay(&["certificate", "add", "--account", "ann", file.to_str().unwrap()]).succeeded();
    says(&ann.get(&path), "would be refused");
    says(&ann.submit(&format!("{path}/judge"), &[]), "would be accepted");
    says(&ann.submit(&format!("{path}/publish"), &[]), "is published");
}

#[test]
fn a_certificate_is_registered_from_the_preview_and_the_same_upload_goes_through() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    ann.enrol("ann");
    let (path, shown) = preview(&mut ann, golden::read("good-author-rsa3072-sha384.nupkg"));
    let verdict =
        shown.targets().into_iter().find(|target| target.starts_with("verdicts/")).expect("a way to register it");
    let fields = [("account", "ann"), ("limit", "all")];
    let done = ann.post(&format!("{verdict}/register"), &fields);
    assert_eq!(done.status, 303, "{}", done.text());
    says(&ann.submit(&format!("{path}/judge"), &[]), "would be accepted");
    says(&ann.submit(&format!("{path}/publish"), &[]), "is published");
}

#[test]
fn a_package_that_was_changed_after_it_was_signed_is_refused_with_the_code_of_nuget() {
    let feed = Feed::start();
    feed.account("ann").with_certificate("leaf-3072");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let (path, shown) = preview(&mut ann, golden::read("zip-changed-content.nupkg"));
    says(&shown, "would be refused");
    says(&shown, "NU3008");
    let discarded = ann.submit(&format!("{path}/discard"), &[]);
    says(&discarded, "“some.nupkg” was discarded. Nothing of it was published.");
    assert!(feed.spooled().is_empty());
    says(&ann.get(&path), "This upload is not here any more");
}

#[test]
fn a_file_that_is_no_package_is_told_beside_the_field_and_not_kept() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    for (name, bytes, sentence) in [
        ("notes.txt", b"just some notes".as_slice(), "“notes.txt” is no package that this feed takes"),
        ("empty.nupkg", b"".as_slice(), "“empty.nupkg” is empty: it has 0 bytes"),
        ("", b"".as_slice(), "Choose a package: a .nupkg file."),
    ] {
        let sent = send(&mut ann, name, bytes);
        assert_eq!(sent.status, 422, "{name}: {}", sent.text());
        says(&sent, sentence);
    }
    assert!(feed.spooled().is_empty());
    assert!(!ann.get(UPLOAD).text().contains("of yours"));
}

#[test]
fn one_file_at_a_time_and_one_that_fits() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let (one, other) = (core(), package("Contoso.Other", "1.0.0").bytes());
    let several = ann.upload(UPLOAD, &[], &[("package", "a.nupkg", &one), ("package", "b.nupkg", &other)]);
    assert_eq!(several.status, 422, "{}", several.text());
    says(&several, "Choose one package at a time");
    let none = ann.upload(UPLOAD, &[("for", "ann")], &[]);
    assert_eq!(none.status, 422, "{}", none.text());
    says(&none, "Choose a package");
    assert_eq!(ann.upload(UPLOAD, &[], &[("icon", "a.png", b"x")]).status, 400, "a file of another field");

    feed.assay(&["policy", "set", "package_size_limit", "100000"]).succeeded();
    thread::sleep(Duration::from_millis(1500));
    for size in [150_000, 3_000_000] {
        let large = send(&mut ann, "large.nupkg", &package("Contoso.Large", "1.0.0").size(size).bytes());
        assert_eq!(large.status, 413, "{}", large.text());
        says(&large, "“large.nupkg” is too large. A package on this feed has at most 100000 bytes");
    }
    assert!(feed.spooled().is_empty());
    preview(&mut ann, core());
}

#[test]
fn a_version_that_exists_is_refused_and_a_further_one_names_the_owners() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(core()).accepted();
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    let mut alice = Visitor::of(&feed);
    alice.sign_in("alice");
    let other = package("Contoso.Core", "1.2.3").description("Other bytes.").bytes();
    let (_, shown) = preview(&mut alice, other);
    says(&shown, "exists already");
    let (_, shown) = preview(&mut alice, package("Contoso.Core", "2.0.0").bytes());
    says(&shown, "would be accepted");
    assert!(shown.targets().iter().any(|target| target == "packages/Contoso.Core"), "the ID that is there has a link");
    // Somebody else's ID.
    let mut bob = signed_in(&feed, "bob");
    let (_, shown) = preview(&mut bob, package("Contoso.Core", "3.0.0").bytes());
    says(&shown, "would be refused");
    assert_eq!(feed.rows("version"), 1);
}

#[test]
fn an_id_under_a_prefix_of_others_is_refused_on_the_page_too() {
    let feed = Feed::start();
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["prefix", "reserve", "--account", "contoso", "Contoso.*"]).succeeded();
    let mut ann = signed_in(&feed, "ann");
    let (path, shown) = preview(&mut ann, core());
    says(&shown, "would be refused");
    says(&shown, "reserved");
    assert_ne!(ann.post(&format!("{path}/publish"), &[]).location.as_deref(), Some("packages/Contoso.Core/1.2.3"));
    assert_eq!(feed.rows("version"), 0);
}

#[test]
fn a_member_uploads_for_the_organization_and_nobody_else_does() {
    let feed = Feed::start();
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    let mut ann = signed_in(&feed, "ann");
    feed.assay(&["account", "add-member", "contoso", "ann"]).succeeded();
    let form = ann.get("upload?for=contoso");
    assert!(form.html.contains("<option value=\"contoso\" selected"), "{}", form.html);
    let sent = ann.upload(UPLOAD, &[("for", "contoso")], &[("package", "a.nupkg", &core())]);
    let path = sent.location.clone().unwrap_or_else(|| panic!("{}", sent.text()));
    says(&ann.get(&path), "contoso");
    // Whoever leaves meanwhile publishes nothing.
    feed.assay(&["account", "remove-member", "contoso", "ann"]).succeeded();
    let refused = ann.post(&format!("{path}/publish"), &[]);
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(feed.rows("version"), 0);
    feed.assay(&["account", "add-member", "contoso", "ann"]).succeeded();
    says(&ann.submit(&format!("{path}/publish"), &[]), "under the name of contoso");

    let mut bob = signed_in(&feed, "bob");
    for stranger in ["contoso", "nobody", "../../etc", "ann"] {
        let sent = bob.upload(UPLOAD, &[("for", stranger)], &[("package", "a.nupkg", &core())]);
        assert_eq!(sent.status, 422, "{stranger}: {}", sent.text());
        says(&sent, "You can upload for yourself and for organizations that you belong to");
    }
    assert!(feed.spooled().is_empty());
}

#[test]
fn where_nobody_says_for_whom_it_is_for_the_account_that_owns_the_id() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "ann"]).succeeded();
    let sent = ann.upload(UPLOAD, &[("for", "Contoso")], &[("package", "a.nupkg", &core())]);
    ann.post(&format!("{}/publish", sent.location.unwrap()), &[]);
    says(&ann.get(UPLOAD), "The account that owns it; ann, if it is new");
    let next = package("Contoso.Core", "1.2.4").bytes();
    let (path, shown) = preview(&mut ann, &next);
    says(&shown, "Published for Contoso");
    let published = ann.post(&format!("{path}/publish"), &[]);
    says(&ann.follow(&published), "Contoso.Core 1.2.4 is published, under the name of Contoso.");
    says(&preview(&mut ann, package("Anns.Own", "1.0.0").bytes()).1, "Published for ann");
    let other = package("Contoso.Core", "1.2.4").description("Something else.").bytes();
    let (_, refused) = preview(&mut ann, other);
    says(&refused, "Would be refused");
    assert!(!refused.text().contains("The feed adds"), "its signature was not looked at: {}", refused.text());
}

#[test]
fn an_upload_of_somebody_else_is_not_there_and_none_outlives_the_server() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let (path, _) = preview(&mut ann, core());
    let mut bob = signed_in(&feed, "bob");
    for deed in ["", "/publish", "/discard", "/judge"] {
        let answer = if deed.is_empty() { bob.get(&path) } else { bob.post(&format!("{path}{deed}"), &[]) };
        assert_eq!(answer.status, 404, "{deed}: {}", answer.text());
        says(&answer, "This upload is not here any more");
    }
    assert_eq!(Visitor::of(&feed).get(&path).status, 303, "a stranger signs in first");
    assert_eq!(ann.get(&path).status, 200);
    assert_eq!(feed.rows("version"), 0);

    feed.kill();
    assert_eq!(feed.spooled().len(), 1);
    feed.restart();
    assert!(feed.spooled().is_empty(), "what a stopped server left is removed at the start");
    let gone = ann.get(&path);
    assert_eq!(gone.status, 404, "{}", gone.text());
    says(&gone, "Upload it again");
}

#[test]
fn an_old_sign_in_gives_its_password_before_anything_is_published() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let (path, _) = preview(&mut ann, core());
    sql(&feed, "UPDATE session SET password_at = password_at - 3600");
    let publish = format!("{path}/publish");
    let asked = ann.post(&publish, &[]);
    assert_eq!(asked.status, 403, "{}", asked.text());
    says(&asked, "Confirm that it is you");
    assert_eq!(feed.rows("version"), 0);
    let wrong = ann.post(&publish, &[("confirm_password", "a wrong password")]);
    assert_eq!((wrong.status, feed.rows("version")), (403, 0), "{}", wrong.text());
    says(&ann.submit(&publish, &[("confirm_password", &password_of("ann"))]), "is published");
}

#[test]
fn an_old_sign_in_loses_nothing_of_what_it_uploads() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    sql(&feed, "UPDATE session SET password_at = password_at - 3600");
    let sent = send(&mut ann, "a.nupkg", &core());
    let path = sent.location.clone().unwrap_or_else(|| panic!("{}", sent.text()));
    // Whoever only looks is asked for nothing, and leaves no verdict.
    let shown = ann.get(&path);
    says(&shown, "Not checked yet");
    assert_eq!((shown.status, feed.rows("verdict")), (200, 0));
    let judge = format!("{path}/judge");
    let asked = ann.post(&judge, &[]);
    assert_eq!((asked.status, feed.rows("verdict")), (403, 0), "{}", asked.text());
    says(&asked, "Confirm that it is you");
    says(&ann.submit(&judge, &[("confirm_password", &password_of("ann"))]), "would be accepted");
    assert_eq!(feed.rows("verdict"), 1);
}

#[test]
fn a_disabled_account_sees_and_publishes_nothing_more() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let (path, _) = preview(&mut ann, core());
    ann.csrf(&path);
    feed.assay(&["account", "disable", "ann"]).succeeded();
    for answer in [ann.get(&path), ann.post(&format!("{path}/publish"), &[]), send(&mut ann, "a.nupkg", &core())] {
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert!(answer.location.as_deref().is_some_and(|to| to.starts_with("sign-in")), "{answer:?}");
    }
    assert_eq!(feed.rows("version"), 0);
}

#[test]
fn an_account_has_five_that_wait_and_is_told_so_before_a_sixth_is_read() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    for number in 1..=5 {
        preview(&mut ann, package("Contoso.Core", &format!("1.0.{number}")).bytes());
    }
    let sixth = send(&mut ann, "a.nupkg", &core());
    assert_eq!(sixth.status, 422, "{}", sixth.text());
    says(&sixth, "5 of your uploads wait already");
    says(&sixth, "5 uploads of yours wait");
    assert_eq!(feed.spooled().len(), 5);
    let mut bob = signed_in(&feed, "bob");
    preview(&mut bob, package("Fabrikam.Core", "1.0.0").bytes());
}

#[test]
fn where_everyone_must_enrol_nobody_sends_a_package_in_vain() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    ann.csrf(UPLOAD);
    feed.assay(&["policy", "set", "second_factor", "everyone"]).succeeded();
    let closed = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(50));
        ann.get(UPLOAD).status == 403
    });
    assert!(closed, "the change is not in force");
    says(&ann.get(UPLOAD), "Your account has no second factor yet");
    let sent = send(&mut ann, "a.nupkg", &core());
    assert_eq!(sent.status, 403);
    says(&sent, "Your account has no second factor yet");
    assert!(feed.spooled().is_empty());
}

/// The head and the body of a form with a package, as browsers send it.
fn raw(visitor: &mut Visitor<'_>, parts: &[(&str, &str)]) -> (String, String) {
    let token = visitor.csrf(UPLOAD);
    let parts = parts.iter().map(|(disposition, value)| {
        let value = if *value == "TOKEN" { token.as_str() } else { value };
        format!("--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n")
    });
    let body = format!("{}--x--\r\n", parts.collect::<String>());
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-assay={}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n\r\n",
        visitor.secret(),
        body.len()
    );
    (head, body)
}

const TOKEN: (&str, &str) = ("name=\"csrf\"", "TOKEN");

#[test]
fn the_token_comes_first_and_nothing_is_spooled_before_it_was_right() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let file = ("name=\"package\"; filename=\"a.nupkg\"", "PK");
    for parts in [
        vec![file, TOKEN],
        vec![("name=\"for\"", "ann"), TOKEN, file],
        vec![("name=\"csrf\"", "another"), file],
        vec![("name=\"csrf\"; filename=\"x\"", "TOKEN"), file],
        vec![file],
        vec![],
    ] {
        let (head, body) = raw(&mut ann, &parts);
        let mut connection = feed.connect();
        connection.send(head.as_bytes()).unwrap();
        connection.send(body.as_bytes()).unwrap();
        let answer = connection.answer(false).unwrap();
        assert_eq!(answer.status, 403, "{parts:?}: {}", answer.text());
        assert!(answer.text().contains("The form has expired"), "{}", answer.text());
    }
    assert!(feed.spooled().is_empty());

    // A file that is still on its way when the token was wrong is never begun.
    let (head, _) = raw(
        &mut ann,
        &[("name=\"csrf\"", "another"), ("name=\"package\"; filename=\"a.nupkg\"", &"x".repeat(3_000_000))],
    );
    let mut connection = feed.connect();
    let begun = "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nanother\r\n--x\r\nContent-Disposition: form-data; name=\"package\"; filename=\"a.nupkg\"\r\n\r\nPK";
    connection.send(format!("{head}{begun}").as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(700));
    assert!(feed.spooled().is_empty());
}

#[test]
fn a_form_that_is_none_is_told_so() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let plain = ann.post(UPLOAD, &[("for", "ann")]);
    assert_eq!(plain.status, 400, "{}", plain.text());
    says(&plain, "The form could not be read");
    let cookie = format!("__Host-assay={}", ann.secret());
    for (kind, body) in [
        ("multipart/form-data", "--x--"),
        ("multipart/form-data; boundary=y", "--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n"),
    ] {
        let request = Request::new("POST", "/upload").header("Cookie", &cookie).header("Content-Type", kind).body(body);
        let answer = feed.ask(&request);
        assert!(matches!(answer.status, 400 | 403), "{kind}: {}", answer.text());
    }
    let (token, many) = (ann.csrf(UPLOAD), vec![("a", "b"); 20]);
    assert!(!token.is_empty());
    assert_eq!(ann.upload(UPLOAD, &many, &[("package", "a.nupkg", &core())]).status, 400);
    assert_eq!(ann.upload(UPLOAD, &[("for", &"a".repeat(5000))], &[("package", "a.nupkg", &core())]).status, 400);
    assert!(feed.spooled().is_empty());
}

#[test]
fn the_name_of_a_file_is_shown_and_never_a_path() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    for (told, shown) in [
        ("../../assay.db", "assay.db"),
        ("..\\..\\evil.nupkg", "evil.nupkg"),
        ("/etc/passwd", "passwd"),
        ("<script>alert(1)</script>", "script&gt;"),
        ("pkg\u{202e}gpj.nupkg", "pkg\\u{202e}gpj.nupkg"),
    ] {
        let sent = send(&mut ann, told, &core());
        let path = sent.location.clone().unwrap_or_else(|| panic!("{told}: {}", sent.text()));
        let page = ann.get(&path);
        assert!(page.html.contains(shown), "{told}: {}", page.text());
        assert!(!page.html.contains("<script>alert") && !page.html.contains("../"), "{told}");
        assert_eq!(ann.post(&format!("{path}/discard"), &[]).status, 303);
    }
    assert!(feed.data().join("assay.db").is_file() && feed.is_serving());
}

#[test]
fn a_connection_that_is_cut_leaves_nothing_and_keeps_no_place() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let noise = "x".repeat(2_000_000);
    for _ in 0..6 {
        let (head, body) = raw(&mut ann, &[TOKEN, ("name=\"package\"; filename=\"a.nupkg\"", &noise)]);
        let mut connection = feed.connect();
        connection.send(head.as_bytes()).unwrap();
        connection.send(&body.as_bytes()[..1_500_000]).unwrap();
        thread::sleep(Duration::from_millis(100));
    }
    let gone = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(100));
        feed.spooled().is_empty()
    });
    assert!(gone, "{:?}", feed.spooled());
    preview(&mut ann, core());
}

#[test]
fn a_slow_form_loses_its_right_when_the_session_ends_meanwhile() {
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let (head, body) = raw(&mut ann, &[TOKEN, ("name=\"package\"; filename=\"a.nupkg\"", "PK and so on")]);
    let mut connection = feed.connect();
    connection.send(head.as_bytes()).unwrap();
    connection.send(&body.as_bytes()[..body.len() - 20]).unwrap();
    thread::sleep(Duration::from_millis(300));
    sql(&feed, "DELETE FROM session");
    connection.send(&body.as_bytes()[body.len() - 20..]).unwrap();
    let answer = connection.answer(false).unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(answer.header("location").unwrap().contains("sign-in"));
    assert!(feed.spooled().is_empty());
}

#[test]
fn a_form_that_stops_is_told_so_after_a_minute() {
    if !environment::long("a form with a package that stops") {
        return;
    }
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let (head, body) = raw(&mut ann, &[TOKEN, ("name=\"package\"; filename=\"a.nupkg\"", "PK and so on")]);
    let mut connection = feed.connect();
    let began = Instant::now();
    connection.send(head.as_bytes()).unwrap();
    connection.send(&body.as_bytes()[..body.len() - 20]).unwrap();
    let answer = connection.answer(false).unwrap();
    assert_eq!(answer.status, 408, "{}", answer.text());
    assert!(answer.text().contains("took too long to arrive"), "{}", answer.text());
    assert!(began.elapsed() < Duration::from_secs(200));
    assert!(feed.spooled().is_empty());
}

#[test]
fn memory_does_not_grow_with_an_uploaded_package() {
    if !environment::long("an upload of 150 MB beside the server's memory") {
        return;
    }
    let feed = Feed::start();
    let mut ann = signed_in(&feed, "ann");
    let (small, _) = preview(&mut ann, package("Contoso.Small", "1.0.0").bytes());
    assert_eq!(ann.post(&format!("{small}/publish"), &[]).status, 303);
    let before = feed.own_memory();
    let large = package("Contoso.Large", "1.0.0").size(150_000_000).bytes();
    let done = std::sync::atomic::AtomicBool::new(false);
    let peak = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                peak = peak.max(feed.own_memory());
                thread::sleep(Duration::from_millis(10));
            }
            peak
        });
        let (path, _) = preview(&mut ann, &large);
        let published = ann.post(&format!("{path}/publish"), &[]);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(published.status, 303, "{}", published.text());
        watch.join().unwrap()
    });
    assert!(peak - before < 60_000_000, "from {before} to {peak} bytes");
}
