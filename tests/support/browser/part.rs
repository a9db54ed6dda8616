//! A part of the page as a person takes it in, and what they do there.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::{Value, json};

use super::Browser;
use super::session::{Element, Refusal};

/// What a person finds by its name; read by `page.js`.
pub(super) const PAGE: &str = include_str!("page.js");

/// A text has so long to appear.
const SEEN: Duration = Duration::from_secs(10);
/// A field or button has so long: it comes with its page, which a click has waited for.
const FOUND: Duration = Duration::from_secs(2);
/// How long to wait before looking again.
const AGAIN: Duration = Duration::from_millis(50);

/// The whole page, or what stands below a heading, or the smallest row, item or form around a text.
pub struct Part<'b, 'f> {
    browser: &'b Browser<'f>,
    within: Option<String>,
}

impl<'b, 'f> Part<'b, 'f> {
    /// The part of `browser`'s page that `within` stands for.
    pub(super) fn of(browser: &'b Browser<'f>, within: Option<&str>) -> Self {
        Self { browser, within: within.map(str::to_owned) }
    }

    /// Types into the field with this label, instead of what stands there. A date is `2026-11-28`, in whatever order the
    /// browser's language has it.
    #[track_caller]
    pub fn type_into(&self, label: &str, text: &str) {
        self.act(&format!("the field `{label}`"), &json!(["field", label, null]), |browser, found| {
            if browser.property(&found.element, "type")? == "date" {
                return browser.session.set_value(&found.element, text);
            }
            browser.session.with_element(&found.element, "clear", &json!({}))?;
            browser.session.with_element(&found.element, "value", &json!({ "text": text }))
        });
    }

    /// Clicks the button or link with this text.
    #[track_caller]
    pub fn click(&self, name: &str) {
        self.act(&format!("the button or link `{name}`"), &json!(["button", name, null]), |browser, found| {
            let leaves = format!("{PAGE}\nreturn leaves(arguments[0]);");
            let leaves = browser.session.run(&leaves, &json!([found.element.reference()]))? == true;
            browser.leave(leaves, || browser.session.with_element(&found.element, "click", &json!({})))
        });
    }

    /// Chooses from a list, or one of several round buttons.
    #[track_caller]
    pub fn choose(&self, label: &str, option: &str) {
        self.act(
            &format!("the choice `{option}` of `{label}`"),
            &json!(["choice", label, option]),
            |browser, found| browser.session.with_element(&found.element, "click", &json!({})),
        );
    }

    /// Ticks the box with this label; it stays ticked if it was.
    #[track_caller]
    pub fn tick(&self, label: &str) {
        self.set_box(label, true);
    }

    /// Takes the tick out of the box with this label.
    #[track_caller]
    pub fn untick(&self, label: &str) {
        self.set_box(label, false);
    }

    /// Whether the box with this label is ticked.
    #[track_caller]
    pub fn is_ticked(&self, label: &str) -> bool {
        let mut ticked = false;
        self.act(&format!("the box `{label}`"), &json!(["box", label, null]), |browser, found| {
            ticked = browser.is_selected(&found.element)?;
            Ok(())
        });
        ticked
    }

    /// Puts a file into the field with this label.
    #[track_caller]
    pub fn upload(&self, label: &str, file: &Path) {
        let path = file.to_str().expect("a path").to_owned();
        self.act(&format!("the file field `{label}`"), &json!(["file", label, null]), |browser, found| {
            browser.session.with_element(&found.element, "value", &json!({ "text": path }))
        });
    }

    /// Drags files, each with its name, over the box around the field with this label, and lets them fall.
    #[track_caller]
    pub fn drop_files(&self, label: &str, files: &[(&str, &[u8])]) -> Dropped {
        let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let files: Vec<Value> = files.iter().map(|(name, bytes)| json!([name, base64(bytes)])).collect();
        let mut dropped = Dropped::default();
        self.act(&format!("the file field `{label}`"), &json!(["file", label, null]), |browser, found| {
            let told = browser.session.run(DROP, &json!([found.element.reference(), files]))?;
            dropped = Dropped { shown: told[0] == true, taken: told[1] == true, left: told[2] == true };
            Ok(())
        });
        dropped
    }

    /// What stands in the field with this label.
    #[track_caller]
    pub fn value_of(&self, label: &str) -> String {
        let mut value = String::new();
        self.act(&format!("the field `{label}`"), &json!(["field", label, null]), |browser, found| {
            value = browser.property(&found.element, "value")?;
            Ok(())
        });
        value
    }

