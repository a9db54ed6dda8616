//! `PackageBaseAddress/3.0.0`, the flat container: version lists, packages, nuspecs.
//!
//! <https://learn.microsoft.com/nuget/api/package-base-address-resource>

use actix_web::body::SizedStream;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, RANGE};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::path::{PackagePath, id_key};
use super::respond::{self, IMMUTABLE};
use crate::store::downloads::Download;
use crate::web::content_stream;
use crate::web::state::State;

/// The name under which the version list is prepared.
const VERSIONS: &str = crate::feed::documents::VERSIONS;

/// `GET {id}/index.json`
pub(crate) async fn versions(request: HttpRequest, state: Data<State>, id: Path<String>) -> HttpResponse {
    let Some(key) = id_key(&id) else { return respond::not_found() };
    let encoding = respond::encoding(request.headers());
    match state.app.store.look_up(|r| r.document(&key, VERSIONS, encoding)) {
        Ok(Some((body, etag))) => respond::document(&request, body, &etag, encoding),
        Ok(None) => respond::not_found(),
        Err(error) => respond::internal(&error),
    }
}

#[derive(Deserialize)]
pub(crate) struct FilePath {
    file: String,
}

/// `GET {id}/{version}/{id}.{version}.nupkg` and `{id}.nuspec`
pub(crate) async fn file(
    request: HttpRequest,
    state: Data<State>,
    package: Path<PackagePath>,
    file: Path<FilePath>,
) -> HttpResponse {
    let PackagePath { id, version } = package.into_inner();
    let name = file.file.to_lowercase();
    let written = request.match_info().get("version").unwrap_or_default().to_lowercase();
    let key = id.key();
    if name == format!("{key}.{written}.nupkg") || name == format!("{key}.{}.nupkg", version.key()) {
        return match state.app.store.look_up(|r| r.download(&id, &version)) {
            Ok(Some(found)) => download(&request, &state, &found),
            Ok(None) => respond::not_found(),
            Err(error) => respond::internal(&error),
        };
    }
    if name == format!("{key}.nuspec") || name == format!("{key}.{written}.nuspec") {
        return match state.app.store.look_up(|r| r.nuspec(&id, &version)) {
            Ok(Some(nuspec)) => HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/xml")).body(nuspec),
            Ok(None) => respond::not_found(),
            Err(error) => respond::internal(&error),
        };
    }
    respond::not_found()
}

/// The bytes of a package, or the part of them that was asked for.
fn download(request: &HttpRequest, state: &Data<State>, found: &Download) -> HttpResponse {
    let etag = format!("\"{}\"", hex::encode(found.sha512.get(..20).unwrap_or_default()));
    let mut response = respond::tagged(request, &etag, IMMUTABLE);
    response.insert_header((CONTENT_TYPE, "application/octet-stream")).insert_header(("Accept-Ranges", "bytes"));
    if respond::response_is_not_modified(request, &etag) {
        return response.finish();
    }
    let range = request.headers().get(RANGE).map_or(Asked::Whole, |range| Asked::of(range, found.size));
    let (start, end) = match range {
        Asked::Whole => (0, found.size),
        Asked::Part(start, end) => {
            response.status(actix_web::http::StatusCode::PARTIAL_CONTENT);
            response.insert_header(("Content-Range", format!("bytes {start}-{}/{}", end - 1, found.size)));
            (start, end)
        }
        Asked::Impossible => {
            return HttpResponse::RangeNotSatisfiable()
                .insert_header(("Content-Range", format!("bytes */{}", found.size)))
                .finish();
        }
    };
    if start == 0 && request.method() == actix_web::http::Method::GET {
        state.downloads.count(found.id);
    }
    response.body(SizedStream::new(end - start, content_stream::octets(&state.app.store, found.content, start, end)))
}

/// What a `Range` header asks for. Several ranges are answered with the whole, which RFC 9110 (section 14.2) allows.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(u64, u64),
    Impossible,
}

impl Asked {
    fn of(range: &HeaderValue, size: u64) -> Self {
        let Some(range) = range.to_str().ok().and_then(|text| text.trim().strip_prefix("bytes=")) else {
            return Self::Whole;
        };
        let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else { return Self::Whole };
        match (first.trim().parse::<u64>(), last.trim().parse::<u64>(), last.trim().is_empty()) {
            (Ok(first), _, true) if first < size => Self::Part(first, size),
            (Ok(first), Ok(last), _) if first <= last && first < size => {
                Self::Part(first, size.min(last.saturating_add(1)))
            }
            (Ok(first), _, _) if first >= size => Self::Impossible,
            (Err(_), Ok(0), _) => Self::Impossible,
            (Err(_), Ok(suffix), _) if first.trim().is_empty() => Self::Part(size.saturating_sub(suffix), size),
            _ => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        for (range, expected) in [
            ("bytes=0-9", Asked::Part(0, 10)),
            ("bytes=90-", Asked::Part(90, 100)),
            ("bytes=-10", Asked::Part(90, 100)),
            ("bytes=-1000", Asked::Part(0, 100)),
            ("bytes=50-1000", Asked::Part(50, 100)),
            ("bytes=100-", Asked::Impossible),
            ("bytes=-0", Asked::Impossible),
            ("bytes=9-1", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("lines=0-1", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=0-18446744073709551615", Asked::Part(0, 100)),
        ] {
            assert_eq!(Asked::of(&HeaderValue::from_static(range), 100), expected, "{range}");
        }
    }
}
