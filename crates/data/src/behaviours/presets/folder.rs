//! The files of a folder, by their names.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{DataError, quoted};

/// A folder's files, or one file alone, and which of them are read.
pub(super) struct Folder {
    path: PathBuf,
    /// The folder that they are in.
    pub base: PathBuf,
    /// Names of files, ascending. Hidden ones (`.x`, macOS's `._x`) are none.
    pub names: Vec<String>,
    /// Those of folders.
    pub folders: Vec<String>,
    read: RefCell<Vec<String>>,
}

impl Folder {
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let (mut names, mut folders) = (vec![], vec![]);
        let mut base = path.to_path_buf();
        if path.is_dir() {
            for entry in fs::read_dir(path).map_err(DataError::io(path, "read"))? {
                let entry = entry.map_err(DataError::io(path, "read"))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') || name == "__MACOSX" {
                    continue;
                }
                if entry.path().is_dir() { folders.push(name) } else { names.push(name) }
            }
        } else if let Some(name) = path.file_name().filter(|_| path.exists()) {
            names.push(name.to_string_lossy().into_owned());
            base.pop();
        } else {
            return Err(DataError::file(path, "no such file or folder", "one with a log of behaviours"));
        }
        names.sort();
        folders.sort();
        Ok(Folder { path: path.to_path_buf(), base, names, folders, read: RefCell::default() })
    }

    /// The names that pass.
    pub fn matching(&self, test: impl Fn(&str) -> bool) -> Vec<&str> {
        self.names.iter().map(String::as_str).filter(|name| test(name)).collect()
    }

    /// Where a file is; it will be read.
    pub fn file(&self, name: &str) -> PathBuf {
        self.read.borrow_mut().push(name.to_owned());
        self.at(name)
    }

    /// Where a file is.
    pub fn at(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    /// The one file whose name passes; none if there is none.
    pub fn only(&self, what: &str, test: impl Fn(&str) -> bool) -> Result<Option<PathBuf>, DataError> {
        match self.matching(test)[..] {
            [] => Ok(None),
            [name] => Ok(Some(self.file(name))),
            ref several => Err(self.ambiguous(what, several)),
        }
    }

    /// The one file whose name passes, which has to be there.
    pub fn need(&self, what: &str, test: impl Fn(&str) -> bool) -> Result<PathBuf, DataError> {
        self.only(what, test)?.ok_or_else(|| self.lacks(what))
    }

    /// That several files are one too many.
    pub fn ambiguous(&self, what: &str, names: &[&str]) -> DataError {
        let found = format!("{}, any of which may be meant", quoted(names));
        DataError::file(&self.path, found, format!("one file: {what} (name it, or move the others away)"))
    }

    /// That a file is not there.
    pub fn lacks(&self, what: &str) -> DataError {
        DataError::file(&self.path, format!("no such file in it, but {}", self.listed()), what)
    }

    /// The names that are there, the first of them, for messages.
    pub fn listed(&self) -> String {
        let folders = self.folders.iter().map(|name| format!("{name}/"));
        let all: Vec<String> = self.names.iter().cloned().chain(folders).collect();
        match all.len() {
            0 => "nothing".into(),
            n if n > 8 => format!("{} and {} more", quoted(&all[..8]), n - 8),
            _ => quoted(&all),
        }
    }

    /// The names of those that are read, and of those that are not.
    pub fn names_read(&self) -> [Vec<String>; 2] {
        let read: BTreeSet<String> = self.read.borrow().iter().cloned().collect();
        let not = self.names.iter().filter(|&name| !read.contains(name)).cloned().collect();
        [read.into_iter().collect(), not]
    }
}

/// A name without the end of its compression.
pub(super) fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

pub(super) fn is_json(name: &str) -> bool {
    [".json", ".jsonl"].iter().any(|end| plain(name).ends_with(end))
}
