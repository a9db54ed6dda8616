//! Tokens: their fields, their number, and their time against the validity of certificates.

use super::{Mutant, Source, draft, stamp};
use crate::agreement::authority::{Plan, extension, generalized, usages, utc};
use crate::agreement::der;
use crate::agreement::draft::{Stage, attribute, ess_entry};
use crate::agreement::keys::{Hash, Scheme, key};
use crate::agreement::random::Random;

const TIMES: &[&str] = &[
    "20240601120000Z",
    "20240601120000.5Z",
    "20240601120000.123456789Z",
    "20240601120000.50Z",
    "20240601120000.0Z",
    "20240601120000.Z",
    "20240601120000,5Z",
    "20240601120000",
    "202406011200Z",
    "2024060112Z",
    "202406011200.5Z",
    "2024060112.5Z",
    "20240601120060Z",
    "20240601240000Z",
    "20240601120000+0000",
    "20240601120000+0100",
    "20240601120000-0100",
    "20240601120000.5+0100",
    "240601120000Z",
    "20240631120000Z",
    "20240229120000Z",
    "20230229120000Z",
    "00010101000000Z",
    "00000101000000Z",
    "99991231235959Z",
    "99991231235959.9999999Z",
    "20991231235959Z",
    "20560101000000Z",
    "20551231235959Z",
    "20200101000000Z",
    "20191231235959Z",
    "20200101000001Z",
    "20240601120000z",
    " 20240601120000Z",
    "20240601120000.1234567Z",
    "20240601120000.12345678Z",
    "20240601120000.00000001Z",
    "20240601120000.99999999Z",
];

fn accuracy(random: &mut Random) -> Vec<u8> {
    let number = |random: &mut Random| -> Vec<u8> {
        random
            .pick(&[
                &[1][..],
                &[0],
                &[100],
                &[0, 0xFF],
                &[3, 0xE7],
                &[3, 0xE8],
                &[0xFF],
                &[],
                &[0, 1],
                &[0x7F, 0xFF, 0xFF, 0xFF],
                &[0, 0xFF, 0xFF, 0xFF, 0xFF],
                &[0x7F; 8],
                &[1; 9],
            ])
            .to_vec()
    };
    if random.chance(30) {
        return Vec::new();
    }
    let mut parts = Vec::new();
    if random.chance(60) {
        parts.push(der::tlv(2, &number(random)));
    }
    if random.chance(50) {
        parts.push(der::tlv(0x80, &number(random)));
    }
    if random.chance(40) {
        parts.push(der::tlv(0x81, &number(random)));
    }
    if random.chance(8) {
        random.shuffle(&mut parts);
    }
    if random.chance(5) {
        parts.push(der::null());
    }
    der::seq(&parts)
}

