//! Which names an authority may certify (RFC 5280, 4.2.1.10), as OpenSSL 3 judges it for the client on Linux.
//!
//! A constraint on a form of names that is not understood, or a name that cannot be compared, refuses the certificate: what
//! is not understood is not let through. The common names of a signer without DNS names count as DNS names where they look
//! like some, and the e-mail addresses in its subject count as well.

use super::asn1::{self, Element, IA5_STRING, Reader, SEQUENCE, context};
use super::certificate::Certificate;
use super::chain_problem::ChainProblem;
use super::name::Name;
use super::oid;

/// Names times constraints of one certificate and one authority, the limit of OpenSSL.
const MAX_COMPARISONS: usize = 1 << 20;

const OTHER: u8 = 0xA0;
const RFC822: u8 = 0x81;
const DNS: u8 = 0x82;
const DIRECTORY: u8 = 0xA4;
const URI: u8 = 0x86;
const IP_ADDRESS: u8 = 0x87;

/// Checks the constraints of every authority against every certificate below it.
pub(crate) fn check(chain: &[Certificate], problems: &mut Vec<ChainProblem>) {
    for (depth, ca) in chain.iter().enumerate().skip(1) {
        let Some(extension) = ca.extensions().iter().find(|extension| extension.id == oid::NAME_CONSTRAINTS) else {
            continue;
        };
        let Ok(constraints) = Constraints::parse(&extension.value) else {
            problems.push(ChainProblem::MalformedExtension { certificate: ca.fingerprint() });
            continue;
        };
        for (below, certificate) in chain.get(..depth).unwrap_or_default().iter().enumerate() {
            // A CA may issue itself a new certificate whatever its constraints say.
            if below > 0 && certificate.is_self_issued() {
                continue;
            }
            if !names(certificate, below == 0).is_ok_and(|names| constraints.allow(&names)) {
                problems.push(ChainProblem::NameConstraint {
                    certificate: certificate.fingerprint(),
                    ca: ca.fingerprint(),
                });
            }
        }
    }
}

struct Constraints<'a> {
    permitted: Vec<Subtree<'a>>,
    excluded: Vec<Subtree<'a>>,
}

struct Subtree<'a> {
    base: Element<'a>,
    /// Without a minimum or maximum, which RFC 5280 does not use.
    plain: bool,
}

/// A name of a certificate: its form, and its content octets or the directory name.
enum GeneralName {
    Directory(Name),
    Other(u8, Vec<u8>),
}

impl GeneralName {
    const fn form(&self) -> u8 {
        match self {
            Self::Directory(_) => DIRECTORY,
            Self::Other(form, _) => *form,
        }
    }
}

/// What a name is to a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Inside,
    Outside,
    /// It cannot be told.
    Unknown,
}

fn names(certificate: &Certificate, is_signer: bool) -> asn1::Result<Vec<GeneralName>> {
    let mut names = Vec::new();
    let subject = certificate.subject();
    if !subject.is_empty() {
        names.push(GeneralName::Directory(subject.clone()));
    }
    for (tag, content) in subject.values(oid::EMAIL_ADDRESS) {
        if tag != IA5_STRING {
            return Err(asn1::Error::Tag { expected: IA5_STRING, found: tag });
        }
        names.push(GeneralName::Other(RFC822, content.to_vec()));
    }
    if let Some(extension) = certificate.extensions().iter().find(|extension| extension.id == oid::SUBJECT_ALT_NAME) {
        for name in Reader::new(&extension.value).nested(SEQUENCE)?.all()? {
            names.push(if name.tag == DIRECTORY {
                GeneralName::Directory(Name::parse(name.reader().any()?)?)
            } else {
                GeneralName::Other(name.tag, name.content.to_vec())
            });
        }
    }
    if is_signer && !names.iter().any(|name| name.form() == DNS) {
        let texts = subject.texts(oid::COMMON_NAME).ok_or(asn1::Error::Value("a common name is no text"))?;
        for text in texts {
            let text = text.trim_end_matches('\0');
            if text.contains('\0') {
                return Err(asn1::Error::Value("a common name holds a zero"));
            }
            if is_domain(text.as_bytes()) {
                names.push(GeneralName::Other(DNS, text.as_bytes().to_vec()));
            }
        }
    }
    Ok(names)
}

/// Whether a common name looks like a domain of several labels.
fn is_domain(text: &[u8]) -> bool {
    let mut labels = 1;
    for (at, octet) in text.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let after = text.get(at + 1);
        match (octet, before, after) {
            (octet, ..) if octet.is_ascii_alphanumeric() || *octet == b'_' => {}
            (b'-', Some(_), Some(_)) => {}
            (b'.', Some(before), Some(after)) if *before != b'-' && !matches!(after, b'.' | b'-') => labels += 1,
            _ => return false,
        }
    }
    labels > 1
}

