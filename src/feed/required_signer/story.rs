//! Random stories of a package ID on a real store: whatever happens, the rule that the page shows is the rule of the next push,
//! the stored choice is one that is possible, and none lapses without a record and a notice.

use std::io::Write;
use std::sync::LazyLock;

use proptest::prelude::*;
use sha2::{Digest, Sha512};
use time::{Duration, OffsetDateTime};

use super::{Choosing, Judgement, choose};
use crate::domain::certificate::CertificateStatus;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::domain::policy;
use crate::domain::push_rule::{Owner, RequiredSigner, allowed_choice, nobody_can_push};
use crate::domain::regime::Regime;
use crate::domain::required_signer::{offered, offers};
use crate::domain::signature_change::SignatureChange;
use crate::feed::authority::Actor;
use crate::feed::certificates::{self, Effects, Meant, NewRegistration};
use crate::feed::policy::{Consent, set};
use crate::feed::push::{Pusher, Received, push};
use crate::feed::revocation::{self, NewMark};
use crate::feed::test_house::{House, NOW, id, name};
use crate::feed::{accounts, owners, trust};
use crate::nupkg::builder::NupkgBuilder;
use crate::signature::author_signer::{AuthorSigner, Authority};
use crate::store;
use crate::store::trust_anchors::Purpose;

const PEOPLE: [&str; 3] = ["ann", "bob", "carl"];
const CERTIFICATES: usize = 4;
const ID: &str = "Contoso.Core";
/// What an administrator says of the ID, in turn: whose package it is, and whether the rule is enforced.
const POLICIES: [[(&str, &str); 2]; 4] = [
    [("foreign_ids", ""), ("enforcement_patterns", "")],
    [("foreign_ids", "Contoso.*"), ("enforcement_patterns", "")],
    [("foreign_ids", "Other.*"), ("enforcement_patterns", "Contoso.*=warn")],
    [("foreign_ids", ""), ("enforcement_patterns", "*=warn,Contoso.*=report")],
];
const BY: &Actor = &Actor::CommandLine;

/// Who can sign. Their certificates end one after the other, at noon: in the very moment of its end a certificate is still active,
/// but a signature without a timestamp is good no more, and here nothing happens but at midnight.
static SIGNERS: LazyLock<(Authority, Vec<AuthorSigner>)> = LazyLock::new(|| {
    let (from, days) = (NOW - Duration::days(1), |days| NOW + Duration::days(days));
    let authority = Authority::new(from, days(9999));
    let issue = |number: usize| {
        authority.issue(
            &format!("Signer {number}"),
            from,
            days(10 * (i64::try_from(number).unwrap() + 1)) + Duration::hours(12),
        )
    };
    let signers = (0..CERTIFICATES).map(issue).collect();
    (authority, signers)
});

#[derive(Debug, Clone, Copy)]
enum Event {
    /// Somebody registers a certificate, for all IDs or for others than this one.
    Register(usize, usize, bool),
    /// Somebody says for which IDs one of theirs counts: for all, or for others than this one.
    Limit(usize, usize, bool),
    /// Somebody removes one of theirs.
    Remove(usize, usize),
    AddOwner(usize),
    RemoveOwner(usize),
    /// One of the choices that the page lists, possible or not.
    Choose(usize),
    /// Days pass.
    Wait(i64),
    /// An administrator marks a certificate as revoked, or takes that back.
    Mark(usize, bool),
    Disable(usize, bool),
    /// An administrator says one of [`POLICIES`].
    Rule(usize),
    /// A version is pushed, signed or not.
    Push(usize, Option<usize>),
}

