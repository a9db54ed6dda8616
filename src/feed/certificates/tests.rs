use super::ground::{Ground, Stamp};
use super::*;
use crate::domain::account::{AccountId, Role};
use crate::domain::certificate::MAX_REGISTRATIONS;
use crate::domain::let_in::LetIn;
use crate::domain::push_rule::RequiredSigner;
use crate::feed::authority::{Actor, Refused};
use crate::feed::revocation::{self, Cache};
use crate::feed::test_house::{House, NOW, id, name};
use crate::feed::trust;
use crate::signature::certificate_file;
use crate::signature::{Certificate, ChainState};
use crate::store::certificates::{NewCertificate, Removal};
use crate::store::packages::{NewVersion, VersionId};
use crate::store::registrations::RegistrationId;
use crate::store::trust_anchors::Purpose;

fn golden(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/vectors/golden/trust/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub(super) fn der(name: &str) -> Vec<u8> {
    golden(&format!("certs/{name}.der"))
}

fn fingerprint(name: &str) -> Fingerprint {
    Fingerprint::of(&der(name))
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A house that trusts the golden roots.
pub(super) fn house() -> House {
    let house = House::new();
    let roots = certificate_file::read_all(&golden("code-signing-roots.pem")).unwrap();
    let offer = trust::Offer { certificates: &roots, purposes: &[Purpose::Signing], source: "test" };
    trust::add(&house.app.store, &[offer], &Actor::CommandLine, NOW).unwrap();
    house
}

pub(super) fn upload(
    house: &House,
    account: &str,
    files: &[(&str, Vec<u8>)],
    chain: &[&str],
    limits: &[&str],
    actor: &Actor,
) -> Result<Report, Error> {
    let files: Vec<_> = files.iter().map(|(name, bytes)| UploadedFile::whole(name, bytes)).collect();
    let above: Vec<_> = chain.iter().map(|file| (*file, der(file))).collect();
    let chain: Vec<_> = above.iter().map(|(name, bytes)| UploadedFile::whole(name, bytes)).collect();
    let new = NewRegistrations { account: &name(account), files: &files, chain: &chain, patterns: &patterns(limits) };
    let app = &house.app;
    register_all(&app.store, &app.config, &app.answers, &new, actor, NOW)
}

/// Registers one golden certificate: `New`, `Enabled`, `Already`, or why not.
fn add(house: &House, account: &str, certificate: &str, limits: &[&str], actor: &Actor) -> String {
    let report = upload(house, account, &[(certificate, der(certificate))], &[], limits, actor).unwrap();
    match &report.verdicts[0].result {
        Ok(registered) => format!("{:?}", registered.outcome),
        Err(why) => why.to_string(),
    }
}

fn take(house: &House, account: &str, certificate: &str, meant: Meant<'_>, actor: &Actor) -> Result<Removed, Error> {
    remove(&house.app.store, &house.app.config, &name(account), &fingerprint(certificate), meant, actor, NOW)
}

fn statuses(house: &House, account: &str) -> Vec<(String, &'static str)> {
    let rows = house.app.store.read(|r| r.listed_certificates(Some(house.account(account).id), NOW)).unwrap();
    rows.iter().map(|row| (row.subject.clone(), row.status.word())).collect()
}

fn told(house: &House, user: &str) -> Vec<String> {
    let notices = house.app.store.read(|r| r.notices(house.account(user).id, 0, 99)).unwrap();
    notices.into_iter().map(|notice| notice.text).collect()
}

/// Version 1.0.0, signed with a certificate of `owner`.
fn add_signed_version(
    w: &mut store::Writes<'_>,
    registration: RegistrationId,
    owner: AccountId,
    author: Fingerprint,
) -> Result<VersionId, store::Error> {
    add_version(w, registration, (owner, Some(owner)), author)
}

/// Version 1.0.0 by its pusher, and by whose registration its signature counted, if by anybody's.
fn add_version(
    w: &mut store::Writes<'_>,
    registration: RegistrationId,
    (pusher, signed_by): (AccountId, Option<AccountId>),
    author: Fingerprint,
) -> Result<VersionId, store::Error> {
    let content = w.begin_content(0, NOW)?;
    w.publish_content(content)?;
    let version = NewVersion {
        registration,
        version: &crate::domain::version::NuGetVersion::parse("1.0.0").unwrap(),
        semver2: false,
        published_at: NOW,
        manifest: "{}",
        nuspec: b"",
        content,
        sha512: &[0; 64],
        content_hash: "",
        pushed_sha512: &[0; 64],
        pushed_size: 0,
        original: b"",
        pusher,
        key: None,
        author: Some(author),
        signed_by,
        timestamp: None,
        tsa: None,
        signing_anchor: None,
        timestamping_anchor: None,
        repository: None,
        stamped: None,
        let_in: if signed_by.is_some() { LetIn::Rule } else { LetIn::Stage },
    };
    w.add_version(&version)
}

#[test]
fn a_judgement_is_made_before_the_transaction_and_counts_only_while_its_grounds_stay() {
    let house = House::new();
    let (store, config, answers) = (&house.app.store, &house.app.config, Cache::default());
    let certificate = Certificate::from_der(&der("leaf-direct")).unwrap();
    let about = [certificate.fingerprint()];
    let read = || store.read(|r| Ground::read(r, config, &about)).unwrap();
    let stamp = || store.read(|r| Stamp::read(r, config, &about)).unwrap();
    let ground = read();
    let known = answers.known(store).unwrap();
    assert!(!ground.judge(&[], &known, NOW).fit(&certificate).unwrap().is_proven(), "its root is no anchor");
    assert_eq!(stamp(), ground.stamp);

    let roots = certificate_file::read_all(&golden("code-signing-roots.pem")).unwrap();
    let offer = trust::Offer { certificates: &roots, purposes: &[Purpose::Signing], source: "test" };
    trust::add(store, &[offer], &Actor::CommandLine, NOW).unwrap();
    assert_ne!(stamp(), ground.stamp);
    let ground = read();
    let known = answers.known(store).unwrap();
    assert!(ground.judge(&[], &known, NOW).fit(&certificate).unwrap().is_proven());
    let by = Actor::CommandLine;
    revocation::import_all(store, config, &answers, &[("root-a.crl", &golden("crl/root-a.crl"))], &by, NOW);
    assert!(!store.read(|r| known.is_current(r)).unwrap(), "the answers have changed");
    store.write(|w| w.set_policy("accept_untrusted_roots", "true")).unwrap();
    assert_ne!(stamp(), ground.stamp);
}

#[test]
fn each_file_has_its_own_verdict_and_a_wrong_one_keeps_none_out() {
    let house = house();
    let ann = house.person("ann");
    let files = [
        ("good.cer", der("leaf-3072")),
        ("key.pem", golden("keys/leaf-3072.key.pem")),
        ("again.cer", der("leaf-3072")),
        ("old.cer", der("leaf-expired")),
        ("large.cer", vec![0x30; MAX_CERTIFICATE_FILE + 1]),
        ("other.cer", der("leaf-2048")),
    ];
    let report = upload(&house, "ann", &files, &[], &[], &ann).unwrap();
    let told = |verdict: &FileVerdict| match &verdict.result {
        Ok(_) => format!("{}: registered", verdict.name),
        Err(why) => format!("{}: {why}", verdict.name),
    };
    let all = report.verdicts.iter().map(told).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(all);
    assert_eq!(statuses(&house, "ann").len(), 2);
}

#[test]
fn a_file_that_is_too_large_is_named_for_what_it_is_if_that_is_known() {
    let read = |bytes: &[u8]| uploaded::read_signer(&UploadedFile::whole("a.cer", bytes));
    let mut key = golden("keys/leaf-3072.key.pem");
    key.resize(MAX_CERTIFICATE_FILE + 1, b'\n');
    assert!(read(&key).unwrap_err().to_string().contains("private key"));
    let large = read(&vec![0x30; MAX_CERTIFICATE_FILE + 1]).unwrap_err();
    assert!(matches!(large, NotRegistered::TooLarge(size) if size == MAX_CERTIFICATE_FILE as u64 + 1));
    assert!(!matches!(read(&[0x30; MAX_CERTIFICATE_FILE]), Err(NotRegistered::TooLarge(_))));
}

/// As they come from a page: only the beginning of a large file was kept.
#[test]
fn of_a_file_that_was_cut_the_beginning_says_what_it_is_or_its_size_is_told() {
    let cut = |bytes: &[u8], size| {
        let file = UploadedFile { name: "a.cer", bytes, size };
        let chain = uploaded::read_chain(&[file]).unwrap_err().to_string();
        (uploaded::read_signer(&file).unwrap_err().to_string(), chain)
    };
    let package = [b"PK\x03\x04", [0; 26].as_slice(), b"Contoso.Core.nuspec", &[7; 500]].concat();
    let (signer, chain) = cut(&package, 30_000_000);
    assert!(signer.starts_with("this file is a package; take the certificate"), "{signer}");
    assert!(chain.starts_with("`a.cer`: this file is a package"), "{chain}");
    // Neither a whole certificate nor several of them are what they seem when more follows.
    let pem = golden("code-signing-roots.pem");
    for beginning in [der("leaf-3072"), pem.clone(), pem[..pem.len() - 100].to_vec()] {
        let (signer, chain) = cut(&beginning, 500_000);
        assert!(signer.starts_with("the file has 500000 bytes, and a certificate at most 10000"), "{signer}");
        assert!(chain.starts_with("`a.cer` has 500000 bytes"), "{chain}");
    }
}

#[test]
fn uploading_it_again_changes_nothing_and_other_patterns_are_changed_where_it_is_shown_what_they_do() {
    let house = house();
    let ann = house.person("ann");
    assert_eq!(add(&house, "ann", "leaf-3072", &["A.*"], &ann), "New");
    let lines = house.audit_lines();
    assert_eq!(add(&house, "ann", "leaf-3072", &["a.*"], &ann), "Already");
    assert!(add(&house, "ann", "leaf-3072", &[], &ann).contains("registered already, only for `A.*`"));
    assert_eq!(house.audit_lines(), lines);
}

#[test]
fn the_same_certificate_of_two_accounts_is_one_certificate_with_two_registrations() {
    let house = house();
    for who in ["ann", "bob"] {
        let actor = house.person(who);
        assert_eq!(add(&house, who, "leaf-3072", &[], &actor), "New");
    }
    take(&house, "ann", "leaf-3072", Meant::Nothing, &Actor::CommandLine).unwrap();
    assert_eq!((statuses(&house, "ann").len(), statuses(&house, "bob").len()), (0, 1));
}

#[test]
fn a_registration_that_versions_need_stays_removed_and_an_upload_enables_it() {
    let house = house();
    let ann = house.person("ann");
    add(&house, "ann", "leaf-3072", &["A.*"], &ann);
    let package = house.package("A.Core", &["ann"]);
    let account = house.account("ann").id;
    house.app.store.write(|w| add_signed_version(w, package.id, account, fingerprint("leaf-3072"))).unwrap();
    let (row, effects) = house
        .app
        .store
        .read(|r| removing(r, &house.app.config, &name("ann"), &fingerprint("leaf-3072"), &ann, NOW))
        .unwrap();
    assert_eq!((row.versions, effects.opened.as_slice()), (1, &[id("A.Core")][..]));
    let removed = take(&house, "ann", "leaf-3072", Meant::Shown(&effects.mark()), &ann).unwrap();
    assert_eq!(removed.removal, Removal::Disabled(1));
    assert_eq!(statuses(&house, "ann")[0].1, "removed");
    assert!(
        house.audited().contains("certificate.remove ann")
            && house.audited().ends_with("1 version signed with it stays")
    );
    assert!(matches!(take(&house, "ann", "leaf-3072", Meant::Whatever, &ann), Err(Error::Unknown { .. })));
    assert_eq!(add(&house, "ann", "leaf-3072", &[], &ann), "Enabled");
    assert_eq!(statuses(&house, "ann")[0].1, "active");
    assert!(house.audited().ends_with("it had been removed"), "{}", house.audited());
}

/// How many versions are counted for a certificate, and the packages of those that its page lists, sorted.
fn signed_with(house: &House, account: &str, certificate: &str) -> (u32, String) {
    let (account, fingerprint) = (house.account(account).id, fingerprint(certificate));
    let read = |r: &Reads<'_>| {
        let counted = r.listed_certificate(account, &fingerprint, NOW)?.map_or(0, |row| row.versions);
        let versions = r.versions_signed_with(account, &fingerprint, 0, 99)?;
        let mut packages: Vec<String> = versions.iter().map(|version| version.package_id.to_string()).collect();
        packages.sort();
        Ok::<_, store::Error>((counted, packages.join(", ")))
    };
    house.app.store.read(read).unwrap()
}

#[test]
fn what_was_let_in_before_a_registration_and_what_a_co_owners_let_in_is_counted_for_every_owner_who_registered_it() {
    let house = house();
    let (ann, _, _) = (house.person("ann"), house.person("bob"), house.person("eve"));
    let [anns, bobs] = ["ann", "bob"].map(|name| house.account(name).id);
    let leaf = fingerprint("leaf-3072");
    let before = house.package("A.Before", &["ann"]);
    let shared = house.package("A.Shared", &["ann", "bob"]);
    let given = house.package("A.Given", &["eve"]);
    let others = house.package("B.Others", &["bob"]);
    house
        .app
        .store
        .write(|w| {
            add_version(w, before.id, (anns, None), leaf)?;
            add_version(w, shared.id, (bobs, Some(bobs)), leaf)?;
            add_version(w, given.id, (anns, Some(anns)), leaf)?;
            add_version(w, others.id, (bobs, Some(bobs)), leaf)
        })
        .unwrap();
    for who in ["ann", "eve"] {
        assert_eq!(add(&house, who, "leaf-3072", &[], &Actor::CommandLine), "New");
    }
    assert_eq!(signed_with(&house, "ann", "leaf-3072"), (3, "A.Before, A.Given, A.Shared".to_owned()));
    assert_eq!(signed_with(&house, "eve", "leaf-3072"), (1, "A.Given".to_owned()), "hers since, and signed by ann");
    let removed = take(&house, "ann", "leaf-3072", Meant::Whatever, &ann).unwrap();
    assert_eq!(removed.removal, Removal::Disabled(3));
    assert_eq!(statuses(&house, "ann")[0].1, "removed", "versions on the feed are signed with it: the row stays");
    let page = |skip| house.app.store.read(|r| r.versions_signed_with(anns, &leaf, skip, 2)).unwrap().len();
    assert_eq!((page(0), page(2), page(4)), (2, 1, 0));
}

#[test]
fn a_hidden_version_is_counted_for_nobody_and_keeps_the_row_nevertheless() {
    let house = house();
    let ann = house.person("ann");
    add(&house, "ann", "leaf-3072", &[], &ann);
    let (package, account) = (house.package("A.Core", &["ann"]), house.account("ann").id);
    let (store, leaf) = (&house.app.store, fingerprint("leaf-3072"));
    let version = store.write(|w| add_signed_version(w, package.id, account, leaf)).unwrap();
    let withdrawal = crate::store::withdrawals::Withdrawal { by: "root", at: NOW, reason: "leaked" };
    store.write(|w| w.hide_version(version, withdrawal)).unwrap();
    let (row, _) = store.read(|r| removing(r, &house.app.config, &name("ann"), &leaf, &ann, NOW)).unwrap();
    assert_eq!(row.versions, 0);
    assert!(store.read(|r| r.versions_signed_with(account, &leaf, 0, 9)).unwrap().is_empty());
    let removed = take(&house, "ann", "leaf-3072", Meant::Whatever, &ann).unwrap();
    assert_eq!(removed.removal, Removal::Disabled(0));
    assert!(statuses(&house, "ann").is_empty());
    store.write(|w| w.show_version(version)).unwrap();
    assert_eq!(statuses(&house, "ann")[0].1, "removed");
}

#[test]
fn what_opens_an_id_to_unsigned_packages_is_done_only_if_just_that_was_shown_and_every_owner_is_told() {
    let house = house();
    let (ann, _, _) = (house.person("ann"), house.person("bob"), house.person("eve"));
    house.organization("contoso", &[("ann", Role::Administrator), ("eve", Role::Administrator)]);
    house.package("A.Core", &["contoso", "bob"]);
    house.package("A.Tools", &["contoso"]);
    add(&house, "contoso", "leaf-3072", &[], &ann);
    let refused = take(&house, "contoso", "leaf-3072", Meant::Nothing, &ann).unwrap_err();
    assert!(refused.to_string().contains("A.Core, A.Tools"), "{refused}");
    let read = || {
        house
            .app
            .store
            .read(|r| removing(r, &house.app.config, &name("contoso"), &fingerprint("leaf-3072"), &ann, NOW))
            .unwrap()
            .1
    };
    let shown = read().mark();
    // Meanwhile there is one more.
    house.package("B.Core", &["contoso"]);
    assert!(matches!(take(&house, "contoso", "leaf-3072", Meant::Shown(&shown), &ann), Err(Error::OpensToUnsigned(_))));
    assert_eq!(statuses(&house, "contoso").len(), 1, "nothing was done");
    take(&house, "contoso", "leaf-3072", Meant::Shown(&read().mark()), &ann).unwrap();
    let said = |who: &str| {
        told(&house, who)
            .into_iter()
            .filter(|text| text.contains("without a signature are accepted"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        said("bob"),
        ["From now on packages without a signature are accepted for A.Core: ann removed a certificate of contoso."]
    );
    for who in ["ann", "eve"] {
        assert!(said(who)[0].contains("A.Core, A.Tools, B.Core"), "{:?}", said(who));
    }
    let link = |who: &str| {
        let notices = house.app.store.read(|r| r.notices(house.account(who).id, 0, 99)).unwrap();
        notices.into_iter().find(|notice| notice.text.contains("without a signature are accepted")).unwrap().link
    };
    assert_eq!((link("bob").as_str(), link("eve").as_str()), ("packages/A.Core/manage", "account/packages"));
}

#[test]
fn what_is_demanded_from_now_on_is_told_to_the_other_owners_and_a_choice_that_cannot_be_any_more_is_forgotten() {
    let house = house();
    let (ann, bob) = (house.person("ann"), house.person("bob"));
    let package = house.package("A.Core", &["ann", "bob"]);
    add(&house, "ann", "leaf-3072", &[], &ann);
    assert!(
        told(&house, "bob").iter().any(|text| text.contains("packages of A.Core must be signed")),
        "{:?}",
        told(&house, "bob")
    );
    house.app.store.write(|w| w.set_required_signer(package.id, &RequiredSigner::NoSignatureNeeded)).unwrap();
    let report = upload(&house, "bob", &[("b.cer", der("leaf-2048"))], &[], &[], &bob).unwrap();
    assert_eq!(report.effects.closed, [id("A.Core")]);
    assert_eq!(report.effects.lapsed, [(id("A.Core"), RequiredSigner::NoSignatureNeeded)]);
    let stored = house.app.store.read(|r| r.registration(&id("A.Core"))).unwrap().unwrap();
    assert_eq!(stored.required_signer, RequiredSigner::AnyOwner);
}

#[test]
fn a_change_forgets_the_choices_that_it_makes_impossible_and_looks_at_no_other_package() {
    let house = house();
    let (_, bob) = (house.person("ann"), house.person("bob"));
    let packages = ["A.Core", "A.Tools", "B.Core"].map(|text| house.package(text, &["ann", "bob"]));
    add(&house, "ann", "leaf-3072", &[], &Actor::CommandLine);
    for package in &packages {
        house.app.store.write(|w| w.set_required_signer(package.id, &RequiredSigner::NoSignatureNeeded)).unwrap();
    }
    // As nothing else could leave it: impossible for long.
    house.app.store.write(|w| w.set_required_signer(packages[2].id, &RequiredSigner::OneOwner(name("bob")))).unwrap();
    let report = upload(&house, "bob", &[("b.cer", der("leaf-2048"))], &[], &["A.*"], &bob).unwrap();
    assert_eq!(report.effects.lapsed.len(), 2);
    let chosen =
        packages.map(|package| house.app.store.read(|r| r.registration_by_row(package.id)).unwrap().required_signer);
    assert_eq!(chosen, [RequiredSigner::AnyOwner, RequiredSigner::AnyOwner, RequiredSigner::OneOwner(name("bob"))]);
}

#[test]
fn an_authority_above_it_that_does_not_count_is_told_beside_its_own_status() {
    let house = house();
    let (ann, root) = (house.person("ann"), house.administrator("root"));
    let (store, config) = (&house.app.store, &house.app.config);
    upload(&house, "ann", &[("a.cer", der("leaf-3072"))], &["code-int-a1"], &[], &ann).unwrap();
    add(&house, "ann", "leaf-direct", &[], &ann);
    let above = |leaf: &str| {
        let (_, details) = one((&house.app).into(), &name("ann"), &fingerprint(leaf), &ann, NOW).unwrap();
        assert_eq!(details.row.status.word(), "active");
        assert_eq!(details.is_refused_above(), !details.revoked_above.is_empty());
        details.revoked_above
    };
    assert!(above("leaf-3072").is_empty());
    let (authority, reason) = (fingerprint("code-int-a1"), Some("stolen".parse().unwrap()));
    let new = revocation::NewMark { fingerprint: authority, since: NOW, reason };
    revocation::mark(store, config, &new, &root, NOW).unwrap();
    let told = above("leaf-3072");
    assert_eq!((told.len(), told[0].fingerprint, told[0].learnt.revoked_at), (1, authority, Some(NOW)));
    assert!(told[0].subject.contains("A1") && told[0].learnt.source == "marked by root", "{told:?}");
    assert!(above("leaf-direct").is_empty(), "no authority is above it but the anchor");
    let all = all((&house.app).into(), None, NOW).unwrap();
    assert_eq!(all.iter().filter(|details| details.is_refused_above()).count(), 1);
    let list = list((&house.app).into(), &name("ann"), &ann, NOW).unwrap();
    assert_eq!(list.rows.iter().filter(|details| details.is_refused_above()).count(), 1);
    revocation::unmark(store, config, &authority, &root, NOW).unwrap();
    assert!(above("leaf-3072").is_empty());
}

#[test]
fn what_was_learnt_about_a_certificate_is_told_to_machines_in_one_shape() {
    let house = house();
    let (ann, root) = (house.person("ann"), house.administrator("root"));
    let store = &house.app.store;
    add(&house, "ann", "leaf-3072", &[], &ann);
    let told = || {
        let (_, details) = one((&house.app).into(), &name("ann"), &fingerprint("leaf-3072"), &ann, NOW).unwrap();
        serde_json::to_value(&details).unwrap()
    };
    assert_eq!((&told()["revocation"], &told()["revoked_above"]), (&serde_json::Value::Null, &serde_json::json!([])));
    let new = revocation::NewMark { fingerprint: fingerprint("leaf-3072"), since: NOW, reason: None };
    revocation::mark(store, &house.app.config, &new, &root, NOW).unwrap();
    let learnt = store.read(|r| revocation::known_about(r, &fingerprint("leaf-3072"))).unwrap();
    assert_eq!(told()["revocation"], serde_json::to_value(learnt).unwrap());
    assert_eq!(
        (told()["status"].as_str(), told()["revocation"]["status"].as_str()),
        (Some("revoked"), Some("revoked"))
    );
}

#[test]
fn limiting_a_certificate_opens_what_it_leaves_out_and_taking_the_limit_away_closes_it_again() {
    let house = house();
    let ann = house.person("ann");
    house.package("A.Core", &["ann"]);
    house.package("B.Core", &["ann"]);
    add(&house, "ann", "leaf-3072", &[], &ann);
    let store = &house.app.store;
    let to = |texts: &[&str], meant| {
        limit(store, &house.app.config, &name("ann"), &fingerprint("leaf-3072"), &patterns(texts), meant, &ann, NOW)
    };
    assert!(matches!(to(&["A.*"], Meant::Nothing), Err(Error::OpensToUnsigned(ids)) if ids == [id("B.Core")]));
    let limited = to(&["A.*", "a.*"], Meant::Whatever).unwrap();
    assert_eq!((limited.changed, limited.effects.opened.as_slice()), (true, &[id("B.Core")][..]));
    assert!(house.audited().ends_with("only for A.*"), "{}", house.audited());
    let lines = house.audit_lines();
    assert!(!to(&["a.*"], Meant::Nothing).unwrap().changed);
    assert_eq!(house.audit_lines(), lines);
    assert_eq!(to(&[], Meant::Nothing).unwrap().effects.closed, [id("B.Core")]);
    let many: Vec<String> = (0..=MAX_REGISTRATION_PATTERNS).map(|number| format!("A{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(matches!(to(&many, Meant::Nothing), Err(Error::TooManyPatterns(51))));
    assert!(to(&many[1..], Meant::Whatever).is_ok());
}

#[test]
fn the_certificates_above_it_prove_a_chain_and_only_then_are_they_remembered() {
    let house = house();
    let ann = house.person("ann");
    let chain = |files: &[(&str, Vec<u8>)], above: &[&str]| {
        upload(&house, "ann", files, above, &[], &ann).unwrap().verdicts.remove(0).result.unwrap().chain
    };
    let seen = || house.app.store.read(|r| r.seen_certificates()).unwrap();
    let open = chain(&[("a.cer", der("leaf-3072"))], &["code-int-a2"]);
    assert!(matches!(open, ChainState::Open { .. }));
    assert!(seen().is_empty(), "nobody vouches for it");
    assert!(chain(&[("b.cer", der("leaf-2048"))], &["code-int-a1", "code-int-a2"]).is_proven());
    assert_eq!(seen(), [der("code-int-a1")], "neither the anchor nor what is no part of the chain");
    let list = list((&house.app).into(), &name("ann"), &ann, NOW).unwrap();
    assert!(list.rows.iter().all(|details| details.chain.is_proven()), "it proves the other one as well");
}

#[test]
fn files_with_certificates_above_it_have_limits_and_a_wrong_one_registers_nothing() {
    let house = house();
    let ann = house.person("ann");
    let with = |bytes: Vec<u8>| {
        let (leaf, account) = (der("leaf-3072"), name("ann"));
        let files = [UploadedFile::whole("leaf.cer", &leaf)];
        let chain = [UploadedFile::whole("above.pem", &bytes)];
        let new = NewRegistrations { account: &account, files: &files, chain: &chain, patterns: &[] };
        register_all(&house.app.store, &house.app.config, &house.app.answers, &new, &ann, NOW)
    };
    let text = |result: Result<Report, Error>| result.unwrap_err().to_string();
    assert!(text(with(golden("keys/leaf-3072.key.pem"))).starts_with("`above.pem`: this file is a private key"));
    assert!(text(with(vec![b' '; MAX_CHAIN_FILE + 1])).contains("at most 100000"));
    use base64::Engine;
    let block = base64::engine::general_purpose::STANDARD.encode(der("code-int-a1"));
    let pem = format!("-----BEGIN CERTIFICATE-----\n{block}\n-----END CERTIFICATE-----\n");
    assert!(text(with(pem.repeat(MAX_CHAIN_CERTIFICATES + 1).into_bytes())).contains("21 certificates above it"));
    assert!(statuses(&house, "ann").is_empty());
    assert!(with(pem.repeat(MAX_CHAIN_CERTIFICATES).into_bytes()).is_ok());
}

#[test]
fn an_account_registers_only_so_many() {
    let house = house();
    let ann = house.person("ann");
    let account = house.account("ann").id;
    let fill = |w: &mut store::Writes<'_>, count: usize| {
        (0..count).try_for_each(|number| {
            let der = number.to_be_bytes().to_vec();
            let (fingerprint, text) = (Fingerprint::of(&der), String::new());
            let row = NewCertificate {
                fingerprint,
                der,
                subject: text.clone(),
                issuer: text,
                not_before: NOW,
                not_after: NOW,
            };
            w.register_certificate(account, &row, Vec::new(), NOW)
        })
    };
    house.app.store.write(|w| fill(w, MAX_REGISTRATIONS - 1)).unwrap();
    let report = upload(&house, "ann", &[("a", der("leaf-3072")), ("b", der("leaf-2048"))], &[], &[], &ann).unwrap();
    assert!(report.verdicts[0].result.is_ok());
    assert!(matches!(report.verdicts[1].result, Err(NotRegistered::TooMany)));
}

#[test]
fn who_may_see_and_who_may_change() {
    let house = house();
    let (ann, col, out, root) =
        (house.person("ann"), house.person("col"), house.person("out"), house.administrator("root"));
    let tired = house.person_without_code("tired");
    let members = [("ann", Role::Administrator), ("col", Role::Collaborator), ("tired", Role::Administrator)];
    house.organization("contoso", &members);
    let sees = |actor: &Actor| list((&house.app).into(), &name("contoso"), actor, NOW).map(|_| ());
    for actor in [&ann, &col, &root] {
        sees(actor).unwrap();
    }
    for actor in [&out, &tired] {
        assert!(matches!(sees(actor), Err(Error::Refused(Refused::Denied(_)))));
    }
    for actor in [&col, &out, &root, &tired] {
        let refused = upload(&house, "contoso", &[("a", der("leaf-3072"))], &[], &[], actor);
        assert!(matches!(refused, Err(Error::Refused(Refused::Denied(_)))));
    }
    assert_eq!(add(&house, "contoso", "leaf-3072", &[], &ann), "New");
    for actor in [&col, &out, &root, &tired] {
        let refused = take(&house, "contoso", "leaf-3072", Meant::Whatever, actor);
        assert!(matches!(refused, Err(Error::Refused(Refused::Denied(_)))));
    }
    assert!(told(&house, "tired")[0].starts_with("ann registered a certificate of contoso: "));
    assert!(told(&house, "ann").is_empty() && told(&house, "col").is_empty());
}

#[test]
fn a_user_is_told_of_what_was_done_in_their_own_session() {
    let house = house();
    let ann = house.person("ann");
    add(&house, "ann", "leaf-3072", &[], &ann);
    take(&house, "ann", "leaf-3072", Meant::Nothing, &ann).unwrap();
    let told = told(&house, "ann");
    assert!(
        told[0].starts_with("ann removed a certificate of ann: ") && told[1].starts_with("ann registered"),
        "{told:?}"
    );
}

#[test]
fn the_history_of_an_account_and_of_one_certificate() {
    let house = house();
    let ann = house.person("ann");
    add(&house, "ann", "leaf-3072", &[], &ann);
    add(&house, "ann", "leaf-2048", &[], &ann);
    take(&house, "ann", "leaf-3072", Meant::Nothing, &ann).unwrap();
    let read = |before| house.app.store.read(|r| history(r, &name("ann"), before, 2, &ann, NOW)).unwrap().1;
    let first = read(None);
    let actions: Vec<_> = first.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["certificate.remove", "certificate.register"]);
    assert_eq!(read(Some(first[1].id)).len(), 1);
    let of_one = || house.app.store.read(|r| history_of(r, &name("ann"), &fingerprint("leaf-3072"))).unwrap();
    assert_eq!(of_one().len(), 2);
    // However much was done to others since.
    let (by, other) = (crate::store::audit::By::server(), fingerprint("leaf-2048").to_string());
    let more =
        |w: &mut store::Writes<'_>| (0..3000).try_for_each(|_| w.audit(NOW, &by, "certificate.limit", "ann", &other));
    house.app.store.write(more).unwrap();
    assert_eq!(of_one().len(), 2);
}

#[test]
fn an_unknown_root_refuses_as_long_as_the_policy_does_not_let_the_registration_make_up_for_it() {
    let house = house();
    let (ann, store) = (house.person("ann"), &house.app.store);
    let policy = |value| store.write(|w| w.set_policy("accept_untrusted_roots", value)).unwrap();
    policy("true");
    assert_eq!(add(&house, "ann", "stranger-self", &[], &ann), "New");
    let refused = || {
        let (_, it) = one((&house.app).into(), &name("ann"), &fingerprint("stranger-self"), &ann, NOW).unwrap();
        assert_eq!(it.row.status.word(), "active");
        assert_eq!(it.is_refused_for_its_root(), it.untrusted_root.is_some());
        it.untrusted_root
    };
    assert_eq!(refused(), None, "the registration is the trust");
    policy("false");
    assert!(refused().is_some_and(|root| root.contains("CN=")));
    let told = serde_json::to_value(list((&house.app).into(), &name("ann"), &ann, NOW).unwrap().rows).unwrap();
    assert!(told[0]["untrusted_root"].is_string(), "{told}");
    add(&house, "ann", "leaf-3072", &[], &ann);
    let all = all((&house.app).into(), None, NOW).unwrap();
    assert_eq!(all.iter().filter(|it| it.untrusted_root.is_some()).count(), 1, "an open chain may end in an anchor");
}

#[test]
fn a_hold_is_told_as_one_at_registration_and_in_the_list() {
    let house = house();
    let (ann, store) = (house.person("ann"), &house.app.store);
    let files = [("hold.cer", der("crl-hold"))];
    upload(&house, "ann", &files, &["crl-ca"], &[], &ann).unwrap();
    let list = golden("crl/ca.crl");
    let app = &house.app;
    let files = [("ca.crl", list.as_slice())];
    let imported = revocation::import_all(store, &app.config, &app.answers, &files, &Actor::CommandLine, NOW);
    imported.files.into_iter().for_each(|file| drop(file.unwrap()));
    let (_, it) = one(app.into(), &name("ann"), &fingerprint("crl-hold"), &ann, NOW).unwrap();
    assert_eq!((it.row.status.word(), it.is_on_hold()), ("revoked", true));
    let (bob, told) = (house.person("bob"), "on hold since 2023-01-01");
    for certificate in ["crl-hold", "crl-revoked-early"] {
        let said = add(&house, "bob", certificate, &[], &bob);
        assert_eq!(
            said.contains(told) && said.contains("wait until its issuer lifts the hold"),
            certificate == "crl-hold",
            "{said}"
        );
        assert_eq!(said.contains("get a new certificate"), certificate != "crl-hold", "{said}");
    }
}

#[test]
fn who_may_not_see_a_certificate_or_asks_for_one_that_is_not_there_is_told_so_before_anything_is_built() {
    let house = house();
    let (ann, bob) = (house.person("ann"), house.person("bob"));
    add(&house, "ann", "leaf-3072", &[], &ann);
    let asked = |certificate, actor: &Actor| {
        house
            .app
            .store
            .read(|r| row(r, &name("ann"), &fingerprint(certificate), actor, NOW))
            .map(|(_, row)| row.versions)
    };
    assert_eq!(asked("leaf-3072", &ann).unwrap(), 0);
    assert!(matches!(asked("leaf-2048", &ann), Err(Error::Unknown { .. })));
    assert!(matches!(asked("leaf-3072", &bob), Err(Error::Refused(_))));
}
