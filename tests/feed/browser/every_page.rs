//! Every page, in two widths, in light and in dark: whether everybody can use it. The pictures are in `target/screens`.

use crate::support::browser::look;
use crate::support::{Browser, Feed};

#[test]
fn pages_for_strangers_can_be_used_by_everybody() {
    let feed = Feed::start();
    let Some(ann) = Browser::of("ann", &feed) else { return };
    look::at(&ann, &[("sign-in", "/sign-in"), ("not-found", "/no-such-page")]);
}
