//! `/admin/trust`: the roots in which signatures and timestamps may end.

pub(in crate::web) mod add;
mod filter;
pub(in crate::web) mod remove;
pub(in crate::web) mod unknown;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use time::OffsetDateTime;

use self::filter::{Asked, SHOWN, Shown, path_of};
use super::components::{
    Badge, Button, Callout, Field, PageHeader, Table, ago, counted, fingerprint, pagination, search_form, tabs,
    thumbprint, until,
};
use super::page::Page;
use super::refusal::Refusal;
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::visible::{brief, visible};
use crate::feed::trust::{Validity, validity};
use crate::feed::unknown_roots;
use crate::store;
use crate::store::trust_anchors::{ListedAnchor, Purpose};
use crate::store::unknown_roots::UnknownRoot;

/// The page's address.
const PATH: &str = "admin/trust";

/// Everything that the page shows.
struct Lists {
    anchors: Vec<ListedAnchor>,
    unknown: Vec<UnknownRoot>,
}

/// `GET admin/trust`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let lists = viewer.visit.run(|app| {
        let read = |r: &store::Reads<'_>| {
            Ok::<_, store::Error>(Lists { anchors: r.listed_anchors()?, unknown: unknown_roots::list(r)? })
        };
        app.store.read(read)
    });
    let (lists, now) = (lists.await?, viewer.visit.now());
    let content = html! {
        (PageHeader::new("Trust anchors")
            .lead("Who vouches for signatures here. A root is the topmost certificate of an authority: what is signed by a certificate that leads up to one of these roots can be accepted. Signers have one list, the authorities that say when something was signed another.")
            .action(Button::primary("Add roots").link("admin/trust/add")))
        (unknown::section(&viewer.visit.csrf(), &lists.unknown, asked.shows_all_pushed(), now))
        (list(&lists.anchors, &asked, now))
    };
    Ok(viewer.visit.page(Page::new("Trust anchors", content).section(Section::AdminTrust)))
}

/// What an address says about an anchor: for what, and which.
fn named(path: &(String, String)) -> Result<(Purpose, Fingerprint), Refusal> {
    let purpose = Purpose::ALL.into_iter().find(|purpose| purpose.name() == path.0).ok_or(Refusal::Missing)?;
    Ok((purpose, path.1.parse().map_err(|_| Refusal::Missing)?))
}

/// What anchors of a list vouch for.
const fn whom(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Signing => "package signers",
        Purpose::Timestamping => "timestamping authorities",
    }
}

fn list(anchors: &[ListedAnchor], asked: &Asked, now: OffsetDateTime) -> Markup {
    let purpose = asked.purpose();
    let of_list: Vec<&ListedAnchor> = anchors.iter().filter(|anchor| anchor.purpose == purpose).collect();
    let title = |purpose: Purpose, name: &str| {
        format!("{name} ({})", anchors.iter().filter(|anchor| anchor.purpose == purpose).count())
    };
    let (signing, timestamping) =
        (title(Purpose::Signing, "Package signers"), title(Purpose::Timestamping, "Timestamping authorities"));
    let paths = (path_of(Purpose::Signing), path_of(Purpose::Timestamping));
    let shown = asked.choose(anchors, now);
    html! {
        (tabs("Lists of roots", &[(&paths.0, &signing), (&paths.1, &timestamping)], &path_of(purpose)))
        @if of_list.is_empty() { (nothing_yet(purpose)) }
        @else {
            p { (summary(&of_list, now)) }
            (search_form(PATH, html! {
                input type="hidden" name="for" value=(purpose.name());
                (Field::search("q", "Name or fingerprint").value(asked.q.as_str()))
                (Field::select("show", "Show", SHOWN).value(asked.show.as_str()))
                (Button::quiet("Filter"))
            }))
            @if !asked.is_for_all() { p.hint { (shown.found) " of " (of_list.len()) " roots." } }
            (table(&shown, purpose, now))
            (pagination(shown.page, shown.pages, |page| asked.page_path(page)))
        }
    }
}

fn nothing_yet(purpose: Purpose) -> Callout {
    let consequence = match purpose {
        Purpose::Signing => "No package that is signed by its author is accepted yet.",
        Purpose::Timestamping => "No timestamp counts yet, so no package that needs one is accepted.",
    };
    Callout::warning(
        "There are no roots in this list",
        html! {
            p { (consequence) " Every .NET SDK brings two lists of public roots in its folder " code { "trustedroots" }
                ", one for signers and one for timestamping authorities. Your own authorities’ roots go in as well." }
            p { (from_the_server()) }
        },
    )
}

/// The other way to add the lists of an SDK, where the files are on the server already.
fn from_the_server() -> Markup {
    html! {
        "If an SDK is installed on the server, a command there takes over both lists at once: "
        code { "assay trust import --dotnet-sdk DIR --data DATA" } ", with the SDK’s folder, such as "
        code { "/usr/share/dotnet" } ", and the server’s data folder."
    }
}

/// How the roots of a list stand, in a sentence.
fn summary(anchors: &[&ListedAnchor], now: OffsetDateTime) -> String {
    let count = |wanted| anchors.iter().filter(|anchor| validity(anchor.not_after, now) == wanted).count();
    let used = anchors.iter().filter(|anchor| anchor.versions > 0).count();
    let (soon, expired) = (count(Validity::EndsSoon), count(Validity::Expired));
    let roots = counted(anchors.len() as u64, "root");
    let mut parts = vec![format!("{roots}, {used} of them in the chains of versions on this feed")];
    if soon > 0 {
        parts.push(format!("{soon} ending within 60 days"));
    }
    if expired > 0 {
        parts.push(format!("{expired} expired, which count for what was timestamped before"));
    }
    format!("{}.", parts.join("; "))
}

fn table(shown: &Shown<'_>, purpose: Purpose, now: OffsetDateTime) -> Table {
    let table = Table::new(format!("Roots for {}", whom(purpose)))
        .column("Root")
        .column("SHA-256 and SHA-1")
        .column("Valid until")
        .column("From")
        .numbers("Versions")
        .actions()
        .empty(html! { "No root of this list is like that. " a href=(path_of(purpose)) { "Show all" } "." });
    shown.anchors.iter().fold(table, |table, anchor| {
        let path = format!("admin/trust/{}/{}/remove", purpose.name(), anchor.fingerprint);
        let cells = [
            html! { (brief(&anchor.subject)) },
            html! { div { (fingerprint(&anchor.fingerprint)) } div { (thumbprint(&anchor.thumbprint())) } },
            validity_of(anchor.not_after, now),
            provenance(anchor, now),
            html! { (anchor.versions) },
            html! { (Button::danger("Remove").small().about(brief(&anchor.subject)).link(path)) },
        ];
        if validity(anchor.not_after, now) == Validity::Expired { table.muted_row(cells) } else { table.row(cells) }
    })
}

fn validity_of(not_after: OffsetDateTime, now: OffsetDateTime) -> Markup {
    html! {
        (until(not_after, now))
        @match validity(not_after, now) {
            Validity::Valid => {},
            Validity::EndsSoon => { " " (Badge::warning("Ends soon")) },
            Validity::Expired => { " " (Badge::neutral("Expired")) },
        }
    }
}

/// From where a root is, since when, and who added it.
fn provenance(anchor: &ListedAnchor, now: OffsetDateTime) -> Markup {
    html! {
        (visible(&anchor.source))
        div.quiet-text {
            (ago(anchor.added_at, now))
            @if !anchor.added_by.is_empty() { " by " (anchor.added_by) }
        }
    }
}
