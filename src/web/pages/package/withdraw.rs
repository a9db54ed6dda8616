//! `/packages/{id}/{version}/withdraw`: taking a version off the feed, from the mildest way to the last.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, Render, html};

use super::deed::{DEED, Deed, FREE, HIDE, RELIST, REMOVE, SHOW, UNLIST};
use super::nearest;
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Relation};
use crate::domain::version::NuGetVersion;
use crate::domain::withdrawal::{InvalidReason, Reason};
use crate::store;
use crate::store::withdrawals::Withdrawn;
use crate::web::pages::components::{
    Button, Callout, Confirm, Facts, Field, FieldErrors, PageHeader, breakable, card, form, moment, segment,
};
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::second_factor::needed_for;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// Why it is hidden.
const REASON: &str = "reason";
/// Why it is removed.
const REMOVAL_REASON: &str = "removal_reason";
/// The version, typed to confirm.
const TYPED: &str = "version";

/// How a version stands.
enum State {
    Shown { listed: bool },
    Hidden(Withdrawn),
    Removed(Withdrawn),
}

/// A version as somebody sees it who may do something about it.
struct Shown {
    id: PackageId,
    version: NuGetVersion,
    state: State,
    may_list: bool,
    may_take: bool,
}

/// What was sent with a form that is shown again.
#[derive(Default)]
struct Sent {
    reason: String,
    removal_reason: String,
    errors: FieldErrors,
}

/// Where it is taken off.
pub(in crate::web::pages) fn path(id: &PackageId, version: &NuGetVersion) -> String {
    format!("packages/{}/{}/withdraw", segment(id), segment(version.full()))
}

/// `GET packages/{id}/{version}/withdraw`
pub(in crate::web) async fn show(viewer: Viewer, path: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &path).await?;
    Ok(viewer.visit.page(page(&viewer, &shown, &Sent::default())))
}

/// `POST packages/{id}/{version}/withdraw`
pub(in crate::web) async fn make(
    viewer: Viewer,
    posted: Posted,
    asked: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &asked).await?;
    if matches!(posted.text(DEED), HIDE | SHOW | REMOVE | FREE) {
        viewer.expect_able(Action::ChangeServer, Relation::Stranger)?;
    }
    let deed = match shown.deed(&posted)? {
        Ok(deed) => deed,
        Err(sent) => {
            let again = page(&viewer, &shown, &sent).status(StatusCode::UNPROCESSABLE_ENTITY);
            return Ok(viewer.visit.page(again));
        }
    };
    let (said, back) = (deed.done(&shown.id, &shown.version), path(&shown.id, &shown.version));
    let Shown { id, version, .. } = shown;
    let made = viewer.run(move |app, actor, now| deed.make(app, actor, &id, &version, now)).await;
    viewer.visit.done_or_said(made.map(|()| Flash::done(said)), &back)
}

impl Shown {
    /// The version, hidden and removed ones only for those who run the server.
    async fn read(viewer: &Viewer, path: &(String, String)) -> Result<Self, Refusal> {
        let id = PackageId::parse_unicode(&path.0).map_err(|_| Refusal::Missing)?;
        let version = NuGetVersion::parse(&path.1).map_err(|_| Refusal::Missing)?;
        let user = viewer.session.account.clone();
        let read = move |app: &crate::app::App| {
            app.store.read(|r| {
                let Some(package) = r.registration(&id)? else { return Ok::<_, store::Error>(None) };
                let relation = nearest(r, &user, &package)?;
                let versions = r.versions_with_hidden(package.id)?;
                let stored = versions.into_iter().find(|stored| stored.version == version);
                let (version, state) = match stored {
                    Some(stored) => match r.hidden_version(stored.id)? {
                        Some(hidden) => (stored.version, State::Hidden(hidden)),
                        None => (stored.version, State::Shown { listed: stored.listed }),
                    },
                    None => {
                        let burnt = r.removed_numbers(package.id)?.into_iter().find(|number| *number == version);
                        let Some(burnt) = burnt else { return Ok(None) };
                        let Some(removed) = r.removed_version(package.id, &burnt)? else { return Ok(None) };
                        (burnt, State::Removed(removed))
                    }
                };
                Ok(Some((Self { id: package.package_id, version, state, may_list: false, may_take: false }, relation)))
            })
        };
        let (found, relation) = viewer.visit.run(read).await?.ok_or(Refusal::Missing)?;
        found.for_viewer(viewer, relation).ok_or(Refusal::Missing)
    }

