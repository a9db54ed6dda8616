//! One request to a URL at a time.
//!
//! Equal requests share one answer: the first asks, the others wait for it. Unequal ones to the same URL take turns. Time
//! spent waiting counts.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
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
}

/// What came of it, for everybody who asked.
pub(super) type Answer = Result<Arc<Vec<u8>>, Error>;

/// Who is being asked now.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<String, Arc<Turn>>>);

#[derive(Debug)]
struct Turn {
    question: Question,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
enum State {
    Running,
    Answered(Answer),
    /// Whoever asked is gone without an answer.
    Abandoned,
}

impl Turns {
    /// Asks by `ask` when it is this question's turn, or takes the answer of an equal one; `None` when `until` passes first.
    pub fn take(&self, url: &str, question: &Question, until: Instant, ask: impl FnOnce() -> Answer) -> Option<Answer> {
        loop {
            let other = {
                let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                match turns.get(url) {
                    Some(other) => Arc::clone(other),
                    None => {
                        let state = Mutex::new(State::Running);
                        let mine = Arc::new(Turn { question: question.clone(), state, changed: Condvar::new() });
                        turns.insert(url.to_owned(), Arc::clone(&mine));
                        drop(turns);
                        let end = End { turns: self, url, turn: &mine };
                        let answer = ask();
                        end.with(State::Answered(answer.clone()));
                        return Some(answer);
                    }
                }
            };
            let answer = other.wait(until)?;
            if other.question == *question
                && let State::Answered(answer) = answer
            {
                return Some(answer);
            }
        }
    }
}

impl Turn {
    /// Waits for its end.
    fn wait(&self, until: Instant) -> Option<State> {
        let left = until.saturating_duration_since(Instant::now());
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let running = |state: &mut State| matches!(state, State::Running);
        let (state, timeout) =
            self.changed.wait_timeout_while(state, left, running).unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Running => {
                debug_assert!(timeout.timed_out());
                None
            }
            State::Answered(answer) => Some(State::Answered(answer.clone())),
            State::Abandoned => Some(State::Abandoned),
        }
    }
}

/// Ends a turn, also when the request panics: nobody must wait for ever.
struct End<'a> {
    turns: &'a Turns,
    url: &'a str,
    turn: &'a Turn,
}

impl End<'_> {
    fn with(&self, state: State) {
        *self.turn.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.turns.0.lock().unwrap_or_else(PoisonError::into_inner).remove(self.url);
        let mut state = self.turn.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Running) {
            *state = State::Abandoned;
        }
        drop(state);
        self.turn.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    const GET: Question = Question { body: None, limit: 10, inside: false };

    fn post(byte: u8) -> Question {
        Question { body: Some(("a/b", vec![byte])), limit: 10, inside: false }
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
        assert!(turns.0.lock().unwrap().is_empty());
    }

    #[test]
    fn unequal_questions_to_one_url_take_turns_and_other_urls_do_not_wait() {
        let (turns, running, most) = (Turns::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for byte in 0..4 {
                let (turns, running, most) = (&turns, &running, &most);
                scope.spawn(move || {
                    let answer = turns.take("u", &post(byte), soon(), || {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::sleep(Duration::from_millis(20));
                        running.fetch_sub(1, Ordering::SeqCst);
                        Ok(Arc::new(vec![byte]))
                    });
                    assert_eq!(*answer.unwrap().unwrap(), [byte]);
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
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
