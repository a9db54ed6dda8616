//! What a package says about itself: the content of its nuspec, typed.
//!
//! It is stored as JSON, so members are only ever added. It does not know the file it came from, nor who pushed it: the
//! `authors` are a claim of the package, owners are accounts and live elsewhere.

use serde::{Deserialize, Serialize};

use super::license_expression::LicenseExpression;
use super::package_id::PackageId;
use super::package_type::{DEPENDENCY, PackageType};
use super::version::NuGetVersion;
use super::version_range::VersionRange;
use super::web_url::WebUrl;

/// A nuspec (<https://learn.microsoft.com/nuget/reference/nuspec>). Texts are trimmed; an absent or empty one is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The identifier in the nuspec's case.
    pub id: PackageId,
    /// The version, original text kept.
    pub version: NuGetVersion,
    /// Name for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who wrote it, usually names separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authors: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A shorter description; deprecated by NuGet and still used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What changed in this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_notes: Option<String>,
    /// Copyright notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copyright: Option<String>,
    /// Locale such as `en-US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Search words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_url: Option<WebUrl>,
    /// Icon on another host; deprecated by NuGet in favour of `icon`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<WebUrl>,
    /// Licence on another host; deprecated by NuGet in favour of `license`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_url: Option<WebUrl>,
    /// Path of the icon inside the package, with forward slashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Path of the readme inside the package, with forward slashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readme: Option<String>,
    /// The licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<License>,
    /// Whether Visual Studio must ask the user to accept the licence.
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_license_acceptance: bool,
    /// Whether the package is a build-time tool that does not flow to those who depend on its user.
    #[serde(default, skip_serializing_if = "is_false")]
    pub development_dependency: bool,
    /// Oldest client that may install it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_client_version: Option<NuGetVersion>,
    /// Where the source code lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Repository>,
    /// What it is for; empty means a dependency. See [`Manifest::package_type_names`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub package_types: Vec<PackageType>,
    /// What it needs, by target framework. A group without dependencies has a meaning and is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependency_groups: Vec<DependencyGroup>,
    /// Assemblies of .NET Framework that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub framework_assemblies: Vec<FrameworkAssembly>,
    /// Shared frameworks that it needs, by target framework.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub framework_references: Vec<FrameworkReferenceGroup>,
}

impl Manifest {
    /// A manifest that says nothing beyond its identity.
    #[must_use]
    pub fn new(id: PackageId, version: NuGetVersion) -> Self {
        Self {
            id,
            version,
            title: None,
            authors: None,
            description: None,
            summary: None,
            release_notes: None,
            copyright: None,
            language: None,
            tags: Vec::new(),
            project_url: None,
            icon_url: None,
            license_url: None,
            icon: None,
            readme: None,
            license: None,
            require_license_acceptance: false,
            development_dependency: false,
            min_client_version: None,
            repository: None,
            package_types: Vec::new(),
            dependency_groups: Vec::new(),
            framework_assemblies: Vec::new(),
            framework_references: Vec::new(),
        }
    }

    /// Whether clients that know no SemVer 2 must not see the package: its own version is one, or a bound of a
    /// dependency is (<https://learn.microsoft.com/nuget/concepts/package-versioning#semantic-versioning-200>).
    #[must_use]
    pub fn is_semver2(&self) -> bool {
        self.version.is_semver2() || self.dependencies().any(|dependency| dependency.range.is_semver2())
    }

    /// Every dependency of every group.
    pub fn dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependency_groups.iter().flat_map(|group| &group.dependencies)
    }

    /// The names of the package types, at least one: a nuspec that names none is a `Dependency`.
    pub fn package_type_names(&self) -> impl Iterator<Item = &str> {
        let default = self.package_types.is_empty().then_some(DEPENDENCY);
        self.package_types.iter().map(PackageType::name).chain(default)
    }
}