impl<'a> Constraints<'a> {
    fn parse(value: &'a [u8]) -> asn1::Result<Self> {
        let mut fields = Reader::new(value).nested(SEQUENCE)?;
        let mut subtrees = |tag| -> asn1::Result<Vec<Subtree<'a>>> {
            let Some(list) = fields.optional(tag)? else {
                return Ok(Vec::new());
            };
            list.children()?.into_iter().map(Subtree::parse).collect()
        };
        Ok(Self { permitted: subtrees(context(0))?, excluded: subtrees(context(1))? })
    }

    fn allow(&self, names: &[GeneralName]) -> bool {
        let constraints = self.permitted.len() + self.excluded.len();
        names.len().saturating_mul(constraints) <= MAX_COMPARISONS && names.iter().all(|name| self.allows(name))
    }

    fn allows(&self, name: &GeneralName) -> bool {
        let mut permitted = None;
        for subtree in self.permitted.iter().filter(|subtree| subtree.concerns(name)) {
            match (subtree.plain, permitted) {
                (false, _) => return false,
                (true, Some(true)) => {}
                (true, _) => match place(name, &subtree.base) {
                    Place::Unknown => return false,
                    place => permitted = Some(place == Place::Inside),
                },
            }
        }
        let mut excluding = self.excluded.iter().filter(|subtree| subtree.concerns(name));
        permitted != Some(false)
            && excluding.all(|subtree| subtree.plain && place(name, &subtree.base) == Place::Outside)
    }
}

impl<'a> Subtree<'a> {
    fn parse(element: Element<'a>) -> asn1::Result<Self> {
        let mut fields = element.reader();
        let base = fields.any()?;
        let minimum = fields.optional(0x80)?;
        let zero = minimum.is_none_or(|minimum| minimum.content.iter().all(|octet| *octet == 0));
        Ok(Self { base, plain: zero && fields.is_empty() })
    }

    /// Whether it is about names of this form. Other names have types of their own.
    fn concerns(&self, name: &GeneralName) -> bool {
        let kind = |content: &[u8]| Reader::new(content).object_identifier().ok().map(<[u8]>::to_vec);
        match name {
            GeneralName::Other(OTHER, content) if self.base.tag == OTHER => kind(content) == kind(self.base.content),
            name => name.form() == self.base.tag,
        }
    }
}

fn place(name: &GeneralName, base: &Element<'_>) -> Place {
    let inside = |inside| if inside { Place::Inside } else { Place::Outside };
    match name {
        GeneralName::Directory(name) => match base.reader().any().and_then(Name::parse) {
            Ok(base) => inside(name.is_below(&base)),
            Err(_) => Place::Unknown,
        },
        GeneralName::Other(DNS, name) => inside(is_domain_below(name, base.content)),
        GeneralName::Other(RFC822, name) => address_place(name, base.content),
        GeneralName::Other(URI, name) => match host_of(name) {
            Some(host) => inside(is_host_below(host, base.content)),
            None => Place::Unknown,
        },
        GeneralName::Other(IP_ADDRESS, name) => match (name.len(), base.content.len()) {
            (4 | 16, 8 | 32) => inside(is_address_in(name, base.content)),
            _ => Place::Unknown,
        },
        GeneralName::Other(..) => Place::Unknown,
    }
}

/// Labels may be added on the left.
fn is_domain_below(name: &[u8], base: &[u8]) -> bool {
    let Some(at) = name.len().checked_sub(base.len()) else {
        return false;
    };
    let ends = name.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(base));
    let before = at.checked_sub(1).and_then(|before| name.get(before));
    ends && (base.is_empty() || before.is_none_or(|before| *before == b'.') || base.first() == Some(&b'.'))
}

/// A leading dot asks for at least one label more; without it only the host itself is meant.
fn is_host_below(host: &[u8], base: &[u8]) -> bool {
    match base {
        [b'.', ..] => {
            let at = host.len().checked_sub(base.len()).filter(|at| *at > 0);
            at.and_then(|at| host.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(base))
        }
        base => host.eq_ignore_ascii_case(base),
    }
}

