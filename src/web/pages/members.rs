//! `/accounts/{name}/members`: who belongs to an organization, and who was asked.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::components::{
    Badge, Button, ButtonForm, Choices, Confirm, Field, FieldErrors, PageHeader, Table, account_link, form, segment,
    until,
};
use super::flash::Flash;
use super::organizations::{role_badge, typed_name};
use super::page::Page;
use super::posted::Posted;
use super::problem::Problem;
use super::refusal::{Refusal, capitalised};
use super::section::Section;
use super::viewer::Viewer;
use super::{invitations, profile, second_factor};
use crate::domain::account::{Account, AccountId, AccountKind, AccountName, Role};
use crate::domain::membership::{self, INVITATION_LASTS};
use crate::domain::permission::{Action, Denied, Relation};
use crate::feed::{authority, organizations};
use crate::store;
use crate::store::invitations::{Invitation, Offer};

const NAME: &str = "name";
const ROLE: &str = "role";

/// An organization as one of its members sees it, or a server administrator.
struct Shown {
    organization: Account,
    relation: Relation,
    members: Vec<(Account, Role)>,
    waiting: Vec<Invitation>,
}

impl Shown {
    /// Why the page is not theirs, with the name of the organization.
    fn closed(&self, denied: Denied) -> Refusal {
        match denied {
            Denied::NotYours(_) => {
                let name = &self.organization.name;
                Problem::forbidden(format!(
                    "Only members of `{name}` and the server’s administrators see who belongs to it."
                ))
                .way(format!("accounts/{}", segment(name)), format!("The page of {name}"))
                .into()
            }
            Denied::Enrol | Denied::GiveCode | Denied::GivePassword => denied.into(),
        }
    }

    /// Whether a member may become that, or with `None` be none any more: an organization keeps an administrator.
    fn may_become(&self, member: AccountId, to: Option<Role>) -> bool {
        membership::may_change(&organizations::as_members(&self.members), member, to).is_ok()
    }
}

/// What stands in the form of an invitation.
struct Typed<'a> {
    name: &'a str,
    role: &'a str,
}

/// `GET accounts/{name}/members`
pub(in crate::web) async fn show(viewer: Viewer, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &name)?;
    let typed = Typed { name: "", role: "collaborator" };
    Ok(viewer.visit.page(page(&viewer, &shown, &typed, &FieldErrors::default())))
}

