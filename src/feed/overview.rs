//! What an administrator should look at: facts of one snapshot, and what is wrong with them.

use time::{Duration, OffsetDateTime};

use crate::app::App;
use crate::domain::account::AccountName;
use crate::domain::policy::{Policy, SETTINGS, SecondFactor, Setting};
use crate::feed::jobs::Job;
use crate::feed::unknown_roots;
use crate::store::account_facts::AccountFilter;
use crate::store::jobs::{Ended, JobRun};
use crate::store::overview::{FailingMail, Totals};
use crate::store::trust_anchors::{ListedAnchor, Purpose};
use crate::store::void_signatures::VoidFilter;
use crate::store::{self, Reads};

/// How long before something ends an administrator is told: long enough to buy a certificate.
pub const TOLD_BEFORE: Duration = Duration::days(60);
/// Administrators that are looked at: more would be a mistake of its own.
const MAX_ADMINISTRATORS: u32 = 1000;

/// How the feed stands.
#[derive(Debug)]
pub struct Overview {
    /// What to look at, the worst first.
    pub attention: Vec<Attention>,
    /// What of the first steps is left.
    pub first_steps: Vec<FirstStep>,
    /// How much there is.
    pub totals: Totals,
}

/// A step of setting a server up that nobody has taken yet. It may be left out for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstStep {
    /// Whoever looks has no second factor.
    SecondFactor,
    /// A list of roots that pushes need is empty.
    Roots,
    /// Nobody has registered a certificate.
    Certificate,
}

/// Something that an administrator should look at.
#[derive(Debug)]
pub enum Attention {
    /// The feed's key can't be opened: it refuses pushes.
    KeyLost,
    /// No anchor for this purpose: pushes of signed packages are refused.
    NoAnchors(Purpose),
    /// The public URL is not https: nothing is signed.
    Unsigned,
    /// Clients elsewhere can't reach the address that stands in the signatures.
    SignsForThisMachineOnly,
    /// The certificate that the feed signs with ends soon, or has ended.
    CertificateEnds {
        /// Its subject.
        subject: String,
        /// When.
        at: OffsetDateTime,
    },
    /// Anchors that end soon, by their end.
    AnchorsEnd(Vec<ListedAnchor>),
    /// So many roots in which refused pushes ended wait for somebody to look at them.
    UnknownRoots(usize),
    /// So many versions have a signature that does not count any more, and nobody decided what becomes of them.
    VoidSignatures(u64),
    /// Enabled administrators without a second factor.
    NoSecondFactor(Vec<AccountName>),
    /// The policy wants a second factor from everybody, and so many users who are no administrators have none.
    UsersWithoutFactor(u64),
    /// The last run of a job failed.
    JobFailed {
        /// What the job is called.
        title: &'static str,
        /// How the run ended.
        ended: Ended,
    },
    /// Mail can't be sent.
    MailFails(FailingMail),
    /// Settings that accept more than the default.
    Loosened(Vec<&'static Setting>),
}

/// Looks at everything, for somebody who has `enrolled` a second factor or has not.
///
/// # Errors
/// What the store says.
pub fn overview(app: &App, enrolled: bool, now: OffsetDateTime) -> Result<Overview, store::Error> {
    app.store.read(|r| {
        let mut attention = Vec::new();
        let (anchors, policy) = (r.listed_anchors()?, app.policy(r.policy()?));
        let first_steps = first_steps(r, &anchors, &policy, enrolled)?;
        about_signing(app, r, now, &mut attention)?;
        about_anchors(anchors, now, &mut attention);
        let unknown = unknown_roots::list(r)?.len();
        if unknown > 0 {
            attention.push(Attention::UnknownRoots(unknown));
        }
        let void = r.count_void_versions(&VoidFilter { undecided: true, ..VoidFilter::default() })?;
        if void > 0 {
            attention.push(Attention::VoidSignatures(void));
        }
        about_factors(r, &policy, now, &mut attention)?;
        attention.extend(failed(r.job_runs()?));
        attention.extend(r.failing_mail()?.map(Attention::MailFails));
        let loosened = loosened(&policy);
        if !loosened.is_empty() {
            attention.push(Attention::Loosened(loosened));
        }
        Ok(Overview { attention, first_steps, totals: r.totals(now)? })
    })
}

/// Whether a list of roots is empty without which every push fails: the signers', or the timestamping authorities' where a
/// timestamp is required.
#[must_use]
pub fn roots_are_missing(anchors: &[ListedAnchor], policy: &Policy) -> bool {
    let empty = |purpose| !anchors.iter().any(|anchor| anchor.purpose == purpose);
    empty(Purpose::Signing) || policy.timestamp_required && empty(Purpose::Timestamping)
}

fn first_steps(
    r: &Reads<'_>,
    anchors: &[ListedAnchor],
    policy: &Policy,
    enrolled: bool,
) -> Result<Vec<FirstStep>, store::Error> {
    let steps = [
        (FirstStep::SecondFactor, !enrolled),
        (FirstStep::Roots, roots_are_missing(anchors, policy)),
        (FirstStep::Certificate, r.registered_ders()?.is_empty()),
    ];
    Ok(steps.into_iter().filter(|(_, left)| *left).map(|(step, _)| step).collect())
}

fn about_signing(
    app: &App,
    r: &Reads<'_>,
    now: OffsetDateTime,
    attention: &mut Vec<Attention>,
) -> Result<(), store::Error> {
    let Some(signing) = app.signing(r)? else {
        attention.push(Attention::Unsigned);
        return Ok(());
    };
    if signing.signer.is_none() {
        attention.push(Attention::KeyLost);
    }
    if app.signs_for_this_machine_only() {
        attention.push(Attention::SignsForThisMachineOnly);
    }
    let signs = r.repository_certificates()?.into_iter().find(|certificate| certificate.id == signing.id);
    if let Some(certificate) = signs.filter(|certificate| certificate.not_after - now < TOLD_BEFORE) {
        attention.push(Attention::CertificateEnds { subject: certificate.subject, at: certificate.not_after });
    }
    Ok(())
}

fn about_anchors(anchors: Vec<ListedAnchor>, now: OffsetDateTime, attention: &mut Vec<Attention>) {
    for purpose in [Purpose::Signing, Purpose::Timestamping] {
        if !anchors.iter().any(|anchor| anchor.purpose == purpose) {
            attention.push(Attention::NoAnchors(purpose));
        }
    }
    // One that has ended is normal: it stays for what was signed before.
    let soon = |anchor: &ListedAnchor| (Duration::ZERO..TOLD_BEFORE).contains(&(anchor.not_after - now));
    let mut ending: Vec<ListedAnchor> = anchors.into_iter().filter(soon).collect();
    ending.sort_by_key(|anchor| anchor.not_after);
    if !ending.is_empty() {
        attention.push(Attention::AnchorsEnd(ending));
    }
}

fn failed(runs: Vec<JobRun>) -> Vec<Attention> {
    let failed = runs.into_iter().filter_map(|run| {
        let ended = run.ended.filter(|ended| !ended.succeeded)?;
        let job = Job::ALL.into_iter().find(|job| job.name() == run.name)?;
        Some(Attention::JobFailed { title: job.title(), ended })
    });
    failed.collect()
}

fn about_factors(
    r: &Reads<'_>,
    policy: &Policy,
    now: OffsetDateTime,
    attention: &mut Vec<Attention>,
) -> Result<(), store::Error> {
    let administrators = without_factor(r, now)?;
    if !administrators.is_empty() {
        attention.push(Attention::NoSecondFactor(administrators));
    }
    let without = r.users_without_factor()?;
    let others = without.users - without.administrators;
    if policy.second_factor == SecondFactor::Everyone && others > 0 {
        attention.push(Attention::UsersWithoutFactor(others));
    }
    Ok(())
}

fn without_factor(r: &Reads<'_>, now: OffsetDateTime) -> Result<Vec<AccountName>, store::Error> {
    let filter = AccountFilter { administrators: true, disabled: Some(false), ..AccountFilter::default() };
    let administrators = r.account_facts(&filter, 0, MAX_ADMINISTRATORS, now)?;
    Ok(administrators.into_iter().filter(|facts| !facts.enrolled).map(|facts| facts.account.name).collect())
}

/// The settings that say, of a change from the default to what is in force, that it lets more in.
fn loosened(policy: &Policy) -> Vec<&'static Setting> {
    let default = Policy::default();
    let looser = |setting: &&Setting| setting.warning(&default, policy).is_some_and(|warning| warning.loosens);
    SETTINGS.iter().filter(looser).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use url::Url;

