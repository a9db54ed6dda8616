//! The data folder: where each file lies, who may use it, and that only one server does.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::sys::statfs::{self, FsType};
use nix::unistd::{Gid, Uid};
use thiserror::Error;

/// Why the folder can't be used.
#[derive(Debug, Error)]
pub enum Error {
    /// A file or folder can't be read or made.
    #[error("`{path}`: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no such folder.
    #[error("there is no data folder `{0}`; `assay serve --data {0}` makes it")]
    Missing(PathBuf),
    /// Another server uses it.
    #[error("another server runs on `{0}`; stop it first")]
    InUse(PathBuf),
    /// It lies on a network file system, where SQLite's locks can't be trusted.
    #[error("`{0}` lies on a network file system, where a database can be damaged; use a local disk")]
    Network(PathBuf),
}

/// A data folder that exists and may be used.
#[derive(Debug, Clone)]
pub struct DataFolder(PathBuf);

/// NFS, SMB, CIFS, SMB2, AFS, Ceph, FUSE-mounted ones are not told apart and are allowed (`statfs(2)`, `f_type`).
const NETWORK_FILE_SYSTEMS: [FsType; 6] = [
    FsType(0x6969),
    FsType(0x517B),
    FsType(0xFF53_4D42),
    FsType(0xFE53_4D42),
    FsType(0x5346_414F),
    FsType(0x00C3_6400),
];

impl DataFolder {
    /// Opens the folder, or makes it with mode 0700.
    ///
    /// # Errors
    /// A network file system, or what the system says.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let build = |path: &Path| match DirBuilder::new().recursive(true).mode(0o700).create(path) {
            Ok(()) => Ok(()),
            Err(source) => Err(Error::Io { path: path.to_owned(), source }),
        };
        build(path)?;
        let folder = Self::open(path)?;
        build(&folder.spool())?;
        build(&folder.tls())?;
        Ok(folder)
    }

    /// Opens a folder that exists. A command that runs as root goes on as the folder's owner, so that it leaves no file
    /// behind that the server can't write.
    ///
    /// # Errors
    /// A missing folder, a network file system, or what the system says.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let path = path.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Missing(path.to_owned()),
            _ => io(error),
        })?;
        let file_system = statfs::statfs(&path).map_err(|errno| io(errno.into()))?.filesystem_type();
        if NETWORK_FILE_SYSTEMS.contains(&file_system) {
            return Err(Error::Network(path));
        }
        let owner = fs::metadata(&path).map_err(io)?;
        if Uid::effective().is_root() && owner.uid() != 0 {
            let group = Gid::from_raw(owner.gid());
            nix::unistd::setgroups(&[group]).map_err(|errno| io(errno.into()))?;
            nix::unistd::setegid(group).map_err(|errno| io(errno.into()))?;
            nix::unistd::seteuid(Uid::from_raw(owner.uid())).map_err(|errno| io(errno.into()))?;
        }
        Ok(Self(path))
    }

    /// Claims the folder for a server, as long as the returned file is open.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub fn lock(&self) -> Result<File, Error> {
        let path = self.0.join("assay.lock");
        let io = |source| Error::Io { path: path.clone(), source };
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(self.0.clone())),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }

    /// The folder itself, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("assay.db")
    }

    /// The key that seals secrets in the database.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.0.join("assay.key")
    }

    /// The settings file.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.0.join("assay.toml")
    }

    /// The link that makes the first administrator, where no terminal shows it.
    #[must_use]
    pub fn setup_link(&self) -> PathBuf {
        self.0.join("setup-link")
    }

    /// Writes that link, readable by the folder's owner alone.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_setup_link(&self, url: &str) -> Result<(), Error> {
        // A file that is there keeps its mode, whatever that is; a new one has ours from the beginning.
        self.remove_setup_link()?;
        let path = self.setup_link();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let written = file.and_then(|mut file| file.write_all(format!("{url}\n").as_bytes()));
        written.map_err(|source| Error::Io { path, source })
    }

    /// Removes the file with that link, if it is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove_setup_link(&self) -> Result<(), Error> {
        let path = self.setup_link();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::Io { path, source }),
            _ => Ok(()),
        }
    }

    /// Where packages lie while they arrive.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.0.join("spool")
    }

    /// The self-signed TLS certificate and its key.
    #[must_use]
    pub fn tls(&self) -> PathBuf {
        self.0.join("tls")
    }

    /// Removes what an earlier server left in the spool. Call it only while the folder is locked.
    ///
    /// # Errors
    /// What the system says.
    pub fn sweep_spool(&self) -> Result<usize, Error> {
        let path = self.spool();
        let io = |source| Error::Io { path: path.clone(), source };
        let mut swept = 0;
        for entry in fs::read_dir(&path).map_err(io)? {
            fs::remove_file(entry.map_err(io)?.path()).map_err(io)?;
            swept += 1;
        }
        Ok(swept)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_folder_is_private_and_a_second_server_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(&parent.path().join("data")).unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        let first = folder.lock().unwrap();
        assert!(matches!(folder.lock(), Err(Error::InUse(_))));
        drop(first);
        assert!(folder.lock().is_ok());
    }

    #[test]
    fn a_missing_folder_is_named_with_the_command_that_makes_it() {
        let parent = tempfile::tempdir().unwrap();
        let error = DataFolder::open(&parent.path().join("nowhere")).unwrap_err().to_string();
        assert!(error.contains("nowhere") && error.contains("assay serve"), "{error}");
    }

    #[test]
    fn the_set_up_link_is_for_the_owner_alone_and_a_new_one_replaces_the_old() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        fs::write(folder.setup_link(), "an old one with another mode").unwrap();
        fs::set_permissions(folder.setup_link(), fs::Permissions::from_mode(0o644)).unwrap();
        folder.write_setup_link("https://feed.example/welcome/x").unwrap();
        assert_eq!(fs::read_to_string(folder.setup_link()).unwrap(), "https://feed.example/welcome/x\n");
        assert_eq!(fs::metadata(folder.setup_link()).unwrap().permissions().mode() & 0o777, 0o600);
        folder.remove_setup_link().unwrap();
        folder.remove_setup_link().unwrap();
        assert!(!folder.setup_link().exists());
    }

    #[test]
    fn what_was_left_in_the_spool_is_swept() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        fs::write(folder.spool().join("half"), b"half a package").unwrap();
        assert_eq!(folder.sweep_spool().unwrap(), 1);
        assert_eq!(fs::read_dir(folder.spool()).unwrap().count(), 0);
    }
}
