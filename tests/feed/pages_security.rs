//! Signing in on the pages: sessions, second factors, resets, and what keeps others out.

use crate::support::pages::{Shown, password_of};
use crate::support::{Feed, Request, Visitor};

const NEW: &str = "five other words for a lock";

fn change_password(visitor: &mut Visitor<'_>, current: &str, new: &str) -> Shown {
    let fields = [("password", current), ("new_password", new), ("new_password_again", new)];
    visitor.post("account/security/password", &fields)
}

fn is_signed_in(visitor: &mut Visitor<'_>) -> bool {
    visitor.get("account").status == 200
}

/// A link printed on the command line, as a path below the public URL.
fn link(feed: &Feed, arguments: &[&str]) -> String {
    let printed = feed.assay(arguments).succeeded();
    assert_eq!(printed.lines().count(), 1, "the link and nothing else: {printed}");
    feed.target(&printed).trim_start_matches('/').to_owned()
}

#[test]
fn the_right_password_opens_a_session_and_nothing_else_does() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    assert_eq!(ann.get("account").location.as_deref(), Some("sign-in?return_to=account"));
    let wrong = ann.try_password("ann", "a wrong password");
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.text().contains("account name or the password is wrong"), "{}", wrong.text());
    let unknown = Visitor::of(&feed).try_password("nobody", "a wrong password");
    assert_eq!((unknown.status, unknown.text()), (wrong.status, wrong.text().replace("ann", "nobody")));
    assert!(!is_signed_in(&mut ann));
    ann.sign_in("ann");
    assert!(is_signed_in(&mut ann));
}

#[test]
fn a_cookie_that_was_planted_before_the_sign_in_is_worth_nothing_after_it() {
    let feed = Feed::start();
    feed.account("ann");
    let mut mallory = Visitor::of(&feed);
    mallory.get("sign-in");
    let planted = mallory.secret().to_owned();
    let mut ann = Visitor::of(&feed);
    ann.plant("__Host-assay", &planted);
    ann.sign_in("ann");
    assert_ne!(ann.secret(), planted);
    assert!(is_signed_in(&mut ann) && !is_signed_in(&mut mallory));
    // The same at the code: the half-open session's cookie does not become the whole one's.
    let (mut phone, _) = ann.enrol("ann");
    let mut half = Visitor::of(&feed);
    half.sign_in("ann");
    let half_open = half.secret().to_owned();
    assert!(!is_signed_in(&mut half));
    half.post("sign-in/code", &[("code", &phone.code())]);
    assert_ne!(half.secret(), half_open);
    let mut thief = Visitor::of(&feed);
    thief.plant("__Host-assay", &half_open);
    assert!(is_signed_in(&mut half) && !is_signed_in(&mut thief));
}

#[test]
fn cookies_are_for_this_host_over_tls_and_no_script_reads_them() {
    let feed = Feed::start();
    feed.account("ann");
    let shown = Visitor::of(&feed).post("sign-in", &[("name", "ann"), ("password", &password_of("ann"))]);
    let cookies = shown.set_cookies();
    assert_eq!(cookies.len(), 2, "the session's, and the one that a browser is known by: {cookies:?}");
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(attribute), "{attribute}: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[test]
fn a_form_without_its_token_changes_nothing() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let mut other = Visitor::of(&feed);
    let foreign = other.csrf("sign-in");
    let password = password_of("ann");
    let change = [("password", password.as_str()), ("new_password", NEW), ("new_password_again", NEW)];
    for token in [None, Some(""), Some(foreign.as_str())] {
        let mut fields: Vec<(&str, &str)> = token.into_iter().map(|token| ("csrf", token)).collect();
        fields.extend(change);
        let refused = ann.post_raw("account/security/password", &fields);
        assert_eq!(refused.status, 403, "{token:?}: {}", refused.text());
        for path in ["sign-out", "account/email", "account/security/sessions/end-others", "account/notices/read"] {
            assert_eq!(ann.post_raw(path, &[("csrf", token.unwrap_or_default())]).status, 403, "{path} with {token:?}");
        }
        assert_eq!(Visitor::of(&feed).post_raw("sign-in", &[("name", "ann"), ("password", &password)]).status, 403);
    }
    assert!(is_signed_in(&mut ann));
    Visitor::of(&feed).sign_in("ann");
}

