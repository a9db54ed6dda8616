//! The bell that wakes the thread which asks: rung after a push, and when the server stops.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::check::Which;
use crate::domain::fingerprint::Fingerprint;

/// A certificate is asked about out of turn once in so long.
const PAUSE: Duration = Duration::from_secs(60);
/// So many certificates are asked about out of turn in that time: each is a request to somebody else's server.
const MOST: usize = 20;

/// Whether somebody rang, and whether all is over.
#[derive(Debug, Default)]
struct State {
    rung: bool,
    for_all: bool,
    /// Certificates that are to be asked about whether they are due or not.
    about: BTreeSet<Fingerprint>,
    /// Those that lately were, with the time.
    lately: Vec<(Fingerprint, Instant)>,
    stopped: bool,
}

/// A bell. Ringing it twice before anybody listens is ringing it once.
#[derive(Debug, Default)]
pub struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

/// Why a wait is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Woken {
    /// Somebody rang, who wants these asked.
    Rung(Which),
    /// Nobody did.
    Time,
    /// The server stops.
    Stopped,
}

impl Bell {
    /// Rings.
    pub fn ring(&self) {
        self.lock().rung = true;
        self.changed.notify_all();
    }

    /// Rings to have everybody asked now, whether it is due or not.
    pub fn ring_for_all(&self) {
        self.lock().for_all = true;
        self.ring();
    }

    /// Rings to have one certificate asked about now; `false` when that was done just before, or too often for others.
    pub(super) fn ring_for(&self, certificate: Fingerprint) -> bool {
        let now = Instant::now();
        let mut state = self.lock();
        state.lately.retain(|(_, at)| now.duration_since(*at) < PAUSE);
        if state.lately.len() >= MOST || state.lately.iter().any(|(one, _)| *one == certificate) {
            return false;
        }
        state.lately.push((certificate, now));
        state.about.insert(certificate);
        state.rung = true;
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Ends every wait, now and later.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Whether it was stopped.
    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Waits until somebody rings, for at most `time`.
    pub(super) fn wait(&self, time: Duration) -> Woken {
        let until = Instant::now() + time;
        let mut state = self.lock();
        loop {
            if state.stopped {
                return Woken::Stopped;
            }
            if std::mem::take(&mut state.rung) {
                let about = std::mem::take(&mut state.about);
                return Woken::Rung(match std::mem::take(&mut state.for_all) {
                    true => Which::All,
                    false if about.is_empty() => Which::Due,
                    false => Which::About(about),
                });
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Woken::Time;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn one_certificate_is_asked_about_once_a_minute_and_not_too_many_are() {
        let bell = Bell::default();
        let one = Fingerprint::of(b"one");
        assert!(bell.ring_for(one) && !bell.ring_for(one));
        assert_eq!(bell.wait(LONG), Woken::Rung(Which::About([one].into())));
        assert!(!bell.ring_for(one), "it was asked about just before");
        let others = (0..MOST).filter(|n| bell.ring_for(Fingerprint::of(&n.to_be_bytes()))).count();
        assert_eq!(others, MOST - 1);
        bell.ring_for_all();
        assert_eq!(bell.wait(LONG), Woken::Rung(Which::All));
        assert_eq!(bell.wait(Duration::ZERO), Woken::Time, "who is asked with all is not asked again");
    }

    #[test]
    fn what_rang_before_is_heard_once_and_stopping_is_heard_always() {
        let bell = Bell::default();
        assert_eq!(bell.wait(Duration::ZERO), Woken::Time);
        bell.ring();
        bell.ring();
        assert_eq!(bell.wait(LONG), Woken::Rung(Which::Due));
        assert_eq!(bell.wait(Duration::ZERO), Woken::Time);
        bell.ring_for_all();
        bell.ring();
        assert_eq!(bell.wait(LONG), Woken::Rung(Which::All));
        bell.ring();
        assert_eq!(bell.wait(LONG), Woken::Rung(Which::Due));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| bell.wait(LONG));
            bell.stop();
            assert_eq!(waiting.join().unwrap(), Woken::Stopped);
        });
        assert_eq!(bell.wait(LONG), Woken::Stopped);
    }
}
