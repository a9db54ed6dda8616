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
    read_bytes(path, most).map_err(|error| format!("`{}`: {error}", path.display()).into())
}

fn read_bytes(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    // Asked before it is opened: opening a pipe waits for whoever writes into it.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(if metadata.is_dir() { "this is a folder" } else { "this is no file" }.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(u64::try_from(most)?.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(format!("it has more than {most} bytes, and no such file has").into());
    }
    Ok(bytes)
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
