//! Files that are always whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A file that is written, but does not have its name yet.
#[must_use]
#[derive(Debug)]
pub struct Staged {
    path: PathBuf,
    part: PathBuf,
}

/// Writes beside the path.
///
/// # Errors
/// It cannot be written.
pub fn stage(path: &Path, bytes: &[u8]) -> Result<Staged> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".tmp");
    let staged = Staged { path: path.to_path_buf(), part: path.with_file_name(name) };
    let written = File::create(&staged.part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|source| staged.failed(source))?;
    Ok(staged)
}

/// Writes beside the path, then renames.
///
/// # Errors
/// As [`stage`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    stage(path, bytes)?.commit()
}

/// Writes where someone else said to: what is no file, such as a pipe, is written to and not replaced, and a link stays one.
///
/// # Errors
/// As [`stage`].
pub fn write_to(path: &Path, bytes: &[u8]) -> Result<()> {
    match fs::metadata(path) {
        Ok(there) if there.is_file() => match fs::canonicalize(path) {
            Ok(target) => write(&target, bytes),
            Err(source) => Err(Error::io(path, "write")(source)),
        },
        Ok(_) => fs::OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(Error::io(path, "write")),
        Err(_) => write(path, bytes),
    }
}

impl Staged {
    /// Gives the file its name, in place of what had it.
    ///
    /// # Errors
    /// The system's.
    pub fn commit(self) -> Result<()> {
        fs::rename(&self.part, &self.path).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Io { path: self.path.clone(), action: "write", source }
    }
}

/// What was not committed leaves nothing behind.
impl Drop for Staged {
    fn drop(&mut self) {
        // After a commit there is nothing to remove; else a leftover is only untidy.
        let _ = fs::remove_file(&self.part);
    }
}

/// The text of a file's bytes.
///
/// # Errors
/// The first line that is no UTF-8.
pub fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        Error::file(path, format!("bytes that are not UTF-8 on line {line}"), "UTF-8 text")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_what_was_not_committed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        drop(stage(&path, b"new").unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_a_device_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_to(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        write_to(&folder.path().join("other"), b"new").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        write_to(Path::new("/dev/null"), b"new").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
