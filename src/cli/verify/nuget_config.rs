//! The part of a client's `nuget.config` that decides about signatures.
//!
//! What makes the client refuse the whole file is an error here too: a missing attribute, another hash algorithm than
//! SHA256, SHA384 and SHA512. Fingerprints are taken as they are written. Other sections are not looked at, and no other
//! file: a client merges several.

use std::path::Path;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::archive::HashAlgorithm;
use crate::cli::{Failure, file};
use crate::signature::{SignerKind, TrustedSigner, ValidationMode, WrittenFingerprint};

/// Bytes of a file that are read. Real ones have a few kilobytes.
const MAX_SIZE: usize = 1024 * 1024;
/// Nesting. What matters here is four deep.
const MAX_DEPTH: usize = 32;

/// What a `nuget.config` says about signatures.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NuGetConfig {
    /// `signatureValidationMode`; `None` where it is not set or not understood.
    pub validation: Option<ValidationMode>,
    pub trusted_signers: Vec<TrustedSigner>,
}

impl NuGetConfig {
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let named = |error: Failure| format!("`{}`: {error}", path.display());
        let text = String::from_utf8(file::read(path, MAX_SIZE)?).map_err(|error| named(error.into()))?;
        Ok(Self::parse(&text).map_err(named)?)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let mut config = Self::default();
        let mut reader = Reader::from_str(text.trim_start_matches('\u{FEFF}'));
        reader.config_mut().expand_empty_elements = true;
        let mut path: Vec<String> = Vec::new();
        let mut is_config = false;
        let mut signer = Signer::default();
        loop {
            match reader.read_event()? {
                Event::Start(element) => {
                    path.push(element.name().as_ref().to_owned());
                    if path.len() > MAX_DEPTH {
                        return Err(format!("its elements are more than {MAX_DEPTH} deep").into());
                    }
                    let at: Vec<&str> = path.iter().map(String::as_str).collect();
                    is_config |= at == ["configuration"];
                    match at.as_slice() {
                        ["configuration", "config", "add"] => config.set(&element)?,
                        ["configuration", "trustedSigners", kind @ ("author" | "repository")] => {
                            signer = Signer::begin(kind, &element)?;
                        }
                        ["configuration", "trustedSigners", "author" | "repository", "certificate"] => {
                            signer.certificates.push(Certificate::read(&element)?);
                        }
                        _ => {}
                    }
                }
                Event::Text(text) if path.last().is_some_and(|name| name == "owners") => {
                    signer.owners.push_str(&text);
                }
                Event::End(_) => {
                    if let [_, section, _] = path.as_slice()
                        && section == "trustedSigners"
                    {
                        config.trusted_signers.extend(std::mem::take(&mut signer).finish()?);
                    }
                    path.pop();
                }
                Event::Eof if path.is_empty() && is_config => return Ok(config),
                Event::Eof if path.is_empty() => {
                    return Err("this is no nuget.config: it has no element `configuration`".into());
                }
                Event::Eof => return Err("the file ends inside an element".into()),
                _ => {}
            }
        }
    }

    /// The client takes a value that it does not know for `accept`.
    fn set(&mut self, add: &BytesStart<'_>) -> Result<(), Failure> {
        if attribute(add, "key")?.is_some_and(|key| key.eq_ignore_ascii_case("signatureValidationMode")) {
            let require = attribute(add, "value")?.is_some_and(|value| value.eq_ignore_ascii_case("require"));
            self.validation = Some(if require { ValidationMode::Require } else { ValidationMode::Accept });
        }
        Ok(())
    }
}

/// An `author` or a `repository`.
#[derive(Default)]
struct Signer {
    is_repository: bool,
    owners: String,
    certificates: Vec<Certificate>,
}

impl Signer {
    fn begin(kind: &str, element: &BytesStart<'_>) -> Result<Self, Failure> {
        required(element, "name")?;
        let is_repository = kind == "repository";
        if is_repository {
            required(element, "serviceIndex")?;
        }
        Ok(Self { is_repository, ..Self::default() })
    }

    fn finish(self) -> Result<Vec<TrustedSigner>, Failure> {
        if self.certificates.is_empty() {
            return Err("a trusted signer has no `certificate`".into());
        }
        let owners: Vec<String> =
            self.owners.split(';').map(str::trim).filter(|owner| !owner.is_empty()).map(str::to_owned).collect();
        let kind = if self.is_repository { SignerKind::Repository { owners } } else { SignerKind::Author };
        let signer = |Certificate { certificate, allow_untrusted_root }| TrustedSigner {
            kind: kind.clone(),
            certificate,
            allow_untrusted_root,
        };
        Ok(self.certificates.into_iter().map(signer).collect())
    }
}

/// A `certificate` of a signer.
struct Certificate {
    certificate: WrittenFingerprint,
    allow_untrusted_root: bool,
}