    /// Waits until a text is there. Neither case nor line breaks count.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        let wanted = squeezed(text);
        if !until(SEEN, || self.shows(&wanted)) {
            self.browser.complain(&format!("should see `{text}`{}", self.place()));
        }
    }

    /// Asserts that a text is not there, now that the page is.
    #[track_caller]
    pub fn does_not_see(&self, text: &str) {
        let unwanted = squeezed(text);
        if !until(SEEN, || self.browser.is_loaded()) {
            self.browser.complain("should have a whole page by now");
        }
        if self.shows(&unwanted) {
            self.browser.complain(&format!("should not see `{text}`{}", self.place()));
        }
    }

    /// Whether there is a button or link with this text now.
    pub fn offers(&self, name: &str) -> bool {
        self.look(&json!(["button", name, null])).is_ok_and(|there| !there.elements.is_empty())
    }

    /// The visible text.
    pub fn text(&self) -> String {
        let script = format!("{PAGE}\nreturn seen(...arguments);");
        let seen = self.browser.session.run(&script, &json!([self.within]));
        seen.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    fn shows(&self, squeezed_text: &str) -> bool {
        squeezed(&self.text()).contains(squeezed_text)
    }

    #[track_caller]
    fn set_box(&self, label: &str, ticked: bool) {
        self.act(&format!("the box `{label}`"), &json!(["box", label, null]), |browser, found| {
            if browser.is_selected(&found.element)? == ticked {
                return Ok(());
            }
            let click = found.click.as_ref().unwrap_or(&found.element);
            browser.session.with_element(click, "click", &json!({}))
        });
    }

    /// Finds the one element that is meant, and does something with it. A page that changes meanwhile is looked at again.
    #[track_caller]
    fn act(&self, what: &str, asked: &Value, mut act: impl FnMut(&Browser<'f>, &Found) -> Result<(), Refusal>) {
        let mut problem = String::new();
        let done = until(FOUND, || {
            problem = match self.look(asked) {
                Err(refusal) => refusal.to_string(),
                Ok(there) if there.missing => "there is no such part".to_owned(),
                Ok(there) => match there.elements.as_slice() {
                    [] => format!("there is {}", list(&there.names)),
                    [found] => match act(self.browser, found) {
                        Ok(()) => return true,
                        Err(refusal) => refusal.to_string(),
                    },
                    many => format!("there are {} of them: say which with `within`", many.len()),
                },
            };
            false
        });
        if !done {
            self.browser.complain(&format!("looks for {what}{}: {problem}", self.place()));
        }
    }

    fn look(&self, asked: &Value) -> Result<There, Refusal> {
        let script = format!("{PAGE}\nreturn find(...arguments);");
        let asked = asked.as_array().into_iter().flatten().cloned().chain([json!(self.within)]);
        let answer = self.browser.session.run(&script, &Value::Array(asked.collect()))?;
        let mut clicks = Element::all(&answer["clicks"]).into_iter();
        let elements = Element::all(&answer["found"]).into_iter();
        let names = answer["there"].as_array().into_iter().flatten();
        Ok(There {
            elements: elements.map(|element| Found { element, click: clicks.next() }).collect(),
            names: names.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
            missing: answer["missing"] == true,
        })
    }

    fn place(&self) -> String {
        self.within.as_ref().map_or_else(String::new, |within| format!(" within `{within}`"))
    }
}

/// Drags files over the box of a file field, and drops them there: what a page sees of a mouse that carries files.
const DROP: &str = r#"
const [input, files] = arguments;
const carried = new DataTransfer();
for (const [name, base64] of files) {
  carried.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
}
const zone = input.closest("[data-drop]");
const fire = (kind) =>
  !zone.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
fire("dragenter");
fire("dragover");
const shown = zone.classList.contains("over");
const taken = fire("drop");
return [shown, taken, !zone.classList.contains("over")];
"#;

/// What a page did with files that were dragged onto it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// It showed that it would take them.
    pub shown: bool,
    /// It took them, so the browser does not open them itself.
    pub taken: bool,
    /// It looks as before.
    pub left: bool,
}

/// An element, and what is clicked for it, if that is another one: a label that draws its box.
struct Found {
    element: Element,
    click: Option<Element>,
}

/// What is there of what was asked for.
struct There {
    elements: Vec<Found>,
    names: Vec<String>,
    missing: bool,
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "none at all".to_owned() } else { quoted.join(", ") }
}

/// Tries until it is so, and at least once; whether it became so.
pub(super) fn until(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if began.elapsed() > patience {
            return false;
        }
        thread::sleep(AGAIN);
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
