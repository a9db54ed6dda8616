//! Certificates below the golden roots, odd in one or a few ways.

use super::{Mutant, Source, draft};
use crate::mutants::authority::{
    CODE_SIGNING, Plan, TIME_STAMPING, authority_key, basic_constraints, extension, generalized, golden, key_usage,
    name, subject_key, subject_of, usages, utc,
};
use crate::mutants::der;
use crate::mutants::draft::Draft;
use crate::mutants::keys::{Hash, Scheme, key};
use crate::mutants::random::Random;

const CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const USAGES: &str = "2.5.29.37";
const SUBJECT_KEY: &str = "2.5.29.14";
const AUTHORITY_KEY: &str = "2.5.29.35";

/// Which of the three certificates is changed.
#[derive(Debug, Clone, Copy)]
enum Role {
    Leaf,
    Intermediate,
    Timestamper,
}

fn role(random: &mut Random) -> Role {
    *random.pick(&[Role::Leaf, Role::Intermediate, Role::Intermediate, Role::Timestamper])
}

fn with_plan(draft: &mut Draft, role: Role, change: impl FnOnce(&mut Plan)) {
    match role {
        Role::Leaf => change(&mut draft.leaf),
        Role::Intermediate => change(&mut draft.intermediate),
        Role::Timestamper => {
            let mut plan = Plan::timestamper();
            change(&mut plan);
            if draft.stamps.is_empty() {
                draft.stamps.push(crate::mutants::draft::Stamp::usual());
            }
            draft.stamps[0].authority = Some(plan);
        }
    }
}

fn build(draft: &Draft, recipe: String) -> Mutant {
    Mutant { bytes: draft.package(&mut |_, part| part), recipe }
}

