//! The page of trust anchors: adding roots from files, removing them, and the roots that refused pushes ended in.

use crate::support::pages::{Shown, password_of};
use crate::support::{Feed, Request, Visitor, environment, golden};

/// Where roots are added.
const ADD: &str = "admin/trust/add";

/// An administrator with a second factor that was given a moment ago.
fn administrator<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = administrator_without_factor(feed, name);
    visitor.enrol(name);
    visitor
}

fn administrator_without_factor<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let password = format!("{}\n", password_of(name));
    feed.assay_with_input(&["account", "create", name, "--admin", "--password-stdin"], &password).succeeded();
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

fn upload(visitor: &mut Visitor<'_>, purpose: &str, files: &[(&str, &[u8])]) -> Shown {
    let files: Vec<(&str, &str, &[u8])> = files.iter().map(|(name, bytes)| ("files", *name, *bytes)).collect();
    visitor.upload(ADD, &[("for", purpose)], &files)
}

fn roots(file: &str) -> Vec<u8> {
    std::fs::read(golden::trust().join(file)).unwrap()
}

fn der(name: &str) -> Vec<u8> {
    std::fs::read(golden::certificate(name)).unwrap()
}

fn unknown_root(purpose: &str, name: &str) -> String {
    format!("admin/trust/unknown/{purpose}/{}", golden::fingerprint(name))
}

#[test]
fn the_two_lists_of_an_sdk_are_added_at_once_and_go_where_their_names_say() {
    let feed = Feed::with().without_trust().start();
    let mut ann = administrator(&feed, "ann");
    let empty = ann.get("admin/trust");
    assert!(empty.text().contains("There are no roots in this list"), "{}", empty.text());
    let (signing, timestamping) = (roots("code-signing-roots.pem"), roots("timestamping-roots.pem"));
    let files: [(&str, &[u8]); 2] = [("codesignctl.pem", &signing), ("timestampctl.pem", &timestamping)];
    let report = upload(&mut ann, "name", &files);
    assert_eq!(report.status, 200, "{}", report.text());
    let said = "4 roots for package signers were added. 1 root for timestamping authorities was added.";
    assert!(report.text().contains(said), "{}", report.text());
    assert!(report.text().contains("vouches for what is signed with itself"), "a remark: {}", report.text());
    let list = ann.get("admin/trust");
    assert!(list.text().contains("Assay Golden Code Root A") && list.text().contains("by ann"), "{}", list.text());
    assert!(list.text().contains("codesignctl.pem") && !list.text().contains("Golden Time Root"), "{}", list.text());
    let other = ann.get("admin/trust?for=timestamping");
    assert!(other.text().contains("Assay Golden Time Root") && other.text().contains("timestampctl.pem"));
    assert!(upload(&mut ann, "name", &files).text().contains("5 roots were there already."));
    // What the page added counts, and the terminal tells where it came from.
    let alice = feed.account("alice").with_certificate("leaf-3072");
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    let listed = feed.assay(&["trust", "list"]).succeeded();
    assert!(listed.contains("codesignctl.pem") && listed.contains("ann"), "{listed}");
}

#[test]
fn the_lists_of_a_real_sdk_are_taken_whole() {
    let Some(shared) = environment::shared("the lists of an SDK") else { return };
    let feed = Feed::with().without_trust().start();
    let mut ann = administrator(&feed, "ann");
    let list = |name: &str| std::fs::read(shared.join("testdata/trust").join(name)).unwrap();
    let (signing, timestamping) = (list("codesignctl.pem"), list("timestampctl.pem"));
    let files: [(&str, &[u8]); 2] = [("codesignctl.pem", &signing), ("timestampctl.pem", &timestamping)];
    let sent = upload(&mut ann, "name", &files);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let blocks = |pem: &[u8]| i64::try_from(pem.windows(11).filter(|it| it == b"-----BEGIN ").count()).unwrap();
    assert_eq!(feed.rows("trust_anchor"), blocks(&signing) + blocks(&timestamping));
    let first = ann.follow(&sent);
    assert!(first.text().contains("expired, which count for what was timestamped before"), "{}", first.text());
    assert!(first.text().contains("Page 1 of 7"), "{}", first.text());
    let last = ann.get("admin/trust?for=signing&page=7");
    assert!(last.inside("tr").len() > 1 && last.text().contains("Page 7 of 7"), "{}", last.text());
}

