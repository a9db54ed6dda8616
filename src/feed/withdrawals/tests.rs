//! What taking a version off the feed does, who may, and that every document follows.

use std::io::Write;

use sha2::{Digest, Sha512};
use tempfile::NamedTempFile;

use super::*;
use crate::documents::Hive;
use crate::domain::account::Role;
use crate::domain::let_in::LetIn;
use crate::domain::permission::Denied;
use crate::feed::authority::Refused;
use crate::feed::push::{self, Pushed, Pusher, Received};
use crate::feed::test_house::{House, NOW, id, name};
use crate::nupkg::builder::NupkgBuilder;
use crate::store::documents::Encoding;
use crate::store::search::SearchQuery;

const PACKAGE: &str = "Contoso.Core";

fn number(text: &str) -> NuGetVersion {
    NuGetVersion::parse(text).unwrap()
}

fn why() -> Reason {
    "It has a password in it.".parse().unwrap()
}

impl House {
    /// Publishes a version with a file of so many bytes, for `owner`.
    fn push_with(&self, owner: &str, version: &str, size: usize) -> Result<Pushed, push::Error> {
        let file: Vec<u8> = (0..size).map(|at| u8::try_from(at * at % 251).unwrap()).collect();
        let more = "<readme>README.md</readme>";
        let package =
            NupkgBuilder::with_metadata(PACKAGE, version, more).file("README.md", "# Core").file("lib/a.dll", file);
        let bytes = package.build();
        let mut spooled = NamedTempFile::new().unwrap();
        spooled.write_all(&bytes).unwrap();
        let received = Received { file: spooled, size: bytes.len() as u64, sha512: Sha512::digest(&bytes).into() };
        let pusher = Pusher::Page { actor: Actor::CommandLine, owner: name(owner) };
        push::push(&self.app, &pusher, &received, NOW).map_err(|refused| *refused.error)
    }

    fn push(&self, version: &str) {
        self.push_with("ann", version, 10).unwrap();
    }

    /// The version list that clients get.
    fn list(&self) -> Option<String> {
        self.document(documents::VERSIONS)
    }

    fn document(&self, name: &str) -> Option<String> {
        let read = self.app.store.read(|r| r.document(id(PACKAGE).key(), name, Encoding::Identity)).unwrap();
        read.map(|(body, _)| String::from_utf8(body).unwrap())
    }

    /// Everything that is prepared about the package, in a form that can be compared.
    fn documents(&self) -> Vec<String> {
        self.app
            .store
            .read(|r| {
                let registration = r.registration(&id(PACKAGE))?.unwrap();
                let mut names = r.document_names(registration.id)?;
                names.sort();
                let mut all: Vec<String> = Vec::new();
                for (document, _) in names {
                    all.push(format!("{document}: {}", self.document(&document).unwrap()));
                }
                for (prerelease, semver2) in [(false, false), (true, false), (false, true), (true, true)] {
                    let query = |terms| SearchQuery { terms, prerelease, semver2, take: 9, ..SearchQuery::default() };
                    for terms in [vec![], vec!["something".to_owned()]] {
                        let found = r.search(&query(terms))?;
                        let hits = found.hits.iter().map(|hit| String::from_utf8_lossy(hit).into_owned());
                        all.push(format!("{prerelease} {semver2}: {} {}", found.total, hits.collect::<String>()));
                    }
                }
                Ok::<_, store::Error>(all)
            })
            .unwrap()
    }

    /// The same, made from nothing.
    fn documents_from_scratch(&self) -> Vec<String> {
        let remade: Result<(), Error> = self.app.store.write(|w| {
            let registration = w.registration(&id(PACKAGE))?.unwrap().id;
            w.forget_leaves(registration)?;
            for (document, _) in w.document_names(registration)? {
                w.remove_document(registration, &document)?;
            }
            Ok(documents::refresh(w, &self.app, registration)?)
        });
        remade.unwrap();
        self.documents()
    }

    fn hide(&self, version: &str) {
        hide(&self.app, &Actor::CommandLine, &id(PACKAGE), &number(version), &why(), NOW).unwrap();
    }

    fn show(&self, version: &str) {
        show(&self.app, &Actor::CommandLine, &id(PACKAGE), &number(version), NOW).unwrap();
    }

    fn remove(&self, version: &str) {
        remove(&self.app, &Actor::CommandLine, &id(PACKAGE), &number(version), Some(&why()), NOW).unwrap();
    }

