//! The `assay` command line, run as a person at the server's terminal would.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a command did.
#[derive(Debug)]
#[must_use]
pub struct Ran {
    /// The exit code (-1 after a signal).
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    command: String,
}

impl Ran {
    /// Asserts success; hands back standard output without the line break at its end.
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, 0, "`{}` failed:\n{}{}", self.command, self.stdout, self.stderr);
        self.stdout.trim_end().to_owned()
    }

    /// Asserts exit code 1, an error text that contains `text`, and nothing on standard output.
    pub fn failed_saying(self, text: &str) {
        assert_eq!(self.code, 1, "`{}` should fail with 1:\n{}{}", self.command, self.stdout, self.stderr);
        assert!(self.stderr.contains(text), "`{}` should say `{text}`, but says:\n{}", self.command, self.stderr);
        assert_eq!(self.stdout, "", "`{}` failed and printed on standard output", self.command);
    }
}

/// `assay ARGUMENTS`, with nothing of this process's environment but the path.
pub fn assay(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Runs `assay ARGUMENTS --data DATA` with `input` on standard input.
pub fn run(arguments: &[&str], data: &Path, input: &str) -> Ran {
    let mut command = assay(arguments);
    command.arg("--data").arg(data);
    finish(command, input)
}

/// Runs a command that was made by [`assay`].
pub fn finish(mut command: Command, input: &str) -> Ran {
    let text = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{text} does not start: {error}"));
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input is free to close it.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().expect("its output");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        command: text,
    }
}