/// TSTInfo written field by field.
pub fn info(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    draft.counters.clear();
    let mut stamp = stamp(random);
    if random.chance(60) {
        stamp.time = (*random.pick(TIMES)).into();
    }
    if random.chance(60) {
        stamp.accuracy = accuracy(random);
    }
    if random.chance(10) {
        stamp.policy = "0.4.0.2023.1.1";
    }
    draft.stamps = vec![stamp];
    let mut recipe = format!(" {} {:02x?}", draft.stamps[0].time, draft.stamps[0].accuracy);
    let mut tail: Vec<Vec<u8>> = Vec::new();
    if random.chance(50) {
        let choices: &[Vec<u8>] = &[
            der::boolean(true),
            der::boolean(false),
            vec![1, 1, 1],
            der::tlv(2, &[0x80]),
            der::tlv(2, &[0, 0x80]),
            der::tlv(2, &[]),
            der::tlv(2, &[0, 0, 1]),
            der::ctx(0, &[der::ctx(4, &[crate::agreement::authority::subject_of("tsa")])]),
            der::ctx(0, &[der::tlv(0x82, b"x")]),
            der::ctx(0, &[der::null()]),
            der::ctx(0, &[Vec::<u8>::new()]),
            der::ctx(1, &[extension("2.999.1", true, &[5, 0])]),
            der::ctx(1, &[Vec::<u8>::new()]),
            der::ctx(1, &[der::null()]),
            der::null(),
            der::ctx(2, &[der::null()]),
        ];
        let mut picked: Vec<usize> = (0..1 + random.below(4)).map(|_| random.below(choices.len())).collect();
        if random.chance(80) {
            picked.sort_unstable();
            picked.dedup();
        }
        recipe += &format!(" tail {picked:?}");
        tail = picked.into_iter().map(|index| choices[index].clone()).collect();
    }
    let serial: Option<Vec<u8>> = random.chance(20).then(|| {
        let length = random.below(50);
        let serial = random.bytes(length);
        recipe += &format!(" serial {serial:02x?}");
        der::tlv(2, &serial)
    });
    let version: Option<Vec<u8>> = random.chance(15).then(|| {
        let version = random.pick(&[&[0][..], &[2], &[0xFF], &[], &[0, 1], &[1; 5], &[1; 9]]).to_vec();
        recipe += &format!(" version {version:02x?}");
        der::tlv(2, &version)
    });
    let bytes = draft.package(&mut |stage, part| {
        if stage != Stage::TstInfo {
            return part;
        }
        let mut fields = der::children(&part).unwrap();
        if let Some(serial) = &serial {
            fields[3] = serial.clone();
        }
        if let Some(version) = &version {
            fields[0] = version.clone();
        }
        fields.extend(tail.iter().cloned());
        der::seq(&fields)
    });
    Mutant { bytes, recipe }
}

fn validity(random: &mut Random) -> (String, Vec<u8>) {
    let choices: &[(&str, &str)] = &[
        ("200101000000Z", "220101000000Z"),
        ("200101000000Z", "240601120000Z"),
        ("200101000000Z", "240601120001Z"),
        ("200101000000Z", "240601120002Z"),
        ("240601120000Z", "400101000000Z"),
        ("240601115959Z", "400101000000Z"),
        ("240601115958Z", "400101000000Z"),
        ("240601120001Z", "400101000000Z"),
        ("300101000000Z", "400101000000Z"),
        ("200101000000Z", "250101000000Z"),
        ("200101000000Z", "191231000000Z"),
    ];
    let (from, to) = *random.pick(choices);
    (format!(" valid {from} {to}"), der::seq(&[utc(from), utc(to)]))
}

