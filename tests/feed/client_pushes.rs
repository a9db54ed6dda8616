//! What people read in their own client when they push: through the life of a certificate, under each choice of who must sign,
//! and in each stage. The snapshots are what `dotnet nuget push` printed, without its progress.

mod choices;
mod life;
mod stages;

use std::fmt;

use time::{Duration, OffsetDateTime};

use crate::support::Feed;
use crate::support::http::Request;
use crate::support::official_client::ClientRan;
use crate::support::person::Person;
use crate::support::pki::Issued;

/// What the client told, push by push.
struct Told<'f> {
    feed: &'f Feed,
    names: Vec<(String, String)>,
    text: String,
}

impl<'f> Told<'f> {
    fn by(feed: &'f Feed) -> Self {
        let home = feed.source().replace("v3/index.json", "");
        Self { feed, names: vec![(home, "https://feed.example/".to_owned())], text: String::new() }
    }

    /// Writes the fingerprint of a certificate, which is another one each time, as a name.
    fn with(self, issued: &Issued, name: &str) -> Self {
        self.calling(&issued.fingerprint, name)
    }

    /// Writes a text that is another one each time as a name.
    fn calling(mut self, text: &str, name: &str) -> Self {
        self.names.push((text.to_owned(), format!("<{name}>")));
        self
    }

    /// A push that succeeds.
    #[track_caller]
    fn accepted(&mut self, when: &str, ran: ClientRan) {
        let said = ran.succeeded().saying("Your package was pushed.").0;
        self.write(when, "exit 0", &said);
    }

    /// A push that fails, and whose last warning is the address of a verdict that says so: the verdict's number.
    #[track_caller]
    fn refused(&mut self, when: &str, ran: ClientRan) -> String {
        let said = ran.failed().0;
        let number = self.write(when, "exit 1", &said).unwrap_or_else(|| panic!("no verdict is named: {said}"));
        let shown = self.feed.assay(&["--json", "verdict", "show", &number]).succeeded();
        let kept: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(kept["outcome"], "refused", "{shown}");
        number
    }

    /// Keeps the lines that are meant for the user, and the number of the verdict that they name.
    fn write(&mut self, when: &str, exit: &str, said: &str) -> Option<String> {
        self.text.push_str(&format!("{when}: {exit}\n"));
        let mut number = None;
        for line in said.lines().map(str::trim) {
            if !["warn :", "error:", "Your package"].iter().any(|begin| line.starts_with(begin)) {
                continue;
            }
            let mut line = self.names.iter().fold(line.to_owned(), |line, (text, name)| line.replace(text, name));
            // Also where midnight has passed since the server wrote the line.
            for minutes in [0, 5] {
                let day = (OffsetDateTime::now_utc() - Duration::minutes(minutes)).date();
                line = line.replace(&day.to_string(), "<today>");
            }
            if let Some((begin, digits)) = line.rsplit_once("/verdicts/") {
                number = Some(digits.to_owned());
                line = format!("{begin}/verdicts/N");
            }
            self.text.push_str(&format!("    {line}\n"));
        }
        number
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.text)
    }
}

/// What a push would be told, asked with the person's key: the outcome, and what is wrong.
fn dry_run(person: &Person<'_>, package: &[u8]) -> (String, String) {
    let request = Request::new("POST", "/api/v1/verdicts").api_key(&person.key);
    let answer = person.feed.ask(&request.header("Content-Type", "application/octet-stream").body(package));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    (told["outcome"].as_str().unwrap().to_owned(), told["failed"][0]["message"].as_str().unwrap_or_default().to_owned())
}
