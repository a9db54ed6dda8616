//! The feed's own signature on a package, with its timestamp.

use std::fs::File;
use std::io::BufReader;

use super::examine::Examined;
use super::facts::Facts;
use super::{Error, Push};
use crate::archive::{Archive, Rewrite};
use crate::feed::timestamping::{self, Stamping};
use crate::signature::timestamp_response::TimestampToken;
use crate::signature::{Certificate, Evidence, VerifiedPackage, repository};

/// What is to be served instead of what was pushed, and how to get back.
pub(super) struct Stamped {
    pub served: Rewrite,
    pub original: Rewrite,
    /// The chain of the authority that stamped the feed's signature; empty without a timestamp.
    pub authority: Vec<Certificate>,
    /// What is missing in the feed's signature.
    pub warning: Option<String>,
}

impl Push<'_> {
    /// The feed's signature, made over facts that `publish` compares again. A feed that can't sign (its public URL is
    /// not https) serves what was pushed.
    pub(super) fn stamp(&self, examined: &mut Examined) -> Result<Stamped, Error> {
        let Examined { facts, known, archive, source, verified } = examined;
        let evidence = Evidence { anchors: &facts.anchors, answers: &known.answers, now: self.now };
        let Some(draft) = self.draft(facts, archive, source, verified)? else {
            let whole = Rewrite::identity(self.received.size);
            return Ok(Stamped { served: whole.clone(), original: whole, authority: Vec::new(), warning: None });
        };
        let (served, authority, warning) = match Stamping::of(&facts.policy) {
            None => (draft.finish(source, None)?, Vec::new(), None),
            Some(stamping) => match self.timestamped(&stamping, evidence, &draft, source) {
                Err(Error::Timestamp(error)) if !stamping.required => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a package goes in without a timestamp");
                    let warning = format!("the feed's signature has no timestamp: {error}");
                    (draft.finish(source, None)?, Vec::new(), Some(warning))
                }
                timestamped => {
                    let (served, token) = timestamped?;
                    (served, token.chain().to_vec(), None)
                }
            },
        };
        let original = served.inverse(source)?;
        Ok(Stamped { served, original, authority, warning })
    }

    /// Signs as a push would, and throws it away. The timestamp is not asked for, so an authority that does not answer is found
    /// out by the push alone: that is no question of the package.
    ///
    /// # Errors
    /// What can't be signed.
    pub(super) fn try_to_sign(&self, examined: &mut Examined) -> Result<(), Error> {
        let Examined { facts, archive, source, verified, .. } = examined;
        if let Some(draft) = self.draft(facts, archive, source, verified)? {
            draft.finish(source, None)?.inverse(source)?;
        }
        Ok(())
    }

    /// The signature, without a timestamp so far; `None` on a feed that does not sign.
    fn draft<'e>(
        &self,
        facts: &'e Facts,
        archive: &'e Archive,
        source: &mut BufReader<File>,
        verified: &'e VerifiedPackage,
    ) -> Result<Option<repository::Draft<'e>>, Error> {
        let Some(signer) = facts.signer()? else { return Ok(None) };
        let (attributes, hashes) = (facts.attributes(self.app), verified.report().hashes.as_ref());
        Ok(Some(repository::Draft::new(source, archive, hashes, signer, &attributes, self.now)?))
    }

    /// The signed package with a timestamp on the feed's signature. It takes a request into the network, so no
    /// transaction is open.
    fn timestamped(
        &self,
        stamping: &Stamping,
        evidence: Evidence<'_>,
        draft: &repository::Draft<'_>,
        source: &mut BufReader<File>,
    ) -> Result<(Rewrite, TimestampToken), Error> {
        let token = timestamping::stamp(&self.app.outbound, stamping, evidence, draft.signature());
        let token = token.map_err(Error::Timestamp)?;
        match draft.finish(source, Some(&token)) {
            Err(repository::Error::Timestamp(why)) => Err(Error::Timestamp(timestamping::Error::Unusable(why))),
            finished => Ok((finished?, token)),
        }
    }
}
