//! The first minutes of a server: the link that makes the first administrator, and where it leads.

use std::os::unix::fs::PermissionsExt;

use crate::support::pages::Shown;
use crate::support::{Feed, Visitor};

const PASSWORD: &str = "four words picked at random";

/// The link in the data folder, as a path below the public URL.
fn setup_link(feed: &Feed) -> String {
    let url = std::fs::read_to_string(feed.data().join("setup-link")).expect("the file with the set-up link");
    feed.target(url.trim()).trim_start_matches('/').to_owned()
}

fn create(visitor: &mut Visitor<'_>, link: &str, name: &str) -> Shown {
    visitor.post(
        link,
        &[("name", name), ("new_password", PASSWORD), ("new_password_again", PASSWORD), ("email", "grace@example.com")],
    )
}

#[test]
fn the_first_administrator_comes_by_a_link_that_only_the_owner_of_the_folder_can_read() {
    let feed = Feed::start();
    let file = feed.data().join("setup-link");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let link = setup_link(&feed);
    let token = link.strip_prefix("welcome/").unwrap();
    assert!(feed.log().contains("setup-link") && !feed.log().contains(token), "{}", feed.log());
    let home = feed.source();
    let port = home.strip_prefix("https://localhost:").and_then(|rest| rest.split('/').next()).unwrap();
    for said in [
        "clients on other machines can't reach `localhost`: set --public-url",
        &format!("ssh -L {port}:localhost:{port}"),
    ] {
        assert!(feed.log().contains(said), "{said}: {}", feed.log());
    }
    let stored = std::fs::read(feed.data().join("assay.db")).unwrap();
    let wal = std::fs::read(feed.data().join("assay.db-wal")).unwrap_or_default();
    assert!([stored, wal].iter().all(|bytes| !bytes.windows(token.len()).any(|part| part == token.as_bytes())));

    let mut grace = Visitor::of(&feed);
    for _ in 0..2 {
        let page = grace.get(&link);
        assert_eq!(page.status, 200, "loading the page uses nothing up: {}", page.text());
    }
    let before = grace.secret().to_owned();
    let created = create(&mut grace, &link, "grace");
    assert_eq!((created.status, created.location.as_deref()), (303, Some("welcome?step=2")), "{}", created.text());
    assert_ne!(grace.secret(), before, "a session has a new token");
    assert!(!file.exists(), "the link is dead, so its file goes");
    assert_eq!(feed.rows("one_time_link"), 0);

    let second = grace.get("welcome?step=2");
    assert!(second.text().contains("Guard your account") && second.text().contains("administration pages stay closed"));
    assert!(second.targets().contains(&"account/security/second-factor?return_to=welcome%3Fstep%3D3".to_owned()));
    let third = grace.get("welcome?step=3");
    assert!(
        third.text().contains("codesignctl.pem")
            && third.targets().contains(&"admin/trust/add?return_to=welcome%3Fstep%3D4".to_owned())
    );
    let fourth = grace.get("welcome?step=4");
    assert!(fourth.text().contains(&feed.source()), "{}", fourth.text());
    assert!(fourth.text().contains("assay certificate add --account grace"), "{}", fourth.text());
    for target in ["admin/accounts", "account/organizations", "account/keys"] {
        assert!(fourth.targets().contains(&target.to_owned()), "{target}");
    }
    for page in [second, third, fourth] {
        let (_, content) = page.html.split_once("<main").expect("the content");
        for target in content.split(" href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next()) {
            let status = grace.get(target).status;
            assert!([200, 303, 403].contains(&status), "`{target}` leads to {status}");
        }
    }
    let account = grace.get("account").text();
    assert!(account.contains("grace@example.com") && account.contains("Not confirmed"), "{account}");
}

#[test]
fn a_used_link_and_one_that_never_was_are_answered_alike() {
    let feed = Feed::start();
    let link = setup_link(&feed);
    assert_eq!(create(&mut Visitor::of(&feed), &link, "grace").status, 303);
    let mut mallory = Visitor::of(&feed);
    let accounts = feed.rows("account");
    let never = format!("welcome/{}", "A".repeat(43));
    let expected = (404, mallory.get(&never).text());
    assert!(expected.1.contains("good no longer") && expected.1.contains("assay account setup-link"));
    for dead in [link.as_str(), "welcome/x", "welcome/..", "reset/x", &link.replace("welcome", "reset")] {
        let shown = mallory.get(dead);
        assert_eq!((shown.status, shown.text()), expected, "{dead}");
        let sent = create(&mut mallory, dead, "mallory");
        assert_eq!((sent.status, sent.text()), expected, "{dead}");
    }
    assert_eq!(feed.rows("account"), accounts);
}

