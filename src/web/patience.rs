//! How long the server waits for a client that sends nothing: a minute, and a few seconds once it was told to stop.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

/// How long a client may send nothing.
const SILENCE: Duration = Duration::from_secs(60);
/// The same once the server was told to stop: an upload that runs finishes, one that has stalled does not keep it.
const SILENCE_WHILE_STOPPING: Duration = Duration::from_secs(5);

/// Tells whether the server was told to stop.
#[derive(Clone)]
pub(crate) struct Patience(watch::Receiver<bool>);

/// The client was silent for too long.
pub(super) struct Silent;

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
}
