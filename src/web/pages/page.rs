//! A page: the only way to emit a document. Every one has the same head, the same frame and the same headers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::components::hallmark;
use super::frame::Frame;
use super::masthead::{masthead, section_tabs};
use super::section::Section;

/// No script, style, picture, form or request but our own; no frame around it; no plugin. Nothing inline: text that escaped from its
/// place could do nothing.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     img-src 'self' data:; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";
/// Devices and abilities that no page needs.
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Some URLs hold tokens, which no other host may learn. Not `no-referrer`: with it browsers send `Origin: null` with our
    // own forms too (Fetch, "append a request `Origin` header"), and they would be taken for another site's.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    // Pages are personal: none is kept on a disk, or shown by the back button to whoever comes after a sign-out.
    (CACHE_CONTROL, "no-store"),
];

/// The element that the skip link leads to.
const CONTENT: &str = "content";

/// A page without its frame.
#[derive(Clone)]
#[must_use]
pub(in crate::web) struct Page {
    title: String,
    section: Section,
    content: Markup,
    status: StatusCode,
    refresh: Option<u32>,
    narrow: bool,
}

impl Page {
    /// A page with this title (in the window's title bar; the heading is the content's own) and content.
    pub fn new(title: impl Into<String>, content: Markup) -> Self {
        Self {
            title: title.into(),
            section: Section::Elsewhere,
            content,
            status: StatusCode::OK,
            refresh: None,
            narrow: false,
        }
    }

    /// Where it lies; `Elsewhere` unless said.
    pub fn section(self, section: Section) -> Self {
        Self { section, ..self }
    }

    /// The status; 200 unless said.
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// It loads itself again after so many seconds: for jobs that run. Not for pages with a form, whose input would be lost.
    pub fn refresh(self, seconds: u32) -> Self {
        Self { refresh: Some(seconds), ..self }
    }

    /// One column in the middle: for pages that are one short form, such as the sign-in.
    pub fn narrow(self) -> Self {
        Self { narrow: true, ..self }
    }

    /// The answer: the document and its headers.
    pub fn respond(self, frame: &Frame) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in HEADERS {
            response.insert_header(header);
        }
        response.content_type("text/html; charset=utf-8").body(self.document(frame).into_string())
    }

    fn document(&self, frame: &Frame) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    base href=(frame.home);
                    title { (self.title) " · Assay" }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if let Some(seconds) = self.refresh { meta http-equiv="refresh" content=(seconds); }
                    link rel="stylesheet" href=(assets::url("app.css"));
                    link rel="icon" type="image/svg+xml" href=(assets::url("favicon.svg"));
                    script src=(assets::url("app.js")) defer {}
                }
                body {
                    a.skip href=(frame.here(CONTENT)) { "Skip to the content" }
                    (masthead(frame, self.section))
                    main id=(CONTENT) tabindex="-1" class=[self.narrow.then_some("narrow")] {
                        @if self.narrow { (hallmark()) }
                        (section_tabs(self.section))
                        @if let Some(flash) = &frame.flash { (flash) }
                        // One short form, or one sentence: nothing comes between.
                        @if !self.narrow { (frame.unread()) }
                        (self.content)
                    }
                    (footer())
                }
            }
        }
    }
}

fn footer() -> Markup {
    html! { footer.colophon { p { "Assay " (env!("CARGO_PKG_VERSION")) } } }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::super::flash::Flash;
    use super::*;

    async fn text(response: HttpResponse) -> String {
        String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap()
    }

    #[actix_web::test]
    async fn a_page_has_every_header_that_guards_it() {
        let response = Page::new("x", html! {}).respond(&Frame::of_stranger(""));
        assert_eq!(response.status(), 200);
        for (name, value) in HEADERS {
            assert_eq!(response.headers().get(&name).unwrap(), value, "{name}");
        }
        assert!(!CONTENT_POLICY.contains("unsafe"));
    }

    #[actix_web::test]
    async fn hostile_text_stays_text() {
        let evil = "</title><script>alert(1)</script>";
        let mut frame = Frame::of(evil, "account");
        frame.host = evil.to_owned();
        frame.query = "\"><script>".to_owned();
        frame.flash = Some(Flash::done(evil).with_secret(evil));
        let html = text(Page::new(evil, html! { p { (evil) } }).respond(&frame)).await;
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        assert_eq!(html.matches("</title>").count(), 1);
    }

    #[actix_web::test]
    async fn notices_stand_above_pages_and_not_above_short_forms() {
        let frame = Frame { notices: vec![("A link was made".to_owned(), String::new())], ..Frame::of("alice", "") };
        assert!(text(Page::new("x", html! {}).respond(&frame)).await.contains("A link was made"));
        assert!(!text(Page::new("x", html! {}).narrow().respond(&frame)).await.contains("A link was made"));
    }

    #[actix_web::test]
    async fn links_are_relative_to_the_path_of_the_public_url() {
        let frame = Frame { home: "/feed/".to_owned(), ..Frame::of_administrator("alice", "admin/jobs") };
        let html = text(Page::new("Jobs", html! {}).section(Section::AdminJobs).refresh(5).respond(&frame)).await;
        assert!(html.contains("<base href=\"/feed/\">"));
        let rest = html.replace("<base href=\"/feed/\">", "");
        for absolute in ["href=\"/", "action=\"/", "src=\"/", "action=\"\""] {
            assert!(!rest.contains(absolute), "{absolute} in {rest}");
        }
        assert!(
            html.contains("href=\"./admin/jobs#content\"") && html.contains("http-equiv=\"refresh\" content=\"5\"")
        );
    }
}