#[test]
fn a_form_that_another_site_sends_is_refused_though_it_has_the_token() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let (token, cookie) = (ann.csrf("account"), format!("__Host-assay={}", ann.secret()));
    for (name, value) in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Origin", "null")] {
        let request = Request::new("POST", "/sign-out")
            .header("Cookie", &cookie)
            .header(name, value)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("csrf={token}"));
        assert_eq!(feed.ask(&request).status, 403, "{name}: {value}");
    }
    assert!(is_signed_in(&mut ann));
}

#[test]
fn a_second_factor_is_enrolled_with_the_password_and_told_to_every_session() {
    let feed = Feed::start();
    feed.account("ann");
    let (mut ann, mut elsewhere) = (Visitor::of(&feed), Visitor::of(&feed));
    ann.sign_in("ann");
    elsewhere.sign_in("ann");
    let page = "account/security/second-factor";
    let wrong = ann.post(page, &[("password", "a wrong password")]);
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.text().contains("The password is wrong"));
    assert_eq!(feed.rows("second_factor_enrolment"), 0);

    let begun = ann.post(page, &[("password", &password_of("ann")), ("return_to", "account/keys")]);
    assert_eq!(begun.location.as_deref(), Some("account/security/second-factor?return_to=account%2Fkeys"));
    let shown = ann.follow(&begun);
    assert!(shown.html.contains("class=\"qr\"") && !shown.html.contains("<img"), "drawn on the page");
    let secret = shown.inside("code").remove(0);
    assert_eq!(ann.get(page).inside("code")[0], secret, "loading it again shows the same secret");
    assert!(elsewhere.get(page).inside("code").is_empty(), "another session gets no copy of the secret");
    let stored = std::fs::read(feed.data().join("assay.db")).unwrap();
    let plain = secret.replace(' ', "");
    assert!(!stored.windows(plain.len()).any(|part| part == plain.as_bytes()));

    let mut phone = crate::support::totp::Phone::with(&secret);
    let wrong = ann.post("account/security/second-factor/finish", &[("code", "000000")]);
    assert_eq!(wrong.status, 422);
    let finish = [("code", phone.code()), ("return_to", "account/keys".to_owned())];
    let finish: Vec<(&str, &str)> = finish.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(elsewhere.post("account/security/second-factor/finish", &finish).status, 303);
    assert_eq!(feed.rows("second_factor"), 0, "another session can't finish it");
    let done = ann.post("account/security/second-factor/finish", &finish);
    assert_eq!(done.status, 303, "{}", done.text());
    let codes = ann.follow(&done);
    assert_eq!(codes.inside("code").join("\n").lines().count(), 10, "{}", codes.text());
    assert!(codes.targets().contains(&"account/keys".to_owned()), "it leads back to where one came from");
    assert!(ann.get("account/security/recovery-codes").inside("code").is_empty(), "they are shown once");
    for visitor in [&mut ann, &mut elsewhere] {
        assert!(visitor.get("account").text().contains("A second factor was enrolled for your account"));
    }
    // The code of the enrolment made nobody a second-factor session: what needs one asks.
    let asked = ann.post("account/security/recovery-codes", &[]);
    assert!(asked.status == 403 && asked.text().contains("Code of your second factor"), "{}", asked.text());
    assert!(ann.get("account/security").text().contains("10 of 10 recovery codes"));
}

