//! Telling accounts what concerns them: on their pages, and by mail when they have an address.

use time::OffsetDateTime;

use super::authority::{Refused, SessionActor, live_session};
use crate::domain::account::{Account, AccountId, AccountKind, Role};
use crate::domain::notice::{MAIL_PERIOD, OTHERS_KEPT, OTHERS_MAILED, Seen, Topic};
use crate::store::invitations::InvitationId;
use crate::store::notices::NewNotice;
use crate::store::{self, Store, Writes};

/// Tells an account, in the transaction of what it is told about. An organization's administrators are told for it. `link`
/// is a path on this server without a slash at its beginning, or nothing.
///
/// # Errors
/// What the store says.
pub fn tell(
    writes: &mut Writes<'_>,
    account: &Account,
    text: &str,
    link: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    told_for(writes, account)?.into_iter().try_for_each(|user| add(writes, user, Topic::Other, text, link, None, now))
}

/// The same for who may act as the account ([`Topic::Security`]).
///
/// # Errors
/// What the store says.
pub fn tell_security(
    writes: &mut Writes<'_>,
    account: &Account,
    text: &str,
    link: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    told_for(writes, account)?
        .into_iter()
        .try_for_each(|user| add(writes, user, Topic::Security, text, link, None, now))
}

/// The same for an invitation, which is answered on its page.
///
/// # Errors
/// What the store says.
pub(super) fn tell_invitation(
    writes: &mut Writes<'_>,
    account: &Account,
    invitation: InvitationId,
    text: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let (told, about) = (told_for(writes, account)?, Some(invitation));
    told.into_iter().try_for_each(|user| add(writes, user, Topic::Other, text, "account/organizations", about, now))
}

/// Takes back what was told of an invitation and has not been read: it stands on no page, and becomes no mail. Whoever knows of it
/// nevertheless, because it was read or mailed.
///
/// # Errors
/// What the store says.
pub(super) fn take_back(writes: &mut Writes<'_>, invitation: InvitationId) -> Result<Vec<Account>, store::Error> {
    let mut knowing = Vec::new();
    for told in writes.notices_of_invitation(invitation)? {
        if !told.read {
            writes.drop_notice(told.id)?;
        }
        if told.read || told.mailed {
            knowing.push(writes.account_by_id(told.account)?);
        }
    }
    Ok(knowing)
}

/// Notes that whoever is signed in has read their notices as far as `seen`: what came since stays unread. Other sessions
/// that run keep showing them, because the person in front of one need not be the same.
///
/// # Errors
/// The session ended.
pub fn mark_read(store: &Store, actor: &SessionActor, seen: Seen, now: OffsetDateTime) -> Result<(), Refused> {
    store.write(|w| {
        let session = live_session(w, actor, now)?;
        // A number of the future would mute all that is ever told: what an intruder does last would be read by nobody.
        let seen = seen.at_most(w.newest_notice(session.account.id)?);
        Ok(w.set_seen(session.id, session.account.id, seen)?)
    })
}

/// Who is told what an account is told.
fn told_for(writes: &Writes<'_>, account: &Account) -> Result<Vec<AccountId>, store::Error> {
    match account.kind {
        AccountKind::User => Ok(vec![account.id]),
        AccountKind::Organization => {
            let members = writes.members(account.id)?;
            let administrators = members.into_iter().filter(|(_, role)| *role == Role::Administrator);
            Ok(administrators.map(|(member, _)| member.id).collect())
        }
    }
}

