//! What reading a source met.

use std::fmt;
use std::path::{Path, PathBuf};

use super::files::names_of;
use super::lists::ListCounts;
use super::{Block, Wanted};
use crate::error::quoted;

/// Lists from which on it says something that each is of one id.
const MANY: u64 = 20;

/// What was read of a source, and what of it may be a mistake.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ReadReport {
    /// The files, in the order in which they were read, and how many rows each has.
    pub files: Vec<(PathBuf, u64)>,
    /// What else is in the folders, and was not read.
    pub left_out: Vec<PathBuf>,
    /// By column of lists in texts, what they held.
    lists: Vec<(String, ListCounts)>,
    doubts: Vec<String>,
}

impl ReadReport {
    pub(super) fn of(wanted: &[Wanted], left_out: Vec<PathBuf>) -> Self {
        let lists = wanted.iter().map(|w| (w.name.clone(), ListCounts::default())).collect();
        ReadReport { files: vec![], left_out, lists, doubts: vec![] }
    }

    /// Begins a file.
    pub(super) fn begin(&mut self, path: &Path) {
        self.files.push((path.to_path_buf(), 0));
    }

    /// Adds a block of the file that was begun last; `dropped` are the pieces that were left out, by column.
    pub(super) fn add(&mut self, block: &Block, dropped: &[u64]) {
        if let Some((_, rows)) = self.files.last_mut() {
            *rows += block.rows as u64;
        }
        for (i, counts) in block.lists.iter().enumerate() {
            let counts = ListCounts { blank: dropped[i], ..counts.clone() };
            self.lists[i].1.add(&counts);
        }
    }

    /// Adds what was read of another source of the same columns.
    pub(crate) fn extend(&mut self, more: ReadReport) {
        self.files.extend(more.files);
        self.left_out.extend(more.left_out);
        for (name, counts) in more.lists {
            match self.lists.iter_mut().find(|(own, _)| *own == name) {
                Some((_, own)) => own.add(&counts),
                None => self.lists.push((name, counts)),
            }
        }
    }

    /// Adds what may be a mistake, a sentence.
    pub(crate) fn doubt(&mut self, doubt: String) {
        self.doubts.push(doubt);
    }

    /// The rows of all files.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|(_, rows)| rows).sum()
    }

    /// What may be a mistake, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = vec![];
        if !self.left_out.is_empty() {
            let names = quoted(names_of(&self.left_out));
            let count = self.left_out.len();
            let files = if count == 1 { "file" } else { "files" };
            warnings
                .push(format!("{count} {files} or folders left out, whose names tell no format: {names}"));
        }
        for (name, counts) in &self.lists {
            if counts.blank > 0 {
                let pieces = if counts.blank == 1 { "piece" } else { "pieces" };
                warnings.push(format!("`{name}`: {} empty {pieces} of lists left out", counts.blank));
            }
            if counts.lists >= MANY && counts.single == counts.lists {
                let example = counts.example.as_deref().unwrap_or_default();
                warnings.push(format!(
                    "`{name}`: none of {} lists has more than one id, such as `{example}`; expected some to, \
                     or another `separator` in `[source.csv]`",
                    counts.lists,
                ));
            }
        }
        warnings.extend(self.doubts.iter().cloned());
        warnings
    }
}

/// The files by name, the first few if they are many, and their rows.
impl fmt::Display for ReadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        let name = |(path, rows): &(PathBuf, u64)| format!("{} ({rows} rows)", path.display());
        let names: Vec<String> = self.files.iter().take(SHOWN).map(name).collect();
        let more = match self.files.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more, {} rows in all", self.rows()),
        };
        let files = if self.files.len() == 1 { "file" } else { "files" };
        write!(f, "{} {files}: {}{more}", self.files.len(), names.join(", "))
    }
}
