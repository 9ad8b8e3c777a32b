//! Files and folders that are always whole: written under another name in the same folder, then renamed.
//!
//! What is staged and not committed is removed, also when an error or a panic ends the work;
//! [`discard_unfinished`] is for a program that a signal ends.
//!
//! ```
//! use dien_serving::files;
//!
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("answer.txt");
//! let staged = files::stage(&path, b"42")?; // on the disk, but under another name
//! assert!(!path.exists());
//! staged.commit()?;
//! assert_eq!(std::fs::read(&path).unwrap(), b"42");
//! # Ok::<(), dien_serving::Error>(())
//! ```

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

use crate::error::{Error, Result};

/// A file that is written, but does not have its name yet.
#[must_use]
#[derive(Debug)]
pub struct Staged {
    path: PathBuf,
    part: NamedTempFile,
    _unfinished: Unfinished,
}

impl Staged {
    /// An empty file, to be written through [`file`](Self::file).
    ///
    /// # Errors
    /// It cannot be made beside the path.
    pub fn create(path: &Path) -> Result<Self> {
        let part = make(path, 0o666, |builder, folder| builder.tempfile_in(folder));
        let part = part.map_err(Error::io(path, "write"))?;
        let unfinished = Unfinished::new(part.path());
        Ok(Staged { path: path.to_path_buf(), part, _unfinished: unfinished })
    }

    /// The file, to be written to by someone who wants to own it.
    ///
    /// # Errors
    /// The system has no further handle for it.
    pub fn file(&self) -> Result<File> {
        self.part.as_file().try_clone().map_err(Error::io(&self.path, "write"))
    }

    /// Gives the file its name, in place of what had it, once all of it is on the disk.
    ///
    /// # Errors
    /// It cannot be written; then what had the name has it still.
    pub fn commit(self) -> Result<()> {
        let Staged { path, part, _unfinished } = self;
        part.as_file()
            .sync_all()
            .and_then(|()| part.persist(&path).map_err(|e| e.error))
            .and_then(|_| sync(beside(&path)))
            .map_err(Error::io(&path, "write"))
    }
}

/// A folder that is not whole yet.
#[must_use]
#[derive(Debug)]
pub struct StagedFolder {
    path: PathBuf,
    part: TempDir,
    _unfinished: Unfinished,
}

impl StagedFolder {
    /// An empty folder, to be filled at [`part`](Self::part).
    ///
    /// # Errors
    /// It cannot be made beside the path.
    pub fn create(path: &Path) -> Result<Self> {
        let part = make(path, 0o777, |builder, folder| builder.tempdir_in(folder));
        let part = part.map_err(Error::io(path, "make the folder"))?;
        let unfinished = Unfinished::new(part.path());
        Ok(StagedFolder { path: path.to_path_buf(), part, _unfinished: unfinished })
    }

    /// Where it is for now.
    pub fn part(&self) -> &Path {
        self.part.path()
    }

    /// Gives the folder its name, in place of an empty one.
    ///
    /// # Errors
    /// Something is there, or it cannot be renamed.
    pub fn commit(self) -> Result<()> {
        let StagedFolder { path, part, _unfinished } = self;
        fs::rename(part.path(), &path)
            .and_then(|()| sync(beside(&path)))
            .map_err(Error::io(&path, "write"))?;
        // It is there no longer, under that name.
        let _ = part.keep();
        Ok(())
    }
}

/// A file without a name, for what is to be handed on once it is whole; nothing is left of it.
///
/// # Errors
/// It cannot be made among the system's temporary files.
pub fn spool() -> Result<File> {
    tempfile::tempfile().map_err(Error::io(Path::new("a temporary file"), "write"))
}

/// Writes beside the path.
///
/// # Errors
/// It cannot be written.
pub fn stage(path: &Path, bytes: &[u8]) -> Result<Staged> {
    let mut staged = Staged::create(path)?;
    let written = staged.part.write_all(bytes).and_then(|()| staged.part.as_file().sync_all());
    written.map_err(Error::io(path, "write"))?;
    Ok(staged)
}

/// Writes beside the path, then renames.
///
/// # Errors
/// It cannot be written; then what was there is there still.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    stage(path, bytes)?.commit()
}

/// Writes where someone else said to: what is no file, such as a pipe, is written to and not replaced, and a
/// link stays one.
///
/// # Errors
/// As [`write()`].
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

/// Removes what this process has staged and not committed. For the way out of a program that a signal ends:
/// what is staged then is of no more use.
pub fn discard_unfinished() {
    for part in unfinished().iter() {
        let _ = if part.is_dir() { fs::remove_dir_all(part) } else { fs::remove_file(part) };
    }
}

/// What is staged now, all threads together.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A path's entry among what is staged.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Unfinished {
    fn new(part: &Path) -> Self {
        unfinished().push(part.to_path_buf());
        Unfinished(part.to_path_buf())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        unfinished().retain(|part| *part != self.0);
    }
}

/// Makes `.NAME.xxxxxx.tmp` beside a path, with the rights of any other new file.
fn make<R>(
    path: &Path,
    mode: u32,
    make: impl FnOnce(&Builder<'_, '_>, &Path) -> io::Result<R>,
) -> io::Result<R> {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    make(&builder, beside(path))
}

/// The folder that a path is in.
fn beside(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The names in a folder come to the disk, too, where the system can be told so.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_what_was_not_committed() {
        let root = tempfile::tempdir().unwrap();
        let (path, folder) = (root.path().join("file"), root.path().join("folder"));
        drop(stage(&path, b"new").unwrap());
        drop(StagedFolder::create(&folder).unwrap());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let staged = StagedFolder::create(&folder).unwrap();
        fs::write(staged.part().join("a"), b"a").unwrap();
        assert!(!folder.exists());
        staged.commit().unwrap();
        assert_eq!(fs::read(folder.join("a")).unwrap(), b"a");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
        assert!(unfinished().iter().all(|part| !part.starts_with(root.path())));
        // What is there is not replaced by a folder.
        let staged = StagedFolder::create(&folder).unwrap();
        assert!(staged.commit().unwrap_err().to_string().contains("folder: cannot write"));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_has_the_rights_of_any_other() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let (ours, other) = (root.path().join("ours"), root.path().join("other"));
        write(&ours, b"").unwrap();
        fs::write(&other, b"").unwrap();
        let [ours, other] = [ours, other].map(|path| fs::metadata(path).unwrap().permissions().mode());
        assert_eq!(ours, other);
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
