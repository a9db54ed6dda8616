//! The throttle against those whom it is for, and for those whom it must not hit.

use super::*;

const ALL: u32 = 1000;

fn address(last: u8) -> IpAddr {
    IpAddr::from([203, 0, 113, last])
}

/// The address of a member of a botnet.
fn bot(number: u32) -> IpAddr {
    IpAddr::from((0x0b00_0000 + number).to_be_bytes())
}

fn stranger(account_key: &str, address: IpAddr) -> Attempt<'_> {
    Attempt { account_key, address, known: false }
}

fn known(account_key: &str, address: IpAddr) -> Attempt<'_> {
    Attempt { account_key, address, known: true }
}

/// How many of so many tries are let through and fail.
fn failures<'a>(throttle: &Throttle, now: Instant, tries: impl IntoIterator<Item = Attempt<'a>>) -> usize {
    tries.into_iter().filter_map(|attempt| throttle.try_now(&attempt, now).ok()).map(Ticket::failed).count()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn guessing_one_account_from_one_address_is_slowed_and_told_how_long() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let ann = stranger("ann", address(1));
    assert_eq!(failures(&throttle, now, [ann; 100]), 6);
    assert_eq!(throttle.try_now(&ann, now).err(), Some(RetryAfter(seconds(1))));
    assert_eq!(failures(&throttle, now + seconds(1), [ann; 100]), 1);
    assert_eq!(throttle.try_now(&ann, now + seconds(1)).err(), Some(RetryAfter(seconds(2))));
}

#[test]
fn sign_ins_that_await_a_code_have_an_end_and_strangers_take_none_of_a_known_browsers() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let begun = |attempt: &Attempt<'_>| (0..ALL).filter(|_| throttle.await_code_now(attempt, now).is_ok()).count();
    assert_eq!(begun(&stranger("ann", address(1))), 60);
    assert_eq!(begun(&stranger("ann", address(2))), 0, "from all addresses together");
    assert_eq!(begun(&known("ann", address(1))), 60);
    assert!(throttle.try_now(&stranger("ann", address(1)), now).is_ok(), "passwords are counted for themselves");
    assert!(throttle.await_code_now(&stranger("ann", address(1)), now + HOUR).is_ok());
}

#[test]
fn requests_at_once_do_not_slip_through_together() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let tickets = std::thread::scope(|scope| {
        let tries: Vec<_> =
            (0..50).map(|_| scope.spawn(|| throttle.try_now(&stranger("ann", address(1)), now))).collect();
        tries.into_iter().filter_map(|one| one.join().unwrap().ok()).collect::<Vec<_>>()
    });
    assert_eq!(tickets.len(), 6, "all are still being tested");
}

#[test]
fn a_request_that_is_cut_off_has_failed() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    (0..6).for_each(|_| drop(throttle.try_now(&stranger("ann", address(1)), now)));
    assert!(throttle.try_now(&stranger("ann", address(1)), now).is_err());
}

#[test]
fn who_gets_it_right_in_the_end_starts_anew() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let ann = stranger("ann", address(1));
    assert_eq!(failures(&throttle, now, [ann; 100]), 6);
    throttle.try_now(&ann, now + seconds(1)).unwrap().succeeded();
    assert_eq!(failures(&throttle, now + seconds(1), [ann; 100]), 6);
}

#[test]
fn spraying_one_password_over_all_accounts_is_stopped_by_the_address() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let names: Vec<String> = (0..ALL).map(|number| format!("user{number}")).collect();
    let spray = || names.iter().map(|name| stranger(name, address(1)));
    assert_eq!(failures(&throttle, now, spray()), 60);
    assert!(matches!(throttle.try_now(&stranger("zoe", address(1)), now), Err(RetryAfter(wait)) if wait == HOUR));
    throttle.try_now(&stranger("zoe", address(2)), now).unwrap().succeeded();
    assert_eq!(failures(&throttle, now + HOUR, spray()), 60, "an hour later");
}

#[test]
fn an_account_of_their_own_does_not_buy_attackers_tries_at_others() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let names: Vec<String> = (0..ALL).map(|number| format!("user{number}")).collect();
    let mut failed = 0;
    for name in &names {
        if let Ok(ticket) = throttle.try_now(&stranger("mallory", address(1)), now) {
            ticket.succeeded();
        }
        failed += failures(&throttle, now, [stranger(name, address(1))]);
    }
    assert_eq!(failed, 60);
}

#[test]
fn an_ipv6_network_is_one_address() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let tries = (0..ALL).map(|host| IpAddr::from([0x2001, 0xdb8, 1, 2, 0, 0, 0, u16::try_from(host).unwrap()]));
    assert_eq!(failures(&throttle, now, tries.map(|address| stranger("ann", address))), 6);
}

#[test]
fn a_botnet_is_stopped_by_the_account_and_does_not_lock_out_its_owner() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let home = address(7);
    throttle.try_now(&stranger("ann", home), now).unwrap().succeeded();
    assert_eq!(failures(&throttle, now, (0..ALL).map(|number| stranger("ann", bot(number)))), 100);
    assert!(throttle.try_now(&stranger("ann", address(1)), now).is_err(), "no stranger any more");
    throttle.try_now(&known("ann", address(1)), now).unwrap().succeeded();
    throttle.try_now(&stranger("ann", home), now).unwrap().succeeded();
    throttle.try_now(&stranger("bob", bot(1)), now).unwrap().succeeded();
    throttle.try_now(&stranger("ann", address(1)), now + HOUR).unwrap().succeeded();
}

