//! What a dry run tries, beyond what it decides.

use std::io::Write;

use sha2::{Digest, Sha512};
use time::{Duration, OffsetDateTime};
use url::Url;

use super::{Pusher, Received, dry_run, push};
use crate::app::App;
use crate::config::{Config, Settings};
use crate::data_folder::DataFolder;
use crate::domain::account::AccountKind;
use crate::domain::verdict::{Explained, Found, Outcome, RuleName};
use crate::feed::authority::Actor;
use crate::feed::test_house::{NOW, name};
use crate::nupkg::builder::NupkgBuilder;

/// The feed's first certificate is good for ten years.
const TOO_LATE: Duration = Duration::days(11 * 365);

fn received() -> Received {
    let bytes = NupkgBuilder::new("Contoso.Core", "1.0.0").build();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    Received { file, size: bytes.len() as u64, sha512: Sha512::digest(&bytes).into() }
}

fn feed_signature(explained: &Explained) -> Found {
    explained.rules.iter().find(|named| named.rule == RuleName::FeedSignature).unwrap().found
}

#[test]
fn that_the_feed_can_sign_it_was_tried_and_nothing_of_it_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (DataFolder::create(folder.path()).unwrap(), Config::new(&Settings::default()).unwrap());
    let app = App::open(config, data, &Url::parse("https://feed.example").unwrap(), NOW).unwrap();
    app.store.write(|w| w.create_account(&name("ann"), AccountKind::User, false, None, NOW)).unwrap();
    let pusher = Pusher::Page { actor: Actor::CommandLine, owner: name("ann") };
    let tried = |at: OffsetDateTime| dry_run(&app, &pusher, &received(), at).unwrap().explained;

    let now = tried(NOW);
    assert_eq!((now.outcome, feed_signature(&now)), (Outcome::Accepted, Found::Passed));
    // The key is there as before, but its certificate has ended.
    let late = tried(NOW + TOO_LATE);
    assert_eq!((late.outcome, feed_signature(&late)), (Outcome::Refused, Found::Failed), "{}", late.sentence);
    assert!(push(&app, &pusher, &received(), NOW + TOO_LATE).is_err(), "a push says the same");
    assert!(app.store.read(|r| r.registration(&"Contoso.Core".parse().unwrap())).unwrap().is_none());
}