    fn free(&self, version: &str) {
        free(&self.app, &Actor::CommandLine, &id(PACKAGE), &number(version), NOW).unwrap();
    }

    /// What a number of this feed's versions means: how many are read, hidden, and removed.
    fn counts(&self) -> (usize, u64, u64) {
        self.app
            .store
            .read(|r| {
                let registration = r.registration(&id(PACKAGE))?.unwrap().id;
                let (hidden, removed) = r.count_withdrawn()?;
                Ok::<_, store::Error>((r.versions(registration)?.len(), hidden, removed))
            })
            .unwrap()
    }
}

fn house() -> House {
    let house = House::new();
    house.person("ann");
    house
}

#[test]
fn a_hidden_version_is_in_no_answer_and_comes_back_as_it_was() {
    let house = house();
    ["1.0.0", "2.0.0"].iter().for_each(|version| house.push(version));
    let before = house.documents();
    house.hide("2.0.0");
    assert_eq!(house.list().unwrap(), r#"{"versions":["1.0.0"]}"#);
    assert!(house.documents().iter().all(|document| !document.contains("2.0.0")), "{:#?}", house.documents());
    assert_eq!(house.audited(), "command line package.hide Contoso.Core 2.0.0 It has a password in it.");
    assert_eq!(
        house.told("ann"),
        "Version 2.0.0 of the package \"Contoso.Core\" was hidden from everybody by command line. The reason: It has a password in it."
    );
    let store = &house.app.store;
    let (package, version) = (id(PACKAGE), number("2.0.0"));
    assert!(store.read(|r| r.version(&package, &version)).unwrap().is_none());
    assert!(store.read(|r| r.download(&package, &version)).unwrap().is_none());
    assert!(store.read(|r| r.original(&package, &version)).unwrap().is_none());
    assert!(store.read(|r| r.nuspec(&package, &version)).unwrap().is_none());
    assert!(store.read(|r| r.package_file(&package, &version, "readme")).unwrap().is_none());
    assert_eq!(store.read(|r| r.totals(NOW)).unwrap().versions, 1);
    let hidden = store.read(|r| r.hidden_versions(0, 9)).unwrap();
    assert_eq!((hidden[0].by.as_str(), hidden[0].reason.as_str(), hidden[0].at), ("command line", why().as_str(), NOW));
    house.show("2.0.0");
    assert_eq!(house.documents(), before);
    assert!(store.read(|r| r.package_file(&package, &version, "readme")).unwrap().is_some());
}

#[test]
fn doing_it_again_changes_nothing_and_writes_no_line() {
    let house = house();
    ["1.0.0", "2.0.0"].iter().for_each(|version| house.push(version));
    let (app, package) = (&house.app, id(PACKAGE));
    let set = |listed| set_listed(app, &Actor::CommandLine, &package, &number("1.0"), listed, NOW).unwrap();
    let again = |change: &dyn Fn()| {
        change();
        let lines = house.audit_lines();
        change();
        assert_eq!(house.audit_lines(), lines, "{}", house.audited());
    };
    again(&|| set(false));
    again(&|| set(true));
    again(&|| house.hide("1.0.0"));
    let other: Reason = "Another reason.".parse().unwrap();
    hide(app, &Actor::CommandLine, &package, &number("1.0.0"), &other, NOW).unwrap();
    assert_eq!(
        app.store.read(|r| r.hidden_versions(0, 9)).unwrap()[0].reason,
        why().as_str(),
        "the first reason stays"
    );
    again(&|| house.show("1.0.0"));
    again(&|| house.remove("1.0.0"));
    again(&|| house.free("1.0.0"));
}

#[test]
fn what_is_not_there_is_told_by_its_name() {
    let house = house();
    house.push("1.0.0");
    let (app, line) = (&house.app, &Actor::CommandLine);
    let (none, package) = (id("No.Such"), id(PACKAGE));
    let nine = number("9.9.9");
    let said = |result: Result<(), Error>| result.unwrap_err().to_string();
    let unknown = "`Contoso.Core 9.9.9` is not on this feed";
    assert_eq!(said(hide(app, line, &package, &nine, &why(), NOW)), unknown);
    assert_eq!(said(show(app, line, &package, &nine, NOW)), unknown);
    assert_eq!(said(remove(app, line, &package, &nine, None, NOW)), unknown);
    assert_eq!(said(set_listed(app, line, &package, &nine, false, NOW)), unknown);
    assert_eq!(said(free(app, line, &none, &nine, NOW)), "there is no package `No.Such` on this feed");
    let there = said(free(app, line, &package, &number("1.0.0"), NOW));
    assert_eq!(there, "`Contoso.Core 1.0.0` is on this feed, so its number is not free; remove it first");
    house.hide("1.0.0");
    let listing = said(set_listed(app, line, &package, &number("1.0.0"), false, NOW));
    assert_eq!(listing, "`Contoso.Core 1.0.0` is not on this feed");
    assert!(matches!(free(app, line, &package, &number("1.0.0"), NOW), Err(Error::OnFeed(..))), "hidden is there");
}

#[test]
fn members_of_an_owner_list_and_only_administrators_take_away() {
    let house = house();
    let (bob, eve) = (house.person("bob"), house.person("eve"));
    let (root, stale) = (house.administrator("root"), house.person_without_code("carl"));
    house.organization("contoso", &[("bob", Role::Collaborator), ("carl", Role::Administrator)]);
    house.push_with("contoso", "1.0.0", 10).unwrap();
    let (app, package, version) = (&house.app, id(PACKAGE), number("1.0.0"));
    let list = |actor: &Actor, listed| set_listed(app, actor, &package, &version, listed, NOW);
    list(&bob, false).unwrap();
    assert_eq!(house.told("carl"), "", "one of theirs did it");
    list(&stale, true).unwrap();
    list(&root, false).unwrap();
    assert_eq!(house.told("carl"), "Version 1.0.0 of the package \"Contoso.Core\" was unlisted by root.");
    assert_eq!(house.audited(), "root package.unlist Contoso.Core 1.0.0");
    for actor in [&bob, &eve, &stale] {
        let refused = |result: Result<(), Error>| matches!(result, Err(Error::Refused(Refused::Denied(_))));
        assert!(refused(hide(app, actor, &package, &version, &why(), NOW)));
        assert!(refused(show(app, actor, &package, &version, NOW)));
        assert!(refused(remove(app, actor, &package, &version, None, NOW)));
        assert!(refused(free(app, actor, &package, &version, NOW)));
    }
    assert!(matches!(list(&eve, true), Err(Error::Refused(Refused::Denied(Denied::NotYours(_))))));
    house.disable("contoso");
    assert!(list(&bob, true).is_err(), "a disabled organization has no members");
    hide(app, &root, &package, &version, &why(), NOW).unwrap();
}

#[test]
fn an_administrator_without_a_code_takes_nothing_away() {
    let house = house();
    house.push("1.0.0");
    let root = house.person_without_code("root");
    let made = house.app.store.write(|w| w.set_administrator(w.account(&name("root"))?.unwrap().id, true));
    made.unwrap();
    let (app, package, version) = (&house.app, id(PACKAGE), number("1.0.0"));
    for refused in [
        set_listed(app, &root, &package, &version, false, NOW),
        hide(app, &root, &package, &version, &why(), NOW),
        remove(app, &root, &package, &version, None, NOW),
    ] {
        assert!(matches!(refused, Err(Error::Refused(Refused::Denied(Denied::GiveCode)))), "{refused:?}");
    }
}

#[test]
fn a_number_that_is_hidden_or_removed_is_taken_until_it_is_freed() {
    let house = house();
    ["1.0.0", "2.0.0"].iter().for_each(|version| house.push(version));
    house.hide("1.0.0");
    for same in ["1.0.0", "1.0", "01.0.0.0"] {
        assert!(matches!(house.push_with("ann", same, 10), Err(push::Error::Exists { .. })), "{same}");
    }
    house.remove("1.0.0");
    assert_eq!(house.counts(), (1, 0, 1));
    for same in ["1.0.0", "1.0", "1.0.0+build"] {
        let refused = house.push_with("ann", same, 10).unwrap_err();
        assert!(
            refused.to_string().contains("was removed") && refused.to_string().contains("free the number"),
            "{refused}"
        );
    }
    assert_eq!(house.list().unwrap(), r#"{"versions":["2.0.0"]}"#);
    house.free("1.0");
    assert_eq!(house.audited(), "command line package.free Contoso.Core 1.0.0");
    house.push("1.0.0");
    assert_eq!(house.list().unwrap(), r#"{"versions":["1.0.0","2.0.0"]}"#);
}

#[test]
fn labels_that_are_the_same_number_are_burnt_and_freed_together() {
    let house = house();
    house.push("1.0.0--5");
    house.remove("1.0.0--5");
    assert!(matches!(house.push_with("ann", "1.0.0--05", 10), Err(push::Error::Removed { .. })));
    house.remove("1.0.0--05");
    house.free("1.0.0--05");
    house.push("1.0.0--05");
    house.hide("1.0.0--5");
    assert_eq!(house.counts(), (0, 1, 0));
}

#[test]
fn a_package_without_versions_is_gone_for_readers_and_stays_with_its_owners() {
    let house = house();
    house.person("eve");
    house.push("1.0.0");
    let store = &house.app.store;
    let ann = house.account("ann").id;
    for take in [House::hide, House::remove] {
        take(&house, "1.0.0");
        assert_eq!(house.list(), None);
        assert_eq!(house.document(&documents::index_name(Hive::SemVer2)), None);
        assert_eq!(store.read(|r| r.document_names(r.registration(&id(PACKAGE))?.unwrap().id)).unwrap(), []);
        let found = store.read(|r| r.search_ids(&SearchQuery { take: 9, ..SearchQuery::default() })).unwrap();
        assert_eq!(found.total, 0);
        assert_eq!(store.read(|r| r.totals(NOW)).unwrap().packages, 0);
        assert_eq!(store.read(|r| r.count_packages_of(ann)).unwrap(), 0);
        assert!(store.read(|r| r.packages_of(ann, 0, 9)).unwrap().is_empty());
        assert_eq!(house.owners(PACKAGE), "ann");
        assert!(matches!(house.push_with("eve", "2.0.0", 10), Err(push::Error::Denied(_))), "the ID is not free");
    }
    house.push("2.0.0");
    assert_eq!(house.list().unwrap(), r#"{"versions":["2.0.0"]}"#);
    let words = SearchQuery { terms: vec!["something".to_owned()], take: 9, ..SearchQuery::default() };
    assert_eq!(store.read(|r| r.search_ids(&words)).unwrap().total, 1);
}

#[test]
fn the_content_of_a_removed_version_is_gone_and_its_room_is_given_back() {
    let house = house();
    let size = 6 * 1024 * 1024;
    house.push("1.0.0");
    let before = file_size(&house);
    house.push_with("ann", "2.0.0", size).unwrap();
    let found = house.app.store.read(|r| r.download(&id(PACKAGE), &number("2.0.0"))).unwrap().unwrap();
    house.hide("2.0.0");
    assert!(house.app.store.read(|r| r.chunk(found.content, 0)).unwrap().is_some(), "a download goes on");
    house.remove("2.0.0");
    assert_eq!(house.app.store.read(|r| r.chunk(found.content, 0)).unwrap(), None);
    assert!(house.app.store.write(|w| w.leftover_contents(NOW)).unwrap().is_empty());
    assert!(file_size(&house) < before + 512 * 1024, "{} {before}", file_size(&house));
}

fn file_size(house: &House) -> u64 {
    house.app.store.checkpoint().unwrap();
    std::fs::metadata(house.app.folder.database()).unwrap().len()
}

#[test]
fn downloads_count_for_what_readers_see() {
    let house = house();
    ["1.0.0", "2.0.0"].iter().for_each(|version| house.push(version));
    let store = &house.app.store;
    let row = |version: &str| store.read(|r| r.download(&id(PACKAGE), &number(version))).unwrap().unwrap().id;
    let (one, two) = (row("1.0.0"), row("2.0.0"));
    let count =
        |counted: &[(_, u64)]| documents::count_downloads(&house.app, &counted.iter().copied().collect()).unwrap();
    let total = || store.read(|r| r.packages_of(house.account("ann").id, 0, 9)).unwrap()[0].downloads;
    count(&[(one, 3), (two, 5)]);
    assert_eq!(total(), 8);
    house.hide("2.0.0");
    assert_eq!(total(), 3);
    count(&[(two, 1)]);
    assert_eq!(total(), 3, "a download that was on its way");
    house.show("2.0.0");
    assert_eq!(total(), 9);
    house.remove("2.0.0");
    count(&[(two, 1), (one, 1)]);
    assert_eq!(total(), 4);
}

mod after_anything {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::store::packages::NewVersion;

    #[derive(Debug, Clone)]
    enum Deed {
        Push,
        List(bool),
        Hide,
        Show,
        Remove,
        Free,
    }

    fn deeds() -> impl Strategy<Value = Vec<(Deed, Index)>> {
        let deed = prop_oneof![
            Just(Deed::Push),
            any::<bool>().prop_map(Deed::List),
            Just(Deed::Hide),
            Just(Deed::Show),
            Just(Deed::Remove),
            Just(Deed::Free),
        ];
        proptest::collection::vec((deed, any::<Index>()), 1..12)
    }

    /// Does one thing to one of the numbers. What is not there is refused, which is fine.
    fn act(house: &House, deed: &Deed, version: &str) {
        let (app, line, package, version_) = (&house.app, &Actor::CommandLine, id(PACKAGE), number(version));
        let done = match deed {
            Deed::Push => return drop(house.push_with("ann", version, 10)),
            Deed::List(listed) => set_listed(app, line, &package, &version_, *listed, NOW),
            Deed::Hide => hide(app, line, &package, &version_, &why(), NOW),
            Deed::Show => show(app, line, &package, &version_, NOW),
            Deed::Remove => remove(app, line, &package, &version_, None, NOW),
            Deed::Free => free(app, line, &package, &version_, NOW),
        };
        assert!(matches!(done, Ok(()) | Err(Error::Unknown(..) | Error::OnFeed(..))), "{done:?}");
    }

    /// Numbers around the first one of each page, the last ones, prereleases, and one of SemVer 2.
    fn numbers(of: usize) -> Vec<String> {
        let mut all: Vec<String> = (0..of).map(|minor| format!("1.{minor}.0")).collect();
        all.extend(["0.9.0-beta", "2.0.0-rc.1", "3.0.0+build"].map(str::to_owned));
        all
    }

    fn stays_true(versions: usize, edge: &[usize], deeds: &[(Deed, Index)]) {
        let house = house();
        let all = numbers(versions);
        house.push(&all[0]);
        seed(&house, &all[1..]);
        let touched: Vec<&String> =
            all.iter().enumerate().filter(|(at, _)| edge.contains(at) || *at >= versions).map(|(_, it)| it).collect();
        for (deed, which) in deeds {
            act(&house, deed, which.get::<&String>(&touched));
        }
        let documents = house.documents();
        assert_eq!(documents, house.documents_from_scratch());
    }

    /// More versions as rows alone: pushing each would take minutes.
    fn seed(house: &House, versions: &[String]) {
        let seeded: Result<(), Error> = house.app.store.write(|w| {
            let (registration, first) = w.version(&id(PACKAGE), &number("1.0.0"))?.unwrap();
            let manifest = w.manifest(first.id)?;
            for version in versions.iter().take(versions.len() - 3) {
                let content = w.begin_content(0, NOW)?;
                w.publish_content(content)?;
                w.add_version(&NewVersion {
                    registration,
                    version: &number(version),
                    semver2: false,
                    published_at: NOW,
                    manifest: &manifest,
                    nuspec: b"",
                    content,
                    sha512: &[0; 64],
                    content_hash: "",
                    pushed_sha512: &[0; 64],
                    pushed_size: 0,
                    original: b"",
                    pusher: house.account("ann").id,
                    key: None,
                    author: None,
                    signed_by: None,
                    timestamp: None,
                    tsa: None,
                    signing_anchor: None,
                    timestamping_anchor: None,
                    repository: None,
                    stamped: None,
                    let_in: LetIn::Rule,
                })?;
            }
            Ok(documents::refresh(w, &house.app, registration)?)
        });
        seeded.unwrap();
    }

    #[test]
    fn a_page_is_made_anew_when_a_version_between_its_bounds_goes() {
        for deed in [Deed::Hide, Deed::Remove] {
            let (house, all) = (house(), numbers(140));
            house.push(&all[0]);
            seed(&house, &all[1..]);
            act(&house, &deed, "1.133.0");
            let page = house.document(&documents::page_name(Hive::SemVer2, &number("1.128.0"), &number("1.139.0")));
            let page = page.unwrap();
            assert!(page.contains("1.132.0") && !page.contains("1.133.0"), "{page}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_documents_of_a_small_package_are_those_made_from_nothing(deeds in deeds()) {
            stays_true(3, &[0, 1, 2], &deeds);
        }

        #[test]
        fn the_documents_of_a_package_with_pages_are_those_made_from_nothing(deeds in deeds()) {
            stays_true(140, &[0, 1, 63, 64, 127, 128, 130, 133, 138, 139], &deeds);
        }
    }
}
