//! The signed content of a primary signature: a small text that names the hash of the package.
//!
//! Sections of `key:value` lines, each ended by an empty line; `Version:1` in the first, the hash in the second (NuGet
//! package signatures technical reference). Read as the client reads it, which splits lines like .NET's `StreamReader`,
//! ignores what it does not know, and looks at no third section.

use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::{Engine, alphabet};

use super::fault::Fault;
use crate::archive::HashAlgorithm;

/// As .NET decodes: padding is needed, bits behind the last octet do not count.
const TOLERANT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// What a signature says about the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignatureContent {
    pub(crate) algorithm: HashAlgorithm,
    /// The hash in base64, as written.
    pub(crate) hash: String,
}

impl SignatureContent {
    /// Reads the content. Faults are NU3007 for another version and NU3000 for everything else.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = Lines { rest: &text };
        let first = section(&mut lines)?;
        match first.iter().find(|(key, _)| *key == "Version") {
            Some((_, "1")) => {}
            Some((_, found)) => {
                return Err(Fault::new(
                    3007,
                    format!("its format version is `{}`, only 1 is known", found.escape_default()),
                ));
            }
            None => return Err(Fault::new(3000, "its content names no format version")),
        }
        let second = section(&mut lines)?;
        let hash = second.iter().find_map(|(key, value)| {
            let oid = key.strip_suffix("-Hash")?;
            let algorithms = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
            let algorithm = algorithms.into_iter().find(|algorithm| algorithm.oid() == oid)?;
            Some(Self { algorithm, hash: (*value).to_owned() })
        });
        hash.ok_or_else(|| Fault::new(3000, "its content names no package hash by SHA-256, SHA-384 or SHA-512"))
    }

    /// The text for a package with this hash.
    pub(crate) fn write(algorithm: HashAlgorithm, hash: &[u8]) -> Vec<u8> {
        format!("Version:1\n\n{}-Hash:{}\n\n", algorithm.oid(), STANDARD.encode(hash)).into_bytes()
    }

    /// The hash as octets; `None` when it is no base64 as .NET reads it (white space is skipped, padding is needed).
    pub(crate) fn hash_octets(&self) -> Option<Vec<u8>> {
        let packed: String = self.hash.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).collect();
        TOLERANT.decode(packed).ok()
    }
}

struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Lines<'a> {
    /// The next line and whether anything ended it; `None` at the end of the text.
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        match self.rest.find(['\r', '\n']) {
            Some(at) => {
                let (line, after) = self.rest.split_at(at);
                self.rest = after.strip_prefix("\r\n").or_else(|| after.get(1..)).unwrap_or_default();
                Some(line)
            }
            None => Some(std::mem::take(&mut self.rest)),
        }
    }
}

fn section<'a>(lines: &mut Lines<'a>) -> Result<Vec<(&'a str, &'a str)>, Fault> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    loop {
        let line = lines.next().ok_or_else(|| Fault::new(3000, "its content breaks off before an empty line"))?;
        if line.is_empty() {
            if pairs.is_empty() {
                return Err(Fault::new(3000, "its content has an empty section"));
            }
            return Ok(pairs);
        }
        let (key, value) =
            line.split_once(':').ok_or_else(|| Fault::new(3000, "a line of its content has no colon"))?;
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'/');
        if key.is_empty() || !key.bytes().all(allowed) {
            return Err(Fault::new(3000, "a key of its content has letters that are not allowed"));
        }
        if value.is_empty() {
            return Err(Fault::new(3000, format!("the key `{key}` of its content has no value")));
        }
        if pairs.iter().any(|(known, _)| *known == key) {
            return Err(Fault::new(3000, format!("the key `{key}` of its content occurs twice")));
        }
        pairs.push((key, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<u16> {
        SignatureContent::parse(text.as_bytes()).err().and_then(|fault| fault.code).map(|code| code.0)
    }

    #[test]
    fn what_is_written_is_read() {
        let written = SignatureContent::write(HashAlgorithm::Sha384, &[7; 48]);
        let read = SignatureContent::parse(&written).unwrap();
        assert_eq!((read.algorithm, read.hash_octets()), (HashAlgorithm::Sha384, Some(vec![7; 48])));
    }

    #[test]
    fn odd_texts_fail_with_the_code_of_the_client() {
        let sha1 = "Version:1\n\n1.3.14.3.2.26-Hash:a\n\n";
        let cases = [
            ("", Some(3000)),
            ("Version:1", Some(3000)),
            ("Version:1\n", Some(3000)),
            ("Version:1\n\n", Some(3000)),
            ("Version:2\n\n", Some(3007)),
            (sha1, Some(3000)),
            ("Version:1\r\n\r\n2.16.840.1.101.3.4.2.1-Hash:a\r\n\r\n", None),
            ("Version:1\r\r2.16.840.1.101.3.4.2.1-Hash:a\r\r", None),
            ("a\n\n", Some(3000)),
            ("a:\n\n", Some(3000)),
            (":b\n\n", Some(3000)),
            ("&:b\n\n", Some(3000)),
        ];
        for (text, expected) in cases {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }

    #[test]
    fn base64_is_read_as_dotnet_reads_it() {
        let content = |hash: &str| SignatureContent { algorithm: HashAlgorithm::Sha256, hash: hash.into() };
        assert_eq!(content(" AA == ").hash_octets(), Some(vec![0]));
        assert_eq!(content("AB==").hash_octets(), Some(vec![0]));
        assert_eq!(content("AA").hash_octets(), None);
        assert_eq!(content("A*==").hash_octets(), None);
    }
}