fn one_extension(plan: &mut Plan, role: Role, random: &mut Random, recipe: &mut String) {
    let critical = random.chance(50);
    let put = |plan: &mut Plan, id: &str, value: Vec<u8>, recipe: &mut String| {
        recipe.push_str(&format!(" {id} critical {critical} {value:02x?}"));
        plan.replace(id, Some(extension(id, critical, &value)));
    };
    match random.below(16) {
        0 | 1 => {
            let value = match random.below(14) {
                0 => der::seq(&[der::boolean(true)]),
                1 => der::seq(&[der::boolean(false)]),
                2 => der::seq::<Vec<u8>>(&[]),
                3 => der::seq(&[der::boolean(true), der::integer(0)]),
                4 => der::seq(&[der::boolean(true), der::integer(1)]),
                5 => der::seq(&[der::boolean(true), der::tlv(2, &[0xFF])]),
                6 => der::seq(&[der::boolean(true), der::tlv(2, &[0x7F; 9])]),
                7 => der::seq(&[der::integer(0)]),
                8 => der::seq(&[der::boolean(true), der::null()]),
                9 => der::seq(&[vec![1, 1, 1]]),
                10 => der::null(),
                11 => [der::seq(&[der::boolean(true)]), der::null()].concat(),
                12 => der::seq(&[der::boolean(true), der::tlv(2, &[])]),
                _ => der::seq(&[der::boolean(true), der::tlv(2, &[0, 0])]),
            };
            put(plan, CONSTRAINTS, value, recipe);
        }
        2 | 3 => {
            let bits: &[u8] = random.one(&[
                &[1, 0x06][..],
                &[2, 0x04],
                &[7, 0x80],
                &[0, 0xFF],
                &[0],
                &[0, 0],
                &[7, 0x06, 0x80],
                &[1, 0x02],
                &[5, 0xA0],
                &[9, 0x06],
                &[2, 0x06],
                &[3, 0x04],
                &[],
                &[0, 0, 0, 4],
                &[6, 0x40],
                &[1, 0x86],
            ]);
            put(plan, KEY_USAGE, der::tlv(3, bits), recipe);
        }
        4 | 5 => {
            let list: &[&str] = random.one(&[
                &[CODE_SIGNING][..],
                &[TIME_STAMPING],
                &[CODE_SIGNING, TIME_STAMPING],
                &["2.5.29.37.0"],
                &["2.5.29.37.0", CODE_SIGNING, TIME_STAMPING],
                &[],
                &["1.3.6.1.5.5.7.3.1"],
                &["1.3.6.1.5.5.7.3.1", CODE_SIGNING, TIME_STAMPING],
                &["1.3.6.1.4.1.311.10.3.13", CODE_SIGNING],
                &["1.3.6.1.4.1.311.2.1.22"],
                &[CODE_SIGNING, CODE_SIGNING],
                &["2.16.840.1.113730.4.1"],
                &["1.3.6.1.4.1.311.10.3.3"],
            ]);
            let mut value = der::seq(&list.iter().map(|id| der::oid(id)).collect::<Vec<_>>());
            match random.below(12) {
                0 => value = der::seq(&[der::oid(CODE_SIGNING), der::null()]),
                1 => value = der::set(&[der::oid(CODE_SIGNING)]),
                2 => value.push(0),
                _ => {}
            }
            put(plan, USAGES, value, recipe);
        }
        6 => {
            let value = match random.below(6) {
                0 => der::octets(&[1; 19]),
                1 => der::octets(&[]),
                2 => der::null(),
                3 => vec![1; 20],
                4 => [der::octets(&[1; 20]), der::null()].concat(),
                _ => der::octets(&plan.key.identifier()),
            };
            put(plan, SUBJECT_KEY, value, recipe);
        }
        7 | 8 => {
            let own = plan.issuer_key.identifier();
            let issuer_name = match role {
                Role::Leaf => subject_of("code-root-a"),
                Role::Intermediate => subject_of("code-root-a"),
                Role::Timestamper => subject_of("ts-root"),
            };
            let serial = |name: &str| {
                let (_, serial) = crate::mutants::authority::issuer_and_serial(&golden(name)).unwrap();
                der::content(&serial).unwrap().to_vec()
            };
            let right = match role {
                Role::Leaf => vec![0x4D, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77],
                Role::Intermediate => serial("code-root-a"),
                Role::Timestamper => serial("ts-root"),
            };
            let names = der::ctx(1, &[der::ctx(4, &[issuer_name])]);
            let other = der::ctx(1, &[der::ctx(4, &[subject_of("repo-leaf")])]);
            let value = match random.below(14) {
                0 => der::seq(&[der::tlv(0x80, &[9; 20])]),
                1 => der::seq(&[names, der::tlv(0x82, &right)]),
                2 => der::seq(&[other, der::tlv(0x82, &right)]),
                3 => der::seq(&[names, der::tlv(0x82, &[1])]),
                4 => der::seq(&[der::tlv(0x82, &right)]),
                5 => der::seq(&[der::tlv(0x82, &[1])]),
                6 => der::seq(&[names]),
                7 => der::seq(&[other]),
                8 => der::seq::<Vec<u8>>(&[]),
                9 => der::null(),
                10 => der::seq(&[der::tlv(0x80, &own), der::ctx(1, &[der::tlv(0x82, b"x")]), der::tlv(0x82, &[1])]),
                11 => der::seq(&[der::tlv(0x80, &[])]),
                12 => der::seq(&[der::tlv(0x80, &own), der::null()]),
                _ => der::seq(&[der::tlv(0x80, &own), names, der::tlv(0x82, &right)]),
            };
            put(plan, AUTHORITY_KEY, value, recipe);
        }
        9 => {
            // Policies and everything about them.
            let policies = der::seq(&[der::seq(&[der::oid("2.999.5")])]);
            let (id, value) = match random.below(14) {
                0 => ("2.5.29.32", policies),
                1 => ("2.5.29.32", der::seq(&[der::seq(&[der::oid("2.5.29.32.0")])])),
                2 => ("2.5.29.32", der::seq(&[der::seq(&[der::oid("2.999.5")]), der::seq(&[der::oid("2.999.5")])])),
                3 => ("2.5.29.32", der::seq::<Vec<u8>>(&[])),
                4 => ("2.5.29.32", der::null()),
                5 => ("2.5.29.36", der::seq(&[der::tlv(0x80, &[0])])),
                6 => ("2.5.29.36", der::seq(&[der::tlv(0x81, &[0])])),
                7 => ("2.5.29.36", der::seq::<Vec<u8>>(&[])),
                8 => ("2.5.29.36", der::null()),
                9 => ("2.5.29.54", der::integer(0)),
                10 => ("2.5.29.54", der::tlv(2, &[0xFF])),
                11 => ("2.5.29.54", der::null()),
                12 => ("2.5.29.33", der::seq(&[der::seq(&[der::oid("2.999.5"), der::oid("2.5.29.32.0")])])),
                _ => ("2.5.29.33", der::seq(&[der::seq(&[der::oid("2.999.5"), der::oid("2.999.6")])])),
            };
            put(plan, id, value, recipe);
        }
        10 | 11 => {
            let url = der::tlv(0x86, b"http://127.0.0.1:9/x");
            let (id, value): (&str, Vec<u8>) = match random.below(18) {
                0 => ("2.999.1", der::null()),
                1 => ("2.5.29.31", der::seq(&[der::seq(&[der::ctx(0, &[der::ctx(0, &[url])])])])),
                2 => ("2.5.29.31", der::null()),
                3 => ("1.3.6.1.5.5.7.1.1", der::seq(&[der::seq(&[der::oid("1.3.6.1.5.5.7.48.2"), url])])),
                4 => ("1.3.6.1.5.5.7.1.1", der::null()),
                5 => ("2.5.29.46", der::seq(&[der::seq(&[der::ctx(0, &[der::ctx(0, &[url])])])])),
                6 => ("2.5.29.18", der::seq(&[der::tlv(0x82, b"x.example")])),
                7 => ("2.5.29.18", der::null()),
                8 => ("2.5.29.9", der::seq::<Vec<u8>>(&[])),
                9 => ("2.16.840.1.113730.1.1", der::tlv(3, &[4, 0x10])),
                10 => ("2.16.840.1.113730.1.1", der::tlv(3, &[5, 0x20])),
                11 => ("2.16.840.1.113730.1.1", der::tlv(3, &[0, 0x01])),
                12 => ("1.3.6.1.5.5.7.48.1.5", der::null()),
                13 => ("1.3.6.1.5.5.7.1.14", der::seq(&[der::seq(&[der::oid("1.3.6.1.5.5.7.21.1")])])),
                14 => ("1.3.6.1.5.5.7.1.24", der::seq(&[der::integer(5)])),
                15 => ("2.5.29.16", der::seq(&[der::tlv(0x80, b"20200101000000Z")])),
                16 => ("1.3.6.1.5.5.7.1.3", der::seq::<Vec<u8>>(&[])),
                _ => ("2.16.840.1.113730.1.13", der::tlv(0x16, b"comment")),
            };
            put(plan, id, value, recipe);
        }
        12 => {
            let (id, value): (&str, Vec<u8>) = match random.below(8) {
                0 => ("2.5.29.17", der::seq(&[der::tlv(0x82, b"x.example")])),
                1 => ("2.5.29.17", der::seq::<Vec<u8>>(&[])),
                2 => ("2.5.29.17", der::null()),
                3 => ("2.5.29.17", der::seq(&[der::tlv(0x87, &[1, 2, 3])])),
                4 => ("2.5.29.17", der::seq(&[der::ctx(4, &[name(&[("2.5.4.3", "x")])])])),
                5 => ("2.5.29.17", der::seq(&[der::ctx(4, &[der::null()])])),
                6 => ("1.3.6.1.5.5.7.1.7", der::null()),
                _ => ("1.3.6.1.5.5.7.1.8", der::null()),
            };
            put(plan, id, value, recipe);
        }
        13 => {
            if let Some(gone) = plan.extensions.get(random.below(plan.extensions.len().max(1))).cloned() {
                recipe.push_str(&format!(" without {:02x?}", &gone[..gone.len().min(9)]));
                plan.extensions.retain(|extension| *extension != gone);
            }
        }
        14 => {
            if let Some(twice) = plan.extensions.get(random.below(plan.extensions.len().max(1))).cloned() {
                recipe.push_str(&format!(" twice {:02x?}", &twice[..twice.len().min(9)]));
                plan.extensions.push(twice);
            }
        }
        _ => {
            recipe.push_str(" extensions shuffled");
            random.shuffle(&mut plan.extensions);
        }
    }
}

