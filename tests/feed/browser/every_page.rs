//! Every page, in two widths, in light and in dark: whether everybody can use it. The pictures are in `target/screens`.
//!
//! Which pages there are is read out of the routes, so that none is added without being looked at.

mod account;
mod administration;
mod certificates;
mod house;
mod organizations;
mod packages;
mod revocation;
mod strangers;
mod tour;
mod upload;
mod verdicts;
mod withdrawals;

use self::tour::Tour;
use crate::support::Feed;
use crate::support::smtp::{MailServer, Speaks};

#[test]
fn every_page_can_be_used_by_everybody() {
    // With mail there are more pages.
    let post = MailServer::start(Speaks::TlsAtOnce);
    let feed = Feed::with()
        .environment("SSL_CERT_FILE", post.roots().to_str().expect("a path"))
        .argument("--mail-server")
        .argument(&format!("smtps://localhost:{}", post.port))
        .argument("--mail-from")
        .argument("feed@example.com")
        .start();
    let mut tour = Tour::default();
    if strangers::walk(&mut tour, &feed).is_none() {
        return;
    }
    house::furnish(&feed);
    account::walk(&mut tour, &feed, &post);
    organizations::walk(&mut tour, &feed);
    packages::walk(&mut tour, &feed);
    upload::walk(&mut tour, &feed);
    verdicts::walk(&mut tour, &feed);
    certificates::walk(&mut tour, &feed);
    administration::walk(&mut tour, &feed);
    tour.ends_well();
}
