//! `/admin` and what lies below it: what administrators run the server with.

pub(in crate::web) mod account;
mod account_change;
pub(in crate::web) mod accounts;
pub(in crate::web) mod audit;
pub(in crate::web) mod deeds;
pub(in crate::web) mod new_account;
pub(in crate::web) mod policy;
pub(in crate::web) mod revocation;
mod setting_form;
pub(in crate::web) mod stages;
pub(in crate::web) mod timestamping;
pub(in crate::web) mod withdrawn;

use actix_web::HttpResponse;
use maud::{Markup, html};
use time::OffsetDateTime;

use super::components::{Callout, Facts, PageHeader, card, counted_as, moment, prose, segment, until};
use super::page::Page;
use super::refusal::Refusal;
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::account::AccountName;
use crate::domain::policy::Setting;
use crate::domain::visible::brief;
use crate::feed::overview::{Attention, FirstStep, Overview, overview};
use crate::store::overview::Totals;
use crate::store::trust_anchors::{ListedAnchor, Purpose};

/// Entries of a list that stand on the overview at most.
const SHOWN: usize = 5;

/// `GET admin`
pub(in crate::web) async fn show(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    let enrolled = viewer.session.enrolled;
    let found = viewer.run(move |app, _, now| overview(app, enrolled, now)).await?;
    let home = viewer.visit.state().app.urls.home();
    let content = page(&found, &home, viewer.visit.now());
    Ok(viewer.visit.page(Page::new("Administration", content).section(Section::Admin)))
}

fn page(found: &Overview, home: &str, now: OffsetDateTime) -> Markup {
    html! {
        (PageHeader::new("Administration").lead("What needs a look, and how much there is on this feed."))
        @if found.attention.is_empty() {
            (Callout::good("Nothing needs your attention", html! { p { "The feed signs, its anchors and its certificate last, every administrator has a second factor, and nothing has failed." } }))
        }
        (first_steps(&found.first_steps))
        @for it in &found.attention { (attention(it, home, now)) }
        (totals(&found.totals))
    }
}

/// What is left to do before a new server is as it should be, each with the step where it is done.
fn first_steps(steps: &[FirstStep]) -> Markup {
    html! {
        @if !steps.is_empty() {
            (Callout::info("First steps are left", html! {
                ul {
                    @for step in steps {
                        li {
                            @match step {
                                FirstStep::SecondFactor => a href="welcome?step=2" { "Guard your account with a second factor" },
                                FirstStep::Roots => a href="welcome?step=3" { "Say which roots you trust" },
                                FirstStep::Certificate => { a href="account/certificates" { "Register a certificate" } ": nobody has one yet, so no package has to be signed" },
                            }
                        }
                    }
                }
                p { "All of them stand under " a href="welcome" { "First steps" } "." }
            }))
        }
    }
}

fn attention(it: &Attention, home: &str, now: OffsetDateTime) -> Callout {
    match it {
        Attention::KeyLost => Callout::bad(
            "The feed’s key can’t be opened",
            html! {
                p { "Pushes are refused until the " code { "assay.key" } " that belongs to this database, or its passphrase, is back and the server was started anew." }
            },
        ),
        Attention::NoAnchors(purpose) => no_anchors(*purpose),
        Attention::Unsigned => Callout::warning(
            "This feed does not sign",
            html! {
                p { "Its public URL is not https, so packages go out without the feed’s signature. Start the server with " code { "--public-url https://…" } "." }
            },
        ),
        Attention::SignsForThisMachineOnly => Callout::warning(
            "Signatures name this machine only",
            html! {
                p { "They lead to " code { (home) } ", which clients on other machines can’t reach: to each of them that is itself. Set " code { "public_url" } " in " code { "assay.toml" } ", or start with " code { "--public-url" } ", to a name that they know, before others use this feed." }
            },
        ),
        Attention::CertificateEnds { subject, at } => Callout::warning(
            "The feed’s certificate ends",
            html! {
                p { (brief(subject)) ": " (until(*at, now)) ". What it signs afterwards is refused by clients; what carries a timestamp stays good." }
            },
        ),
        Attention::AnchorsEnd(anchors) => anchors_end(anchors, now),
        Attention::UnknownRoots(count) => unknown_roots(*count),
        Attention::VoidSignatures(count) => Callout::bad(
            "Signatures no longer count",
            html! {
                p { (counted_as(*count, "version has", "versions have")) " a signature that does not count any more, since a certificate was revoked or is not trusted any more. Nobody decided what becomes of that. "
                    a href="admin/revocation/versions?show=undecided" { "Look at them" } }
            },
        ),
        Attention::NoSecondFactor(names) => no_second_factor(names),
        Attention::UsersWithoutFactor(users) => Callout::warning(
            "Users without a second factor only read, but for their keys",
            html! {
                p { "The policy wants one from everyone, and " @if *users == 1 { "one user has" } @else { (users) " users have" } " none. Keys that they made before keep working. They enrol one under " em { "Security" } ". " a href="admin/accounts?kind=user" { "Users" } }
            },
        ),
        Attention::JobFailed { title, ended } => Callout::bad(
            format!("A job failed: {title}"),
            html! {
                p { (moment(ended.at)) ": " (prose(&ended.result)) " " a href="admin/jobs" { "All jobs" } }
            },
        ),
        Attention::MailFails(mail) => Callout::bad(
            "Mail can’t be sent",
            html! {
                p { (counted_as(mail.letters, "letter waits", "letters wait")) ". The last try failed: " (prose(&mail.failure)) }
            },
        ),
        Attention::Loosened(settings) => loosened(settings),
    }
}

