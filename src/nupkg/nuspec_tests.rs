use super::*;
use crate::nupkg::builder::nuspec;

fn read_more(more: &str) -> Result<(Manifest, Vec<String>), NuspecError> {
    read(nuspec("A", "1.0.0", more).as_bytes(), false)
}

fn manifest(more: &str) -> Manifest {
    let (manifest, warnings) = read_more(more).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    manifest
}

fn refusal(more: &str) -> String {
    read_more(more).unwrap_err().to_string()
}

#[test]
fn reads_every_element() {
    let manifest = manifest(
        "<title> T </title><summary>S</summary><releaseNotes>R</releaseNotes><copyright>C</copyright>\
         <language>en-US</language><tags>a b,c;d  e</tags><projectUrl>https://example.org/p</projectUrl>\
         <iconUrl>https://example.org/i</iconUrl><licenseUrl>https://example.org/l</licenseUrl>\
         <icon>images\\i.png</icon><readme>./docs/r.md</readme><license type='expression' version='1.0.0'>MIT</license>\
         <requireLicenseAcceptance>TRUE</requireLicenseAcceptance><developmentDependency>true</developmentDependency>\
         <repository type='git' url='https://example.org/r.git' branch='main' commit='abc'/>\
         <packageTypes><packageType name='DotnetTool' version='1.0'/><packageType name='McpServer'/></packageTypes>\
         <dependencies><group targetFramework='.NETStandard2.0'><dependency id='B' version='1.0' exclude='Build'/>\
         <dependency id='C'/></group><group targetFramework='net8.0'/><group><dependency id='B' version='[1,2)'/></group>\
         </dependencies><frameworkAssemblies><frameworkAssembly assemblyName='System.Xml' targetFramework='net45, net40'/>\
         </frameworkAssemblies><frameworkReferences><group targetFramework='net8.0'>\
         <frameworkReference name='Microsoft.AspNetCore.App'/></group></frameworkReferences>",
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&manifest).unwrap());
}

#[test]
fn namespaces_do_not_matter_as_long_as_they_agree() {
    let bodies = [
        "<package><metadata>X</metadata></package>",
        "<package><metadata xmlns='http://schemas.microsoft.com/packaging/2010/07/nuspec.xsd'>X</metadata></package>",
        "<anything xmlns='urn:unknown'><metadata>X</metadata></anything>",
        "<p:package xmlns:p='urn:p'><p:metadata>X</p:metadata></p:package>",
    ];
    for body in bodies {
        let inner = "<id>A</id><version>1</version><authors>U</authors><description>D</description>\
                     <dependencies><dependency id='B'/></dependencies>";
        let (manifest, _) = read(body.replace('X', inner).as_bytes(), false).unwrap();
        assert_eq!(manifest.dependencies().count(), 1, "{body}");
    }
}

#[test]
fn texts_are_found_in_any_case_and_the_first_that_is_not_blank_wins() {
    let manifest = manifest("<TITLE> </TITLE><Title>first</Title><title>second</title>");
    assert_eq!(manifest.title.as_deref(), Some("first"));
    assert_eq!(refusal("<ID>B</ID><id>C</id>"), "element `id` stands there more than once");
}

#[test]
fn groups_hide_the_flat_list() {
    let flat = manifest("<dependencies><dependency id='B' version=' '/></dependencies>");
    assert_eq!(flat.dependency_groups.len(), 1);
    assert_eq!(flat.dependency_groups[0].target_framework, None);
    assert_eq!(flat.dependency_groups[0].dependencies[0].range, VersionRange::any());
    let both = manifest("<dependencies><dependency id='B'/><group targetFramework=' '/></dependencies>");
    assert_eq!(both.dependencies().count(), 0);
    assert_eq!(both.dependency_groups, [DependencyGroup { target_framework: None, dependencies: vec![] }]);
    assert!(manifest("<dependencies/>").dependency_groups.is_empty());
}