#[test]
fn a_list_is_filtered_and_says_how_many_versions_end_in_each_root() {
    let feed = Feed::start();
    let mut ann = administrator(&feed, "ann");
    let alice = feed.account("alice").with_certificate("leaf-3072");
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    let used = ann.get("admin/trust?show=used");
    assert_eq!(used.inside("tr").len(), 2, "the heading and one root: {}", used.text());
    assert!(
        used.text().contains("1 of 4 roots.") && used.text().contains("Assay Golden Code Root A"),
        "{}",
        used.text()
    );
    let digits = golden::fingerprint("repo-root").to_uppercase();
    let found = ann.get(&format!("admin/trust?q={}", &digits[..16]));
    assert_eq!(found.inside("tr").len(), 2, "{}", found.text());
    assert!(ann.get("admin/trust?q=nothing+like+it").text().contains("No root of this list is like that."));
    assert!(ann.get("admin/trust?for=timestamping&show=used").text().contains("Assay Golden Time Root"));
    let listed: serde_json::Value =
        serde_json::from_str(&feed.assay(&["trust", "list", "--json"]).succeeded()).unwrap();
    let versions: u64 = listed.as_array().unwrap().iter().map(|row| row["versions"].as_u64().unwrap()).sum();
    assert_eq!(versions, 2, "one for the signer, one for the timestamp: {listed}");
}

#[test]
fn what_is_no_root_is_told_and_does_not_keep_the_others_out() {
    let feed = Feed::with().without_trust().start();
    let mut ann = administrator(&feed, "ann");
    let (root, leaf) = (der("stranger-root"), der("leaf-3072"));
    let key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let files: [(&str, &[u8]); 3] = [("root.cer", &root), ("leaf.cer", &leaf), ("secret.pem", key)];
    let shown = upload(&mut ann, "signing", &files);
    assert_eq!(shown.status, 200, "{}", shown.text());
    let text = shown.text();
    assert!(text.contains("1 root for package signers was added."), "{text}");
    assert!(text.contains("Not added: it is no root: CN=Assay Golden Code Issuing A1"), "{text}");
    assert!(text.contains("Nothing of it was taken: this file is a private key"), "{text}");
    let shown = upload(&mut ann, "name", &[("root.cer", &root)]);
    assert!(shown.status == 422 && shown.text().contains("its name does not say what it is for"), "{}", shown.text());
    let timestamps = roots("timestamping-roots.pem");
    let shown = upload(&mut ann, "both", &[("timestampctl.pem", &timestamps)]);
    assert!(shown.status == 422 && shown.text().contains("list for timestamping authorities"), "{}", shown.text());
    let shown = upload(&mut ann, "signing", &[]);
    assert!(shown.status == 422 && shown.text().contains("Choose at least one file."), "{}", shown.text());
    assert_eq!(feed.rows("trust_anchor"), 1);
}

#[test]
fn a_form_with_files_is_refused_before_the_files_when_its_token_is_not_its_first_field() {
    let feed = Feed::with().without_trust().start();
    let mut ann = administrator(&feed, "ann");
    let token = ann.csrf(ADD);
    let cookie = format!("__Host-assay={}", ann.secret());
    let root = String::from_utf8(roots("code-signing-roots.pem")).unwrap();
    let field =
        |name: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = format!(
        "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"codesignctl.pem\"\r\n\r\n{root}\r\n"
    );
    let send = |parts: &[&str]| {
        let request = Request::new("POST", &format!("/{ADD}"))
            .header("Cookie", &cookie)
            .header("Content-Type", "multipart/form-data; boundary=x")
            .body(format!("{}--x--\r\n", parts.concat()));
        feed.ask(&request)
    };
    let (right, wrong, purpose) = (field("csrf", &token), field("csrf", "another"), field("for", "name"));
    for parts in [vec![&file, &right], vec![&purpose, &right, &file], vec![&wrong, &file], vec![&file], vec![]] {
        let parts: Vec<&str> = parts.into_iter().map(String::as_str).collect();
        let answer = send(&parts);
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(answer.text().contains("The form has expired"), "a page: {}", answer.text());
    }
    assert_eq!(feed.rows("trust_anchor"), 0);
    assert_eq!(send(&[&right, &purpose, &file]).status, 200);
    assert_eq!(feed.rows("trust_anchor"), 4);
}