    /// With what the viewer may do; `None` if that is nothing.
    fn for_viewer(self, viewer: &Viewer, relation: Relation) -> Option<Self> {
        let may_take = viewer.offers(Action::ChangeServer, Relation::Stranger);
        let may_list = may_take || viewer.offers(Action::List, relation);
        // Of what is hidden nobody learns more than those who may see the administrators' pages now.
        let may_know = viewer.may(Action::SeeServer, Relation::Stranger).is_ok();
        let theirs = if matches!(self.state, State::Shown { .. }) { may_list } else { may_take && may_know };
        theirs.then_some(Self { may_list, may_take, ..self })
    }

    /// What a form asks for, or what is wrong with it.
    fn deed(&self, posted: &Posted) -> Result<Result<Deed, Sent>, Refusal> {
        let mut sent = Sent {
            reason: posted.text(REASON).to_owned(),
            removal_reason: posted.text(REMOVAL_REASON).to_owned(),
            errors: FieldErrors::default(),
        };
        let deed = match posted.text(DEED) {
            UNLIST => Deed::Unlist,
            RELIST => Deed::Relist,
            SHOW => Deed::Show,
            FREE => Deed::Free,
            HIDE => match sent.reason.parse() {
                Ok(reason) => Deed::Hide(reason),
                Err(why) => return Ok(Err(sent.refused(REASON, &why))),
            },
            REMOVE => {
                let reason = match sent.removal_reason.parse::<Reason>() {
                    Ok(reason) => Some(reason),
                    Err(InvalidReason::Empty) => None,
                    Err(why) => return Ok(Err(sent.refused(REMOVAL_REASON, &why))),
                };
                if posted.text(TYPED) != self.version.full() {
                    sent.errors.add(TYPED, format!("Type {} to remove it.", self.version.full()));
                    return Ok(Err(sent));
                }
                Deed::Remove(reason)
            }
            _ => return Err(Refusal::Missing),
        };
        Ok(Ok(deed))
    }
}

impl Sent {
    fn refused(mut self, field: &'static str, why: &InvalidReason) -> Self {
        self.errors.add(field, capitalised(&why.to_string()));
        self
    }
}

fn page(viewer: &Viewer, shown: &Shown, sent: &Sent) -> Page {
    let (id, version) = (&shown.id, shown.version.full());
    let package = format!("packages/{}", segment(id));
    let own = format!("{package}/{}", segment(&version));
    let mut above = vec![("./", "Packages"), (package.as_str(), id.as_str())];
    if !matches!(shown.state, State::Removed(_)) {
        above.push((own.as_str(), version.as_str()));
    }
    let content = html! {
        (PageHeader::new(html! { "Withdraw " (breakable(id.as_str())) " " span.package-version { (version) } }).below(&above, "Withdraw"))
        (sent.errors.summary(&viewer.visit.frame_without_flash()))
        @match &shown.state {
            State::Shown { listed } => {
                @if shown.may_list { (listing(viewer, shown, *listed)) }
                @if shown.may_take { (needed_for(viewer, "Hiding or removing a version")) (hiding(viewer, shown, sent)) (removal(viewer, shown, sent)) }
            }
            State::Hidden(hidden) => { (showing(viewer, shown, hidden)) (removal(viewer, shown, sent)) }
            State::Removed(removed) => (freeing(viewer, shown, removed)),
        }
    };
    Page::new(format!("Withdraw {id} {version}"), content).section(Section::Packages)
}

/// A form for one deed.
fn deed_form(viewer: &Viewer, shown: &Shown, deed: &str, fields: Markup, button: &Button) -> Markup {
    let content = html! { (hidden_field(deed)) (fields) div.actions { (button) } };
    form(&viewer.visit.csrf(), &path(&shown.id, &shown.version), content)
}

fn hidden_field(deed: &str) -> Markup {
    html! { input type="hidden" name=(DEED) value=(deed); }
}

