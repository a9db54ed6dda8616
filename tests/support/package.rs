//! A maker of packages.

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::signing;

/// The smallest PNG there is: one transparent pixel.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\0\x01\0\0\x05\0\x01\x0d\x0a-\xb4\0\0\0\0IEND\xaeB`\x82";

/// A small, complete, unsigned package; more is added by the methods.
pub fn package(id: &str, version: &str) -> Package {
    Package {
        id: id.to_owned(),
        version: version.to_owned(),
        description: format!("{id} for tests"),
        metadata: String::new(),
        groups: String::new(),
        files: vec![(format!("content/{id}.txt"), format!("{id} {version}\n").into_bytes())],
    }
}

/// A package in the making.
#[derive(Clone)]
pub struct Package {
    id: String,
    version: String,
    description: String,
    metadata: String,
    groups: String,
    files: Vec<(String, Vec<u8>)>,
}

impl Package {
    /// Further elements of the manifest's `metadata`, as XML.
    pub fn metadata(mut self, xml: &str) -> Self {
        self.metadata.push_str(xml);
        self
    }

    /// A description.
    pub fn description(mut self, text: &str) -> Self {
        self.description = text.to_owned();
        self
    }

    /// Tags, separated by blanks.
    pub fn tags(self, tags: &str) -> Self {
        self.metadata(&format!("<tags>{tags}</tags>"))
    }

    /// A dependency group; no dependencies make an empty one, no framework one for any.
    pub fn dependencies(mut self, framework: &str, dependencies: &[(&str, &str)]) -> Self {
        let attribute = if framework.is_empty() { String::new() } else { format!(" targetFramework=\"{framework}\"") };
        self.groups.push_str(&format!("<group{attribute}>"));
        for (id, range) in dependencies {
            let range = if range.is_empty() { String::new() } else { format!(" version=\"{range}\"") };
            self.groups.push_str(&format!("<dependency id=\"{id}\"{range} />"));
        }
        self.groups.push_str("</group>");
        self
    }

    /// A package type such as `DotnetTool`.
    pub fn package_type(self, name: &str) -> Self {
        self.metadata(&format!("<packageTypes><packageType name=\"{name}\" /></packageTypes>"))
    }

    /// An icon inside the package.
    pub fn icon(self) -> Self {
        self.metadata("<icon>images\\icon.png</icon>").file("images/icon.png", PNG)
    }

    /// A readme inside the package.
    pub fn readme(self, text: &str) -> Self {
        self.metadata("<readme>docs/README.md</readme>").file("docs/README.md", text.as_bytes())
    }

    /// A licence as an SPDX expression.
    pub fn licence_expression(self, expression: &str) -> Self {
        let url = format!("https://licenses.nuget.org/{expression}");
        self.metadata(&format!("<license type=\"expression\">{expression}</license><licenseUrl>{url}</licenseUrl>"))
    }

    /// A licence as a file inside the package.
    pub fn licence_file(self, text: &str) -> Self {
        let xml =
            "<license type=\"file\">LICENSE.txt</license><licenseUrl>https://aka.ms/deprecateLicenseUrl</licenseUrl>";
        self.metadata(xml).file("LICENSE.txt", text.as_bytes())
    }

    /// A file of so many bytes that do not compress.
    pub fn size(self, bytes: usize) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let noise: Vec<u8> = (0..bytes)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[0]
            })
            .collect();
        self.file("content/noise.bin", &noise)
    }

    /// A file.
    pub fn file(mut self, path: &str, content: &[u8]) -> Self {
        self.files.push((path.to_owned(), content.to_vec()));
        self
    }

    /// The package's bytes; always the same for the same package.
    pub fn bytes(&self) -> Vec<u8> {
        let mut zip = Zip::new();
        zip.add(&format!("{}.nuspec", self.id), self.nuspec().as_bytes());
        for (path, content) in &self.files {
            zip.add(path, content);
        }
        zip.finish()
    }

    /// Signed by the official client with a certificate of the golden packages and a timestamp of the moment.
    pub fn signed_by(&self, certificate: &str) -> Vec<u8> {
        signing::sign(&self.bytes(), certificate)
    }

    /// The manifest.
    pub fn nuspec(&self) -> String {
        let Self { id, version, description, metadata, groups, .. } = self;
        let dependencies =
            if groups.is_empty() { String::new() } else { format!("<dependencies>{groups}</dependencies>") };
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata><id>{id}</id>\
             <version>{version}</version><authors>Contoso</authors><description>{description}</description>\
             {metadata}{dependencies}</metadata></package>\n"
        )
    }
}

impl From<Package> for Vec<u8> {
    fn from(package: Package) -> Self {
        package.bytes()
    }
}

/// A ZIP archive in the making, for packages that break a rule.
pub struct Zip(ZipWriter<Cursor<Vec<u8>>>);

impl Zip {
    /// An empty one.
    pub fn new() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }

    /// Adds an entry; its name is not checked.
    pub fn add(&mut self, path: &str, content: &[u8]) {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.0.start_file(path, options).expect("an entry");
        self.0.write_all(content).expect("its content");
    }

    /// Its bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().expect("a ZIP").into_inner()
    }
}
