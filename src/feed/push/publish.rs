//! The one small transaction that puts a version on the feed.

use time::Duration;

use super::ask::{Ask, Told};
use super::facts::Facts;
use super::pending::Pending;
use super::stamp::Stamped;
use super::verdict::{self, Verdict};
use super::{Error, Push};
use crate::domain::account::AccountId;
use crate::domain::push_rule::Accepted;
use crate::feed::revocation::seen;
use crate::feed::verdicts::Kept;
use crate::feed::{documents, required_signer};
use crate::nupkg::EmbeddedFile;
use crate::signature::VerifiedPackage;
use crate::signature::revocation::Status;
use crate::store::package_files::PackageFile;
use crate::store::packages::{NewVersion, VersionId};
use crate::store::registrations::RegistrationId;
use crate::store::{self, Writes};

/// How long before its key ends somebody who pushes is told, as nuget.org does.
const KEY_ENDS_SOON: Duration = Duration::days(10);

/// What became of the transaction.
pub(super) enum Published {
    /// The version is on the feed.
    Done {
        /// Why the rule refuses what the stage lets in, where the stage says so.
        verdict: Option<Box<Kept>>,
        /// What the person who pushed should know.
        warnings: Vec<String>,
    },
    /// The same push has put it there.
    AlreadyThere,
    /// Facts that went into verification or signature changed: nothing was written.
    FactsChanged,
}

