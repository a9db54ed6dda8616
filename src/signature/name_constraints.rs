//! Which names an authority may certify (RFC 5280, 4.2.1.10).
//!
//! Understood for directory names, DNS names and e-mail addresses. A constraint on any other form refuses every certificate
//! below that has a name of this form: what is not understood is not let through.

use super::asn1::{self, Element, Reader, SEQUENCE, context};
use super::certificate::Certificate;
use super::chain_problem::ChainProblem;
use super::name::Name;
use super::oid;

/// Comparisons of a name with a constraint in one chain. Hostile certificates could multiply thousands by thousands.
const MAX_COMPARISONS: usize = 100_000;

const RFC822: u8 = 0x81;
const DNS: u8 = 0x82;

/// Checks the constraints of every authority against every certificate below it.
pub(crate) fn check(chain: &[Certificate], problems: &mut Vec<ChainProblem>) {
    let mut budget = MAX_COMPARISONS;
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
            if !names(certificate).is_ok_and(|names| constraints.allow(&names, &mut budget)) {
                problems.push(ChainProblem::NameConstraint {
                    certificate: certificate.fingerprint(),
                    ca: ca.fingerprint(),
                });
            }
        }
    }
}

struct Constraints<'a> {
    permitted: Vec<Element<'a>>,
    excluded: Vec<Element<'a>>,
}

/// A name of a certificate: its form, and its content octets or the directory name.
enum GeneralName {
    Directory(Name),
    Other(u8, Vec<u8>),
}

impl GeneralName {
    const fn form(&self) -> u8 {
        match self {
            Self::Directory(_) => context(4),
            Self::Other(form, _) => *form,
        }
    }
}

fn names(certificate: &Certificate) -> asn1::Result<Vec<GeneralName>> {
    let mut names = Vec::new();
    if !certificate.subject().is_empty() {
        names.push(GeneralName::Directory(certificate.subject().clone()));
    }
    if let Some(extension) = certificate.extensions().iter().find(|extension| extension.id == oid::SUBJECT_ALT_NAME) {
        for name in Reader::new(&extension.value).nested(SEQUENCE)?.all()? {
            names.push(if name.tag == context(4) {
                GeneralName::Directory(Name::parse(name.reader().any()?)?)
            } else {
                GeneralName::Other(name.tag, name.content.to_vec())
            });
        }
    }
    Ok(names)
}

impl<'a> Constraints<'a> {
    fn parse(value: &'a [u8]) -> asn1::Result<Self> {
        let mut fields = Reader::new(value).nested(SEQUENCE)?;
        let mut subtrees = |tag| -> asn1::Result<Vec<Element<'a>>> {
            let Some(list) = fields.optional(tag)? else {
                return Ok(Vec::new());
            };
            list.children()?.into_iter().map(|subtree| subtree.reader().any()).collect()
        };
        Ok(Self { permitted: subtrees(context(0))?, excluded: subtrees(context(1))? })
    }

    fn allow(&self, names: &[GeneralName], budget: &mut usize) -> bool {
        names.iter().all(|name| {
            let of_form = |list: &[Element<'a>]| -> Vec<Element<'a>> {
                list.iter().filter(|base| base.tag == name.form()).copied().collect()
            };
            let permitted = of_form(&self.permitted);
            let excluded = of_form(&self.excluded);
            match budget.checked_sub(permitted.len() + excluded.len()) {
                Some(left) => *budget = left,
                None => return false,
            }
            // An unknown form counts as excluded and as not permitted.
            let permits = permitted.is_empty() || permitted.iter().any(|base| matches(name, base) == Some(true));
            let excludes = excluded.iter().any(|base| matches(name, base) != Some(false));
            permits && !excludes
        })
    }
}

/// Whether the name lies in the subtree; `None` when the form is not understood.
fn matches(name: &GeneralName, base: &Element<'_>) -> Option<bool> {
    match name {
        GeneralName::Directory(name) => {
            let base = base.reader().any().and_then(Name::parse).ok()?;
            Some(name.is_below(&base))
        }
        GeneralName::Other(DNS, name) => Some(is_domain_below(name, base.content)),
        GeneralName::Other(RFC822, name) => {
            let at = name.iter().rposition(|&octet| octet == b'@')?;
            let host = name.get(at + 1..)?;
            Some(match base.content {
                base if base.contains(&b'@') => name.eq_ignore_ascii_case(base),
                [b'.', ..] => is_domain_below(host, base.content),
                base => host.eq_ignore_ascii_case(base),
            })
        }
        GeneralName::Other(..) => None,
    }
}

/// A leading dot asks for at least one label more; without it the domain itself is below as well.
fn is_domain_below(name: &[u8], base: &[u8]) -> bool {
    let Some(at) = name.len().checked_sub(base.len()) else {
        return false;
    };
    let ends = name.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(base));
    let at_label = base.is_empty()
        || base.first() == Some(&b'.')
        || at == 0
        || at.checked_sub(1).and_then(|before| name.get(before)) == Some(&b'.');
    ends && at_label && !(base.first() == Some(&b'.') && at == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn comparisons_are_counted_and_end() {
        let subtree = |name: &[u8]| super::asn1::encode(SEQUENCE, &super::asn1::encode(DNS, name));
        let value = super::asn1::encode(SEQUENCE, &super::asn1::encode(context(1), &subtree(b"example.com")));
        let constraints = Constraints::parse(&value).unwrap();
        let names = [GeneralName::Other(DNS, b"a.test".to_vec()), GeneralName::Other(DNS, b"b.test".to_vec())];
        assert!(constraints.allow(&names, &mut 2));
        assert!(!constraints.allow(&names, &mut 1));
    }
}
