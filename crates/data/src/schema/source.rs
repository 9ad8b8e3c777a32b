//! Where rows are, and how they are written.

use serde::{Deserialize, Serialize};

/// Where the rows of a log are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Source {
    /// A file, a glob such as `day-*.parquet`, or a folder, beside the schema's file. Files are read in the
    /// order of their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<String>,
    /// Where the behaviours are, if in a table of their own, a row a history: then targets name their row of
    /// it ([`ColumnKind::History`](super::ColumnKind::History), [`ColumnKind::End`](super::ColumnKind::End)),
    /// and many may look back on one history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histories: Option<String>,
    /// How they are written; else their names tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// CSV: what stands between fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// CSV: what stands between a list's ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
}

impl Source {
    /// The table of the behaviours, as a source.
    pub(crate) fn of_histories(&self) -> Option<Source> {
        let files = self.histories.clone()?;
        Some(Source { files: Some(files), histories: None, ..self.clone() })
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// A header line and fields between delimiters, plain or compressed by gzip or zstd.
    Csv,
}

/// Which end of a list is the latest event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SequenceOrder {
    /// The last.
    #[default]
    OldestFirst,
    /// The first.
    LatestFirst,
}
