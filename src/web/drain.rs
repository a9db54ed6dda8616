//! Throws away the body of a refused upload.
//!
//! The .NET client reads no answer before it has sent the whole body: an answer followed by a close becomes "Broken pipe"
//! after three uploads, and the reason is lost (seen with SDK 10.0.401). So a refusal reads the body to its end, within
//! bounds that keep a stranger from holding connections open.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::ConnectionType;
use futures_util::StreamExt;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::answer::Answer;
use super::spool::Body;
use super::state::State;

/// How long a refused upload may take.
const LONGEST: Duration = Duration::from_secs(120);
/// Refused uploads that are drained at once; further ones are closed.
const AT_ONCE: usize = 16;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// The refusal of an upload, once its body is out of the way.
pub(super) async fn drained(refusal: Answer, body: Body, state: &State) -> HttpResponse {
    let gone = out_of_the_way(body, state).await;
    closed_unless(gone, refusal.into())
}

/// Reads the body of a package that is not taken, up to the size of one. Whether it came to its end.
pub(super) async fn out_of_the_way(body: Body, state: &State) -> bool {
    let limit = state.live().policy.package_size_limit;
    tokio::select! {
        gone = drain(body, limit) => gone,
        () = state.patience.stopped() => false,
    }
}

/// The response, after which the connection is closed unless the body is `gone`: what is still on its way is no request.
pub(super) fn closed_unless(gone: bool, mut response: HttpResponse) -> HttpResponse {
    if !gone {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

/// Reads `body` to its end. Whether that succeeded within `limit` bytes; if not, the connection must be closed.
pub(super) async fn drain(mut body: Body, limit: u64) -> bool {
    let Ok(_place) = PLACES.try_acquire() else { return false };
    let end = Instant::now() + LONGEST;
    let mut drained = 0u64;
    loop {
        match timeout_at(end, body.next()).await {
            Ok(None) => return true,
            Ok(Some(Ok(bytes))) => drained = drained.saturating_add(bytes.len() as u64),
            Ok(Some(Err(_))) | Err(_) => return false,
        }
        if drained > limit {
            return false;
        }
    }
}
