//! People who use a feed: an account, its password, its keys.

use super::feed::Feed;
use super::golden;
use super::http::{Answer, Request};
use super::verdict::Verdict;

/// Someone with an account.
pub struct Person<'f> {
    /// The feed on which the account is.
    pub feed: &'f Feed,
    /// The account's name.
    pub name: String,
    /// The password.
    pub password: String,
    /// An API key for everything that keys can do.
    pub key: String,
}

impl<'f> Person<'f> {
    /// Creates the account on the server's terminal.
    pub fn create(feed: &'f Feed, name: &str) -> Self {
        let password = format!("the long password of {name}");
        let input = format!("{password}\n");
        feed.assay_with_input(&["account", "create", name, "--password-stdin"], &input).succeeded();
        let mut person = Self { feed, name: name.to_owned(), password, key: String::new() };
        person.key = person.new_key(&["--scope", "push,push-version,unlist,read"]);
        person
    }

    /// A further key. `options` as of `assay key create`.
    pub fn new_key(&self, options: &[&str]) -> String {
        let mut arguments = vec!["key", "create", "--account", &self.name];
        arguments.extend(options);
        let key = self.feed.assay(&arguments).succeeded();
        assert!(
            !key.is_empty() && !key.contains(char::is_whitespace),
            "the key alone belongs on standard output: `{key}`"
        );
        key
    }

    /// Registers a certificate of the golden packages, by its name there.
    pub fn with_certificate(self, name: &str) -> Self {
        let file = golden::certificate(name);
        self.feed.assay(&["certificate", "add", "--account", &self.name, file.to_str().expect("a path")]).succeeded();
        self
    }

    /// Takes back a registration, also where packages without a signature are accepted by it.
    pub fn without_certificate(self, name: &str) -> Self {
        let fingerprint = golden::fingerprint(name);
        self.feed
            .assay(&["certificate", "remove", "--account", &self.name, "--accept-unsigned", &fingerprint])
            .succeeded();
        self
    }

    /// Pushes as the official client does: multipart, in chunks.
    #[must_use]
    pub fn push(&self, package: impl AsRef<[u8]>) -> Verdict {
        Verdict::of(&self.feed.ask(&push_request(package.as_ref()).api_key(&self.key)))
    }

    /// Pushes with another key of the same person.
    #[must_use]
    pub fn push_with_key(&self, key: &str, package: impl AsRef<[u8]>) -> Verdict {
        Verdict::of(&self.feed.ask(&push_request(package.as_ref()).api_key(key)))
    }

    /// Hides a version from search.
    #[must_use]
    pub fn unlist(&self, id: &str, version: &str) -> Verdict {
        self.change("DELETE", id, version)
    }

    /// Shows it again.
    #[must_use]
    pub fn relist(&self, id: &str, version: &str) -> Verdict {
        self.change("POST", id, version)
    }

    /// Reads with Basic credentials: the account's name and key.
    pub fn get(&self, target: &str) -> Answer {
        self.feed.ask(&Request::get(target).basic(&self.name, &self.key))
    }

    fn change(&self, method: &str, id: &str, version: &str) -> Verdict {
        let request = Request::new(method, &format!("/api/v2/package/{id}/{version}")).api_key(&self.key);
        Verdict::of(&self.feed.ask(&request))
    }
}

/// The push of one package as the official client words it, but for the key.
pub fn push_request(package: &[u8]) -> Request {
    let boundary = "b5e2a7c0-3f0d-4c53-9f7c-7d9f6e0a4d11";
    let part = "Content-Type: application/octet-stream\r\nContent-Disposition: form-data; name=package; \
                filename=package.nupkg; filename*=utf-8''package.nupkg\r\n\r\n";
    let mut body = format!("--{boundary}\r\n{part}").into_bytes();
    body.extend_from_slice(package);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Request::new("PUT", "/api/v2/package/")
        .header("X-NuGet-Client-Version", "7.9.0")
        .header("Content-Type", &format!("multipart/form-data; boundary=\"{boundary}\""))
        .chunked(&body)
}
