//! Which files a source has.

mod names;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

pub(super) use names::{is_recbole, is_tsv};

use crate::error::DataError;
use crate::schema::{Format, Source};

/// Names that are told of what is left out.
const SHOWN: usize = 3;

/// The value of a partition's key that is missing.
const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";

/// The files of a source.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// By name.
    pub files: Vec<PathBuf>,
    /// What else is in its folders, and is not read.
    pub left_out: Vec<PathBuf>,
}

/// Every file of a source, by name.
///
/// # Errors
/// There is none, or it is not clear which they are.
pub(super) fn list(source: &Source, base: &Path) -> Result<Listed, DataError> {
    let Some(pattern) = &source.files else {
        return Err(DataError::file(base, "no `files` in `[source]`", "a file, a glob or a folder"));
    };
    let path = base.join(pattern);
    let mut listed = Listed::default();
    if path.is_dir() {
        walk(&path, source, &mut listed)?;
        let nothing = || nothing(&path, &listed, "a folder with .parquet, .csv, .tsv or .jsonl files");
        return if listed.files.is_empty() { Err(nothing()) } else { listed.checked(source) };
    }
    if path.exists() {
        return Ok(Listed { files: vec![path], left_out: vec![] });
    }
    let wrong = |e: glob::PatternError| DataError::file(&path, e.to_string(), "a file, a glob or a folder");
    // What the folder is called is no pattern.
    let text = Path::new(&glob::Pattern::escape(&base.to_string_lossy())).join(pattern);
    let wants_hidden = names::is_hidden(&text);
    for found in glob::glob(&text.to_string_lossy()).map_err(wrong)?.filter_map(Result::ok) {
        match found {
            found if names::is_hidden(&found) && !wants_hidden => {}
            folder if folder.is_dir() => walk(&folder, source, &mut listed)?,
            file if file.is_file() => listed.files.push(file),
            other => listed.left_out.push(other),
        }
    }
    let nothing = || nothing(&path, &listed, "a file, a glob that matches some, or a folder");
    if listed.files.is_empty() { Err(nothing()) } else { listed.checked(source) }
}

/// Adds a folder's files, and those of the folders in it that are partitions or tables of a writer's.
fn walk(folder: &Path, source: &Source, listed: &mut Listed) -> Result<(), DataError> {
    let read =
        |entry: std::io::Result<fs::DirEntry>| Ok(entry.map_err(DataError::io(folder, "read"))?.path());
    let entries = fs::read_dir(folder).map_err(DataError::io(folder, "read"))?;
    let mut entries = entries.map(read).collect::<Result<Vec<PathBuf>, DataError>>()?;
    entries.sort();
    refuse_versioned(folder)?;
    for entry in entries.into_iter().filter(|entry| !names::is_hidden(entry)) {
        let format = names::format(&entry);
        if entry.is_dir() {
            match names::partition(&entry).is_some() || format.is_some() {
                true => walk(&entry, source, listed)?,
                false => listed.left_out.push(entry),
            }
        } else if entry.is_file()
            && (format.is_some() || source.format.is_some() && names::unread(&entry).is_none())
        {
            listed.files.push(entry);
        } else {
            listed.left_out.push(entry);
        }
    }
    Ok(())
}

/// Of a table with versions only a log tells which files count.
fn refuse_versioned(folder: &Path) -> Result<(), DataError> {
    let metadata = || {
        let entries = fs::read_dir(folder.join("metadata")).ok()?;
        let mut names = entries.filter_map(Result::ok).map(|entry| entry.file_name());
        names.find(|name| name.to_string_lossy().ends_with(".metadata.json"))
    };
    let kind = match folder {
        _ if folder.join("_delta_log").is_dir() => "Delta Lake",
        _ if folder.join(".hoodie").is_dir() => "Hudi",
        _ if metadata().is_some() => "Iceberg",
        _ => return Ok(()),
    };
    let found = format!("a table of {kind}, some of whose files may be of other versions");
    let expected = format!("Parquet files that {kind}'s reader (DuckDB, polars or Spark) writes of it");
    Err(DataError::file(folder, found, expected))
}

fn nothing(path: &Path, listed: &Listed, expected: &str) -> DataError {
    if let Some(file) = listed.left_out.first() {
        if let Some([found, expected]) = names::unread(file) {
            return DataError::file(file, found, expected);
        }
        let named = crate::error::quoted(names_of(&listed.left_out));
        let expected = format!("{expected}; `format` in `[source]` reads files of other names");
        return DataError::file(path, format!("no such file, but {named}"), expected);
    }
    DataError::file(path, "no such file", expected)
}

/// The first names.
pub(super) fn names_of(paths: &[PathBuf]) -> impl Iterator<Item = String> {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().take(SHOWN).map(name)
}

impl Listed {
    /// That the files are of one format, and none is there twice.
    fn checked(mut self, source: &Source) -> Result<Self, DataError> {
        self.files.sort();
        // Beside a table's files it may say something of them.
        let is_json = |file: &PathBuf| source.format.is_none() && names::format(file) == Some(Format::Json);
        if !self.files.iter().all(is_json) {
            let named = |file: &PathBuf| file.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
            let (json, files) = self.files.into_iter().partition(|file| is_json(file) && named(file));
            (self.left_out, self.files) = ([self.left_out, json].concat(), files);
        }
        let first = &self.files[0];
        let plain = |path: &Path| match path.extension().map(|end| end.to_ascii_lowercase()) {
            Some(end) if end == "gz" || end == "zst" => path.with_extension(""),
            _ => path.to_path_buf(),
        };
        for (i, file) in self.files.iter().enumerate() {
            let formats = [first, file].map(|file| source.format.or_else(|| names::format(file)));
            if formats[0] != formats[1] {
                let found = format!("{} and {}, in two formats", first.display(), file.display());
                let folder = file.parent().unwrap_or(file);
                return Err(DataError::file(folder, found, "files of one format, or a glob that names them"));
            }
            if let Some(other) = self.files[..i].iter().find(|other| plain(other) == plain(file)) {
                let found = format!("{} and {}, which may hold the same", other.display(), file.display());
                let folder = file.parent().unwrap_or(file);
                return Err(DataError::file(folder, found, "one of the two, or a glob that names one"));
            }
        }
        Ok(self)
    }
}

/// That files can be read more than once, as training and a look at a log do.
///
/// # Errors
/// One is a pipe.
pub(super) fn check_regular(files: &[PathBuf]) -> Result<(), DataError> {
    match files.iter().find(|file| !file.is_file()) {
        None => Ok(()),
        Some(pipe) => {
            let found = "not a regular file, and it is read more than once";
            Err(DataError::file(pipe, found, "a file: `cat PIPE > log.csv` makes one"))
        }
    }
}

/// How a file is written.
pub(super) fn format(source: &Source, path: &Path) -> Result<Format, DataError> {
    if let Some([found, expected]) = names::unread(path) {
        return Err(DataError::file(path, found, expected));
    }
    let expected = "`format` in `[source]`, or `--format` where there is no schema";
    let unknown = || DataError::file(path, "a name that does not tell the format", expected);
    source.format.or_else(|| names::format(path)).ok_or_else(unknown)
}

/// The keys of the folders called `key=value` that a file is in, and their values, if they have any.
pub(super) fn partitions(path: &Path) -> Vec<(String, Option<String>)> {
    let folders = path.ancestors().skip(1).map_while(names::partition);
    let value = |value: String| Some(value).filter(|value| value != NO_VALUE);
    let mut keys: Vec<_> = folders.map(|(key, of)| (key, value(of))).collect();
    keys.reverse();
    keys
}
