//! `/admin/policy/timestamping`: who stamps the feed's own signatures. A trial decides, and its result is shown.

use actix_web::HttpResponse;
use maud::{Markup, html};
use time::macros::format_description;

use super::policy::{PATH, anchor, put_in_force, shown_again};
use super::setting_form::Sent;
use crate::config::Config;
use crate::domain::policy::{Policy, SETTINGS, Setting};
use crate::feed::timestamping::{self, NotSet, PRIVATE_WARNING};
use crate::signature::timestamp_response::TimestampToken;
use crate::web::pages::components::{Badge, Button, ButtonForm, Field, FieldErrors, form, prose};
use crate::web::pages::csrf::CsrfToken;
use crate::web::pages::flash::Flash;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::viewer::Viewer;

/// The address of the authority.
const URL: &str = "url";
/// Whether its root may be one that clients don't know.
const PRIVATE: &str = "private";
/// What the ids of the form's fields begin with.
const FORM: &str = "timestamping";

/// `POST admin/policy/timestamping`
pub(in crate::web) async fn set(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    let (url, private) = (posted.text(URL).to_owned(), posted.is_ticked(PRIVATE));
    let wanted = url.clone();
    let tried = viewer
        .run(move |app, actor, now| {
            let token = timestamping::set(&app.store, &app.config, &app.outbound, &wanted, private, actor, now)?;
            put_in_force(app, now);
            Ok::<_, NotSet>(token)
        })
        .await;
    match tried {
        Ok(token) => Ok(viewer.visit.redirect_saying(told(&url, &token), PATH)),
        Err(Refusal::Said(why)) => refused(&viewer, url, &why).await,
        Err(refusal) => Err(refusal),
    }
}

/// `POST admin/policy/timestamping/remove`
pub(in crate::web) async fn remove(viewer: Viewer, _posted: Posted) -> Result<HttpResponse, Refusal> {
    let removed = viewer.run(|app, actor, now| {
        timestamping::remove(&app.store, &app.config, actor, now)?;
        put_in_force(app, now);
        Ok::<_, NotSet>(())
    });
    let flash = match removed.await {
        Ok(()) => Flash::done("The feed’s signatures get no timestamps from now on. Those that have one keep it."),
        Err(Refusal::Said(why)) => Flash::problem(capitalised(&why)),
        Err(refusal) => return Err(refusal),
    };
    Ok(viewer.visit.redirect_saying(flash, PATH))
}

async fn refused(viewer: &Viewer, value: String, why: &str) -> Result<HttpResponse, Refusal> {
    let Some(setting) = authority() else { return Err(Refusal::Missing) };
    let mut errors = FieldErrors::of_form(FORM);
    errors.add(URL, capitalised(why));
    shown_again(viewer, &Sent { setting, value, errors }).await
}

/// What the trial showed.
fn told(url: &str, token: &TimestampToken) -> Flash {
    let at = token.time().format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC"));
    let text = format!(
        "The feed’s signatures get timestamps from `{url}` from now on. The trial was stamped on {} by {}; the chain ends in {} (SHA-256 `{}`).",
        at.unwrap_or_default(),
        token.certificate().subject(),
        token.root().subject(),
        token.root().fingerprint(),
    );
    if token.is_trusted() {
        Flash::done(format!(
            "{text} Clients must trust that root too: it should be in `timestampctl.pem` of their .NET SDK."
        ))
    } else {
        Flash::warning(format!("{text} {}", capitalised(PRIVATE_WARNING)))
    }
}

/// The part of the page that is about timestamps.
pub(super) fn block(live: &Policy, config: &Config, csrf: &CsrfToken, sent: Option<&Sent>) -> Markup {
    let Some(setting) = authority() else { return Markup::default() };
    let lock = SETTINGS.iter().filter(|setting| setting.tried).find_map(|setting| config.lock(setting));
    let sent = sent.filter(|sent| sent.setting == setting);
    html! {
        section.setting #(anchor(setting)) {
            div {
                h3 { (setting.title) }
                p { (setting.about) " It is asked for a timestamp at once: only if that is good, the address is kept." }
                p.setting-now {
                    "In force: " strong { (current(live)) } " " code.quiet-text { (setting.key) }
                }
                @if live.private_timestamp_authority {
                    p { (Badge::warning("Private root")) " " (capitalised(PRIVATE_WARNING)) }
                }
            }
            div.setting-form {
                @match lock {
                    Some(source) => p { (Badge::neutral("Locked")) " by " (prose(&source.to_string())) ". Change it there, and start the server anew." },
                    None => (change(live, csrf, sent)),
                }
            }
        }
    }
}

fn current(live: &Policy) -> String {
    live.timestamp_authority
        .as_ref()
        .map_or_else(|| "none: signatures get no timestamps".to_owned(), ToString::to_string)
}

fn change(live: &Policy, csrf: &CsrfToken, sent: Option<&Sent>) -> Markup {
    let none = FieldErrors::of_form(FORM);
    let errors = sent.map_or(&none, |sent| &sent.errors);
    let url = sent.map_or_else(
        || live.timestamp_authority.as_ref().map(ToString::to_string).unwrap_or_default(),
        |sent| sent.value.clone(),
    );
    html! {
        (form(csrf, "admin/policy/timestamping", html! {
            (Field::text(URL, "Address").value(url).placeholder("http://timestamp.example.com").required().errors(errors))
            (Field::tick(PRIVATE, "Take it though clients may not know its root", live.private_timestamp_authority).errors(errors)
                .hint("Worse than no timestamp for every client that lacks the root."))
            (Button::quiet("Try it, and use it").small())
        }))
        @if live.timestamp_authority.is_some() {
            (ButtonForm::new(csrf, "admin/policy/timestamping/remove", Button::danger("Stamp no longer").small()))
        }
    }
}

/// The setting that holds the address.
fn authority() -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.tried && !matches!(setting.kind, crate::domain::policy::Kind::Switch { .. }))
}
