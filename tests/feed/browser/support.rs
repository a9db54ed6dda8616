//! The browser of the tests does what a person would do, and says what is there when something is not.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crate::support::browser::look;
use crate::support::{Browser, Feed, environment};

/// A page beside this file, as an address.
fn page(name: &str) -> String {
    format!("file://{}/tests/feed/browser/{name}", environment::repository().display())
}

/// What a failure says.
fn failure(of: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(of)).expect_err("a failure");
    panic.downcast_ref::<String>().expect("a sentence").clone()
}

#[test]
fn fields_are_found_by_their_labels_and_buttons_by_their_text() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    ann.open(&page("form.html"));
    assert_eq!(ann.heading(), "A page of the tests");
    ann.type_into("Account name", "ann");
    ann.type_into("Password", "a long password");
    ann.type_into("Comment", "new");
    ann.choose("Role", "Administrator");
    ann.choose("Expires", "in 90 days");
    ann.tick("Push new packages");
    ann.tick("Unlist");
    ann.untick("Push new packages");
    ann.type_into("Until", "2026-11-28");
    ann.upload("Certificate file", &environment::repository().join("Cargo.toml"));
    assert!(ann.is_ticked("Unlist") && !ann.is_ticked("Push new packages"));
    assert_eq!(ann.value_of("Account name"), "ann");
    ann.click("Sign in");
    ann.is_at(&page(
        "form.html?account=ann&password=a+long+password&comment=new&role=a&expires=90&unlist=yes&until=2026-11-28&file=Cargo.toml",
    ));

    ann.go_back();
    ann.within("ci").click("Revoke");
    ann.is_at(&page("form.html?revoked=ci"));
}

#[test]
fn a_name_that_stands_twice_needs_the_place_to_be_said() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    ann.open(&page("form.html"));
    let said = failure(|| ann.within("Keys").click("Revoke"));
    assert!(said.contains("the button or link `Revoke` within `Keys`: there are 2 of them"), "{said}");
    // The link in the header is called so too; the form's button is nearer.
    ann.click("Sign in");
    assert!(ann.path().contains("account="), "{}", ann.path());
    ann.within("Main").click("Sign in");
    ann.is_at(&page("form.html?nav"));
}

#[test]
fn what_is_missing_is_told_with_what_is_there() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    ann.open(&page("form.html"));

    let said = failure(|| ann.type_into("User", "ann"));
    let there = "the browser of ann looks for the field `User`: there is `Account name`, `Password at least 12 characters`, `Comment`, `Role`, ";
    assert!(said.starts_with(there), "{said}");
    let said = failure(|| ann.click("Sign on"));
    assert!(said.contains("`Sign on`: there is `Sign in`, `Revoke ci`, `Revoke`\n--- at file://"), "{said}");
    let said = failure(|| ann.choose("Role", "Owner"));
    assert!(said.contains("`Owner` of `Role`: there is `Collaborator`, `Administrator`"), "{said}");
    let said = failure(|| ann.within("ci-3").click("Revoke"));
    assert!(said.contains("within `ci-3`: there is no such part"), "{said}");
    assert!(!ann.offers("Sign on") && ann.offers("Sign in"));
    let said = failure(|| ann.does_not_see("assay_ABC"));
    assert!(said.contains("should not see `assay_ABC`"), "{said}");
    let picture = said.split_once("(see ").unwrap().1.split_once(')').unwrap().0;
    assert!(std::fs::read(picture).unwrap().starts_with(b"\x89PNG"), "{picture}");
}

#[test]
fn texts_are_seen_where_they_stand() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    ann.open(&page("form.html"));
    ann.sees("push NEW packages");
    ann.within("Account").does_not_see("assay_abc");
    ann.within("Keys").sees("assay_abc");
    ann.within("ci-2").does_not_see("assay_abc");
    assert_eq!(ann.word_beginning("assay_"), "assay_abc");
    assert_eq!(ann.texts_of("code"), ["assay_abc", "assay_def"]);
}

#[test]
fn the_keyboard_alone_is_enough() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    ann.open(&page("form.html"));
    ann.press("Tab");
    assert_eq!(ann.focused(), "Sign in");
    ann.press("Tab");
    assert_eq!(ann.focused(), "Account name");
    ann.press("x");
    ann.press("Shift+Tab");
    ann.press("Enter");
    ann.is_at(&page("form.html?nav"));
}

