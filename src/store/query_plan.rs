//! How SQLite means to answer a query, for tests of indexes.

use super::{Error, Store};

/// Its steps, a line each, on a feed that holds nothing.
pub(super) fn query_plan(sql: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("assay.db")).unwrap();
    let plan = store.read(|r| {
        let mut explain = r.0.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
        let mut rows = explain.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next()? {
            steps.push(row.get::<_, String>("detail")?);
        }
        Ok::<_, Error>(steps.join("\n"))
    });
    plan.unwrap()
}
