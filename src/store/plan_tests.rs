//! How SQLite finds the rows of statements that are asked often, under the write lock, or of tables that grow without end.
//!
//! One list: an operation, and what it may walk through. Everything else must be found by an index or a row number, must come in
//! the order of an index, and must not be gathered from several. Operations are really called, and their statements overheard: so
//! a list of copies can't fall behind.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rusqlite::trace::{TraceEvent, TraceEventCodes};
use time::OffsetDateTime;
use time::macros::datetime;

use super::notices::NewNotice;
use super::owned_packages::OwnedFilter;
use super::packages::VersionId;
use super::registrations::RegistrationId;
use super::verdicts::{NewVerdict, Room};
use super::{Error, Store, Writes};
use crate::domain::account::{AccountId, AccountKind};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::notice::{Seen, Topic};
use crate::domain::package_id::PackageId;
use crate::domain::verdict::{Outcome, VerdictKind, VerdictNumber};
use crate::domain::version::NuGetVersion;

const NOW: OffsetDateTime = datetime!(2026-11-28 16:20 UTC);
const ROOM: Room = Room { of_pusher: 0, not_enforced_of_pusher: 0, of_all: 0, not_enforced_of_all: 0 };

thread_local! {
    static OVERHEARD: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// The statements that `op` runs.
fn overheard(w: &mut Writes<'_>, op: impl FnOnce(&mut Writes<'_>) -> Result<(), Error>) -> BTreeSet<String> {
    let note = |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(statement, _) = event {
            OVERHEARD.with_borrow_mut(|heard| heard.insert(statement.sql().into_owned()));
        }
    };
    OVERHEARD.take();
    w.0.0.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note));
    let result = op(w);
    w.0.0.trace_v2(TraceEventCodes::empty(), None);
    result.unwrap();
    OVERHEARD.take()
}

/// The steps by which SQLite would run a statement.
fn steps(w: &Writes<'_>, sql: &str) -> Vec<String> {
    let mut explain = w.0.0.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = explain.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get("detail").unwrap());
    }
    steps
}

/// Whether a step takes longer the more rows there are, whoever asks.
fn is_slow(step: &str) -> bool {
    let walks = step.starts_with("SCAN ") && !step.contains(" VIRTUAL TABLE ") && step != "SCAN CONSTANT ROW";
    walks || step.starts_with("MULTI-INDEX OR") || step.contains("TEMP B-TREE FOR ORDER BY")
}

/// What is called, what it does all the same and must do no more than, and the call.
type Asked = (&'static str, &'static [&'static str], fn(&mut Writes<'_>, AccountId) -> Result<(), Error>);

/// All entries of the index of pushers, which has numbers and classes in it and nothing else, with their places.
const RANKED: &[&str] = &[
    "SCAN (subquery-1)",
    "SCAN (subquery-1)",
    "SCAN (subquery-3)",
    "SCAN (subquery-3)",
    "SCAN verdict USING COVERING INDEX verdict_pusher",
    "SCAN verdict USING COVERING INDEX verdict_pusher",
    SORTED,
    SORTED,
];
const SORTED: &str = "USE TEMP B-TREE FOR ORDER BY";