#[test]
fn two_people_have_two_browsers_in_front_of_one_feed() {
    let feed = Feed::start();
    let Some(ann) = Browser::of("ann", &feed) else { return };
    let Some(bob) = Browser::of("bob", &feed) else { return };
    ann.open("/healthz?ann");
    bob.open("/healthz?bob");
    assert_eq!((ann.path(), bob.path()), ("/healthz?ann".to_owned(), "/healthz?bob".to_owned()));
    // Another port is no other feed.
    feed.restart();
    bob.open("/healthz?again");
    assert_eq!(bob.path(), "/healthz?again");
}

#[test]
fn scripts_can_be_turned_off() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    let ann = ann.without_javascript();
    ann.open(&page("scripted.html"));
    ann.sees("no script");
    ann.reload();
    ann.does_not_see("a script ran");
    let Some(bob) = Browser::without_feed("bob") else { return };
    bob.open(&page("scripted.html"));
    bob.sees("a script ran");
}

#[test]
fn a_page_that_says_no_is_no_error_and_a_file_that_is_missing_is_one() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = format!("http://localhost:{}", server.local_addr().unwrap().port());
    thread::spawn(move || {
        for visitor in server.incoming() {
            let mut visitor = visitor.unwrap();
            _ = visitor.read(&mut [0; 4096]);
            let page = "<link rel=icon href='data:,'><link rel=stylesheet href=missing.css><h1>No</h1>";
            let head = "HTTP/1.1 422 Unprocessable Content\r\nContent-Type: text/html\r\nConnection: close\r\n";
            _ = write!(visitor, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    ann.open(&format!("{home}/page#part"));
    assert_eq!(ann.heading(), "No");
    let errors = ann.console_errors();
    assert!(errors.len() == 1 && errors[0].starts_with(&format!("{home}/missing.css - Failed to load")), "{errors:?}");
    assert_eq!(ann.console_errors(), [""; 0], "each is told once");
}

#[test]
fn errors_in_the_console_fail_a_test() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    ann.open(&page("broken.html"));
    let said = failure(|| drop(ann));
    assert!(said.contains("has errors in its console") && said.contains("Content Security Policy"), "{said}");
}

#[test]
fn no_other_host_is_reached() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    let said = failure(|| ann.open("http://example.com/"));
    assert!(said.contains("should open http://example.com/") && said.contains("ERR_NAME_NOT_RESOLVED"), "{said}");
    _ = ann.console_errors();
}

#[test]
fn a_good_page_has_nothing_to_complain_of_and_its_pictures_are_of_four_kinds() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    let form = page("form.html");
    look::at(&ann, &[("test-form", &form)]);
    let picture =
        |name: &str| std::fs::read(environment::target().join(format!("screens/test-form-{name}.png"))).unwrap();
    let size = |png: &[u8]| u32::from_be_bytes(png[16..20].try_into().unwrap());
    assert_eq!((size(&picture("wide-light")), size(&picture("narrow-dark"))), (1280, 360));
    assert_ne!(picture("wide-light"), picture("wide-dark"));
}

#[test]
fn a_bad_page_is_told_everything_that_is_wrong_with_it() {
    let Some(ann) = Browser::without_feed("ann") else { return };
    ann.open(&page("broken.html"));
    ann.resize(360, 800);
    assert!(ann.has_horizontal_scrollbar());
    let wrong = look::at_this(&ann, "broken").join("\n");
    for complaint in [
        "broken: the page does not say its language",
        "broken: the page has no title",
        "broken: there is no viewport",
        "broken: there are 0 main elements",
        "broken: there are 2 h1 instead of one",
        "broken: a heading jumps from level 1 to 3 (1.3.1): <h3>",
        "broken: the id twice is there twice",
        "broken: for names nowhere, which is not there",
        "broken: a link leads to a part that is not there",
        "broken: a field has no label (1.3.1): <input name=\"bare\">",
        "broken: a field does not say what fills it",
        "broken: a group of fields has no legend",
        "broken: a button or link has no text (4.1.2): <button>",
        "broken: a picture has no alt (1.1.1): <img",
        "broken: a table has no th",
        "broken: the last 100 pixels of a table are out of sight: <table",
        "broken: nothing shows that the keyboard is here (2.4.7): <a",
        "broken (wide light, narrow light): a contrast of",
        "broken (narrow light, narrow dark): the page is 600 pixels wide and scrolls sideways (1.4.10): <pre",
        "broken: console: ",
    ] {
        assert!(wrong.contains(complaint), "should complain `{complaint}`:\n{wrong}");
    }
    assert!(failure(|| look::at(&ann, &[("moved", &page("moved.html"))])).contains("moved.html leads to"));
}
