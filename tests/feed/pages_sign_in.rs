//! Signing in on the pages: who is let through while strangers guess, what is left of an earlier session, where one ends up,
//! and how new passwords are stored.

use crate::support::pages::password_of;
use crate::support::{Feed, Request, Visitor};

const NEW: &str = "five other words for a lock";

fn is_signed_in(visitor: &mut Visitor<'_>) -> bool {
    visitor.get("account").status == 200
}

/// A link printed on the command line, as a path below the public URL.
fn link(feed: &Feed, arguments: &[&str]) -> String {
    let printed = feed.assay(arguments).succeeded();
    feed.target(printed.trim()).trim_start_matches('/').to_owned()
}

#[test]
fn whoever_signs_in_with_a_code_leaves_no_earlier_session_behind() {
    let feed = Feed::start();
    feed.account("ann");
    feed.account("bob");
    let (mut phone, _) = Visitor::of(&feed).sign_in("bob").enrol("bob");
    let mut browser = Visitor::of(&feed);
    browser.sign_in("ann");
    let mut thief = browser.clone();
    assert!(is_signed_in(&mut thief));
    assert_eq!(browser.sign_in("bob").post("sign-in/code", &[("code", &phone.code())]).status, 303);
    assert!(browser.get("account").inside("h1")[0].contains("bob"));
    assert!(!is_signed_in(&mut thief), "the cookie of ann, who sat there before, is dead");
}

#[test]
fn a_page_whose_query_has_a_star_is_come_back_to() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    let asked = ann.get("?q=Contoso.*");
    assert_eq!(asked.location.as_deref(), Some("sign-in?return_to=%3Fq%3DContoso%2E%2A"));
    let form = ann.follow(&asked);
    assert!(form.html.contains("name=\"return_to\" value=\"?q=Contoso.*\""), "{}", form.html);
    let password = password_of("ann");
    let fields = [("name", "ann"), ("password", password.as_str()), ("return_to", "?q=Contoso.*")];
    assert_eq!(ann.post("sign-in", &fields).location.as_deref(), Some("?q=Contoso.*"));
}

/// Strangers have a hundred tries an hour at an account, wherever they sit. The browser of its owner has its own.
#[test]
fn a_known_browser_still_signs_in_while_strangers_have_used_up_the_account_s_tries() {
    let feed = Feed::with().behind_proxy("https://feed.example").start();
    let ann = feed.account("ann");
    let mut known = Visitor::of(&feed).at_address("203.0.113.200");
    known.sign_in("ann");
    assert_eq!(known.post("sign-out", &[]).status, 303);
    let basic = |secret: &str, client: &str| {
        let request = Request::get("/v3/index.json").basic("ann", secret).header("X-Forwarded-For", client);
        feed.ask(&request).status
    };
    let guessed = |number: u32| basic(&format!("guess number {number}"), &format!("198.51.100.{number}"));
    let tries = (0..200).take_while(|number| guessed(*number) != 429).count();
    assert!((90..=130).contains(&tries), "{tries}");
    assert_eq!(basic(&ann.password, "192.0.2.1"), 429, "a stranger waits even with the right password");
    let password = password_of("ann");
    let mut stranger = Visitor::of(&feed).at_address("192.0.2.2");
    assert_eq!(stranger.try_password("ann", &password).status, 429, "on the page too");
    // From another address than before: it is the browser that is known.
    let mut known = known.at_address("192.0.2.3");
    let let_in = known.try_password("ann", &password);
    assert_eq!(let_in.status, 303, "{}", let_in.text());
    assert!(is_signed_in(&mut known));
}

/// The work that the stored hash of `name` says.
fn work(feed: &Feed, name: &str) -> String {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(feed.data().join("assay.db"), flags).expect("the database");
    let hash: String = database
        .query_row("SELECT password_hash FROM account WHERE name = ?1", [name], |row| row.get(0))
        .expect("a stored hash");
    hash.split('$').nth(3).expect("parameters").to_owned()
}

#[test]
fn every_new_password_is_hashed_with_the_work_that_the_settings_say() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("assay.toml"), "[passwords]\nmemory_kib = 9216\npasses = 1\n").unwrap();
    let feed = Feed::with().data(&data).start();
    let set = "m=9216,t=1,p=1";
    let setup = std::fs::read_to_string(data.join("setup-link")).unwrap();
    let setup = feed.target(setup.trim()).trim_start_matches('/').to_owned();
    let chosen = [("new_password", NEW), ("new_password_again", NEW)];
    let first = [[("name", "grace"), ("email", "")], chosen].concat();
    assert_eq!(Visitor::of(&feed).post(&setup, &first).status, 303);
    assert_eq!(work(&feed, "grace"), set, "the first administrator");
    feed.account("ann");
    assert_eq!(work(&feed, "ann"), set, "by the command line");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let current = password_of("ann");
    let change = [[("password", current.as_str())].as_slice(), &chosen].concat();
    assert_eq!(ann.post("account/security/password", &change).status, 303);
    assert_eq!(work(&feed, "ann"), set, "by its holder");
    let reset = link(&feed, &["account", "reset-password", "ann", "--link"]);
    assert_eq!(ann.post(&reset, &chosen).status, 303);
    assert_eq!(work(&feed, "ann"), set, "by a link");
}

