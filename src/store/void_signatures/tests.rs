//! How SQLite answers what is asked about void signatures.

use rusqlite::types::Value;

use super::*;
use crate::domain::account::AccountId;
use crate::store::Store;

/// How SQLite means to answer a query.
fn plan(sql: &str, values: &[Value]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("assay.db")).unwrap();
    let explain = |r: &Reads<'_>| {
        let mut explain = r.0.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
        let steps = explain.query_map(params_from_iter(values), |row| row.get::<_, String>("detail"))?;
        Ok::<_, Error>(steps.collect::<Result<Vec<_>, _>>()?.join("\n"))
    };
    store.read(explain).unwrap()
}

#[test]
fn nothing_looks_through_the_versions_of_the_whole_feed() {
    let (registration, owner) = (Some(RegistrationId(1)), Some(AccountId(1)));
    let package = Some("Contoso.*".to_owned());
    for undecided in [false, true] {
        let all = VoidFilter { undecided, ..VoidFilter::default() };
        let of_a_package = VoidFilter { registration, ..all.clone() };
        let named = VoidFilter { package: package.clone(), ..all.clone() };
        let owned = VoidFilter { owner, ..all.clone() };
        for filter in [all, of_a_package, named, owned] {
            let last = last();
            let after = [None, Some(&last)].map(|last| filter.listing_after(last, 50));
            for (sql, values) in [filter.counting(), filter.listing(0, 50)].into_iter().chain(after) {
                let plan = plan(&sql, &values);
                assert!(!plan.contains("SCAN v") && !plan.contains("SCAN r"), "{filter:?}: {plan}");
                let one = filter.registration.is_some();
                let versions = "SEARCH v USING";
                assert!(plan.contains(versions) && plan.contains("SCAN s") != one, "{filter:?}: {plan}");
                assert!(!one || plan.contains("(registration=?)"), "{plan}");
            }
        }
    }
    let plan = plan(&format!("SELECT s.version {OF_A_PACKAGE}"), &[Value::Integer(1)]);
    assert!(!plan.contains("SCAN") && plan.contains("(registration=?)"), "{plan}");
}

/// Some version that was listed last.
fn last() -> VoidVersion {
    VoidVersion {
        id: VersionId(1),
        registration: RegistrationId(1),
        package_id: "Contoso.Core".parse().unwrap(),
        version: NuGetVersion::parse("1.0.0").unwrap(),
        listed: true,
        hidden: false,
        author: Fingerprint::of(b"author"),
        signed_by: OffsetDateTime::UNIX_EPOCH,
        downloads: 0,
        void: VoidSignature {
            voided: Voided {
                cause: Cause::Signer,
                certificate: Fingerprint::of(b"author"),
                since: None,
                why: String::new(),
                for_good: true,
            },
            found_at: OffsetDateTime::UNIX_EPOCH,
            decided: None,
        },
    }
}
