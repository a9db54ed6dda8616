//! The required signer of many packages at once: what the choice would do to each, and then the choice.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::{ID, PATH, packages};
use crate::domain::account::Account;
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Relation};
use crate::domain::push_rule::RequiredSigner;
use crate::domain::regime::Regime;
use crate::feed::authority;
use crate::feed::required_signer::{Choosing, MAX_AT_ONCE, Plan, Step};
use crate::web::pages::components::{Button, Callout, Confirm, PageHeader, Table, counted_as, package_link, prose};
use crate::web::pages::flash::Flash;
use crate::web::pages::manage::required_signer::{CHOICE, Chosen, NEVER_TOLD, TOLD, try_choose};
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// `POST account/packages/required-signer`: says what would happen, or does it when that was confirmed.
pub(in crate::web) async fn send(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    let unknown = || Refusal::Said("no required signer was chosen; go back and choose one of the list".to_owned());
    let choice = RequiredSigner::of_key(posted.text(CHOICE)).ok_or_else(unknown)?;
    let ids = posted.all(ID).map(PackageId::parse_unicode).collect::<Result<Vec<_>, _>>();
    let ids = ids.map_err(|_| Refusal::Missing)?;
    let confirmed = posted.is_ticked(TOLD);
    if let Some(why) = unfit(ids.len()) {
        return Ok(viewer.visit.redirect_saying(Flash::problem(why), PATH));
    }
    if !confirmed {
        return question(&viewer, ids, choice, StatusCode::OK).await;
    }
    let told = Some(posted.text(TOLD).parse().unwrap_or(NEVER_TOLD));
    let choosing = Choosing { ids: ids.clone(), choice: choice.clone(), told };
    match try_choose(&viewer, choosing).await? {
        Chosen::Asks => question(&viewer, ids, choice, StatusCode::CONFLICT).await,
        Chosen::Done => {
            let said = format!("The required signer of {} is now: {}.", packages(ids.len()), choice.described());
            Ok(viewer.visit.redirect_saying(Flash::done(said), PATH))
        }
    }
}

/// Why so many packages are not asked about.
fn unfit(count: usize) -> Option<String> {
    match count {
        0 => Some("Tick at least one package, then choose.".to_owned()),
        many if many > MAX_AT_ONCE => Some(format!("Tick at most {MAX_AT_ONCE} packages at once.")),
        _ => None,
    }
}

async fn question(
    viewer: &Viewer,
    ids: Vec<PackageId>,
    choice: RequiredSigner,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let steps = steps(viewer, ids, &choice).await?;
    let (possible, refused): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| step.after.is_ok());
    let (changing, same): (Vec<_>, Vec<_>) = possible.into_iter().partition(|step| step.was != choice);
    let plan = Plan { choice, steps: changing };
    Ok(viewer.visit.page(page(viewer, &plan, &same, &refused).status(status)))
}

/// What the choice would do to each package, of those that are theirs to choose for.
async fn steps(viewer: &Viewer, ids: Vec<PackageId>, choice: &RequiredSigner) -> Result<Vec<Step>, Refusal> {
    let (user, choice, now) = (viewer.session.account.clone(), choice.clone(), viewer.visit.now());
    // A hundred packages with the certificates of all their owners: that is not for the thread that answers everybody.
    let read = viewer.visit.run(move |app| {
        app.store.read(|r| {
            let policy = app.policy(r.policy()?);
            let mut found: Vec<(Step, Relation)> = Vec::new();
            for id in ids {
                let registration = r.registration(&id)?.ok_or(Refusal::Missing)?;
                if found.iter().any(|(step, _)| step.id == registration.package_id) {
                    continue;
                }
                let owners = crate::feed::owners::accounts(r, &registration)?;
                let relation = authority::nearest_relation(r, &user, &owners.iter().collect::<Vec<&Account>>())?;
                found.push((Step::read(r, &policy, &registration, &choice, now)?, relation));
            }
            Ok::<_, Refusal>(found)
        })
    });
    let found = read.await?;
    found.iter().try_for_each(|(_, relation)| viewer.expect_able(Action::ChooseRequiredSigner, *relation))?;
    Ok(found.into_iter().map(|(step, _)| step).collect())
}

