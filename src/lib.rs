//! Assay: a private NuGet feed that tests who signed each package, stamps it and serves it.
#![cfg_attr(test, allow(missing_docs))]

pub mod archive;
pub mod documents;
pub mod domain;
pub mod nupkg;
pub mod signature;
pub mod store;
