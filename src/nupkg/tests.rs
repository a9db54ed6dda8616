use std::io::{self, Cursor, SeekFrom};
use std::path::Path;

use proptest::prelude::*;

use super::builder::{Entry, NupkgBuilder, nuspec};
use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

fn read_with(builder: &NupkgBuilder, limits: &Limits) -> Result<Nupkg, Error> {
    read(&mut Cursor::new(builder.build()), limits)
}

fn read_ok(builder: &NupkgBuilder) -> Nupkg {
    read_with(builder, &Limits::default()).unwrap()
}

/// The message, checked to be fit for a header field.
fn refusal(builder: &NupkgBuilder) -> String {
    message(&read_with(builder, &Limits::default()).unwrap_err())
}

fn message(error: &Error) -> String {
    let text = error.to_string();
    assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?}");
    assert!(text.len() < 400, "{text}");
    text
}

#[test]
fn reads_manifest_nuspec_and_named_files() {
    let more = "<icon>images\\icon.png</icon><readme>docs/Readme.md</readme><license type='file'>LICENSE</license>";
    let nuspec = nuspec("A.b", "1.0-RC", more);
    let package = read_ok(
        &NupkgBuilder::empty()
            .file("_rels/.rels", "")
            .file("A.b.NuSpec", nuspec.clone())
            .file("images/", "")
            .file("images/icon.png", PNG)
            .file("docs/readme.md", "# Hello")
            .file("LICENSE", "Do what you like")
            .file("lib/net8.0/other.nuspec", "not at the root"),
    );
    assert_eq!(package.manifest.id.as_str(), "A.b");
    assert_eq!(package.manifest.version.normalized(), "1.0.0-RC");
    assert_eq!(package.nuspec, nuspec.into_bytes());
    let icon = package.icon.unwrap();
    assert_eq!((icon.path.as_str(), icon.media_type, icon.bytes.as_slice()), ("images/icon.png", "image/png", PNG));
    let readme = package.readme.unwrap();
    assert_eq!((readme.media_type, readme.bytes.as_slice()), ("text/markdown", b"# Hello".as_slice()));
    assert_eq!(package.license.unwrap().media_type, "text/plain");
    assert!(package.warnings.is_empty());
}

#[test]
fn reads_stored_entries_and_names_without_the_utf8_flag() {
    let mut stored = Entry::new("A.nuspec", nuspec("A", "1", ""));
    stored.deflate = false;
    stored.flags = 0;
    let mut odd = Entry::new(b"content/\x82.txt", "x");
    odd.flags = 0;
    assert!(read_with(&NupkgBuilder::empty().entry(stored).entry(odd), &Limits::default()).is_ok());
}

#[test]
fn refuses_each_broken_rule_by_name() {
    let a = || NupkgBuilder::new("A", "1.0.0");
    let named = |more: &str| NupkgBuilder::with_metadata("A", "1.0.0", more);
    let changed = |change: fn(&mut Entry)| {
        let mut entry = Entry::new("lib/a.dll", "content");
        change(&mut entry);
        a().entry(entry)
    };
    let cases = [
        ("no nuspec", NupkgBuilder::empty().file("lib/A.nuspec", nuspec("A", "1", ""))),
        ("two nuspecs", a().file("b.NUSPEC", "")),
        ("a second one behind an escape", a().file("b%2Enuspec", "")),
        ("a duplicate", a().file("lib/a.dll", "1").file("lib/a.dll", "2")),
        ("a duplicate but for case", a().file("lib/a.dll", "1").file("LIB/A.dll", "2")),
        ("a duplicate but for slashes", a().file("lib/a.dll", "1").file("lib\\a.dll", "2")),
        ("traversal", a().file("../evil", "")),
        ("header injection", a().file("lib/\r\nX-Evil: 1\u{1b}[2J\u{e9}`", "")),
        ("a long name", a().file("a".repeat(1025), "")),
        ("encrypted", changed(|entry| entry.flags |= 1)),
        ("another method", changed(|entry| entry.method = Some(12))),
        ("too large", changed(|entry| entry.declared_size = Some(u32::MAX))),
        ("a bomb", changed(|entry| entry.declared_size = Some(20 * 1024 * 1024))),
        ("more entries than there are", a().declare_entries(2)),
        ("no icon", named("<icon>icon.png</icon>")),
        ("no readme", named("<readme>r.md</readme>")),
        ("no licence", named("<license type='file'>l.txt</license>")),
        ("an icon that is a folder", named("<icon>icon/</icon>").file("icon/", "")),
        ("an icon that is HTML", named("<icon>icon.png</icon>").file("icon.png", "<html>")),
        ("a readme that is HTML", named("<readme>r.html</readme>").file("r.html", "")),
        ("a readme in Latin-1", named("<readme>r.md</readme>").file("r.md", b"\xe9".as_slice())),
        ("a licence that is a program", named("<license type='file'>l.exe</license>").file("l.exe", "")),
        ("a symbol package", named("<packageTypes><packageType name='symbolspackage'/></packageTypes>")),
        ("a bad id", NupkgBuilder::empty().file("a.nuspec", nuspec("..", "1.0.0", ""))),
        ("a nuspec that is no XML", NupkgBuilder::empty().file("A.nuspec", "hello")),
    ];
    let table: String = cases.iter().map(|(name, builder)| format!("{name}: {}\n", refusal(builder))).collect();
    insta::assert_snapshot!(table);
}