#[test]
fn a_stranger_behind_the_same_address_does_not_slow_a_known_browser() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let office = address(1);
    assert_eq!(failures(&throttle, now, [stranger("ann", office); 100]), 6);
    assert_eq!(failures(&throttle, now, [known("ann", office); 100]), 6, "it has a bucket of its own");
    throttle.try_now(&known("ann", office), now + seconds(1)).unwrap().succeeded();
}

#[test]
fn typing_errors_of_a_whole_office_stop_no_build_that_was_right_before() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let office = address(1);
    throttle.try_now(&stranger("ci", office), now).unwrap().succeeded();
    let names: Vec<String> = (0..ALL).map(|number| format!("user{number}")).collect();
    failures(&throttle, now, names.iter().map(|name| stranger(name, office)));
    assert!(throttle.try_now(&stranger("new", office), now).is_err());
    throttle.try_now(&stranger("ci", office), now).unwrap().succeeded();
}

#[test]
fn an_address_is_proven_for_its_account_alone_and_not_for_ever() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    throttle.try_now(&stranger("ann", address(1)), now).unwrap().succeeded();
    let later = now + PROVEN;
    failures(&throttle, later, (0..ALL).map(|number| stranger("ann", bot(number))));
    failures(&throttle, now, (0..ALL).map(|number| stranger("bob", bot(number))));
    assert!(throttle.try_now(&stranger("bob", address(1)), now).is_err());
    assert!(throttle.try_now(&stranger("ann", address(1)), later - seconds(1)).is_ok());
    assert!(throttle.try_now(&stranger("ann", address(1)), later).is_err());
}

#[test]
fn at_a_proven_address_an_hour_has_60_failures_whoever_signs_in_between() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let ann = stranger("ann", address(1));
    let mut failed = 0;
    for minute in 0..59 {
        let now = now + seconds(60 * minute);
        if let Ok(ticket) = throttle.try_now(&ann, now) {
            ticket.succeeded();
        }
        failed += failures(&throttle, now, [ann; 100]);
    }
    assert_eq!(failed, 60);
}

#[test]
fn ten_wrong_codes_an_hour_from_wherever_they_come_and_twenty_of_known_browsers() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let codes = |now, known| {
        let tries = (0..ALL).map(|number| Attempt { account_key: "ann", address: bot(number), known });
        tries.filter_map(|attempt| throttle.try_code_now(&attempt, now).ok()).map(Ticket::failed).count()
    };
    assert_eq!((codes(now, false), codes(now, true)), (10, 20));
    assert_eq!((codes(now + seconds(3599), false), codes(now + seconds(3599), true)), (0, 0));
    assert_eq!((codes(now + HOUR, false), codes(now + HOUR, true)), (10, 20));
    throttle.try_now(&stranger("ann", address(1)), now).unwrap().succeeded();
}

#[test]
fn right_codes_cost_nothing_and_buy_nothing() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let ann = stranger("ann", address(1));
    for _ in 0..9 {
        throttle.try_code_now(&ann, now).unwrap().failed();
        throttle.try_code_now(&ann, now).unwrap().succeeded();
    }
    throttle.try_code_now(&ann, now).unwrap().failed();
    assert_eq!(throttle.try_code_now(&ann, now).err(), Some(RetryAfter(HOUR)));
}

#[test]
fn what_was_not_tried_is_not_charged() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    for _ in 0..ALL {
        throttle.try_now(&stranger("ann", address(1)), now).unwrap().withdrawn();
    }
    assert_eq!(failures(&throttle, now, [stranger("ann", address(1)); 100]), 6);
}

#[test]
fn a_remembered_answer_is_not_given_out_while_others_are_told_to_wait() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let ann = stranger("ann", address(1));
    throttle.try_now(&ann, now).unwrap().succeeded();
    assert_eq!(throttle.check(&ann, now), Ok(()));
    failures(&throttle, now, [ann; 100]);
    assert_eq!(throttle.check(&ann, now), Err(RetryAfter(seconds(1))));
    assert_eq!(throttle.check(&ann, now + seconds(1)), Ok(()));
    assert_eq!(failures(&throttle, now + seconds(1), [ann]), 1, "checking charges nothing");
}

#[test]
fn a_flood_of_names_does_not_make_it_forget_the_account_that_is_being_tried() {
    let (throttle, now) = (Throttle::holding(64), Instant::now());
    let names: Vec<String> = (0..ALL).map(|number| format!("user{number}")).collect();
    let mut failed = 0;
    for (number, name) in (0..).zip(&names) {
        failed += failures(&throttle, now, [stranger("ann", bot(number)), stranger(name, bot(ALL + number))]);
    }
    let made_up = names.len();
    assert_eq!(failed - made_up, 100);
}

#[test]
fn links_by_mail_are_counted_by_address_and_apart_from_passwords() {
    let (throttle, now) = (Throttle::new(), Instant::now());
    let (here, there) = ("2001:db8::1".parse().unwrap(), "192.0.2.1".parse().unwrap());
    for _ in 0..LINKS.an_hour {
        throttle.ask_for_link_now(here, now).unwrap();
    }
    let wait = throttle.ask_for_link_now("2001:db8::2".parse().unwrap(), now).unwrap_err();
    assert_eq!(wait.0, Duration::from_secs(60 * 60), "the same network");
    assert!(throttle.ask_for_link_now(there, now).is_ok());
    assert!(throttle.ask_for_link_now(here, now + wait.0).is_ok());
    let attempt = Attempt { account_key: "ann", address: here, known: false };
    throttle.try_now(&attempt, now).unwrap().failed();
}
