//! What surrounds a page: who looks at it, where they are, what they must be told.

use super::csrf::CsrfToken;
use super::flash::Flash;

/// Everything that [`Page`](super::page::Page) needs besides its own content. Made by the middleware for each request.
#[derive(Clone)]
pub(in crate::web) struct Frame {
    /// The path of the public URL, with a slash at its end: `/`, or `/feed/`. It is the `<base>`: all links in pages are
    /// relative to it and begin without a slash (`account/keys`).
    pub home: String,
    /// The path of this page below it, without a slash at its beginning.
    pub path: String,
    /// The host of the public URL, by which people tell feeds apart.
    pub host: String,
    /// Who is signed in.
    pub viewer: Option<FrameViewer>,
    /// Goes into every form.
    pub csrf: CsrfToken,
    /// What the last form did.
    pub flash: Option<Flash>,
    /// What the viewer has not read yet: text, and a path or nothing.
    pub notices: Vec<(String, String)>,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub(in crate::web) struct FrameViewer {
    /// The account's name.
    pub name: String,
    /// Whether the administrators' pages are offered.
    pub administrator: bool,
}
