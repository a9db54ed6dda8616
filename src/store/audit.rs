//! The audit log: who changed who may do what. Written in the transaction of the change itself.

use rusqlite::Row;
use rusqlite::types::Value;
use serde::Serialize;
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};

/// One line of the log.
#[derive(Debug, Clone, Serialize)]
pub struct AuditRecord {
    /// Its number: newer ones have larger numbers.
    pub id: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// An account's name, or `command line` for whoever runs commands on the server, or `the server`.
    pub actor: String,
    /// From where: an IP address, or nothing.
    pub address: String,
    /// What was done, as `noun.verb`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Further facts.
    pub detail: String,
}

/// Which lines are asked for. A text that ends with `*` stands for all that begin with what is before it; letters of either
/// case are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By whom.
    pub actor: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// To what.
    pub subject: Option<String>,
    /// From which IP address.
    pub address: Option<String>,
    /// With which further facts. No index is for these alone: ask for a subject besides.
    pub detail: Option<String>,
    /// Not before.
    pub from: Option<OffsetDateTime>,
    /// Before.
    pub until: Option<OffsetDateTime>,
}

/// From where in the log lines are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditPlace {
    /// The newest.
    Newest,
    /// The newest of those that are older than this one.
    OlderThan(i64),
    /// The oldest of those that are newer than this one.
    NewerThan(i64),
}

/// Who did something, and from where.
#[derive(Debug, Clone)]
pub struct By {
    /// An account's name, or what stands for the command line and the server. Both have a blank, which
    /// no account's name has.
    pub name: String,
    /// An IP address, or nothing.
    pub address: String,
}

impl By {
    /// Whoever runs commands on the server.
    #[must_use]
    pub fn command_line() -> Self {
        Self { name: "command line".to_owned(), address: String::new() }
    }

    /// The server itself.
    #[must_use]
    pub fn server() -> Self {
        Self { name: "the server".to_owned(), address: String::new() }
    }
}

impl Writes<'_> {
    /// Writes one line.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn audit(
        &mut self,
        now: OffsetDateTime,
        by: &By,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO audit (at, actor, address, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (Moment(now), &by.name, &by.address, action, subject, detail),
        )?;
        Ok(())
    }
}

impl Reads<'_> {
    /// The newest `limit` lines, newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn audit_records(&self, limit: u32) -> Result<Vec<AuditRecord>, Error> {
        self.audit_page(&AuditFilter::default(), AuditPlace::Newest, limit)
    }

    /// At most `limit` lines that pass `filter`, from `place` on, newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn audit_page(&self, filter: &AuditFilter, place: AuditPlace, limit: u32) -> Result<Vec<AuditRecord>, Error> {
        let (sql, values) = query(filter, place, limit);
        let mut query = self.0.prepare_cached(&sql)?;
        let records = query.query_map(rusqlite::params_from_iter(values), record)?;
        let mut records: Vec<AuditRecord> = records.collect::<Result<_, _>>()?;
        if matches!(place, AuditPlace::NewerThan(_)) {
            records.reverse();
        }
        Ok(records)
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    let Moment(at) = row.get("at")?;
    Ok(AuditRecord {
        id: row.get("id")?,
        at,
        actor: row.get("actor")?,
        address: row.get("address")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        detail: row.get("detail")?,
    })
}

/// The query, with only the conditions that there are: SQLite chooses an index by them.
fn query(filter: &AuditFilter, place: AuditPlace, limit: u32) -> (String, Vec<Value>) {
    let mut conditions = Conditions::default();
    conditions.text("actor", filter.actor.as_deref());
    conditions.text("action", filter.action.as_deref());
    conditions.text("subject", filter.subject.as_deref());
    conditions.text("address", filter.address.as_deref());
    conditions.text("detail", filter.detail.as_deref());
    let seconds = |moment: Option<OffsetDateTime>| moment.map(|moment| moment.unix_timestamp().into());
    conditions.compare("at >=", seconds(filter.from));
    conditions.compare("at <", seconds(filter.until));
    let order = match place {
        AuditPlace::Newest => "DESC",
        AuditPlace::OlderThan(id) => {
            conditions.compare("id <", Some(id.into()));
            "DESC"
        }
        AuditPlace::NewerThan(id) => {
            conditions.compare("id >", Some(id.into()));
            "ASC"
        }
    };
    let Conditions { mut sql, mut values } = conditions;
    values.push(limit.into());
    sql.insert_str(0, "SELECT id, at, actor, address, action, subject, detail FROM audit");
    sql += &format!(" ORDER BY id {order} LIMIT ?");
    (sql, values)
}