impl Push<'_> {
    /// Reads the facts again, decides again, and publishes with its audit record.
    pub(super) fn publish(
        &self,
        before: &Facts,
        verified: &VerifiedPackage,
        stamped: &Stamped,
        pending: &Pending<'_>,
    ) -> Result<Published, Error> {
        self.app.store.write(|w| {
            let facts = Facts::read(w, self)?;
            // The same push came twice at once, and the other one was first.
            if facts.is_same_push(self)? {
                return Ok(Published::AlreadyThere);
            }
            if !before.is_settled(&facts) {
                return Ok(Published::FactsChanged);
            }
            let verdict = verdict::judge(&facts, verified)?;
            let registration = self.registration(w, &facts)?;
            w.publish_content(pending.content)?;
            let version = self.add_version(w, registration, &facts, &verdict, verified, stamped, pending)?;
            self.add_files(w, version)?;
            seen::remember(w, verified, self.now)?;
            seen::remember_chain(w, &stamped.authority, self.now)?;
            documents::refresh(w, self.app, registration)?;
            self.audit(w, &facts, &verdict, verified)?;
            let ask = Ask { app: self.app, pusher: self.pusher, kind: self.pusher.kind(), now: self.now };
            let told = ask.let_in(w, &verdict, self.nupkg, verified.report());
            let warnings = self.warnings(&facts, &verdict, stamped, told.as_ref());
            Ok(Published::Done { verdict: told.map(|told| Box::new(told.kept)), warnings })
        })
    }

    /// The registration; made for a new ID, and with a choice that the facts no longer allow taken back.
    fn registration(&self, w: &mut Writes<'_>, facts: &Facts) -> Result<RegistrationId, Error> {
        let Some(registration) = &facts.registration else {
            return Ok(w.create_registration(&self.nupkg.manifest.id, facts.grant.owner, self.now)?);
        };
        required_signer::forget_if_lapsed(w, &self.app.policy(w.policy()?), registration, self.now)?;
        Ok(registration.id)
    }

    #[expect(clippy::too_many_arguments, reason = "one row has many sources")]
    fn add_version(
        &self,
        w: &mut Writes<'_>,
        registration: RegistrationId,
        facts: &Facts,
        verdict: &Verdict,
        verified: &VerifiedPackage,
        stamped: &Stamped,
        pending: &Pending<'_>,
    ) -> Result<VersionId, Error> {
        let manifest = &self.nupkg.manifest;
        let added = w.add_version(&NewVersion {
            registration,
            version: &manifest.version,
            semver2: manifest.is_semver2(),
            published_at: self.now,
            manifest: &serde_json::to_string(manifest).map_err(|_| store::Error::Corrupt("manifest"))?,
            nuspec: &self.nupkg.nuspec,
            content: pending.content,
            sha512: &pending.sha512,
            content_hash: verified.content_hash(),
            pushed_sha512: &self.received.sha512,
            pushed_size: self.received.size,
            original: &stamped.original.to_bytes(),
            pusher: facts.grant.account,
            key: facts.grant.key,
            author: verdict::author(verified).copied(),
            signed_by: signed_by(facts, verdict),
            timestamp: verified.author_timestamp(),
            tsa: seen::tsa(verified),
            signing_anchor: seen::signing_anchor(verified),
            timestamping_anchor: seen::timestamping_anchor(verified),
            repository: facts.signing.as_ref().map(|signing| signing.id),
            stamped: facts.signing.as_ref().map(|_| !stamped.authority.is_empty()),
            let_in: verdict.let_in(),
        });
        match added {
            Err(store::Error::Conflict(_)) => {
                Err(Error::Exists { id: manifest.id.to_string(), version: manifest.version.to_string() })
            }
            added => Ok(added?),
        }
    }

    fn add_files(&self, w: &mut Writes<'_>, version: VersionId) -> Result<(), Error> {
        let files = [("icon", &self.nupkg.icon), ("readme", &self.nupkg.readme), ("license", &self.nupkg.license)];
        for (kind, file) in files {
            if let Some(EmbeddedFile { media_type, bytes, .. }) = file {
                let file = PackageFile { media_type: (*media_type).to_owned(), bytes: bytes.clone() };
                w.add_package_file(version, kind, &file)?;
            }
        }
        Ok(())
    }

    fn audit(
        &self,
        w: &mut Writes<'_>,
        facts: &Facts,
        verdict: &Verdict,
        verified: &VerifiedPackage,
    ) -> Result<(), Error> {
        let manifest = &self.nupkg.manifest;
        let subject = format!("{} {}", manifest.id, manifest.version);
        let signer =
            verdict::author(verified).map_or_else(|| "unsigned".to_owned(), |author| format!("signed by {author}"));
        let decision = match verdict {
            Verdict::InOrder(Accepted::SignedBy(account)) => format!("{signer} of {account}"),
            Verdict::InOrder(Accepted::Unsigned) => signer,
            Verdict::Foreign => format!("{signer}, foreign ID"),
            Verdict::NotEnforced { refused, .. } => format!("{signer}, not enforced: {refused}"),
        };
        let unknown = unknown_revocation(verified);
        let open = if unknown == 0 { String::new() } else { format!("; revocation of {unknown} certificates unknown") };
        let detail = format!("{decision}{open}; {}", facts.grant.means());
        Ok(w.audit(self.now, &facts.grant.by, "package.push", &subject, &detail)?)
    }

    /// What the client shows to the person who pushed.
    fn warnings(&self, facts: &Facts, verdict: &Verdict, stamped: &Stamped, told: Option<&Told>) -> Vec<String> {
        let mut warnings = self.nupkg.warnings.clone();
        if let Verdict::NotEnforced { refused, warn: true } = verdict {
            let why = told.and_then(Told::unheeded).unwrap_or_else(|| refused.to_string());
            warnings.insert(0, format!("this push will be refused once the server enforces signatures: {why}"));
        }
        warnings.extend(stamped.warning.clone());
        if let Some(ends) = facts.grant.key_ends.filter(|ends| *ends - self.now <= KEY_ENDS_SOON) {
            warnings.push(format!("the API key expires on {}; make a new one in time", ends.date()));
        }
        if self.app.signs_for_this_machine_only() {
            warnings.push("the feed signs for localhost; set its public URL before others use it".to_owned());
        }
        warnings
    }
}

/// Of how many certificates in the author's chains nothing is known. That is accepted, and on record.
fn unknown_revocation(verified: &VerifiedPackage) -> usize {
    let Some(signer) = verified.report().signer.as_ref().filter(|_| verdict::author(verified).is_some()) else {
        return 0;
    };
    let timestamp = signer.timestamps.first().map(|timestamp| timestamp.revocation.statuses()).unwrap_or_default();
    let all = signer.revocation.statuses().iter().chain(timestamp);
    all.filter(|one| matches!(one.status, Status::Unknown(_))).count()
}

/// Whose registration made the signature count.
fn signed_by(facts: &Facts, verdict: &Verdict) -> Option<AccountId> {
    let Verdict::InOrder(Accepted::SignedBy(account)) = verdict else { return None };
    facts.accounts.iter().find(|(_, name)| name == account).map(|(id, _)| *id)
}
