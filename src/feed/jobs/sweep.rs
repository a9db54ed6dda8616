//! Forgetting what has ended: sessions, links that are good once, old notices, kept verdicts. All of it counts for nothing any more; this only
//! keeps the tables small.

use time::{Duration, OffsetDateTime};

use super::{Failure, Run, numbered};
use crate::app::App;
use crate::domain::session::{CODE_AWAITED, SessionRules};
use crate::feed::verdicts::ROOM;
use crate::store;

/// How long a notice is kept. Whoever was not here for so long finds the same on the pages themselves.
const NOTICES_KEPT: Duration = Duration::days(90);

/// Sweeps once.
pub(super) fn sweep(app: &App, _run: &mut Run<'_>, now: OffsetDateTime) -> Result<String, Failure> {
    let beyond = app.store.read(|r| r.verdicts_beyond(ROOM))?;
    let (sessions, links, notices, verdicts) = app.store.write(|w| {
        let rules = SessionRules::from(&app.policy(w.policy()?));
        let sessions = w.sweep_sessions(now - rules.idle, now - rules.absolute, now - CODE_AWAITED)?;
        let notices = w.sweep_notices(now - NOTICES_KEPT)?;
        Ok::<_, store::Error>((sessions, w.sweep_one_time_links(now)?, notices, w.sweep_verdicts(&beyond, now)?))
    })?;
    let swept: Vec<String> = [(sessions, "session"), (links, "link"), (notices, "notice"), (verdicts, "verdict")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| numbered(count as u64, what))
        .collect();
    Ok(if swept.is_empty() { "nothing had ended".to_owned() } else { format!("forgot {}", swept.join(", ")) })
}
