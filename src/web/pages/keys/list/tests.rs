//! What the tables of keys show of each, and for how long.

use super::*;
use crate::domain::account::AccountId;
use crate::domain::api_key::KeyLife;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-28 16:20 UTC);

fn key(name: &str, left: Duration) -> ListedKey {
    let expires_at = NOW + left;
    ListedKey {
        id: 7,
        name: name.parse().unwrap(),
        hint: "assay_k7Qm".to_owned(),
        account: "ann".parse().unwrap(),
        owner: "ann".parse().unwrap(),
        scopes: "push,read".parse().unwrap(),
        patterns: Vec::new(),
        created_at: NOW - Duration::days(3),
        created_by: "ann".to_owned(),
        expires_at,
        revoked_at: None,
        last_used_at: None,
        last_used_from: String::new(),
        holder: AccountId(1),
        life: KeyLife {
            revoked: false,
            expires_at,
            holder_disabled: false,
            owner_disabled: false,
            holder_belongs: true,
        },
        service: false,
        maker_left: false,
    }
}

fn revoked(name: &str, since: Duration) -> ListedKey {
    let key = key(name, Duration::days(10));
    ListedKey { revoked_at: Some(NOW - since), life: KeyLife { revoked: true, ..key.life }, ..key }
}

fn shown(keys: &[ListedKey]) -> String {
    let table = further_columns(Table::new("Keys").column("Name"));
    let cells = |key: &ListedKey| with_rest(vec![name(key)], key, NOW);
    html! { (rows(table, keys, NOW, cells)) }.into_string()
}

fn order(html: &str) -> Vec<&str> {
    let heads = html.split("<th scope=\"row\"").skip(1);
    heads.map(|cell| cell.split_once('>').unwrap().1.split(' ').next().unwrap()).collect()
}

#[test]
fn what_counts_stands_first_and_what_ended_below_for_ninety_days() {
    let keys = [
        key("expired-89", -Duration::days(89)),
        key("old", Duration::days(60)),
        key("expired-90", -Duration::days(90)),
        revoked("revoked-1", Duration::days(1)),
        revoked("revoked-90", Duration::days(90)),
        key("new", Duration::days(60)),
    ];
    let html = shown(&keys);
    assert_eq!(order(&html), ["new", "old", "revoked-1", "expired-89"]);
    assert_eq!(html.matches("class=\"muted\"").count(), 2);
    assert_eq!(html.matches("/revoke\"").count(), 2, "only what counts can be revoked");
}

#[test]
fn a_key_that_ends_soon_is_marked_and_a_new_one_is_not() {
    let made = |since: Duration, left: Duration| ListedKey { created_at: NOW - since, ..key("ci", left) };
    let badge = |left: Duration| html! { (expiry(&made(Duration::days(76), left), NOW)) }.into_string();
    assert!(badge(Duration::days(5)).contains(">in 5 days<"));
    assert!(badge(Duration::days(14)).contains(">in 14 days<"));
    assert!(!badge(Duration::days(14) + Duration::SECOND).contains("badge"));
    let new = html! { (expiry(&made(Duration::ZERO, Duration::days(30)), NOW)) }.into_string();
    assert!(!new.contains("badge"), "made for thirty days: {new}");
    assert!(badge(Duration::days(5) - Duration::SECOND).contains(">in 5 days<"));
    assert!(badge(Duration::days(1)).contains(">tomorrow<"));
    assert!(badge(Duration::hours(2)).contains(">today<"));
    assert!(badge(Duration::ZERO).contains(">Expired<"));
}

#[test]
fn a_key_that_does_not_work_now_says_why_and_can_be_revoked() {
    let ci = key("ci", Duration::days(60));
    let gone = ListedKey {
        owner: "contoso".parse().unwrap(),
        life: KeyLife { holder_belongs: false, ..ci.life },
        ..ci.clone()
    };
    let html = shown(&[gone]);
    assert!(html.contains("ann is no member of contoso any more") && html.contains("/revoke\""), "{html}");
    assert!(!html.contains("muted"));
    let disabled = ListedKey { life: KeyLife { holder_disabled: true, ..ci.life }, ..ci };
    assert!(shown(&[disabled]).contains("ann is disabled"));
}

#[test]
fn the_first_three_patterns_are_named_and_the_others_counted() {
    let mut many = key("ci", Duration::days(60));
    many.patterns = (0..5).map(|number| format!("A{number}.*").parse().unwrap()).collect();
    let html = patterns(&many).into_string();
    assert!(html.contains("A2.") && !html.contains("A3.") && html.ends_with(" and 2 more"), "{html}");
}

#[test]
fn what_another_person_wrote_stays_text() {
    let mut evil = key("<script>x</script>", Duration::days(60));
    evil.last_used_at = Some(NOW);
    evil.last_used_from = "<img src=x>".to_owned();
    evil.created_by = "<b>".to_owned();
    evil.service = true;
    let html = format!("{}{}", shown(std::slice::from_ref(&evil)), holder(&evil).into_string());
    for tag in ["<script>", "<img", "<b>"] {
        assert!(!html.contains(tag), "{tag} in {html}");
    }
}

#[test]
fn the_last_use_says_when_and_from_where() {
    let mut used = key("ci", Duration::days(60));
    assert!(shown(std::slice::from_ref(&used)).contains(">never<"));
    used.last_used_at = Some(NOW - Duration::hours(2));
    used.last_used_from = "2001:db8::1".to_owned();
    let html = shown(&[used]);
    assert!(html.contains(">2 hours ago<") && html.contains("from 2001:db8::1"), "{html}");
}
