//! Who may know whom, as a test: the direction of the modules is a list here and not a habit.
//!
//! It reads the source as text, without comments and without tests, so it sees names and not what the compiler makes of
//! them; a name that comes in by another name escapes it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module, and what must not be named in it. A module stands for everything below it.
const RULES: &[(&str, &[&str])] = &[
    // Pure: facts, times and limits are arguments.
    ("domain", &["crate::archive", "crate::nupkg", "crate::signature", "crate::documents"]),
    ("domain", OUTER),
    ("domain", CLOCK),
    ("domain", &["std::fs", "std::net", "std::env", "std::process", "std::thread", "tokio"]),
    // Formats: bytes in, facts out. They know no account, no rule of the house and nothing that is stored.
    ("archive", OUTER),
    ("nupkg", OUTER),
    ("signature", OUTER),
    ("documents", OUTER),
    ("archive", &["crate::nupkg", "crate::signature", "crate::documents", "std::fs", "std::net"]),
    ("nupkg", &["crate::signature", "crate::documents", "std::net"]),
    ("signature", &["crate::nupkg", "crate::documents", "std::fs", "std::net"]),
    ("documents", &["crate::nupkg", "crate::signature", "crate::archive", "std::fs", "std::net"]),
    // Private keys are used through aws-lc-rs; operations of `rsa` with them take a time that tells about the key.
    ("signature", &["RsaPrivateKey", "SigningKey"]),
    ("archive", CLOCK),
    ("nupkg", CLOCK),
    ("signature", CLOCK),
    ("documents", CLOCK),
    // The store alone knows the database, and knows nothing about what it keeps.
    (
        "store",
        &[
            "crate::outbound",
            "crate::mail",
            "crate::feed",
            "crate::web",
            "crate::cli",
            "crate::nupkg",
            "crate::signature",
            "actix_web",
            "maud",
        ],
    ),
    // What is opened once, and what that needs.
    ("app", &["crate::web", "crate::cli", "actix_web", "actix_multipart", "maud", "rusqlite", "clap"]),
    ("config", &["crate::store", "crate::feed", "crate::web", "crate::cli", "crate::app", "clap"]),
    ("data_folder", &["crate::store", "crate::feed", "crate::web", "crate::cli", "crate::app", "clap"]),
    ("vault", &["crate::store", "crate::feed", "crate::web", "crate::cli", "crate::app", "clap"]),
    ("password", &["crate::store", "crate::feed", "crate::web", "crate::cli", "crate::app", "clap"]),
    ("outbound", &["crate::store", "crate::feed", "crate::web", "crate::cli", "crate::app", "crate::config", "clap"]),
    ("mail", &["crate::store", "crate::feed", "crate::web", "crate::cli", "crate::app", "crate::outbound", "clap"]),
    ("mail", &["crate::signature", "crate::nupkg", "crate::archive", "crate::documents", "rusqlite", "actix_web"]),
    ("outbound", &["crate::signature", "crate::nupkg", "crate::archive", "crate::documents", "rusqlite", "actix_web"]),
    // Argon2 costs memory and a processor: on a server it runs behind the gate alone, which limits how often it does at once.
    ("feed", HASHING),
    ("web/pages", HASHING),
    ("web/api", HASHING),
    // What the feed does is the same from the web and from the terminal.
    ("feed", &["crate::web", "crate::cli", "actix_web", "actix_multipart", "maud", "rusqlite", "clap"]),
    // The two faces of the server do not lean on each other.
    ("web", &["rusqlite", "crate::cli", "clap"]),
    ("web/api", &["crate::web::pages", "super::pages", "maud"]),
    ("web/pages", &["crate::web::api", "super::api"]),
    ("cli", &["rusqlite", "actix_multipart", "maud"]),
];

/// What the inner modules must not know.
const OUTER: &[&str] = &[
    "crate::store",
    "crate::feed",
    "crate::web",
    "crate::cli",
    "crate::outbound",
    "crate::mail",
    "crate::config",
    "rusqlite",
    "actix_web",
    "actix_multipart",
    "maud",
    "clap",
    "rustls",
    "tracing",
];

/// What makes a hash of a password, or tests one.
const HASHING: &[&str] = &["password::hash", "password::verify", "NewPassword::hashed", "argon2"];

/// What tells the time.
const CLOCK: &[&str] = &["now_utc", "now_local", "SystemTime::now", "Instant::now"];

/// A name that only one module may use.
const ONLY: &[(&str, &str)] = &[
    ("rusqlite", "store"),
    ("r2d2", "store"),
    ("maud", "web"),
    ("actix_web", "web"),
    ("actix_multipart", "web"),
    ("clap", "cli"),
    ("rust_embed", "web/pages/assets"),
    // The frame, the headers and the policy of pages stand in one place.
    ("DOCTYPE", "web/pages/page"),
    ("ureq", "outbound"),
    ("lettre", "mail"),
    ("rustls_native_certs", "outbound"),
    // Nothing else reaches into the network, but lettre for `mail`: what listens does so in `web`.
    ("TcpStream", "outbound"),
    ("UdpSocket", "outbound"),
    ("ToSocketAddrs", "outbound"),
];

