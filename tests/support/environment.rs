//! What the machine offers to the tests: the folder with the official client, a browser, the build folder, the long mode.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with the official client (`client/install.sh` in it), or `None` with one line that says what is skipped.
///
/// It is named by `ASSAY_SHARED` or lies beside the repository. With `ASSAY_REQUIRE_SHARED=1` its absence fails the test.
pub fn shared(what: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("ASSAY_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => repository().join("../shared"),
    };
    if folder.join("client/install.sh").is_file() {
        return Some(folder);
    }
    missing(&format!("skipped: {what} needs ../shared (the official client), and {} has none", folder.display()));
    None
}

/// The programs `chromium` and `chromedriver`, or `None` with one line that says what is skipped.
///
/// With `ASSAY_REQUIRE_SHARED=1` their absence fails the test.
pub fn browser(what: &str) -> Option<(PathBuf, PathBuf)> {
    let programs = program("chromium").zip(program("chromedriver"));
    if programs.is_none() {
        let packages = "the Debian packages chromium and chromium-driver";
        missing(&format!("skipped: {what} needs chromium and chromedriver ({packages}), and they are not here"));
    }
    programs
}

/// Whether the long tests were asked for (`ASSAY_LONG=1`); else prints what is left out.
pub fn long(what: &str) -> bool {
    let asked = std::env::var_os("ASSAY_LONG").is_some_and(|value| value == "1");
    if !asked {
        tell(&format!("skipped: {what} runs with ASSAY_LONG=1 (`.ci/run --long`)"));
    }
    asked
}

/// Where the path has a program of that name.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Something that tests need is not here: a failure where all of them have to run, else a line.
fn missing(line: &str) {
    assert!(std::env::var_os("ASSAY_REQUIRE_SHARED").is_none_or(|value| value != "1"), "{line}");
    tell(line);
}

/// Prints a line past the capture of the test runner, which shows the output of failed tests only.
fn tell(line: &str) {
    _ = writeln!(std::io::stderr(), "{line}");
}

/// The repository's folder.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The build folder (`target`), where the client is unpacked once for all runs.
pub fn target() -> &'static Path {
    let inside = Path::new(env!("CARGO_TARGET_TMPDIR"));
    inside.parent().unwrap_or(inside)
}

/// Runs `command` and hands back what it printed on standard output, without the line break at its end.
pub fn output(command: &mut Command) -> String {
    let run = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    assert!(run.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).trim_end().to_owned()
}

/// Does `work` while no other test process does work of the same `name`.
pub fn alone<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let lock = File::create(target().join(format!("{name}.lock"))).expect("a lock file in the build folder");
    lock.lock().expect("a lock");
    work()
}
