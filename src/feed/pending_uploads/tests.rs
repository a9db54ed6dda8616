//! Uploads that wait: for whom, for how long, how many, and what becomes of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::{iter, thread};

use tempfile::{NamedTempFile, TempDir};

use super::*;
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::feed::test_house::NOW;

const ANN: AccountId = AccountId(1);
const BOB: AccountId = AccountId(2);
const MIB: u64 = 1 << 20;

type Uploads = PendingUploads<&'static str>;
type Kept = Result<Arc<Upload<&'static str>>, Full>;

struct Spool {
    folder: TempDir,
    uploads: Uploads,
}

impl Spool {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), uploads: Uploads::default() }
    }

    fn upload(&self, number: u8, account: AccountId, size: u64, now: OffsetDateTime) -> Kept {
        self.arrives(self.uploads.leave(account, now)?, number, size, now)
    }

    fn arrives(&self, leave: Leave<'_, &'static str>, number: u8, size: u64, now: OffsetDateTime) -> Kept {
        let file = NamedTempFile::new_in(self.folder.path()).unwrap();
        let new = NewUpload {
            token: SecretToken::from_random(&[number; 32]),
            owner: "ann".parse().unwrap(),
            file_name: "a.nupkg".to_owned(),
            received: Received { file, size, sha512: [0; 64] },
        };
        self.uploads.keep(leave, new, now)
    }

    fn files(&self) -> usize {
        self.folder.path().read_dir().unwrap().count()
    }
}

fn identity() -> (PackageId, NuGetVersion) {
    ("Contoso.Core".parse().unwrap(), NuGetVersion::parse("1.0.0").unwrap())
}

fn publish(upload: &Upload<&'static str>) -> Result<(), NotNow> {
    upload.publish(|_| Ok(()), |()| identity())
}

#[test]
fn an_upload_is_there_for_an_hour_and_for_its_account_alone() {
    let spool = Spool::new();
    let kept = spool.upload(1, ANN, 10, NOW).unwrap();
    let token = kept.token().to_owned();
    drop(kept);
    let last = NOW + WAITS - Duration::SECOND;
    assert!(spool.uploads.of(ANN, &token, last).is_some());
    assert_eq!(spool.uploads.waiting_of(ANN, last).len(), 1);
    assert!(spool.uploads.of(BOB, &token, NOW).is_none() && spool.uploads.waiting_of(BOB, NOW).is_empty());
    assert!(spool.uploads.of(ANN, "../../assay.db", NOW).is_none());
    assert_eq!(spool.files(), 1);
    assert!(spool.uploads.of(ANN, &token, NOW + WAITS).is_none());
    assert_eq!(spool.files(), 0, "its file goes with it");
}

#[test]
fn an_account_has_a_few_of_them_and_what_is_on_its_way_counts() {
    let spool = Spool::new();
    for number in 1..OF_ONE_ACCOUNT {
        spool.upload(u8::try_from(number).unwrap(), ANN, 10, NOW).unwrap();
    }
    let coming = spool.uploads.leave(ANN, NOW).unwrap();
    assert_eq!(spool.upload(9, ANN, 10, NOW).err(), Some(Full::OfAccount));
    assert!(spool.upload(10, BOB, 10, NOW).is_ok(), "others have their own");
    drop(coming);
    let last = spool.upload(9, ANN, 10, NOW).unwrap();
    assert_eq!(spool.upload(11, ANN, 10, NOW).err(), Some(Full::OfAccount));
    publish(&last).unwrap();
    assert!(spool.upload(11, ANN, 10, NOW).is_ok(), "one that was published waits no more");
    assert_eq!(spool.files(), OF_ONE_ACCOUNT + 1);
}