#[test]
fn signing_in_with_a_second_factor_takes_a_code_which_counts_once() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    let (mut phone, codes) = ann.sign_in("ann").enrol("ann");
    let mut other = Visitor::of(&feed);
    let half = other.try_password("ann", &password_of("ann"));
    assert_eq!(half.location.as_deref(), Some("sign-in/code"));
    for path in ["account", "account/security", "welcome"] {
        assert_eq!(other.get(path).status, 303, "{path}: the password alone opens nothing");
    }
    assert_eq!(other.post("account/security/second-factor", &[("password", &password_of("ann"))]).status, 303);
    assert_eq!(feed.rows("second_factor_enrolment"), 0);
    let code = phone.code();
    assert_eq!(other.post("sign-in/code", &[("code", &code)]).status, 303);
    assert!(is_signed_in(&mut other));
    let mut again = Visitor::of(&feed);
    again.sign_in("ann");
    let replayed = again.post("sign-in/code", &[("code", &code)]);
    assert_eq!(replayed.status, 422, "{}", replayed.text());
    assert_eq!(again.post("sign-in/code", &[("code", &codes[0])]).status, 303);
    assert!(is_signed_in(&mut again));
    let mut third = Visitor::of(&feed);
    third.sign_in("ann");
    assert_eq!(third.post("sign-in/code", &[("code", &codes[0])]).status, 422, "a recovery code counts once");
    assert!(again.get("account/security").text().contains("9 of 10 recovery codes"));
    assert!(ann.get("account").text().contains("A recovery code of yours was used; 9 are left"));
}

#[test]
fn five_wrong_codes_end_a_sign_in() {
    let feed = Feed::start();
    feed.account("ann");
    let (_, codes) = Visitor::of(&feed).sign_in("ann").enrol("ann");
    let mut mallory = Visitor::of(&feed);
    mallory.sign_in("ann");
    for _ in 0..4 {
        assert_eq!(mallory.post("sign-in/code", &[("code", "123456")]).status, 422);
    }
    let ended = mallory.post("sign-in/code", &[("code", "123456")]);
    assert_eq!(ended.location.as_deref(), Some("sign-in"), "{}", ended.text());
    assert!(mallory.follow(&ended).text().contains("too many wrong codes"));
    let late = mallory.post("sign-in/code", &[("code", &codes[0])]);
    assert_eq!(late.status, 303);
    assert!(!is_signed_in(&mut mallory), "also with a right code");
}

#[test]
fn changing_the_password_ends_the_other_sessions_and_is_told() {
    let feed = Feed::start();
    feed.account("ann");
    let (mut ann, mut thief) = (Visitor::of(&feed), Visitor::of(&feed));
    ann.sign_in("ann");
    thief.sign_in("ann");
    let stolen = link(&feed, &["account", "reset-password", "ann", "--link"]);
    let wrong = change_password(&mut ann, "a wrong password", NEW);
    assert!(wrong.status == 422 && wrong.text().contains("current password is wrong"), "{}", wrong.text());
    let same = change_password(&mut ann, &password_of("ann"), &password_of("ann"));
    assert!(same.status == 422 && same.text().contains("the password you have"), "{}", same.text());
    assert!(is_signed_in(&mut thief));
    let changed = change_password(&mut ann, &password_of("ann"), NEW);
    assert_eq!(changed.status, 303, "{}", changed.text());
    assert!(is_signed_in(&mut ann) && !is_signed_in(&mut thief));
    assert_eq!(thief.get(&stolen).status, 404, "a link that would set another password is dead");
    assert!(ann.get("account").text().contains("The password of your account was changed"));
    assert_eq!(Visitor::of(&feed).try_password("ann", &password_of("ann")).status, 422);
    assert_eq!(Visitor::of(&feed).try_password("ann", NEW).status, 303);
    // Basic authentication goes by the same password.
    assert_eq!(feed.ask(&Request::get("/v3/index.json").basic("ann", &password_of("ann"))).status, 401);
    assert_eq!(feed.ask(&Request::get("/v3/index.json").basic("ann", NEW)).status, 200);
}

