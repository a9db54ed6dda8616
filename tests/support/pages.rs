//! Somebody's browser as the server sees it: it keeps cookies, finds the token of a form, and follows no redirect by itself.
//!
//! Everything is sent over the wire as it is, so a test can also leave the token out, or send another visitor's.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::feed::Feed;
use super::http::{Answer, Request};
use super::totp::Phone;

/// The hidden field that every form carries.
const TOKEN: &str = "csrf";

/// Somebody who looks at the pages of a feed.
#[derive(Clone)]
pub struct Visitor<'f> {
    feed: &'f Feed,
    cookies: Vec<(String, String)>,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

impl<'f> Visitor<'f> {
    /// A browser that was never here.
    pub fn of(feed: &'f Feed) -> Self {
        Self { feed, cookies: Vec::new(), token: None, headers: Vec::new() }
    }

    /// The browser calls itself so.
    #[must_use]
    pub fn browser(mut self, user_agent: &str) -> Self {
        self.headers.push(("User-Agent".to_owned(), user_agent.to_owned()));
        self
    }

    /// The next requests come from this page of the feed, as browsers say in `Referer`.
    pub fn coming_from(&mut self, path: &str) -> &mut Self {
        let home = self.feed.source();
        let home = home.trim_end_matches("v3/index.json");
        self.headers.retain(|(name, _)| name != "Referer");
        self.headers.push(("Referer".to_owned(), format!("{home}{path}")));
        self
    }

    /// A proxy says that the browser is at `address`: where the feed believes it ([`Start::behind_proxy`](super::feed::Start)).
    #[must_use]
    pub fn at_address(mut self, address: &str) -> Self {
        self.headers.retain(|(name, _)| name != "X-Forwarded-For");
        self.headers.push(("X-Forwarded-For".to_owned(), address.to_owned()));
        self
    }

    /// Signs in with the password that [`Feed::account`] gave. Without a second factor that is all.
    #[track_caller]
    pub fn sign_in(&mut self, name: &str) -> &mut Self {
        let answer = self.try_password(name, &password_of(name));
        assert_eq!(answer.status, 303, "{name} should sign in: {}", answer.text());
        self
    }

    /// Sends the sign-in form.
    #[track_caller]
    pub fn try_password(&mut self, name: &str, password: &str) -> Shown {
        self.post("sign-in", &[("name", name), ("password", password)])
    }

    /// Enrols a second factor for whoever is signed in, and gives a code, so that the session is a second-factor one. The
    /// phone, and the recovery codes.
    #[track_caller]
    pub fn enrol(&mut self, name: &str) -> (Phone, Vec<String>) {
        let begun = self.post("account/security/second-factor", &[("password", &password_of(name))]);
        assert_eq!(begun.status, 303, "the password should begin an enrolment: {}", begun.text());
        let page = self.get("account/security/second-factor");
        let mut phone = Phone::with(&page.inside("code").into_iter().next().expect("the typed secret"));
        let done = self.post("account/security/second-factor/finish", &[("code", &phone.code())]);
        assert_eq!(done.status, 303, "the code should finish the enrolment: {}", done.text());
        let codes: Vec<String> = self.follow(&done).inside("code").join("\n").lines().map(str::to_owned).collect();
        assert_eq!(codes.len(), 10, "recovery codes: {codes:?}");
        let confirmed = self.post("account/confirm", &[("confirm_code", &phone.code())]);
        assert_eq!(confirmed.status, 303, "the next code should be taken: {}", confirmed.text());
        (phone, codes)
    }

    /// Loads a page: a path below the public URL, without a slash at its beginning. Redirects are not followed.
    pub fn get(&mut self, path: &str) -> Shown {
        self.send(Request::get(&self.target(path)))
    }

