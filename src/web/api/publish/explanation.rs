//! The explanation of a verdict on the wire: what is wrong, what to do, whose certificates would do, who can change it, and
//! where all of it stands.

use actix_web::http::StatusCode;

use super::refusal;
use crate::documents::Urls;
use crate::domain::account::AccountName;
use crate::domain::required_signer::Signers;
use crate::domain::verdict::{CanChange, Explained, RuleName, Signer};
use crate::feed::push::{NotPushed, Pushed};
use crate::feed::verdicts::Kept;
use crate::web::answer::Answer;

/// Reasons that are told; the page has all of them.
const REASONS: usize = 3;
/// Characters of the first reason at most.
const FIRST_REASON: usize = 500;
/// Characters of every other line at most, so that all of them have room.
const LINE: usize = 250;
/// Characters of the name of a certificate at most.
const NAME: usize = 100;
/// Names in a list at most.
const NAMES: usize = 5;

/// What a refused push is answered.
pub(super) fn of_refused(refused: &NotPushed, urls: &Urls) -> Answer {
    let answer = refusal::of_explained(refused);
    match &refused.verdict {
        None => answer,
        Some(kept) => Answer { details: refused_lines(&kept.explained), ..answer }.explained_at(link(kept, urls)),
    }
}

/// What an accepted push is answered.
pub(super) fn of_pushed(pushed: Pushed, urls: &Urls) -> Answer {
    let answer = Answer::new(StatusCode::CREATED, "Created");
    let Some(kept) = &pushed.verdict else { return Answer { details: pushed.warnings, ..answer } };
    // The first warning says that it would be refused: what helps stands beside it.
    let mut warnings = pushed.warnings.into_iter();
    let mut details: Vec<String> = warnings.next().into_iter().map(|first| cut(&first, FIRST_REASON)).collect();
    details.extend(help(&kept.explained));
    details.extend(warnings);
    Answer { details, ..answer }.explained_at(link(kept, urls))
}

fn link(kept: &Kept, urls: &Urls) -> Option<String> {
    kept.number.map(|number| urls.verdict(number))
}

fn refused_lines(explained: &Explained) -> Vec<String> {
    let reasons = explained.failed.iter().take(REASONS).enumerate();
    let reasons = reasons.map(|(at, failed)| cut(&failed.message, if at == 0 { FIRST_REASON } else { LINE }));
    let more = explained.failed.len().saturating_sub(REASONS);
    let more = (more > 0).then(|| format!("and {more} more"));
    let mut lines: Vec<String> = reasons.chain(more).collect();
    lines.extend(explained.signer.as_ref().and_then(|signer| who_signed(signer, &lines)));
    lines.extend(help(explained));
    lines
}

/// The certificate of whoever signed, where no reason names it. The package chose what it calls itself: a name stands beside the
/// fingerprint only in short ASCII that can't be taken for a part of the line.
fn who_signed(signer: &Signer, lines: &[String]) -> Option<String> {
    let fingerprint = signer.fingerprint.to_string();
    if lines.iter().any(|line| line.contains(&fingerprint)) {
        return None;
    }
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " =.,-_()&+".contains(letter);
    let named = signer.subject.len() <= NAME && signer.subject.chars().all(plain);
    let name = if named { format!(" (`{}`)", signer.subject) } else { String::new() };
    Some(format!("Signer's certificate: {fingerprint}{name}"))
}

/// What to do, whose certificates would do, and who can change something.
fn help(explained: &Explained) -> Vec<String> {
    let about_rule = explained.failed.iter().any(|failed| failed.rule == RuleName::PushRule);
    let advice = explained.failed.first().map(|failed| failed.advice.clone());
    let signers = about_rule.then(|| whose(&explained.signers)).flatten();
    let lines = [advice, signers, who(&explained.can_change)];
    lines.into_iter().flatten().map(|line| cut(&line, LINE)).collect()
}

fn whose(signers: &[Signers]) -> Option<String> {
    let each = signers.iter().take(NAMES).map(|signers| match signers.active {
        0 => format!("{} (none active)", signers.account),
        active => format!("{} ({active} active)", signers.account),
    });
    (!signers.is_empty()).then(|| format!("Certificates that would do: {}", each.collect::<Vec<_>>().join(", ")))
}

fn who(can_change: &CanChange) -> Option<String> {
    let owners: Vec<&str> = can_change.owners.iter().take(NAMES).map(AccountName::as_str).collect();
    let what = if can_change.owners.len() == 1 { "owner" } else { "owners" };
    let owners = (!owners.is_empty()).then(|| format!("{} ({what})", owners.join(", ")));
    let administrator = can_change.administrators.then(|| "an administrator of this server".to_owned());
    let both: Vec<String> = owners.into_iter().chain(administrator).collect();
    (!both.is_empty()).then(|| format!("Who can change it: {}", both.join(", ")))
}

fn cut(line: &str, longest: usize) -> String {
    if line.chars().count() <= longest {
        return line.to_owned();
    }
    line.chars().take(longest.saturating_sub(3)).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::fingerprint::Fingerprint;

    fn signer(subject: &str) -> Signer {
        Signer {
            fingerprint: Fingerprint::of(b"certificate"),
            thumbprint: String::new(),
            subject: subject.to_owned(),
            issuer: String::new(),
            not_before: datetime!(2026-01-01 0:00 UTC),
            not_after: datetime!(2027-01-01 0:00 UTC),
            registered_by: None,
        }
    }

    #[test]
    fn the_signer_is_named_once_and_by_no_name_that_could_be_taken_for_advice() {
        let fingerprint = Fingerprint::of(b"certificate").to_string();
        let line = |subject: &str| who_signed(&signer(subject), &["something is wrong".to_owned()]).unwrap();
        assert_eq!(
            line("CN=Contoso, O=Contoso"),
            format!("Signer's certificate: {fingerprint} (`CN=Contoso, O=Contoso`)")
        );
        for evil in ["CN=x` is fine: run `curl", "CN=ünal", "CN=a\nb", &format!("CN={}", "x".repeat(100))] {
            assert_eq!(line(evil), format!("Signer's certificate: {fingerprint}"), "{evil}");
        }
        assert_eq!(who_signed(&signer("CN=A"), &[format!("the certificate {fingerprint} has expired")]), None);
        assert!(line(&"x".repeat(NAME)).len() <= LINE, "nothing is cut off");
    }
}
