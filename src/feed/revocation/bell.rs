//! The bell that wakes the thread which asks: rung after a push, and when the server stops.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Whether somebody rang, and whether all is over.
#[derive(Debug, Default)]
struct State {
    rung: bool,
    for_all: bool,
    stopped: bool,
}

/// A bell. Ringing it twice before anybody listens is ringing it once.
#[derive(Debug, Default)]
pub struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

/// Why a wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// Somebody rang.
    Rung,
    /// Somebody rang who wants everybody asked, whether it is due or not.
    RungForAll,
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
                return if std::mem::take(&mut state.for_all) { Woken::RungForAll } else { Woken::Rung };
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
    fn what_rang_before_is_heard_once_and_stopping_is_heard_always() {
        let bell = Bell::default();
        assert_eq!(bell.wait(Duration::ZERO), Woken::Time);
        bell.ring();
        bell.ring();
        assert_eq!(bell.wait(LONG), Woken::Rung);
        assert_eq!(bell.wait(Duration::ZERO), Woken::Time);
        bell.ring_for_all();
        bell.ring();
        assert_eq!(bell.wait(LONG), Woken::RungForAll);
        bell.ring();
        assert_eq!(bell.wait(LONG), Woken::Rung);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| bell.wait(LONG));
            bell.stop();
            assert_eq!(waiting.join().unwrap(), Woken::Stopped);
        });
        assert_eq!(bell.wait(LONG), Woken::Stopped);
    }
}
