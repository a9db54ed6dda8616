//! Links that are good once: how people get in who have no password yet, or have lost what they had.
//!
//! A link holds 256 random bits, of which only the hash is stored. Loading its page changes nothing, because mail scanners
//! open links before people do; the form that succeeds uses it up.

use thiserror::Error;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::accounts;
use super::authority::{Actor, Refused, authorize};
use super::notices::tell_security;
use super::second_factor;
use super::sign_in::{self, TestedPassword};
use crate::documents::Urls;
use crate::domain::account::{Account, AccountId, AccountKind, AccountName};
use crate::domain::permission::Action;
use crate::domain::secret_token::SecretToken;
use crate::password::NewPassword;
use crate::store::audit::By;
use crate::store::one_time_links::{NewLink, OneTimeLink, Purpose};
use crate::store::{self, Reads, Store, Writes};
use crate::vault::{self, random};

/// How long a link of an administrator is good: over a weekend.
pub const LINK_LASTS: Duration = Duration::hours(72);

/// Why a link is not made, or does nothing.
#[derive(Debug, Error)]
pub enum Error {
    /// It never existed, or is good no longer. Nobody is told which.
    #[error("the link was used, was replaced by a newer one, or is too old")]
    Dead,
    /// The account.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// It can do nothing.
    #[error("`{0}` is disabled; enable it first")]
    Disabled(AccountName),
    /// A link for a new account would set the password of somebody who has one.
    #[error("`{0}` has a password; make a link that resets it")]
    HasPassword(AccountName),
    /// There is nothing to remove.
    #[error("`{0}` has no second factor")]
    NotEnrolled(AccountName),
    /// The password that goes with the link.
    #[error(transparent)]
    SignIn(#[from] sign_in::Error),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] vault::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A link that was made just now: the only time that it can be shown.
#[derive(Debug)]
pub struct Issued {
    token: SecretToken,
    purpose: Purpose,
}

impl Issued {
    /// A new link for `purpose`, not stored yet.
    pub(super) fn new(purpose: Purpose) -> Result<Self, vault::Error> {
        Ok(Self { token: SecretToken::from_random(&random()?), purpose })
    }

    /// The whole URL, below the public one (`home`, with or without a slash at its end).
    #[must_use]
    pub fn url(&self, home: &str) -> Zeroizing<String> {
        let page = match self.purpose {
            Purpose::FirstAdministrator | Purpose::NewAccount => "welcome",
            Purpose::Password | Purpose::SecondFactor => "reset",
            Purpose::Email => "account/email",
        };
        Zeroizing::new(format!("{}/{page}/{}", home.trim_end_matches('/'), self.token.reveal()))
    }

    /// The same for a server's own URLs.
    #[must_use]
    pub fn url_on(&self, urls: &Urls) -> Zeroizing<String> {
        self.url(&urls.home())
    }

    /// What the URL holds.
    #[must_use]
    pub fn token(&self) -> &SecretToken {
        &self.token
    }

    /// Stores it, in place of an earlier one of the same purpose for the same account.
    pub(super) fn store(
        &self,
        w: &mut Writes<'_>,
        account: Option<AccountId>,
        detail: &str,
        created_by: &str,
        lasts: Duration,
        now: OffsetDateTime,
    ) -> Result<(), store::Error> {
        let (hash, purpose, expires_at) = (self.token.hash(), self.purpose, now + lasts);
        w.put_one_time_link(&NewLink { hash, purpose, account, detail, created_by, expires_at }, now)
    }

    /// Stores it in place of those that `created_by` made for the account. What others made stays good: a stranger who says
    /// to have forgotten a password must not make the link of an administrator void.
    pub(super) fn store_beside_others(
        &self,
        w: &mut Writes<'_>,
        account: AccountId,
        created_by: &str,
        lasts: Duration,
        now: OffsetDateTime,
    ) -> Result<(), store::Error> {
        let (hash, purpose, expires_at) = (self.token.hash(), self.purpose, now + lasts);
        let link = NewLink { hash, purpose, account: Some(account), detail: "", created_by, expires_at };
        w.add_one_time_link(&link, now)
    }
}

/// Makes a link for a user: to choose the first password ([`Purpose::NewAccount`]), a new one ([`Purpose::Password`]), or to
/// remove a second factor that was lost ([`Purpose::SecondFactor`]). It is good for [`LINK_LASTS`], an earlier one of the same
/// purpose no longer, and the user is told.
///
/// # Errors
/// An unknown or disabled account, an organization, or a link that would do nothing.
pub fn create(
    store: &Store,
    purpose: Purpose,
    name: &AccountName,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Issued, Error> {
    let link = Issued::new(purpose)?;
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = w.account(name)?.ok_or_else(|| accounts::Error::Unknown(name.clone()))?;
        check_useful(w, purpose, &account)?;
        link.store(w, Some(account.id), "", by.name(), LINK_LASTS, now)?;
        if let Some(text) = told(purpose, by.name()) {
            tell_security(w, &account, &text, "account/security", now)?;
        }
        by.audit(w, now, "account.link", account.name.as_str(), word(purpose))?;
        Ok(link)
    })
}

fn check_useful(reads: &Reads<'_>, purpose: Purpose, account: &Account) -> Result<(), Error> {
    if account.kind != AccountKind::User {
        return Err(accounts::Error::Kind { name: account.name.clone(), expected: "a user" }.into());
    }
    if account.disabled {
        return Err(Error::Disabled(account.name.clone()));
    }
    match purpose {
        Purpose::NewAccount if reads.password_hash(&account.name)?.is_some() => {
            Err(Error::HasPassword(account.name.clone()))
        }
        Purpose::SecondFactor if reads.second_factor(account.id)?.is_none() => {
            Err(Error::NotEnrolled(account.name.clone()))
        }
        _ => Ok(()),
    }
}

fn told(purpose: Purpose, by: &str) -> Option<String> {
    let does = match purpose {
        Purpose::Password => "sets a new password for",
        Purpose::SecondFactor => "removes the second factor of",
        Purpose::FirstAdministrator | Purpose::NewAccount | Purpose::Email => return None,
    };
    Some(format!("A link that {does} your account was made ({by}). If you did not ask for it, ask an administrator."))
}

/// What a link is for, as records say it.
pub(super) const fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::FirstAdministrator => "first administrator",
        Purpose::NewAccount => "first password",
        Purpose::Password => "new password",
        Purpose::SecondFactor => "remove the second factor",
        Purpose::Email => "confirm an address",
    }
}

