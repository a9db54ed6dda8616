//! A walk through all pages: what was seen, what is wrong with it, and what the routes know besides.

use std::collections::BTreeSet;

use crate::support::Browser;
use crate::support::browser::look;

const ROUTES: &str = include_str!("../../../../src/web/routes.rs");

/// The part of the routes that has pages, from here to the end.
const FIRST: &str = "fn way_in(";

/// Handlers that only lead to another page, for whoever loads the address of a form.
const LEAD_ELSEWHERE: [&str; 3] = ["::to_list)", "::back)", "::mine)"];

/// Pages that are looked at, and what is wrong with them.
#[derive(Default)]
pub struct Tour {
    seen: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Tour {
    /// Opens a page and looks at it. It has to be a page of its own, and not lead elsewhere.
    #[track_caller]
    pub fn visit(&mut self, browser: &Browser<'_>, name: &str, path: &str) {
        browser.open(path);
        if browser.path() == path {
            self.look(browser, name);
        } else {
            self.wrong.push(format!("{name}: {path} leads to {}", browser.path()));
        }
    }

    /// Looks at the page that is open, which may be one that no path leads to: a form with mistakes, a question in between.
    pub fn look(&mut self, browser: &Browser<'_>, name: &str) {
        let path = browser.path();
        self.seen.insert(path.split(['?', '#']).next().unwrap_or_default().to_owned());
        self.wrong.extend(look::at_this(browser, name));
    }

    /// Fails with everything that is wrong, and with the pages that were not looked at.
    #[track_caller]
    pub fn ends_well(mut self) {
        let pages = pages();
        assert!(pages.len() > 15, "the pages were not found: {pages:?}");
        let seen: BTreeSet<&String> = self.seen.iter().filter_map(|path| page_of(path, &pages)).collect();
        let missed = pages.iter().filter(|page| !seen.contains(page));
        self.wrong.extend(missed.map(|page| format!("{page} was not looked at")));
        assert!(self.wrong.is_empty(), "{} things are wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
    }
}

/// The paths of all pages, with their parameters, as the source names them.
fn pages() -> Vec<String> {
    let (_, code) = ROUTES.split_once(FIRST).expect("the first group of pages");
    let mut pages = Vec::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once('"') {
        let (literal, next) = after.split_once('"').expect("a closing quote");
        // What follows belongs to this path, up to the next one or the end of the list.
        let about = next.split(['"', ']']).next().unwrap_or_default();
        let reads = about.contains("get()") || before.ends_with("read_only(") || before.ends_with("seen(");
        let is_page = reads && !LEAD_ELSEWHERE.iter().any(|handler| about.contains(handler));
        if literal.starts_with('/') && is_page && !literal.ends_with(".csv") {
            pages.push(literal.to_owned());
        }
        rest = next;
    }
    pages
}

/// The page that a path is of: the one with the fewest parameters that fits.
fn page_of<'p>(path: &str, pages: &'p [String]) -> Option<&'p String> {
    let fits = |page: &&String| {
        let (own, asked): (Vec<&str>, Vec<&str>) = (page.split('/').collect(), path.split('/').collect());
        own.len() == asked.len() && own.iter().zip(&asked).all(|(own, asked)| own.starts_with('{') || own == asked)
    };
    pages.iter().filter(fits).min_by_key(|page| page.matches('{').count())
}

#[test]
fn the_pages_are_those_of_the_routes() {
    let pages = pages();
    for page in ["/", "/sign-in", "/account/keys/{number}/revoke", "/accounts/{name}/members"] {
        assert!(pages.iter().any(|own| own == page), "{page} in {pages:?}");
    }
    for other in ["/sign-out", "/account/invitations/{number}/accept"] {
        assert!(!pages.iter().any(|own| own == other), "{other} is no page");
    }
    assert_eq!(page_of("/account/keys", &pages).map(String::as_str), Some("/account/keys"));
    assert_eq!(page_of("/account/keys/7/revoke", &pages).map(String::as_str), Some("/account/keys/{number}/revoke"));
    assert_eq!(page_of("/no-such-page", &pages), None);
}