/// Somebody else in the same account begins uploads all the time. What has arrived whole has the place that was kept for it.
#[test]
fn an_upload_that_had_leave_is_never_thrown_away_for_one_that_came_after_it() {
    const LAST: u8 = 9;
    let spool = Spool::new();
    for number in 1..OF_ONE_ACCOUNT {
        spool.upload(u8::try_from(number).unwrap(), ANN, 10, NOW).unwrap();
    }
    let done = AtomicBool::new(false);
    let refused = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    drop(spool.uploads.leave(ANN, NOW));
                }
            });
        }
        let rounds = (0..2_000).filter(|_| {
            let Some(leave) = iter::repeat_with(|| spool.uploads.leave(ANN, NOW).ok()).take(1_000_000).flatten().next()
            else {
                return true;
            };
            match spool.arrives(leave, LAST, 10, NOW) {
                Ok(kept) => spool.uploads.discard(&kept).is_err(),
                Err(_) => true,
            }
        });
        let refused = rounds.count();
        done.store(true, Ordering::Relaxed);
        refused
    });
    assert_eq!(refused, 0, "of 2000 that had leave");
    assert!(spool.uploads.leave(ANN, NOW).is_ok(), "each leave was given back once");
}

#[test]
fn an_accounts_uploads_have_so_many_bytes_together_but_a_first_one_may_be_as_large_as_the_policy_allows() {
    let spool = Spool::new();
    spool.upload(1, ANN, BYTES_OF_ONE_ACCOUNT - MIB, NOW).unwrap();
    assert_eq!(spool.upload(2, ANN, MIB + 1, NOW).err(), Some(Full::BytesOfAccount));
    assert!(spool.upload(2, ANN, MIB, NOW).is_ok());
    assert!(spool.upload(3, BOB, BYTES_OF_ONE_ACCOUNT + MIB, NOW).is_ok());
    assert_eq!(spool.files(), 3, "what was refused left nothing");
}

#[test]
fn all_uploads_have_so_many_bytes_together() {
    let spool = Spool::new();
    for number in 0..4u8 {
        spool.upload(number, AccountId(i64::from(number)), BYTES_OF_ALL / 4, NOW).unwrap();
    }
    assert_eq!(spool.upload(9, AccountId(9), 1, NOW).err(), Some(Full::Bytes));
    assert!(spool.upload(9, AccountId(9), 1, NOW + WAITS).is_ok(), "room again when their hour is over");
}

#[test]
fn a_second_click_publishes_nothing_and_finds_what_was_published() {
    let spool = Spool::new();
    let upload = spool.upload(1, ANN, 10, NOW).unwrap();
    let mut clicks = 0;
    let published = upload.publish::<_, NotNow>(
        |received| {
            clicks += 1;
            assert_eq!(received.size, 10);
            assert_eq!(publish(&upload), Err(NotNow::Busy), "while the first one runs");
            assert_eq!(spool.uploads.discard(&upload), Err(NotNow::Busy));
            assert_eq!(upload.look::<NotNow>(|_| Ok("x")).err(), Some(NotNow::Busy));
            Ok(())
        },
        |()| identity(),
    );
    assert!(published.is_ok());
    let done = NotNow::Published(Box::new(identity()));
    assert_eq!(publish(&upload), Err(done.clone()));
    assert_eq!(spool.uploads.discard(&upload), Err(done));
    assert_eq!((clicks, spool.files()), (1, 0));
    assert!(spool.uploads.of(ANN, upload.token(), NOW).is_some(), "whoever loads the page is led to the package");
    assert!(spool.uploads.waiting_of(ANN, NOW).is_empty());
}

#[test]
fn a_refused_publication_leaves_the_upload_there_and_a_discarded_one_is_gone() {
    let spool = Spool::new();
    let upload = spool.upload(1, ANN, 10, NOW).unwrap();
    let refused = upload.publish::<(), _>(|_| Err(NotNow::Gone), |()| identity());
    assert_eq!(refused, Err(NotNow::Gone));
    assert_eq!(*upload.look::<NotNow>(|_| Ok("in order")).unwrap(), "in order");
    assert_eq!(upload.found().as_deref(), Some(&"in order"));
    spool.uploads.discard(&upload).unwrap();
    assert_eq!(publish(&upload), Err(NotNow::Gone), "a page that was open already");
    assert!(spool.uploads.of(ANN, upload.token(), NOW).is_none());
    assert_eq!(spool.files(), 0);
}