fn address_place(name: &[u8], base: &[u8]) -> Place {
    let split = |text: &[u8]| text.iter().rposition(|octet| *octet == b'@').map(|at| (at, at + 1));
    let Some((local_end, host_start)) = split(name) else {
        return Place::Unknown;
    };
    let (local, host) = (name.get(..local_end).unwrap_or_default(), name.get(host_start..).unwrap_or_default());
    let base_at = split(base);
    if base_at.is_none() && base.first() == Some(&b'.') {
        return if is_host_below(name, base) { Place::Inside } else { Place::Outside };
    }
    let (base_local, base_host) = match base_at {
        Some((end, start)) => (base.get(..end).unwrap_or_default(), base.get(start..).unwrap_or_default()),
        None => (&[][..], base),
    };
    if !base_local.is_empty() && base_local != local {
        return Place::Outside;
    }
    if base_local.contains(&0) {
        return Place::Unknown;
    }
    if host.eq_ignore_ascii_case(base_host) { Place::Inside } else { Place::Outside }
}

/// The host of a URL, up to a port or a path.
fn host_of(uri: &[u8]) -> Option<&[u8]> {
    let colon = uri.iter().position(|octet| *octet == b':')?;
    let rest = uri.get(colon..)?.strip_prefix(b"://")?;
    let end = |stop: u8| rest.iter().position(|octet| *octet == stop);
    let host = rest.get(..end(b':').or_else(|| end(b'/')).unwrap_or(rest.len()))?;
    (!host.is_empty()).then_some(host)
}

/// The base is an address and a mask of the same length.
fn is_address_in(address: &[u8], base: &[u8]) -> bool {
    let Some((network, mask)) = base.split_at_checked(address.len()).filter(|(_, mask)| mask.len() == address.len())
    else {
        return false;
    };
    address.iter().zip(network).zip(mask).all(|((own, network), mask)| (own ^ network) & mask == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::asn1::encode;

    #[test]
    fn domains_end_at_labels() {
        let cases = [
            ("a.example.com", "example.com", true),
            ("example.com", "example.com", true),
            ("EXAMPLE.com", "example.COM", true),
            ("notexample.com", "example.com", false),
            ("example.com", ".example.com", false),
            ("a.example.com", ".example.com", true),
            ("com", "example.com", false),
            ("anything", "", true),
        ];
        for (name, base, expected) in cases {
            assert_eq!(is_domain_below(name.as_bytes(), base.as_bytes()), expected, "{name} {base}");
        }
    }

    #[test]
    fn addresses_and_urls_are_placed_as_openssl_places_them() {
        use Place::{Inside, Outside, Unknown};
        let cases = [
            (RFC822, "user@example.com", "example.com", Inside),
            (RFC822, "user@a.example.com", "example.com", Outside),
            (RFC822, "user@a.example.com", ".example.com", Inside),
            (RFC822, "user@example.com", "user@EXAMPLE.com", Inside),
            (RFC822, "USER@example.com", "user@example.com", Outside),
            (RFC822, "user@example.com", "@example.com", Inside),
            (RFC822, "example.com", "example.com", Unknown),
            (URI, "https://example.com/x", "example.com", Inside),
            (URI, "https://a.example.com:80/", ".example.com", Inside),
            (URI, "https://a.example.com", "example.com", Outside),
            (URI, "urn:x", "example.com", Unknown),
            (IP_ADDRESS, "\u{1}\u{2}\u{3}\u{4}", "\u{1}\u{2}\0\0\u{7f}\u{7f}\0\0", Inside),
            (IP_ADDRESS, "\u{1}\u{3}\u{3}\u{4}", "\u{1}\u{2}\0\0\u{7f}\u{7f}\0\0", Outside),
            (0x88, "x", "x", Unknown),
        ];
        for (form, name, base, expected) in cases {
            let base = encode(form, base.as_bytes());
            let base = Reader::new(&base).any().unwrap();
            let name = GeneralName::Other(form, name.as_bytes().to_vec());
            assert_eq!(place(&name, &base), expected, "{form:02x} {:?}", base.content);
        }
    }

    #[test]
    fn common_names_that_look_like_domains_are_some() {
        for (text, expected) in
            [("a.example", true), ("a", false), ("A company", false), ("-a.b", false), ("a.-b", false), ("a..b", false)]
        {
            assert_eq!(is_domain(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn comparisons_have_a_limit() {
        let subtree = encode(SEQUENCE, &encode(DNS, b"example.com"));
        let value = encode(SEQUENCE, &encode(context(1), &subtree.repeat(1024)));
        let constraints = Constraints::parse(&value).unwrap();
        let names = |count: usize| -> Vec<GeneralName> {
            (0..count).map(|_| GeneralName::Other(DNS, b"a.test".to_vec())).collect()
        };
        assert!(constraints.allow(&names(1024)));
        assert!(!constraints.allow(&names(1025)));
    }
}
