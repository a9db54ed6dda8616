//! What is done to a version to take it off the feed, and back: from its own page, or from the administrators' list.

use time::OffsetDateTime;

use crate::app::App;
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::domain::withdrawal::Reason;
use crate::feed::authority::Actor;
use crate::feed::withdrawals::{self, Error};

/// One of the things that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web::pages) enum Deed {
    /// Search shows it no longer.
    Unlist,
    /// Search shows it again.
    Relist,
    /// Nobody gets it.
    Hide(Reason),
    /// Everybody gets it again.
    Show,
    /// It is gone.
    Remove(Option<Reason>),
    /// Its number can be used again.
    Free,
}

/// What forms send: the field, and its values.
pub(in crate::web::pages) const DEED: &str = "deed";
pub(in crate::web::pages) const UNLIST: &str = "unlist";
pub(in crate::web::pages) const RELIST: &str = "relist";
pub(in crate::web::pages) const HIDE: &str = "hide";
pub(in crate::web::pages) const SHOW: &str = "show";
pub(in crate::web::pages) const REMOVE: &str = "remove";
pub(in crate::web::pages) const FREE: &str = "free";

impl Deed {
    /// Does it.
    ///
    /// # Errors
    /// What the operation says.
    pub fn make(
        &self,
        app: &App,
        actor: &Actor,
        id: &PackageId,
        version: &NuGetVersion,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        match self {
            Self::Unlist => withdrawals::set_listed(app, actor, id, version, false, now),
            Self::Relist => withdrawals::set_listed(app, actor, id, version, true, now),
            Self::Hide(reason) => withdrawals::hide(app, actor, id, version, reason, now),
            Self::Show => withdrawals::show(app, actor, id, version, now),
            Self::Remove(reason) => withdrawals::remove(app, actor, id, version, reason.as_ref(), now),
            Self::Free => withdrawals::free(app, actor, id, version, now),
        }
    }

    /// What is said when it is done.
    pub fn done(&self, id: &PackageId, version: &NuGetVersion) -> String {
        let it = format!("`{id} {}`", version.full());
        match self {
            Self::Unlist => format!("{it} is unlisted. Whoever names it still gets it."),
            Self::Relist => format!("{it} is listed again."),
            Self::Hide(_) => format!("{it} is hidden. Nobody gets it until an administrator shows it again."),
            Self::Show => format!("{it} is shown again."),
            Self::Remove(_) => format!("{it} is removed for good. Its number can’t be pushed again."),
            Self::Free => format!("The number of {it} is free: it can be pushed again."),
        }
    }
}
