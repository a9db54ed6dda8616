//! Pushing and signing, case by case as nuget.org has it (its own tests and code, cases 69 to 117 of our digest), each with what
//! *we* do. A name says where that is something else. One feed with a few people is shared; each case has packages of its own on it.
//!
//! Cases that other tests show already:
//!
//! | case | what | shown by |
//! |---|---|---|
//! | 73 | the client disconnects | `interruptions::an_upload_that_stops_leaves_nothing` |
//! | 86, 87 | signed, nobody has certificates: unlike there refused at once, with the fingerprint | `signed_push::a_signed_package_is_refused_while_nobody_has_certificates`; in the client: `client_pushes::life` |
//! | 88 | required, and signed | `signed_push::a_package_signed_with_a_registered_certificate_is_accepted_and_shown` |
//! | 92 | more entries than can be counted with our signature among them | `archive::directory_tests::the_largest_archive_that_can_be_signed_can_be_signed`, `nupkg::tests::keeps_the_other_limits` |
//! | 95 | the archive lies about lengths | `nupkg::tests::bounds_what_it_unpacks_whatever_the_header_says`, `nupkg::tests::notices_damage` |
//! | 100 | a version that is there, and whose signer is registered no more, stays | `client_pushes::life`, `pages_certificates::a_certificate_from_its_registration_to_its_removal_and_back` |
//! | 103 | the author's signature is broken, not trusted, or has no timestamp | `signed_push::a_tampered_package_…`, `…::a_package_that_ends_in_an_unknown_root_…`, `…::a_package_without_a_timestamp_…`; all of them: `golden_verdicts` |
//! | 104 | the version's signer is kept and shown | `signed_by::the_page_and_the_list_of_versions_say_who_signed_to_everybody_who_may_read` |
//! | 105 | two pushes of one version at once | `publish::of_sixteen_pushes_of_one_version_exactly_one_is_stored` |
//! | 106 | the database fails | `storage_full::a_database_that_can_not_grow_refuses_the_push_and_recovers` |
//! | 108, 109, 111 | revoked before or after the timestamp: versions that are there; unlike there every push is refused whatever its timestamp | `revocation::a_version_that_was_timestamped_before_the_revocation_still_counts`, `revocation_status::a_signature_that_was_lost_is_marked_…`, `client_pushes::life`; `golden::revocation::a_push_refuses_what_is_revoked_whenever_that_was` |
//! | 110 | an expired certificate at the push, and later | `client_pushes::life::a_certificate_that_has_expired_…` |
//! | 113 | the issuer is silent: unlike there it is asked again without end and refuses nobody | `revocation::a_responder_that_is_down_blocks_no_push_and_is_asked_again_later`, `feed::revocation::schedule::waits_double_up_to_the_longest` |
//!
//! Cases that can't be here:
//!
//! | case | why |
//! |---|---|
//! | 69 | there are no security policies of users; what the server demands of a push are cases of their own |
//! | 80 | an ID is not locked; an administrator hides or removes versions (`withdrawals`) |
//! | 107, 112 | nothing waits for a validation: a version is published after everything was asked, or it is not there |
//! | 116, 117 | verification keys were for `nuget.exe push` of symbols to another host; case 116 below shows that the address is unknown |

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
