//! Who was asked to join an organization, or to own a package ID.

use rusqlite::types::FromSqlError;
use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::{Moment, row_number};
use super::registrations::RegistrationId;
use super::{Error, Reads, Writes};
use crate::domain::account::{AccountId, AccountName, Role};
use crate::domain::invitation::Period;
use crate::domain::package_id::PackageId;

/// The row number of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationId(pub i64);

row_number!(InvitationId);

/// An invitation that can be accepted.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its row.
    pub id: InvitationId,
    /// Who was asked: a user, or for a package also an organization.
    pub invitee: (AccountId, AccountName),
    /// To what.
    pub offer: Offer,
    /// The account that asked, or `command line`.
    pub invited_by: String,
    /// Until when it can be accepted.
    pub expires_at: OffsetDateTime,
}

/// To what somebody was asked.
#[derive(Debug, Clone)]
pub enum Offer {
    /// To be a member.
    Membership {
        /// Of this organization.
        organization: (AccountId, AccountName),
        /// In this role.
        role: Role,
    },
    /// To be an owner.
    Ownership {
        /// Of this registration.
        registration: RegistrationId,
        /// Its ID.
        package_id: PackageId,
    },
}

/// To what somebody is invited, as invitations are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitedTo {
    /// An organization.
    Organization(AccountId),
    /// A package ID.
    Package(RegistrationId),
}

impl InvitedTo {
    /// The two columns: one of them is nothing.
    const fn columns(self) -> (Option<AccountId>, Option<RegistrationId>) {
        match self {
            Self::Organization(organization) => (Some(organization), None),
            Self::Package(registration) => (None, Some(registration)),
        }
    }
}

/// From whom an invitation is, and until when it can be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The account that asks, or `command line`.
    pub by: &'a str,
    /// When.
    pub at: OffsetDateTime,
    /// Until when it can be accepted.
    pub until: OffsetDateTime,
}

const SELECT: &str =
    "SELECT i.id, i.role, i.invited_by, i.expires_at, i.invitee, u.name, i.organization, o.name AS organization_name,
       i.registration, r.package_id
    FROM invitation i JOIN account u ON u.id = i.invitee LEFT JOIN account o ON o.id = i.organization
      LEFT JOIN registration r ON r.id = i.registration";

fn invitation(row: &Row<'_>) -> rusqlite::Result<Invitation> {
    let organization: Option<AccountId> = row.get("organization")?;
    let registration: Option<RegistrationId> = row.get("registration")?;
    let offer = match (organization, registration) {
        (Some(id), None) => {
            Offer::Membership { organization: (id, row.get("organization_name")?), role: row.get("role")? }
        }
        (None, Some(registration)) => Offer::Ownership { registration, package_id: row.get("package_id")? },
        _ => return Err(FromSqlError::InvalidType.into()),
    };
    let Moment(expires_at) = row.get("expires_at")?;
    Ok(Invitation {
        id: row.get("id")?,
        invitee: (row.get("invitee")?, row.get("name")?),
        offer,
        invited_by: row.get("invited_by")?,
        expires_at,
    })
}

