//! One browser with a profile of its own, by the commands of WebDriver (W3C) over HTTP.

use std::fmt;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::driver::Driver;
use crate::support::http::Request;

/// The key of an element in WebDriver's answers (section 12 of the standard).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The path where sessions are made.
const NO_SESSION: &str = "/session";

/// So often a browser is started before that counts as failed: on a machine with too much to do one in a hundred gives up.
const STARTS: usize = 3;

/// How the browser is started: no window, nothing of the machine's, and no request to any other host, not even by name.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    // Tests run as root in containers, where Chromium's own sandbox does not work.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    // Over a pipe the browser ends when the driver does.
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,PasswordLeakDetection",
    "--password-store=basic",
    "--lang=en-US",
    "--force-color-profile=srgb",
    // As on telephones: a width of 360 pixels is 360 pixels of page.
    "--hide-scrollbars",
];

/// A started browser; it ends with this.
pub struct Session {
    driver: &'static Driver,
    path: String,
    _profile: TempDir,
}

impl Session {
    /// Starts a browser.
    pub fn start(driver: &'static Driver) -> Self {
        let mut refusals = Vec::new();
        for _ in 0..STARTS {
            match Self::try_start(driver) {
                Ok(session) => return session,
                Err(refusal) => refusals.push(refusal.to_string()),
            }
        }
        panic!("chromium does not start: {}\n{}", refusals.join(", then "), driver.log());
    }

    fn try_start(driver: &'static Driver) -> Result<Self, Refusal> {
        let profile = driver.profile();
        let folder = format!("--user-data-dir={}", profile.path().display());
        let arguments: Vec<&str> = ARGUMENTS.iter().copied().chain([folder.as_str()]).collect();
        // Not the page with which a new window greets: it has scripts of its own.
        let greeting = json!({ "session": { "restore_on_startup": 4, "startup_urls": ["about:blank"] } });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "timeouts": { "implicit": 0, "pageLoad": 60_000, "script": 20_000 },
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "binary": driver.chromium, "args": arguments, "prefs": greeting },
        } } });
        let mut session = Self { driver, path: NO_SESSION.to_owned(), _profile: profile };
        let started = session.command("POST", "", &wanted)?;
        let id = started["sessionId"].as_str().expect("the session");
        session.path = format!("{NO_SESSION}/{id}");
        Ok(session)
    }

    /// `METHOD /session/{id}PATH`; the answer's value.
    pub fn command(&self, method: &str, path: &str, body: &Value) -> Result<Value, Refusal> {
        let request = Request::new(method, &format!("{}{path}", self.path));
        let request = match method {
            "POST" => request.header("Content-Type", "application/json; charset=utf-8").body(body.to_string()),
            _ => request,
        };
        let answer = self.driver.endpoint.ask(&request);
        let answer = answer.unwrap_or_else(|error| panic!("chromedriver does not answer: {error}"));
        let mut body: Value = serde_json::from_slice(&answer.body)
            .unwrap_or_else(|error| panic!("chromedriver answers {} without JSON ({error})", answer.status));
        if answer.status == 200 {
            return Ok(body["value"].take());
        }
        let text = |name: &str| body["value"][name].as_str().unwrap_or_default().to_owned();
        Err(Refusal { error: text("error"), message: text("message") })
    }

    /// Runs a function body in the page, with `arguments`; what it returns.
    pub fn run(&self, script: &str, arguments: &Value) -> Result<Value, Refusal> {
        self.command("POST", "/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// A command of the DevTools protocol, for what WebDriver does not know.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Result<Value, Refusal> {
        self.command("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Does something with an element: `click`, `clear`, `value`.
    pub fn with_element(&self, element: &Element, what: &str, body: &Value) -> Result<(), Refusal> {
        self.command("POST", &format!("/element/{}/{what}", element.0), body).map(|_| ())
    }

    /// Gives a field a value that can't be typed alike in all languages.
    pub fn set_value(&self, element: &Element, value: &str) -> Result<(), Refusal> {
        let script = "const [field, value] = arguments; field.value = value; \
                      ['input', 'change'].forEach(kind => field.dispatchEvent(new Event(kind, { bubbles: true })))";
        self.run(script, &json!([element.reference(), value])).map(|_| ())
    }

    /// Whether an element's page has gone.
    pub fn is_gone(&self, element: &Element) -> bool {
        let answer = self.command("GET", &format!("/element/{}/name", element.0), &Value::Null);
        answer.is_err_and(|refusal| matches!(refusal.error.as_str(), "stale element reference" | "no such element"))
    }

    /// A property of an element.
    pub fn property(&self, element: &Element, name: &str) -> Result<Value, Refusal> {
        self.command("GET", &format!("/element/{}/property/{name}", element.0), &Value::Null)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.path != NO_SESSION {
            // The profile's folder may go when the browser has.
            _ = self.driver.endpoint.ask(&Request::new("DELETE", &self.path));
        }
    }
}

/// An element of the page that is open.
#[derive(Clone)]
pub struct Element(String);

impl Element {
    /// The elements in a script's answer.
    pub fn all(value: &Value) -> Vec<Self> {
        let list = value.as_array().into_iter().flatten();
        list.filter_map(|element| element[ELEMENT].as_str().map(|id| Self(id.to_owned()))).collect()
    }

    /// The element as an argument of a script.
    pub fn reference(&self) -> Value {
        json!({ ELEMENT: self.0 })
    }
}

/// What the driver did not do, and why.
#[derive(Debug)]
pub struct Refusal {
    /// The standard's word for it, such as `stale element reference`.
    pub error: String,
    /// The driver's sentence.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} ({})", self.error, self.message.lines().next().unwrap_or_default())
    }
}
