//! The same work on many things at once, with the results in the order of the things, and a bar that shows how far it is.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Failure;

/// Does `work` on all things, on as many threads as there are processors, and passes the results to `done` in the order
/// of the things. The bar is drawn on a terminal only, and only for several things.
///
/// # Errors
/// The first of `done`; what has not begun then is not done.
pub(super) fn in_order<T: Sync, R: Send>(
    things: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut done: impl FnMut(R) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let bar = bar(things.len());
    let next = AtomicUsize::new(0);
    // A result is sent only when the one before was taken: printing to a slow pipe must not pile up results.
    let (sender, results) = mpsc::sync_channel(1);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(things.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(thing) = things.get(index) else { return };
                    if sender.send((index, work(thing))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut turn = 0;
        for (index, result) in results {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&turn) {
                bar.suspend(|| done(result))?;
                bar.inc(1);
                turn += 1;
            }
        }
        bar.finish_and_clear();
        Ok(())
    })
}

fn bar(length: usize) -> ProgressBar {
    if length < 2 {
        return ProgressBar::hidden();
    }
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} packages, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_things_whatever_takes_how_long() {
        let things: Vec<u64> = (0..50).collect();
        let mut seen = Vec::new();
        let slow_first = |thing: &u64| {
            thread::sleep(Duration::from_millis((50 - thing) % 7));
            thing * 2
        };
        in_order(&things, slow_first, |result| {
            seen.push(result);
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, things.iter().map(|thing| thing * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_failure_ends_the_work_and_nothing_hangs() {
        let things: Vec<u64> = (0..1000).collect();
        let started = AtomicUsize::new(0);
        let work = |_: &u64| started.fetch_add(1, Ordering::Relaxed);
        let result = in_order(&things, work, |_| Err("the pipe is gone".into()));
        assert_eq!(result.unwrap_err().to_string(), "the pipe is gone");
        assert!(started.load(Ordering::Relaxed) < things.len());
    }

    #[test]
    fn no_things_are_no_work() {
        in_order(&[], |thing: &u64| *thing, |_| Ok(())).unwrap();
    }
}
