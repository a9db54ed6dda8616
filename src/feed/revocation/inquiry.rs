//! Asking issuers and keeping nothing: for judging files on a machine that has no feed.
//!
//! The guard is the same as for the server, and so is the rule that only a chain that ends in a trust anchor is worth a
//! request. Each question is asked once, however many files it is about. **Not checked:** whether an answer counts. That
//! depends on who judges and as of when, so everything that is an answer is handed on.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::parsed::Parsed;
use super::request::{self, Failure};
use super::wanted::Wanted;
use crate::domain::allowed_hosts::AllowedHosts;
use crate::domain::visible::brief;
use crate::outbound::Outbound;
use crate::signature::Certificate;
use crate::signature::revocation::{Answers, Status};
use crate::store::revocation_answers::Question;

/// What was asked so far.
pub struct Inquiry {
    outbound: Outbound,
    hosts: AllowedHosts,
    answered: Mutex<HashMap<Question, Result<Parsed, String>>>,
    /// URLs whose answer says nothing about a certificate that names them, and why.
    silent: Mutex<BTreeSet<(String, String)>>,
}

impl Inquiry {
    /// One that may reach `hosts` inside the network.
    #[must_use]
    pub fn new(hosts: AllowedHosts) -> Self {
        Self { outbound: Outbound::default(), hosts, answered: Mutex::default(), silent: Mutex::default() }
    }

    /// Adds what the issuers in these chains say to `answers`. A chain is given signer first, with the anchor last.
    pub fn ask(&self, chains: &[&[Certificate]], answers: &mut Answers, now: OffsetDateTime) {
        for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
            if let [certificate, issuer] = pair {
                let wanted = Wanted { certificate: certificate.clone(), issuer: issuer.clone() };
                for question in wanted.questions() {
                    if let Ok(parsed) = self.answer(&question, &wanted) {
                        self.note_silence(&question, &parsed, &wanted, now);
                        parsed.add_to(answers);
                    }
                }
            }
        }
    }

    /// The URLs without an answer, or without one about a certificate that names them, and why.
    pub fn failures(&self) -> Vec<(String, String)> {
        let mut failed = lock(&self.silent).clone();
        let answered = lock(&self.answered);
        failed.extend(
            answered.iter().filter_map(|(question, answer)| Some((question.url.clone(), answer.clone().err()?))),
        );
        failed.into_iter().collect()
    }

    fn answer(&self, question: &Question, wanted: &Wanted) -> Result<Parsed, String> {
        let known = lock(&self.answered).get(question).cloned();
        if let Some(known) = known {
            return known;
        }
        let answer = self.fetch(question, wanted).map_err(|failure| failure.to_string());
        lock(&self.answered).insert(question.clone(), answer.clone());
        answer
    }

    fn fetch(&self, question: &Question, wanted: &Wanted) -> Result<Parsed, Failure> {
        let bytes = request::send(&self.outbound, &self.hosts, question, &[wanted])?;
        Ok(Parsed::read(question.kind, &bytes)?)
    }

    /// Notes it when neither the server nor the client learns anything about a certificate from an answer. One list is for
    /// many certificates, and may say something about others.
    fn note_silence(&self, question: &Question, parsed: &Parsed, wanted: &Wanted, now: OffsetDateTime) {
        let mut alone = Answers::default();
        parsed.add_to(&mut alone);
        let for_client = alone.about_for_client(&wanted.certificate, &wanted.issuer, now, now);
        let Status::Unknown(why) = alone.about(&wanted.certificate, &wanted.issuer, now) else { return };
        if matches!(for_client, Status::Unknown(_)) {
            let about = format!("about `{}`: {why}", brief(&wanted.certificate.subject().to_string()));
            lock(&self.silent).insert((question.url.clone(), about));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::signature::revocation::test_issuer::{TestCrl, certificate, for_users_alone, naming};

    const NOW: OffsetDateTime = datetime!(2026-01-10 0:00 UTC);

    /// Serves one list at every path.
    fn serve(list: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                let _ = connection.read(&mut [0; 4096]);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", list.len());
                let _ = connection.write_all(&[head.as_bytes(), &list].concat());
            }
        });
        host
    }

    #[test]
    fn what_a_list_says_of_one_file_does_not_depend_on_which_file_came_first() {
        // A list for users alone: of the authority that names it, it says nothing.
        let extensions = vec![for_users_alone()];
        let list = TestCrl { extensions, ..TestCrl::new("crl-ca", NOW, NOW + Duration::days(7)) };
        let host = serve(list.der());
        let url = format!("http://{host}/ca.crl");
        let (user, authority, issuer) = (naming(&url, false), naming(&url, true), certificate("crl-ca"));
        for files in [[&user, &authority], [&authority, &user]] {
            let inquiry = Inquiry::new(host.parse().unwrap());
            for file in files {
                let mut answers = Answers::default();
                inquiry.ask(&[&[file.clone(), issuer.clone()]], &mut answers, NOW);
                let is_good = matches!(answers.about(file, &issuer, NOW), Status::Good { .. });
                assert_eq!(is_good, *file == user);
            }
            let failures = inquiry.failures();
            assert_eq!(failures.len(), 1, "{failures:?}");
            let why = &failures[0].1;
            assert!(why.starts_with("about `") && why.ends_with("does not cover it"), "{why}");
        }
    }

    #[test]
    fn what_has_ended_is_handed_on_to_who_judges_as_of_an_earlier_time() {
        let list = TestCrl::new("crl-ca", NOW - Duration::days(9), NOW - Duration::days(2));
        let host = serve(list.der());
        let (user, issuer) = (naming(&format!("http://{host}/ca.crl"), false), certificate("crl-ca"));
        let inquiry = Inquiry::new(host.parse().unwrap());
        let mut answers = Answers::default();
        inquiry.ask(&[&[user.clone(), issuer.clone()]], &mut answers, NOW);
        let timestamp = NOW - Duration::days(3);
        assert!(matches!(answers.about(&user, &issuer, NOW), Status::Unknown(_)));
        assert!(matches!(answers.about_for_client(&user, &issuer, timestamp, NOW), Status::Good { .. }));
    }
}