#[test]
fn a_file_beyond_the_limits_gets_a_page_that_says_so() {
    let feed = Feed::start();
    let mut ann = administrator(&feed, "ann");
    let large = vec![b'x'; 1024 * 1024 + 1];
    let shown = upload(&mut ann, "signing", &[("large.pem", &large)]);
    assert_eq!(shown.status, 413, "{}", shown.text());
    assert!(shown.text().contains("“large.pem” is larger than 1 MiB"), "{}", shown.text());
    let some = vec![b'x'; 1024 * 1024];
    let many: Vec<(&str, &[u8])> = (0..12).map(|_| ("some.pem", some.as_slice())).collect();
    let shown = upload(&mut ann, "signing", &many);
    assert_eq!(shown.status, 413, "{}", shown.text());
    assert!(shown.text().contains("All files together may have 8 MiB"), "{}", shown.text());
    assert!(feed.is_serving());
}

#[test]
fn only_administrators_see_the_lists_and_only_with_a_second_factor_are_they_changed() {
    let feed = Feed::start();
    feed.account("bob");
    let mut bob = Visitor::of(&feed);
    bob.sign_in("bob");
    let remove = format!("admin/trust/signing/{}/remove", golden::fingerprint("code-root-a"));
    for path in ["admin/trust", ADD, &remove, "admin/jobs"] {
        assert_eq!(bob.get(path).status, 403, "{path}");
        assert_eq!(Visitor::of(&feed).get(path).status, 303, "{path}: a stranger signs in first");
    }
    assert_eq!(bob.post(&remove, &[]).status, 403);
    let mut ann = administrator_without_factor(&feed, "ann");
    let asked = ann.get(ADD);
    assert!(asked.status == 403 && asked.text().contains("second factor"), "{}", asked.text());
    let root = der("stranger-root");
    assert_eq!(upload(&mut ann, "signing", &[("root.cer", &root)]).status, 403);
    assert_eq!(ann.post(&remove, &[]).status, 403);
    assert_eq!(feed.rows("trust_anchor"), 5);
}

#[test]
fn a_removed_root_refuses_new_pushes_and_leaves_what_is_served_alone() {
    let feed = Feed::start();
    let mut ann = administrator(&feed, "ann");
    let alice = feed.account("alice").with_certificate("leaf-3072");
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    let path = format!("admin/trust/signing/{}/remove", golden::fingerprint("code-root-a"));
    let page = ann.get(&path);
    let text = page.text();
    assert!(text.contains("1 version on this feed ended in it"), "{text}");
    assert!(text.contains("nothing is unlisted") && text.contains("are refused from now on"), "{text}");
    let done = ann.submit(&path, &[]);
    assert!(done.text().contains("vouches for package signers no more"), "{}", done.text());
    assert_eq!(ann.get(&path).status, 404);
    let id = golden::identity("good-author-rsa3072-sha384.nupkg");
    assert_eq!(feed.versions(&id), ["1.0.0"]);
    let refused = alice.push(golden::read("good-author-rsa4096-sha512-chain4.nupkg")).refused(400);
    refused.warning("Assay Golden Code Root A");
    assert!(feed.assay(&["trust", "list"]).succeeded().matches("signing").count() >= 3);
}

