//! Signed attributes by number, order, value and encoding; and countersigners.

use super::{Mutant, Source, draft, stamp, style};
use crate::mutants::authority::{golden, name};
use crate::mutants::der;
use crate::mutants::draft::{Counter, Draft, Kind, Stage, attribute, ess_entry, issuer_serial};
use crate::mutants::keys::Hash;
use crate::mutants::random::Random;

const URLS: &[&str] = &[
    "https://golden.example/v3/index.json",
    "HTTPS://golden.example/",
    "http://golden.example/",
    "https://",
    "https:///x",
    "https:/golden.example",
    "https:golden.example",
    "https:\\\\golden.example\\x",
    " https://golden.example/ ",
    "https://user:pass@golden.example/",
    "https://@golden.example/",
    "https://golden.example:99999/",
    "https://golden.example:0/",
    "https://golden.example:/",
    "https://golden.example:x/",
    "https://[::1]/",
    "https://[::1/",
    "https://[1::2::3]/",
    "https://1.2.3/",
    "https://256.256.256.256/",
    "https://golden..example/",
    "https://.golden/",
    "https://golden_x.example/",
    "https://golden example/",
    "https://golden.example/a b",
    "https://golden.example/%",
    "https://golden.example/%zz",
    "https://golden.example/\t",
    "https://-golden.example/",
    "https://xn--a.example/",
    "https://golden.example?x",
    "https://golden.example#x",
    "https://?x",
    "https://#x",
    "https://:80/",
    "https://%41.example/",
    "https://a%2fb/",
    "https://golden.example\\x",
    "https://*.example/",
    "https://golden.example\0\0",
    "\0https://golden.example",
    "https://golden\0.example",
    "httpsx://golden.example",
    "file:///x",
    "/x",
    "",
    "https://golden.example.",
    "https://a",
    "https://~x/",
    "https://!x/",
    "https://x|y/",
    "https://x<y>/",
    "https://x,y/",
    "https://x;y/",
    "https://x(y)/",
    "https://x'y/",
    "https://x&y=z/",
    "https://x+y/",
    "https://x\"y/",
    "https://x{y}/",
    "https://x^y/",
    "https://x`y/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://1/",
    "https:// /",
    "https://\u{7f}/",
    "https://user@/",
    "https://user:@host/",
    "https://user:pass:more@host/",
    "https://us er@host/",
    "https://host@host@host/",
    "https://[fe80::1%25eth0]/",
    "https://[v1.x]/",
    "https://[::ffff:1.2.3.4]:443/",
    "https://[]/",
    "https://host:65535/",
    "https://host:65536/",
    "https://host:-1/",
    "https://host: 80/",
    "https://host:080/",
    "https://host:80:80/",
];

fn owner(random: &mut Random) -> Vec<u8> {
    match random.below(10) {
        0 => der::utf8(" "),
        1 => der::utf8(""),
        2 => der::utf8("\u{3000}"),
        3 => der::utf8("\u{200B}"),
        4 => der::tlv(0x13, b"alice"),
        5 => der::tlv(0x0C, &[0xFF]),
        6 => der::utf8("\u{85}"),
        7 => der::utf8("\0"),
        8 => der::tlv(0x2C, &der::utf8("alice")),
        _ => der::utf8("alice"),
    }
}

fn commitment(random: &mut Random) -> Vec<u8> {
    let kind = format!("1.2.840.113549.1.9.16.6.{}", 1 + random.below(3));
    let qualifier = match random.below(8) {
        0 => der::seq::<Vec<u8>>(&[]),
        1 => der::seq(&[der::seq(&[der::oid("2.999.1")])]),
        2 => der::seq(&[der::seq(&[der::oid("2.999.1"), der::null()])]),
        3 => der::seq(&[der::null()]),
        4 => der::null(),
        _ => Vec::new(),
    };
    let more = if random.chance(8) { der::null() } else { Vec::new() };
    der::seq(&[der::oid(&kind), qualifier, more])
}