#[test]
fn sessions_are_listed_and_ended_one_by_one_or_all_others() {
    let feed = Feed::start();
    feed.account("ann");
    feed.account("bob");
    let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
    let mut here = Visitor::of(&feed).browser(firefox);
    let (mut there, mut third, mut bob) = (Visitor::of(&feed), Visitor::of(&feed), Visitor::of(&feed));
    for visitor in [&mut here, &mut there, &mut third] {
        visitor.sign_in("ann");
    }
    bob.sign_in("bob");
    let page = here.get("account/security");
    assert!(page.text().contains("Firefox on Windows This one"), "{}", page.text());
    let session = |page: &Shown| {
        let rest = page.html.split("name=\"session\" value=\"").nth(1).expect("a session that can be ended");
        rest.split('"').next().unwrap().to_owned()
    };
    let id = session(&page);
    assert!(bob.submit("account/security/sessions/end", &[("session", &id)]).text().contains("had ended already"));
    assert!(is_signed_in(&mut there) && is_signed_in(&mut third), "nobody ends the sessions of others");
    here.submit("account/security/sessions/end", &[("session", &id)]);
    assert_eq!([&mut there, &mut third].map(is_signed_in).into_iter().filter(|signed_in| *signed_in).count(), 1);
    there.sign_in("ann");
    let ended = here.submit("account/security/sessions/end-others", &[]);
    assert!(ended.text().contains("only browser that is signed in"), "{}", ended.text());
    assert!(is_signed_in(&mut here) && is_signed_in(&mut bob));
    assert!(!is_signed_in(&mut there) && !is_signed_in(&mut third));
}

#[test]
fn signing_out_kills_the_cookie_and_not_only_the_browser_s_copy() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let mut copy = ann.clone();
    assert_eq!(ann.post("sign-out", &[]).location.as_deref(), Some("sign-in"));
    assert!(!is_signed_in(&mut ann) && !is_signed_in(&mut copy));
}

#[test]
fn a_disabled_account_s_sessions_and_links_die_at_once() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let reset = link(&feed, &["account", "reset-password", "ann", "--link"]);
    assert_eq!(ann.get(&reset).status, 200);
    feed.assay(&["account", "disable", "ann"]).succeeded();
    assert!(!is_signed_in(&mut ann));
    assert_eq!(ann.get(&reset).status, 404);
    assert_eq!(Visitor::of(&feed).try_password("ann", &password_of("ann")).status, 422);
    feed.assay(&["account", "reset-password", "ann", "--link"]).failed_saying("disabled");
}

#[test]
fn a_reset_link_sets_a_password_and_skips_no_second_factor() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    let (_, codes) = ann.sign_in("ann").enrol("ann");
    let reset = link(&feed, &["account", "reset-password", "ann", "--link"]);
    assert!(ann.get("account").text().contains("A link that sets a new password for your account was made"));
    let mut visitor = Visitor::of(&feed);
    assert_eq!(visitor.get(&reset).status, 200);
    let short = visitor.post(&reset, &[("new_password", "short"), ("new_password_again", "short")]);
    assert_eq!(short.status, 422, "{}", short.text());
    assert!(is_signed_in(&mut ann), "a form with a mistake changes nothing");
    let done = visitor.post(&reset, &[("new_password", NEW), ("new_password_again", NEW)]);
    assert_eq!(done.location.as_deref(), Some("sign-in"), "{}", done.text());
    assert!(!is_signed_in(&mut visitor), "a link signs nobody in");
    assert!(!is_signed_in(&mut ann), "all sessions ended");
    assert_eq!(visitor.get(&reset).status, 404, "it is good once");
    let half = visitor.try_password("ann", NEW);
    assert_eq!(half.location.as_deref(), Some("sign-in/code"), "the factor is still asked for");
    assert_eq!(visitor.post("sign-in/code", &[("code", &codes[0])]).status, 303);
    assert!(visitor.get("account").text().contains("set anew by a link"));
}

