//! One change somewhere in a DER structure, with every length around it set right again.

use super::der;
use super::random::Random;

/// How the length of an element is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Shortest,
    /// So many octets more than needed.
    Longer(u8),
    Indefinite,
}

/// An element with what is inside it. Strings that hold an element whole are taken apart as well.
#[derive(Debug, Clone)]
struct Node {
    tag: u8,
    form: Form,
    /// The octet of unused bits, for bit strings.
    lead: Vec<u8>,
    inside: Inside,
}

#[derive(Debug, Clone)]
enum Inside {
    Octets(Vec<u8>),
    Nodes(Vec<Node>),
}

const OIDS: &[&str] = &[
    "1.2.840.113549.1.7.1",
    "1.2.840.113549.1.7.2",
    "1.2.840.113549.1.9.3",
    "1.2.840.113549.1.9.4",
    "1.2.840.113549.1.9.5",
    "1.2.840.113549.1.9.6",
    "1.2.840.113549.1.9.16.2.12",
    "1.2.840.113549.1.9.16.2.14",
    "1.2.840.113549.1.9.16.2.16",
    "1.2.840.113549.1.9.16.2.47",
    "1.2.840.113549.1.9.16.6.1",
    "1.2.840.113549.1.9.16.6.2",
    "1.2.840.113549.1.9.16.1.4",
    "1.3.6.1.4.1.311.84.2.1.1.1",
    "1.3.6.1.4.1.311.84.2.1.1.2",
    "1.2.840.113549.1.1.1",
    "1.2.840.113549.1.1.5",
    "1.2.840.113549.1.1.10",
    "1.2.840.113549.1.1.11",
    "1.2.840.113549.1.1.12",
    "1.2.840.113549.1.1.13",
    "1.3.14.3.2.26",
    "2.16.840.1.101.3.4.2.1",
    "2.16.840.1.101.3.4.2.2",
    "2.16.840.1.101.3.4.2.3",
    "2.16.840.1.101.3.4.2.8",
    "1.3.6.1.5.5.7.3.3",
    "1.3.6.1.5.5.7.3.8",
    "1.3.6.1.4.1.311.10.3.13",
    "2.5.29.15",
    "2.5.29.19",
    "2.5.29.37",
    "2.5.29.37.0",
    "2.5.29.30",
    "2.5.29.14",
    "2.5.29.35",
    "2.5.4.3",
    "2.5.4.10",
    "0.4.0.2023.1.1",
    "2.999.7",
];
const TAGS: &[u8] = &[
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A, 0x1C, 0x1E, 0x24, 0x30,
    0x31, 0x80, 0x81, 0x82, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0x23, 0x2C, 0x70, 0x1F, 0x0D,
];

/// Changes one element of `bytes`, twice in one of five cases, and writes down what was done. Bytes that are no DER are
/// changed as bytes.
pub fn mutate(bytes: &[u8], random: &mut Random, log: &mut String) -> Vec<u8> {
    let Some(mut nodes) = parse_all(bytes) else {
        return flip(bytes, random, log);
    };
    for _ in 0..if random.chance(20) { 2 } else { 1 } {
        let count = nodes.iter().map(Node::count).sum::<usize>();
        let index = random.below(count);
        log.push_str(&format!(" #{index}/{count}:"));
        let spare = pick_node(&nodes, random.below(count)).cloned();
        change(&mut nodes, index, spare, random, log);
    }
    nodes.iter().flat_map(Node::encode).collect()
}

/// Changes single octets.
pub fn flip(bytes: &[u8], random: &mut Random, log: &mut String) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random.below(2) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        let value = match random.below(4) {
            0 => bytes[at] ^ 1 << random.below(8),
            1 => *random.pick(&[0, 1, 0x7F, 0x80, 0xFF, 0x30]),
            2 => bytes[at].wrapping_add(1),
            _ => random.octet(),
        };
        log.push_str(&format!(" [{at}] {:02x}->{value:02x}", bytes[at]));
        bytes[at] = value;
    }
    bytes
}

fn parse_all(bytes: &[u8]) -> Option<Vec<Node>> {
    let mut rest = bytes;
    let mut nodes = Vec::new();
    while !rest.is_empty() {
        let (whole, content, after) = der::split(rest)?;
        let tag = whole[0];
        let lead = if tag == 0x03 && content.first() == Some(&0) { vec![0] } else { Vec::new() };
        let body = &content[lead.len()..];
        let holds = tag & 0x20 != 0 || (matches!(tag, 0x03 | 0x04) && body.first() == Some(&0x30));
        let inside = match parse_all(body) {
            Some(nodes) if holds && !body.is_empty() => Inside::Nodes(nodes),
            None if tag & 0x20 != 0 => return None,
            _ => Inside::Octets(body.to_vec()),
        };
        nodes.push(Node { tag, form: Form::Shortest, lead, inside });
        rest = after;
    }
    Some(nodes)
}

fn pick_node(nodes: &[Node], mut index: usize) -> Option<&Node> {
    for node in nodes {
        if index == 0 {
            return Some(node);
        }
        let count = node.count();
        if index < count {
            return match &node.inside {
                Inside::Nodes(nodes) => pick_node(nodes, index - 1),
                Inside::Octets(_) => None,
            };
        }
        index -= count;
    }
    None
}