fn listing(viewer: &Viewer, shown: &Shown, listed: bool) -> Markup {
    let (title, deed, button) = if listed {
        ("Unlist", UNLIST, Button::quiet("Unlist"))
    } else {
        ("List again", RELIST, Button::primary("List again"))
    };
    let text = if listed {
        "Search and completion do not show it any more. Whoever names the version still gets it, so builds that use it go on. It can be listed again at any time."
    } else {
        "The version is unlisted: search does not show it, and whoever names it gets it. Listed again, search shows it as before."
    };
    card(title, html! { p { (text) } (deed_form(viewer, shown, deed, html! {}, &button)) })
}

fn hiding(viewer: &Viewer, shown: &Shown, sent: &Sent) -> Markup {
    let reason = Field::text(REASON, "Why")
        .hint("The owners read it, and it is kept.")
        .value(sent.reason.as_str())
        .max_length(limit())
        .required()
        .autocomplete("off")
        .errors(&sent.errors);
    card(
        "Hide",
        html! {
            p { "Nobody gets it: it is gone from every list, its page and its downloads answer “not found”, and builds that use it fail from now on. Only administrators see it, and can show it again." }
            p { "Computers that have it already keep it. Its number stays taken, and its owners are told." }
            (deed_form(viewer, shown, HIDE, reason.render(), &Button::danger("Hide")))
        },
    )
}

fn showing(viewer: &Viewer, shown: &Shown, hidden: &Withdrawn) -> Markup {
    let text = html! {
        p { "Nobody but administrators sees this version, and nobody gets it." }
        (withdrawn(hidden, "Hidden"))
    };
    html! {
        (Callout::warning("This version is hidden", text))
        (card("Show again", html! {
            p { "Everybody who may read gets it again, listed or unlisted as it was before. Its owners are told." }
            (deed_form(viewer, shown, SHOW, html! {}, &Button::primary("Show again")))
        }))
    }
}

fn removal(viewer: &Viewer, shown: &Shown, sent: &Sent) -> Markup {
    let version = shown.version.full();
    let title = format!("Remove {version} for good");
    let consequences = html! {
        p { "Its files are deleted from this server, and no administrator gets them back. Builds that use it fail, and a download that is on its way breaks off." }
        p { "Its number stays taken, so that nobody gets other files under the same name; an administrator can free it. The package ID stays with its owners, who are told." }
        @if !matches!(shown.state, State::Hidden(_)) { p { "To take it away and be able to bring it back, hide it instead." } }
    };
    let fields = html! {
        (hidden_field(REMOVE))
        (Field::text(REMOVAL_REASON, "Why").hint("If you like to say it: the owners read it, and it is kept.")
            .value(sent.removal_reason.as_str()).max_length(limit()).autocomplete("off").errors(&sent.errors))
        (Field::text(TYPED, format!("Type {version} to confirm")).required().autocomplete("off").errors(&sent.errors))
    };
    let csrf = viewer.visit.csrf();
    let action = path(&shown.id, &shown.version);
    html! { (Confirm::new(&csrf, action, title, consequences).fields(fields).button("Remove for good")) }
}

fn freeing(viewer: &Viewer, shown: &Shown, removed: &Withdrawn) -> Markup {
    let text = html! {
        p { "Its files are gone. The number " strong { (shown.version.full()) } " can’t be pushed again." }
        (withdrawn(removed, "Removed"))
    };
    html! {
        (Callout::warning("This version was removed", text))
        (card("Free the number", html! {
            p { "Whoever may push this package can push " (shown.version.full()) " again, with any files. Computers that have the removed one keep it, and builds that locked its hash fail until they lock the new one." }
            (deed_form(viewer, shown, FREE, html! {}, &Button::danger("Free the number")))
        }))
    }
}

/// Who took it off, when and why.
fn withdrawn(withdrawn: &Withdrawn, did: &str) -> Markup {
    let reason = (!withdrawn.reason.is_empty()).then_some(withdrawn.reason.as_str());
    let facts = Facts::new().fact(did, html! { (moment(withdrawn.at)) " by " (withdrawn.by) });
    html! { (facts.fact_if_known("Reason", reason)) }
}

/// As a field has it.
fn limit() -> u32 {
    u32::try_from(Reason::MAX).unwrap_or(u32::MAX)
}
