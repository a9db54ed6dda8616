//! Why the form with a package was not taken: a page of its own, or the form again.

use actix_web::http::StatusCode;

use super::form;
use super::incoming::Flaw;
use crate::feed::pending_uploads::Full;
use crate::web::pages::components::FieldErrors;
use crate::web::pages::problem::Problem;
use crate::web::pages::refusal::{Refusal, capitalised};

/// Why a form was not taken.
pub(super) enum NotTaken {
    /// A page of its own.
    Refusal(Refusal),
    /// The form again.
    Form(StatusCode, FieldErrors),
}

impl From<Refusal> for NotTaken {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl NotTaken {
    /// The form again, with a text at one of its fields.
    pub fn field(status: StatusCode, name: &str, text: impl Into<String>) -> Self {
        let mut errors = FieldErrors::default();
        errors.add(name, text);
        Self::Form(status, errors)
    }
}

impl From<Full> for NotTaken {
    fn from(full: Full) -> Self {
        let mut errors = FieldErrors::default();
        errors.add_to_form(capitalised(&full.to_string()));
        Self::Form(StatusCode::UNPROCESSABLE_ENTITY, errors)
    }
}

impl From<Flaw> for NotTaken {
    fn from(flaw: Flaw) -> Self {
        match flaw.told() {
            Some((status, text)) => Self::field(status, form::PACKAGE, text),
            None if flaw == Flaw::Stale => Self::Refusal(Problem::stale_form().into()),
            None if flaw == Flaw::Unreadable => Self::Refusal(Problem::unreadable_form().into()),
            None => Self::Refusal(Problem::internal("spool").into()),
        }
    }
}
