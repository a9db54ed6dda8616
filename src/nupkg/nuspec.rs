//! A nuspec file: XML to [`Manifest`].
//!
//! It follows the official client's reading rules, and where that client only shrugs, the rules of a publisher: what a
//! client can't use is refused here, so that it never stands in a document of the feed. It does not see the other files
//! of the package.

use crate::domain::excerpt::Excerpt;
use crate::domain::license_expression::{self, LicenseExpression};
use crate::domain::manifest::{
    Dependency, DependencyGroup, FrameworkAssembly, FrameworkReferenceGroup, License, Manifest, Repository,
};
use crate::domain::package_id::PackageId;
use crate::domain::package_type::PackageType;
use crate::domain::version::{self, NuGetVersion};
use crate::domain::version_range::VersionRange;
use crate::domain::web_url::WebUrl;

use super::limits::{MAX_AUTHORS, MAX_DEPENDENCIES, MAX_FIELD, MAX_RELEASE_NOTES, MAX_TEXT, MAX_TITLE};
use super::nuspec_error::NuspecError;
use super::xml::{self, Element};

/// Reads a nuspec. The second value holds warnings: what was left out, and why, in printable ASCII.
///
/// # Errors
/// [`NuspecError`] names the element and the broken rule.
pub(super) fn read(bytes: &[u8], unicode_id: bool) -> Result<(Manifest, Vec<String>), NuspecError> {
    let root = xml::parse(bytes)?;
    let metadata = root.children().find(|child| child.name == "metadata").ok_or(NuspecError::NoMetadata)?;
    refuse_repeated(&root, "metadata")?;
    refuse_repeated(metadata, "id")?;
    refuse_repeated(metadata, "version")?;
    let mut reader = Reader { metadata, namespace: &metadata.default_namespace, warnings: Vec::new() };
    let mut manifest = Manifest::new(reader.id(unicode_id)?, reader.version()?);
    reader.texts(&mut manifest)?;
    reader.links(&mut manifest);
    reader.license(&mut manifest)?;
    manifest.require_license_acceptance =
        reader.text("requireLicenseAcceptance").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    manifest.development_dependency = reader.flag("developmentDependency")?;
    manifest.min_client_version = reader.min_client_version()?;
    manifest.repository = reader.repository()?;
    manifest.package_types = reader.package_types()?;
    manifest.dependency_groups = reader.dependency_groups()?;
    manifest.framework_assemblies = reader.framework_assemblies(&root.default_namespace)?;
    manifest.framework_references = reader.framework_references()?;
    Ok((manifest, reader.warnings))
}

/// What decides the identity may stand there once, in whatever namespace and case: readers that disagree about either would
/// see another package.
fn refuse_repeated(parent: &Element, element: &'static str) -> Result<(), NuspecError> {
    let found = parent.children().filter(|child| child.name.eq_ignore_ascii_case(element)).count();
    if found > 1 { Err(NuspecError::Repeated { element }) } else { Ok(()) }
}

