//! What somebody does at once and the server's thread would not: importing files, and asking everybody. What follows for versions
//! that are on the feed follows here, so that no caller can forget it.

use time::OffsetDateTime;

use super::cache::Cache;
use super::check::{Asked, Check, Which};
use super::import::{self, ImportError, Imported};
use crate::config::Config;
use crate::feed::authority::Actor;
use crate::feed::void_signatures::{self, Follow};
use crate::store::{self, Store};

/// What became of files.
#[derive(Debug)]
pub struct ImportedFiles {
    /// Of each, in their order.
    pub files: Vec<Result<Imported, ImportError>>,
    /// Whether it was found out what follows for versions on the feed.
    pub follow: Follow,
}

/// Takes over the answers in `files`, each with its name, one after the other, and then finds out which signatures do not count any
/// more by them. A file that is no answer, or one by nobody who is known here (it could be about anybody), keeps no other out.
pub fn import_all(
    store: &Store,
    config: &Config,
    cache: &Cache,
    files: &[(&str, &[u8])],
    actor: &Actor,
    now: OffsetDateTime,
) -> ImportedFiles {
    let take = |(name, bytes): &(&str, &[u8])| import::import(store, cache, name, bytes, actor, now);
    let files: Vec<_> = files.iter().map(take).collect();
    let follow =
        if files.iter().any(Result::is_ok) { void_signatures::follow(store, config, now) } else { Follow::FoundOut };
    ImportedFiles { files, follow }
}

/// Asks everybody, whether their time has come or not, and finds out which signatures do not count any more by what they say. Each
/// request is told to `tell`.
///
/// # Errors
/// What the store says. A request that fails is no error.
pub fn ask_all(check: &Check<'_>, tell: &mut dyn FnMut(&Asked<'_>)) -> Result<Follow, store::Error> {
    check.round(&Which::All, tell)?;
    Ok(void_signatures::follow(check.store, check.config, (check.clock)()))
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::domain::void_signature::Cause;
    use crate::feed::test_house::{House, NOW, id};
    use crate::outbound::Outbound;
    use crate::signature::revocation::test_issuer::{TestCrl, certificate};
    use crate::store::audit::By;
    use crate::store::seen_certificates::SeenCertificate;
    use crate::store::void_signatures::Voided;

    /// A version whose signature counts, though the table says otherwise until somebody finds out anew.
    fn house() -> House {
        let house = House::new();
        house.person("ann");
        house.package("Contoso.Core", &["ann"]);
        house.version("Contoso.Core", "1.0.0", Some("ann"));
        let put = |w: &mut store::Writes<'_>| {
            let package = w.registration(&id("Contoso.Core"))?.unwrap();
            let certificate = Fingerprint::of(b"ann");
            let (cause, why) = (Cause::Signer, "x".to_owned());
            let voided = Voided { cause, certificate, since: Some(NOW), why, for_good: true };
            w.versions(package.id)?.iter().try_for_each(|it| w.set_void_signature(it.id, &voided, NOW).map(|_| ()))
        };
        house.app.store.write(put).unwrap();
        house
    }

    fn knows_the_authority(store: &Store) {
        let der = certificate("crl-ca").as_der().to_vec();
        let seen = SeenCertificate { fingerprint: Fingerprint::of(&der), der, subject: "authority".to_owned() };
        store.write(|w| w.see_certificate(&seen, NOW)).unwrap();
    }

    fn void(house: &House) -> usize {
        house.app.store.read(|r| r.all_void_signatures()).unwrap().len()
    }

    #[test]
    fn an_import_finds_out_anew_which_signatures_count() {
        let house = house();
        let (store, config, answers) = (&house.app.store, &house.app.config, &house.app.answers);
        knows_the_authority(store);
        let put = |files: &[(&str, &[u8])]| import_all(store, config, answers, files, &Actor::CommandLine, NOW);
        assert!(put(&[("none", b"no list")]).files[0].is_err());
        assert_eq!(void(&house), 1, "nothing was imported");
        let list = TestCrl::new("crl-ca", NOW - Duration::DAY, NOW + Duration::DAY).der();
        let done = put(&[("none", b"no list"), ("ca.crl", &list), ("none", b"no list")]);
        assert_eq!(done.files.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!((done.follow, void(&house)), (Follow::FoundOut, 0));
    }

    #[test]
    fn what_was_imported_is_done_though_what_follows_could_not_be_found_out() {
        let house = house();
        let (store, config, answers) = (&house.app.store, &house.app.config, &house.app.answers);
        knows_the_authority(store);
        let list = TestCrl::new("crl-ca", NOW - Duration::DAY, NOW + Duration::DAY).der();
        // Nothing can be judged by a policy that can't be read.
        store.write(|w| w.set_policy("no_such_setting", "x")).unwrap();
        let done = import_all(store, config, answers, &[("ca.crl", &list)], &Actor::CommandLine, NOW);
        assert!(done.files[0].is_ok() && done.follow == Follow::Later, "{done:?}");
        assert_eq!(void(&house), 1);
    }

    #[test]
    fn asking_everybody_finds_out_anew_which_signatures_count() {
        let house = house();
        let check = Check {
            store: &house.app.store,
            config: &house.app.config,
            outbound: &Outbound::default(),
            cache: &house.app.answers,
            clock: &|| NOW,
            by: &By::command_line(),
            stopped: &|| false,
            progress: &|_, _| (),
        };
        ask_all(&check, &mut |_| ()).unwrap();
        assert_eq!(void(&house), 0);
    }
}
