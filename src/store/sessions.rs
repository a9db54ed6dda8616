//! Browsers that are signed in. Only hashes of what their cookies hold are here.

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::{Moment, row_number};
use super::{Error, Reads, Writes};
use crate::domain::account::{Account, AccountId, AccountKind};
use crate::domain::notice::Seen;
use crate::domain::session::{MAX_INCOMPLETE_SESSIONS, MAX_SESSIONS, SessionId, SessionTimes};

row_number!(SessionId);

/// A session whose account is enabled. Whether it still lives is judged by [`SessionTimes::is_live`].
#[derive(Debug, Clone)]
pub struct Session {
    /// Its row.
    pub id: SessionId,
    /// Who is signed in.
    pub account: Account,
    /// Whether all factors were given. An incomplete session is good for nothing but giving the code.
    pub complete: bool,
    /// Wrong codes so far, while it is incomplete.
    pub wrong_codes: u32,
    /// Its times.
    pub times: SessionTimes,
    /// From where it began: an IP address.
    pub address: String,
    /// The browser, as it calls itself.
    pub browser: String,
    /// Which notices were read in it.
    pub seen: Seen,
    /// Whether the account has a second factor.
    pub enrolled: bool,
}

/// What is stored of a new session.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// SHA-256 of what the cookie holds.
    pub hash: [u8; 32],
    /// Who signs in.
    pub account: AccountId,
    /// Whether all factors were given.
    pub complete: bool,
    /// When the password was given.
    pub password_at: OffsetDateTime,
    /// When the code was given.
    pub second_factor_at: Option<OffsetDateTime>,
    /// From where: an IP address.
    pub address: &'a str,
    /// The browser, as it calls itself.
    pub browser: &'a str,
    /// Whether the browser had signed in to this account before.
    pub known: bool,
}

const SELECT: &str =
    "SELECT s.id, s.complete, s.wrong_codes, s.created_at, s.last_seen_at, s.password_at, s.second_factor_at,
        s.address, s.browser, s.seen_notice, s.seen_security, a.id AS account, a.name, a.administrator,
        EXISTS (SELECT 1 FROM second_factor f WHERE f.account = a.id) AS enrolled
    FROM session s JOIN account a ON a.id = s.account AND a.disabled = 0";

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    let moment = |column| row.get(column).map(|Moment(at)| at);
    let second_factor_at: Option<Moment> = row.get("second_factor_at")?;
    let account = Account {
        id: row.get("account")?,
        name: row.get("name")?,
        kind: AccountKind::User,
        administrator: row.get("administrator")?,
        disabled: false,
    };
    Ok(Session {
        id: row.get("id")?,
        account,
        complete: row.get("complete")?,
        wrong_codes: row.get("wrong_codes")?,
        times: SessionTimes {
            created_at: moment("created_at")?,
            last_seen_at: moment("last_seen_at")?,
            password_at: moment("password_at")?,
            second_factor_at: second_factor_at.map(|Moment(at)| at),
        },
        address: row.get("address")?,
        browser: row.get("browser")?,
        seen: Seen { security: row.get("seen_security")?, others: row.get("seen_notice")? },
        enrolled: row.get("enrolled")?,
    })
}

