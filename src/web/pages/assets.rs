//! Style, script and pictures of the pages: in the program, under names that hold a hash of their bytes, so that browsers
//! keep them for good and fetch a new one as soon as it changes.

use std::io::Write;
use std::sync::LazyLock;

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
    IF_NONE_MATCH, VARY,
};
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;

/// The bytes under such a name never change (RFC 8246).
const FOR_GOOD: &str = "max-age=31536000, immutable";
/// A picture that is opened by itself is a document: it may do nothing.
const NOTHING_MORE: &str = "default-src 'none'; sandbox";

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Folder;

/// One file, ready to be sent.
struct Asset {
    /// `app.css`
    file: String,
    /// `app-0123456789abcdef.css`
    name: String,
    etag: String,
    content_type: &'static str,
    plain: Bytes,
    gzip: Bytes,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| Folder::iter().filter_map(|file| Asset::of(&file)).collect());

/// The path below the public URL of the file `file` of the folder `assets`, for links in pages. An unknown file has one that
/// leads nowhere.
pub(in crate::web) fn url(file: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.file == file);
    format!("assets/{}", asset.map_or(file, |asset| &asset.name))
}

/// `GET assets/{name}`
pub(in crate::web) async fn asset(request: HttpRequest, name: Path<String>) -> HttpResponse {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == *name) else {
        return HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("there is no such file\n");
    };
    asset.respond(request.headers())
}

impl Asset {
    fn of(file: &str) -> Option<Self> {
        let embedded = Folder::get(file)?;
        let (stem, extension) = file.rsplit_once('.')?;
        let hash = hex::encode(embedded.metadata.sha256_hash().get(..8)?);
        let plain = Bytes::from(embedded.data.into_owned());
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&plain).ok()?;
        Some(Self {
            file: file.to_owned(),
            name: format!("{stem}-{hash}.{extension}"),
            etag: format!("\"{hash}\""),
            content_type: content_type(extension)?,
            plain,
            gzip: gzip.finish().ok()?.into(),
        })
    }

    fn respond(&self, headers: &HeaderMap) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((CACHE_CONTROL, FOR_GOOD)).insert_header((VARY, "accept-encoding"));
        response
            .insert_header((CONTENT_SECURITY_POLICY, NOTHING_MORE))
            .insert_header((CONTENT_TYPE, self.content_type));
        let packed = takes_gzip(headers);
        let etag = if packed { self.etag.replacen('"', "\"gzip-", 1) } else { self.etag.clone() };
        response.insert_header((ETAG, etag.as_str()));
        let kept = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kept.split(',').any(|kept| kept.trim().trim_start_matches("W/") == etag) {
            return response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish();
        }
        if packed {
            return response.insert_header((CONTENT_ENCODING, "gzip")).body(self.gzip.clone());
        }
        response.body(self.plain.clone())
    }
}

/// None for a file that is nothing a page needs.
fn content_type(extension: &str) -> Option<&'static str> {
    match extension {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// Whether the browser unpacks gzip (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && !matches!(weight.replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::test::TestRequest;

    use super::*;

    async fn fetch(name: &str, headers: &[(&str, &str)]) -> HttpResponse {
        let request = headers.iter().fold(TestRequest::default(), |request, header| request.insert_header(*header));
        asset(request.to_http_request(), Path::from(name.to_owned())).await
    }

    fn name(file: &str) -> String {
        url(file).trim_start_matches("assets/").to_owned()
    }

    #[actix_web::test]
    async fn what_pages_name_is_there_for_good() {
        for (file, kind) in [("app.css", "text/css"), ("app.js", "text/javascript"), ("favicon.svg", "image/svg+xml")] {
            assert_eq!(name(file).len(), file.len() + 17, "{file}");
            let response = fetch(&name(file), &[]).await;
            let header = |name| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
            assert!(header(CONTENT_TYPE).starts_with(kind));
            assert_eq!(header(CACHE_CONTROL), FOR_GOOD);
            assert!(response.headers().get(CONTENT_ENCODING).is_none());
        }
    }

    #[actix_web::test]
    async fn it_is_packed_for_those_who_unpack_it() {
        let plain = to_bytes(fetch(&name("app.css"), &[]).await.into_body()).await.unwrap();
        let response = fetch(&name("app.css"), &[("accept-encoding", "br, gzip;q=0.8")]).await;
        assert_eq!(response.headers().get(CONTENT_ENCODING).unwrap(), "gzip");
        let packed = to_bytes(response.into_body()).await.unwrap();
        let mut unpacked = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut unpacked).unwrap();
        assert_eq!(unpacked, plain);
        let response = fetch(&name("app.css"), &[("accept-encoding", "gzip;q=0")]).await;
        assert!(response.headers().get(CONTENT_ENCODING).is_none());
    }

    #[actix_web::test]
    async fn what_a_browser_has_is_not_sent_again() {
        for coding in ["gzip", "identity"] {
            let first = fetch(&name("app.js"), &[("accept-encoding", coding)]).await;
            let etag = first.headers().get(ETAG).unwrap().to_str().unwrap().to_owned();
            let again = fetch(&name("app.js"), &[("accept-encoding", coding), ("if-none-match", &etag)]).await;
            assert_eq!(again.status(), 304);
            assert_eq!(fetch(&name("app.js"), &[("if-none-match", "\"other\"")]).await.status(), 200);
        }
    }

    #[actix_web::test]
    async fn no_other_name_leads_to_a_file() {
        for other in ["app.css", "app-0000000000000000.css", "../Cargo.toml", ""] {
            assert_eq!(fetch(other, &[]).await.status(), 404, "{other}");
        }
    }
}