/// Extensions of one certificate.
pub fn extensions(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    draft.counters.clear();
    let role = role(random);
    let mut recipe = format!(" {role:?}");
    let edits = 1 + random.below(2);
    with_plan(&mut draft, role, |plan| {
        for _ in 0..edits {
            one_extension(plan, role, random, &mut recipe);
        }
    });
    build(&draft, recipe)
}

/// Everything of a certificate but names and extensions.
pub fn fields(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    draft.counters.clear();
    let role = role(random);
    let mut recipe = format!(" {role:?}");
    with_plan(&mut draft, role, |plan| {
        let what = random.below(12);
        recipe += &format!(" field {what}");
        match what {
            0 => {
                plan.version = random
                    .pick(&[
                        Vec::new(),
                        der::ctx(0, &[der::integer(0)]),
                        der::ctx(0, &[der::integer(1)]),
                        der::ctx(0, &[der::integer(3)]),
                        der::ctx(0, &[der::tlv(2, &[0, 2])]),
                        der::ctx(0, &[der::tlv(2, &[0xFF])]),
                    ])
                    .clone();
                if random.chance(40) {
                    plan.extensions.clear();
                }
                recipe += &format!(" {:02x?} {}", plan.version, plan.extensions.len());
            }
            1 | 2 => {
                let serial: &[u8] = random.one(&[
                    &[0][..],
                    &[1],
                    &[0x80],
                    &[0xFF],
                    &[0, 0x80],
                    &[0, 1],
                    &[0, 0, 0x80],
                    &[0xFF, 0xFF],
                    &[0xFF, 0x80],
                    &[0x7F; 20],
                    &[0x7F; 21],
                    &[0x7F; 40],
                    &[],
                ]);
                recipe += &format!(" {serial:02x?}");
                plan.serial = der::tlv(2, serial);
            }
            3..=5 => {
                let times = [
                    utc("200101000000Z"),
                    utc("490101000000Z"),
                    utc("500101000000Z"),
                    utc("2001010000Z"),
                    utc("200101000000+0000"),
                    utc("200101000060Z"),
                    utc("200230000000Z"),
                    utc("200101240000Z"),
                    generalized("20200101000000Z"),
                    generalized("20200101000000.5Z"),
                    generalized("20560101000000Z"),
                    generalized("99991231235959Z"),
                    generalized("20200101000000"),
                    generalized("202001010000Z"),
                    generalized("00000101000000Z"),
                    generalized("20200101000000+0100"),
                    utc("200101000000"),
                    utc(""),
                    der::null(),
                    der::tlv(0x17, b"\xFF"),
                    utc("990101000000Z"),
                    generalized("19400101000000Z"),
                    generalized("20200101000060Z"),
                    utc("20010100000Z"),
                    utc("270101000000Z"),
                ];
                let from = if random.chance(60) { random.pick(&times).clone() } else { utc("200101000000Z") };
                let to = if random.chance(60) { random.pick(&times).clone() } else { generalized("20560101000000Z") };
                recipe += &format!(" {} {}", String::from_utf8_lossy(&from), String::from_utf8_lossy(&to));
                plan.validity = der::seq(&[from, to]);
                if random.chance(5) {
                    plan.validity = der::seq(&[utc("200101000000Z"), utc("400101000000Z"), der::null()]);
                }
            }
            6 => {
                plan.scheme = *random.pick(&[
                    Scheme::Pkcs1(Hash::Sha1),
                    Scheme::Pkcs1(Hash::Sha384),
                    Scheme::Pkcs1(Hash::Sha512),
                    Scheme::Pss(Hash::Sha256),
                    Scheme::Pss(Hash::Sha384),
                    Scheme::Pss(Hash::Sha512),
                ]);
                recipe += &format!(" {:?}", plan.scheme);
            }
            7 | 8 => {
                let choices = [
                    None,
                    Some(der::algorithm(Hash::Sha256.with_rsa(), false)),
                    Some(der::algorithm(Hash::Sha256.with_rsa(), true)),
                    Some(der::algorithm(Hash::Sha384.with_rsa(), true)),
                    Some(der::algorithm(Hash::Sha1.with_rsa(), true)),
                    Some(der::algorithm("1.2.840.113549.1.1.1", true)),
                    Some(der::seq(&[der::oid(Hash::Sha256.with_rsa()), der::integer(1)])),
                    Some(der::seq(&[der::oid(Hash::Sha256.with_rsa()), der::null(), der::null()])),
                    Some(der::algorithm("2.999.1", false)),
                    Some(der::seq(&[der::oid("1.2.840.113549.1.1.10")])),
                    Some(Scheme::Pss(Hash::Sha256).identifier()),
                    Some(der::algorithm("1.3.14.3.2.29", true)),
                ];
                let (inside, outside) = (random.below(choices.len()), random.below(choices.len()));
                let same = random.chance(50);
                recipe += &format!(" {inside} {outside} same {same}");
                plan.identifiers = (choices[inside].clone(), choices[if same { inside } else { outside }].clone());
            }
            9 => {
                let name = *random.pick(&["rsa1024", "rsa2047", "rsa-e3", "ecdsa", "leaf-3072", "leaf-4096"]);
                recipe += &format!(" key {name}");
                if matches!(role, Role::Leaf | Role::Timestamper) && name != "ecdsa" {
                    plan.key = key(name);
                    plan.spki = plan.key.spki().to_vec();
                    plan.replace(SUBJECT_KEY, Some(subject_key(&plan.key.identifier())));
                } else {
                    plan.spki = key(name).spki().to_vec();
                }
            }
            10 => {
                let inner = der::children(&plan.spki).unwrap();
                let numbers = der::children(&der::content(&inner[1]).unwrap()[1..]).unwrap();
                let rsa = |parts: &[Vec<u8>]| der::seq(&[inner[0].clone(), der::bits(&der::seq(parts))]);
                plan.spki = match random.below(12) {
                    0 => der::seq(&[der::algorithm("1.2.840.113549.1.1.1", false), inner[1].clone()]),
                    1 => der::seq(&[der::seq(&[der::oid("1.2.840.113549.1.1.1"), der::integer(1)]), inner[1].clone()]),
                    2 => der::seq(&[inner[0].clone(), inner[1].clone(), der::null()]),
                    3 => rsa(&[numbers[0].clone(), numbers[1].clone(), der::null()]),
                    4 => rsa(&[numbers[0].clone()]),
                    5 => rsa(&[numbers[0].clone(), der::integer(1)]),
                    6 => rsa(&[numbers[0].clone(), der::integer(4)]),
                    7 => rsa(&[numbers[0].clone(), der::tlv(2, &[0xFF])]),
                    8 => rsa(&[der::tlv(2, &[&[0], der::content(&numbers[0]).unwrap()].concat()), numbers[1].clone()]),
                    9 => rsa(&[der::tlv(2, &der::content(&numbers[0]).unwrap()[1..]), numbers[1].clone()]),
                    10 => der::seq(&[
                        inner[0].clone(),
                        der::tlv(3, &[&[1], &der::content(&inner[1]).unwrap()[1..]].concat()),
                    ]),
                    _ => der::seq(&[der::seq(&[der::oid("1.2.840.113549.1.1.10")]), inner[1].clone()]),
                };
                recipe += &format!(" spki {:02x?}", &plan.spki[..30]);
            }
            _ => {
                plan.unique = random
                    .pick(&[
                        der::tlv(0x81, &[0, 1]),
                        der::tlv(0x82, &[0, 1]),
                        [der::tlv(0x81, &[0, 1]), der::tlv(0x82, &[0, 1])].concat(),
                        der::tlv(0x82, &[]),
                        der::null(),
                        der::tlv(0x81, &[9]),
                    ])
                    .clone();
                recipe += &format!(" unique {:02x?}", plan.unique);
            }
        }
    });
    build(&draft, recipe)
}

