//! How long the server waits for a client that sends nothing: a minute, and a few seconds once it was told to stop. And for one
//! that sends a byte now and then: not longer than for one that sends nothing.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// How long a client may send nothing.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes of a body that come at least in each minute that it is waited for. 250 MB at that rate would take three days, so nobody
/// who means it is slower: a telephone's modem brings three times as much.
const LEAST_A_MINUTE: u64 = 64 * 1024;
/// The same once the server was told to stop: an upload that runs finishes, one that has stalled does not keep it.
const SILENCE_WHILE_STOPPING: Duration = Duration::from_secs(5);

/// Tells whether the server was told to stop.
#[derive(Clone)]
pub(crate) struct Patience(watch::Receiver<bool>);

/// The client was silent for too long, or as good as silent.
#[derive(Debug)]
pub(super) struct Silent;

/// How fast a body comes: waited for, and what came meanwhile. What the server itself takes its time for is not counted.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waited: Duration,
    came: u64,
}

impl Pace {
    /// Notes that so many bytes came.
    pub fn came(&mut self, bytes: usize) {
        self.came = self.came.saturating_add(bytes as u64);
    }

    /// How long the client may take for its next bytes, before it has sent too little.
    fn left(&mut self) -> Duration {
        if self.came >= LEAST_A_MINUTE {
            if self.waited >= SILENCE {
                *self = Self::default();
            }
            return SILENCE;
        }
        SILENCE.saturating_sub(self.waited)
    }
}

impl Patience {
    /// Patience that ends when the other half is set to `true`.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (stop, stopping) = watch::channel(false);
        (stop, Self(stopping))
    }

    /// What `client` gives, unless it is silent for too long.
    ///
    /// # Errors
    /// [`Silent`].
    pub async fn with<T>(&self, client: impl Future<Output = T>) -> Result<T, Silent> {
        tokio::select! {
            given = client => Ok(given),
            () = sleep(SILENCE) => Err(Silent),
            () = self.stopped() => Err(Silent),
        }
    }

    /// The same for a part of a body, which must come at some pace: else one byte a minute would hold a place for an hour.
    ///
    /// # Errors
    /// [`Silent`].
    pub async fn paced<T>(&self, pace: &mut Pace, client: impl Future<Output = T>) -> Result<T, Silent> {
        let began = Instant::now();
        let given = self.with(timeout(pace.left(), client)).await?.map_err(|_| Silent)?;
        pace.waited = pace.waited.saturating_add(began.elapsed());
        Ok(given)
    }

    /// Ends some seconds after the server was told to stop.
    pub async fn stopped(&self) {
        let mut stopping = self.0.clone();
        // The sender lives as long as the server; without it nobody can say stop.
        if stopping.wait_for(|stop| *stop).await.is_err() {
            return std::future::pending().await;
        }
        sleep(SILENCE_WHILE_STOPPING).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_waited_for_a_minute_and_shorter_once_the_server_stops() {
        let (stop, patience) = Patience::new();
        let waits = async || {
            let began = tokio::time::Instant::now();
            assert!(patience.with(std::future::pending::<()>()).await.is_err());
            began.elapsed().as_secs()
        };
        assert_eq!(waits().await, 60);
        assert!(patience.with(sleep(Duration::from_secs(59))).await.is_ok());
        stop.send(true).unwrap();
        assert_eq!(waits().await, 5);
        assert!(patience.with(sleep(Duration::from_secs(4))).await.is_ok());
    }

    /// Seconds until a client is cut that sends `bytes` each `seconds`; `None` when it may go on for a day.
    async fn cut_after(bytes: usize, seconds: u64) -> Option<u64> {
        let (_running, patience) = Patience::new();
        let (began, mut pace) = (Instant::now(), Pace::default());
        while began.elapsed() < Duration::from_secs(24 * 60 * 60) {
            if patience.paced(&mut pace, sleep(Duration::from_secs(seconds))).await.is_err() {
                return Some(began.elapsed().as_secs());
            }
            pace.came(bytes);
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_sends_a_byte_now_and_then_is_cut_like_one_who_sends_nothing_and_a_slow_line_is_not() {
        assert_eq!(cut_after(1, 1).await, Some(60));
        assert_eq!(cut_after(1, 59).await, Some(60));
        assert_eq!(cut_after(900, 1).await, Some(60));
        assert_eq!(cut_after(1200, 1).await, None);
        assert_eq!(cut_after(70_000, 55).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_server_takes_its_time_for_is_not_the_clients() {
        let (_running, patience) = Patience::new();
        let mut pace = Pace::default();
        for _ in 0..10 {
            assert!(patience.paced(&mut pace, sleep(Duration::from_secs(1))).await.is_ok());
            sleep(Duration::from_secs(30)).await;
        }
    }
}
