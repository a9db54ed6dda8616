//! The text that names the hash of the package.

use super::{Mutant, Source, draft};
use crate::agreement::der::base64;
use crate::agreement::draft::Stage;
use crate::agreement::keys::Hash;
use crate::agreement::random::Random;

const ENDS: &[&str] = &["\n", "\r\n", "\r", "\n\r", "\n\n", "", " \n", "\u{2028}", "\u{85}", "\x0B", "\x0C", "\0\n"];
const KEYS: &[&str] = &[
    "Version",
    "version",
    " Version",
    "Version ",
    "Ver/sion.-",
    "",
    "&",
    "X",
    "\u{FEFF}Version",
    "Verse\u{F6}n",
    "1.3.14.3.2.26-Hash",
    "2.16.840.1.101.3.4.2.1-hash",
    "2.16.840.1.101.3.4.2.1-Hash ",
    "2.16.840.1.101.3.4.2.4-Hash",
    "02.16.840.1.101.3.4.2.1-Hash",
];

fn encoded(hash: &[u8], random: &mut Random) -> String {
    let good = base64(hash);
    match random.below(14) {
        0 => format!(" {good}"),
        1 => format!("{good} "),
        2 => good.trim_end_matches('=').to_owned(),
        3 => format!("{good}="),
        4 => format!("{good}===="),
        5 => good.replace('+', "-").replace('/', "_"),
        6 => format!("{}\t{}", &good[..10], &good[10..]),
        7 => format!("{}\u{A0}{}", &good[..10], &good[10..]),
        8 => good[..good.len() - 4].to_owned(),
        9 => format!("{}\x0B{}", &good[..10], &good[10..]),
        10 => good.to_lowercase(),
        11 => format!("{good}:"),
        12 => {
            // Bits behind the last octet that mean nothing.
            let mut letters: Vec<char> = good.chars().collect();
            if let Some(last) = letters.iter().rposition(|&c| c != '=')
                && good.ends_with('=')
            {
                letters[last] = char::from(letters[last] as u8 + 1);
            }
            letters.into_iter().collect()
        }
        _ => format!("{good}\0"),
    }
}

/// Lines, keys, values and their ends.
pub fn text(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    draft.counters.clear();
    let hash = *random.pick(&Hash::SHA2);
    let digest = hash.of(&source.unsigned);
    let other = (*random.pick(ENDS)).to_owned();
    let line_end = if random.chance(25) { other.clone() } else { "\n".into() };
    let mut text = String::new();
    if random.chance(8) {
        text.push_str(random.one(&["\u{FEFF}", "\n", " ", "\r", "X:1\n", "A:b:c\n"]));
    }
    let key = if random.chance(15) { random.one(KEYS) } else { "Version" };
    let value = if random.chance(15) { random.one(&["2", "1 ", " 1", "", "01", "1.0", "1:", "\u{661}"]) } else { "1" };
    text.push_str(&format!("{key}:{value}{line_end}"));
    if random.chance(10) {
        text.push_str(&format!("{}:{}{line_end}", random.pick(KEYS), random.pick(&["1", "", "x:y", " "])));
    }
    if !random.chance(4) {
        text.push_str(if random.chance(10) { &other } else { &line_end });
    }
    if random.chance(10) {
        text.push_str(&format!("{}:{}{line_end}", random.pick(KEYS), random.pick(&["1", "", "x:y", "AAAA"])));
    }
    if random.chance(10) {
        let other = random.pick(&Hash::SHA2);
        text.push_str(&format!("{}-Hash:{}{line_end}", other.oid(), base64(&other.of(&source.unsigned))));
    }
    let value = if random.chance(50) { encoded(&digest, random) } else { base64(&digest) };
    let key = if random.chance(10) { (*random.pick(KEYS)).to_owned() } else { format!("{}-Hash", hash.oid()) };
    text.push_str(&format!("{key}:{value}{line_end}"));
    if !random.chance(5) {
        text.push_str(&line_end);
    }
    if random.chance(15) {
        text.push_str(random.one(&["X:y\n\n", "rubbish", "\n", "\0", "::\n\n", "\n\n\n"]));
    }
    let mut bytes = text.clone().into_bytes();
    if random.chance(6) {
        let at = random.below(bytes.len());
        bytes.insert(at, *random.pick(&[0xFF, 0xC3, 0x80, 0, 0xED]));
    }
    if random.chance(4) {
        // UTF-16 with its mark.
        bytes =
            [&[0xFF, 0xFE], text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>().as_slice()].concat();
    }
    let recipe = format!(" {:?}", String::from_utf8_lossy(&bytes));
    let package = draft.package(&mut |stage, part| if stage == Stage::Content { bytes.clone() } else { part });
    Mutant { bytes: package, recipe }
}