fn page(viewer: &Viewer, plan: &Plan, same: &[Step], refused: &[Step]) -> Page {
    let title = "Choose the required signer";
    let content = html! {
        (PageHeader::new(title).below(&[(PATH, "Your packages")], "Required signer")
            .lead(html! { "Required signer: " strong { (plan.choice.described()) } "." }))
        @if plan.steps.is_empty() {
            (Callout::info("There is nothing to change", html! { p { "None of the ticked packages can have this choice and does not have it already." } }))
            div.actions { (Button::quiet("Back to your packages").link(PATH)) }
        }
        (not_possible(refused))
        @if !same.is_empty() {
            h2 { "Left as they are" }
            p { (names(same)) @if same.len() == 1 { " has" } @else { " have" } " this required signer already." }
        }
        @if !plan.steps.is_empty() {
            h2 { "What would change" }
            (table(plan))
            (confirm(viewer, plan))
        }
    };
    Page::new(title, content).section(Section::OwnPackages)
}

fn table(plan: &Plan) -> Table {
    let table = Table::new("What would change").column("Package").column("Now").column("From then on");
    plan.steps.iter().fold(table, |table, step| {
        let (after, warning) = match &step.after {
            Ok(rule) => (capitalised(&rule.sentence()), rule.warning()),
            Err(why) => (capitalised(&why.to_string()), None),
        };
        table.row([
            package_link(&step.id),
            html! { (capitalised(&step.before.sentence())) },
            html! { (after) (exception(step.regime)) @if let Some(warning) = warning { p.error { (capitalised(&warning)) } } },
        ])
    })
}

/// Why a push meets something else, as the page of the one package says it.
fn exception(regime: Regime) -> Markup {
    html! { @if let Some(exception) = regime.exception() { p.hint { "Now this decides: " (exception) "." } } }
}

fn not_possible(refused: &[Step]) -> Markup {
    let row = |table: Table, step: &Step| {
        let why = step.after.as_ref().err().map(|why| capitalised(&why.to_string())).unwrap_or_default();
        table.row([package_link(&step.id), html! { (prose(&why)) }, html! { (capitalised(&step.possible)) }])
    };
    let table = Table::new("Packages that can’t have it").column("Package").column("Why not").column("Possible");
    html! {
        @if !refused.is_empty() {
            h2 { "Not possible" }
            (refused.iter().fold(table, row))
        }
    }
}

fn confirm(viewer: &Viewer, plan: &Plan) -> Markup {
    let count = packages(plan.steps.len());
    let of = |which: fn(&Step) -> bool| plan.steps.iter().filter(|step| which(step)).cloned().collect::<Vec<_>>();
    let (opened, closed) = (of(|step| step.change.opens_to_unsigned), of(|step| step.change.demands_signature));
    let consequences = html! {
        @if !opened.is_empty() {
            (Callout::bad("Packages without a signature will be accepted", html! {
                p { "Of " (names(&opened)) ": until now these had to be signed. From then on whoever may push can leave the signature out." }
            }))
        }
        @if !closed.is_empty() {
            (Callout::warning("Packages will have to be signed", html! {
                p { "Of " (names(&closed)) ": from then on packages without a signature are refused." }
            }))
        }
        p { "It is changed for all of them or for none. Versions that are on the feed stay as they are. The other owners are told." }
    };
    let fields = html! {
        input type="hidden" name=(CHOICE) value=(plan.choice.key());
        input type="hidden" name=(TOLD) value=(plan.mark());
        @for step in &plan.steps { input type="hidden" name=(ID) value=(step.id); }
    };
    let title = format!("Change the required signer of {count}");
    let button = match opened.len() {
        0 => title.clone(),
        opened => format!(
            "Accept unsigned packages of {}",
            counted_as(u64::try_from(opened).unwrap_or(u64::MAX), "ID", "IDs")
        ),
    };
    let csrf = viewer.visit.csrf();
    html! {
        (Confirm::new(&csrf, format!("{PATH}/required-signer"), title, consequences).fields(fields).button(button).cancel(PATH))
    }
}

fn names(steps: &[Step]) -> String {
    steps.iter().map(|step| step.id.as_str()).collect::<Vec<_>>().join(", ")
}