#[test]
fn a_form_with_mistakes_is_shown_again_and_the_link_stays_good() {
    let feed = Feed::start();
    feed.account("taken");
    let link = setup_link(&feed);
    let mut grace = Visitor::of(&feed);
    for (name, password, again, email, said) in [
        ("grace hopper", PASSWORD, PASSWORD, "", "an account name consists of"),
        ("taken", PASSWORD, PASSWORD, "", "an account `taken` exists"),
        ("grace", "short", "short", "", "at least 12 characters"),
        ("grace", "passwordpassword", "passwordpassword", "", "commonest"),
        ("grace", "gracegracegrace", "gracegracegrace", "", "made of the account"),
        ("grace", PASSWORD, "something else entirely", "", "differ"),
        ("grace", PASSWORD, PASSWORD, "nowhere", "no e-mail address"),
    ] {
        let fields = [("name", name), ("new_password", password), ("new_password_again", again), ("email", email)];
        let shown = grace.post(&link, &fields);
        assert_eq!(shown.status, 422, "{fields:?}");
        assert!(
            shown.text().to_lowercase().contains(&said.replace('`', "").to_lowercase()),
            "{said}: {}",
            shown.text()
        );
        assert!(shown.html.contains(&format!("value=\"{name}\"")), "what was typed stays: {name}");
        assert!(!shown.html.contains(&format!("value=\"{password}\"")), "a password is never sent back");
    }
    assert_eq!(create(&mut grace, &link, "grace").status, 303);
}

#[test]
fn a_new_link_replaces_the_old_and_all_die_with_the_first_administrator() {
    let feed = Feed::start();
    let first = setup_link(&feed);
    let printed = feed.assay(&["account", "setup-link"]).succeeded();
    assert_eq!(printed.lines().count(), 1, "the link and nothing else: {printed}");
    assert!(!feed.data().join("setup-link").exists(), "the link in the file is dead");
    let second = feed.target(&printed).trim_start_matches('/').to_owned();
    let mut visitor = Visitor::of(&feed);
    assert_eq!((visitor.get(&first).status, visitor.get(&second).status), (404, 200));
    feed.restart();
    let third = setup_link(&feed);
    assert_eq!((visitor.get(&second).status, visitor.get(&third).status), (404, 200));

    feed.assay_with_input(&["account", "create", "grace", "--admin", "--password-stdin"], &format!("{PASSWORD}\n"))
        .succeeded();
    assert_eq!(visitor.get(&third).status, 404);
    assert!(!feed.data().join("setup-link").exists());
    feed.assay(&["account", "setup-link"]).failed_saying("there is an administrator");
    feed.restart();
    assert!(!feed.data().join("setup-link").exists());
    assert!(!feed.log().contains("no administrator yet"), "{}", feed.log());
}

#[test]
fn two_browsers_with_the_same_link_make_one_administrator() {
    let feed = Feed::start();
    let link = setup_link(&feed);
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let names = ["ann", "bob", "cid", "dan"];
        let tries = names.map(|name| {
            let (feed, link) = (&feed, &link);
            scope.spawn(move || create(&mut Visitor::of(feed), link, name).status)
        });
        tries.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [303, 404].contains(status)), "{answers:?}");
    let listed = feed.assay(&["account", "list"]).succeeded();
    assert_eq!(listed.matches("administrator").count(), 1, "{listed}");
}

#[test]
fn without_an_address_no_link_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    crate::support::cli::run(&["account", "setup-link"], folder.path(), "").failed_saying("assay serve");
}

#[test]
fn only_administrators_are_led_through_the_first_steps() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    let stranger = ann.get("welcome");
    assert_eq!(stranger.location.as_deref(), Some("sign-in?return_to=welcome"), "{}", stranger.text());
    ann.sign_in("ann");
    assert_eq!(ann.get("welcome?step=3").location.as_deref(), Some("account"));
}
