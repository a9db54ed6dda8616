//! The official client's library, timed: how long it takes for one package beyond starting.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{environment, golden};

/// The library, ready to run.
pub struct Oracle {
    client: PathBuf,
    oracle: PathBuf,
    folder: tempfile::TempDir,
}

impl Oracle {
    /// `None`, with a line that says so, where the folder with the client is missing.
    pub fn install() -> Option<Self> {
        let shared = environment::shared("the official client's time")?;
        let tools = environment::target();
        let client = environment::output(
            Command::new("sh").arg(shared.join("client/install.sh")).arg(tools.join("dotnet-client")),
        );
        let mut install = Command::new("sh");
        install.arg(shared.join("oracle/install.sh")).arg(tools.join("dotnet-client")).arg(tools.join("oracle"));
        let oracle = environment::output(&mut install);
        let folder = tempfile::TempDir::with_prefix("bench").expect("a temporary folder");
        Some(Self { client: client.into(), oracle: oracle.into(), folder })
    }

    /// The time for one package under `verify`: what `times` more take than one does, so that starting does not count.
    pub fn time(&self, package: &[u8], times: u32) -> Duration {
        let path = self.folder.path().join("package.nupkg");
        std::fs::write(&path, package).expect("the package");
        let judge = |count: usize| {
            let start = Instant::now();
            let mut command = Command::new(&self.client);
            command.env("NUGET_CLIENT_HOME", self.folder.path().join("home"));
            command.env("NUGET_CERT_REVOCATION_MODE", "offline").arg("exec").arg(&self.oracle);
            command.args(["judge", "--no-facts", "--policy", "verify", "--code-roots"]);
            command.arg(golden::trust().join("code-signing-roots.pem")).arg("--timestamp-roots");
            command.arg(golden::trust().join("timestamping-roots.pem")).args(std::iter::repeat_n(&path, count));
            environment::output(&mut command);
            start.elapsed()
        };
        judge(1);
        let one = judge(1);
        judge(times as usize + 1).saturating_sub(one) / times
    }
}
