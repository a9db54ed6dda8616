//! What the server never writes down: keys, passwords and what carries them.

use base64::Engine;

use crate::support::{Feed, Request, package};

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
