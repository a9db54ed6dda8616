//! Mail as it arrives: through a real mail server of the test, from the real program.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::feed::Start;
use crate::support::pages::password_of;
use crate::support::smtp::{MailServer, Mood, Speaks};
use crate::support::{Feed, Visitor, cli};

const FROM: &str = "assay@feed.example";
const PATIENCE: Duration = Duration::from_secs(60);

/// A feed that sends its mail to `server`, whose certificate it trusts.
fn feed_with(server: &MailServer, url: &str) -> Start {
    let url = url.replace("PORT", &server.port.to_string());
    let roots = server.roots();
    Feed::with()
        .without_trust()
        .environment("SSL_CERT_FILE", roots.to_str().unwrap())
        .argument("--mail-server")
        .argument(&url)
        .argument("--mail-from")
        .argument(FROM)
}

/// With the login that [`LOGIN`] is; the password stands in `file`.
fn signing_in(start: Start, file: &Path) -> Start {
    start.argument("--mail-user").argument(LOGIN.0).argument("--mail-password-file").argument(file.to_str().unwrap())
}

const LOGIN: (&str, &str) = ("feed", "the password of the mail server");

fn home(feed: &Feed) -> String {
    feed.source().trim_end_matches("v3/index.json").to_owned()
}

/// Says that mail for whoever is signed in goes to `address`.
#[track_caller]
fn set_address(visitor: &mut Visitor<'_>, name: &str, address: &str) {
    let fields = [("email", address), ("password", &password_of(name))];
    let shown = visitor.submit("account/email", &fields);
    assert!(shown.text().contains("address"), "{}", shown.text());
}

/// An account with a confirmed address, whose only letter so far is the one that confirms it.
fn with_address<'f>(feed: &'f Feed, server: &MailServer, name: &str) -> Visitor<'f> {
    feed.account(name);
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    let before = server.received().len();
    set_address(&mut visitor, name, &format!("{name}@example.com"));
    let letter = server.wait_for(before + 1).pop().unwrap();
    let path = letter.link(&home(feed)).strip_prefix(&home(feed)).unwrap().to_owned();
    assert_eq!(visitor.get(&path).status, 200);
    assert!(visitor.submit(&path, &[]).text().contains(&format!("Notices go to {name}@example.com")));
    visitor
}