/// Times, numbers and bindings of tokens.
pub fn tokens(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    let mut recipe = String::new();
    let mut stamps = Vec::new();
    for _ in 0..*random.pick(&[1, 1, 1, 2, 3]) {
        let mut stamp = stamp(random);
        if random.chance(50) {
            let mut plan = Plan::timestamper();
            if random.chance(40) {
                let (said, validity) = validity(random);
                recipe += &format!(" tsa{said}");
                plan.validity = validity;
            }
            if random.chance(30) {
                let list: &[&str] = random.one(&[
                    &["1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.3"][..],
                    &["1.3.6.1.5.5.7.3.3"],
                    &["2.5.29.37.0"],
                    &["2.5.29.37.0", "1.3.6.1.5.5.7.3.8"],
                    &[],
                ]);
                recipe += &format!(" usages {list:?}");
                plan.replace("2.5.29.37", random.chance(80).then(|| usages(true, list)));
            }
            if random.chance(10) {
                plan.scheme = *random.pick(&[Scheme::Pkcs1(Hash::Sha1), Scheme::Pss(Hash::Sha256)]);
                recipe += &format!(" {:?}", plan.scheme);
            }
            if random.chance(10) {
                let name = *random.pick(&["tsa-rsa1024", "tsa-4096", "rsa-e3", "rsa2047"]);
                recipe += &format!(" key {name}");
                plan.key = key(name);
                plan.spki = key(name).spki().to_vec();
                plan.replace("2.5.29.14", Some(crate::agreement::authority::subject_key(&plan.key.identifier())));
            }
            if random.chance(15) {
                recipe += " by key usage";
                plan.replace(
                    "2.5.29.15",
                    random.chance(50).then(|| crate::agreement::authority::key_usage(5, &[0x20])),
                );
            }
            stamp.authority = Some(plan);
        }
        stamp.with_root = random.chance(85);
        if random.chance(15) {
            stamp.imprint = Hash::Sha1;
        }
        if random.chance(10) {
            stamp.style.hash = Hash::Sha1;
        }
        if random.chance(10) {
            stamp.ess_hash = Hash::Sha1;
        }
        if random.chance(5) {
            stamp.ess = crate::agreement::draft::Ess::None;
        }
        if random.chance(30) {
            stamp.time = (*random.pick(&[
                "20240601120000Z",
                "20240601120000.5Z",
                "20300101000000Z",
                "20210101000000Z",
                "20560601000000Z",
            ]))
            .into();
        }
        if random.chance(40) {
            stamp.accuracy = random
                .pick(&[
                    Vec::new(),
                    der::seq(&[der::integer(1)]),
                    der::seq(&[der::tlv(0x80, &[1])]),
                    der::seq(&[der::integer(2)]),
                ])
                .clone();
        }
        if random.chance(20) {
            stamp.policy = "0.4.0.2023.1.1";
        }
        recipe += &format!(
            " [{} {:?} {:02x?} imprint {:?} digest {:?}]",
            stamp.time, stamp.ess, stamp.accuracy, stamp.imprint, stamp.style.hash
        );
        stamps.push(stamp);
    }
    draft.stamps = stamps;
    if random.chance(50) {
        let (said, validity) = validity(random);
        recipe += &format!(" leaf{said}");
        draft.leaf.validity = validity;
    }
    if random.chance(10) {
        draft.leaf.validity = der::seq(&[utc("200101000000Z"), generalized("20560101000000Z")]);
    }
    let what = random.below(14);
    let twice = random.bytes(20);
    let bytes = draft.package(&mut |stage, part| match (what, stage) {
        // An attribute of the token bound otherwise.
        (0, Stage::TokenAttributes) => {
            let mut list = der::children(&part).unwrap();
            let entry = der::seq(&[der::octets(&twice)]);
            list.retain(|one| !one.windows(3).any(|w| w == [0x10, 0x02, 0x0C]));
            list.push(attribute("16.2.12", &[der::seq(&[der::seq(&[entry])])]));
            der::sorted_set(list)
        }
        (1, Stage::TokenAttributes) => {
            let mut list = der::children(&part).unwrap();
            list.push(list[random.below(list.len())].clone());
            der::sorted_set(list)
        }
        (2, Stage::TokenAttributes) => {
            let other = crate::agreement::authority::golden("tsa-4096");
            let mut list = der::children(&part).unwrap();
            list.retain(|one| !one.windows(3).any(|w| w == [0x10, 0x02, 0x2F]));
            list.push(attribute("16.2.47", &[der::seq(&[der::seq(&[ess_entry(&other, Hash::Sha256)])])]));
            der::sorted_set(list)
        }
        // Tokens in one attribute.
        (3, Stage::UnsignedAttributes) => {
            let list = der::children(&part).unwrap();
            let tokens: Vec<Vec<u8>> = list
                .iter()
                .filter(|one| one.windows(3).any(|w| w == [0x10, 0x02, 0x0E]))
                .filter_map(|one| der::children(&der::children(one)?[1]))
                .flatten()
                .collect();
            der::set(&[attribute("16.2.14", &tokens)])
        }
        (4, Stage::UnsignedAttributes) => {
            let mut list = der::children(&part).unwrap();
            random.shuffle(&mut list);
            der::set(&list)
        }
        (5, Stage::UnsignedAttributes) => der::set(&[attribute("16.2.14", &[])]),
        _ => part,
    });
    recipe += &format!(" change {what}");
    Mutant { bytes, recipe }
}
