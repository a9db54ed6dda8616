//! `/admin/accounts/{name}/{change}`: what is done to an account. The page says what will happen, the form does it.

use actix_web::{HttpResponse, web};
use maud::{Markup, Render, html};
use time::OffsetDateTime;

use super::account::path;
use crate::app::App;
use crate::domain::account::{AccountKind, AccountName};
use crate::feed::accounts::{self, Consequences};
use crate::feed::authority::Actor;
use crate::feed::one_time_links;
use crate::store::one_time_links::Purpose;
use crate::web::pages::components::{Button, Confirm, PageHeader, breadcrumbs, card, counted, counted_as, form};
use crate::web::pages::csrf::CsrfToken;
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// Entries of a list that are named at most.
const NAMED: usize = 20;

/// Something that is done to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It can do nothing.
    Disable,
    /// It can again.
    Enable,
    /// It runs the server.
    MakeAdministrator,
    /// It does so no longer.
    TakeAdministrator,
    /// It is signed in nowhere.
    EndSessions,
    /// Its keys are void.
    RevokeKeys,
    /// A link for the first password.
    FirstPasswordLink,
    /// A link for another password.
    PasswordLink,
    /// A link that takes the second factor away.
    SecondFactorLink,
}

impl Change {
    const ALL: [Self; 9] = [
        Self::Disable,
        Self::Enable,
        Self::MakeAdministrator,
        Self::TakeAdministrator,
        Self::EndSessions,
        Self::RevokeKeys,
        Self::FirstPasswordLink,
        Self::PasswordLink,
        Self::SecondFactorLink,
    ];

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::MakeAdministrator => "make-administrator",
            Self::TakeAdministrator => "take-administrator",
            Self::EndSessions => "end-sessions",
            Self::RevokeKeys => "revoke-keys",
            Self::FirstPasswordLink => "first-password-link",
            Self::PasswordLink => "password-link",
            Self::SecondFactorLink => "second-factor-link",
        }
    }

    /// What the button says.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Disable => "Disable",
            Self::Enable => "Enable",
            Self::MakeAdministrator => "Make administrator",
            Self::TakeAdministrator => "Administrator no longer",
            Self::EndSessions => "End all sessions",
            Self::RevokeKeys => "Revoke all keys",
            Self::FirstPasswordLink => "Link for the first password",
            Self::PasswordLink => "Link for a new password",
            Self::SecondFactorLink => "Link that removes the second factor",
        }
    }

    /// The heading of its question, and the button there.
    fn asked(self, name: &AccountName) -> String {
        match self {
            Self::Disable => format!("Disable {name}"),
            Self::Enable => format!("Enable {name}"),
            Self::MakeAdministrator => format!("Make {name} an administrator"),
            Self::TakeAdministrator => format!("Make {name} an administrator no longer"),
            Self::EndSessions => format!("End all sessions of {name}"),
            Self::RevokeKeys => format!("Revoke all keys of {name}"),
            Self::FirstPasswordLink => format!("Make a link for the first password of {name}"),
            Self::PasswordLink => format!("Make a link for a new password of {name}"),
            Self::SecondFactorLink => format!("Make a link that removes the second factor of {name}"),
        }
    }

    /// Whether it takes something from somebody.
    pub(super) const fn takes(self) -> bool {
        matches!(self, Self::Disable | Self::TakeAdministrator | Self::RevokeKeys)
    }

    /// Where it is asked for and done.
    pub(super) fn path(self, name: &AccountName) -> String {
        format!("{}/{}", path(name), self.word())
    }

    fn make(self, app: &App, name: &AccountName, actor: &Actor, now: OffsetDateTime) -> Result<Flash, Refusal> {
        let store = &app.store;
        let link = |purpose, text: String| {
            let link = one_time_links::create(store, purpose, name, actor, now)?;
            Ok::<_, Refusal>(Flash::done(text).with_secret(link.url_on(&app.urls).as_str()))
        };
        match self {
            Self::Disable => accounts::set_disabled(store, name, true, actor, now)?,
            Self::Enable => accounts::set_disabled(store, name, false, actor, now)?,
            Self::MakeAdministrator => accounts::set_administrator(store, name, true, actor, now)?,
            Self::TakeAdministrator => accounts::set_administrator(store, name, false, actor, now)?,
            Self::EndSessions => {
                let ended = accounts::end_sessions(store, name, actor, now)?;
                return Ok(Flash::done(format!("`{name}` is signed out: {}.", counted(ended as u64, "session"))));
            }
            Self::RevokeKeys => {
                let revoked = accounts::revoke_keys(store, name, actor, now)?;
                return Ok(Flash::done(format!("Revoked for ever: {}.", counted(revoked as u64, "key"))));
            }
            Self::FirstPasswordLink => {
                return link(Purpose::NewAccount, format!("The link by which `{name}` chooses the first password:"));
            }
            Self::PasswordLink => {
                return link(
                    Purpose::Password,
                    format!("The link by which `{name}` chooses a new password. The old one works until then:"),
                );
            }
            Self::SecondFactorLink => {
                return link(
                    Purpose::SecondFactor,
                    format!(
                        "The link by which `{name}`, with the password, removes the second factor. It works until then:"
                    ),
                );
            }
        }
        Ok(Flash::done(self.done(name)))
    }

    fn done(self, name: &AccountName) -> String {
        match self {
            Self::Disable => format!("`{name}` is disabled."),
            Self::Enable => format!("`{name}` is enabled."),
            Self::MakeAdministrator => format!("`{name}` is an administrator of this server."),
            Self::TakeAdministrator => format!("`{name}` is an administrator of this server no longer."),
            Self::EndSessions
            | Self::RevokeKeys
            | Self::FirstPasswordLink
            | Self::PasswordLink
            | Self::SecondFactorLink => String::new(),
        }
    }
}