/// `POST accounts/{name}/members`: invites somebody.
pub(in crate::web) async fn invite(
    viewer: Viewer,
    posted: Posted,
    name: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &name)?;
    viewer.expect_able(Action::ManageMembers, shown.relation)?;
    let typed = Typed { name: posted.text(NAME), role: posted.text(ROLE) };
    match try_invite(&viewer, &shown.organization.name, &typed).await {
        Ok(said) => Ok(viewer.visit.redirect_saying(Flash::done(said), &home(&shown.organization.name))),
        Err(Refusal::Said(why)) => {
            let mut errors = FieldErrors::default();
            errors.add(NAME, capitalised(&why));
            let again = page(&viewer, &shown, &typed, &errors).status(StatusCode::UNPROCESSABLE_ENTITY);
            Ok(viewer.visit.page(again))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn try_invite(viewer: &Viewer, organization: &AccountName, typed: &Typed<'_>) -> Result<String, Refusal> {
    let (user, role, organization) = (typed_name(typed.name)?, typed_role(typed.role)?, organization.clone());
    let said = format!("{user} is invited, and has {} days to accept.", INVITATION_LASTS.whole_days());
    let invited = move |app: &crate::app::App, actor: &authority::Actor, now| {
        organizations::invite(&app.store, &organization, &user, role, actor, now)
    };
    viewer.run(invited).await?;
    Ok(said)
}

/// `POST accounts/{name}/members/{user}/role`
pub(in crate::web) async fn change_role(
    viewer: Viewer,
    posted: Posted,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let (organization, user) = names(&path)?;
    viewer.expect_able(Action::ManageMembers, Shown::read(&viewer, &path.0)?.relation)?;
    let role = typed_role(posted.text(ROLE))?;
    let said =
        format!("{user} is {} now.", if role == Role::Administrator { "an administrator" } else { "a collaborator" });
    let back = home(&organization);
    let change = move |app: &crate::app::App, actor: &authority::Actor, now| {
        organizations::set_role(&app.store, &organization, &user, Some(role), actor, now)
    };
    viewer.visit.done_or_said(viewer.run(change).await.map(|()| Flash::done(said)), &back)
}

/// `GET accounts/{name}/members/{user}/role`: to the list.
pub(in crate::web) async fn to_list(
    viewer: Viewer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    Ok(viewer.visit.redirect(&home(&names(&path)?.0)))
}

/// `GET accounts/{name}/members/{user}/remove`
pub(in crate::web) async fn show_remove(
    viewer: Viewer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let (_, user) = names(&path)?;
    let shown = Shown::read(&viewer, &path.0)?;
    viewer.may(Action::ManageMembers, shown.relation)?;
    let member = shown.members.iter().find(|(member, _)| member.name == user).ok_or(Refusal::Missing)?;
    let title = format!("Remove {}", member.0.name);
    let action = format!("{}/{}/remove", home(&shown.organization.name), segment(&member.0.name));
    let organization = &shown.organization.name;
    let consequences = html! {
        p { (account_link(&member.0.name)) " loses what members of " (account_link(organization)) " may do, at once: API keys of theirs that act for it stop working. Service keys of the organization go on." }
        p { "Its packages, certificates and other members stay as they are. You can invite " (member.0.name) " again at any time." }
    };
    Ok(viewer.visit.page(confirmation(&viewer, organization, &title, &action, consequences)))
}

/// `POST accounts/{name}/members/{user}/remove`
pub(in crate::web) async fn remove(
    viewer: Viewer,
    _posted: Posted,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let (organization, user) = names(&path)?;
    let (said, back) = (format!("{user} is no member any more."), home(&organization));
    let remove = move |app: &crate::app::App, actor: &authority::Actor, now| {
        organizations::set_role(&app.store, &organization, &user, None, actor, now)
    };
    viewer.visit.done_or_said(viewer.run(remove).await.map(|()| Flash::done(said)), &back)
}

/// `GET accounts/{name}/leave`
pub(in crate::web) async fn show_leave(viewer: Viewer, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &name)?;
    viewer.may(Action::Leave, shown.relation)?;
    let organization = &shown.organization.name;
    let consequences = html! {
        p { "You lose what members of " (account_link(organization)) " may do, at once: your API keys that act for it stop working. Only an administrator of it can invite you back." }
    };
    let action = format!("accounts/{}/leave", segment(organization));
    Ok(viewer.visit.page(confirmation(&viewer, organization, &format!("Leave {organization}"), &action, consequences)))
}

/// `POST accounts/{name}/leave`
pub(in crate::web) async fn leave(
    viewer: Viewer,
    _posted: Posted,
    name: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let organization: AccountName = name.parse().map_err(|_| Refusal::Missing)?;
    let said = format!("You are no member of {organization} any more.");
    let back = home(&organization);
    let left = viewer.run(move |app, actor, now| organizations::leave(&app.store, &organization, actor, now)).await;
    match left {
        Ok(()) => Ok(viewer.visit.redirect_saying(Flash::done(said), super::organizations::HOME)),
        Err(refusal) => viewer.visit.done_or_said(Err(refusal), &back),
    }
}

/// `POST accounts/{name}/invitations/{number}/withdraw`
pub(in crate::web) async fn withdraw(
    viewer: Viewer,
    _posted: Posted,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let organization: AccountName = path.0.parse().map_err(|_| Refusal::Missing)?;
    invitations::withdraw(&viewer, &path.1, &home(&organization)).await
}

/// `GET accounts/{name}/invitations/{number}/withdraw`: to the list.
pub(in crate::web) async fn back(viewer: Viewer, path: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let organization: AccountName = path.0.parse().map_err(|_| Refusal::Missing)?;
    Ok(viewer.visit.redirect(&home(&organization)))
}

fn home(organization: &AccountName) -> String {
    format!("accounts/{}/members", segment(organization))
}

fn names(path: &(String, String)) -> Result<(AccountName, AccountName), Refusal> {
    let parse = |text: &str| text.parse().map_err(|_| Refusal::Missing);
    Ok((parse(&path.0)?, parse(&path.1)?))
}

/// What the form sends for a role.
const fn word(role: Role) -> &'static str {
    match role {
        Role::Administrator => "administrator",
        Role::Collaborator => "collaborator",
    }
}

fn typed_role(typed: &str) -> Result<Role, Refusal> {
    match typed {
        "administrator" => Ok(Role::Administrator),
        "collaborator" => Ok(Role::Collaborator),
        _ => Err(Refusal::Said("choose a role: collaborator or administrator".to_owned())),
    }
}

impl Shown {
    /// The organization of that name, for those who may see who belongs to it.
    fn read(viewer: &Viewer, name: &str) -> Result<Self, Refusal> {
        let name: AccountName = name.parse().map_err(|_| Refusal::Missing)?;
        let user = viewer.session.account.clone();
        let now = viewer.visit.now();
        let read = |r: &store::Reads<'_>| {
            let Some(organization) = r.account(&name)?.filter(|it| it.kind == AccountKind::Organization) else {
                return Ok(None);
            };
            let relation = authority::relation(r, &user, &organization)?;
            let (members, waiting) = (r.members(organization.id)?, r.invitations_into(organization.id, now)?);
            Ok::<_, store::Error>(Some(Self { organization, relation, members, waiting }))
        };
        let shown = viewer.visit.state().app.store.look_up(read)?.ok_or(Refusal::Missing)?;
        viewer.may(Action::SeeOrganization, shown.relation).map_err(|denied| shown.closed(denied))?;
        Ok(shown)
    }
}

