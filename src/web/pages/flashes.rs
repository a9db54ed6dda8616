//! Flashes on their way from a form to the next page, in memory: what is shown once need not outlive the server, and a new
//! key must never reach a disk.
//!
//! A flash waits for the page that the form leads to. Another tab of the same person, which may load itself again every few
//! seconds, must not swallow recovery codes that are shown once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::flash::Flash;

/// Flashes that wait at most; beyond it the oldest go.
const MAX_WAITING: usize = 1000;

/// All that wait, by the hash of the visitor's secret and the path.
#[derive(Default)]
pub(in crate::web) struct Flashes(Mutex<Waiting>);

type Place = ([u8; 32], String);

#[derive(Default)]
struct Waiting {
    at: HashMap<Place, Flash>,
    order: VecDeque<Place>,
}

impl Flashes {
    /// Keeps one for the visitor at the page `path`, whatever its query, in place of an earlier one there.
    pub fn put(&self, visitor: [u8; 32], path: &str, flash: Flash) {
        let place = (visitor, bare(path).to_owned());
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.at.insert(place.clone(), flash).is_none() {
            waiting.order.push_back(place);
        }
        while waiting.order.len() > MAX_WAITING {
            if let Some(oldest) = waiting.order.pop_front() {
                waiting.at.remove(&oldest);
            }
        }
    }

    /// Takes the one for the visitor at that page: it is shown once.
    pub fn take(&self, visitor: &[u8; 32], path: &str) -> Option<Flash> {
        let place = (*visitor, bare(path).to_owned());
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flash = waiting.at.remove(&place)?;
        waiting.order.retain(|other| *other != place);
        Some(flash)
    }
}

/// A path without its query and fragment; that of the start page is empty, however it is written.
fn bare(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default().trim_start_matches("./")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_is_shown_to_its_visitor_and_once() {
        let flashes = Flashes::default();
        flashes.put([1; 32], "account/keys?new=1", Flash::done("done"));
        assert!(flashes.take(&[2; 32], "account/keys").is_none());
        assert_eq!(flashes.take(&[1; 32], "account/keys").unwrap().text, "done");
        assert!(flashes.take(&[1; 32], "account/keys").is_none());
    }

    #[test]
    fn another_tab_does_not_swallow_what_is_shown_once() {
        let flashes = Flashes::default();
        flashes.put([1; 32], "account/security", Flash::done("done").with_secret("codes"));
        assert!(flashes.take(&[1; 32], "admin/jobs").is_none());
        assert!(flashes.take(&[1; 32], "account/security").is_some());
    }

    #[test]
    fn so_many_wait_and_no_more() {
        let flashes = Flashes::default();
        for number in 0..=u16::try_from(MAX_WAITING).unwrap() {
            let mut visitor = [0; 32];
            visitor[..2].copy_from_slice(&number.to_be_bytes());
            flashes.put(visitor, "", Flash::done("done"));
        }
        assert!(flashes.take(&[0; 32], "./").is_none());
        assert_eq!(flashes.0.lock().unwrap().at.len(), MAX_WAITING);
    }
}
