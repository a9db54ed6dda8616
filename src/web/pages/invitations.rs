//! What somebody was asked: to join an organization, or to own a package ID. It changes nothing until it is accepted, and a
//! link that is only followed changes nothing at all.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::components::{Button, ButtonForm, Table, account_link, package_link, segment, until};
use super::flash::Flash;
use super::organizations::HOME;
use super::posted::Posted;
use super::refusal::Refusal;
use super::second_factor::needed_for;
use super::viewer::Viewer;
use crate::app::App;
use crate::domain::account::{AccountName, Role};
use crate::domain::signature_change::SignatureChange;
use crate::feed::invitations::Asked;
use crate::feed::{authority, invitations, owners};
use crate::store;
use crate::store::invitations::{Invitation, InvitationId, Offer};

/// An invitation that the viewer may accept.
pub(super) struct Waiting {
    invitation: Invitation,
    /// What becomes of the signatures that the package needs.
    change: Option<SignatureChange>,
}

/// `POST account/invitations/{number}/accept`
pub(in crate::web) async fn accept(
    viewer: Viewer,
    _posted: Posted,
    number: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let id = numbered(&number)?;
    let accepted = viewer.run(move |app, actor, now| invitations::accept(app, id, actor, now)).await;
    // Of a package that one owns now, the next question is what becomes of it.
    let next = match &accepted {
        Ok(Asked::Package(id)) => format!("packages/{}/manage", segment(id)),
        _ => HOME.to_owned(),
    };
    viewer.visit.done_or_said(accepted.map(|to| Flash::done(format!("Accepted: {to}."))), &next)
}

/// `POST account/invitations/{number}/decline`
pub(in crate::web) async fn decline(
    viewer: Viewer,
    _posted: Posted,
    number: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let id = numbered(&number)?;
    let declined = viewer.run(move |app, actor, now| invitations::decline(&app.store, id, actor, now)).await;
    viewer.visit.done_or_said(declined.map(|to| Flash::done(format!("Declined: {to}."))), HOME)
}

/// `GET` of both: to the list.
pub(in crate::web) async fn to_list(viewer: Viewer) -> HttpResponse {
    viewer.visit.redirect(HOME)
}

/// Withdraws an invitation and goes back to where it was listed.
pub(super) async fn withdraw(viewer: &Viewer, number: &str, back: &str) -> Result<HttpResponse, Refusal> {
    let id = numbered(number)?;
    let withdrawn = viewer.run(move |app, actor, now| invitations::withdraw(&app.store, id, actor, now)).await;
    let done = withdrawn.map(|whom| Flash::done(format!("The invitation of {whom} is withdrawn.")));
    viewer.visit.done_or_said(done, back)
}

fn numbered(text: &str) -> Result<InvitationId, Refusal> {
    text.parse().map(InvitationId).map_err(|_| Refusal::Missing)
}

/// What waits for the viewer, or for an organization that they administer.
pub(super) fn waiting_for(viewer: &Viewer) -> Result<Vec<Waiting>, Refusal> {
    let (app, now) = (&viewer.visit.state().app, viewer.visit.now());
    let user = viewer.session.account.clone();
    let read = |r: &store::Reads<'_>| {
        let spoken_for = authority::acts_for(r, &user)?.into_iter();
        let mut waiting = Vec::new();
        for (account, _) in spoken_for.filter(|(_, relation)| relation.manages()) {
            for invitation in r.invitations_of(account.id, now)? {
                waiting.push(Waiting { change: change(r, app, &invitation, now)?, invitation });
            }
        }
        Ok::<_, owners::Error>(waiting)
    };
    Ok(app.store.read(read)?)
}

fn change(
    reads: &store::Reads<'_>,
    app: &App,
    invitation: &Invitation,
    now: time::OffsetDateTime,
) -> Result<Option<SignatureChange>, owners::Error> {
    match &invitation.offer {
        Offer::Membership { .. } => Ok(None),
        Offer::Ownership { package_id, .. } => {
            Ok(Some(owners::addition(reads, app, package_id, &invitation.invitee, now)?))
        }
    }
}

/// The invitations, with their buttons.
pub(super) fn table(viewer: &Viewer, waiting: &[Waiting]) -> Markup {
    let table =
        Table::new("Invitations that wait for your answer").column("To").column("From").column("Ends").actions();
    let rows = waiting.iter().fold(table, |table, Waiting { invitation, change }| {
        table.row([
            offer(&invitation.offer, &invitation.invitee.1, &viewer.session.account.name, change.as_ref()),
            html! { (from(&invitation.invited_by)) },
            until(invitation.expires_at, viewer.visit.now()),
            answers(viewer, invitation),
        ])
    });
    html! {
        (needed_for(viewer, "Accepting"))
        (rows)
    }
}

/// Who invited.
pub(super) fn from(invited_by: &str) -> Markup {
    if invited_by.parse::<AccountName>().is_ok() {
        account_link(invited_by)
    } else {
        html! { (invited_by) }
    }
}

fn offer(offer: &Offer, invitee: &AccountName, viewer: &AccountName, change: Option<&SignatureChange>) -> Markup {
    match offer {
        Offer::Membership { organization: (_, name), role } => html! {
            "Join " (account_link(name)) " as " (if *role == Role::Administrator { "an administrator" } else { "a collaborator" })
        },
        Offer::Ownership { package_id, .. } => html! {
            "Own " (package_link(package_id))
            @if invitee != viewer { " as " (account_link(invitee)) }
            @if change.is_some_and(|change| change.demands_signature) {
                p.hint { "From then on its packages must be signed with a registered certificate: you have one, and the owners so far have none." }
            }
            @if change.is_some_and(|change| change.unsignable) {
                p.hint { "No certificate that counts is active: until one is registered, nobody could push." }
            }
        },
    }
}

fn answers(viewer: &Viewer, invitation: &Invitation) -> Markup {
    let csrf = viewer.visit.csrf();
    let about = match &invitation.offer {
        Offer::Membership { organization: (_, name), .. } => format!("the invitation to {name}"),
        Offer::Ownership { package_id, .. } => format!("the invitation to {package_id}"),
    };
    let path = |answer: &str| format!("account/invitations/{}/{answer}", invitation.id.0);
    html! {
        (ButtonForm::new(&csrf, path("accept"), Button::primary("Accept").small().about(&about)))
        " "
        (ButtonForm::new(&csrf, path("decline"), Button::quiet("Decline").small().about(&about)))
    }
}