/// The last run of the mail job, as `assay jobs` tells it, once it contains `text`.
#[track_caller]
fn wait_for_job(feed: &Feed, text: &str) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let jobs = feed.assay(&["jobs"]).succeeded();
        let line = jobs.lines().find(|line| line.starts_with("mail ")).unwrap_or_default().to_owned();
        if line.contains(text) {
            return line;
        }
        assert!(Instant::now() < until, "`{text}` is not in `{line}`\n{jobs}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Lets time pass for what waits.
fn make_all_due(feed: &Feed) {
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database.execute("UPDATE outgoing_mail SET next_try = 0", []).unwrap();
}

#[test]
fn an_address_is_confirmed_by_a_link_and_then_notices_arrive_there_once() {
    let server = MailServer::start(Speaks::TlsAtOnce);
    let feed = feed_with(&server, "smtps://localhost:PORT").start();
    let mut ann = with_address(&feed, &server, "ann");
    let first = &server.received()[0];
    assert_eq!((first.from.as_str(), first.to.as_slice()), (FROM, ["ann@example.com".to_owned()].as_slice()));
    assert!(first.encrypted && first.user.is_none());
    assert_eq!(first.header("Subject"), "localhost: confirm your e-mail address");
    assert_eq!(first.header("Auto-Submitted"), "auto-generated");
    assert!(
        first.text().starts_with("Hello ann,\n") && first.text().contains("You get this because"),
        "{}",
        first.text()
    );

    let (old, new) = (password_of("ann"), "another long password");
    ann.submit("account/security/password", &[("password", &old), ("new_password", new), ("new_password_again", new)]);
    let notice = server.wait_for(2).pop().unwrap();
    assert_eq!(notice.header("Subject"), "localhost: The password of your account was changed");
    assert!(notice.text().contains(&format!("{}account/security", home(&feed))), "{}", notice.text());
    assert!(notice.text().contains("had this confirmed e-mail address"), "{}", notice.text());
    assert!(
        ann.get("account").text().contains("The password of your account was changed."),
        "it stands on the page too"
    );

    wait_for_job(&feed, "sent 1 message");
    assert_eq!(feed.rows("outgoing_mail"), 0);
    feed.restart();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(server.received().len(), 2, "nothing arrives twice");
}

#[test]
fn a_change_of_the_address_is_told_to_the_old_one_and_the_new_one_gets_nothing_before_it_is_confirmed() {
    let server = MailServer::start(Speaks::Clear);
    let feed = feed_with(&server, "smtp://localhost:PORT").start();
    let mut ann = with_address(&feed, &server, "ann");
    set_address(&mut ann, "ann", "mallory@example.com");
    let mut letters: Vec<_> =
        server.wait_for(3).drain(1..).map(|letter| (letter.to.concat(), letter.header("Subject"))).collect();
    letters.sort();
    let expected = [
        ("ann@example.com", "localhost: The e-mail address of your account was changed"),
        ("mallory@example.com", "localhost: confirm your e-mail address"),
    ];
    assert_eq!(letters, expected.map(|(to, subject)| (to.to_owned(), subject.to_owned())));
    let page = ann.get("account").text();
    assert!(page.contains("Not confirmed") && page.contains("Send the link again"), "{page}");
    ann.submit("account/confirmation", &[]);
    assert_eq!(server.wait_for(4)[3].to, ["mallory@example.com"]);
}

#[test]
fn mail_waits_for_a_server_that_is_away_and_arrives_once() {
    let away = MailServer::start(Speaks::TlsWhenAsked);
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
    let feed = feed_with(&away, &format!("smtp://localhost:{free}")).start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    set_address(ann.sign_in("ann"), "ann", "ann@example.com");
    let failed = wait_for_job(&feed, "1 message to be tried again");
    assert!(failed.contains("failed") && failed.contains(&format!("localhost:{free}")), "{failed}");
    assert!(failed.contains("refused"), "{failed}");
    make_all_due(&feed);
    wait_for_job(&feed, "1 message to be tried again");
    assert_eq!(feed.rows("outgoing_mail"), 1);

    let back = MailServer::start_with(Speaks::Clear, None, free);
    back.set_mood(Mood::Says("451 4.7.1 <ann@example.com>: greylisted, try again in 300 seconds"));
    make_all_due(&feed);
    let greylisted = wait_for_job(&feed, "greylisted");
    assert!(greylisted.contains("451 4.7.1 … greylisted, try again in 300 seconds"), "{greylisted}");
    back.set_mood(Mood::Takes);
    feed.restart();
    let letter = back.wait_for(1).pop().unwrap();
    assert_eq!(letter.to, ["ann@example.com"]);
    wait_for_job(&feed, "sent 1 message");
    make_all_due(&feed);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(back.received().len(), 1);
    assert!(!feed.log().contains("ann@example.com"), "{}", feed.log());
}

#[test]
fn a_mail_server_that_hangs_up_after_taking_a_letter_gets_it_again_under_the_same_name() {
    let server = MailServer::start(Speaks::Clear);
    let feed = feed_with(&server, "smtp://localhost:PORT").start();
    feed.account("ann");
    server.set_mood(Mood::HangsUp);
    let mut ann = Visitor::of(&feed);
    set_address(ann.sign_in("ann"), "ann", "ann@example.com");
    wait_for_job(&feed, "1 message to be tried again");
    server.set_mood(Mood::Takes);
    make_all_due(&feed);
    let letters = server.wait_for(2);
    assert_eq!(letters[0].header("Message-ID"), letters[1].header("Message-ID"));
}

#[test]
fn a_wrong_password_is_named_and_no_secret_is_in_the_log_however_much_is_logged() {
    let server = MailServer::start_with(Speaks::TlsWhenAsked, Some(LOGIN), 0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail.password");
    std::fs::write(&file, "hunter2 is wrong\n").unwrap();
    // 0.0.0.0 reaches this machine and is not known to be it, so nothing is sent there in clear.
    let start = feed_with(&server, "smtp://0.0.0.0:PORT").environment("ASSAY_LOG", "trace");
    let feed = signing_in(start, &file).start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    set_address(ann.sign_in("ann"), "ann", "ann@example.com");
    let failed = wait_for_job(&feed, "1 message to be tried again");
    assert!(
        failed.contains(&format!(
            "the mail server `0.0.0.0:{}` does not accept `mail.user` with the password in",
            server.port
        )),
        "{failed}"
    );
    assert!(server.received().is_empty());
    // The password is read anew each time.
    std::fs::write(&file, format!("{}\n", LOGIN.1)).unwrap();
    make_all_due(&feed);
    let letter = server.wait_for(1).pop().unwrap();
    assert!(letter.encrypted && letter.user.as_deref() == Some(LOGIN.0));
    wait_for_job(&feed, "sent 1 message");
    assert!(feed.stop().success());

    let (log, link) = (feed.log(), letter.link(&format!("{}account/email/", home(&feed))));
    let token = link.rsplit('/').next().unwrap();
    assert!(log.contains("does not accept `mail.user`"), "the reason is in the log");
    let encoded = |password: &str| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(format!("\0{}\0{password}", LOGIN.0))
    };
    let secrets =
        ["hunter2", LOGIN.1, token, "ann@example.com", &encoded("hunter2 is wrong"), &encoded(LOGIN.1), "Hello ann"];
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "`{secret}` is in the log");
    }
    let database = std::fs::read(feed.data().join("assay.db")).unwrap();
    assert!(!database.windows(token.len()).any(|window| window == token.as_bytes()), "waiting mail is sealed");
}

