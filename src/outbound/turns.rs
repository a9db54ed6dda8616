//! Only so many requests to a URL at a time.
//!
//! Equal requests share one answer: the first asks, the others wait for it. Of unequal ones to the same URL as many run at
//! once as the question allows, and the others wait for a place. Time spent waiting counts.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use super::error::Error;

/// What is asked of a URL; the rest of a request is the same for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The type and bytes of a POST; `None` for a GET.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// How many bytes the answer may have.
    pub limit: usize,
    /// Whether the answer may come from an address that is not public: whoever may not ask there gets no such answer.
    pub inside: bool,
    /// With how many requests to the URL this one may be on its way, itself counted.
    pub at_once: usize,
}

/// What came of it, for everybody who asked.
pub(super) type Answer = Result<Arc<Vec<u8>>, Error>;

/// Who is being asked now.
#[derive(Debug, Default)]
pub(super) struct Turns {
    running: Mutex<HashMap<String, Vec<Arc<Turn>>>>,
    /// Some turn ended.
    ended: Condvar,
}

/// A request that is on its way.
#[derive(Debug)]
struct Turn {
    question: Question,
    /// What came of it, once it is over; `None` when whoever asked is gone without an answer.
    end: OnceLock<Option<Answer>>,
}

impl Turns {
    /// Asks by `ask` when it is this question's turn, or takes the answer of an equal one; `None` when `until` passes first.
    pub fn take(&self, url: &str, question: &Question, until: Instant, ask: impl FnOnce() -> Answer) -> Option<Answer> {
        let mut running = self.lock();
        loop {
            let turns = running.get(url).map(Vec::as_slice).unwrap_or_default();
            if let Some(equal) = turns.iter().find(|turn| turn.question == *question).map(Arc::clone) {
                running = self.wait(running, until, |_| equal.end.get().is_none())?;
                match equal.end.get() {
                    Some(Some(answer)) => return Some(answer.clone()),
                    _ => continue,
                }
            }
            if turns.len() < question.at_once {
                break;
            }
            let is_full = |running: &Running| running.get(url).is_some_and(|turns| turns.len() >= question.at_once);
            running = self.wait(running, until, is_full)?;
        }
        let mine = Arc::new(Turn { question: question.clone(), end: OnceLock::new() });
        running.entry(url.to_owned()).or_default().push(Arc::clone(&mine));
        drop(running);
        let ending = Ending { turns: self, url, turn: &mine };
        let answer = ask();
        ending.with(answer.clone());
        Some(answer)
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while `busy`; `None` when `until` passes.
    fn wait<'a>(
        &self,
        running: MutexGuard<'a, Running>,
        until: Instant,
        mut busy: impl FnMut(&Running) -> bool,
    ) -> Option<MutexGuard<'a, Running>> {
        let left = until.saturating_duration_since(Instant::now());
        let waited = self.ended.wait_timeout_while(running, left, |running| busy(running));
        let (running, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        (!timeout.timed_out()).then_some(running)
    }
}

/// The turns that run, by URL. A URL without any is not in it.
type Running = HashMap<String, Vec<Arc<Turn>>>;

/// Ends a turn, also when the request panics: nobody must wait for ever.
struct Ending<'a> {
    turns: &'a Turns,
    url: &'a str,
    turn: &'a Arc<Turn>,
}

impl Ending<'_> {
    fn with(self, answer: Answer) {
        // Only this place and `drop`, which comes later, set it.
        let _ = self.turn.end.set(Some(answer));
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let mut running = self.turns.lock();
        if let Some(turns) = running.get_mut(self.url) {
            turns.retain(|turn| !Arc::ptr_eq(turn, self.turn));
            if turns.is_empty() {
                running.remove(self.url);
            }
        }
        self.turn.end.get_or_init(|| None);
        drop(running);
        self.turns.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    const GET: Question = Question { body: None, limit: 10, inside: false, at_once: 1 };

    fn post(byte: u8) -> Question {
        Question { body: Some(("a/b", vec![byte])), limit: 10, inside: false, at_once: 1 }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn equal_questions_share_one_answer() {
        let (turns, asked) = (Turns::default(), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let answer = turns.take("u", &GET, soon(), || {
                        asked.fetch_add(1, Ordering::SeqCst);
                        thread::sleep(Duration::from_millis(300));
                        Ok(Arc::new(vec![7]))
                    });
                    assert_eq!(*answer.unwrap().unwrap(), [7]);
                });
            }
        });
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert!(turns.lock().is_empty());
    }

    /// How many of `count` unequal questions to one URL are on their way at once, at most. Each waits until `expected` are.
    fn most_at_once(count: u8, at_once: usize, expected: usize) -> usize {
        let turns = Turns::default();
        // How many run, and the most that did.
        let (state, changed) = (Mutex::new((0, 0)), Condvar::new());
        let ask = |byte| {
            let mut now = state.lock().unwrap();
            now.0 += 1;
            now.1 = now.1.max(now.0);
            changed.notify_all();
            let few = |now: &mut (usize, usize)| now.1 < expected;
            let (mut now, _) = changed.wait_timeout_while(now, Duration::from_secs(20), few).unwrap();
            now.0 -= 1;
            Ok(Arc::new(vec![byte]))
        };
        thread::scope(|scope| {
            for byte in 0..count {
                let (turns, ask) = (&turns, &ask);
                scope.spawn(move || {
                    let question = Question { at_once, ..post(byte) };
                    let answer = turns.take("u", &question, soon(), || ask(byte));
                    assert_eq!(*answer.unwrap().unwrap(), [byte]);
                });
            }
        });
        assert!(turns.lock().is_empty());
        state.lock().unwrap().1
    }

    #[test]
    fn unequal_questions_to_one_url_run_at_once_as_far_as_they_may() {
        assert_eq!(most_at_once(4, 1, 1), 1);
        assert_eq!(most_at_once(12, 3, 3), 3);
    }

    #[test]
    fn other_urls_do_not_wait() {
        let turns = Turns::default();
        let inner = turns.take("u", &GET, soon(), || turns.take("v", &GET, soon(), || Ok(Arc::default())).unwrap());
        assert!(inner.is_some());
    }

    #[test]
    fn an_answer_from_inside_is_not_for_who_may_not_ask_there() {
        let turns = Turns::default();
        let inside = Question { inside: true, ..GET };
        turns.take("u", &inside, soon(), || {
            let until = Instant::now() + Duration::from_millis(30);
            assert!(turns.take("u", &GET, until, || panic!("not its turn")).is_none());
            Ok(Arc::default())
        });
    }

    #[test]
    fn waiting_ends_at_the_deadline() {
        let turns = Turns::default();
        let answer = turns.take("u", &post(1), soon(), || {
            let until = Instant::now() + Duration::from_millis(30);
            assert!(turns.take("u", &post(2), until, || panic!("not its turn")).is_none());
            Ok(Arc::default())
        });
        assert!(answer.is_some());
    }

    #[test]
    fn a_request_that_panics_leaves_the_turn_to_the_next() {
        let turns = Turns::default();
        let panics = || turns.take("u", &GET, soon(), || panic!("broken"));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
        assert_eq!(*turns.take("u", &GET, soon(), || Ok(Arc::new(vec![1]))).unwrap().unwrap(), [1]);
    }
}