impl Certificate {
    fn read(element: &BytesStart<'_>) -> Result<Self, Failure> {
        let text = required(element, "fingerprint")?;
        let named = required(element, "hashAlgorithm")?;
        let algorithm = match named.to_ascii_uppercase().as_str() {
            "SHA256" => HashAlgorithm::Sha256,
            "SHA384" => HashAlgorithm::Sha384,
            "SHA512" => HashAlgorithm::Sha512,
            _ => return Err(format!("the hashAlgorithm `{named}` is none of SHA256, SHA384 and SHA512").into()),
        };
        let allowed = required(element, "allowUntrustedRoot")?;
        let allow_untrusted_root = match allowed.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => return Err(format!("allowUntrustedRoot is `{allowed}` and must be `true` or `false`").into()),
        };
        Ok(Self { certificate: WrittenFingerprint { algorithm, text }, allow_untrusted_root })
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, Failure> {
    let Some(found) = element.try_get_attribute(name)? else { return Ok(None) };
    Ok(Some(found.normalized_value(XmlVersion::Implicit1_0)?.into_owned()))
}

fn required(element: &BytesStart<'_>, name: &str) -> Result<String, Failure> {
    let missing = || format!("`{}` has no `{name}`", element.name().as_ref());
    attribute(element, name)?.filter(|value| !value.trim().is_empty()).ok_or_else(|| missing().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(attributes: &str) -> String {
        format!(
            "<configuration><trustedSigners><author name=\"a\"><certificate {attributes} /></author></trustedSigners></configuration>"
        )
    }

    #[test]
    fn authors_repositories_owners_and_the_mode_are_read_as_written() {
        let config = NuGetConfig::parse(
            r#"<?xml version="1.0" encoding="utf-8"?>
            <configuration>
              <packageSources><add key="feed" value="https://feed.example/v3/index.json" /></packageSources>
              <config><add key="signatureValidationMode" value="Require" /></config>
              <trustedSigners>
                <author name="Contoso">
                  <certificate fingerprint="AB12" hashAlgorithm="SHA256" allowUntrustedRoot="false" />
                  <certificate fingerprint="cd34" hashAlgorithm="sha512" allowUntrustedRoot="True" />
                </author>
                <repository name="feed" serviceIndex="https://feed.example/v3/index.json">
                  <certificate fingerprint="EF56" hashAlgorithm="SHA384" allowUntrustedRoot="true" />
                  <owners>alice; Bob ;;</owners>
                </repository>
              </trustedSigners>
            </configuration>"#,
        )
        .unwrap();
        assert_eq!(config.validation, Some(ValidationMode::Require));
        let written = |algorithm, text: &str| WrittenFingerprint { algorithm, text: text.to_owned() };
        let signer =
            |kind, certificate, allow_untrusted_root| TrustedSigner { kind, certificate, allow_untrusted_root };
        let owners = vec!["alice".to_owned(), "Bob".to_owned()];
        assert_eq!(
            config.trusted_signers,
            [
                signer(SignerKind::Author, written(HashAlgorithm::Sha256, "AB12"), false),
                signer(SignerKind::Author, written(HashAlgorithm::Sha512, "cd34"), true),
                signer(SignerKind::Repository { owners }, written(HashAlgorithm::Sha384, "EF56"), true),
            ]
        );
    }

    #[test]
    fn what_makes_the_client_refuse_a_file_is_an_error_with_its_name() {
        let good = certificate(r#"fingerprint="AB" hashAlgorithm="SHA256" allowUntrustedRoot="false""#);
        assert_eq!(NuGetConfig::parse(&good).unwrap().trusted_signers.len(), 1);
        for (attributes, expected) in [
            (r#"hashAlgorithm="SHA256" allowUntrustedRoot="false""#, "fingerprint"),
            (r#"fingerprint="AB" allowUntrustedRoot="false""#, "hashAlgorithm"),
            (r#"fingerprint="AB" hashAlgorithm="SHA256""#, "allowUntrustedRoot"),
            (r#"fingerprint="AB" hashAlgorithm="SHA-256" allowUntrustedRoot="false""#, "SHA-256"),
            (r#"fingerprint="AB" hashAlgorithm="2.16.840.1.101.3.4.2.1" allowUntrustedRoot="false""#, "2.16.840"),
        ] {
            let error = NuGetConfig::parse(&certificate(attributes)).unwrap_err().to_string();
            assert!(error.contains(expected), "{attributes}: {error}");
        }
        let nobody = "<configuration><trustedSigners><author name=\"a\" /></trustedSigners></configuration>";
        let deep = "<a>".repeat(100_000);
        for text in [nobody, &deep, "<configuration>", "", "-----BEGIN CERTIFICATE-----", "<package />"] {
            assert!(NuGetConfig::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_without_the_section_trusts_nobody_in_particular() {
        assert_eq!(NuGetConfig::parse("\u{FEFF}<configuration />").unwrap(), NuGetConfig::default());
    }
}