/// The link that `token` (out of a URL) belongs to, if it is good for one of `purposes`. One that is dead, one that never was,
/// and one for something else are all the same.
///
/// # Errors
/// [`Error::Dead`].
pub fn look_up(
    reads: &Reads<'_>,
    token: &str,
    purposes: &[Purpose],
    now: OffsetDateTime,
) -> Result<OneTimeLink, Error> {
    let token: SecretToken = token.parse().map_err(|_| Error::Dead)?;
    let link = reads.one_time_link(&token.hash(), now)?.ok_or(Error::Dead)?;
    // A link that leads to the first administrator dies with the first administrator, whoever made that one.
    let superseded = link.purpose == Purpose::FirstAdministrator && reads.has_administrator()?;
    if purposes.contains(&link.purpose) && !superseded { Ok(link) } else { Err(Error::Dead) }
}

/// Sets the password of the account that a link is for: its first, or a new one. All its sessions end, and nobody is signed in
/// by it: a link is no second factor. Look the link up before `new` is hashed: whoever has no good one gets none hashed.
///
/// # Errors
/// A dead link, or one for another account than `new` was hashed for.
pub fn choose_password(
    store: &Store,
    token: &str,
    new: &NewPassword,
    address: &str,
    now: OffsetDateTime,
) -> Result<AccountName, Error> {
    let purposes = [Purpose::NewAccount, Purpose::Password];
    store.write(|w| {
        let link = look_up(w, token, &purposes, now)?;
        let account = holder(w, &link)?;
        if new.account().key() != account.name.key() {
            return Err(Error::Dead);
        }
        w.set_password_hash(account.id, new.hash())?;
        w.end_sessions(account.id, None)?;
        purposes.iter().try_for_each(|purpose| w.drop_one_time_links(*purpose, Some(account.id)))?;
        if link.purpose == Purpose::Password {
            tell_security(
                w,
                &account,
                "The password of your account was set anew by a link.",
                "account/security",
                now,
            )?;
        }
        audit(w, &account, "account.password", &link, address, now)?;
        Ok(account.name)
    })
}

/// Removes the second factor of the account that a link is for. The password is asked for too: whoever finds the link alone
/// gets nothing by it. All its sessions end.
///
/// # Errors
/// A dead link, or a password that is not the account's any more; then the link stays good.
pub fn remove_second_factor(
    store: &Store,
    token: &str,
    password: &TestedPassword,
    address: &str,
    now: OffsetDateTime,
) -> Result<AccountName, Error> {
    store.write(|w| {
        let link = look_up(w, token, &[Purpose::SecondFactor], now)?;
        let account = holder(w, &link)?;
        if password.holder(w)?.id != account.id {
            return Err(sign_in::Error::PasswordChanged.into());
        }
        second_factor::remove_in(w, &account, None, now)?;
        w.drop_one_time_links(Purpose::SecondFactor, Some(account.id))?;
        audit(w, &account, "second-factor.remove", &link, address, now)?;
        Ok(account.name)
    })
}

