//! Random stories of a package ID on a real store: whatever happens, the rule that the page shows is the rule of the next push,
//! the stored choice is one that is possible, and none lapses without a record and a notice.

use std::io::Write;

use proptest::prelude::*;
use sha2::{Digest, Sha512};
use time::{Duration, OffsetDateTime};

use super::{Choosing, Judgement, choose, forget_if_lapsed};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::policy::Policy;
use crate::domain::push_rule::{Accepted, RequiredSigner, Signed, allowed_choice, decide};
use crate::domain::required_signer::{offered, offers};
use crate::domain::signature_change::SignatureChange;
use crate::feed::authority::Actor;
use crate::feed::owners;
use crate::feed::push::{Pusher, Received, push};
use crate::feed::test_house::{House, NOW, id, name};
use crate::nupkg::builder::NupkgBuilder;
use crate::store;
use crate::store::certificates::NewCertificate;

const PEOPLE: [&str; 3] = ["ann", "bob", "carl"];
const CERTIFICATES: u8 = 4;
const ID: &str = "Contoso.Core";

#[derive(Debug, Clone, Copy)]
enum Event {
    /// Somebody registers a certificate, for all IDs or for others than this one.
    Register(usize, u8, bool),
    Delete(usize, u8),
    AddOwner(usize),
    RemoveOwner(usize),
    /// One of the choices that the page lists, possible or not.
    Choose(usize),
    /// Days pass; the certificates end one after the other.
    Wait(i64),
    Revoke(u8),
    Disable(usize, bool),
    /// An unsigned version is pushed.
    Push(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let (person, certificate) = (0..PEOPLE.len(), 0..CERTIFICATES);
    prop_oneof![
        4 => (person.clone(), certificate.clone(), prop::bool::weighted(0.2)).prop_map(|(who, what, elsewhere)| Event::Register(who, what, elsewhere)),
        2 => (person.clone(), certificate.clone()).prop_map(|(who, what)| Event::Delete(who, what)),
        4 => person.clone().prop_map(Event::AddOwner),
        3 => person.clone().prop_map(Event::RemoveOwner),
        6 => (0..6usize).prop_map(Event::Choose),
        1 => (1..15i64).prop_map(Event::Wait),
        1 => certificate.prop_map(Event::Revoke),
        1 => (person.clone(), any::<bool>()).prop_map(|(who, disabled)| Event::Disable(who, disabled)),
        4 => person.prop_map(Event::Push),
    ]
}

/// A house in which time passes.
struct Story {
    house: House,
    now: OffsetDateTime,
    versions: u32,
}

impl Story {
    fn new() -> Self {
        let house = House::new();
        for person in PEOPLE {
            house.person(person);
        }
        house.package(ID, &["ann", "bob"]);
        Self { house, now: NOW, versions: 0 }
    }

    /// As the page reads it.
    fn page(&self) -> Judgement {
        let read =
            |r: &store::Reads<'_>| Judgement::read(r, &Policy::default(), &r.registration(&id(ID))?.unwrap(), self.now);
        self.house.app.store.read(read).unwrap()
    }

    /// Records of choices that lapsed, and how often each owner's person was told.
    fn lapses(&self) -> (usize, Vec<usize>) {
        let records = self.house.app.store.read(|r| r.audit_records(9999)).unwrap();
        let told = |person: &&str| {
            let notices = self.house.app.store.read(|r| r.notices(self.house.account(person).id, 0, 9999)).unwrap();
            notices.iter().filter(|notice| notice.text.contains("is no longer possible")).count()
        };
        let lapsed = records.iter().filter(|record| record.action == "package.required-signer-lapsed").count();
        (lapsed, PEOPLE.iter().map(told).collect())
    }

    fn happens(&mut self, event: Event) {
        let app = &self.house.app;
        let (by, now) = (&Actor::CommandLine, self.now);
        match event {
            Event::Register(who, number, elsewhere) => {
                let patterns = if elsewhere { vec!["Other.*".parse().unwrap()] } else { Vec::new() };
                let account = self.house.account(PEOPLE[who]).id;
                app.store
                    .write(|w| {
                        w.register_certificate(account, &certificate(number), patterns, now)?;
                        forget(w, now)
                    })
                    .unwrap();
            }
            Event::Delete(who, number) => {
                let account = self.house.account(PEOPLE[who]).id;
                app.store
                    .write(|w| {
                        w.remove_certificate(account, &certificate(number).fingerprint, now)?;
                        forget(w, now)
                    })
                    .unwrap();
            }
            // Who is an owner already, or the last one, stays: other tests say so.
            Event::AddOwner(who) => _ = owners::add(app, &id(ID), &name(PEOPLE[who]), by, now),
            Event::RemoveOwner(who) => self.removes(who),
            Event::Choose(number) => self.chooses(number),
            Event::Wait(days) => self.now += Duration::days(days),
            Event::Revoke(number) => {
                let fingerprint = certificate(number).fingerprint;
                app.store.write(|w| w.set_certificate_revoked(&fingerprint, Some(now))).unwrap();
            }
            Event::Disable(who, disabled) => {
                let account = self.house.account(PEOPLE[who]).id;
                app.store.write(|w| w.set_disabled(account, disabled)).unwrap();
            }
            Event::Push(who) => self.pushes(PEOPLE[who]),
        }
    }

