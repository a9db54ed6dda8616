//! Documents that were prepared when a package changed, ready to be sent.

use rusqlite::OptionalExtension;

use super::registrations::RegistrationId;
use super::{Error, Reads, Writes};

/// A document in both encodings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// As it is.
    pub plain: Vec<u8>,
    /// The same compressed.
    pub gzip: Vec<u8>,
    /// Its entity tag, without quotes: a hash of the plain form.
    pub etag: String,
}

/// The encoding that a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// Compressed.
    Gzip,
}

impl Reads<'_> {
    /// The body and entity tag of a document, by the lower-case ID and the document's name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn document(&self, id_key: &str, name: &str, encoding: Encoding) -> Result<Option<(Vec<u8>, String)>, Error> {
        let sql = match encoding {
            Encoding::Identity => {
                "SELECT d.plain AS body, d.etag FROM registration r JOIN document d ON d.registration = r.id WHERE r.id_key = ?1 AND d.name = ?2"
            }
            Encoding::Gzip => {
                "SELECT d.gzip AS body, d.etag FROM registration r JOIN document d ON d.registration = r.id WHERE r.id_key = ?1 AND d.name = ?2"
            }
        };
        let mut query = self.0.prepare_cached(sql)?;
        Ok(query.query_row((id_key, name), |row| Ok((row.get("body")?, row.get("etag")?))).optional()?)
    }

    /// The names and entity tags of a registration's documents.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn document_names(&self, registration: RegistrationId) -> Result<Vec<(String, String)>, Error> {
        let mut query = self.0.prepare_cached("SELECT name, etag FROM document WHERE registration = ?1")?;
        let names = query.query_map([registration], |row| Ok((row.get("name")?, row.get("etag")?)))?;
        Ok(names.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Stores a document in place of the one of that name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn put_document(&mut self, registration: RegistrationId, name: &str, document: &Document) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO document VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET plain = ?3, gzip = ?4, etag = ?5",
            (registration, name, &document.plain, &document.gzip, &document.etag),
        )?;
        Ok(())
    }

    /// Removes a document.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_document(&mut self, registration: RegistrationId, name: &str) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM document WHERE registration = ?1 AND name = ?2", (registration, name))?;
        Ok(())
    }
}
