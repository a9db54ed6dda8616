//! How pages look and whether everybody can use them: each in two widths, in light and in dark.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Browser, screens, text};

/// What keeps people from using a page, as a function body that returns sentences.
const ACCESSIBILITY: &str = include_str!("accessibility.js");

/// A window on a desk, and the narrowest telephone: name, width, height.
const WIDTHS: &[(&str, u32, u32)] = &[("wide", 1280, 800), ("narrow", 360, 800)];

/// Looks at pages, each a name and a path. A picture of each, wide and narrow, light and dark, goes to `target/screens`.
///
/// Fails with everything that is wrong on all of them: what keeps people with a keyboard, a screen reader or weak eyes from
/// using them, what makes them scroll sideways, errors in the console, and pages that lead elsewhere.
#[track_caller]
pub fn at(browser: &Browser<'_>, pages: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (name, path) in pages {
        browser.open(path);
        if browser.path() != *path {
            wrong.push(format!("{name}: {path} leads to {}", browser.path()));
            continue;
        }
        wrong.extend(at_this(browser, name));
    }
    assert!(wrong.is_empty(), "{} things are wrong with the pages:\n{}", wrong.len(), wrong.join("\n"));
}

/// Looks at the page that is open, which may be one that no path leads to; what is wrong with it.
#[must_use]
pub fn at_this(browser: &Browser<'_>, name: &str) -> Vec<String> {
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (width_name, width, height) in WIDTHS {
        browser.resize(*width, *height);
        for scheme in ["light", "dark"] {
            if scheme == "dark" {
                browser.dark()
            } else {
                browser.light()
            }
            let view = format!("{width_name} {scheme}");
            browser.screenshot(&screens().join(format!("{name}-{width_name}-{scheme}.png")));
            for complaint in complaints(browser) {
                wrong.entry(complaint).or_default().push(view.clone());
            }
        }
    }
    browser.resize(WIDTHS[0].1, WIDTHS[0].2);
    browser.light();
    let everywhere = WIDTHS.len() * 2;
    let told = wrong.into_iter().map(|(complaint, views)| match views.len() {
        all if all == everywhere => format!("{name}: {complaint}"),
        _ => format!("{name} ({}): {complaint}", views.join(", ")),
    });
    told.chain(browser.console_errors().into_iter().map(|error| format!("{name}: console: {error}"))).collect()
}

fn complaints(browser: &Browser<'_>) -> Vec<String> {
    let found = browser.done("look at the page", browser.session.run(ACCESSIBILITY, &json!([])));
    found.as_array().into_iter().flatten().map(text).collect()
}
