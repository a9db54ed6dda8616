//! Reading the small files that a command is given.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Failure;

/// The bytes of a file of at most `most`. Pipes and devices, which may never end, are not read.
///
/// # Errors
/// With the path: what the system says, or that it is too large or no file.
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let beginning = read_beginning(path, most)?;
    if beginning.is_cut() { Err(too_large(path, most)) } else { Ok(beginning.bytes) }
}

/// The bytes of a file up to a limit.
#[derive(Debug)]
pub(super) struct Beginning {
    /// At most as many as were asked for.
    pub bytes: Vec<u8>,
    /// How many there are.
    pub size: u64,
}

impl Beginning {
    /// Whether there are more.
    fn is_cut(&self) -> bool {
        self.size > self.bytes.len() as u64
    }
}

/// The first bytes of a file, `most` of them at most: for who can tell by these what is wrong with a file that is too large.
///
/// # Errors
/// With the path: what the system says, or that it is no file.
pub(super) fn read_beginning(path: &Path, most: usize) -> Result<Beginning, Failure> {
    beginning(path, most).map_err(|error| named(path, &error.to_string()))
}

/// What is said of a file that has more than `most` bytes.
fn too_large(path: &Path, most: usize) -> Failure {
    named(path, &format!("it has more than {most} bytes, and no such file has"))
}

fn named(path: &Path, why: &str) -> Failure {
    format!("`{}`: {why}", path.display()).into()
}

fn beginning(path: &Path, most: usize) -> Result<Beginning, Failure> {
    // Asked before it is opened: opening a pipe waits for whoever writes into it.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(if metadata.is_dir() { "this is a folder" } else { "this is no file" }.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(u64::try_from(most)?.saturating_add(1)).read_to_end(&mut bytes)?;
    // It may have grown meanwhile.
    let size = metadata.len().max(bytes.len() as u64);
    bytes.truncate(most);
    Ok(Beginning { bytes, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_not_read_and_what_is_too_large_is_told() {
        let said = |path: &str| read(Path::new(path), 10).unwrap_err().to_string();
        assert_eq!(said("/dev/zero"), "`/dev/zero`: this is no file");
        assert_eq!(said("/"), "`/`: this is a folder");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, [0; 10]).unwrap();
        assert_eq!(read(&path, 10).unwrap().len(), 10);
        std::fs::write(&path, [0; 11]).unwrap();
        assert!(read(&path, 10).unwrap_err().to_string().ends_with("it has more than 10 bytes, and no such file has"));
    }
}