#[test]
fn nothing_is_said_in_clear_to_another_machine_nor_to_a_server_that_is_not_who_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail.password");
    std::fs::write(&file, LOGIN.1).unwrap();
    let test = |server: &MailServer, roots: &MailServer, url: &str| {
        let url = url.replace("PORT", &server.port.to_string());
        let mut command = cli::assay(&["mail", "test", "ann@example.com", "--mail-server", &url, "--mail-from", FROM]);
        command.args(["--mail-user", LOGIN.0, "--mail-password-file", file.to_str().unwrap()]);
        command.arg("--data").arg(folder.path()).env("SSL_CERT_FILE", roots.roots());
        cli::finish(command, "")
    };
    let clear = MailServer::start_with(Speaks::Clear, Some(LOGIN), 0);
    test(&clear, &clear, "smtp://0.0.0.0:PORT").failed_saying("offers no STARTTLS, so nothing is sent to it");
    let stranger = MailServer::start_with(Speaks::TlsWhenAsked, Some(LOGIN), 0);
    test(&stranger, &clear, "smtp://0.0.0.0:PORT").failed_saying("invalid peer certificate");
    let at_once = MailServer::start_with(Speaks::TlsAtOnce, Some(LOGIN), 0);
    test(&at_once, &clear, "smtps://localhost:PORT").failed_saying("invalid peer certificate");
    for server in [&clear, &stranger, &at_once] {
        assert!(server.received().is_empty() && !server.heard().contains("AUTH"), "{}", server.heard());
    }
}

#[test]
fn the_test_mail_goes_out_at_once_and_the_answer_is_shown() {
    let server = MailServer::start(Speaks::TlsAtOnce);
    let folder = tempfile::tempdir().unwrap();
    let settings = format!(
        "public_url = \"https://feed.example/nuget\"\n[mail]\nserver = \"smtps://localhost:{}\"\nfrom = \"{FROM}\"\n",
        server.port
    );
    std::fs::write(folder.path().join("assay.toml"), settings).unwrap();
    let mail = |arguments: &[&str]| {
        let mut command = cli::assay(&[&["mail", "test"], arguments].concat());
        command.arg("--data").arg(folder.path()).env("SSL_CERT_FILE", server.roots());
        cli::finish(command, "")
    };
    let said = mail(&["ann@example.com"]).succeeded();
    let expected =
        format!("localhost:{} took a message for ann@example.com and answered: 250 2.0.0 queued as 42", server.port);
    assert_eq!(said, expected);
    let letter = &server.wait_for(1)[0];
    assert_eq!(letter.header("Subject"), "feed.example: mail arrives");
    assert_eq!(letter.header("From"), format!("\"Assay at feed.example\" <{FROM}>"));
    server.set_mood(Mood::Says("550 5.1.1 <ann@example.com>: no such user"));
    mail(&["ann@example.com"]).failed_saying("the mail server did not take a message: 550 5.1.1 … no such user");
    assert_eq!(mail(&["ann@example.com\r\nRCPT TO:<x@example.com>"]).code, 2);
    std::fs::remove_file(folder.path().join("assay.toml")).unwrap();
    mail(&["ann@example.com"]).failed_saying("`mail.server` is not set");
}

