//! `/admin/trust/{for}/{fingerprint}/remove`: what removing a root means, and the button.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::{named, path_of, provenance, validity_of, whom};
use crate::domain::visible::brief;
use crate::feed::trust;
use crate::store;
use crate::store::trust_anchors::{ListedAnchor, Purpose};
use crate::web::pages::components::{Confirm, Facts, PageHeader, copyable, fingerprint_in_full};
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// A root, and what hangs on it.
struct Removal {
    anchor: ListedAnchor,
    /// Whether the list is empty without it.
    last: bool,
    /// Versions that are signed and do not say in which root they end.
    uncounted: u64,
}

/// `GET admin/trust/{for}/{fingerprint}/remove`
pub(in crate::web) async fn show(viewer: Viewer, path: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let (purpose, fingerprint) = named(&path)?;
    let removal = viewer.visit.run(move |app| {
        app.store.read(|r| {
            let Some(anchor) = r.anchor(purpose, &fingerprint)? else { return Ok::<_, store::Error>(None) };
            let last = r.anchors(purpose)?.len() == 1;
            Ok(Some(Removal { anchor, last, uncounted: r.versions_without_anchor()? }))
        })
    });
    Ok(viewer.visit.page(page(&viewer, &removal.await?.ok_or(Refusal::Missing)?)))
}

/// `POST admin/trust/{for}/{fingerprint}/remove`
pub(in crate::web) async fn remove(
    viewer: Viewer,
    path: web::Path<(String, String)>,
    _posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let (purpose, fingerprint) = named(&path)?;
    viewer.run(move |app, actor, now| trust::remove(&app.store, &[purpose], &fingerprint, actor, now)).await?;
    let said = format!("The root `{fingerprint}` vouches for {} no more.", whom(purpose));
    Ok(viewer.visit.redirect_saying(Flash::done(said), &path_of(purpose)))
}

fn page(viewer: &Viewer, removal: &Removal) -> Page {
    let (anchor, now) = (&removal.anchor, viewer.visit.now());
    let list = path_of(anchor.purpose);
    let action = format!("admin/trust/{}/{}/remove", anchor.purpose.name(), anchor.fingerprint);
    let content = html! {
        (PageHeader::new("Remove a root").below(&[(super::PATH, "Trust anchors")], "Remove"))
        (Facts::new()
            .fact("Root", brief(&anchor.subject))
            .fact("Vouches for", whom(anchor.purpose))
            .fact("Fingerprint (SHA-256)", fingerprint_in_full(&anchor.fingerprint))
            .fact("Thumbprint (SHA-1)", copyable(&hex::encode_upper(anchor.thumbprint())))
            .fact("Valid until", validity_of(anchor.not_after, now))
            .fact("From", provenance(anchor, now)))
        (Confirm::new(&viewer.visit.csrf(), action, "Remove this root", consequences(removal)).cancel(list))
    };
    Page::new("Remove a root", content).section(Section::AdminTrust)
}

fn consequences(removal: &Removal) -> Markup {
    let chain = match removal.anchor.purpose {
        Purpose::Signing => "the chain of the author’s certificate",
        Purpose::Timestamping => "the chain of the author’s timestamp",
    };
    html! {
        ul {
            @match removal.anchor.versions {
                0 => li { "No version on this feed is known to end in it." },
                1 => li { "1 version on this feed ended in it when it was pushed, by " (chain) ". It stays, listed as it is: nothing is unlisted." },
                many => li { (many) " versions on this feed ended in it when they were pushed, by " (chain) ". They stay, listed as they are: nothing is unlisted." },
            }
            @if removal.uncounted > 0 {
                li { (removal.uncounted) " further signed versions do not say in which root they end: they were pushed before that was noted, or their owner’s registration vouched for them." }
            }
            li { "Pushes that end in it are refused from now on, new versions of the same packages too." }
            @if removal.last {
                li { "It is the last root of its list: without it " @match removal.anchor.purpose {
                    Purpose::Signing => "no package that is signed by its author is accepted.",
                    Purpose::Timestamping => "no timestamp counts, and no package that needs one is accepted.",
                } }
            }
            li { "Clients go by lists of their own, which this does not change." }
        }
    }
}