const TEXTS: &[&[u8]] = &[
    b"Issuing",
    b"issuing",
    b"ISSUING",
    b" Issuing",
    b"Issuing ",
    b"Issuing  x",
    b"Issuing x",
    b"\xC3\xA9",
    b"\xE9",
    b"",
    b"a,b",
    b"a\"b",
    b"a+b",
    b"a=b",
    b"#a",
    b"a;b",
    b"<a>",
    b"a\\b",
    b"a\nb",
    b"a\0b",
    b"\xFF",
    b"a\tb",
    b"*",
    b"\0I\0s",
    b"\0\0\0I",
    b"\x20\xAC",
    b"\xD8\x00",
];

fn odd_name(random: &mut Random, recipe: &mut String) -> Vec<u8> {
    let mut parts = Vec::new();
    for _ in 0..random.below(4) {
        let mut set = Vec::new();
        for _ in 0..if random.chance(15) { 2 } else { 1 } {
            let kind = *random.pick(&[
                "2.5.4.3",
                "2.5.4.10",
                "2.5.4.6",
                "2.5.4.5",
                "2.5.4.12",
                "2.5.4.42",
                "2.5.4.65",
                "2.999.1",
                "1.2.840.113549.1.9.1",
                "0.9.2342.19200300.100.1.25",
                "2.5.4.97",
                "1.3.6.1.4.1.311.60.2.1.3",
                "2.5.4.15",
                "2.5.4.17",
                "2.5.4.9",
                "2.5.4.8",
            ]);
            let tag = *random.pick(&[0x0C, 0x0C, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E, 0x12, 0x04, 0x30, 0x02, 0x17]);
            let text = *random.pick(TEXTS);
            recipe.push_str(&format!(" {kind}:{tag:02x}:{text:02x?}"));
            set.push(der::seq(&[der::oid(kind), der::tlv(tag, text)]));
        }
        parts.push(der::set(&set));
    }
    der::seq(&parts)
}