#[test]
fn a_password_made_of_the_feed_s_host_name_is_refused_on_the_command_line_too() {
    let feed = Feed::with().behind_proxy("https://packages.contoso.example").start();
    let create = |name: &str, password: &str| {
        feed.assay_with_input(&["account", "create", name, "--password-stdin"], &format!("{password}\n"))
    };
    create("ann", "Contoso-2026!").failed_saying("the feed's host name");
    create("ann", NEW).succeeded();
    let reset = ["account", "reset-password", "ann", "--password-stdin"];
    feed.assay_with_input(&reset, "Contoso-2026!\n").failed_saying("the feed's host name");
    // What stands in the settings counts before the server has ever run.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("assay.toml"), "public_url = \"https://packages.fabrikam.example\"\n").unwrap();
    let create = ["account", "create", "bob", "--password-stdin"];
    crate::support::cli::run(&create, folder.path(), "Fabrikam-2026!\n").failed_saying("the feed's host name");
}

/// A form that stands in a tab while another one signs out: with the token that it was made with.
fn send_after_signing_out(browser: &mut Visitor<'_>, path: &str, page: Option<&str>) -> String {
    let token = browser.csrf("account");
    assert_eq!(browser.post("sign-out", &[]).status, 303);
    if let Some(page) = page {
        browser.coming_from(page);
    }
    let sent = browser.post_raw(path, &[("csrf", &token), ("name", "typed for a long time")]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    sent.location.unwrap()
}

#[test]
fn what_was_sent_after_a_sign_out_in_another_tab_is_told_of_and_one_is_back_at_its_form() {
    let feed = Feed::start();
    feed.account("ann");
    let (before, password) = (feed.rows("api_key"), password_of("ann"));
    for (path, page, back) in [
        ("account/organizations", Some("account/organizations"), "account/organizations"),
        ("account/keys/new", Some("account/keys/new?like=7"), "account/keys/new?like=7"),
        ("account/email", Some("account"), "account"),
        ("account/keys/new", None, "account/keys/new"),
    ] {
        let mut ann = Visitor::of(&feed);
        ann.sign_in("ann");
        let led = send_after_signing_out(&mut ann, path, page);
        let asked = ann.get(&led);
        assert!(asked.text().contains("What you sent was not taken"), "{path}: {}", asked.text());
        let fields = [("name", "ann"), ("password", password.as_str()), ("return_to", back), ("unsent", "yes")];
        for (name, value) in &fields[2..] {
            let field = format!("name=\"{name}\" value=\"{value}\"");
            assert!(asked.html.contains(&field), "{field} in {}", asked.html);
        }
        let signed_in = ann.post("sign-in", &fields);
        assert_eq!(signed_in.location.as_deref(), Some(back));
        let told = "What you sent before you signed in was not taken, and nothing was changed. Send it once more.";
        assert!(ann.follow(&signed_in).text().contains(told), "{path}");
        assert!(!ann.get(back).text().contains(told), "once");
    }
    assert_eq!(feed.rows("api_key"), before);
}

#[test]
fn whoever_only_opens_a_page_is_told_of_nothing_lost_and_a_code_in_between_loses_no_word() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    let asked = ann.get("account/keys/new");
    assert_eq!(asked.location.as_deref(), Some("sign-in?return_to=account%2Fkeys%2Fnew"));
    assert!(!ann.follow(&asked).text().contains("not taken"));
    let (mut phone, _) = ann.sign_in("ann").enrol("ann");
    let led = send_after_signing_out(&mut ann, "account/keys/new", Some("account/keys/new"));
    assert_eq!(led, "sign-in?return_to=account%2Fkeys%2Fnew&unsent=yes");
    let password = password_of("ann");
    let onward = [("return_to", "account/keys/new"), ("unsent", "yes")];
    let half = ann.post("sign-in", &[[("name", "ann"), ("password", &password)], onward].concat());
    assert_eq!(half.location.as_deref(), Some("sign-in/code?return_to=account%2Fkeys%2Fnew&unsent=yes"));
    let code = phone.code();
    let signed_in = ann.post("sign-in/code", &[[("code", code.as_str())].as_slice(), &onward].concat());
    assert_eq!(signed_in.location.as_deref(), Some("account/keys/new"));
    assert!(ann.follow(&signed_in).text().contains("was not taken, and nothing was changed"));
}

#[test]
fn whoever_lost_the_phone_is_helped_at_the_code_and_may_start_again() {
    let feed = Feed::start();
    feed.account("ann");
    feed.account("bob");
    Visitor::of(&feed).sign_in("ann").enrol("ann");
    let mut half = Visitor::of(&feed);
    half.sign_in("ann");
    let page = half.get("sign-in/code?return_to=account");
    for text in ["Use a recovery code", "ask an administrator of this server for a link"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    let again = half.post("sign-out", &[("return_to", "account")]);
    assert_eq!(again.location.as_deref(), Some("sign-in?return_to=account"));
    assert_eq!(half.get("sign-in/code").location.as_deref(), Some("sign-in"), "nothing waits for a code");
    half.sign_in("bob");
    assert!(is_signed_in(&mut half));
}

#[test]
fn a_wrong_recovery_code_is_not_put_down_to_the_clock_of_a_phone() {
    let feed = Feed::start();
    feed.account("ann");
    Visitor::of(&feed).sign_in("ann").enrol("ann");
    let mut half = Visitor::of(&feed);
    half.sign_in("ann");
    for (code, clock) in [("0123-4567-zyxw-vtsr", false), ("0123-4567-zyxw-vts", false), ("000 000", true)] {
        let wrong = half.post("sign-in/code", &[("code", code)]);
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.text().contains("clock of your phone"), clock, "{code}: {}", wrong.text());
        assert_eq!(wrong.text().contains("recovery code is wrong, or was used before"), !clock, "{code}");
    }
}
