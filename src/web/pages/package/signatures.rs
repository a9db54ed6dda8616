//! Who signed a version: the account, its certificate, when at the latest; what the feed put on it; and what was pushed.

use std::collections::HashMap;

use maud::{Markup, html};
use time::{Duration, OffsetDateTime};

use super::Shown;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::let_in::LetIn;
use crate::feed::revocation::{Learnt, known_about};
use crate::feed::signers::{self, SignerCertificate, SignerCertificates};
use crate::store::packages::VersionId;
use crate::store::pushed_packages::PushedFile;
use crate::store::registrations::RegistrationId;
use crate::store::version_signatures::VersionSignature;
use crate::store::void_signatures::VoidSignature;
use crate::store::{self, Reads};
use crate::web::pages::components::{
    Badge, Callout, Facts, account_link, copyable, day, fingerprint, moment, prose, segment, until,
};
use crate::web::pages::visit::Visit;
use crate::web::pages::void_signatures::{revoked_signer_note, void_mark};

/// How long before a version ends with its signer's certificate its page says so in a box: long enough to build it again.
const WARNED_BEFORE: Duration = Duration::days(365);

/// The signatures on the versions of a package, and what was pushed as the one that is looked at.
pub(super) struct Signatures {
    /// By version.
    pub all: HashMap<VersionId, VersionSignature>,
    /// Signatures that do not count any more.
    pub void: HashMap<VersionId, VoidSignature>,
    /// The certificates of the signers.
    certificates: SignerCertificates,
    /// The feed's certificate on the version that is looked at.
    feed: Option<SignerCertificate>,
    /// What is known about the certificate by which the signature of that version does not count, or of its signer.
    learnt: Option<Learnt>,
    pushed: PushedFile,
}

impl Signatures {
    /// Those of a package, looked at in one of its versions.
    pub fn read(reads: &Reads<'_>, registration: RegistrationId, current: VersionId) -> Result<Self, store::Error> {
        let (all, void) = (reads.version_signatures(registration)?, reads.void_signatures(registration)?);
        let author = all.get(&current).and_then(|signature| signature.author);
        let certificate = void.get(&current).map_or(author, |void| Some(void.voided.certificate));
        let repository = all.get(&current).and_then(|signature| signature.repository);
        let feeds = if repository.is_some() { reads.repository_certificates()? } else { Vec::new() };
        let feed = feeds.into_iter().find(|certificate| Some(certificate.fingerprint) == repository);
        Ok(Self {
            certificates: signers::certificates(reads, all.values().filter_map(|it| it.author.as_ref()))?,
            feed: feed.and_then(|certificate| SignerCertificate::of(&certificate.der)),
            learnt: certificate.map(|certificate| known_about(reads, &certificate)).transpose()?.flatten(),
            pushed: reads.pushed_file(current)?,
            all,
            void,
        })
    }
}

/// Nothing for a version whose signature counts and whose signer is as good as ever.
pub(super) fn what_became_of_it(shown: &Shown) -> Markup {
    match (shown.signatures.void.get(&shown.current.id), &shown.signatures.learnt) {
        (Some(void), learnt) => {
            let decide = format!("packages/{}/manage/void-signatures", segment(&shown.id));
            void_mark(void, learnt.as_ref(), shown.manages.then_some(decide.as_str()))
        }
        (None, Some(learnt)) => revoked_signer_note(learnt),
        (None, None) => Markup::default(),
    }
}

/// Everything about the signatures on the version that is looked at.
pub(super) fn section(visit: &Visit, shown: &Shown) -> Markup {
    let Some(signature) = shown.signatures.all.get(&shown.current.id) else { return Markup::default() };
    let signatures = &shown.signatures;
    let certificate = signature.author.and_then(|author| signatures.certificates.get(&author));
    let original = format!(
        "{}api/v1/packages/{}/{}/original",
        visit.state().app.urls.home(),
        shown.id,
        shown.current.version.normalized()
    );
    let facts = Facts::new().fact("Signed by", who(signature));
    let facts = match &signature.author {
        None => facts,
        Some(author) => facts
            .fact("Certificate", html! { (named(certificate)) " " (fingerprint(author)) })
            .fact("Timestamp", timestamp(signature)),
    };
    let facts = facts
        .fact("Feed’s signature", feeds(signature, signatures.feed.as_ref()))
        .fact("SHA-512 of what was pushed", html! { (copyable(&hex::encode(signatures.pushed.sha512))) })
        .fact("What was pushed, byte for byte", html! { (copyable(&original)) });
    let end = certificate.and_then(|certificate| End::of(signature, certificate, visit.now()));
    html! {
        @if signature.let_in == LetIn::Stage { (let_in_by_a_stage()) }
        @if let Some(end) = end.as_ref().filter(|end| end.is_near) { (Callout::warning(end.title, html! { p { (end.text) } (cure()) })) }
        (facts)
        @if let Some(end) = end.as_ref().filter(|end| !end.is_near) { p.hint { (end.text) } }
    }
}

/// Who signed, in a table: the account, the certificate, when at the latest.
pub(super) fn in_list(signatures: &Signatures, signature: &VersionSignature) -> Markup {
    let certificate = signature.author.and_then(|author| signatures.certificates.get(&author));
    html! {
        (who(signature))
        @if let Some(author) = &signature.author {
            div.signer { (named(certificate)) " " (fingerprint(author)) }
            @if let Some(at) = signature.timestamp { div.quiet-text { "not later than " (day(at)) } }
            @else { div.quiet-text { "without a timestamp" } }
        }
    }
}