fn ess(random: &mut Random, leaf: &[u8]) -> Vec<u8> {
    let hash = *random.pick(&[Hash::Sha256, Hash::Sha384, Hash::Sha512, Hash::Sha1]);
    let algorithm = match random.below(6) {
        0 => Vec::new(),
        1 => der::algorithm(hash.oid(), true),
        2 => der::seq(&[der::oid(hash.oid()), der::seq::<Vec<u8>>(&[])]),
        3 => der::seq(&[der::oid(hash.oid()), der::null(), der::null()]),
        _ => der::algorithm(hash.oid(), false),
    };
    let value = if algorithm.is_empty() { Hash::Sha256.of(leaf) } else { hash.of(leaf) };
    let binding = issuer_serial(leaf);
    let parts = der::children(&binding).unwrap_or_default();
    let (names, serial) = match parts.as_slice() {
        [names, serial] => (names.clone(), serial.clone()),
        _ => (Vec::new(), Vec::new()),
    };
    let binding = match random.below(12) {
        0 => Vec::new(),
        1 => der::seq(&[der::seq::<Vec<u8>>(&[]), serial]),
        2 => der::seq(&[der::seq(&[der::tlv(0x82, b"x")]), serial]),
        3 => der::seq(&[[names.clone(), Vec::new()].concat(), der::tlv(2, &[1])]),
        4 => {
            let inner = der::content(&names).unwrap_or_default().to_vec();
            der::seq(&[der::seq(&[inner.clone(), inner]), serial])
        }
        5 => der::seq(&[names, serial, der::null()]),
        6 => der::seq(&[names, der::tlv(2, &[&[0], der::content(&serial).unwrap_or_default()].concat())]),
        7 => {
            let other = name(&[("2.5.4.10", "agreement"), ("2.5.4.3", "Issuing")]);
            der::seq(&[der::seq(&[der::ctx(4, &[other])]), serial])
        }
        8 => {
            let printable = |text: &str| der::tlv(0x13, text.as_bytes());
            let part = |kind: &str, text| der::set(&[der::seq(&[der::oid(kind), printable(text)])]);
            let other = der::seq(&[part("2.5.4.10", "Agreement"), part("2.5.4.3", "Issuing")]);
            der::seq(&[der::seq(&[der::ctx(4, &[other])]), serial])
        }
        _ => binding,
    };
    let entry = der::seq(&[algorithm, der::octets(&value), binding]);
    let mut entries = vec![entry];
    match random.below(8) {
        0 => entries.clear(),
        1 => entries.push(ess_entry(&golden("code-int-a1"), Hash::Sha1)),
        2 => entries.push(ess_entry(&golden("code-int-a1"), Hash::Sha256)),
        3 => entries.insert(0, ess_entry(&golden("code-int-a1"), Hash::Sha256)),
        4 => entries.push(der::null()),
        _ => {}
    }
    let policies = match random.below(10) {
        0 => der::seq::<Vec<u8>>(&[]),
        1 => der::seq(&[der::seq(&[der::oid("2.5.29.32.0")])]),
        2 => der::seq(&[der::seq(&[
            der::oid("2.999.1"),
            der::seq(&[der::seq(&[der::oid("1.3.6.1.5.5.7.2.1"), der::tlv(0x16, b"x")])]),
        ])]),
        3 => der::seq(&[der::seq(&[
            der::oid("2.5.29.32.0"),
            der::seq(&[der::seq(&[der::oid("2.999.2"), der::null()])]),
        ])]),
        4 => der::seq(&[der::null()]),
        5 => der::null(),
        6 => der::seq(&[der::seq(&[der::oid("2.999.1"), der::seq::<Vec<u8>>(&[])])]),
        7 => der::seq(&[der::seq(&[der::oid("2.999.1"), der::null()])]),
        _ => Vec::new(),
    };
    der::seq(&[der::seq(&entries), policies])
}