#[test]
fn leaves_out_what_clients_cannot_use_and_says_so() {
    let (manifest, warnings) = read_more(
        "<iconUrl>http://</iconUrl><projectUrl>javascript:alert(1)</projectUrl><licenseUrl>LICENSE.txt</licenseUrl>\
         <license type='other'>x</license>",
    )
    .unwrap();
    assert_eq!((manifest.icon_url, manifest.project_url, manifest.license_url), (None, None, None));
    assert_eq!(manifest.license, None);
    insta::assert_snapshot!(warnings.join("\n"), @r"
    element `projectUrl` was left out: `javascript:alert(1)` is neither http nor https
    element `iconUrl` was left out: `http://` is not an absolute URL
    element `licenseUrl` was left out: `LICENSE.txt` is not an absolute URL
    element `license` has the unknown type `other` and was left out
    ");
    let (_, warnings) = read("<p><metadata><id>A</id><version>1</version></metadata></p>".as_bytes(), false).unwrap();
    assert_eq!(warnings, ["the nuspec has no element `authors`", "the nuspec has no element `description`"]);
    let (newer, warnings) = read_more("<license type='Expression' version='2.0'>?</license>").unwrap();
    assert_eq!((newer.license, warnings.len()), (None, 1));
}

#[test]
fn refuses_each_broken_rule_by_name() {
    let long = |element: &str, length: usize| format!("<{element}>{}</{element}>", "x".repeat(length));
    let many: String = (0..=MAX_DEPENDENCIES).map(|number| format!("<dependency id='d{number}'/>")).collect();
    let cases = [
        long("title", MAX_TITLE + 1),
        long("description2", 1) + &long("summary", MAX_TEXT + 1),
        long("releaseNotes", MAX_RELEASE_NOTES + 1),
        long("icon", MAX_FIELD + 1),
        "<developmentDependency>yes</developmentDependency>".to_owned(),
        "<license type='expression'>MIT OR</license>".to_owned(),
        "<license type='file'> </license>".to_owned(),
        "<packageTypes><packageType/></packageTypes>".to_owned(),
        "<packageTypes><packageType name='a b'/></packageTypes>".to_owned(),
        "<dependencies><dependency version='1'/></dependencies>".to_owned(),
        "<dependencies><dependency id='B' version='1.*'/></dependencies>".to_owned(),
        "<dependencies><dependency id='B' version='(,)'/></dependencies>".to_owned(),
        "<dependencies><dependency id='B' version='latest'/></dependencies>".to_owned(),
        "<dependencies><dependency id='B'/><dependency id='b'/></dependencies>".to_owned(),
        "<dependencies><group targetFramework='net8.0'><dependency id='B'/><dependency id='b'/></group></dependencies>"
            .to_owned(),
        format!("<dependencies>{many}</dependencies>"),
        format!("<repository url='{}'/>", "x".repeat(MAX_FIELD + 1)),
        "<version>2</version>".to_owned(),
        "<!DOCTYPE x>".to_owned(),
    ];
    let table: String = cases.iter().map(|more| refusal(more) + "\n").collect();
    assert!(table.is_ascii());
    insta::assert_snapshot!(table);
    assert!(read_more(&long("title", MAX_TITLE)).is_ok());
}

#[test]
fn identity_has_its_own_rules() {
    let identity = |id: &str, version: &str| read(nuspec(id, version, "").as_bytes(), false);
    assert_eq!(identity("", "1").unwrap_err(), NuspecError::Missing { element: "id" });
    assert_eq!(identity("A", " ").unwrap_err(), NuspecError::Missing { element: "version" });
    assert!(matches!(identity(" A ", "1").unwrap_err(), NuspecError::Id(_)), "clients do not trim it");
    assert!(matches!(identity("A", "$version$").unwrap_err(), NuspecError::Version { name: "version", .. }));
    let long = |length: usize| format!("1.0.0-{}", "a".repeat(length - 6));
    assert!(identity("A", &long(64)).is_ok());
    assert_eq!(identity("A", &long(65)).unwrap_err(), NuspecError::TooLong { name: "version", limit: 64 });
    assert!(identity("A", &format!("1-{}", "a".repeat(60))).is_err(), "62 as written, 66 normalized");
    assert_eq!(read(b"<package><files/></package>", false).unwrap_err(), NuspecError::NoMetadata);
    let client = "<p><metadata minClientVersion='x'><id>A</id><version>1</version></metadata></p>";
    assert!(matches!(read(client.as_bytes(), false), Err(NuspecError::Version { name: "minClientVersion", .. })));
}

#[test]
fn an_identity_that_readers_could_see_differently_is_refused() {
    let nuspec = |inside: &str| {
        let ns = "http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd";
        format!(
            "<package xmlns='{ns}'><metadata>{inside}<authors>a</authors><description>d</description></metadata></package>"
        )
    };
    let theirs = "<id xmlns='&#104;ttp://schemas.microsoft.com/packaging/2013/05/nuspec.xsd'>Theirs</id>";
    for inside in [
        &format!("{theirs}<id>Ours</id><version>1.0.0</version>"),
        "<id xmlns='urn:other'>Theirs</id><id>Ours</id><version>1.0.0</version>",
        "<ID>Theirs</ID><id>Ours</id><version>1.0.0</version>",
        "<id>Ours</id><version>1.0.0</version><o:version xmlns:o='urn:other'>2.0.0</o:version>",
        "<id xmlns:o='a&#9;b'>Ours</id><version>1.0.0</version>",
    ] {
        assert!(read(nuspec(inside).as_bytes(), false).is_err(), "{inside}");
    }
    assert!(read(nuspec("<id>Ours</id><version>1.0.0</version>").as_bytes(), false).is_ok());
}
