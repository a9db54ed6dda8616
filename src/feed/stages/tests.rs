//! What the outlook says about packages that are signed in all the ways.

use time::OffsetDateTime;

use super::*;
use crate::domain::let_in::LetIn;
use crate::domain::push_rule::RequiredSigner;
use crate::feed::test_house::{House, NOW, id, name};
use crate::store::packages::NewVersion;

impl House {
    /// Puts a version on the feed as it came before anybody enforced anything.
    pub(in crate::feed) fn version(&self, package: &str, version: &str, author: Option<&str>) {
        self.stamped_version(package, version, author, None);
    }

    /// The same with a timestamp: its time, and whose it is.
    pub(in crate::feed) fn stamped_version(
        &self,
        package: &str,
        version: &str,
        author: Option<&str>,
        stamp: Option<(OffsetDateTime, &str)>,
    ) {
        let put = |w: &mut store::Writes<'_>| {
            let registration = w.registration(&id(package))?.unwrap();
            let content = w.begin_content(0, NOW)?;
            w.publish_content(content)?;
            w.add_version(&NewVersion {
                registration: registration.id,
                version: &NuGetVersion::parse(version).unwrap(),
                semver2: false,
                published_at: NOW,
                manifest: &format!(r#"{{"id":"{package}","version":"{version}"}}"#),
                nuspec: b"",
                content,
                sha512: &[0; 64],
                content_hash: "",
                pushed_sha512: &[0; 64],
                pushed_size: 0,
                original: b"",
                pusher: self.account("ann").id,
                key: None,
                author: author.map(|author| Fingerprint::of(author.as_bytes())),
                signed_by: None,
                timestamp: stamp.map(|(at, _)| at),
                tsa: stamp.map(|(_, authority)| Fingerprint::of(authority.as_bytes())),
                signing_anchor: None,
                timestamping_anchor: None,
                repository: None,
                stamped: None,
                let_in: LetIn::Stage,
            })
        };
        self.app.store.write(put).unwrap();
    }

    fn outlooks(&self, policy: &[(&str, &str)], owners: Option<&[AccountId]>) -> Outlooks {
        let mut live = Policy::default();
        policy.iter().for_each(|(key, value)| live.set(key, value).unwrap());
        self.app.store.read(|r| Outlooks::read(r, &live, owners, NOW)).unwrap()
    }
}

/// `Contoso.App Warned: reason`, a line for each package.
fn told(outlooks: &Outlooks) -> Vec<String> {
    let why = |refused: &Option<Refused>| refused.as_ref().map_or_else(|| "accepted".to_owned(), ToString::to_string);
    let line = |it: &Outlook| format!("{} {:?}: {}", it.id, it.regime, why(&it.refused));
    outlooks.packages.iter().map(line).collect()
}

fn house() -> House {
    let house = House::new();
    house.person("ann");
    house.person("bob");
    // The test house's certificates are valid at the very moment that everything happens at.
    house.certificate("ann");
    for (package, owners, author) in [
        ("Contoso.App", vec!["ann"], None),
        ("Contoso.Signed", vec!["ann"], Some("ann")),
        ("Contoso.Stranger", vec!["ann", "bob"], Some("a stranger")),
        ("Bobs.Plain", vec!["bob"], None),
        ("Bobs.Signed", vec!["bob"], Some("a stranger")),
    ] {
        house.package(package, &owners);
        house.version(package, "1.0.0", author);
    }
    house
}

#[test]
fn each_package_is_judged_as_if_its_next_version_were_signed_like_the_newest() {
    let house = house();
    let stranger = Fingerprint::of(b"a stranger");
    assert_eq!(
        told(&house.outlooks(&[("enforcement", "report")], None)),
        [
            format!(
                "Bobs.Signed Reported: no owner has registered the certificate {stranger} for this package; register it first"
            ),
            "Contoso.App Reported: the package must be signed with a registered certificate of ann".to_owned(),
            format!("Contoso.Stranger Reported: the certificate {stranger} is not registered for this package by ann"),
        ]
    );
    house.version("Contoso.App", "1.1.0", Some("ann"));
    let outlooks = house.outlooks(&[("enforcement", "report")], None);
    assert_eq!(told(&outlooks).len(), 2, "the newest version counts: {:?}", told(&outlooks));
    assert_eq!(outlooks.looked_at, 5);
}

#[test]
fn the_required_signer_and_the_stage_of_the_id_count_and_other_peoples_packages_do_not() {
    let house = house();
    let choose = |w: &mut store::Writes<'_>| {
        let registration = w.registration(&id("Contoso.Stranger"))?.unwrap();
        w.set_required_signer(registration.id, &RequiredSigner::OneOwner(name("ann")))
    };
    house.app.store.write(choose).unwrap();
    let policy = [("enforcement", "warn"), ("enforcement_patterns", "Contoso.*=enforce"), ("foreign_ids", "Bobs.*")];
    let outlooks = house.outlooks(&policy, None);
    let lines = told(&outlooks);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("Enforced")), "{lines:?}");
    assert_eq!(outlooks.looked_at, 3);
}

#[test]
fn an_owner_sees_their_own_and_the_sums_count_each_owner() {
    let house = house();
    let bob = house.account("bob").id;
    let own = house.outlooks(&[], Some(&[bob]));
    assert_eq!(own.packages.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["Bobs.Signed", "Contoso.Stranger"]);
    assert!(house.outlooks(&[], Some(&[])).packages.is_empty());
    let sums = house.outlooks(&[], None).by_owner();
    assert_eq!(sums[&name("ann")], OfOwner { refused: 2, let_in: 0 });
    assert_eq!(sums[&name("bob")], OfOwner { refused: 2, let_in: 0 });
}

#[test]
fn an_expired_certificate_is_foreseen() {
    let house = house();
    let later = NOW + time::Duration::DAY;
    let policy = Policy::default();
    let outlooks = house.app.store.read(|r| Outlooks::read(r, &policy, None, later)).unwrap();
    assert!(told(&outlooks).iter().any(|line| line.starts_with("Contoso.Signed") && line.ends_with("has expired")));
}

#[test]
fn the_table_has_a_line_for_each_owner_and_no_cell_that_calculates() {
    let mut outlooks = house().outlooks(&[("enforcement", "report")], None);
    outlooks.packages[0].pushes.push(LetInPushes {
        reason: "=cmd".to_owned(),
        pushes: 3,
        last: crate::domain::verdict::VerdictNumber(1),
        at: OffsetDateTime::UNIX_EPOCH,
        pusher: name("ann"),
        version: Some("1.0.0".to_owned()),
    });
    let csv = csv(&outlooks);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 1 + 4, "{csv}");
    assert!(
        lines[1].starts_with("\"bob\",\"Bobs.Signed\",\"report\",\"1.0.0\"") && lines[1].contains("\"'=cmd\""),
        "{csv}"
    );
    assert!(
        lines[3].starts_with("\"ann\",\"Contoso.Stranger\"") && lines[4].starts_with("\"bob\",\"Contoso.Stranger\"")
    );
}
