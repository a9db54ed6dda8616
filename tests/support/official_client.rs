//! The official .NET client, as one user of one feed has it: settings, trust and folders of its own.
//!
//! The client lies in the folder `shared`, is unpacked once into the build folder, and copied by hard links where a test
//! wants other trust anchors. See its README for what it can do.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::environment::{self, shared, target};
use super::feed::Feed;
use super::golden;
use super::person::Person;

/// No command of the client takes longer than this many seconds, or it is ended.
const PATIENCE: &str = "240";

/// An unpacked client with its trust anchors.
pub struct Installation {
    folder: PathBuf,
}

impl Installation {
    /// The client with the golden roots trusted, or `None` where the folder `shared` is missing.
    pub fn trusting_golden_roots(what: &str) -> Option<Self> {
        Self::prepared(what, "dotnet-client-golden", &[])
    }

    /// The same as a signer needs it: the client does not use the issuing certificates inside a PFX, but finds them among
    /// its roots.
    pub fn of_a_signer(what: &str) -> Option<Self> {
        Self::prepared(what, "dotnet-client-signer", &["code-int-a1", "code-int-a2"])
    }

    fn prepared(what: &str, name: &str, further: &[&str]) -> Option<Self> {
        let shared = shared(what)?;
        let folder = target().join(name);
        environment::alone(name, || {
            if folder.join("nuget-client").exists() {
                return;
            }
            let plain = target().join("dotnet-client");
            let script = shared.join("client/install.sh");
            environment::output(Command::new("sh").arg(script).arg(&plain));
            let new = target().join(format!("{name}.new"));
            _ = std::fs::remove_dir_all(&new);
            copy(&plain, &new);
            let anchors = golden::trust();
            trust(&new, "--code-signing", &anchors.join("code-signing-roots.pem"));
            trust(&new, "--timestamping", &anchors.join("timestamping-roots.pem"));
            for certificate in further {
                let pem = new.join(format!("{certificate}.pem"));
                std::fs::write(&pem, golden::pem(certificate)).expect("a certificate");
                trust(&new, "--code-signing", &pem);
            }
            std::fs::rename(&new, &folder).expect("the copy in its place");
        });
        Some(Self { folder })
    }

    /// A copy that trusts further code-signing roots. It vanishes with the folder that comes with it.
    pub fn also_trusting(&self, pems: &[&Path]) -> (Self, TempDir) {
        let copies = target().join("dotnet-clients");
        std::fs::create_dir_all(&copies).expect("a folder");
        let copied = TempDir::new_in(&copies).expect("a folder");
        let folder = copied.path().join("client");
        copy(&self.folder, &folder);
        pems.iter().for_each(|pem| trust(&folder, "--code-signing", pem));
        (Self { folder }, copied)
    }

    /// A command of the client that keeps its files below `home`.
    pub fn command(&self, home: &Path) -> Command {
        let mut command = Command::new("timeout");
        command.arg(PATIENCE).arg(self.folder.join("nuget-client")).env("NUGET_CLIENT_HOME", home);
        command
    }
}

/// What a command of the client did.
#[derive(Debug)]
#[must_use]
pub struct ClientRan {
    /// The exit code.
    pub code: i32,
    /// Everything that it printed; the client writes its errors to standard output.
    pub said: String,
}

impl ClientRan {
    /// Asserts exit code 0; hands back what it printed.
    pub fn succeeded(self) -> Said {
        assert_eq!(self.code, 0, "the client failed:\n{}", self.said);
        Said(self.said)
    }

    /// Asserts exit code 1; hands back what it printed.
    pub fn failed(self) -> Said {
        assert_eq!(self.code, 1, "the client should fail:\n{}", self.said);
        Said(self.said)
    }
}

/// What the user reads.
#[derive(Debug)]
pub struct Said(pub String);

impl Said {
    /// Asserts that it contains `text`; capitals do not count.
    pub fn saying(self, text: &str) -> Self {
        assert!(self.0.to_lowercase().contains(&text.to_lowercase()), "the client should say `{text}`:\n{}", self.0);
        self
    }

