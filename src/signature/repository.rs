//! STUB
use std::io::{Read, Seek};
use time::OffsetDateTime;
use crate::archive::{Archive, Rewrite};
use super::{Certificate, RepositoryAttributes};
/// x
#[derive(Debug, thiserror::Error)]
pub enum Error { /// x
 #[error("stub")] Stub }
/// x
#[derive(Debug)]
pub struct RepositorySigner { c: Certificate }
impl RepositorySigner {
 /// x
 pub fn generate(_n: &str, _now: OffsetDateTime) -> Result<Self, Error> { Err(Error::Stub) }
 /// x
 pub fn new(_d: Vec<u8>, _c: Vec<Vec<u8>>, _k: &[u8]) -> Result<Self, Error> { Err(Error::Stub) }
 /// x
 pub fn certificate(&self) -> &Certificate { &self.c }
 /// x
 pub fn private_key_der(&self) -> Result<Vec<u8>, Error> { Err(Error::Stub) }
}
/// x
pub fn sign<R: Read + Seek>(_r: &mut R, _a: &Archive, _s: &RepositorySigner, _at: &RepositoryAttributes, _n: OffsetDateTime) -> Result<Rewrite, Error> { Err(Error::Stub) }
/// x
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegistrationProblem { /// x
 #[error("root")] UnknownRoot { /// x
 x: u8 } }
impl Certificate { /// x
pub fn registration_problems(&self, _a: &super::Anchors, _n: OffsetDateTime) -> (Vec<RegistrationProblem>, bool) { (Vec::new(), false) } }