fn holder(reads: &Reads<'_>, link: &OneTimeLink) -> Result<Account, Error> {
    let (id, _) = link.account.as_ref().ok_or(Error::Dead)?;
    Ok(reads.account_by_id(*id)?)
}

/// The record of what a link did: the link is the proof that it was allowed.
fn audit(
    w: &mut Writes<'_>,
    account: &Account,
    action: &str,
    link: &OneTimeLink,
    address: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let by = By { name: account.name.to_string(), address: address.to_owned() };
    w.audit(now, &by, action, account.name.as_str(), &format!("by a link made by {}", link.created_by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::Denied;
    use crate::feed::organizations::{self, FirstAdministrator};
    use crate::feed::test_server::{NOW, PASSWORD, TestServer, code, new_password, steps};
    use crate::password;
    use Actor::CommandLine;

    const NEW: &str = "five other words for a lock";
    const FROM: &str = "192.0.2.7";

    fn link(server: &TestServer, purpose: Purpose, account: &Account) -> String {
        create(&server.app.store, purpose, &account.name, &CommandLine, NOW).unwrap().token.reveal().to_owned()
    }

    fn is_good(server: &TestServer, token: &str, purpose: Purpose, now: OffsetDateTime) -> bool {
        server.app.store.read(|r| look_up(r, token, &[purpose], now)).is_ok()
    }

    #[test]
    fn only_an_administrator_with_a_fresh_factor_makes_links() {
        let server = TestServer::new();
        let (root, ann) = (server.administrator("root"), server.user("ann"));
        let make = |actor: &Actor, now| create(&server.app.store, Purpose::Password, &ann.name, actor, now);
        let denied = |made: Result<Issued, Error>| match made {
            Err(Error::Refused(Refused::Denied(denied))) => denied,
            other => panic!("{other:?}"),
        };
        assert!(matches!(denied(make(&server.actor(&ann, NOW), NOW)), Denied::NotYours(_)));
        assert_eq!(denied(make(&server.actor(&root, NOW), NOW)), Denied::Enrol);
        let (secret, _) = server.enrol(&root, NOW);
        let half = server.sign_in(&root, NOW);
        let given = code(&secret, NOW + steps(1));
        let id = server.session(&half.token).unwrap().id;
        let rules = crate::feed::test_server::rules();
        let whole = sign_in::with_code(&server.app, id, &given, &rules, crate::feed::test_server::HERE, NOW + steps(1))
            .unwrap();
        let actor = Actor::Session(server.actor_of(&whole));
        assert!(make(&actor, NOW + steps(1)).is_ok());
        assert_eq!(denied(make(&actor, NOW + Duration::hours(2))), Denied::GiveCode);
        assert_eq!(server.audited()[0], ("account.link".to_owned(), "new password".to_owned()));
        assert_eq!(
            server.told(&ann),
            [
                "A link that sets a new password for your account was made (root). If you did not ask for it, ask an administrator."
            ]
        );
    }

    #[test]
    fn a_link_is_good_for_its_purpose_for_three_days_and_until_a_newer_one() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let first = link(&server, Purpose::Password, &ann);
        assert!(is_good(&server, &first, Purpose::Password, NOW + LINK_LASTS - Duration::SECOND));
        assert!(!is_good(&server, &first, Purpose::Password, NOW + LINK_LASTS));
        for other in [Purpose::FirstAdministrator, Purpose::NewAccount, Purpose::SecondFactor, Purpose::Email] {
            assert!(!is_good(&server, &first, other, NOW), "{other:?}");
        }
        let second = link(&server, Purpose::Password, &ann);
        assert!(!is_good(&server, &first, Purpose::Password, NOW) && is_good(&server, &second, Purpose::Password, NOW));
        for text in ["", "x", &"A".repeat(43), &format!("{second}A")] {
            assert!(!is_good(&server, text, Purpose::Password, NOW), "`{text}`");
        }
    }

    #[test]
    fn a_link_that_would_do_nothing_or_too_much_is_not_made() {
        let server = TestServer::new();
        let (store, ann) = (&server.app.store, server.user("ann"));
        let group: AccountName = "contoso".parse().unwrap();
        organizations::create(store, &group, FirstAdministrator::Creator, &CommandLine, NOW).unwrap();
        let make = |purpose, name: &str| create(store, purpose, &name.parse().unwrap(), &CommandLine, NOW);
        assert!(matches!(make(Purpose::Password, "nobody"), Err(Error::Account(accounts::Error::Unknown(_)))));
        assert!(matches!(make(Purpose::Password, "contoso"), Err(Error::Account(accounts::Error::Kind { .. }))));
        assert!(matches!(make(Purpose::NewAccount, "ann"), Err(Error::HasPassword(_))));
        assert!(matches!(make(Purpose::SecondFactor, "ann"), Err(Error::NotEnrolled(_))));
        accounts::set_disabled(store, &ann.name, true, &CommandLine, NOW).unwrap();
        assert!(matches!(make(Purpose::Password, "ann"), Err(Error::Disabled(_))));
    }

    #[test]
    fn a_new_password_ends_every_session_and_uses_the_link_up_only_when_it_is_set() {
        let server = TestServer::new();
        let (store, ann) = (&server.app.store, server.user("ann"));
        let opened = server.sign_in(&ann, NOW);
        let token = link(&server, Purpose::Password, &ann);
        let of_another = choose_password(store, &token, &new_password("bob", NEW), FROM, NOW);
        assert!(matches!(of_another, Err(Error::Dead)));
        assert!(is_good(&server, &token, Purpose::Password, NOW) && server.session(&opened.token).is_some());
        assert_eq!(choose_password(store, &token, &new_password("ann", NEW), FROM, NOW).unwrap(), ann.name);
        assert!(server.session(&opened.token).is_none());
        let again = choose_password(store, &token, &new_password("ann", PASSWORD), FROM, NOW);
        assert!(matches!(again, Err(Error::Dead)));
        let parameters = password::Parameters::default();
        assert!(password::verify(NEW, Some(&server.tested(&ann.name).hash), &parameters));
        let done = ("account.password".to_owned(), "by a link made by command line".to_owned());
        assert_eq!(server.audited()[0], done);
        assert_eq!(server.told(&ann)[0], "The password of your account was set anew by a link.");
    }

    #[test]
    fn the_first_password_of_a_new_account_is_chosen_by_its_holder() {
        let server = TestServer::new();
        let (store, name): (_, AccountName) = (&server.app.store, "new".parse().unwrap());
        let account = accounts::create(store, &name, false, None, &CommandLine, NOW).unwrap();
        let token = link(&server, Purpose::NewAccount, &account);
        choose_password(store, &token, &new_password("new", PASSWORD), FROM, NOW).unwrap();
        assert!(server.sign_in(&account, NOW).token.hash() != [0; 32]);
        let again = choose_password(store, &token, &new_password("new", NEW), FROM, NOW);
        assert!(matches!(again, Err(Error::Dead)));
    }

    #[test]
    fn a_lost_factor_is_removed_by_its_holder_s_password_and_nobody_else_s() {
        let server = TestServer::new();
        let (store, ann, bob) = (&server.app.store, server.user("ann"), server.user("bob"));
        server.enrol(&ann, NOW);
        let token = link(&server, Purpose::SecondFactor, &ann);
        let wrong = remove_second_factor(store, &token, &server.tested(&bob.name), FROM, NOW);
        assert!(matches!(wrong, Err(Error::SignIn(sign_in::Error::PasswordChanged))));
        let old = server.tested(&ann.name);
        accounts::set_password(store, &new_password("ann", NEW), &CommandLine, NOW).unwrap();
        let stale = remove_second_factor(store, &token, &old, FROM, NOW);
        assert!(matches!(stale, Err(Error::SignIn(sign_in::Error::PasswordChanged))));
        let opened = server.sign_in(&ann, NOW);
        remove_second_factor(store, &token, &server.tested(&ann.name), FROM, NOW).unwrap();
        assert!(server.session(&opened.token).is_none());
        assert!(!server.sign_in(&ann, NOW).code_awaited);
        assert!(!is_good(&server, &token, Purpose::SecondFactor, NOW));
        assert_eq!(server.told(&ann)[0], "The second factor of your account was removed.");
    }

    #[test]
    fn a_url_leads_to_the_page_of_its_purpose_and_prints_nothing_by_debug() {
        let link = Issued::new(Purpose::NewAccount).unwrap();
        let token = link.token.reveal();
        assert_eq!(
            link.url("https://feed.example/nuget/").as_str(),
            format!("https://feed.example/nuget/welcome/{token}")
        );
        assert!(!format!("{link:?}").contains(token));
        let email = Issued::new(Purpose::Email).unwrap();
        assert!(email.url("https://feed.example").starts_with("https://feed.example/account/email/"));
    }
}