#[test]
fn a_lost_second_factor_is_removed_by_a_link_and_the_password_together() {
    let feed = Feed::start();
    feed.account("ann");
    feed.assay(&["account", "reset-second-factor", "ann", "--link"]).failed_saying("no second factor");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann").enrol("ann");
    let reset = link(&feed, &["account", "reset-second-factor", "ann", "--link"]);
    let mut visitor = Visitor::of(&feed);
    let wrong = visitor.post(&reset, &[("password", "a wrong password")]);
    assert!(wrong.status == 422 && wrong.text().contains("The password is wrong"), "{}", wrong.text());
    assert_eq!(feed.rows("second_factor"), 1);
    let done = visitor.post(&reset, &[("password", &password_of("ann"))]);
    assert_eq!(done.location.as_deref(), Some("sign-in"), "{}", done.text());
    assert!(!is_signed_in(&mut visitor) && !is_signed_in(&mut ann));
    assert_eq!((feed.rows("second_factor"), feed.rows("recovery_code")), (0, 0));
    visitor.sign_in("ann");
    assert!(visitor.get("account").text().contains("The second factor of your account was removed"));

    visitor.enrol("ann");
    feed.assay(&["account", "reset-second-factor", "ann"]).succeeded();
    assert!(!is_signed_in(&mut visitor));
    assert_eq!(feed.rows("second_factor"), 0);
}

#[test]
fn an_address_is_changed_with_the_password_and_stays_unconfirmed_without_mail() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let password = password_of("ann");
    for (email, given, said) in [
        ("nowhere", password.as_str(), "no e-mail address"),
        ("ann@example.com", "a wrong password", "password is wrong"),
    ] {
        let shown = ann.post("account/email", &[("email", email), ("password", given)]);
        assert!(shown.status == 422 && shown.text().contains(said), "{said}: {}", shown.text());
        assert!(shown.html.contains(&format!("value=\"{email}\"")), "what was typed stays");
    }
    let saved = ann.submit("account/email", &[("email", "ann@example.com"), ("password", &password)]);
    assert!(saved.text().contains("ann@example.com Not confirmed"), "{}", saved.text());
    assert!(saved.text().contains("sends no mail yet"), "{}", saved.text());
    let removed = ann.submit("account/email", &[("email", ""), ("password", &password)]);
    assert!(removed.text().contains("E-mail none"), "{}", removed.text());
}

#[test]
fn notices_are_marked_as_read_up_to_the_newest_that_was_shown() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    feed.assay(&["account", "reset-password", "ann", "--link"]).succeeded();
    let shown = ann.get("account/security");
    let newest =
        shown.html.split("name=\"newest_security\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    feed.assay(&["account", "reset-password", "ann", "--link"]).succeeded();
    let read = ann.submit("account/notices/read", &[("newest_security", &newest), ("return_to", "account/security")]);
    assert!(read.text().contains("A notice for you"), "the one that came since is still new: {}", read.text());
    let away = ann.post("account/notices/read", &[("newest_security", "9999"), ("return_to", "//evil.example")]);
    assert_eq!(away.location.as_deref(), Some("account"));
    let list = ann.get("account");
    assert!(!list.text().contains("notice for you") && list.text().matches("A link that sets").count() == 2);
}

#[test]
fn where_one_is_sent_after_signing_in_is_on_this_server() {
    let feed = Feed::start();
    feed.account("ann");
    for (asked, expected) in
        [("account/keys", "account/keys"), ("https://evil.example/", ""), ("//evil.example", ""), ("\\evil", "")]
    {
        let mut ann = Visitor::of(&feed);
        let fields = [("name", "ann"), ("password", &password_of("ann")), ("return_to", asked)];
        assert_eq!(ann.post("sign-in", &fields).location.as_deref(), Some(expected), "{asked}");
    }
}

/// Equal work for both is what the gate does (`password_gate.rs`); here it shows that the page asks it for either name.
#[test]
fn guessing_at_an_unknown_account_is_slowed_like_guessing_at_a_known_one() {
    let feed = Feed::start();
    feed.account("ann");
    let guess = |name: &str| -> Vec<(u16, String)> {
        let mut mallory = Visitor::of(&feed);
        let tries = (0..8).map(|number| mallory.try_password(name, &format!("guess number {number} at it")));
        tries.map(|shown| (shown.status, shown.text().replace(name, "NAME"))).collect()
    };
    let (known, unknown) = (guess("ann"), guess("nobody"));
    assert_eq!(known, unknown);
    let statuses: Vec<u16> = known.iter().map(|(status, _)| *status).collect();
    assert!(statuses.starts_with(&[422; 5]) && statuses.ends_with(&[429]), "{statuses:?}");
}