/// Names: string types, letters, and whether two of them are one.
pub fn names(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    draft.counters.clear();
    draft.style.by_key = random.chance(30);
    let mut recipe = format!(" by key {}", draft.style.by_key);
    match random.below(4) {
        0 => {
            recipe += " leaf";
            draft.leaf.subject = odd_name(random, &mut recipe);
        }
        1 => {
            recipe += " both";
            let name = odd_name(random, &mut recipe);
            draft.intermediate.subject = name.clone();
            draft.leaf.issuer = name;
        }
        _ => {
            // Issuer of one and subject of the other, alike but for their form.
            let one = |random: &mut Random, recipe: &mut String| {
                let text = random.pick(&TEXTS[..9]);
                let tag = *random.pick(&[0x0C, 0x13, 0x14, 0x16, 0x1A]);
                recipe.push_str(&format!(" {tag:02x}:{}", String::from_utf8_lossy(text)));
                let part = |id: &str, value: Vec<u8>| der::set(&[der::seq(&[der::oid(id), value])]);
                der::seq(&[part("2.5.4.10", der::utf8("Agreement")), part("2.5.4.3", der::tlv(tag, text))])
            };
            draft.intermediate.subject = one(random, &mut recipe);
            draft.leaf.issuer = one(random, &mut recipe);
        }
    }
    build(&draft, recipe)
}