fn no_anchors(purpose: Purpose) -> Callout {
    let (title, what, bundle) = match purpose {
        Purpose::Signing => {
            ("No roots for signers", "Packages that are signed by their authors are refused", "codesignctl.pem")
        }
        Purpose::Timestamping => {
            ("No roots for timestamps", "Signatures with a timestamp are refused", "timestampctl.pem")
        }
    };
    Callout::bad(
        title,
        html! {
            p {
                (what) ", because no chain ends in a root that is trusted here. Every .NET SDK has such roots in its folder "
                code { "trustedroots" } ", as " code { (bundle) } ". " a href="admin/trust" { "Add roots" }
            }
        },
    )
}

fn anchors_end(anchors: &[ListedAnchor], now: OffsetDateTime) -> Callout {
    let title =
        if anchors.len() == 1 { "A root ends soon".to_owned() } else { format!("{} roots end soon", anchors.len()) };
    Callout::warning(
        title,
        html! {
            ul { @for anchor in anchors.iter().take(SHOWN) { li { (brief(&anchor.subject)) ": " (until(anchor.not_after, now)) } } }
            p { (more(anchors.len())) a href="admin/trust" { "All roots" } }
        },
    )
}

fn unknown_roots(count: usize) -> Callout {
    let title = if count == 1 {
        "A root waits to be looked at".to_owned()
    } else {
        format!("{count} roots wait to be looked at")
    };
    Callout::info(
        title,
        html! {
            p { "Pushes were refused because their signature ended in a root that is not trusted here. " a href="admin/trust#unknown-roots" { "Add or dismiss it" } }
        },
    )
}

fn no_second_factor(names: &[AccountName]) -> Callout {
    let title = if names.len() == 1 {
        "An administrator has no second factor".to_owned()
    } else {
        format!("{} administrators have no second factor", names.len())
    };
    Callout::warning(
        title,
        html! {
            p {
                "Whoever learns such a password is half an administrator: "
                @for (number, name) in names.iter().take(SHOWN).enumerate() {
                    @if number > 0 { ", " }
                    (managed_account(name))
                }
                ". " (more(names.len())) "They enrol one under " em { "Security" } "."
            }
        },
    )
}

fn loosened(settings: &[&'static Setting]) -> Callout {
    Callout::info(
        "More is accepted than a new server would",
        html! {
            p {
                @for (number, setting) in settings.iter().enumerate() {
                    @if number > 0 { ", " }
                    a href={ "admin/policy#" (policy::anchor(setting)) } { (setting.title) }
                }
                "."
            }
        },
    )
}

fn more(count: usize) -> Markup {
    html! { @if count > SHOWN { "and " (count - SHOWN) " more. " } }
}

/// An account, with a link to where administrators manage it.
fn managed_account(name: &AccountName) -> Markup {
    html! { a.account href={ "admin/accounts/" (segment(name)) } { (name) } }
}

fn totals(totals: &Totals) -> Markup {
    let disabled = html! { a href="admin/accounts?state=disabled" { (totals.disabled) } };
    card(
        "On this feed",
        html! {
            (Facts::new()
                .fact("Users", html! { a href="admin/accounts?kind=user" { (totals.users) } })
                .fact("Organizations", html! { a href="admin/accounts?kind=organization" { (totals.organizations) } })
                .fact("Disabled accounts", disabled)
                .fact("Packages", html! {
                    a href="./" { (totals.listed) } @if totals.packages > totals.listed { " listed, " (totals.packages - totals.listed) " unlisted" }
                })
                .fact("Versions", html! { (totals.versions) })
                .fact("API keys in use", html! { (totals.keys) }))
        },
    )
}