    /// Sends a form with its token, which is looked for on the page itself if none is known yet.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let token = self.csrf(path);
        let mut all = vec![(TOKEN, token.as_str())];
        all.extend(fields);
        self.post_raw(path, &all)
    }

    /// Sends a form as it is.
    pub fn post_raw(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.send(
            Request::new("POST", &self.target(path))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(body.join("&")),
        )
    }

    /// Sends a form with files: (field, file name, bytes). The fields come before them.
    pub fn upload(&mut self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Shown {
        let token = self.csrf(path);
        let boundary = "----a-boundary-of-the-tests";
        let mut body = Vec::new();
        for (name, value) in std::iter::once(&(TOKEN, token.as_str())).chain(fields) {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        for (name, file, bytes) in files {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.send(Request::new("POST", &self.target(path)).header("Content-Type", &kind).body(body))
    }

    /// Goes where a redirect leads, once.
    #[track_caller]
    pub fn follow(&mut self, shown: &Shown) -> Shown {
        let location = shown.location.as_deref().unwrap_or_else(|| panic!("no redirect: {}", shown.text()));
        self.get(location)
    }

    /// Sends a form and shows the page that it leads to.
    #[track_caller]
    pub fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let sent = self.post(path, fields);
        assert_eq!(sent.status, 303, "{path} should be done: {}", sent.text());
        self.follow(&sent)
    }

    /// Invites `name` to own a package as well, whose visitor accepts. Both have given a code.
    #[track_caller]
    pub fn share(&mut self, id: &str, with: &mut Visitor<'_>, name: &str) {
        self.submit(&format!("packages/{id}/manage"), &[("name", name)]);
        let accept = with.get("account/organizations").targets().into_iter().find(|target| target.ends_with("/accept"));
        with.submit(&accept.unwrap_or_else(|| panic!("{name} should be invited to {id}")), &[]);
    }

    /// The token that this visitor's forms carry.
    pub fn csrf(&mut self, path: &str) -> String {
        for page in [path, "sign-in", "account"] {
            if self.token.is_none() {
                self.get(page);
            }
        }
        self.token.clone().unwrap_or_else(|| panic!("no form on `{path}` or the sign-in page"))
    }

    /// The cookie of that name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// What the visitor's or session's cookie holds.
    pub fn secret(&self) -> &str {
        self.cookie("__Host-assay").or_else(|| self.cookie("assay")).expect("a visitor's cookie")
    }

    /// Puts a cookie into the browser, as whoever planted it would.
    pub fn plant(&mut self, name: &str, value: &str) {
        self.token = None;
        self.cookies.retain(|(own, _)| own != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    fn target(&self, path: &str) -> String {
        let source = self.feed.source();
        let base = url::Url::parse(&source).expect("the source");
        format!("{}/{path}", base.path().trim_end_matches("/v3/index.json"))
    }

    fn send(&mut self, mut request: Request) -> Shown {
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("Cookie", &pairs.join("; "));
        }
        let answer = self.feed.ask(&request);
        for cookie in answer.headers_named("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.plant(name, value);
            }
        }
        let home = self.target("");
        let location = answer.header("location").map(|to| to.strip_prefix(&home).unwrap_or(to).to_owned());
        let shown = Shown { status: answer.status, location, html: answer.text(), answer };
        if let Some(token) = shown.token() {
            self.token = Some(token);
        }
        shown
    }
}

/// The password that a test's account has.
pub fn password_of(name: &str) -> String {
    format!("the long password of {name}")
}

/// What was shown.
#[derive(Debug)]
pub struct Shown {
    /// The status.
    pub status: u16,
    /// Where a redirect leads, below the public URL and without a slash at its beginning.
    pub location: Option<String>,
    /// The document.
    pub html: String,
    /// The whole answer.
    pub answer: Answer,
}

impl Shown {
    /// What a person reads: without tags, one blank between words.
    pub fn text(&self) -> String {
        visible(&self.html)
    }

    /// The texts inside the elements of a kind (`code`, `h1`, `td`), which must not be nested.
    pub fn inside(&self, element: &str) -> Vec<String> {
        let (open, close) = (format!("<{element}"), format!("</{element}>"));
        let opened = self.html.split(&open).skip(1).filter(|rest| rest.starts_with([' ', '>']));
        let inner = opened.filter_map(|rest| rest.split_once('>')).filter_map(|(_, rest)| rest.split_once(&close));
        inner.map(|(inner, _)| without_tags(inner).trim().to_owned()).collect()
    }

    /// The targets of links and the actions of forms, as they are written.
    pub fn targets(&self) -> Vec<String> {
        let after = |mark| self.html.split(mark).skip(1).filter_map(|rest| rest.split('"').next());
        [" href=\"", " action=\""].into_iter().flat_map(after).map(decoded).collect()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer.header(name)
    }

    /// The cookies as they were set, with their attributes.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.answer.headers_named("set-cookie")
    }

    fn token(&self) -> Option<String> {
        let rest = self.html.split(&format!("name=\"{TOKEN}\" value=\"")).nth(1)?;
        rest.split('"').next().map(str::to_owned)
    }
}

/// Elements that stand in a line with the text around them.
const INLINE: [&str; 8] = ["a", "b", "code", "em", "strong", "span", "time", "wbr"];

/// The text of a document without its head.
fn visible(html: &str) -> String {
    let body = html.split_once("<body").and_then(|(_, body)| body.split_once('>')).map_or(html, |(_, body)| body);
    without_tags(body).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text alone, with a blank for each tag that is not inline.
fn without_tags(html: &str) -> String {
    let mut pieces = html.split('<');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (tag, after) = piece.split_once('>').unwrap_or((piece, ""));
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if !INLINE.contains(&name) {
            text.push(' ');
        }
        text.push_str(after);
    }
    decoded(&text)
}

fn decoded(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The token at the end of a one-time link.
pub fn token_of(link: &str) -> String {
    let token = link.trim().rsplit('/').next().unwrap_or_default();
    percent_decode_str(token).decode_utf8_lossy().into_owned()
}