fn general_name(random: &mut Random) -> Vec<u8> {
    let text: &[u8] = random.one(&[
        b"example.com".as_slice(),
        b".example.com",
        b"a.example.com",
        b"EXAMPLE.com",
        b"",
        b"com",
        b"*.example.com",
        b"user@example.com",
        b"user@a.example.com",
        b"@example.com",
        b"USER@EXAMPLE.com",
        b"user@",
        b"notexample.com",
        b"example.com.",
        b".",
        b"\"x@y\"@example.com",
    ]);
    match random.below(12) {
        0..=2 => der::tlv(0x82, text),
        3 | 4 => der::tlv(0x81, text),
        5 => {
            let url: &[u8] = random.one(&[
                b"https://example.com/x".as_slice(),
                b"https://a.example.com",
                b"example.com",
                b".example.com",
                b"urn:x",
                b"https://user@example.com:1/",
                b"https://[::1]/",
                b"",
            ]);
            der::tlv(0x86, url)
        }
        6 => {
            let length = *random.pick(&[4, 8, 16, 32, 3]);
            let mut address = vec![10; length];
            if matches!(length, 8 | 32) {
                let value = *random.pick(&[0, 0xFF]);
                address[length / 2..].fill(value);
            }
            der::tlv(0x87, &address)
        }
        7 => der::tlv(0x88, &[0x88, 0x37]),
        8 => der::ctx(0, &[der::oid("2.999.1"), der::ctx(0, &[der::utf8("x")])]),
        _ => {
            let name = match random.below(6) {
                0 => name(&[]),
                1 => name(&[("2.5.4.10", "Agreement")]),
                2 => name(&[("2.5.4.10", "AGREEMENT ")]),
                3 => name(&[("2.5.4.10", "Agreement"), ("2.5.4.3", "Author")]),
                4 => name(&[("2.5.4.3", "Author")]),
                _ => name(&[("2.5.4.10", "Other")]),
            };
            der::ctx(4, &[name])
        }
    }
}