#[test]
fn a_forgotten_password_is_replaced_by_a_link_that_only_the_mailbox_gets() {
    let server = MailServer::start(Speaks::TlsAtOnce);
    let feed = feed_with(&server, "smtps://localhost:PORT").start();
    let mut ann = with_address(&feed, &server, "ann");
    let (mut phone, _) = ann.enrol("ann");
    let before = server.wait_for(2).len();
    feed.account("bob");

    let mut stranger = Visitor::of(&feed);
    assert!(stranger.get("sign-in").targets().contains(&"sign-in/forgotten".to_owned()));
    let mut ask = |name: &str| {
        let shown = stranger.submit("sign-in/forgotten", &[("name", name)]);
        assert_eq!(shown.status, 200);
        shown.text()
    };
    let answers = ["ann", "bob", "nobody", "not a name", "ANN"].map(&mut ask);
    assert!(answers[0].contains("a link to choose a new password is on its way"), "{}", answers[0]);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    let letter = server.wait_for(before + 1).pop().unwrap();
    assert_eq!(
        (letter.to.concat().as_str(), letter.header("Subject").as_str()),
        ("ann@example.com", "localhost: choose a new password")
    );

    let path = letter.link(&home(&feed)).strip_prefix(&home(&feed)).unwrap().to_owned();
    assert!(path.starts_with("reset/"), "{path}");
    assert_eq!(stranger.get(&path).status, 200);
    let new = "remembered from now on";
    stranger.submit(&path, &[("new_password", new), ("new_password_again", new)]);
    assert_eq!(ann.get("account").status, 303, "all sessions have ended");
    assert_eq!(stranger.get(&path).status, 404, "the link was good once");
    assert_eq!(stranger.try_password("ann", &password_of("ann")).status, 422);
    let awaited = stranger.try_password("ann", new);
    assert!(awaited.location.unwrap().starts_with("sign-in/code"), "the second factor stays");
    assert_eq!(stranger.post("sign-in/code", &[("code", &phone.code())]).status, 303);
    assert!(!feed.log().contains(path.trim_start_matches("reset/")), "{}", feed.log());
}

#[test]
fn who_asks_for_too_many_links_waits() {
    let server = MailServer::start(Speaks::Clear);
    let feed = feed_with(&server, "smtp://127.0.0.1:PORT").start();
    let mut stranger = Visitor::of(&feed);
    for _ in 0..20 {
        assert_eq!(stranger.post("sign-in/forgotten", &[("name", "nobody")]).status, 303);
    }
    assert_eq!(stranger.post("sign-in/forgotten", &[("name", "nobody")]).status, 429);
    assert_eq!(stranger.try_password("nobody", "x").status, 422, "that is counted apart from passwords");
    assert!(server.received().is_empty());
}

#[test]
fn a_mail_server_that_says_nothing_holds_up_neither_people_nor_the_end_of_the_feed() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = MailServer::start(Speaks::Clear);
    let feed = feed_with(&server, &format!("smtp://{}", silent.local_addr().unwrap())).start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    let began = Instant::now();
    set_address(ann.sign_in("ann"), "ann", "ann@example.com");
    assert_eq!(ann.get("account").status, 200);
    assert!(began.elapsed() < Duration::from_secs(15), "nobody waits for mail");
    // It has come, and waits for a word.
    drop(silent.accept().unwrap());
    wait_for_job(&feed, "1 message to be tried again");
    make_all_due(&feed);
    let held = silent.accept().unwrap();
    let began = Instant::now();
    assert!(feed.stop().success());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    drop(held);
    assert_eq!(feed.rows("outgoing_mail"), 1, "it is sent after the next start");
}

#[test]
fn without_mail_nothing_of_it_is_offered_and_what_was_told_stays_on_the_pages() {
    let feed = Feed::with().without_trust().start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    assert!(!ann.get("sign-in").targets().contains(&"sign-in/forgotten".to_owned()));
    assert_eq!(ann.get("sign-in/forgotten").status, 404);
    assert_eq!(ann.post("sign-in/forgotten", &[("name", "ann")]).status, 404);
    set_address(ann.sign_in("ann"), "ann", "ann@example.com");
    assert!(ann.get("account").text().contains("This server sends no mail yet"));
    let refused = ann.post("account/confirmation", &[]);
    assert!(refused.status == 422 && refused.text().contains("sends no mail"), "{}", refused.text());
    assert!(ann.get("account").text().contains("The e-mail address of your account was changed."));
    assert_eq!(feed.rows("outgoing_mail"), 0);
}

#[test]
fn whose_key_ends_soon_is_told_on_the_pages_and_by_mail() {
    let server = MailServer::start(Speaks::Clear);
    let feed = feed_with(&server, "smtp://localhost:PORT").start();
    with_address(&feed, &server, "ann");
    feed.assay(&["key", "create", "--account", "ann", "--name", "ci", "--expires", "10d"]).succeeded();
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database.execute("UPDATE api_key SET created_at = created_at - 86400 * 30", []).unwrap();
    database.execute("DELETE FROM job WHERE name = 'endings'", []).unwrap();
    feed.restart();
    let letter = server.wait_for(2).pop().unwrap();
    assert!(letter.header("Subject").starts_with("localhost: The API key `ci`"), "{}", letter.header("Subject"));
    assert!(letter.text().contains(&format!("{}account/keys", home(&feed))), "{}", letter.text());
    let mut ann = Visitor::of(&feed);
    assert!(ann.sign_in("ann").get("account").text().contains("The API key ci"));
    database.execute("DELETE FROM job WHERE name = 'endings'", []).unwrap();
    feed.restart();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(server.received().len(), 2, "it is told once");
}
