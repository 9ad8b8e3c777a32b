//! Which files a source has.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::schema::{Format, Source};

/// Every file of a source, by name.
pub(super) fn list(source: &Source, base: &Path) -> Result<Vec<PathBuf>, DataError> {
    let Some(pattern) = &source.files else {
        return Err(DataError::file(base, "no `files` in `[source]`", "a file, a glob or a folder"));
    };
    let path = base.join(pattern);
    if path.is_dir() {
        let mut files = vec![];
        for entry in fs::read_dir(&path).map_err(DataError::io(&path, "read"))? {
            let file = entry.map_err(DataError::io(&path, "read"))?.path();
            if file.is_file() && by_name(&file).is_some() {
                files.push(file);
            }
        }
        return found(files, &path, "a folder with .parquet or .csv files");
    }
    if path.exists() {
        return Ok(vec![path]);
    }
    let wrong = |e: glob::PatternError| DataError::file(&path, e.to_string(), "a file, a glob or a folder");
    // What the folder is called is no pattern.
    let text = Path::new(&glob::Pattern::escape(&base.to_string_lossy())).join(pattern);
    let matches = glob::glob(&text.to_string_lossy()).map_err(wrong)?;
    let files = matches.filter_map(Result::ok).filter(|file| file.is_file()).collect();
    found(files, &path, "a file, a glob that matches some, or a folder")
}

fn found(mut files: Vec<PathBuf>, path: &Path, expected: &str) -> Result<Vec<PathBuf>, DataError> {
    files.sort();
    match files.is_empty() {
        true => Err(DataError::file(path, "no such file", expected)),
        false => Ok(files),
    }
}

/// How a file is written.
pub(super) fn format(source: &Source, path: &Path) -> Result<Format, DataError> {
    let unknown = || DataError::file(path, "a name that does not tell the format", "`format` in `[source]`");
    source.format.or_else(|| by_name(path)).ok_or_else(unknown)
}

fn by_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_lowercase();
    let plain = plain(&name);
    match plain.rsplit_once('.')?.1 {
        "parquet" if plain == name => Some(Format::Parquet),
        "csv" | "tsv" | "inter" | "item" => Some(Format::Csv),
        _ => None,
    }
}

/// A name without the end of its compression.
fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

/// Whether a file's name is that of RecBole's atomic files: tabs between fields, spaces in lists, types in
/// the header.
pub(super) fn is_recbole(path: &Path) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_lowercase();
    [".inter", ".item"].iter().any(|end| plain(&name).ends_with(end))
}

/// What stands between fields: as the source says, else a tab where the name says so, else a comma.
pub(super) fn delimiter(source: &Source, path: &Path) -> Option<u8> {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_lowercase();
    let tabs = is_recbole(path) || plain(&name).ends_with(".tsv");
    u8::try_from(source.delimiter.unwrap_or(if tabs { '\t' } else { ',' })).ok()
}