fn event() -> impl Strategy<Value = Event> {
    let (person, certificate) = (0..PEOPLE.len(), 0..CERTIFICATES);
    let registration = (person.clone(), certificate.clone());
    let limited = (person.clone(), certificate.clone(), prop::bool::weighted(0.4));
    prop_oneof![
        5 => limited.clone().prop_map(|(who, what, elsewhere)| Event::Register(who, what, elsewhere)),
        3 => limited.prop_map(|(who, what, elsewhere)| Event::Limit(who, what, elsewhere)),
        5 => registration.prop_map(|(who, what)| Event::Remove(who, what)),
        4 => person.clone().prop_map(Event::AddOwner),
        3 => person.clone().prop_map(Event::RemoveOwner),
        8 => (0..6usize).prop_map(Event::Choose),
        1 => (1..15i64).prop_map(Event::Wait),
        1 => (certificate.clone(), prop::bool::weighted(0.7)).prop_map(|(what, revoked)| Event::Mark(what, revoked)),
        1 => (person.clone(), any::<bool>()).prop_map(|(who, disabled)| Event::Disable(who, disabled)),
        // Mostly it is enforced.
        2 => prop::sample::select(vec![0, 0, 0, 1, 2, 3]).prop_map(Event::Rule),
        7 => (person, prop::option::weighted(0.7, certificate)).prop_map(|(who, signed)| Event::Push(who, signed)),
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
        let (app, root) = (&house.app, [SIGNERS.0.root()]);
        let offer = trust::Offer { certificates: &root, purposes: &[Purpose::Signing], source: "a test" };
        trust::add(&app.store, &[offer], BY, NOW).unwrap();
        let timestamps = policy::setting("timestamp_required").unwrap();
        set(&app.store, &app.config, timestamps, "false", Consent::Given, BY, NOW).unwrap();
        Self { house, now: NOW, versions: 0 }
    }

    /// As the page reads it.
    fn page(&self) -> Judgement {
        let app = &self.house.app;
        let read = |r: &store::Reads<'_>| {
            Judgement::read(r, &app.policy(r.policy()?), &r.registration(&id(ID))?.unwrap(), self.now)
        };
        app.store.read(read).unwrap()
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
        let (app, now) = (&self.house.app, self.now);
        match event {
            Event::Register(who, what, elsewhere) => self.registers(PEOPLE[who], what, elsewhere),
            Event::Limit(who, what, elsewhere) => self.limits(PEOPLE[who], what, elsewhere),
            Event::Remove(who, what) => self.takes_away(PEOPLE[who], what),
            // Who is an owner already, or the last one, stays: other tests say so.
            Event::AddOwner(who) => _ = owners::add(app, &id(ID), &name(PEOPLE[who]), BY, now),
            Event::RemoveOwner(who) => self.removes(who),
            Event::Choose(number) => self.chooses(number),
            Event::Wait(days) => self.now += Duration::days(days),
            // What nobody has registered is not known here, and what is not marked can't be unmarked.
            Event::Mark(what, true) => {
                let mark = NewMark { fingerprint: fingerprint(what), since: now, reason: None };
                _ = revocation::mark(&app.store, &app.config, &mark, BY, now);
            }
            Event::Mark(what, false) => {
                _ = revocation::unmark(&app.store, &app.config, &fingerprint(what), BY, now);
            }
            Event::Disable(who, disabled) => {
                accounts::set_disabled(&app.store, &name(PEOPLE[who]), disabled, BY, now).unwrap();
            }
            Event::Rule(number) => {
                for (key, value) in POLICIES[number] {
                    let setting = policy::setting(key).unwrap();
                    set(&app.store, &app.config, setting, value, Consent::Given, BY, now).unwrap();
                }
            }
            Event::Push(who, signed) => self.pushes(PEOPLE[who], signed),
        }
    }

    /// A certificate that has ended, is revoked or counts for other IDs is refused: other tests say so.
    fn registers(&self, who: &str, what: usize, elsewhere: bool) {
        let (app, before) = (&self.house.app, self.page());
        let new = NewRegistration {
            account: &name(who),
            file: SIGNERS.1[what].certificate().as_der(),
            patterns: patterns(elsewhere),
        };
        if certificates::register(&app.store, &app.config, &app.answers, &new, BY, self.now).is_err() {
            let after = self.page();
            assert_eq!((before.rule, before.chosen), (after.rule, after.chosen), "what was refused changes nothing");
        }
    }

    fn limits(&self, who: &str, what: usize, elsewhere: bool) {
        let (store, config, what) = (&self.house.app.store, &self.house.app.config, self.one_of(who, what));
        let (who, patterns) = (name(who), patterns(elsewhere));
        let asked = store.read(|r| certificates::limiting(r, config, &who, &what, &patterns, BY, self.now));
        self.does_what_it_said(&what, asked.ok(), |meant| {
            certificates::limit(store, config, &who, &what, &patterns, meant, BY, self.now).is_ok()
        });
    }

    fn takes_away(&self, who: &str, what: usize) {
        let (store, config, what) = (&self.house.app.store, &self.house.app.config, self.one_of(who, what));
        let who = name(who);
        let asked = store.read(|r| certificates::removing(r, config, &who, &what, BY, self.now));
        self.does_what_it_said(&what, asked.ok().map(|(_, effects)| effects), |meant| {
            certificates::remove(store, config, &who, &what, meant, BY, self.now).is_ok()
        });
    }

    /// One of the certificates that somebody has registered, or one that they have not where there is none.
    fn one_of(&self, who: &str, number: usize) -> Fingerprint {
        let account = self.house.account(who).id;
        let registered = self.house.app.store.read(|r| r.registered_certificates(account, self.now)).unwrap();
        if registered.is_empty() { fingerprint(number) } else { registered[number % registered.len()].fingerprint }
    }

    /// A change is made only by whoever was shown that it opens the ID, and does what was shown.
    fn does_what_it_said(&self, what: &Fingerprint, said: Option<Effects>, change: impl Fn(Meant<'_>) -> bool) {
        let before = self.page();
        let Some(said) = said else {
            assert!(!change(Meant::Whatever), "what nobody can ask about can't be done");
            return;
        };
        let (opens, sticks) = (said.opened.contains(&id(ID)), said.unsignable.contains(&id(ID)));
        assert!(!opens || !change(Meant::Nothing), "unsigned packages are accepted without a word");
        assert!(!(opens || sticks) || !change(Meant::Shown("")), "it is done though nobody has read it");
        assert!(change(Meant::Shown(&said.mark())), "what was shown is done");
        let after = self.page();
        assert_eq!(opens, !before.unsigned() && after.unsigned(), "{said:?}");
        assert_eq!(said.closed.contains(&id(ID)), before.unsigned() && !after.unsigned(), "{said:?}");
        assert_eq!(sticks, !before.sticks() && after.sticks(), "{said:?}");
        let told = said.still_accepted.iter().any(|(told, _)| *told == id(ID));
        if told && after.regime == Regime::Enforced {
            assert!(after.counts(what), "{said:?}");
        }
        if !told && after.regime == Regime::Enforced && before.registered(what) > after.registered(what) {
            assert!(!after.counts(what), "packages signed with it are still accepted: {said:?}");
        }
        assert_eq!(said.lapsed.iter().any(|(lapsed, _)| *lapsed == id(ID)), before.chosen != after.chosen, "{said:?}");
    }

    /// What was said before an owner is removed is what comes of it.
    fn removes(&self, who: usize) {
        let (app, before) = (&self.house.app, self.page());
        let told = app.store.read(|r| owners::removal(r, app, &id(ID), &name(PEOPLE[who]), self.now));
        if owners::remove(app, &id(ID), &name(PEOPLE[who]), true, BY, self.now).is_ok() {
            let after = self.page();
            let told: SignatureChange = told.unwrap();
            assert_eq!(told.opens_to_unsigned, !before.unsigned() && after.unsigned());
            assert_eq!(told.demands_signature, before.unsigned() && !after.unsigned());
            assert_eq!(told.unsignable, !before.sticks() && after.sticks());
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
        let chosen = choose(&self.house.app.store, &self.house.app.config, &choosing, BY, self.now);
        assert_eq!(chosen.is_ok(), said.is_ok(), "{choice:?}");
        if let Ok(rule) = said {
            assert_eq!(self.page().rule, rule);
        }
    }

    /// A package meets what the page said, whoever signed it.
    fn pushes(&mut self, who: &str, signed: Option<usize>) {
        let page = self.page();
        if page.owners.iter().all(|owner| owner.account != name(who)) || self.house.account(who).disabled {
            return;
        }
        self.versions += 1;
        let unsigned = NupkgBuilder::new(ID, &format!("1.0.{}", self.versions)).build();
        let bytes = signed.map_or_else(|| unsigned.clone(), |what| SIGNERS.1[what].sign(&unsigned, self.now));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let received = Received { file, size: bytes.len() as u64, sha512: Sha512::digest(&bytes).into() };
        let pusher = Pusher::Page { actor: Actor::CommandLine, owner: name(who) };
        let pushed = push(&self.house.app, &pusher, &received, self.now).map_err(|refused| refused.error);
        let said = page.rule.sentence();
        match signed.map(fingerprint) {
            None => assert_eq!(pushed.is_ok(), page.unsigned(), "unsigned, though the page said: {said}"),
            Some(signer) => {
                let active =
                    if page.regime == Regime::Enforced { page.counts(&signer) } else { self.is_sound(&signer) };
                assert_eq!(pushed.is_ok(), active, "signed with {signer}, though the page said: {said}; {pushed:?}");
            }
        }
    }

    /// Whether a signature is good whose signer plays no part: in every stage one is refused that is not.
    fn is_sound(&self, signer: &Fingerprint) -> bool {
        let signer = SIGNERS.1.iter().map(AuthorSigner::certificate).find(|one| one.fingerprint() == *signer).unwrap();
        let mark = self.house.app.store.read(|r| r.revocation_mark(&signer.fingerprint())).unwrap();
        self.now <= signer.not_after() && mark.is_none()
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
    }
}

impl Judgement {
    /// Whether the page says that packages without a signature are accepted.
    fn unsigned(&self) -> bool {
        self.rule.unsigned || self.regime != Regime::Enforced
    }

    /// Whether the page says that nobody can push.
    fn sticks(&self) -> bool {
        self.regime == Regime::Enforced && nobody_can_push(&self.owners, &self.chosen)
    }

    /// How many owners have registered it for this ID.
    fn registered(&self, certificate: &Fingerprint) -> usize {
        let all = self.owners.iter().flat_map(|owner| &owner.certificates);
        all.filter(|one| one.fingerprint == *certificate).count()
    }

    /// Whether the page says that this signature is good: an active certificate of one of those whom it names.
    fn counts(&self, signer: &Fingerprint) -> bool {
        let named = |owner: &&Owner| self.rule.signers.iter().any(|signers| signers.account == owner.account);
        let mut registered = self.owners.iter().filter(named).flat_map(|owner| &owner.certificates);
        registered.any(|one| one.fingerprint == *signer && one.status == CertificateStatus::Active)
    }
}

fn fingerprint(number: usize) -> Fingerprint {
    SIGNERS.1[number].certificate().fingerprint()
}

fn patterns(elsewhere: bool) -> Vec<Pattern> {
    if elsewhere { vec!["Other.*".parse().unwrap()] } else { Vec::new() }
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