fn edit(list: &mut Vec<Vec<u8>>, leaf: &[u8], random: &mut Random, recipe: &mut String) {
    let at = random.below(list.len());
    let what = random.below(17);
    recipe.push_str(&format!(" edit {what} at {at}"));
    let is = |one: &Vec<u8>, id: &str| der::content(one).is_some_and(|c| c.starts_with(&der::oid(id)));
    let mut put = |id: &str, new: Vec<u8>, keep: bool| {
        if !keep {
            list.retain(|one| !is(one, id));
        }
        list.push(new);
    };
    let beside = random.chance(10);
    match what {
        0 => {
            list.remove(at);
        }
        1 => list.push(list[at].clone()),
        2 => {
            let parts = der::children(&list[at]).unwrap_or_default();
            let values = parts.get(1).and_then(|set| der::children(set)).unwrap_or_default();
            let values = match random.below(3) {
                0 => Vec::new(),
                1 => [values.clone(), values].concat(),
                _ => [values, vec![der::null()]].concat(),
            };
            list[at] = der::seq(&[parts[0].clone(), der::set(&values)]);
        }
        3..=5 => {
            let url = random.pick(URLS);
            recipe.push_str(&format!(" {url:?}"));
            let tag = if random.chance(8) { *random.pick(&[0x0C, 0x13, 0x1E, 0x36]) } else { 0x16 };
            let mut text = url.as_bytes().to_vec();
            if random.chance(5) {
                text.push(0xE4);
            }
            let id = der::oid("1.3.6.1.4.1.311.84.2.1.1.1");
            put("1.3.6.1.4.1.311.84.2.1.1.1", der::seq(&[id, der::set(&[der::tlv(tag, &text)])]), beside);
        }
        6 | 7 => {
            let owners: Vec<Vec<u8>> = (0..random.below(4)).map(|_| owner(random)).collect();
            recipe.push_str(&format!(" owners {owners:02x?}"));
            let id = der::oid("1.3.6.1.4.1.311.84.2.1.1.2");
            put("1.3.6.1.4.1.311.84.2.1.1.2", der::seq(&[id, der::set(&[der::seq(&owners)])]), beside);
        }
        8 | 9 => {
            let values: Vec<Vec<u8>> = (0..1 + random.below(2)).map(|_| commitment(random)).collect();
            recipe.push_str(&format!(" commitment {values:02x?}"));
            put("1.2.840.113549.1.9.16.2.16", attribute("16.2.16", &values), beside);
        }
        10..=12 => {
            let value = ess(random, leaf);
            recipe.push_str(&format!(" ess {:02x?}", &value[..value.len().min(24)]));
            put("1.2.840.113549.1.9.16.2.47", attribute("16.2.47", &[value]), beside);
        }
        13 => {
            let entry = der::seq(&[der::octets(&Hash::Sha1.of(leaf)), issuer_serial(leaf)]);
            put("1.2.840.113549.1.9.16.2.12", attribute("16.2.12", &[der::seq(&[der::seq(&[entry])])]), true);
        }
        14 => {
            let value = random
                .pick(&[
                    der::null(),
                    der::tlv(0x17, b"2406011200Z"),
                    der::tlv(0x18, b"20240601120000Z"),
                    der::utf8("x"),
                    vec![],
                ])
                .clone();
            recipe.push_str(&format!(" time {value:02x?}"));
            put("1.2.840.113549.1.9.5", attribute("5", &[value]), beside);
        }
        15 => {
            let value = random.pick(&[der::oid("1.2.840.113549.1.9.16.1.4"), der::null()]).clone();
            put("1.2.840.113549.1.9.3", attribute("3", &[value]), beside);
        }
        _ => put(
            "2.999.3",
            der::seq(&[
                der::oid("2.999.3"),
                der::set(&[random.pick(&[der::null(), vec![], vec![0x30, 0x80, 0, 0], der::utf8("x")])]),
            ]),
            true,
        ),
    }
}

fn edit_set(part: &[u8], leaf: &[u8], random: &mut Random, recipe: &mut String) -> Vec<u8> {
    let mut list = der::children(part).unwrap();
    for _ in 0..1 + random.below(2) {
        if !list.is_empty() {
            edit(&mut list, leaf, random, recipe);
        }
    }
    if random.chance(80) {
        return der::sorted_set(list);
    }
    recipe.push_str(" shuffled");
    random.shuffle(&mut list);
    der::set(&list)
}