fn change(nodes: &mut Vec<Node>, mut index: usize, spare: Option<Node>, random: &mut Random, log: &mut String) {
    for place in 0..nodes.len() {
        if index == 0 {
            return change_at(nodes, place, spare, random, log);
        }
        let count = nodes[place].count();
        if index < count {
            if let Inside::Nodes(inner) = &mut nodes[place].inside {
                change(inner, index - 1, spare, random, log);
            }
            return;
        }
        index -= count;
    }
}

fn change_at(nodes: &mut Vec<Node>, place: usize, spare: Option<Node>, random: &mut Random, log: &mut String) {
    let tag = nodes[place].tag;
    log.push_str(&format!("{tag:02x} "));
    match random.below(16) {
        0 | 1 => {
            log.push_str("deleted");
            nodes.remove(place);
        }
        2 => {
            log.push_str("doubled");
            nodes.insert(place, nodes[place].clone());
        }
        3 => {
            let other = random.below(nodes.len());
            log.push_str(&format!("swapped with {other}"));
            nodes.swap(place, other);
        }
        4 | 5 => {
            let new = if random.chance(60) { *random.pick(TAGS) } else { tag ^ 1 << random.below(8) };
            log.push_str(&format!("retagged {new:02x}"));
            nodes[place].tag = new;
        }
        6 => {
            let more = 1 + random.octet() % 4;
            log.push_str(&format!("length {more} longer"));
            nodes[place].form = Form::Longer(more);
        }
        7 => {
            log.push_str("indefinite");
            nodes[place].form = Form::Indefinite;
        }
        8 => {
            log.push_str("emptied");
            nodes[place].inside = Inside::Octets(Vec::new());
        }
        9 => {
            let extra = match random.below(5) {
                0 => der::null(),
                1 => vec![0],
                2 => vec![0, 0],
                3 => der::seq::<Vec<u8>>(&[]),
                _ => vec![0x30],
            };
            log.push_str(&format!("extended {extra:02x?}"));
            nodes[place].append(&extra);
        }
        10 if spare.is_some() => {
            let spare = spare.unwrap();
            log.push_str(&format!("replaced by a {:02x}", spare.tag));
            nodes[place] = spare;
        }
        11 => {
            log.push_str("in pieces");
            nodes[place].split();
        }
        _ => nodes[place].change_content(random, log),
    }
}

impl Node {
    fn count(&self) -> usize {
        match &self.inside {
            Inside::Octets(_) => 1,
            Inside::Nodes(nodes) => 1 + nodes.iter().map(Self::count).sum::<usize>(),
        }
    }

    fn content(&self) -> Vec<u8> {
        let mut content = self.lead.clone();
        match &self.inside {
            Inside::Octets(octets) => content.extend_from_slice(octets),
            Inside::Nodes(nodes) => nodes.iter().for_each(|node| content.extend(node.encode())),
        }
        content
    }

    fn encode(&self) -> Vec<u8> {
        let content = self.content();
        match self.form {
            Form::Shortest => der::tlv(self.tag, &content),
            Form::Longer(more) => {
                let length: Vec<u8> = content.len().to_be_bytes().into_iter().skip_while(|&octet| octet == 0).collect();
                let count = length.len() + usize::from(more);
                let mut bytes = vec![self.tag, 0x80 | count as u8];
                bytes.extend(vec![0; usize::from(more)]);
                bytes.extend(length);
                bytes.extend(content);
                bytes
            }
            Form::Indefinite => {
                [vec![self.tag | if self.tag & 0x1F == 4 { 0x20 } else { 0 }, 0x80], content, vec![0, 0]].concat()
            }
        }
    }

    fn append(&mut self, extra: &[u8]) {
        let mut content = self.content();
        content.extend_from_slice(extra);
        self.lead.clear();
        self.inside = Inside::Octets(content);
    }

    /// A string as a constructed one of two pieces.
    fn split(&mut self) {
        let content = self.content();
        let half = content.len() / 2;
        let tag = if self.tag & 0x80 != 0 { 4 } else { self.tag & 0x1F };
        let pieces = [der::tlv(tag, &content[..half]), der::tlv(tag, &content[half..])].concat();
        self.tag |= 0x20;
        self.lead.clear();
        self.inside = Inside::Octets(pieces);
    }

    fn change_content(&mut self, random: &mut Random, log: &mut String) {
        let mut content = self.content();
        if self.tag == 6 && random.chance(60) {
            let new = random.pick(OIDS);
            log.push_str(&format!("now {new}"));
            content = der::content(&der::oid(new)).unwrap().to_vec();
        } else if self.tag == 2 && random.chance(60) {
            let change = random.below(5);
            log.push_str(&format!("number {change}"));
            match change {
                0 => content.insert(0, 0),
                1 => content.insert(0, 0xFF),
                2 => content = vec![random.octet()],
                3 => content = random.bytes(1 + change * 3),
                _ => {
                    if let Some(last) = content.last_mut() {
                        *last = last.wrapping_add(1);
                    }
                }
            }
        } else if random.chance(15) {
            let keep = random.below(content.len() + 1);
            log.push_str(&format!("cut to {keep}"));
            content.truncate(keep);
        } else if !content.is_empty() {
            content = flip(&content, random, log);
        } else {
            log.push_str("filled");
            content = random.bytes(3);
        }
        self.lead.clear();
        self.inside = Inside::Octets(content);
    }
}