    use super::*;
    use crate::config::{Config, Settings};
    use crate::data_folder::DataFolder;
    use crate::domain::account::AccountKind;
    use crate::domain::fingerprint::Fingerprint;
    use crate::store::trust_anchors::NewAnchor;
    use crate::store::unknown_roots::UnknownRoot;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn app(url: &str) -> (tempfile::TempDir, App) {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let config = Config::new(&Settings::default()).unwrap();
        let app = App::open(config, folder, &Url::parse(url).unwrap(), NOW).unwrap();
        (parent, app)
    }

    fn anchor(app: &App, purpose: Purpose, not_after: OffsetDateTime) {
        let anchor = NewAnchor {
            purpose,
            fingerprint: Fingerprint::of(not_after.to_string().as_bytes()),
            der: b"",
            subject: "CN=root",
            not_after,
            source: "",
            added_by: "",
        };
        app.store.write(|w| w.add_anchor(&anchor, NOW)).unwrap();
    }

    fn found(app: &App, now: OffsetDateTime) -> String {
        format!("{:?}", overview(app, true, now).unwrap().attention)
    }

    #[test]
    fn a_new_feed_lacks_anchors_and_one_without_https_says_that_it_does_not_sign() {
        let (_parent, app) = app("http://feed.example");
        let told = found(&app, NOW);
        assert!(told.contains("Unsigned") && told.contains("NoAnchors(Signing)"), "{told}");
        assert!(told.contains("NoAnchors(Timestamping)") && !told.contains("Loosened"), "{told}");
    }