#[test]
fn a_root_that_a_push_ended_in_is_shown_with_its_pusher_and_added_by_its_first_digits() {
    let feed = Feed::start();
    let mut ann = administrator(&feed, "ann");
    let alice = feed.account("alice");
    assert!(!ann.get("admin/trust").text().contains("Roots that pushes ended in"));
    alice.push(golden::read("cert-untrusted-root.nupkg")).refused(400);
    alice.push(golden::read("cert-untrusted-root.nupkg")).refused(400);
    alice.push(golden::read("ts-untrusted.nupkg")).refused(400);
    let page = ann.get("admin/trust");
    let (text, compact) = (page.text(), page.text().replace(' ', ""));
    assert!(
        text.contains("Roots that pushes ended in") && text.contains("A package does not show whose root it came with"),
        "{text}"
    );
    assert!(text.contains("alice with golden.cert-untrusted-root 1.0.0"), "{text}");
    assert!(text.contains("2 pushes, the last"), "{text}");
    for name in ["stranger-root", "stranger-ts-root"] {
        assert!(compact.contains(&golden::fingerprint(name)), "the whole fingerprint of {name}: {text}");
    }
    let path = unknown_root("signing", "stranger-root");
    assert_eq!(ann.get(&unknown_root("timestamping", "stranger-root")).status, 404, "for what it was pushed");
    let digits = golden::fingerprint("stranger-root")[..8].to_owned();
    let wrong = ann.post(&path, &[("digits", "00000000")]);
    assert!(wrong.status == 422 && wrong.text().contains("not the first 8 digits"), "{}", wrong.text());
    let mut bare = administrator_without_factor(&feed, "eve");
    assert_eq!(bare.post(&path, &[("digits", &digits)]).status, 403, "a second factor is needed");
    assert_eq!(feed.rows("trust_anchor"), 5);

    let done = ann.submit(&path, &[("digits", &digits.to_uppercase())]);
    assert!(done.text().contains("vouches for package signers from now on"), "{}", done.text());
    assert!(done.text().contains("a push of golden.cert-untrusted-root 1.0.0 by alice"), "{}", done.text());
    assert_eq!(feed.rows("unknown_root"), 1);
    let alice = alice.with_certificate("stranger-leaf");
    alice.push(golden::read("cert-untrusted-root.nupkg")).accepted();

    assert!(ann.get("admin/trust").text().contains("Dismissing a root takes it off this list and does nothing else"));
    let dismissed = ann.submit(&format!("{}/dismiss", unknown_root("timestamping", "stranger-ts-root")), &[]);
    assert!(dismissed.text().contains("is off the list"), "{}", dismissed.text());
    assert_eq!(feed.rows("unknown_root"), 0);
    alice.push(golden::read("ts-untrusted.nupkg")).refused(400);
    assert_eq!(feed.rows("unknown_root"), 1, "it comes back");
}

#[test]
fn only_a_whole_self_signed_root_that_came_with_the_package_is_kept() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    for file in
        ["cert-untrusted-root-not-embedded.nupkg", "cert-missing-intermediate.nupkg", "zip-changed-content.nupkg"]
    {
        alice.push(golden::read(file)).refused(400);
    }
    assert_eq!(feed.rows("unknown_root"), 0);
}

#[test]
fn from_the_first_steps_one_adds_roots_and_comes_back_to_them() {
    let feed = Feed::with().without_trust().start();
    let mut ann = administrator(&feed, "ann");
    let step = ann.get("welcome?step=3");
    let path = step.targets().into_iter().find(|target| target.starts_with(ADD)).unwrap();
    let form = ann.get(&path);
    assert!(form.html.contains("name=\"return_to\" value=\"welcome?step=4\""), "{}", form.html);
    let (root, leaf) = (der("stranger-root"), der("leaf-3072"));
    let mut send = |back: &str, file: &[u8]| {
        ann.upload(ADD, &[("for", "signing"), ("return_to", back)], &[("files", "a.cer", file)])
    };
    let refused = send("welcome?step=4", &leaf);
    assert_eq!(refused.status, 422);
    for target in ["welcome?step=4", "admin/trust/add?return_to=welcome%3Fstep%3D4"] {
        assert!(refused.targets().contains(&target.to_owned()), "{target}: {:?}", refused.targets());
    }
    assert!(refused.text().contains("Continue") && !refused.text().contains("Go to the list"), "{}", refused.text());
    assert!(send("https://evil.example", &leaf).text().contains("Go to the list"), "this server and nowhere else");
    let sent = send("welcome?step=4", &root);
    assert_eq!(sent.location.as_deref(), Some("welcome?step=4"), "{}", sent.text());
    assert!(ann.follow(&sent).text().contains("1 root for package signers was added."));
}