/// The longest file in lines, comments and all but without its tests. Beyond it a file has more than one subject.
const LONGEST: usize = 400;

/// Files that are longer, and why.
const LONGER: &[(&str, &str)] = &[];

#[test]
fn modules_know_only_what_is_below_them() {
    let mut broken = Vec::new();
    for (module, words) in RULES {
        for file in source_files().iter().filter(|file| file.is_in(module)) {
            for word in words.iter().filter(|word| file.names(word)) {
                broken.push(format!("{} names `{word}`, which `{module}` must not know", file.path));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_library_is_named_by_one_module_alone() {
    let mut broken = Vec::new();
    for (word, owner) in ONLY {
        for file in source_files().iter().filter(|file| !file.is_in(owner) && file.names(word)) {
            broken.push(format!("{} names `{word}`, which is for `{owner}` alone", file.path));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn imports_are_written_so_that_these_tests_can_read_them() {
    for file in source_files().iter().filter(|file| file.is_in_a_module()) {
        assert!(!file.code.contains("crate::{"), "{}: write one `use` for each module of ours", file.path);
        let way_out = vec!["super"; file.depth()].join("::");
        assert!(!file.code.contains(&way_out), "{}: name a module of ours from `crate` on", file.path);
    }
}

#[test]
fn every_module_says_first_what_it_is() {
    let silent: Vec<String> = source_files()
        .into_iter()
        .filter(|file| file.lines > 0 && !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    assert!(silent.is_empty(), "without `//!` at the top: {}", silent.join(", "));
}

#[test]
fn no_file_is_long_without_a_reason() {
    let mut listed: BTreeSet<&str> = LONGER.iter().map(|(path, _)| *path).collect();
    let mut broken = Vec::new();
    for file in source_files() {
        let lines = file.lines;
        let known = listed.remove(file.path.as_str());
        if !known && lines > LONGEST {
            broken.push(format!("{} has {lines} lines: split it, or list it with a reason", file.path));
        }
        if known && lines <= LONGEST {
            broken.push(format!("{} is not long any more: take it off the list", file.path));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(listed.is_empty(), "listed, but not there: {listed:?}");
}

/// Writes of the feed that need no audit record, by file and function: they change nothing about who may do what.
const UNRECORDED: &[(&str, &str)] = &[
    // Documents and numbers that are made of other rows.
    ("feed/documents/mod.rs", "bring_up_to_date"),
    ("feed/documents/mod.rs", "make_anew"),
    ("feed/documents/search.rs", "count_downloads"),
    // Somebody has read what they were told.
    ("feed/notices.rs", "mark_read"),
    // Telling people something, and letters on their way. What a letter's link does is recorded when it is used.
    ("feed/expiry.rs", "tell_endings"),
    ("feed/mailing.rs", "send_confirmation"),
    ("feed/mailing/delivery.rs", "deliver"),
    ("feed/mailing/delivery.rs", "forget"),
    ("feed/mailing/delivery.rs", "put_off"),
    ("feed/mailing/delivery.rs", "collect_notices"),
    ("feed/mailing/postman.rs", "start"),
    // Bytes that count for nothing before the transaction that publishes them, which records.
    ("feed/push/pending.rs", "store"),
    // What issuers say. What follows from it is settled, and recorded, elsewhere.
    ("feed/revocation/answer.rs", "store"),
    ("feed/revocation/body.rs", "store"),
    ("feed/revocation/check.rs", "forget_unwanted"),
    ("feed/revocation/check.rs", "keep"),
    ("feed/revocation/check.rs", "fail"),
    // The check by which a wrong key of the vault is noticed.
    ("feed/sealing_key.rs", "open"),
    ("feed/sealing_key.rs", "from_passphrase"),
    // How runs of jobs ended, and what has ended by the clock.
    ("feed/jobs/mod.rs", "record"),
    ("feed/jobs/sweep.rs", "sweep"),
    // A secret that waits for its first code. The enrolment is recorded.
    ("feed/second_factor.rs", "begin"),
    // Sessions begin and end, and prove themselves anew: nobody may more by it than their account may.
    ("feed/sign_in.rs", "with_password"),
    ("feed/sign_in.rs", "with_code"),
    ("feed/sign_in.rs", "confirm_code"),
    ("feed/sign_in.rs", "confirm_password"),
    ("feed/sign_in.rs", "sign_out"),
    // The same password with other parameters.
    ("feed/sign_in.rs", "rehash"),
    // A root to look at. That it is trusted is recorded.
    ("feed/unknown_roots.rs", "remember"),
    // What was decided, for those whom it concerns. Nothing follows from it.
    ("feed/verdicts.rs", "keep"),
];

/// A write is an audit record: each function of the feed that opens a write transaction makes one, or calls a function of the
/// feed that does.
#[test]
fn what_changes_who_may_do_what_is_on_record() {
    let mut listed: BTreeSet<(&str, &str)> = UNRECORDED.iter().copied().collect();
    let files: Vec<Source> = source_files().into_iter().filter(|file| file.is_in("feed")).collect();
    let recording = recording(&files);
    let mut broken = Vec::new();
    for file in &files {
        for (name, _) in functions(&file.code).iter().filter(|(_, body)| body.contains("store.write(")) {
            let excused = listed.remove(&(file.path.as_str(), *name));
            match (recording.contains(&(file.stem(), name)), excused) {
                (false, false) => broken.push(format!("`{name}` in {} writes without an audit record", file.path)),
                (true, true) => {
                    broken.push(format!("`{name}` in {} records after all: take it off the list", file.path))
                }
                _ => {}
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(listed.is_empty(), "listed, but not there: {listed:?}");
}

/// The functions that write an audit record, or call one that does: by file, and name.
fn recording(files: &[Source]) -> BTreeSet<(&str, &str)> {
    let mut recording = BTreeSet::new();
    loop {
        let before = recording.len();
        for file in files {
            let records = |body: &str| {
                let called = |(stem, name): &(&str, &str)| {
                    // A file `plan` may hold a `Plan` whose functions are called by that name.
                    let noun = format!("{}{}", stem[..1].to_uppercase(), &stem[1..]);
                    calls(body, &format!("{stem}::{name}"))
                        || calls(body, &format!("{noun}::{name}"))
                        || (*stem == file.stem() && calls(body, name))
                };
                body.contains("audit(") || recording.iter().any(called)
            };
            let found: Vec<&str> =
                functions(&file.code).into_iter().filter(|(_, body)| records(body)).map(|(name, _)| name).collect();
            recording.extend(found.into_iter().map(|name| (file.stem(), name)));
        }
        if recording.len() == before {
            return recording;
        }
    }
}

/// The functions of a file by name, each with its text up to the next one.
fn functions(code: &str) -> Vec<(&str, &str)> {
    let starts: Vec<usize> = code
        .match_indices("fn ")
        .map(|(at, _)| at)
        .filter(|at| matches!(code[..*at].chars().next_back(), None | Some(' ' | '\n')))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([code.len()]);
    let bodies = starts.iter().zip(ends).map(|(start, end)| &code[*start..end]);
    bodies
        .map(|body| {
            let rest = body.trim_start_matches("fn ");
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (&rest[..end], rest)
        })
        .collect()
}

/// Whether the function `name` is called, by itself and not as a part of another name.
fn calls(body: &str, name: &str) -> bool {
    let call = format!("{name}(");
    // The first occurrence may be the function's own head.
    body.match_indices(&call).any(|(at, _)| {
        at > 0 && !body[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.')
    })
}

#[test]
fn nothing_is_named_after_nothing() {
    for file in source_files() {
        for word in ["utils", "util", "helpers", "helper", "common", "manager", "misc"] {
            let named = file.path.split(['/', '.']).any(|part| part == word);
            assert!(!named, "{}: name it after what it is about", file.path);
        }
    }
}

/// A file below `src`.
struct Source {
    /// From `src` on.
    path: String,
    /// As it is.
    text: String,
    /// Without comments, and up to its tests.
    code: String,
    /// How many lines it has up to its tests; 0 for a file of tests.
    lines: usize,
}

impl Source {
    fn is_in(&self, module: &str) -> bool {
        let rest = self.path.strip_prefix(module);
        rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    }

    /// The name of the module that it is.
    fn stem(&self) -> &str {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it lies in one of the folders below `src`.
    fn is_in_a_module(&self) -> bool {
        self.path.contains('/')
    }

    /// How many modules deep it lies: so many `super` lead to the root.
    fn depth(&self) -> usize {
        let folders = self.path.matches('/').count();
        if self.path.ends_with("/mod.rs") { folders } else { folders + 1 }
    }

    /// Whether `word` stands in the code as a word of its own: what is before and after it is no letter of a name.
    fn names(&self, word: &str) -> bool {
        let part_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
        self.code.match_indices(word).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + word.len()..].chars().next();
            !before.is_some_and(part_of_a_name) && !after.is_some_and(part_of_a_name)
        })
    }
}

fn source_files() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let texts: Vec<(PathBuf, String)> =
        paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect();
    let tests: BTreeSet<PathBuf> = texts.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    let files: Vec<Source> = texts
        .into_iter()
        .map(|(path, text)| {
            let is_test = tests.iter().any(|test| path.starts_with(test) || path == test.with_extension("rs"));
            let proper = if is_test { "" } else { before_tests(&text) };
            let (code, lines) = (without_comments(proper), proper.lines().count());
            let path = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            Source { path, text, code, lines }
        })
        .collect();
    assert!(files.len() > 20, "the source was not found");
    files
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// What comes before the tests.
fn before_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// The modules that a file declares for tests only, as paths without an extension.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") => path.parent().unwrap().to_owned(),
        _ => path.with_extension(""),
    };
    let declared = text.split("#[cfg(test)]\n").skip(1);
    declared
        .filter_map(|rest| {
            let mut lines = rest.lines();
            let first = lines.next()?;
            if let Some(named) = first.strip_prefix("#[path = \"") {
                return Some(path.parent()?.join(named.trim_end_matches("\"]")).with_extension(""));
            }
            first.trim().strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| folder.join(name))
        })
        .collect()
}