    /// What was said before an owner is removed is what comes of it.
    fn removes(&self, who: usize) {
        let (app, before) = (&self.house.app, self.page());
        let told = app.store.read(|r| owners::removal(r, app, &id(ID), &name(PEOPLE[who]), self.now));
        if owners::remove(app, &id(ID), &name(PEOPLE[who]), true, &Actor::CommandLine, self.now).is_ok() {
            let after = self.page();
            let told: SignatureChange = told.unwrap();
            assert_eq!(told.opens_to_unsigned, !before.rule.unsigned && after.rule.unsigned);
            assert_eq!(told.demands_signature, before.rule.unsigned && !after.rule.unsigned);
        }
    }

    /// What the page offers can be chosen, and makes the rule that it said; the rest can't.
    fn chooses(&self, number: usize) {
        let page = self.page();
        let mut choices: Vec<RequiredSigner> = offers(&page.owners).into_iter().map(|offer| offer.choice).collect();
        choices.push(RequiredSigner::OneOwner(name("nobody")));
        let choice = choices[number % choices.len()].clone();
        let said = offered(&page.owners, &choice);
        let choosing = Choosing { ids: vec![id(ID)], choice: choice.clone(), told: None };
        let chosen = choose(&self.house.app.store, &choosing, &Actor::CommandLine, self.now);
        assert_eq!(chosen.is_ok(), said.is_ok(), "{choice:?}");
        if let Ok(rule) = said {
            assert_eq!(self.page().rule, rule);
        }
    }

    /// An unsigned package meets what the page said.
    fn pushes(&mut self, who: &str) {
        let page = self.page();
        if page.owners.iter().all(|owner| owner.account != name(who)) || self.house.account(who).disabled {
            return;
        }
        self.versions += 1;
        let bytes = NupkgBuilder::new(ID, &format!("1.0.{}", self.versions)).build();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let received = Received { file, size: bytes.len() as u64, sha512: Sha512::digest(&bytes).into() };
        let pusher = Pusher::Page { actor: Actor::CommandLine, owner: name(who) };
        match push(&self.house.app, &pusher, &received, self.now) {
            Ok(_) => assert!(page.rule.unsigned, "accepted, though the page said: {}", page.rule.sentence()),
            Err(refused) => {
                assert!(refused.to_string().contains("must be signed"), "{refused}");
                assert!(!page.rule.unsigned, "refused, though the page said: {}", page.rule.sentence());
            }
        }
    }

    fn keeps_its_promises(&self, event: Event, before: &Judgement, lapsed_before: &(usize, Vec<usize>)) {
        let after = self.page();
        assert_eq!(allowed_choice(&after.owners, &after.chosen), after.chosen, "what is stored is possible: {event:?}");
        let lapsed = self.lapses();
        let chosen = matches!(event, Event::Choose(_));
        let lapses = usize::from(after.chosen != before.chosen && !chosen);
        assert_eq!(lapsed.0, lapsed_before.0 + lapses, "each lapse is on record, and nothing else is: {event:?}");
        for (number, person) in PEOPLE.iter().enumerate() {
            let owns = after.owners.iter().any(|owner| owner.account == name(person));
            let expected = lapsed_before.1[number] + if owns { lapses } else { 0 };
            assert_eq!(lapsed.1[number], expected, "{person} is told of a lapse while an owner: {event:?}");
        }
        for number in 0..CERTIFICATES {
            let fingerprint = certificate(number).fingerprint;
            let decision = decide(Signed::ByAuthor(&fingerprint), &after.owners, &after.chosen);
            if let Ok(Accepted::SignedBy(account)) = decision {
                let named = after.rule.signers.iter().any(|signers| signers.account == account);
                assert!(named, "{account} is not among those that the page names");
            }
        }
    }
}

/// What follows a change of certificates.
fn forget(w: &mut store::Writes<'_>, now: OffsetDateTime) -> Result<bool, store::Error> {
    let registration = w.registration(&id(ID))?;
    registration.map_or(Ok(false), |registration| forget_if_lapsed(w, &registration, now))
}

fn certificate(number: u8) -> NewCertificate {
    NewCertificate {
        fingerprint: Fingerprint::from_bytes([number; 32]),
        der: vec![number],
        subject: format!("CN={number}"),
        issuer: "CN=Test".to_owned(),
        not_before: NOW - Duration::days(1),
        not_after: NOW + Duration::days(10 * i64::from(number + 1)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_rule_on_the_page_is_the_rule_of_the_next_push_whatever_happened(events in proptest::collection::vec(event(), 10..60)) {
        let mut story = Story::new();
        for event in events {
            let (before, lapsed) = (story.page(), story.lapses());
            story.happens(event);
            story.keeps_its_promises(event, &before, &lapsed);
        }
    }
}