fn page(viewer: &Viewer, shown: &Shown, typed: &Typed<'_>, errors: &FieldErrors) -> Page {
    let organization = &shown.organization.name;
    let manages = viewer.offers(Action::ManageMembers, shown.relation);
    let member = matches!(shown.relation, Relation::Administrator | Relation::Collaborator);
    let header = PageHeader::new(html! { (organization) })
        .below(&[("account/organizations", "Organizations")], organization.as_str());
    let leave = Button::quiet("Leave").link(format!("accounts/{}/leave", segment(organization)));
    let leaves = shown.may_become(viewer.session.account.id, None);
    let header = if member && leaves { header.action(leave) } else { header };
    let content = html! {
        (header)
        (profile::tabs_of(organization, profile::Tab::Members))
        (errors.summary(&viewer.visit.frame_without_flash()))
        (members(viewer, shown, manages))
        @if member && !leaves {
            p.hint { "You are the only administrator who can sign in. To leave, or to become a collaborator, make another member an administrator first." }
        }
        @if manages {
            (waiting(viewer, shown))
            h2 { "Invite a member" }
            (invitation_form(viewer, organization, typed, errors))
        }
    };
    Page::new(format!("Members of {organization}"), content).section(Section::Organizations)
}

fn members(viewer: &Viewer, shown: &Shown, manages: bool) -> Markup {
    let empty =
        "Nobody belongs to this organization yet. Whoever is invited as an administrator can invite the others.";
    let table = Table::new("Members").column("Member").column("Role").empty(empty);
    let table = if manages { table.actions() } else { table };
    let rows = shown.members.iter().fold(table, |table, (member, role)| {
        let name = html! {
            (account_link(&member.name)) " "
            @if member.id == viewer.session.account.id { (Badge::neutral("You")) }
            @if member.disabled { (Badge::warning("Disabled")) }
        };
        let cells = [name, role_badge(*role), changes(viewer, shown, member, *role)];
        if member.disabled { table.muted_row(cells) } else { table.row(cells) }
    });
    html! {
        (rows)
        p.hint { "Administrators manage members, certificates, owners and service keys. Collaborators push packages for the organization with keys of their own." }
    }
}

fn changes(viewer: &Viewer, shown: &Shown, member: &Account, role: Role) -> Markup {
    let (other, text) = match role {
        Role::Administrator => (Role::Collaborator, "Make collaborator"),
        Role::Collaborator => (Role::Administrator, "Make administrator"),
    };
    let of_member = format!("{}/{}", home(&shown.organization.name), segment(&member.name));
    let button = Button::quiet(text).small().about(format!("of {}", member.name));
    html! {
        @if shown.may_become(member.id, Some(other)) {
            (ButtonForm::new(&viewer.visit.csrf(), format!("{of_member}/role"), button).hidden(ROLE, word(other)))
        }
        // Oneself leaves, by the button above.
        @if member.id != viewer.session.account.id && shown.may_become(member.id, None) {
            " "
            (Button::danger("Remove").small().about(member.name.to_string()).link(format!("{of_member}/remove")))
        }
    }
}

fn waiting(viewer: &Viewer, shown: &Shown) -> Markup {
    let table =
        Table::new("Invitations that wait for an answer").column("Invited").column("As").column("By").column("Ends");
    let rows = shown.waiting.iter().fold(table.actions(), |table, invitation| {
        let role = match &invitation.offer {
            Offer::Membership { role, .. } => role_badge(*role),
            Offer::Ownership { .. } => Markup::default(),
        };
        let path = format!("accounts/{}/invitations/{}/withdraw", segment(&shown.organization.name), invitation.id.0);
        let button = Button::quiet("Withdraw").small().about(format!("the invitation of {}", invitation.invitee.1));
        table.row([
            account_link(&invitation.invitee.1),
            role,
            invitations::from(&invitation.invited_by),
            until(invitation.expires_at, viewer.visit.now()),
            html! { (ButtonForm::new(&viewer.visit.csrf(), path, button)) },
        ])
    });
    html! { @if !shown.waiting.is_empty() { h2 { "Invited" } (rows) } }
}

fn invitation_form(viewer: &Viewer, organization: &AccountName, typed: &Typed<'_>, errors: &FieldErrors) -> Markup {
    let fields = html! {
        (Field::text(NAME, "Account name").hint("The name that they sign in with here. They find the invitation on their pages, and need a second factor to accept it.")
            .value(typed.name).required().autocomplete("off").errors(errors))
        (Choices::one(ROLE, "Role").chosen(typed.role)
            .option_with_hint("collaborator", "Collaborator", "Pushes packages for the organization.")
            .option_with_hint("administrator", "Administrator", "Manages members, certificates, owners and service keys as well."))
        div.actions { (Button::primary("Invite")) }
    };
    html! {
        (second_factor::needed_for(viewer, "Inviting"))
        (form(&viewer.visit.csrf(), &home(organization), fields))
    }
}

fn confirmation(viewer: &Viewer, organization: &AccountName, title: &str, action: &str, consequences: Markup) -> Page {
    let (list, csrf) = (home(organization), viewer.visit.csrf());
    let above = [("account/organizations", "Organizations"), (list.as_str(), organization.as_str())];
    let content = html! {
        (PageHeader::new(title).below(&above, title))
        (Confirm::new(&csrf, action, title, consequences).cancel(&list))
    };
    Page::new(title, content).section(Section::Organizations)
}