#[test]
fn who_must_enrol_is_told_so_and_led_there() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let wants = "This server wants you to have a second factor";
    assert!(!ann.get("account").text().contains(wants));
    feed.assay(&["policy", "set", "second_factor", "everyone"]).succeeded();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while !ann.get("account").text().contains(wants) {
        assert!(std::time::Instant::now() < deadline, "the server sees a change within a second");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let shown = ann.get("account");
    assert!(shown.targets().contains(&"account/security/second-factor?return_to=account".to_owned()));
    assert!(ann.get("account/security").text().contains("your account does nothing on these pages but read"));
}

#[test]
fn new_recovery_codes_are_made_only_after_it_was_said_that_the_old_ones_stop_working() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    let (_, old) = ann.sign_in("ann").enrol("ann");
    let page = ann.get("account/security");
    assert!(page.text().contains("stop working, also the 10 that are unused"), "{}", page.text());
    let (before, _) = page.html.split_once("action=\"account/security/recovery-codes\"").unwrap();
    let question = before.rsplit("<summary>").next().unwrap();
    assert!(question.starts_with("Make new recovery codes</summary>") && question.contains("class=\"consequences\""));
    let made = ann.submit("account/security/recovery-codes", &[]);
    assert!(made.text().contains("the old ones are void"), "{}", made.text());
    let mut half = Visitor::of(&feed);
    half.sign_in("ann");
    assert_eq!(half.post("sign-in/code", &[("code", &old[0])]).status, 422);
}

#[test]
fn a_dead_link_that_confirms_an_address_says_where_to_get_another() {
    let feed = Feed::start();
    let dead = Visitor::of(&feed).get("account/email/no-such-link");
    assert_eq!(dead.status, 404);
    assert!(dead.text().contains("have a new link sent from there"), "{}", dead.text());
    assert!(dead.targets().contains(&"account".to_owned()) && !dead.text().contains("setup-link"));
    let sent = Visitor::of(&feed).post("account/email/no-such-link", &[]);
    assert!(sent.status == 404 && sent.text().contains("have a new link sent from there"), "{}", sent.text());
}

/// Where *Cancel* leads.
fn cancel(shown: &Shown) -> String {
    assert!(shown.status == 403 && shown.text().contains("Code of your second factor"), "{}", shown.text());
    let (before, _) = shown.html.split_once(">Cancel</a>").expect("a way back");
    before.rsplit("href=\"").next().unwrap().trim_end_matches('"').to_owned()
}

#[test]
fn who_is_asked_for_a_code_in_place_may_go_back_to_where_they_came_from() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann").enrol("ann");
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    database.execute("UPDATE session SET second_factor_at = NULL", []).unwrap();
    let factor = "account/security/second-factor";
    // A page, by a link, by its address, and after a wrong code.
    assert_eq!(cancel(&ann.get(factor)), "account");
    assert_eq!(cancel(&ann.coming_from("account/security").get(factor)), "account/security");
    let fields = [("confirm_code", "000000"), ("confirm_cancel", "account/security"), ("return_to", factor)];
    assert_eq!(cancel(&ann.coming_from(factor).post("account/confirm", &fields)), "account/security");
    assert_eq!(cancel(&ann.coming_from(factor).get(factor)), "account", "not to the page that asks");
    // A form.
    let codes = "account/security/recovery-codes";
    assert_eq!(cancel(&ann.coming_from("account/security").post(codes, &[])), "account/security");
    let evil = [("confirm_code", "000000"), ("confirm_cancel", "//evil.example")];
    assert_eq!(cancel(&ann.coming_from("account/security").post(codes, &evil)), "account/security");
}