/// `GET admin/accounts/{name}/{change}`
pub(in crate::web) async fn ask(viewer: Viewer, asked: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let (name, change) = parse(&asked)?;
    let meant = viewer.run(move |app, _, now| accounts::consequences(&app.store, &app.config, &name, now)).await;
    let meant = meant.map_err(|refusal| if let Refusal::Said(_) = refusal { Refusal::Missing } else { refusal })?;
    let name = &meant.account.name;
    let (home, above) = (path(name), change.asked(name));
    let content = html! {
        (breadcrumbs(&[("admin/accounts", "Accounts"), (&home, name.as_str())], change.title()))
        (PageHeader::new(above.as_str()))
        (question(change, &meant, &above, &home, &viewer.visit.csrf()))
    };
    Ok(viewer.visit.page(Page::new(above, content).section(Section::AdminAccounts)))
}

/// `POST admin/accounts/{name}/{change}`
pub(in crate::web) async fn make(
    viewer: Viewer,
    asked: web::Path<(String, String)>,
    _posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let (name, change) = parse(&asked)?;
    let back = path(&name);
    let _alone = viewer.visit.state().replaced_secrets.lock().await;
    let made = viewer.run(move |app, actor, now| change.make(app, &name, actor, now)).await;
    viewer.visit.done_or_said(made, &back)
}

/// What will happen, and the button. Red where it takes something from somebody.
fn question(change: Change, meant: &Consequences, title: &str, home: &str, csrf: &CsrfToken) -> Markup {
    let (action, text) = (change.path(&meant.account.name), consequences(change, meant));
    if change.takes() {
        return Confirm::new(csrf, action, "What will happen", text).button(title).cancel(home).render();
    }
    let buttons = html! { div.actions { (Button::primary(title)) (Button::quiet("Cancel").link(home)) } };
    card("What will happen", html! { (text) (form(csrf, &action, buttons)) })
}

fn parse((name, change): &(String, String)) -> Result<(AccountName, Change), Refusal> {
    let name = name.parse().map_err(|_| Refusal::Missing)?;
    Ok((name, Change::parse(change).ok_or(Refusal::Missing)?))
}

fn consequences(change: Change, meant: &Consequences) -> Markup {
    let name = &meant.account.name;
    match change {
        Change::Disable => disable(meant),
        Change::Enable => html! {
            p { "Keys that have not expired and were not revoked work again at once, and certificates count again. Sessions and links that ended when the account was disabled stay ended." }
        },
        Change::MakeAdministrator => html! {
            p { (name) " may do everything on these pages: create and disable accounts, change the policy, decide which roots are trusted, and make and unmake administrators, you among them." }
            p { "To change anything " (name) " needs a second factor. It is on record that you did this, and " (name) " is told." }
        },
        Change::TakeAdministrator => html! {
            p { (name) " sees these pages no longer, from the next click on. What " (name) " did as an administrator stays as it is, and so do the account’s packages, keys and certificates." }
            p { "The last administrator who is enabled stays one: nobody could run the server." }
        },
        Change::EndSessions => html! {
            p { (name) " is signed out of " (counted(meant.sessions as u64, "browser")) " at once, and must sign in again. API keys go on working." }
        },
        Change::RevokeKeys => html! {
            p { (counted_as(meant.keys as u64, "key dies", "keys die")) " at once and for ever: those of " (name) ", and those of others that act for " (name) ". Builds and tools that use them fail until they get new ones." }
        },
        Change::FirstPasswordLink | Change::PasswordLink => html! {
            p { "You get a link that leads to a page where " (name) " chooses a password. It works once and is good for 72 hours." }
        },
        Change::SecondFactorLink => html! {
            p { "You get a link by which " (name) " removes the second factor, with the password. It works once and is good for 72 hours. Make sure that it is really " (name) " who asks you." }
        },
    }
}

fn disable(meant: &Consequences) -> Markup {
    let Consequences { account, sessions, keys, certificates, packages, orphaned, unsignable, headless } = meant;
    let name = &account.name;
    html! {
        ul {
            @if account.kind == AccountKind::User {
                li { (name) " is signed out of " (counted(*sessions as u64, "browser")) " at once, and can’t sign in. Links to choose a password are dead." }
            } @else {
                li { "Its members can’t act for it any more." }
            }
            li { (counted_as(*keys as u64, "key stops", "keys stop")) " working at once." }
            @if *certificates > 0 {
                li { "With " (counted(*certificates as u64, "certificate")) " no push is accepted any more. The certificates still count as registered: no package begins to accept unsigned pushes by this." }
            }
            @if *packages > 0 { li { (counted(*packages as u64, "package ID")) " of this account: all versions stay on the feed, and can be installed." } }
            @if !orphaned.is_empty() { li { "Nobody else owns these, so that nobody can push to them: " (names(orphaned)) "." } }
            @if !unsignable.is_empty() { li { "These must be signed, and no other owner has an active certificate. Pushes to them are refused until one is registered: " (names(unsignable)) "." } }
            @if !headless.is_empty() { li { "These organizations have no other administrator who can sign in: " (names(headless)) "." } }
        }
        p { "The name stays taken, and nothing is deleted. The account can be enabled again." }
    }
}

fn names<T: std::fmt::Display>(all: &[T]) -> Markup {
    html! {
        @for (number, name) in all.iter().take(NAMED).enumerate() {
            @if number > 0 { ", " }
            code { (name) }
        }
        @if all.len() > NAMED { " and " (all.len() - NAMED) " more" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_found_by_its_word() {
        for change in Change::ALL {
            assert_eq!(Change::parse(change.word()), Some(change));
        }
        assert_eq!(Change::parse("delete"), None);
    }
}
