//! `POST accounts/{name}/certificates/{fingerprint}/check`: asks the issuers of a certificate now whether it is revoked.

use actix_web::{HttpResponse, web};

use super::{Place, named, path_of_one};
use crate::feed::certificates;
use crate::feed::revocation::{self, Asking};
use crate::web::pages::flash::Flash;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::viewer::Viewer;

/// `POST accounts/{name}/certificates/{fingerprint}/check`. It changes nothing that the server would not have found out within a
/// day, so whoever may see the certificate may do it.
pub(in crate::web) async fn check(
    viewer: Viewer,
    path: web::Path<(String, String)>,
    _posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let place = Place::read(&viewer, &path.0)?;
    let (account, fingerprint) = (place.name().clone(), named(&path.1)?);
    let asking = viewer.run(move |app, actor, now| {
        app.store.read(|r| certificates::row(r, &account, &fingerprint, actor, now))?;
        Ok::<_, certificates::Error>(revocation::ask_about(app, &fingerprint))
    });
    let flash = match asking.await? {
        Asking::Now => Flash::done("Its issuers are asked now. What they say shows here in some seconds."),
        Asking::WaitAMinute => Flash::warning("They were asked just now. Wait a minute before you ask again."),
    };
    Ok(viewer.visit.redirect_saying(flash, &path_of_one(place.name(), &fingerprint)))
}
