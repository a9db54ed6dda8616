//! What a package is for: a dependency, a tool, a template.
//!
//! It does not check whether the content fits the type.

use serde::{Deserialize, Serialize};

use super::excerpt::Excerpt;

/// Longest name in characters (<https://learn.microsoft.com/nuget/create-packages/set-package-type>).
pub const MAX_LENGTH: usize = 100;

/// The type of a package that names none.
pub const DEPENDENCY: &str = "Dependency";

/// The type of a symbol package (`.snupkg`).
pub const SYMBOLS_PACKAGE: &str = "SymbolsPackage";

/// One `packageType` element: a name by the grammar `^\w+([_.-]\w+)*$` in ASCII, compared without case, and its
/// version text if there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageType {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

impl PackageType {
    /// Reads a name (outer white space is dropped) and a version, two to four numbers as in .NET's `System.Version`.
    /// The versions of types are used by nobody today; blank and `0.0` mean none.
    ///
    /// # Errors
    /// [`InvalidPackageType`] names the broken rule.
    pub fn new(name: &str, version: Option<&str>) -> Result<Self, InvalidPackageType> {
        let name = name.trim();
        if name.is_empty() || name.len() > MAX_LENGTH {
            return Err(InvalidPackageType::Length);
        }
        let words = name.split(['.', '-']);
        if !words
            .clone()
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        {
            return Err(InvalidPackageType::Name { name: Excerpt(name).to_string() });
        }
        let version = version.map(str::trim).filter(|version| !version.is_empty() && *version != "0.0");
        if let Some(version) = version
            && !is_system_version(version)
        {
            return Err(InvalidPackageType::Version { version: Excerpt(version).to_string() });
        }
        Ok(Self { name: name.to_owned(), version: version.map(str::to_owned) })
    }

    /// The name in its own case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version text, if there is one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whether the name is this one, without regard to case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Why a package type is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPackageType {
    /// The name is empty or longer than [`MAX_LENGTH`].
    #[error("a package type needs a name of 1 to {MAX_LENGTH} characters")]
    Length,
    /// The name does not follow the grammar.
    #[error("package type `{name}` is not words of letters, digits and `_` joined by `.` or `-`")]
    Name {
        /// The name, made printable.
        name: String,
    },
    /// The version does not follow `System.Version`.
    #[error("package type version `{version}` is not two to four numbers separated by dots")]
    Version {
        /// The version, made printable.
        version: String,
    },
}

fn is_system_version(text: &str) -> bool {
    let parts = text.split('.').count();
    (2..=4).contains(&parts)
        && text.split('.').all(|part| part.parse::<u32>().is_ok_and(|number| number <= 2_147_483_647))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_known_types() {
        for name in ["Dependency", "DotnetTool", "DotnetCliTool", "Template", "MSBuildSdk", "McpServer", "a_b.c-d"] {
            assert!(PackageType::new(name, None).unwrap().is(&name.to_uppercase()));
        }
        assert_eq!(PackageType::new(" DotnetTool ", Some("1.0")).unwrap().name(), "DotnetTool");
        assert_eq!(PackageType::new("A", Some("0.0")).unwrap().version(), None);
        assert_eq!(PackageType::new("A", Some("1.0.0.0")).unwrap().version(), Some("1.0.0.0"));
    }

    #[test]
    fn refuses_each_broken_rule_by_name() {
        assert_eq!(PackageType::new(" ", None), Err(InvalidPackageType::Length));
        assert_eq!(PackageType::new(&"a".repeat(101), None), Err(InvalidPackageType::Length));
        for name in ["a..b", "-a", "a b", "a;b", "cannot$be:a"] {
            assert!(matches!(PackageType::new(name, None), Err(InvalidPackageType::Name { .. })), "{name}");
        }
        for version in ["1", "a.b", "1.2.3.4.5", "1.-2", "1.0-a"] {
            assert!(
                matches!(PackageType::new("A", Some(version)), Err(InvalidPackageType::Version { .. })),
                "{version}"
            );
        }
    }
}
