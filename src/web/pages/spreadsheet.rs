//! A table as a CSV file that the browser saves, sent piece by piece.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, web};
use futures_util::stream;
use time::macros::format_description;

use super::visit::Visit;
use crate::store::{self, Store};

/// Sends what `next` makes of `export` until that is `None`. The file is called `NAME-DAY.csv`.
pub(super) fn spreadsheet<E: Send + 'static>(
    visit: &Visit,
    name: &str,
    export: E,
    next: fn(&mut E, &Store) -> Result<Option<String>, store::Error>,
) -> HttpResponse {
    let store = visit.state().app.store.clone();
    let pieces = stream::try_unfold((export, store), move |(mut export, store)| async move {
        let read = move || {
            next(&mut export, &store).map(|piece| piece.map(|piece| (web::Bytes::from(piece), (export, store))))
        };
        // A stream that ends with an error ends the connection: the file is not taken for whole.
        web::block(read).await.map_err(|_| store::Error::Corrupt("spreadsheet"))?
    });
    let day = visit.now().format(format_description!("[year]-[month]-[day]")).unwrap_or_default();
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"));
    response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    response.insert_header((CACHE_CONTROL, "no-store"));
    response.insert_header((HeaderName::from_static("cross-origin-resource-policy"), "same-origin"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}-{day}.csv\"")) {
        response.insert_header((CONTENT_DISPOSITION, disposition));
    }
    response.streaming(pieces)
}