fn asked() -> Vec<Asked> {
    vec![
        // Verdicts: rows of tens of kilobytes, of which whoever may push can make many.
        ("a verdict", &[], |w, _| w.verdict(VerdictNumber(1), NOW).map(drop)),
        ("its certificates", &[], |w, _| w.verdict_certificates(VerdictNumber(1)).map(drop)),
        ("the verdicts of an account", &[], |w, account| w.verdicts(Some(account), 100, NOW).map(drop)),
        // Sorted are the numbers of those about the account's packages.
        ("the verdicts about an account's packages", &[SORTED], |w, account| {
            w.verdicts_about_packages_of(account, 100, NOW).map(drop)
        }),
        // From the newest on, as far as its limit.
        ("everybody's verdicts", &["SCAN v"], |w, _| w.verdicts(None, 100, NOW).map(drop)),
        // The small index of pushers, numbered and sorted, for each class. In a read, once an hour.
        ("verdicts beyond the room", RANKED, |w, _| w.verdicts_beyond(ROOM).map(drop)),
        ("a new verdict", &[], |w, account| refuse(w, account)),
        ("the sweep of verdicts", &[], |w, _| w.sweep_verdicts(&[VerdictNumber(1)], NOW).map(drop)),
        // In the small index of what was let in, and one row of the table for each reason.
        ("what stages let in", &["SCAN g", SORTED], |w, _| w.let_in_pushes(NOW).map(drop)),
        // Versions: the feed is made of them, and each row has a nuspec and documents in it.
        ("the versions of a package", &[], |w, _| w.versions(PACKAGE).map(drop)),
        ("a version by the keys of its URL", &[], |w, _| w.version(&id(), &version()).map(drop)),
        ("the way to the bytes of a version", &[], |w, _| w.download(&id(), &version()).map(drop)),
        ("what was pushed as a version", &[], |w, _| w.original(&id(), &version()).map(drop)),
        // Sorted are the few owners who registered the same certificate.
        ("the signatures on a package's versions", &[SORTED], |w, _| w.version_signatures(PACKAGE).map(drop)),
        ("versions without leaves", &[], |w, _| w.versions_without_leaves(PACKAGE).map(drop)),
        ("downloads", &[], |w, _| w.add_downloads(VERSION, 1).map(drop)),
        ("listing a version", &[], |w, _| w.set_listed(VERSION, true)),
        ("a piece of who signed what", &[SORTED], |w, _| w.signed_rows(VERSION, 500).map(drop)),
        ("a piece of who signed what, of an owner", &[SORTED], |w, _| w.signed_rows_of(&[VERSION]).map(drop)),
        // Once, and in indexes.
        ("what an owner owns or signed", &[SORTED, SORTED], |w, account| w.signed_row_ids(account, 500).map(drop)),
        ("what is signed with a certificate", &[SORTED], |w, account| {
            w.versions_signed_with(account, &fingerprint(), 0, 50).map(drop)
        }),
        // Packages, by their owners: of a page, or of one account.
        ("a package by its ID", &[], |w, _| w.registration(&id()).map(drop)),
        ("the owners of a package", &[SORTED], |w, _| w.owners(PACKAGE).map(drop)),
        ("a page of the packages of some owners", &["SCAN page", SORTED, SORTED], |w, account| {
            w.owned_registrations(&OwnedFilter { owners: vec![account], words: vec!["a".to_owned()] }, 0, 50).map(drop)
        }),
        ("how many packages some owners have", &[], |w, account| {
            w.count_owned_registrations(&OwnedFilter { owners: vec![account], words: Vec::new() }).map(drop)
        }),
        // Registrations of certificates: asked at every push, for each owner.
        ("the certificates of an account", &[], |w, account| w.registered_certificates(account, NOW).map(drop)),
        ("a registration", &[], |w, account| w.certificate_registration(account, &fingerprint()).map(drop)),
        ("a registration with its counts", &[], |w, account| {
            w.listed_certificate(account, &fingerprint(), NOW).map(drop)
        }),
        ("the removal of a registration", &[], |w, account| {
            w.remove_certificate(account, &fingerprint(), NOW).map(drop)
        }),
        ("the certificate of a signer", &[], |w, _| w.signer_certificate(&fingerprint()).map(drop)),
        // Notices: asked for every page of everybody.
        ("unread notices", &[], |w, account| w.unread_notices(account, SEEN, 5).map(drop)),
        ("how many are unread", &[], |w, account| w.count_unread_notices(account, SEEN).map(drop)),
        ("notices about a topic", &[], |w, account| w.notices_about(account, Topic::Other, 5).map(drop)),
        ("how many notices of late", &[], |w, account| w.count_notices(account, Topic::Other, NOW).map(drop)),
        ("the newest notice", &[], |w, account| w.newest_notice(account).map(drop)),
        ("a new notice, and room for it", &[], |w, account| {
            let new = NewNotice { topic: Topic::Other, text: "", link: "", invitation: None, mailed: true };
            w.add_notice(account, &new, NOW)?;
            w.keep_notices(account, Topic::Other, 5)
        }),
    ]
}