impl Reads<'_> {
    /// The session of a cookie, if its account is enabled.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn session_of_cookie(&self, hash: &[u8; 32]) -> Result<Option<Session>, Error> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE s.hash = ?1"))?;
        Ok(query.query_row([hash.as_slice()], session).optional()?)
    }

    /// The same for a session that a running request was opened with: asked again in the transaction that decides.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE s.id = ?1"))?;
        Ok(query.query_row([id], session).optional()?)
    }

    /// The complete sessions of an account, the latest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sessions_of(&self, account: AccountId) -> Result<Vec<Session>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "{SELECT} WHERE s.account = ?1 AND s.complete = 1 ORDER BY s.last_seen_at DESC, s.id DESC"
        ))?;
        Ok(query.query_map([account], session)?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Stores a new session. Of those of its account that are complete, or not, as it is, only the newest [`MAX_SESSIONS`]
    /// ([`MAX_INCOMPLETE_SESSIONS`]) stay.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_session(&mut self, new: &NewSession<'_>, now: OffsetDateTime) -> Result<SessionId, Error> {
        self.0.0.execute(
            "INSERT INTO session (hash, account, complete, created_at, last_seen_at, password_at, second_factor_at, address, browser, seen_notice, seen_security, known_browser)
             SELECT ?1, id, ?3, ?4, ?4, ?5, ?6, ?7, ?8, read_notice, read_security, ?9 FROM account WHERE id = ?2",
            (
                new.hash.as_slice(),
                new.account,
                new.complete,
                Moment(now),
                Moment(new.password_at),
                new.second_factor_at.map(Moment),
                new.address,
                new.browser,
                new.known,
            ),
        )?;
        let id = SessionId(self.0.0.last_insert_rowid());
        let most = if new.complete { MAX_SESSIONS } else { MAX_INCOMPLETE_SESSIONS };
        // Whoever knows the password begins as many sign-ins as they like. They push out those of other strangers, and never one
        // that was begun in a browser of the owner's.
        let alike = "account = ?1 AND complete = ?2 AND (complete = 1 OR known_browser = ?4)";
        self.0.0.execute(
            &format!(
                "DELETE FROM session WHERE {alike} AND id <=
                    (SELECT id FROM session WHERE {alike} ORDER BY id DESC LIMIT 1 OFFSET ?3)"
            ),
            (new.account, new.complete, most, new.known),
        )?;
        if new.complete {
            let sql = "UPDATE account SET last_sign_in_at = ?2 WHERE id = ?1";
            self.0.0.execute(sql, (new.account, Moment(now)))?;
        }
        Ok(id)
    }

    /// Notes that sessions were used, each with the time of its last request.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sessions_seen(&mut self, seen: &[(SessionId, OffsetDateTime)]) -> Result<(), Error> {
        let mut update =
            self.0.0.prepare_cached("UPDATE session SET last_seen_at = max(last_seen_at, ?2) WHERE id = ?1")?;
        seen.iter().try_for_each(|(id, at)| update.execute((id, Moment(*at))).map(drop))?;
        Ok(())
    }

    /// Counts a wrong code. How many there were now.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_wrong_code(&mut self, id: SessionId) -> Result<u32, Error> {
        let sql = "UPDATE session SET wrong_codes = wrong_codes + 1 WHERE id = ?1 RETURNING wrong_codes";
        Ok(self.0.0.query_row(sql, [id], |row| row.get(0)).optional()?.unwrap_or(u32::MAX))
    }

    /// Notes that the password was given again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_password_given(&mut self, id: SessionId, at: OffsetDateTime) -> Result<(), Error> {
        self.0.0.execute("UPDATE session SET password_at = ?2 WHERE id = ?1", (id, Moment(at)))?;
        Ok(())
    }

    /// Notes that a code was given.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_code_given(&mut self, id: SessionId, at: OffsetDateTime) -> Result<(), Error> {
        self.0
            .0
            .execute("UPDATE session SET second_factor_at = ?2 WHERE id = ?1 AND complete = 1", (id, Moment(at)))?;
        Ok(())
    }

    /// Notes which notices were read in a session, and for sessions to come.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_seen(&mut self, id: SessionId, account: AccountId, seen: Seen) -> Result<(), Error> {
        self.0.0.execute(
            "UPDATE session SET seen_notice = max(seen_notice, ?2), seen_security = max(seen_security, ?3) WHERE id = ?1",
            (id, seen.others, seen.security),
        )?;
        self.0.0.execute(
            "UPDATE account SET read_notice = max(read_notice, ?2), read_security = max(read_security, ?3) WHERE id = ?1",
            (account, seen.others, seen.security),
        )?;
        Ok(())
    }

    /// Ends a session of an account. Whether there was one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn end_session(&mut self, account: AccountId, id: SessionId) -> Result<bool, Error> {
        Ok(self.0.0.execute("DELETE FROM session WHERE id = ?1 AND account = ?2", (id, account))? > 0)
    }

    /// Ends all sessions of an account but `except`, complete or not. How many.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn end_sessions(&mut self, account: AccountId, except: Option<SessionId>) -> Result<usize, Error> {
        let sql = "DELETE FROM session WHERE account = ?1 AND id IS NOT ?2";
        Ok(self.0.0.execute(sql, (account, except))?)
    }

    /// Deletes sessions that were last used before `idle`, or began before `absolute`; incomplete ones that began before
    /// `incomplete`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sweep_sessions(
        &mut self,
        idle: OffsetDateTime,
        absolute: OffsetDateTime,
        incomplete: OffsetDateTime,
    ) -> Result<usize, Error> {
        Ok(self.0.0.execute(
            "DELETE FROM session WHERE last_seen_at < ?1 OR created_at < ?2 OR (complete = 0 AND created_at < ?3)",
            (Moment(idle), Moment(absolute), Moment(incomplete)),
        )?)
    }
}
