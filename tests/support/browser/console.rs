//! The errors in a browser's console: broken policies, failed scripts, missing files, requests to other hosts.

use serde_json::json;

use super::session::Session;
use super::text;

/// The errors since they were asked for last. That a page itself was answered with 4xx or 5xx is none: some say no.
pub fn errors(session: &Session) -> Vec<String> {
    let Ok(entries) = session.command("POST", "/se/log", &json!({ "type": "browser" })) else { return Vec::new() };
    let history = session.devtools("Page.getNavigationHistory", &json!({})).unwrap_or_default();
    let visits = history["entries"].as_array().into_iter().flatten();
    let visited: Vec<String> = visits.map(|entry| without_part(&text(&entry["url"]))).collect();
    let severe = entries.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
    let is_of_a_page = |message: &String| {
        let failed = message.split_once(" - Failed to load resource: the server responded with a status of");
        failed.is_some_and(|(url, _)| visited.contains(&without_part(url)))
    };
    severe.map(|entry| text(&entry["message"])).filter(|message| !is_of_a_page(message)).collect()
}

/// An address without its `#part`.
fn without_part(url: &str) -> String {
    url.split('#').next().unwrap_or_default().to_owned()
}
