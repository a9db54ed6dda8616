//! How our types stand in columns. Reading parses again: a row that our types refuse is an error, not a value.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use time::OffsetDateTime;

use crate::domain::account::{AccountId, AccountKind, AccountName, Role};
use crate::domain::api_key::{ApiKeyId, KeyName, Scopes};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::pattern::Pattern;
use crate::domain::reserved_prefix::ReservedPrefix;
use crate::domain::version::NuGetVersion;

/// A moment as seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(pub OffsetDateTime);

impl ToSql for Moment {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.unix_timestamp().into())
    }
}

impl FromSql for Moment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let seconds = value.as_i64()?;
        OffsetDateTime::from_unix_timestamp(seconds).map(Self).map_err(|_| FromSqlError::OutOfRange(seconds))
    }
}

impl ToSql for Fingerprint {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.as_bytes())))
    }
}

impl FromSql for Fingerprint {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self::from_bytes)
    }
}

/// Patterns separated by commas; empty means none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Patterns(pub Vec<Pattern>);

impl ToSql for Patterns {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.iter().map(Pattern::as_str).collect::<Vec<_>>().join(",").into())
    }
}

impl FromSql for Patterns {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let written = value.as_str()?.split(',').filter(|pattern| !pattern.is_empty());
        written.map(Pattern::kept).collect::<Result<_, _>>().map(Self).map_err(FromSqlError::other)
    }
}

/// The number of a row, as a type of its own.
macro_rules! row_number {
    ($name:ty) => {
        impl rusqlite::types::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    };
}
pub(super) use row_number;

row_number!(AccountId);
row_number!(ApiKeyId);

macro_rules! parsed_text {
    ($($name:ty: $parse:expr),*) => {$(
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let parse: fn(&str) -> Result<$name, _> = $parse;
                parse(value.as_str()?).map_err(FromSqlError::other)
            }
        }
    )*};
}

parsed_text!(
    AccountName: |text| text.parse::<AccountName>(),
    Scopes: |text| text.parse::<Scopes>(),
    KeyName: |text| text.parse::<KeyName>(),
    PackageId: PackageId::parse_unicode,
    ReservedPrefix: |text| text.parse::<ReservedPrefix>(),
    NuGetVersion: NuGetVersion::parse
);

/// An enum that is a word in the database.
macro_rules! word {
    ($name:ty, $($variant:path => $word:literal),*) => {
        impl rusqlite::types::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(match self { $($variant => $word),* }.into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok($variant),)*
                    _ => Err(rusqlite::types::FromSqlError::InvalidType),
                }
            }
        }
    };
}
pub(super) use word;

word!(AccountKind, AccountKind::User => "user", AccountKind::Organization => "organization");
word!(Role, Role::Administrator => "administrator", Role::Collaborator => "collaborator");