/// The `license` element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum License {
    /// An SPDX expression.
    Expression(LicenseExpression),
    /// Path of a text inside the package, with forward slashes.
    File(String),
}

/// The `repository` element.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Such as `git`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Where to clone from, any scheme, unchecked: never make a link of it without [`WebUrl::parse`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Branch the package was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Commit the package was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Dependencies of one target framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyGroup {
    /// The nuspec's own text (`net8.0`, `.NETStandard2.0`); `None` for any framework.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_framework: Option<String>,
    /// What is needed there; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
}

/// A package that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// Its identifier, in the depending package's spelling.
    pub id: PackageId,
    /// The versions that will do.
    pub range: VersionRange,
}

/// A `frameworkAssembly` element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameworkAssembly {
    /// Name of the assembly.
    pub assembly_name: String,
    /// The frameworks it is needed on, in the nuspec's own text; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_frameworks: Vec<String>,
}

/// Shared frameworks of one target framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameworkReferenceGroup {
    /// The nuspec's own text.
    pub target_framework: String,
    /// Names such as `Microsoft.AspNetCore.App`.
    pub names: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(version: &str) -> Manifest {
        Manifest::new(PackageId::parse("A").unwrap(), NuGetVersion::parse(version).unwrap())
    }

    fn needing(range: &str) -> Manifest {
        let dependency = Dependency { id: PackageId::parse("B").unwrap(), range: VersionRange::parse(range).unwrap() };
        let group = DependencyGroup { target_framework: Some("net8.0".into()), dependencies: vec![dependency] };
        Manifest { dependency_groups: vec![group], ..manifest("3.0.0") }
    }

    #[test]
    fn semver2_comes_from_the_version_or_from_a_bound() {
        assert!(!manifest("1.0.0-a").is_semver2());
        assert!(manifest("1.0.0-a.1").is_semver2());
        assert!(manifest("1.0.0+m").is_semver2());
        assert!(!needing("1.0.0-a").is_semver2());
        assert!(needing("[1.0.0-x.1, )").is_semver2());
        assert!(needing("(, 1.0.0+m]").is_semver2());
    }

    #[test]
    fn no_type_means_dependency() {
        assert_eq!(manifest("1").package_type_names().collect::<Vec<_>>(), ["Dependency"]);
        let tool = Manifest { package_types: vec![PackageType::new("DotnetTool", None).unwrap()], ..manifest("1") };
        assert_eq!(tool.package_type_names().collect::<Vec<_>>(), ["DotnetTool"]);
    }

    #[test]
    fn is_stored_as_small_json_and_read_back() {
        let empty = serde_json::to_string(&manifest("1.0")).unwrap();
        assert_eq!(empty, r#"{"id":"A","version":"1.0"}"#);
        let full = Manifest {
            title: Some("T".into()),
            tags: vec!["x".into()],
            project_url: Some(WebUrl::parse("https://example.org/").unwrap()),
            license: Some(License::Expression(LicenseExpression::parse("MIT").unwrap())),
            require_license_acceptance: true,
            repository: Some(Repository { kind: Some("git".into()), ..Repository::default() }),
            package_types: vec![PackageType::new("DotnetTool", Some("1.0")).unwrap()],
            ..needing("[1.0.0+m, 2.0.0)")
        };
        let json = serde_json::to_string(&full).unwrap();
        insta::assert_snapshot!(json, @r#"{"id":"A","version":"3.0.0","title":"T","tags":["x"],"project_url":"https://example.org/","license":{"expression":"MIT"},"require_license_acceptance":true,"repository":{"type":"git"},"package_types":[{"name":"DotnetTool","version":"1.0"}],"dependency_groups":[{"target_framework":"net8.0","dependencies":[{"id":"B","range":"[1.0.0+m, 2.0.0)"}]}]}"#);
        let again: Manifest = serde_json::from_str(&json).unwrap();
        assert_eq!(again, full);
        assert_eq!(again.is_semver2(), full.is_semver2());
    }
}