const PACKAGE: RegistrationId = RegistrationId(1);
const VERSION: VersionId = VersionId(1);
const SEEN: Seen = Seen { security: 0, others: 0 };

fn id() -> PackageId {
    "Contoso.Core".parse().unwrap()
}

fn version() -> NuGetVersion {
    NuGetVersion::parse("1.0.0").unwrap()
}

fn fingerprint() -> Fingerprint {
    Fingerprint::of(b"certificate")
}

fn refuse(w: &mut Writes<'_>, account: AccountId) -> Result<(), Error> {
    let explained = super::verdicts::tests::explained(Outcome::Refused, "1.0.0");
    let new = NewVerdict {
        at: NOW,
        expires_at: NOW,
        kind: VerdictKind::Push,
        pusher: account,
        owner: account,
        id: None,
        explained: &explained,
        json: "{}",
        certificates: &[],
    };
    w.add_verdict(&new, ROOM).map(drop)
}

fn store() -> (tempfile::TempDir, Store, AccountId) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("assay.db")).unwrap();
    let create = |w: &mut Writes<'_>| w.create_account(&"ann".parse().unwrap(), AccountKind::User, false, None, NOW);
    let account = store.write(create).unwrap();
    (folder, store, account)
}

/// What an operation does that takes longer the more rows there are, and the statement that does it.
fn slow(w: &mut Writes<'_>, op: impl FnOnce(&mut Writes<'_>) -> Result<(), Error>) -> Vec<(String, String)> {
    let statements = overheard(w, op);
    assert!(!statements.is_empty(), "nothing was overheard");
    let slow = |sql: &String| {
        let steps = steps(w, sql).into_iter().filter(|step| is_slow(step));
        steps.map(|step| (step, sql.clone())).collect::<Vec<_>>()
    };
    statements.iter().flat_map(slow).collect()
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn rows_are_found_and_not_looked_for_one_by_one() {
    let (_folder, store, account) = store();
    let mut found = Vec::new();
    for (what, may, op) in asked() {
        let slow = store.write(|w| Ok::<_, Error>(slow(w, |w| op(w, account)))).unwrap();
        let mut steps: Vec<&str> = slow.iter().map(|(step, _)| step.as_str()).collect();
        let mut may = may.to_vec();
        steps.sort_unstable();
        may.sort_unstable();
        if steps != may {
            let told: BTreeSet<String> = slow.iter().map(|(_, sql)| format!("    {}", one_line(sql))).collect();
            found.push(format!(
                "{what}: {steps:?}, and may {may:?}\n{}",
                told.into_iter().collect::<Vec<_>>().join("\n")
            ));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_walks_gathers_or_sorts_is_seen() {
    let (_folder, store, account) = store();
    for (sql, step) in [
        ("SELECT number FROM verdict WHERE ?1 IS NULL OR pusher = ?1", "SCAN verdict"),
        ("SELECT id FROM version WHERE registration = ?1 OR signed_by = ?1", "MULTI-INDEX OR"),
        ("SELECT at FROM verdict WHERE pusher = ?1 ORDER BY at", "USE TEMP B-TREE FOR ORDER BY"),
    ] {
        let ask = |w: &mut Writes<'_>| Ok(w.0.0.prepare(sql)?.query([account])?.next().map(drop)?);
        let slow = store.write(|w| Ok::<_, Error>(slow(w, ask))).unwrap();
        assert!(slow.iter().any(|(found, _)| found.starts_with(step)), "{sql}: {slow:?}");
    }
}
