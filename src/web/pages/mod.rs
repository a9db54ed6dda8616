//! The pages: what people see. One file a page; [`page::Page`] is the only way to emit a document.

pub(in crate::web) mod assets;
#[allow(dead_code, unused_imports, reason = "a vocabulary for all pages: a word may be without a use for a while")]
pub(in crate::web) mod components;
pub(in crate::web) mod csrf;
pub(in crate::web) mod flash;
pub(in crate::web) mod frame;
pub(in crate::web) mod masthead;
#[allow(dead_code, reason = "used by pages")]
pub(in crate::web) mod page;
#[allow(dead_code, reason = "used by pages")]
pub(in crate::web) mod problem;
pub(in crate::web) mod section;

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod palette;
#[cfg(test)]
pub(in crate::web) mod proofreader;
