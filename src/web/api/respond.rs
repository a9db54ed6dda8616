//! Answers to reads: encodings, entity tags, caching.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, RETRY_AFTER, VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::store;
use crate::store::documents::Encoding;

/// What never changes under its URL.
pub(super) const IMMUTABLE: &str = "max-age=31536000, immutable";
/// What changes with every push: caches ask again each time, and get a 304.
pub(super) const REVALIDATE: &str = "no-cache";

/// The encoding to answer in: gzip when the client takes it.
pub(super) fn encoding(headers: &HeaderMap) -> Encoding {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes_gzip = accepted.split(',').any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = parameters.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()) == Some(0.0);
        matches!(name.trim(), "gzip" | "x-gzip" | "*") && !refused
    });
    if takes_gzip { Encoding::Gzip } else { Encoding::Identity }
}

/// A JSON document that may be compressed, with its entity tag; 304 when the client has it.
pub(super) fn document(request: &HttpRequest, body: impl Into<Bytes>, etag: &str, encoding: Encoding) -> HttpResponse {
    // The two encodings are two representations, so they have two tags (RFC 9110, section 8.8.3.3).
    let etag = match encoding {
        Encoding::Identity => format!("\"{etag}\""),
        Encoding::Gzip => format!("\"{etag}-gzip\""),
    };
    let mut response = tagged(request, &etag, REVALIDATE);
    response.insert_header((VARY, "Accept-Encoding"));
    if response_is_not_modified(request, &etag) {
        return response.finish();
    }
    if encoding == Encoding::Gzip {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    response.insert_header((CONTENT_TYPE, "application/json")).body(body.into())
}

/// An answer that begins with 304 when the client has `etag` already, and 200 otherwise.
pub(super) fn tagged(request: &HttpRequest, etag: &str, caching: &'static str) -> HttpResponseBuilder {
    let mut response =
        if response_is_not_modified(request, etag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, etag)).insert_header((CACHE_CONTROL, caching));
    response
}

/// Whether `If-None-Match` names `etag` (RFC 9110, section 13.1.2: compared weakly).
pub(super) fn response_is_not_modified(request: &HttpRequest, etag: &str) -> bool {
    let asked = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    asked.is_some_and(|asked| {
        asked.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
    })
}

/// What is not there: as cheap as possible, for clients with several sources ask each for everything.
pub(super) fn not_found() -> HttpResponse {
    HttpResponse::NotFound().insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// Seconds after which a request may come again that found all readers of the database taken.
const BUSY_SECONDS: u32 = 2;

/// A failure that is ours: logged with its cause, told without it. What can pass in seconds says so.
pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> HttpResponse {
    tracing::error!(%error, "a request failed");
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    if causes.any(|error| matches!(error.downcast_ref(), Some(store::Error::Pool(_) | store::Error::Busy(_)))) {
        return HttpResponse::ServiceUnavailable().insert_header((RETRY_AFTER, BUSY_SECONDS)).body("server is busy\n");
    }
    HttpResponse::InternalServerError().body("internal error\n")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (accepted, expected) in [
            ("gzip, deflate", Encoding::Gzip),
            ("deflate, gzip;q=0.5", Encoding::Gzip),
            ("*", Encoding::Gzip),
            ("gzip;q=0", Encoding::Identity),
            ("identity", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            let request = TestRequest::default().insert_header((ACCEPT_ENCODING, accepted)).to_http_request();
            assert_eq!(encoding(request.headers()), expected, "{accepted}");
        }
    }

    #[test]
    fn what_can_pass_in_seconds_asks_to_come_again_and_a_fault_does_not() {
        let busy = internal(&store::Error::Busy(rusqlite::Error::InvalidQuery));
        assert_eq!((busy.status().as_u16(), busy.headers().contains_key(RETRY_AFTER)), (503, true));
        let failed = internal(&store::Error::Corrupt("a test's"));
        assert_eq!((failed.status().as_u16(), failed.headers().contains_key(RETRY_AFTER)), (500, false));
    }

    #[test]
    fn a_client_that_has_the_document_gets_304_with_its_tag() {
        for asked in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            let request = TestRequest::default().insert_header((IF_NONE_MATCH, asked)).to_http_request();
            let response = document(&request, "{}", "abc", Encoding::Identity);
            assert_eq!(response.status(), 304, "{asked}");
            assert_eq!(response.headers().get(ETAG).unwrap(), "\"abc\"");
        }
        let request = TestRequest::default().insert_header((IF_NONE_MATCH, "\"abc\"")).to_http_request();
        assert_eq!(document(&request, "{}", "abc", Encoding::Gzip).status(), 200);
    }
}