/// The URL of a repository's primary signature.
pub fn urls(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = Draft::usual(&source.unsigned);
    draft.kind = Kind::Repository;
    draft.stamps.clear();
    let mut url = random.pick(URLS).as_bytes().to_vec();
    if random.chance(60) {
        url = b"https://".to_vec();
        for _ in 0..1 + random.below(4) {
            url.extend_from_slice(random.one(&[
                &b"a"[..],
                b"host",
                b"1",
                b"255",
                b"0x1f",
                b".",
                b"-",
                b"_",
                b":",
                b"/",
                b"@",
                b"%",
                b"%41",
                b"[",
                b"]",
                b"::1",
                b"?",
                b"#",
                b"\\",
                b" ",
                b"!",
                b"~",
                b"*",
                b"+",
                b"=",
                b"80",
                b"x.y",
                b"|",
                b"\"",
                b"<",
                b"\x7F",
                b"\0",
                b"\t",
                b"&",
                b"'",
                b"(",
                b",",
                b";",
                b"$",
                b"^",
                b"`",
                b"{",
                b"\xE4",
            ]));
        }
    }
    let recipe = format!(" {:?}", String::from_utf8_lossy(&url));
    let id = der::oid("1.3.6.1.4.1.311.84.2.1.1.1");
    let attribute = der::seq(&[id.clone(), der::set(&[der::tlv(0x16, &url)])]);
    let bytes = draft.package(&mut |stage, part| {
        if stage != Stage::SignedAttributes {
            return part;
        }
        let mut list = der::children(&part).unwrap();
        list.retain(|one| !der::content(one).unwrap().starts_with(&id));
        list.push(attribute.clone());
        der::sorted_set(list)
    });
    Mutant { bytes, recipe }
}

/// The attributes of the primary signer.
pub fn signed(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    draft.kind = *random.pick(&[Kind::Author, Kind::Repository, Kind::Author, Kind::Unknown]);
    let mut recipe = format!(" {:?}", draft.kind);
    let mut leaf = Vec::new();
    let bytes = draft.package(&mut |stage, part| match stage {
        Stage::Leaf => {
            leaf = part.clone();
            part
        }
        Stage::SignedAttributes => edit_set(&part, &leaf, random, &mut recipe),
        _ => part,
    });
    Mutant { bytes, recipe }
}

/// Countersigners: how many, of which kind, with which attributes and tokens, on which author.
pub fn counters(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = Draft { counters: Vec::new(), ..draft(random, source) };
    let mut recipe = format!(" {:?}", draft.kind);
    for _ in 0..*random.pick(&[1, 1, 1, 2, 2, 3]) {
        let &(name, root) = random.pick(&[
            ("repo-leaf", Some("repo-root")),
            ("repo-leaf-2", Some("repo-root")),
            ("repo-leaf", None),
            ("repo-expired", Some("repo-root")),
            ("stranger-repo", Some("stranger-root")),
            ("stranger-repo", None),
            ("repo-self", None),
            ("repo-1024", Some("repo-root")),
        ]);
        let kind = *random.pick(&[Kind::Repository, Kind::Repository, Kind::Repository, Kind::Author, Kind::Unknown]);
        let mut stamps: Vec<_> = (0..*random.pick(&[0, 1, 1, 2])).map(|_| stamp(random)).collect();
        if let Some(stamp) = stamps.first_mut()
            && random.chance(20)
        {
            stamp.time = "20210101000000Z".into();
        }
        recipe += &format!(" [{name} {kind:?} {}]", stamps.len());
        draft.counters.push(Counter { name, root, kind, style: style(random), stamps });
    }
    if random.chance(20) {
        recipe += " untrusted author";
        draft.intermediate.issuer = crate::mutants::authority::subject_of("stranger-root");
        draft.intermediate.issuer_key = crate::mutants::keys::key("stranger-root");
        draft.intermediate.replace("2.5.29.35", None);
        draft.with_root = false;
        if random.chance(80) {
            draft.more_certificates.push(golden("stranger-root"));
        }
    }
    if random.chance(25) {
        recipe += " expired author";
        draft.leaf.validity = der::seq(&[
            crate::mutants::authority::utc("200101000000Z"),
            crate::mutants::authority::utc(random.one(&["220101000000Z", "240701000000Z"])),
        ]);
        if random.chance(70) {
            draft.stamps.clear();
        }
    }
    let change = random.below(8);
    recipe += &format!(" change {change}");
    let bytes = draft.package(&mut |stage, part| match (change, stage) {
        (0 | 1, Stage::CounterAttributes) => edit_set(&part, &golden("repo-leaf"), random, &mut recipe),
        (2, Stage::CounterSigner) => crate::mutants::tree::mutate(&part, random, &mut recipe),
        (3, Stage::UnsignedAttributes) => {
            let mut list = der::children(&part).unwrap();
            random.shuffle(&mut list);
            der::set(&list)
        }
        (4, Stage::SignerInfo) => {
            // One attribute for each countersigner.
            part
        }
        _ => part,
    });
    Mutant { bytes, recipe }
}