/// Name constraints of the authority against the names of the author.
pub fn name_constraints(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    draft.counters.clear();
    let trees = |random: &mut Random| -> Vec<Vec<u8>> {
        (0..random.below(3))
            .map(|_| {
                let mut parts = vec![general_name(random)];
                if random.chance(6) {
                    parts.push(der::tlv(0x80, &[u8::from(random.chance(50))]));
                }
                if random.chance(6) {
                    parts.push(der::tlv(0x81, &[9]));
                }
                der::seq(&parts)
            })
            .collect()
    };
    let (permitted, excluded) = (trees(random), trees(random));
    let mut fields = Vec::new();
    if !permitted.is_empty() || random.chance(5) {
        fields.push(der::ctx(0, &permitted));
    }
    if !excluded.is_empty() || random.chance(5) {
        fields.push(der::ctx(1, &excluded));
    }
    let value = der::seq(&fields);
    let mut recipe = format!(" constraints {value:02x?}");
    let critical = random.chance(80);
    draft.intermediate.replace("2.5.29.30", Some(extension("2.5.29.30", critical, &value)));
    if random.chance(10) {
        draft.leaf.replace("2.5.29.30", Some(extension("2.5.29.30", critical, &value)));
        recipe += " on the leaf";
    }
    if random.chance(80) {
        let names: Vec<Vec<u8>> = (0..1 + random.below(2)).map(|_| general_name(random)).collect();
        recipe += &format!(" names {names:02x?}");
        draft.leaf.replace("2.5.29.17", Some(extension("2.5.29.17", false, &der::seq(&names))));
    }
    if random.chance(20) {
        let text: &[u8] = random.one(&[b"user@example.com".as_slice(), b"a.example.com", b"user@other.test"]);
        let kind = *random.pick(&["1.2.840.113549.1.9.1", "2.5.4.3"]);
        recipe += &format!(" subject {kind} {text:?}");
        let tag = *random.pick(&[0x16, 0x0C]);
        draft.leaf.subject = der::seq(&[
            der::set(&[der::seq(&[der::oid("2.5.4.10"), der::utf8("Agreement")])]),
            der::set(&[der::seq(&[der::oid(kind), der::tlv(tag, text)])]),
        ]);
    }
    build(&draft, recipe)
}

