//! Flashes on their way from a form to the next page, in memory: what is shown once need not outlive the server, and a new
//! key must never reach a disk.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::flash::Flash;

/// Flashes that wait at most; beyond it the oldest go.
const MAX_WAITING: usize = 1000;

/// All that wait, by the hash of the visitor's secret.
#[derive(Default)]
pub(in crate::web) struct Flashes(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    of: HashMap<[u8; 32], Flash>,
    order: VecDeque<[u8; 32]>,
}

impl Flashes {
    /// Keeps one for the visitor's next page, in place of an earlier one.
    pub fn put(&self, visitor: [u8; 32], flash: Flash) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.of.insert(visitor, flash).is_none() {
            waiting.order.push_back(visitor);
        }
        while waiting.order.len() > MAX_WAITING {
            if let Some(oldest) = waiting.order.pop_front() {
                waiting.of.remove(&oldest);
            }
        }
    }

    /// Takes the one for the visitor: it is shown once.
    pub fn take(&self, visitor: &[u8; 32]) -> Option<Flash> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flash = waiting.of.remove(visitor)?;
        waiting.order.retain(|other| other != visitor);
        Some(flash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_is_shown_to_its_visitor_and_once() {
        let flashes = Flashes::default();
        flashes.put([1; 32], Flash::done("done"));
        assert!(flashes.take(&[2; 32]).is_none());
        assert_eq!(flashes.take(&[1; 32]).unwrap().text, "done");
        assert!(flashes.take(&[1; 32]).is_none());
    }

    #[test]
    fn so_many_wait_and_no_more() {
        let flashes = Flashes::default();
        for number in 0..=u16::try_from(MAX_WAITING).unwrap() {
            let mut visitor = [0; 32];
            visitor[..2].copy_from_slice(&number.to_be_bytes());
            flashes.put(visitor, Flash::done("done"));
        }
        assert!(flashes.take(&[0; 32]).is_none());
        assert_eq!(flashes.0.lock().unwrap().of.len(), MAX_WAITING);
    }
}
