//! `/admin/signers.csv` and `/accounts/{name}/signed.csv`: who signed what, for a spreadsheet.

use actix_web::{HttpResponse, web};

use super::refusal::Refusal;
use super::spreadsheet::{Sees, spreadsheet};
use super::viewer::Viewer;
use crate::domain::account::AccountName;
use crate::feed::signers::{self, Export};

/// `GET admin/signers.csv`: all versions on the feed.
pub(in crate::web) async fn of_all(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    let export = viewer.run(|app, actor, now| signers::export(&app.store, None, actor, now)).await?;
    Ok(spreadsheet(&viewer, "signers", Sees::Server, export, Export::next))
}

/// `GET accounts/{name}/signed.csv`: the versions of the packages that the account owns, and those that it signed.
pub(in crate::web) async fn of_account(viewer: Viewer, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let name: AccountName = name.parse().map_err(|_| Refusal::Missing)?;
    let file = format!("signed-{name}");
    let sees = Sees::CertificatesOf(name.clone());
    let export = viewer.run(move |app, actor, now| signers::export(&app.store, Some(&name), actor, now)).await?;
    Ok(spreadsheet(&viewer, &file, sees, export, Export::next))
}