fn add(
    writes: &mut Writes<'_>,
    user: AccountId,
    topic: Topic,
    text: &str,
    link: &str,
    invitation: Option<InvitationId>,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let mailed = match topic {
        Topic::Security => true,
        Topic::Other => writes.count_notices(user, topic, now - MAIL_PERIOD)? < OTHERS_MAILED,
    };
    writes.add_notice(user, &NewNotice { topic, text, link, invitation, mailed }, now)?;
    match topic {
        Topic::Security => Ok(()),
        Topic::Other => writes.keep_notices(user, topic, OTHERS_KEPT),
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::secret_token::SecretToken;
    use crate::feed::test_server::{NOW, TestServer};

    const EVERYTHING: Seen = Seen { security: i64::MAX, others: i64::MAX };

    fn told(server: &TestServer, account: &Account, topic: Topic) -> Vec<String> {
        let notices = server.app.store.read(|r| r.notices_about(account.id, topic, 9_999)).unwrap();
        notices.into_iter().map(|notice| notice.text).collect()
    }

    fn tell_many(server: &TestServer, account: &Account, count: u32, now: OffsetDateTime) {
        let tell_all =
            |w: &mut Writes<'_>| (0..count).try_for_each(|n| tell(w, account, &format!("Other {n}."), "", now));
        server.app.store.write(tell_all).unwrap();
    }

    #[test]
    fn a_heap_of_other_notices_pushes_no_notice_about_security_off_a_page() {
        let server = TestServer::new();
        let ann = server.user("ann");
        server.enrol(&ann, NOW);
        tell_many(&server, &ann, OTHERS_KEPT + 40, NOW);
        assert_eq!(told(&server, &ann, Topic::Security), ["A second factor was enrolled for your account."]);
        let others = told(&server, &ann, Topic::Other);
        assert_eq!((others.len(), others.last().unwrap().as_str()), (OTHERS_KEPT as usize, "Other 40."));
        let unread = server.app.store.read(|r| r.unread_notices(ann.id, Seen::default(), 5)).unwrap();
        assert_eq!(
            unread[0].1.text, "A second factor was enrolled for your account.",
            "above every page it stands first"
        );
    }

    #[test]
    fn a_heap_of_other_notices_becomes_fifty_mails_a_day_and_those_about_security_are_always_mailed() {
        let server = TestServer::new();
        let ann = server.user("ann");
        server.app.store.write(|w| w.set_email(ann.id, Some("ann@example.com"), true)).unwrap();
        let to_mail = || server.app.store.read(|r| r.unmailed_notices(9_999)).unwrap().len();
        tell_many(&server, &ann, OTHERS_MAILED + 40, NOW);
        assert_eq!(to_mail(), OTHERS_MAILED as usize);
        server.app.store.write(|w| tell_security(w, &ann, "Look.", "", NOW)).unwrap();
        assert_eq!(to_mail(), OTHERS_MAILED as usize + 1);
        tell_many(&server, &ann, 1, NOW + MAIL_PERIOD);
        assert_eq!((to_mail(), MAIL_PERIOD), (OTHERS_MAILED as usize + 2, Duration::DAY));
    }

    #[test]
    fn reading_what_was_shown_leaves_the_rest_unread_whatever_its_topic() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let session = server.sign_in(&ann, NOW);
        let actor = server.actor_of(&session.token);
        let shown = || {
            let seen = server.session(&session.token).unwrap().seen;
            server.app.store.read(|r| r.unread_notices(ann.id, seen, 3)).unwrap()
        };
        let read_shown = || {
            let seen = Seen::of(shown().iter().map(|(topic, notice)| (*topic, notice.id)));
            mark_read(&server.app.store, &actor, seen, NOW).unwrap();
        };
        let texts = || shown().into_iter().map(|(_, notice)| notice.text).collect::<Vec<_>>();
        tell_many(&server, &ann, 4, NOW);
        server.app.store.write(|w| tell_security(w, &ann, "Look.", "", NOW)).unwrap();
        assert_eq!(texts(), ["Look.", "Other 0.", "Other 1."]);
        read_shown();
        assert_eq!(texts(), ["Other 2.", "Other 3."]);
        server.app.store.write(|w| tell_security(w, &ann, "Look again.", "", NOW)).unwrap();
        assert_eq!(texts(), ["Look again.", "Other 2.", "Other 3."]);
        read_shown();
        assert!(texts().is_empty());
    }

    #[test]
    fn nobody_has_read_what_is_told_later() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let actor = server.actor_of(&server.sign_in(&ann, NOW).token);
        tell_many(&server, &ann, 1, NOW);
        mark_read(&server.app.store, &actor, EVERYTHING, NOW).unwrap();
        let next = server.sign_in(&ann, NOW);
        let unread = |token: &SecretToken| {
            let seen = server.session(token).unwrap().seen;
            server.app.store.read(|r| r.unread_notices(ann.id, seen, 9)).unwrap().len()
        };
        assert_eq!(unread(&next.token), 0);
        tell_many(&server, &ann, 1, NOW);
        assert_eq!((unread(&next.token), unread(&server.sign_in(&ann, NOW).token)), (1, 1));
        mark_read(&server.app.store, &actor, Seen { security: i64::MIN, others: i64::MIN }, NOW).unwrap();
        assert_eq!(unread(&server.sign_in(&ann, NOW).token), 1, "what was read stays read");
    }
}
