//! A browser as a person uses it: fields by their labels, buttons by their text, and what stands on the page.
//!
//! A headless Chromium, driven by chromedriver. Whatever is not found fails with what is there instead. A browser that closes
//! after a test without failures asserts that no page had an error in its console: a broken Content-Security-Policy, a
//! script that fails, a file that is missing, a request to another host.

mod console;
mod driver;
pub mod look;
mod part;
mod session;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use base64::Engine;
use serde_json::{Value, json};

use self::driver::Driver;
pub use self::part::Dropped;
use self::part::{PAGE, Part, until};
use self::session::{Element, Refusal, Session};
use super::environment;
use super::feed::Feed;

/// A page has so long to come.
const ARRIVAL: Duration = Duration::from_secs(10);

/// Somebody's browser, with cookies of its own.
pub struct Browser<'f> {
    whose: String,
    feed: Option<&'f Feed>,
    session: Session,
}

impl<'f> Browser<'f> {
    /// A new browser of `whose` in front of a feed; `None`, and a line about it, where there is no Chromium.
    pub fn of(whose: &str, feed: &'f Feed) -> Option<Self> {
        Self::started(whose, Some(feed))
    }

    /// A browser for files and other addresses.
    pub fn without_feed(whose: &str) -> Option<Browser<'static>> {
        Browser::started(whose, None)
    }

    fn started(whose: &str, feed: Option<&'f Feed>) -> Option<Self> {
        let driver = Driver::shared(&test())?;
        let browser = Self { whose: whose.to_owned(), feed, session: Session::start(driver) };
        // A window in front: what has the focus shows it.
        browser.devtools("Emulation.setFocusEmulationEnabled", &json!({ "enabled": true }));
        browser.resize(1280, 800);
        Some(browser)
    }

    /// Turns the pages' scripts off: everything has to work without.
    #[must_use]
    pub fn without_javascript(self) -> Self {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
        self
    }

    /// Opens a path of the feed, or a whole address.
    #[track_caller]
    pub fn open(&self, path: &str) {
        let url = if path.starts_with('/') { format!("{}{path}", self.home()) } else { path.to_owned() };
        let opened = self.leave(!path.contains('#'), || self.session.command("POST", "/url", &json!({ "url": url })));
        if let Err(refusal) = opened {
            self.complain(&format!("should open {url}: {refusal}"));
        }
        if self.done("read the address", self.session.run("return document.URL", &json!([])))
            == "chrome-error://chromewebdata/"
        {
            self.complain(&format!("should open {url}, and there is no page"));
        }
    }

    /// Loads the page again.
    #[track_caller]
    pub fn reload(&self) {
        self.done("reload the page", self.session.command("POST", "/refresh", &json!({})));
    }

    /// Goes back, as with the button of the browser.
    #[track_caller]
    pub fn go_back(&self) {
        self.done("go back", self.session.command("POST", "/back", &json!({})));
    }

    /// What stands below a heading, or the smallest row, item, form or section around a text.
    pub fn within(&self, text: &str) -> Part<'_, 'f> {
        Part::of(self, Some(text))
    }

    /// Types into the field with this label, instead of what stands there.
    #[track_caller]
    pub fn type_into(&self, label: &str, text: &str) {
        self.page().type_into(label, text);
    }

    /// Clicks the button or link with this text, and waits for the page that comes.
    #[track_caller]
    pub fn click(&self, name: &str) {
        self.page().click(name);
    }

    /// Chooses from a list, or one of several round buttons.
    #[track_caller]
    pub fn choose(&self, label: &str, option: &str) {
        self.page().choose(label, option);
    }

    /// Ticks the box with this label.
    #[track_caller]
    pub fn tick(&self, label: &str) {
        self.page().tick(label);
    }

    /// Takes the tick out of the box with this label.
    #[track_caller]
    pub fn untick(&self, label: &str) {
        self.page().untick(label);
    }

    /// Whether the box with this label is ticked.
    #[track_caller]
    pub fn is_ticked(&self, label: &str) -> bool {
        self.page().is_ticked(label)
    }

    /// Puts a file into the field with this label.
    #[track_caller]
    pub fn upload(&self, label: &str, file: &Path) {
        self.page().upload(label, file);
    }

    /// Drags files over the box around the field with this label, and lets them fall.
    #[track_caller]
    pub fn drop_files(&self, label: &str, files: &[(&str, &[u8])]) -> Dropped {
        self.page().drop_files(label, files)
    }

    /// What stands in the field with this label.
    #[track_caller]
    pub fn value_of(&self, label: &str) -> String {
        self.page().value_of(label)
    }

    /// Waits until a text is there. Neither case nor line breaks count.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        self.page().sees(text);
    }

    /// Asserts that a text is not there.
    #[track_caller]
    pub fn does_not_see(&self, text: &str) {
        self.page().does_not_see(text);
    }

    /// Whether there is a button or link with this text now.
    pub fn offers(&self, name: &str) -> bool {
        self.page().offers(name)
    }

    /// The visible text of the page.
    pub fn text(&self) -> String {
        self.page().text()
    }

    /// The first visible word that begins like this: a key, a link, which nobody but the page knows.
    #[track_caller]
    pub fn word_beginning(&self, with: &str) -> String {
        let mut word = None;
        until(ARRIVAL, || {
            word = self.text().split_whitespace().find(|word| word.starts_with(with)).map(str::to_owned);
            word.is_some()
        });
        word.unwrap_or_else(|| self.complain(&format!("should see a word that begins with `{with}`")))
    }

    /// The texts of all elements of a kind (`code`, `td`), for what has no name.
    pub fn texts_of(&self, selector: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())";
        let texts = self.done("read the page", self.session.run(script, &json!([selector])));
        texts.as_array().into_iter().flatten().map(text).collect()
    }

    /// Presses a key: `Tab`, `Shift+Tab`, `Enter`, `Escape`, or a single character such as the space.
    #[track_caller]
    pub fn press(&self, key: &str) {
        let (shift, name) = key.strip_prefix("Shift+").map_or((false, key), |name| (true, name));
        // Section 17.4.2 of the WebDriver standard.
        let value = match name {
            "Tab" => "\u{e004}",
            "Enter" => "\u{e007}",
            "Escape" => "\u{e00c}",
            other => other,
        };
        let stroke = |kind: &str, value: &str| json!({ "type": kind, "value": value });
        let mut strokes = vec![stroke("keyDown", value), stroke("keyUp", value)];
        if shift {
            strokes.insert(0, stroke("keyDown", "\u{e008}"));
            strokes.push(stroke("keyUp", "\u{e008}"));
        }
        let actions = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] });
        let leaves = format!("{PAGE}\nreturn leaves(document.activeElement);");
        let leaves = name == "Enter" && self.session.run(&leaves, &json!([])).is_ok_and(|leaves| leaves == true);
        let pressed = self.leave(leaves, || self.session.command("POST", "/actions", &actions));
        self.done("press a key", pressed);
    }

    /// What the keyboard is at: the text or label of that element.
    pub fn focused(&self) -> String {
        let script = "const e = document.activeElement; \
                      return (e.labels?.[0]?.innerText || e.getAttribute('aria-label') || e.innerText || '').trim()";
        text(&self.done("read the focus", self.session.run(script, &json!([]))))
    }

    /// The path of the page, from the feed's address on and with its query; of other addresses the whole.
    pub fn path(&self) -> String {
        let url = text(&self.done("read the address", self.session.command("GET", "/url", &json!({}))));
        let home = self.feed.map(|_| self.home());
        home.and_then(|home| url.strip_prefix(&home).map(str::to_owned)).unwrap_or(url)
    }

    /// Waits until the page is at this path.
    #[track_caller]
    pub fn is_at(&self, path: &str) {
        if !until(ARRIVAL, || self.path() == path) {
            self.complain(&format!("should be at {path}"));
        }
    }

    /// The page's first heading.
    pub fn heading(&self) -> String {
        let script = "return document.querySelector('h1')?.innerText?.trim() ?? ''";
        text(&self.done("read the heading", self.session.run(script, &json!([]))))
    }

    /// Makes the page so many pixels wide and high.
    pub fn resize(&self, width: u32, height: u32) {
        // Not the window: a window is never narrower than 500 pixels.
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Prefers dark colours from now on.
    pub fn dark(&self) {
        self.prefer("dark");
    }

    /// Prefers light colours from now on.
    pub fn light(&self) {
        self.prefer("light");
    }

    /// Whether the page is wider than the window.
    pub fn has_horizontal_scrollbar(&self) -> bool {
        let script = "const e = document.scrollingElement; return e.scrollWidth > e.clientWidth";
        self.done("measure the page", self.session.run(script, &json!([]))) == true
    }

    /// Writes a picture of the whole page, however long it is.
    pub fn screenshot(&self, file: &Path) {
        let picture = self.done("take a picture", self.take_picture());
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder for pictures");
        std::fs::write(file, picture).expect("a picture");
    }

    /// The errors in the console since they were asked for last. That a page itself was answered with 4xx or 5xx is none.
    pub fn console_errors(&self) -> Vec<String> {
        console::errors(&self.session)
    }

    fn page(&self) -> Part<'_, 'f> {
        Part::of(self, None)
    }

    /// The feed's address without a slash at its end. It changes when the server starts again.
    fn home(&self) -> String {
        let feed = self
            .feed
            .unwrap_or_else(|| panic!("the browser of {} has no feed, and opens whole addresses only", self.whose));
        let source = feed.source();
        source.strip_suffix("/v3/index.json").unwrap_or(&source).to_owned()
    }

    /// Does something; if it `leaves` the page, waits for the next one. The driver does so itself only if that has begun to
    /// come by the time the click is done.
    fn leave<T>(&self, leaves: bool, act: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
        let root =
            if leaves { self.session.run("return [document.documentElement]", &json!([]))? } else { Value::Null };
        let done = act()?;
        if let [root] = Element::all(&root).as_slice() {
            until(ARRIVAL, || self.session.is_gone(root) && self.is_loaded());
        }
        Ok(done)
    }

    fn is_loaded(&self) -> bool {
        self.session.run("return document.readyState", &json!([])).is_ok_and(|state| state == "complete")
    }

    fn prefer(&self, scheme: &str) {
        // Without motion, so that colours are what they will be.
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    fn take_picture(&self) -> Result<Vec<u8>, Refusal> {
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.session.devtools("Page.captureScreenshot", &whole)?;
        Ok(base64::engine::general_purpose::STANDARD.decode(text(&picture["data"])).expect("a picture in base64"))
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.done(command, self.session.devtools(command, parameters))
    }

    fn is_selected(&self, element: &Element) -> Result<bool, Refusal> {
        self.session.property(element, "checked").map(|value| value == true)
    }

    fn property(&self, element: &Element, name: &str) -> Result<String, Refusal> {
        self.session.property(element, name).map(|value| text(&value))
    }

    #[track_caller]
    fn done<T>(&self, what: &str, result: Result<T, Refusal>) -> T {
        result.unwrap_or_else(|refusal| panic!("the browser of {} can not {what}: {refusal}", self.whose))
    }

    /// Fails, with where this browser is and what it shows.
    #[track_caller]
    fn complain(&self, sentence: &str) -> ! {
        let name: String =
            format!("{} {}", test(), self.whose).chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        let file = screens().join("failed").join(format!("{name}.png"));
        self.screenshot(&file);
        let (path, text) = (self.path(), self.text());
        panic!("the browser of {} {sentence}\n--- at {path} (see {}):\n{text}\n---", self.whose, file.display());
    }
}

impl Drop for Browser<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            let errors = self.console_errors();
            assert!(
                errors.is_empty(),
                "the browser of {} has errors in its console:\n{}",
                self.whose,
                errors.join("\n")
            );
        }
    }
}

/// The folder for pictures.
fn screens() -> PathBuf {
    environment::target().join("screens")
}

/// The name of the test that runs.
fn test() -> String {
    thread::current().name().unwrap_or("a test").to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
