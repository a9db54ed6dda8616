//! Where a sign-in leads on to, and whether something was sent on the way there that was not taken.
//!
//! Who signs out in one tab still sees forms in another. What is sent from there comes from nobody, so it is dropped unread; it must
//! not be dropped silently. That it was travels through the sign-in in the address: in memory, strangers who send forms without end
//! would push the messages out that others wait for, new keys among them.

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde::Deserialize;

use super::components::Callout;
use super::flash::Flash;
use super::posted::Posted;
use super::return_to::ReturnTo;
use super::visit::Visit;
use crate::domain::secret_token::SecretToken;

/// The name of the field, and of the parameter in an address.
const UNSENT: &str = "unsent";

/// What a sign-in is asked with, by the address or by its form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(in crate::web) struct Onward {
    #[serde(default)]
    return_to: ReturnTo,
    #[serde(default)]
    unsent: Option<String>,
}

impl Onward {
    /// From somebody who is not signed in: back to the page that was asked for, or that shows the form that was sent.
    pub fn from(visit: &Visit) -> Self {
        let here = || ReturnTo::from(visit.here());
        if !visit.is_form() {
            return Self { return_to: here(), unsent: None };
        }
        Self { return_to: visit.page_before().cloned().unwrap_or_else(here), unsent: Some("yes".to_owned()) }
    }

    /// What the form of a sign-in brings along.
    pub fn of(posted: &Posted) -> Self {
        let unsent = posted.is_ticked(UNSENT).then(|| posted.text(UNSENT).to_owned());
        Self { return_to: ReturnTo::of(posted).unwrap_or_default(), unsent }
    }

    /// The address of a page of the sign-in that leads on so.
    pub fn after(&self, page: &str) -> String {
        let address = self.return_to.after(page);
        match self.unsent {
            None => address,
            Some(_) => format!("{address}{}{UNSENT}=yes", if address.contains('?') { '&' } else { '?' }),
        }
    }

    /// The hidden fields by which a form brings it along.
    pub fn fields(&self) -> Markup {
        html! {
            (self.return_to.field())
            @if self.unsent.is_some() { input type="hidden" name=(UNSENT) value="yes"; }
        }
    }

    /// What is said before the sign-in.
    pub fn said(&self) -> Markup {
        let text = "You are not signed in any more: the session has ended, or you signed out in another tab. Sign in, and you come back to the page to send it once more.";
        html! {
            @if self.unsent.is_some() { (Callout::warning("What you sent was not taken", html! { p { (text) } })) }
        }
    }

    /// On to where it leads, with a word about what was sent before. `token` is that of the session that it is said in.
    pub fn go(&self, visit: &Visit, token: &SecretToken) -> HttpResponse {
        let next = self.return_to.address();
        if self.unsent.is_some() {
            let text = "What you sent before you signed in was not taken, and nothing was changed. Send it once more.";
            visit.state().flashes.put(token.hash(), next, Flash::warning(text));
        }
        visit.redirect(next)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::web::Query;

    use super::*;

    #[test]
    fn what_was_not_taken_is_carried_from_page_to_page() {
        for (query, address) in [
            ("", "sign-in/code"),
            ("return_to=account", "sign-in/code?return_to=account"),
            ("unsent=yes", "sign-in/code?unsent=yes"),
            ("return_to=account&unsent=yes", "sign-in/code?return_to=account&unsent=yes"),
            ("return_to=%2F%2Fevil.example&unsent=%22%3E", "sign-in/code?unsent=yes"),
        ] {
            let onward = Query::<Onward>::from_query(query).unwrap().into_inner();
            assert_eq!(onward.after("sign-in/code"), address, "{query}");
            let told = address.contains("unsent");
            assert_eq!(onward.fields().into_string().contains("name=\"unsent\" value=\"yes\""), told, "{query}");
            assert_eq!(onward.said().into_string().contains("was not taken"), told, "{query}");
        }
    }
}
