//! Pushing and signing, case by case as nuget.org has it (its own tests and code, cases 69 to 117 of our digest), each with what
//! *we* do. A name says where that is something else. One feed with a few people is shared; each case has packages of its own on it.
//!
//! Which other tests show the cases that are not here, and which can't be, stands in `gallery_cases`.

mod archives;
mod rights;
mod signatures;

use std::sync::OnceLock;

use rusqlite::Connection;

use crate::support::person::Person;
use crate::support::{Feed, golden};

/// Signed with `leaf-3072`, which is ann's.
const ANNS: &str = "good-author-rsa3072-sha384.nupkg";

/// `ann` has the certificate `leaf-3072`, `bob` has none; `Contoso` is an organization that bob administers.
struct House {
    ann: Person<'static>,
    bob: Person<'static>,
}

fn feed() -> &'static Feed {
    static FEED: OnceLock<Feed> = OnceLock::new();
    FEED.get_or_init(Feed::start)
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let feed = feed();
        let house = House { ann: feed.account("ann").with_certificate("leaf-3072"), bob: feed.account("bob") };
        feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
        feed.assay(&["account", "add-member", "Contoso", "bob", "--administrator"]).succeeded();
        house
    })
}

/// A package ID of these owners.
fn owned(id: &str, owners: &[&str]) -> String {
    house();
    let database = Connection::open(feed().data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    let row = "INSERT INTO registration (package_id, id_key, created_at) VALUES (?1, ?2, 0)";
    database.execute(row, (id, id.to_lowercase())).unwrap();
    let registration = database.last_insert_rowid();
    for owner in owners {
        let row = "INSERT INTO registration_owner SELECT ?1, id FROM account WHERE name = ?2";
        assert_eq!(database.execute(row, (registration, owner)).unwrap(), 1, "{owner}");
    }
    id.to_owned()
}

/// A golden package whose ID these own.
fn golden_of(file: &str, owners: &[&str]) -> Vec<u8> {
    owned(&golden::identity(file), owners);
    golden::read(file)
}