    /// Asserts that it does not contain `text`; capitals do not count.
    pub fn not_saying(self, text: &str) -> Self {
        assert!(
            !self.0.to_lowercase().contains(&text.to_lowercase()),
            "the client should not say `{text}`:\n{}",
            self.0
        );
        self
    }
}

/// A user of the official client on one feed.
pub struct OfficialClient<'f> {
    feed: &'f Feed,
    installation: Installation,
    /// A copy of the client with other anchors; vanishes with this.
    _copy: Option<TempDir>,
    home: TempDir,
    credentials: Option<(String, String)>,
    signers: String,
    require: bool,
    user: String,
    key: String,
}

impl<'f> OfficialClient<'f> {
    /// The client of `person`, who reads with the account's key and trusts the golden roots; `None` where there is no client.
    pub fn of(person: &Person<'f>) -> Option<Self> {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let client = Self {
            feed: person.feed,
            installation: Installation::trusting_golden_roots(&test)?,
            _copy: None,
            home: TempDir::with_prefix("ac").expect("a temporary folder"),
            credentials: Some((person.name.clone(), person.key.clone())),
            signers: String::new(),
            require: false,
            user: person.name.clone(),
            key: person.key.clone(),
        };
        client.write_settings();
        Some(client)
    }

    /// Reads with other credentials.
    pub fn with_credentials(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some((user.to_owned(), password.to_owned()));
        self.write_settings();
        self
    }

    /// Reads without credentials.
    pub fn without_credentials(mut self) -> Self {
        self.credentials = None;
        self.write_settings();
        self
    }

    /// Trusts the feed's own certificate: its PEM file is added to the client's code-signing roots.
    pub fn trusting_root(mut self, pem: &Path) -> Self {
        let (installation, copied) = self.installation.also_trusting(&[pem]);
        self.installation = installation;
        self._copy = Some(copied);
        self
    }

    /// Accepts only what is signed by one of these, an XML `trustedSigners` element.
    pub fn requiring(mut self, trusted_signers: &str) -> Self {
        self.require = true;
        self.signers = trusted_signers.to_owned();
        self.write_settings();
        self
    }

    /// A folder of this user.
    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// `dotnet ARGUMENTS` in this user's folder.
    pub fn run(&self, arguments: &[&str]) -> ClientRan {
        self.run_in(self.home.path(), arguments)
    }

    /// `dotnet nuget push` with this user's key.
    pub fn push(&self, package: impl AsRef<[u8]>, options: &[&str]) -> ClientRan {
        self.push_with_key(&self.key, package, options)
    }

    /// `dotnet nuget push` with any key.
    pub fn push_with_key(&self, key: &str, package: impl AsRef<[u8]>, options: &[&str]) -> ClientRan {
        std::fs::write(self.home.path().join("pushed.nupkg"), package.as_ref()).expect("the package");
        let mut arguments = vec!["nuget", "push", "pushed.nupkg", "--source", "feed", "--api-key", key];
        arguments.extend(options);
        self.run(&arguments)
    }

    /// `dotnet nuget delete`, which unlists.
    pub fn delete(&self, id: &str, version: &str) -> ClientRan {
        self.run(&["nuget", "delete", id, version, "--source", "feed", "--api-key", &self.key, "--non-interactive"])
    }

    /// `dotnet package search`: IDs and their latest versions.
    pub fn search(&self, text: &str) -> Vec<(String, String)> {
        let said = self.run(&["package", "search", text, "--source", "feed", "--format", "json"]).succeeded().0;
        let json: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        assert_eq!(json["problems"].as_array().map(Vec::len), Some(0), "{said}");
        let found = json["searchResult"][0]["packages"].as_array().expect("packages").iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        found.map(|entry| (text(&entry["id"]), text(&entry["latestVersion"]))).collect()
    }

    /// A project that wants these packages.
    pub fn project(&self, name: &str, packages: &[(&str, &str)]) -> Project<'_> {
        let folder = self.home.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let wanted: String = packages
            .iter()
            .map(|(id, version)| format!("<PackageReference Include=\"{id}\" Version=\"{version}\" />"))
            .collect();
        let text = format!(
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>\
             <ItemGroup>{wanted}</ItemGroup></Project>\n"
        );
        std::fs::write(folder.join(format!("{name}.csproj")), text).expect("a project");
        Project { client: self, folder }
    }

    /// `dotnet nuget verify --all`.
    pub fn verify(&self, package: &[u8]) -> ClientRan {
        std::fs::write(self.home.path().join("verified.nupkg"), package).expect("the package");
        self.run(&["nuget", "verify", "verified.nupkg", "--all", "-v", "normal"])
    }

    /// Runs a program of ours on the client's libraries, such as `feedview`.
    pub fn exec(&self, program: &Path, arguments: &[&str]) -> ClientRan {
        let mut all = vec!["exec", program.to_str().expect("a path")];
        all.extend(arguments);
        self.run(&all)
    }

    /// The folder that the client lies in.
    pub fn installation(&self) -> &Path {
        &self.installation.folder
    }

    /// One of the client's own libraries.
    pub fn library(&self, name: &str) -> Vec<u8> {
        let sdk =
            std::fs::read_dir(self.installation.folder.join("sdk")).expect("sdk").flatten().next().expect("an SDK");
        std::fs::read(sdk.path().join(name)).expect("a library")
    }

    fn run_in(&self, folder: &Path, arguments: &[&str]) -> ClientRan {
        let empty = self.home.path().join("no-roots");
        std::fs::create_dir_all(&empty).expect("a folder");
        let mut command = self.installation.command(&self.home.path().join("h"));
        command.args(arguments).current_dir(folder);
        command.env("SSL_CERT_FILE", self.feed.tls_certificate()).env("SSL_CERT_DIR", empty);
        let run = command.output().expect("the official client");
        let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        ClientRan { code: run.status.code().unwrap_or(-1), said }
    }

    fn write_settings(&self) {
        let credentials = self.credentials.as_ref().map_or_else(String::new, |(user, password)| {
            format!(
                "<packageSourceCredentials><feed><add key=\"Username\" value=\"{user}\" />\
                 <add key=\"ClearTextPassword\" value=\"{password}\" /></feed></packageSourceCredentials>"
            )
        });
        let mode = if self.require { "require" } else { "accept" };
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<configuration><config><add key=\"signatureValidationMode\" value=\"{mode}\" /></config>\
             <packageSources><clear /><add key=\"feed\" value=\"{}\" /></packageSources>{credentials}{}</configuration>\n",
            self.feed.source(),
            self.signers
        );
        std::fs::write(self.home.path().join("nuget.config"), text).expect("nuget.config");
    }
}

