//! What a refused upload becomes, where no verdict explains it.

use std::io;

use actix_web::http::StatusCode;

use super::{Refusal, capitalised};
use crate::archive;
use crate::feed::{documents, push};
use crate::nupkg;
use crate::signature::repository;
use crate::web::pages::problem::Problem;

impl From<push::Error> for Refusal {
    fn from(error: push::Error) -> Self {
        match error {
            push::Error::Refused(refused) => refused.into(),
            push::Error::Account(error) => error.into(),
            push::Error::Store(error) | push::Error::Documents(documents::Error::Store(error)) => error.into(),
            push::Error::Io(error)
            | push::Error::Package(nupkg::Error::Io(error))
            | push::Error::Archive(archive::Error::Io(error))
            | push::Error::Original(archive::InverseError::Io(error))
            | push::Error::Signing(repository::Error::Io(error)) => of_disk(&error),
            push::Error::Package(_)
            | push::Error::Archive(_)
            | push::Error::Original(_)
            | push::Error::Signature(_)
            | push::Error::Rule(_)
            | push::Error::Reserved(_)
            | push::Error::Denied(_)
            | push::Error::Disabled(_)
            | push::Error::Exists { .. }
            | push::Error::Removed { .. }
            | push::Error::Unsettled => Self::Said(error.to_string()),
            push::Error::NoKey | push::Error::Signing(_) => {
                tracing::error!(%error, "the feed can't sign an uploaded package");
                not_signed(&error)
            }
            push::Error::Timestamp(_) => {
                tracing::error!(%error, "the feed's signature got no timestamp");
                Self::Problem(Problem::unavailable("timestamping authority", 30))
            }
            // Pages have no keys.
            push::Error::KeyGone(_) => Self::internal(&error),
            push::Error::Documents(error) => Self::internal(&error),
        }
    }
}

fn not_signed(error: &push::Error) -> Refusal {
    let text =
        format!("{} Nothing was published; tell an administrator of this server.", capitalised(&error.to_string()));
    Refusal::Problem(Problem::new(StatusCode::CONFLICT, "The feed could not sign the package", text))
}

fn of_disk(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            tracing::error!(%error, "an uploaded package could not be stored");
            let text = "The disk of the server is full. Nothing was published; tell its administrator.";
            Refusal::Problem(Problem::new(StatusCode::INSUFFICIENT_STORAGE, "Server storage is full", text))
        }
        _ => Refusal::internal(error),
    }
}
