//! The audit log: who changed who may do what. Written in the transaction of the change itself.

use serde::Serialize;
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};

/// One line of the log.
#[derive(Debug, Clone, Serialize)]
pub struct AuditRecord {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// An account's name, or `command line` for whoever runs commands on the server.
    pub actor: String,
    /// What was done, as `noun.verb`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Further facts.
    pub detail: String,
}

/// The actor of changes that come from the command line on the server.
pub const COMMAND_LINE: &str = "command line";

impl Writes<'_> {
    /// Writes one line.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn audit(
        &mut self,
        now: OffsetDateTime,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            (Moment(now), actor, action, subject, detail),
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
        let mut query =
            self.0.prepare_cached("SELECT at, actor, action, subject, detail FROM audit ORDER BY id DESC LIMIT ?1")?;
        let records = query.query_map([limit], |row| {
            let Moment(at) = row.get("at")?;
            let (actor, action) = (row.get("actor")?, row.get("action")?);
            Ok(AuditRecord { at, actor, action, subject: row.get("subject")?, detail: row.get("detail")? })
        })?;
        Ok(records.collect::<Result<_, _>>()?)
    }
}