#[test]
fn bounds_what_it_unpacks_whatever_the_header_says() {
    let limits = Limits { nuspec_bytes: 1000, embedded_bytes: 100, ..Limits::default() };
    let long = nuspec("A", "1", &" ".repeat(1000));
    let honest = NupkgBuilder::empty().file("A.nuspec", long.clone());
    assert!(matches!(read_with(&honest, &limits), Err(Error::EntryTooLarge { limit: 1000, .. })));
    let mut entry = Entry::new("A.nuspec", long);
    entry.declared_size = Some(10);
    let liar = NupkgBuilder::empty().entry(entry);
    // The archive reader stops at the declared size; ours would stop at the limit.
    assert!(matches!(read_with(&liar, &limits), Err(Error::Damaged { .. } | Error::EntryTooLarge { .. })));

    let named = |size: usize| {
        let mut entry = Entry::new("r.md", "x".repeat(size));
        entry.declared_size = Some(100);
        NupkgBuilder::with_metadata("A", "1", "<readme>r.md</readme>").entry(entry)
    };
    assert!(read_with(&named(100), &limits).is_ok());
    assert!(matches!(read_with(&named(101), &limits), Err(Error::Damaged { .. } | Error::EntryTooLarge { .. })));
    assert!(matches!(read_with(&named(99), &limits), Err(Error::Damaged { .. })));
}

#[test]
fn keeps_the_other_limits() {
    let package = NupkgBuilder::new("A", "1").file("lib/a", "x".repeat(2000)).file("lib/b", "x".repeat(2000));
    let limits = Limits::default();
    assert!(read_with(&package, &Limits { entries: 3, ..limits.clone() }).is_ok());
    let refused = |limits: Limits| read_with(&package, &limits).unwrap_err();
    assert!(matches!(refused(Limits { entries: 2, ..limits.clone() }), Error::TooManyEntries { found: 3, limit: 2 }));
    assert!(matches!(refused(Limits { total_bytes: 4000, ..limits.clone() }), Error::TotalTooLarge { limit: 4000 }));
    assert!(matches!(
        refused(Limits { entry_bytes: 1999, ..limits.clone() }),
        Error::EntryTooLarge { found: 2000, .. }
    ));
    assert!(matches!(refused(Limits { path_bytes: 7, ..limits }), Error::LongPath { limit: 7, .. }));
}

#[test]
fn a_small_file_of_blanks_is_no_bomb() {
    let blanks = vec![b' '; 15 * 1024 * 1024];
    assert!(read_with(&NupkgBuilder::new("A", "1").file("lib/blank", blanks), &Limits::default()).is_ok());
}

#[test]
fn notices_damage() {
    let mut wrong_crc = Entry::new("A.nuspec", nuspec("A", "1", ""));
    wrong_crc.declared_crc = Some(1);
    assert!(matches!(
        read_with(&NupkgBuilder::empty().entry(wrong_crc), &Limits::default()),
        Err(Error::Damaged { .. })
    ));
    let whole = NupkgBuilder::new("A", "1").build();
    for end in 0..whole.len() {
        let error = read(&mut Cursor::new(&whole[..end]), &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::NotZip { .. } | Error::Damaged { .. }), "cut at {end}: {error}");
    }
}

#[test]
fn a_disk_that_fails_is_not_the_fault_of_the_package() {
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    impl io::Seek for Broken {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Ok(1000)
        }
    }
    assert!(matches!(read(&mut Broken, &Limits::default()), Err(Error::Io(_))));
}

#[test]
fn unicode_ids_are_a_choice() {
    let package = NupkgBuilder::empty().file("A.nuspec", nuspec("\u{dc}ber", "1", ""));
    assert!(matches!(read_with(&package, &Limits::default()), Err(Error::Nuspec { .. })));
    let limits = Limits { unicode_ids: true, ..Limits::default() };
    assert_eq!(read_with(&package, &limits).unwrap().manifest.id.key(), "\u{fc}ber");
}

/// The packages of the signature suite: some are odd on purpose, and each refusal has its reason.
#[test]
fn golden_packages_read_or_fail_for_their_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/golden");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "nupkg"))
        .collect();
    names.sort();
    assert!(names.len() > 500);
    let mut table = String::new();
    let mut read_well = 0;
    for path in &names {
        match read(&mut std::fs::File::open(path).unwrap(), &Limits::default()) {
            Ok(_) => read_well += 1,
            Err(error) => {
                let name = path.file_stem().unwrap().to_string_lossy();
                table.push_str(&format!("{name}: {}\n", message(&error)));
            }
        }
    }
    table.push_str(&format!("{read_well} read well\n"));
    insta::assert_snapshot!(table);
}

proptest! {
    #[test]
    fn any_change_of_bytes_is_answered(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = NupkgBuilder::with_metadata("A", "1", "<icon>i.png</icon>").file("i.png", PNG).build();
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        if let Err(error) = read(&mut Cursor::new(bytes), &Limits::default()) {
            message(&error);
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read(&mut Cursor::new(bytes), &Limits::default()).is_err());
    }
}
