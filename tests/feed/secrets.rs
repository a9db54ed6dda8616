//! What the server never writes down: keys, passwords and what carries them.

use base64::Engine;

use crate::support::pages::{password_of, token_of};
use crate::support::totp::Phone;
use crate::support::{Feed, Request, Visitor, package};

#[test]
fn nothing_secret_is_in_the_log_however_much_is_logged() {
    let feed = Feed::with().environment("ASSAY_LOG", "trace").start();
    let alice = feed.account("alice");
    let mallory = "a wrong password that was almost right";
    alice.push(package("Contoso.Rich", "1.0.0").icon().bytes()).accepted();
    alice
        .push_with_key("assay_stolen0000000000000000000000000000000000000000", package("B", "1.0.0").bytes())
        .refused(403);
    assert_eq!(alice.get("/v3/index.json").status, 200);
    assert_eq!(feed.ask(&Request::get("/v3/index.json").basic("alice", &alice.password)).status, 200);
    assert_eq!(feed.ask(&Request::get("/v3/index.json").basic("alice", mallory)).status, 401);
    assert_eq!(
        feed.ask(&Request::get("/v3/index.json").header("Authorization", "Bearer eyJ-a-bearer-token")).status,
        401
    );
    let registration = alice.get("/v3/registration-semver2/contoso.rich/index.json").json();
    let icon = registration["items"][0]["items"][0]["catalogEntry"]["iconUrl"].as_str().unwrap().to_owned();
    assert_eq!(feed.ask(&Request::get(&feed.target(&icon))).status, 200);
    _ = alice.unlist("Contoso.Rich", "1.0.0");
    assert!(feed.stop().success());

    let log = feed.log();
    assert!(log.len() > 500, "with ASSAY_LOG=trace something is logged: {log}");
    let basic =
        |user: &str, password: &str| base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    let mut secrets = vec![
        alice.key.clone(),
        alice.key["assay_".len()..].to_owned(),
        alice.password.clone(),
        mallory.to_owned(),
        "stolen000000".to_owned(),
        "eyJ-a-bearer-token".to_owned(),
        basic("alice", &alice.key),
        basic("alice", &alice.password),
        basic("alice", mallory),
    ];
    // The token in an icon's address opens it for anybody.
    let path = feed.target(&icon);
    secrets.extend(path.split(['/', '?', '=', '&', '.']).filter(|part| part.len() >= 20).map(str::to_owned));
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "`{secret}` is in the log");
    }
}

#[test]
fn nothing_that_opens_an_account_on_the_pages_is_in_the_log() {
    let feed = Feed::with().environment("ASSAY_LOG", "trace").start();
    let mut secrets = Vec::new();

    let setup = std::fs::read_to_string(feed.data().join("setup-link")).unwrap();
    let (token, password) = (token_of(&setup), "four words picked at random".to_owned());
    let mut grace = Visitor::of(&feed);
    grace.get(&format!("welcome/{token}"));
    secrets.push(grace.secret().to_owned());
    let fields = [("name", "grace"), ("new_password", &password), ("new_password_again", &password)];
    assert_eq!(grace.post(&format!("welcome/{token}"), &fields).status, 303);
    secrets.extend([token, password, grace.secret().to_owned(), grace.csrf("account")]);

    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.try_password("ann", "a wrong password that was almost right");
    ann.sign_in("ann");
    ann.post("account/security/second-factor", &[("password", &password_of("ann"))]);
    let secret = ann.get("account/security/second-factor").inside("code").remove(0);
    let mut phone = Phone::with(&secret);
    let (first, second) = (phone.code(), phone.code());
    let done = ann.post("account/security/second-factor/finish", &[("code", &first)]);
    let codes = ann.follow(&done).inside("code").join("\n");
    assert_eq!(ann.post("account/confirm", &[("confirm_code", &second)]).status, 303);
    let known = ann.cookie("__Host-assay-known").unwrap().to_owned();
    secrets.extend([secret.replace(' ', ""), secret, ann.secret().to_owned(), known, password_of("ann")]);
    secrets.extend(codes.lines().flat_map(|code| [code.to_owned(), code.replace('-', "")]));
    secrets.push("almost right".to_owned());

    for purpose in ["reset-password", "reset-second-factor"] {
        let printed = feed.assay(&["account", purpose, "ann", "--link"]).succeeded();
        let token = token_of(&printed);
        let mut visitor = Visitor::of(&feed);
        visitor.get(&format!("reset/{token}"));
        visitor
            .post(&format!("reset/{token}"), &[("password", "wrong"), ("new_password", "a password of some length")]);
        secrets.extend([token, "a password of some length".to_owned()]);
    }
    let mut again = Visitor::of(&feed);
    again.sign_in("ann");
    secrets.push(again.secret().to_owned());
    let recovery = codes.lines().next().unwrap();
    assert_eq!(again.post("sign-in/code", &[("code", recovery)]).status, 303);
    secrets.push(again.secret().to_owned());
    assert!(feed.stop().success());

    let log = feed.log();
    assert!(log.len() > 500, "with ASSAY_LOG=trace something is logged: {log}");
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "`{secret}` is in the log");
    }
    // Six digits may stand in a time or a port by chance; as a word of their own or beside the name of the field they would not.
    for code in [first, second] {
        let told = [format!("code={code}"), format!("\"{code}\""), format!(" {code} ")];
        assert!(!told.iter().any(|told| log.contains(told)), "{code}");
    }
}