/// What the feed put on it, in a table.
pub(super) fn feeds_in_list(signature: &VersionSignature) -> Markup {
    html! {
        @match (&signature.repository, signature.stamped) {
            (None, _) => span.quiet-text { "none" },
            (Some(repository), stamped) => span title={ "SHA-256 " (repository) } { (with_timestamp(stamped)) },
        }
    }
}

const fn with_timestamp(stamped: Option<bool>) -> &'static str {
    match stamped {
        Some(true) => "with a timestamp",
        Some(false) => "without a timestamp",
        None => "yes",
    }
}

/// The account whose certificate counted, and on what grounds the version went in.
fn who(signature: &VersionSignature) -> Markup {
    html! {
        @match (&signature.owner, signature.author) {
            (Some(owner), _) => (account_link(owner)),
            (None, Some(_)) => @match &signature.registered_by {
                Some(account) => { span.quiet-text { "certificate registered by " } (account_link(account)) }
                None => span.quiet-text { "no account of this feed" },
            },
            (None, None) => span.quiet-text { "Not signed by its author" },
        }
        @match signature.let_in {
            LetIn::Rule => {}
            LetIn::Foreign => { " " (Badge::neutral("Other people’s package")) }
            LetIn::Stage => { " " (Badge::warning("Rule not kept")) }
        }
    }
}

/// What a certificate calls itself in short, with all of it in the title.
fn named(certificate: Option<&SignerCertificate>) -> Markup {
    html! {
        @match certificate {
            Some(certificate) => span title=(certificate.subject) { (certificate.name) },
            None => span.quiet-text { "a certificate that the feed no longer has" },
        }
    }
}

fn timestamp(signature: &VersionSignature) -> Markup {
    html! {
        @match signature.timestamp {
            Some(at) => { "It was signed not later than " (moment(at)) }
            None => span.quiet-text { "None: nothing proves when it was signed" },
        }
    }
}

fn feeds(signature: &VersionSignature, feed: Option<&SignerCertificate>) -> Markup {
    let Some(repository): Option<&Fingerprint> = signature.repository.as_ref() else {
        return html! { span.quiet-text { "None: the feed does not sign packages, or did not when this one was pushed" } };
    };
    html! {
        (named(feed)) " " (fingerprint(repository))
        @match signature.stamped {
            Some(true) => { ", with a timestamp" }
            Some(false) => { ", without a timestamp" }
            None => span.quiet-text { ", whether with a timestamp was not noted" },
        }
    }
}

fn let_in_by_a_stage() -> Callout {
    let text = html! {
        p { "The rule about who must have signed refused this version, and the enforcement stage of its ID let it in all the same. Once the rule is enforced, a version like this one is refused; this one stays." }
    };
    Callout::warning("The right people have not signed this version", text)
}

/// What happens when the author's certificate ends, where the feed's signature has no timestamp that could stand in for it.
/// The client's code is NU3037; a package with a timestamp that the client knows, on either signature, outlives its signer.
struct End {
    title: &'static str,
    text: Markup,
    /// Whether somebody should do something now.
    is_near: bool,
}

impl End {
    fn of(signature: &VersionSignature, certificate: &SignerCertificate, now: OffsetDateTime) -> Option<Self> {
        if signature.repository.is_none() || signature.stamped != Some(false) {
            return None;
        }
        let (at, stamped) = (certificate.not_after, signature.timestamp.is_some());
        let ended = at <= now;
        let text = html! {
            "The feed’s signature has no timestamp" @if !stamped { ", nor has the author’s" } ". "
            "The author’s certificate " @if ended { "has ended on " (day(at)) "; " } @else { "ends on " (until(at, now)) "; after that, " }
            "strict clients " @if stamped { "that do not know the authority of the author’s timestamp " }
            "refuse this version (" code { "NU3037" } ")" @if !stamped { ", and others warn" } "."
        };
        let title = if ended {
            "Strict clients refuse this version"
        } else {
            "This version ends with its signer’s certificate"
        };
        Some(Self { title, text, is_near: !stamped && at - now < WARNED_BEFORE })
    }
}

fn cure() -> Markup {
    html! {
        p { (prose("Versions that are signed with a timestamp outlive the certificate: sign the next one with `dotnet nuget sign --timestamper URL`, or have the feed’s administrator set a timestamping authority.")) }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    /// What is said about a certificate that ends in `days`; `near` in front of what stands out.
    fn said(days: i64, author: bool, stamped: Option<bool>) -> String {
        let certificate =
            SignerCertificate { name: String::new(), subject: String::new(), not_after: NOW + Duration::days(days) };
        let signature = VersionSignature {
            author: Some(Fingerprint::of(b"author")),
            owner: None,
            registered_by: None,
            timestamp: author.then_some(NOW),
            let_in: LetIn::Rule,
            repository: stamped.map(|_| Fingerprint::of(b"feed")),
            stamped,
        };
        let Some(end) = End::of(&signature, &certificate, NOW) else { return String::new() };
        let near = if end.is_near { "near: " } else { "" };
        format!("{near}{} {}", end.title, end.text.into_string())
    }

    #[test]
    fn the_end_of_a_signer_is_told_where_no_timestamp_of_the_feed_stands_in_for_it() {
        assert_eq!(said(10, false, Some(true)), "", "the feed's timestamp stands in for it");
        assert_eq!(said(10, false, None), "", "the feed has not signed it");
        assert!(said(10, false, Some(false)).starts_with("near: This version ends with its signer’s certificate"));
        assert!(said(-10, false, Some(false)).starts_with("near: Strict clients refuse this version"));
        let far = said(3650, false, Some(false));
        assert!(!far.starts_with("near") && far.contains("nor has the author’s"), "{far}");
        let stamped = said(-10, true, Some(false));
        assert!(!stamped.starts_with("near") && stamped.contains("that do not know the authority"), "{stamped}");
    }
}