impl std::fmt::Debug for OfficialClient<'_> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "the official client of {}", self.user)
    }
}

/// A project on a user's disk.
pub struct Project<'c> {
    client: &'c OfficialClient<'c>,
    folder: PathBuf,
}

impl Project<'_> {
    /// `dotnet restore OPTIONS`.
    pub fn restore(&self, options: &[&str]) -> ClientRan {
        let mut arguments = vec!["restore"];
        arguments.extend(options);
        self.client.run_in(&self.folder, &arguments)
    }

    /// `dotnet ARGUMENTS` in the project's folder.
    pub fn run(&self, arguments: &[&str]) -> ClientRan {
        self.client.run_in(&self.folder, arguments)
    }

    /// The text of a file in the project's folder.
    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Forgets every package and every answer of the feed, as on a new machine.
    pub fn forget_packages(&self) {
        for folder in ["packages", "http-cache"] {
            let folder = self.client.folder().join("h").join(folder);
            std::fs::remove_dir_all(&folder).expect("the folder");
            std::fs::create_dir(&folder).expect("the folder");
        }
        _ = std::fs::remove_dir_all(self.folder.join("obj"));
    }
}

fn copy(from: &Path, to: &Path) {
    environment::output(Command::new("cp").arg("-al").arg(from).arg(to));
}

fn trust(installation: &Path, purpose: &str, pem: &Path) {
    environment::output(Command::new(installation.join("trust.sh")).arg(installation).arg(purpose).arg(pem));
}
