//! The two fields in which a new password is chosen, and what is wrong with what was typed.

use maud::{Markup, html};
use zeroize::Zeroizing;

use super::components::{Field, FieldErrors};
use super::posted::Posted;
use super::refusal::capitalised;
use super::visit::Visit;
use crate::domain::account::AccountName;
use crate::password::{self, MIN_PASSWORD};

const NEW: &str = "new_password";
const AGAIN: &str = "new_password_again";

/// The fields.
pub(super) fn fields(errors: &FieldErrors) -> Markup {
    let hint = format!("At least {MIN_PASSWORD} characters; four words picked at random are good, and easy to type.");
    html! {
        (Field::password(NEW, "New password").hint(hint).autocomplete("new-password").required().errors(errors))
        (Field::password(AGAIN, "New password once more").autocomplete("new-password").required().errors(errors))
    }
}

/// What was chosen for `account`; with an entry in `errors` if it can't be used.
pub(super) fn chosen(
    visit: &Visit,
    posted: &Posted,
    account: &AccountName,
    errors: &mut FieldErrors,
) -> Zeroizing<String> {
    let new = posted.secret(NEW);
    if let Err(unusable) = password::check(&new, account, Some(&visit.host())) {
        errors.add(NEW, capitalised(&unusable.to_string()));
    } else if posted.secret(AGAIN) != new {
        errors.add(AGAIN, "The two passwords differ. Type the same one twice.");
    }
    new
}
