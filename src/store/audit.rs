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
        let mut query = self.0.prepare_cached(
            "SELECT at, actor, address, action, subject, detail FROM audit ORDER BY id DESC LIMIT ?1",
        )?;
        let records = query.query_map([limit], |row| {
            let Moment(at) = row.get("at")?;
            Ok(AuditRecord {
                at,
                actor: row.get("actor")?,
                address: row.get("address")?,
                action: row.get("action")?,
                subject: row.get("subject")?,
                detail: row.get("detail")?,
            })
        })?;
        Ok(records.collect::<Result<_, _>>()?)
    }
}