struct Reader<'a> {
    metadata: &'a Element,
    /// The default namespace of `metadata`: the official client looks up elements in it, whatever it is.
    namespace: &'a str,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    fn id(&self, unicode: bool) -> Result<PackageId, NuspecError> {
        let text = self.required("id")?;
        Ok(if unicode { PackageId::parse_unicode(&text)? } else { PackageId::parse(&text)? })
    }

    fn version(&self) -> Result<NuGetVersion, NuspecError> {
        let text = self.required("version")?;
        let parsed = NuGetVersion::parse(&text).map_err(|problem| NuspecError::Version { name: "version", problem })?;
        let longest = parsed.original().len().max(parsed.full().len());
        if longest > version::MAX_PUSHED_LENGTH {
            return Err(NuspecError::TooLong { name: "version", limit: version::MAX_PUSHED_LENGTH });
        }
        Ok(parsed)
    }

    fn texts(&mut self, manifest: &mut Manifest) -> Result<(), NuspecError> {
        manifest.title = self.limited("title", MAX_TITLE)?;
        manifest.authors = self.limited("authors", MAX_AUTHORS)?;
        manifest.description = self.limited("description", MAX_TEXT)?;
        manifest.summary = self.limited("summary", MAX_TEXT)?;
        manifest.release_notes = self.limited("releaseNotes", MAX_RELEASE_NOTES)?;
        manifest.copyright = self.limited("copyright", MAX_TEXT)?;
        manifest.language = self.limited("language", MAX_FIELD)?;
        manifest.tags = self
            .limited("tags", MAX_TEXT)?
            .map(|tags| {
                tags.split(|character: char| character.is_whitespace() || matches!(character, ',' | ';'))
                    .filter(|tag| !tag.is_empty())
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default();
        manifest.icon = self.path("icon")?;
        manifest.readme = self.path("readme")?;
        for (name, text) in [("authors", &manifest.authors), ("description", &manifest.description)] {
            if text.is_none() {
                self.warnings.push(format!("the nuspec has no element `{name}`"));
            }
        }
        Ok(())
    }

    fn links(&mut self, manifest: &mut Manifest) {
        manifest.project_url = self.link("projectUrl");
        manifest.icon_url = self.link("iconUrl");
        manifest.license_url = self.link("licenseUrl");
    }

    fn license(&mut self, manifest: &mut Manifest) -> Result<(), NuspecError> {
        let Some(element) = self.first("license") else {
            return Ok(());
        };
        let text = element.text().trim().to_owned();
        let kind = element.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
        let version = element.attribute("version").map(str::trim).filter(|version| !version.is_empty());
        let is_newer = version.is_some_and(|version| {
            NuGetVersion::parse(version).ok() > NuGetVersion::parse(license_expression::VERSION).ok()
        });
        match kind.as_str() {
            "expression" if is_newer => {
                self.warnings.push("element `license` has a `version` above 1.0.0 and was left out".to_owned());
            }
            "expression" => manifest.license = Some(License::Expression(LicenseExpression::parse(&text)?)),
            "file" if text.is_empty() => return Err(NuspecError::Missing { element: "license" }),
            "file" => manifest.license = Some(License::File(entry_path("license", &text)?)),
            _ => self
                .warnings
                .push(format!("element `license` has the unknown type `{}` and was left out", Excerpt(&kind))),
        }
        Ok(())
    }

    fn min_client_version(&self) -> Result<Option<NuGetVersion>, NuspecError> {
        let text = self.metadata.attribute("minClientVersion").map(str::trim).filter(|text| !text.is_empty());
        text.map(NuGetVersion::parse)
            .transpose()
            .map_err(|problem| NuspecError::Version { name: "minClientVersion", problem })
    }

    fn repository(&self) -> Result<Option<Repository>, NuspecError> {
        let Some(element) = self.first("repository") else {
            return Ok(None);
        };
        let repository = Repository {
            kind: field(element, "type")?,
            url: field(element, "url")?,
            branch: field(element, "branch")?,
            commit: field(element, "commit")?,
        };
        Ok((repository != Repository::default()).then_some(repository))
    }

    fn package_types(&self) -> Result<Vec<PackageType>, NuspecError> {
        let Some(list) = self.first("packageTypes") else {
            return Ok(Vec::new());
        };
        let types = list.named("packageType", self.namespace).map(|element| {
            Ok(PackageType::new(element.attribute("name").unwrap_or_default(), element.attribute("version"))?)
        });
        types.collect()
    }

    fn dependency_groups(&self) -> Result<Vec<DependencyGroup>, NuspecError> {
        let Some(list) = self.first("dependencies") else {
            return Ok(Vec::new());
        };
        // One group makes the flat list invisible to clients.
        let mut groups = Vec::new();
        for element in list.named("group", self.namespace) {
            groups.push(self.dependency_group(element, field(element, "targetFramework")?)?);
        }
        if groups.is_empty() {
            let flat = self.dependency_group(list, None)?;
            groups.extend((!flat.dependencies.is_empty()).then_some(flat));
        }
        if groups.iter().map(|group| group.dependencies.len()).sum::<usize>() > MAX_DEPENDENCIES {
            return Err(NuspecError::TooManyDependencies);
        }
        Ok(groups)
    }

    fn dependency_group(
        &self,
        element: &Element,
        target_framework: Option<String>,
    ) -> Result<DependencyGroup, NuspecError> {
        let mut seen = std::collections::HashSet::new();
        let mut dependencies = Vec::new();
        for element in element.named("dependency", self.namespace) {
            let id = PackageId::parse_unicode(element.attribute("id").unwrap_or_default())
                .map_err(NuspecError::DependencyId)?;
            let range = match element.attribute("version").map(str::trim) {
                None | Some("") => VersionRange::any(),
                Some(text) => VersionRange::parse(text).map_err(|problem| NuspecError::DependencyRange {
                    id: Excerpt(id.as_str()).to_string(),
                    problem,
                })?,
            };
            if !seen.insert(id.clone()) {
                return Err(NuspecError::RepeatedDependency {
                    framework: Excerpt(target_framework.as_deref().unwrap_or("any")).to_string(),
                    id: Excerpt(id.as_str()).to_string(),
                });
            }
            dependencies.push(Dependency { id, range });
        }
        Ok(DependencyGroup { target_framework, dependencies })
    }

    fn framework_assemblies(&self, root_namespace: &str) -> Result<Vec<FrameworkAssembly>, NuspecError> {
        let mut assemblies = Vec::new();
        for list in self.metadata.named("frameworkAssemblies", root_namespace) {
            for element in list.named("frameworkAssembly", root_namespace) {
                let Some(assembly_name) = field(element, "assemblyName")? else {
                    continue;
                };
                let frameworks = field(element, "targetFramework")?.unwrap_or_default();
                let target_frameworks =
                    frameworks.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect();
                assemblies.push(FrameworkAssembly { assembly_name, target_frameworks });
            }
        }
        Ok(assemblies)
    }

    fn framework_references(&self) -> Result<Vec<FrameworkReferenceGroup>, NuspecError> {
        let mut groups = Vec::new();
        for group in self.first("frameworkReferences").into_iter().flat_map(|list| list.named("group", self.namespace))
        {
            let mut names = Vec::new();
            for element in group.named("frameworkReference", self.namespace) {
                names.extend(field(element, "name")?);
            }
            if let Some(target_framework) = field(group, "targetFramework")? {
                groups.push(FrameworkReferenceGroup { target_framework, names });
            }
        }
        Ok(groups)
    }

    /// The first element of exactly this name.
    fn first(&self, name: &'a str) -> Option<&'a Element> {
        self.metadata.named(name, self.namespace).next()
    }

    /// The text of an element that must be there exactly once, untrimmed.
    fn required(&self, element: &'static str) -> Result<String, NuspecError> {
        let mut found = self.metadata.named(element, self.namespace);
        let text = found.next().map(Element::text).filter(|text| !text.trim().is_empty());
        let text = text.ok_or(NuspecError::Missing { element })?;
        if found.next().is_some() {
            return Err(NuspecError::Repeated { element });
        }
        Ok(text)
    }

    /// The first text that is not blank among the elements of this local name in any case and namespace, trimmed.
    fn text(&self, name: &str) -> Option<String> {
        self.metadata
            .children()
            .filter(|child| child.name.eq_ignore_ascii_case(name))
            .map(|child| child.text().trim().to_owned())
            .find(|text| !text.is_empty())
    }

    fn limited(&self, name: &'static str, limit: usize) -> Result<Option<String>, NuspecError> {
        let text = self.text(name);
        if text.as_ref().is_some_and(|text| text.chars().nth(limit).is_some()) {
            return Err(NuspecError::TooLong { name, limit });
        }
        Ok(text)
    }

    fn path(&self, name: &'static str) -> Result<Option<String>, NuspecError> {
        let text = self.first(name).map(|element| element.text().trim().to_owned());
        text.filter(|text| !text.is_empty()).map(|text| entry_path(name, &text)).transpose()
    }

    /// A link that clients can't read is worse than none: one bad `iconUrl` spoils the page of results it stands in.
    fn link(&mut self, name: &'static str) -> Option<WebUrl> {
        let text = self.text(name)?;
        match WebUrl::parse(&text) {
            Ok(url) => Some(url),
            Err(problem) => {
                self.warnings.push(format!("element `{name}` was left out: `{}` {problem}", Excerpt(&text)));
                None
            }
        }
    }

    fn flag(&self, name: &'static str) -> Result<bool, NuspecError> {
        match self.first(name).map(|element| element.text().trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "false") => Ok(false),
            Some("true") => Ok(true),
            Some(value) => Err(NuspecError::Flag { element: name, value: Excerpt(value).to_string() }),
        }
    }
}

/// A trimmed attribute; blank is none.
fn field(element: &Element, name: &'static str) -> Result<Option<String>, NuspecError> {
    let text = element.attribute(name).map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().nth(MAX_FIELD).is_some()) {
        return Err(NuspecError::TooLong { name, limit: MAX_FIELD });
    }
    Ok(text.map(str::to_owned))
}

/// A path as entries of the archive are named: forward slashes, no leading one, no leading `./`.
fn entry_path(name: &'static str, text: &str) -> Result<String, NuspecError> {
    if text.chars().nth(MAX_FIELD).is_some() {
        return Err(NuspecError::TooLong { name, limit: MAX_FIELD });
    }
    let slashes = text.replace('\\', "/");
    let mut path = slashes.as_str();
    while let Some(rest) = path.strip_prefix("./").or_else(|| path.strip_prefix('/')) {
        path = rest;
    }
    Ok(path.to_owned())
}

#[cfg(test)]
#[path = "nuspec_tests.rs"]
mod tests;