/// Conditions that all must hold, with their values.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn text(&mut self, column: &'static str, wanted: Option<&str>) {
        let Some(wanted) = wanted else { return };
        let Some(beginning) = wanted.strip_suffix('*') else {
            return self.compare(&format!("{column} COLLATE NOCASE ="), Some(wanted.to_owned().into()));
        };
        self.compare(&format!("{column} COLLATE NOCASE >="), Some(beginning.to_owned().into()));
        // The last character there is: nothing that begins so is greater.
        let end = format!("{beginning}\u{10FFFF}");
        self.compare(&format!("{column} COLLATE NOCASE <"), Some(end.into()));
    }

    fn compare(&mut self, condition: &str, value: Option<Value>) {
        let Some(value) = value else { return };
        self.sql += if self.values.is_empty() { " WHERE " } else { " AND " };
        self.sql += condition;
        self.sql += " ?";
        self.values.push(value);
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::store::Store;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    /// Six lines, a day apart.
    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let by = |name: &str, address: &str| By { name: name.to_owned(), address: address.to_owned() };
        let lines = [
            (by("Ann", "10.0.0.1"), "account.create", "bob"),
            (by("ann", "10.0.0.2"), "account.disable", "bob"),
            (by("annabel", "fd00::1"), "policy.set", "enforcement"),
            (By::command_line(), "policy.set", "anonymous_read"),
            (by("ann", "10.0.0.1"), "package.unlist", "Contoso.Core 1.0.0"),
            (By::server(), "package.unlist", "contoso.core 2.0.0"),
        ];
        store
            .write(|w| {
                (0..).zip(&lines).try_for_each(|(day, (by, action, subject))| {
                    w.audit(NOW + Duration::days(day), by, action, subject, &format!("line {day}"))
                })
            })
            .unwrap();
        (folder, store)
    }

    fn found(store: &Store, filter: &AuditFilter, place: AuditPlace, limit: u32) -> Vec<i64> {
        let page = store.read(|r| r.audit_page(filter, place, limit)).unwrap();
        page.into_iter().map(|record| record.id).collect()
    }

    #[test]
    fn lines_are_found_by_each_of_their_parts() {
        let (_folder, store) = store();
        let all = AuditFilter::default;
        let text = |text: &str| Some(text.to_owned());
        for (filter, expected) in [
            (all(), vec![6, 5, 4, 3, 2, 1]),
            (AuditFilter { actor: text("ANN"), ..all() }, vec![5, 2, 1]),
            (AuditFilter { actor: text("ann*"), ..all() }, vec![5, 3, 2, 1]),
            (AuditFilter { actor: text("command line"), ..all() }, vec![4]),
            (AuditFilter { action: text("account.*"), ..all() }, vec![2, 1]),
            (AuditFilter { action: text("account"), ..all() }, vec![]),
            (AuditFilter { action: text("policy.set"), ..all() }, vec![4, 3]),
            (AuditFilter { subject: text("contoso.core*"), ..all() }, vec![6, 5]),
            (AuditFilter { subject: text("%"), ..all() }, vec![]),
            (AuditFilter { detail: text("line 1"), ..all() }, vec![2]),
            (AuditFilter { subject: text("bob"), detail: text("line*"), ..all() }, vec![2, 1]),
            (AuditFilter { address: text("10.0.0.*"), actor: text("ann"), ..all() }, vec![5, 2, 1]),
            (AuditFilter { address: text("10.0.0.1"), action: text("account*"), ..all() }, vec![1]),
            (AuditFilter { from: Some(NOW + Duration::days(4)), ..all() }, vec![6, 5]),
            (AuditFilter { until: Some(NOW + Duration::days(1)), ..all() }, vec![1]),
        ] {
            assert_eq!(found(&store, &filter, AuditPlace::Newest, 10), expected, "{filter:?}");
        }
    }

    #[test]
    fn pages_go_back_and_forth_newest_first() {
        let (_folder, store) = store();
        let all = AuditFilter::default();
        assert_eq!(found(&store, &all, AuditPlace::Newest, 2), [6, 5]);
        assert_eq!(found(&store, &all, AuditPlace::OlderThan(5), 2), [4, 3]);
        assert_eq!(found(&store, &all, AuditPlace::NewerThan(2), 2), [4, 3]);
        assert_eq!(found(&store, &all, AuditPlace::NewerThan(6), 2), [] as [i64; 0]);
        let ann = AuditFilter { actor: Some("ann".to_owned()), ..AuditFilter::default() };
        assert_eq!(found(&store, &ann, AuditPlace::OlderThan(5), 1), [2]);
        assert_eq!(found(&store, &ann, AuditPlace::NewerThan(1), 1), [2]);
    }

    #[test]
    fn each_part_has_an_index() {
        let (_folder, store) = store();
        let plan = |filter: &AuditFilter| {
            let (sql, values) = query(filter, AuditPlace::Newest, 10);
            store.read(|r| {
                let mut explain = r.0.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let steps =
                    explain.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>("detail"))?;
                Ok::<_, Error>(steps.collect::<Result<Vec<_>, _>>()?.join("; "))
            })
        };
        let (one, all) = (|| Some("x*".to_owned()), AuditFilter::default);
        for (filter, index) in [
            (AuditFilter { actor: one(), ..all() }, "audit_actor"),
            (AuditFilter { action: one(), ..all() }, "audit_action"),
            (AuditFilter { subject: one(), ..all() }, "audit_subject"),
            (AuditFilter { address: one(), ..all() }, "audit_address"),
            (AuditFilter { subject: Some("x".to_owned()), action: one(), detail: one(), ..all() }, "audit_subject"),
        ] {
            let plan = plan(&filter).unwrap();
            assert!(plan.contains(index), "{index}: {plan}");
        }
        assert!(plan(&all()).unwrap().contains("SCAN audit"));
    }
}
