//! What somebody does at once and the server's thread would not: importing a file, and asking everybody. What follows for versions
//! that are on the feed follows here, so that no caller can forget it.

use time::OffsetDateTime;

use super::cache::Cache;
use super::check::{Asked, Check, Which};
use super::import::{self, ImportError, Imported};
use crate::config::Config;
use crate::feed::authority::Actor;
use crate::feed::void_signatures;
use crate::store::{self, Store};

/// Takes over the answer in `bytes`, which come from the file `name`, and finds out which signatures do not count any more by it.
///
/// # Errors
/// A file that is no answer, or one by nobody who is known here: it could be about anybody.
pub fn import(
    store: &Store,
    config: &Config,
    cache: &Cache,
    name: &str,
    bytes: &[u8],
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Imported, ImportError> {
    let imported = import::import(store, cache, name, bytes, actor, now)?;
    void_signatures::refresh(store, config, now)?;
    Ok(imported)
}

/// Asks everybody, whether their time has come or not, and finds out which signatures do not count any more by what they say. Each
/// request is told to `tell`.
///
/// # Errors
/// What the store says. A request that fails is no error.
pub fn ask_all(check: &Check<'_>, tell: &mut dyn FnMut(&Asked<'_>)) -> Result<(), store::Error> {
    check.round(&Which::All, tell)?;
    void_signatures::refresh(check.store, check.config, (check.clock)())?;
    Ok(())
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

    fn void(house: &House) -> usize {
        house.app.store.read(|r| r.all_void_signatures()).unwrap().len()
    }

    #[test]
    fn an_import_finds_out_anew_which_signatures_count() {
        let house = house();
        let (store, config, answers) = (&house.app.store, &house.app.config, &house.app.answers);
        let der = certificate("crl-ca").as_der().to_vec();
        let seen = SeenCertificate { fingerprint: Fingerprint::of(&der), der, subject: "authority".to_owned() };
        store.write(|w| w.see_certificate(&seen, NOW)).unwrap();
        let put = |bytes: &[u8]| import(store, config, answers, "ca.crl", bytes, &Actor::CommandLine, NOW);
        put(b"no list").unwrap_err();
        assert_eq!(void(&house), 1, "nothing was imported");
        put(&TestCrl::new("crl-ca", NOW - Duration::DAY, NOW + Duration::DAY).der()).unwrap();
        assert_eq!(void(&house), 0);
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