impl Reads<'_> {
    /// One invitation, if it has not expired.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn invitation(&self, id: InvitationId, now: OffsetDateTime) -> Result<Option<Invitation>, Error> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE i.id = ?1 AND i.expires_at > ?2"))?;
        Ok(query.query_row((id, Moment(now)), invitation).optional()?)
    }

    /// What an account was asked, the oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn invitations_of(&self, invitee: AccountId, now: OffsetDateTime) -> Result<Vec<Invitation>, Error> {
        self.invitations_where("i.invitee", invitee.0, now)
    }

    /// Whom an organization has asked, the oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn invitations_into(&self, organization: AccountId, now: OffsetDateTime) -> Result<Vec<Invitation>, Error> {
        self.invitations_where("i.organization", organization.0, now)
    }

    /// Who was asked to own a package ID, the oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn invitations_to_own(
        &self,
        registration: RegistrationId,
        now: OffsetDateTime,
    ) -> Result<Vec<Invitation>, Error> {
        self.invitations_where("i.registration", registration.0, now)
    }

    /// How many invitations an account has told somebody of since `since`, those that were withdrawn too.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn invitations_by(&self, inviter: &str, since: OffsetDateTime) -> Result<usize, Error> {
        let mut query =
            self.0.prepare_cached("SELECT count(*) FROM invitation_told WHERE invited_by = ?1 AND at > ?2")?;
        Ok(query.query_row((inviter, Moment(since)), |row| row.get(0))?)
    }

    /// How many times somebody was told since `since` of being invited to the same.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn invitations_told(&self, invitee: AccountId, to: InvitedTo, since: OffsetDateTime) -> Result<usize, Error> {
        let (organization, registration) = to.columns();
        let mut query = self.0.prepare_cached(
            "SELECT count(*) FROM invitation_told
             WHERE invitee = ?1 AND organization IS ?2 AND registration IS ?3 AND at > ?4",
        )?;
        Ok(query.query_row((invitee, organization, registration, Moment(since)), |row| row.get(0))?)
    }

    fn invitations_where(&self, column: &str, value: i64, now: OffsetDateTime) -> Result<Vec<Invitation>, Error> {
        let sql = format!("{SELECT} WHERE {column} = ?1 AND i.expires_at > ?2 ORDER BY i.id");
        let mut query = self.0.prepare_cached(&sql)?;
        Ok(query.query_map((value, Moment(now)), invitation)?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Asks a user to join an organization, or asks anew. Expired invitations go.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn invite_member(
        &mut self,
        organization: AccountId,
        invitee: AccountId,
        role: Role,
        terms: Terms<'_>,
    ) -> Result<InvitationId, Error> {
        self.sweep_invitations(terms.at)?;
        Ok(self.0.0.query_row(
            "INSERT INTO invitation (invitee, organization, role, invited_by, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (organization, invitee) WHERE organization IS NOT NULL
             DO UPDATE SET role = ?3, invited_by = ?4, created_at = ?5, expires_at = ?6 RETURNING id",
            (invitee, organization, role, terms.by, Moment(terms.at), Moment(terms.until)),
            |row| row.get(0),
        )?)
    }

    /// Asks an account to own a package ID. Expired invitations go.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn invite_owner(
        &mut self,
        registration: RegistrationId,
        invitee: AccountId,
        terms: Terms<'_>,
    ) -> Result<InvitationId, Error> {
        self.sweep_invitations(terms.at)?;
        Ok(self.0.0.query_row(
            "INSERT INTO invitation (invitee, registration, invited_by, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (registration, invitee) WHERE registration IS NOT NULL
             DO UPDATE SET invited_by = ?3, created_at = ?4, expires_at = ?5 RETURNING id",
            (invitee, registration, terms.by, Moment(terms.at), Moment(terms.until)),
            |row| row.get(0),
        )?)
    }

    /// Counts an invitation that somebody is told of. What is older than the longest time that counts goes.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn invitation_is_told(
        &mut self,
        invitee: AccountId,
        to: InvitedTo,
        inviter: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let (organization, registration) = to.columns();
        self.0.0.execute("DELETE FROM invitation_told WHERE at <= ?1", [Moment(now - Period::Day.lasts())])?;
        self.0.0.execute(
            "INSERT INTO invitation_told (at, invitee, organization, registration, invited_by) VALUES (?1, ?2, ?3, ?4, ?5)",
            (Moment(now), invitee, organization, registration, inviter),
        )?;
        Ok(())
    }

    /// Takes an invitation away: accepted, declined or withdrawn.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_invitation(&mut self, id: InvitationId) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM invitation WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Takes away what a user was asked by an organization.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_member_invitation(&mut self, organization: AccountId, invitee: AccountId) -> Result<(), Error> {
        let sql = "DELETE FROM invitation WHERE organization = ?1 AND invitee = ?2";
        self.0.0.execute(sql, (organization, invitee))?;
        Ok(())
    }

    /// Takes away that an account was asked to own a package ID.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_owner_invitation(&mut self, registration: RegistrationId, invitee: AccountId) -> Result<(), Error> {
        let sql = "DELETE FROM invitation WHERE registration = ?1 AND invitee = ?2";
        self.0.0.execute(sql, (registration, invitee))?;
        Ok(())
    }

    fn sweep_invitations(&mut self, now: OffsetDateTime) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM invitation WHERE expires_at <= ?1", [Moment(now)])?;
        Ok(())
    }
}