/// Which certificates are there, in which order, and what else.
pub fn set(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    draft.sorted = random.chance(30);
    draft.with_root = random.chance(70);
    let mut recipe = format!(" root {}", draft.with_root);
    // Twins of the authority: other validity, serial number, key or issuer.
    for _ in 0..random.below(3) {
        let mut twin = draft.intermediate.clone();
        let what = random.below(9);
        recipe += &format!(" twin {what}");
        match what {
            0 => twin.validity = der::seq(&[utc("200101000000Z"), utc("220101000000Z")]),
            1 => twin.validity = der::seq(&[utc("300101000000Z"), utc("400101000000Z")]),
            2 => twin.serial = der::integer(9),
            3 => {
                twin.issuer = twin.subject.clone();
                twin.issuer_key = twin.key;
                twin.replace(AUTHORITY_KEY, random.chance(50).then(|| authority_key(&twin.key.identifier())));
            }
            4 => {
                twin.spki = key("leaf-3072").spki().to_vec();
                twin.replace(SUBJECT_KEY, None);
            }
            5 => twin.replace(SUBJECT_KEY, None),
            6 => {
                twin.issuer = subject_of("stranger-root");
                twin.issuer_key = key("stranger-root");
                twin.replace(AUTHORITY_KEY, None);
            }
            7 => twin.replace(CONSTRAINTS, Some(basic_constraints(false, None))),
            _ => twin.replace(KEY_USAGE, Some(key_usage(7, &[0x80]))),
        }
        draft.more_certificates.push(twin.sign(&twin.tbs()));
    }
    if random.chance(15) {
        // A twin of the author with the same key.
        let mut twin = draft.leaf.clone();
        if random.chance(50) {
            twin.serial = der::integer(9);
        } else {
            twin.replace(USAGES, Some(usages(false, &[CODE_SIGNING, TIME_STAMPING])));
        }
        recipe += " twin of the author";
        draft.more_certificates.push(twin.sign(&twin.tbs()));
    }
    if random.chance(20) {
        recipe += " root under another root";
        let mut cross = Plan::intermediate();
        cross.subject = subject_of("code-root-a");
        cross.spki = key("code-root-a").spki().to_vec();
        let (issuer, kind) = *random.pick(&[("code-root-b", "b"), ("stranger-root", "s")]);
        recipe += kind;
        cross.issuer = subject_of(issuer);
        cross.issuer_key = key(issuer);
        cross.extensions = vec![basic_constraints(true, None), subject_key(&key("code-root-a").identifier())];
        draft.more_certificates.push(cross.sign(&cross.tbs()));
    }
    if random.chance(20) {
        let mut root = Plan::intermediate();
        root.subject = subject_of("code-root-a");
        root.issuer = root.subject.clone();
        root.spki = key("code-root-a").spki().to_vec();
        root.extensions = vec![basic_constraints(true, None), key_usage(1, &[6])];
        if random.chance(50) {
            root.extensions.push(subject_key(&key("code-root-a").identifier()));
        }
        recipe += " root issued anew";
        draft.more_certificates.push(root.sign(&root.tbs()));
    }
    for _ in 0..random.below(3) {
        let other = *random.pick(&["stranger-root", "tsa", "ts-root", "code-root-b", "leaf-3072", "code-int-a1"]);
        recipe += &format!(" and {other}");
        draft.more_certificates.push(golden(other));
    }
    let gone = random.chance(10);
    let odd = random.chance(10).then(|| random.octet() % 4);
    if let Some(odd) = odd {
        recipe += &format!(" choice {odd}");
    }
    let mut order = Random::of("order", random.next());
    let bytes = draft.package(&mut |stage, part| {
        if stage != crate::mutants::draft::Stage::Certificates {
            return part;
        }
        let mut list = der::children(&der::tlv(0x30, &part)).unwrap();
        if gone {
            list.remove(order.below(list.len()));
        }
        if order.chance(20) {
            list.push(list[order.below(list.len())].clone());
        }
        if let Some(odd) = odd {
            list.push(der::ctx(odd, &[der::null()]));
        }
        order.shuffle(&mut list);
        list.concat()
    });
    Mutant { bytes, recipe }
}