    #[test]
    fn what_ends_within_sixty_days_is_told_and_what_ended_or_lasts_is_not() {
        let (_parent, app) = app("https://localhost:1");
        let told = found(&app, NOW);
        assert!(told.contains("SignsForThisMachineOnly") && !told.contains("CertificateEnds"), "{told}");
        assert!(found(&app, NOW + Duration::days(3600)).contains("CertificateEnds"));
        anchor(&app, Purpose::Signing, NOW - Duration::DAY);
        anchor(&app, Purpose::Timestamping, NOW + TOLD_BEFORE);
        let told = found(&app, NOW);
        assert!(!told.contains("AnchorsEnd") && !told.contains("NoAnchors"), "{told}");
        anchor(&app, Purpose::Signing, NOW + TOLD_BEFORE - Duration::SECOND);
        assert!(found(&app, NOW).contains("AnchorsEnd"));
    }

    #[test]
    fn a_job_whose_last_run_failed_is_told_and_no_other() {
        let (_parent, app) = app("http://feed.example");
        let run = |name: &str, succeeded| JobRun {
            name: name.to_owned(),
            started_at: NOW,
            ended: Some(Ended { at: NOW, succeeded, result: format!("{name} said so") }),
        };
        app.store
            .write(|w| {
                w.record_job(&run("revocation", false))?;
                w.record_job(&run("sweep", true))?;
                w.record_job(&JobRun { ended: None, ..run("content", true) })
            })
            .unwrap();
        let told = found(&app, NOW);
        assert!(told.contains("revocation said so") && !told.contains("sweep said so"), "{told}");
        assert_eq!(told.matches("JobFailed").count(), 1, "{told}");
    }

    #[test]
    fn administrators_without_a_second_factor_and_loose_settings_are_named() {
        let (_parent, app) = app("http://feed.example");
        app.store
            .write(|w| {
                w.create_account(&"ann".parse().unwrap(), AccountKind::User, true, None, NOW)?;
                let bob = w.create_account(&"bob".parse().unwrap(), AccountKind::User, true, None, NOW)?;
                w.enrol(bob, b"sealed", 0, NOW)?;
                w.set_policy("accept_untrusted_roots", "true")
            })
            .unwrap();
        let attention = overview(&app, true, NOW).unwrap().attention;
        let without =
            attention.iter().find_map(|it| if let Attention::NoSecondFactor(names) = it { Some(names) } else { None });
        assert_eq!(without.unwrap(), &["ann".parse().unwrap()]);
        let loose =
            attention.iter().find_map(|it| if let Attention::Loosened(settings) = it { Some(settings) } else { None });
        assert_eq!(loose.unwrap()[0].key, "accept_untrusted_roots");
    }

    #[test]
    fn users_without_a_second_factor_are_told_while_everybody_must_have_one() {
        let (_parent, app) = app("http://feed.example");
        app.store
            .write(|w| {
                w.create_account(&"root".parse().unwrap(), AccountKind::User, true, None, NOW)?;
                w.create_account(&"ann".parse().unwrap(), AccountKind::User, false, None, NOW)
            })
            .unwrap();
        assert!(!found(&app, NOW).contains("UsersWithoutFactor"));
        app.store.write(|w| w.set_policy("second_factor", "everyone")).unwrap();
        assert!(found(&app, NOW).contains("UsersWithoutFactor(1)"), "{}", found(&app, NOW));
    }

    #[test]
    fn roots_that_pushes_ended_in_wait_until_they_are_gone() {
        let (_parent, app) = app("http://feed.example");
        let root = UnknownRoot {
            purpose: Purpose::Signing,
            fingerprint: Fingerprint::of(b"root"),
            der: b"root".to_vec(),
            subject: "CN=root".to_owned(),
            not_after: NOW,
            pushed_by: "ann".to_owned(),
            package: "A 1.0.0".to_owned(),
            pushes: 1,
            seen_at: NOW,
        };
        app.store.write(|w| w.note_unknown_root(&root, unknown_roots::ROOM)).unwrap();
        assert!(found(&app, NOW).contains("UnknownRoots(1)"), "{}", found(&app, NOW));
        app.store.write(|w| w.forget_unknown_root(root.purpose, &root.fingerprint)).unwrap();
        assert!(!found(&app, NOW).contains("UnknownRoots"));
    }

    #[test]
    fn a_first_step_is_left_until_it_is_done() {
        use FirstStep::{Certificate, Roots, SecondFactor};
        let (_parent, app) = app("http://feed.example");
        let left = |enrolled| overview(&app, enrolled, NOW).unwrap().first_steps;
        assert_eq!(left(false), [SecondFactor, Roots, Certificate]);
        anchor(&app, Purpose::Signing, NOW + Duration::DAY);
        assert_eq!(left(true), [Roots, Certificate], "one list is still empty");
        app.store.write(|w| w.set_policy("timestamp_required", "false")).unwrap();
        assert_eq!(left(true), [Certificate], "without timestamps the other may stay empty");
        app.store.write(|w| w.set_policy("timestamp_required", "true")).unwrap();
        anchor(&app, Purpose::Timestamping, NOW + Duration::DAY);
        assert_eq!(left(true), [Certificate]);
    }
}
