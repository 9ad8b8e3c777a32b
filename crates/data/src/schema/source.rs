//! Where rows are, and how they are written.

use serde::{Deserialize, Serialize};

use super::csv::CsvOptions;

/// Where the rows of a log are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stated")]
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
    /// The dialect of CSV.
    #[serde(skip_serializing_if = "CsvOptions::is_default")]
    pub csv: CsvOptions,
}

impl Source {
    /// The table of the behaviours, as a source.
    pub(crate) fn of_histories(&self) -> Option<Source> {
        let files = self.histories.clone()?;
        Some(Source { files: Some(files), histories: None, ..self.clone() })
    }
}

/// A source as it stands in a file: `delimiter` and `separator` may stand beside `[source.csv]`, where they
/// did before there was one.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Stated {
    files: Option<String>,
    histories: Option<String>,
    format: Option<Format>,
    delimiter: Option<char>,
    separator: Option<String>,
    csv: CsvOptions,
}

impl TryFrom<Stated> for Source {
    type Error = String;

    fn try_from(stated: Stated) -> Result<Self, String> {
        let Stated { files, histories, format, delimiter, separator, mut csv } = stated;
        for (name, twice) in [
            ("delimiter", delimiter.is_some() && csv.delimiter.is_some()),
            ("separator", separator.is_some() && csv.separator.is_some()),
        ] {
            if twice {
                return Err(format!("`{name}` in `[source]` and in `[source.csv]`; expected it once"));
            }
        }
        csv.delimiter = csv.delimiter.or(delimiter);
        csv.separator = csv.separator.or(separator);
        Ok(Source { files, histories, format, csv })
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// An object a line, plain or compressed by gzip or zstd.
    Json,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_beside_the_dialect_is_read_as_part_of_it() {
        let before: Source =
            toml::from_str("files = \"log.csv\"\ndelimiter = \";\"\nseparator = \"^\"").unwrap();
        let now = "files = \"log.csv\"\n\n[csv]\ndelimiter = \";\"\nseparator = \"^\"\n";
        assert_eq!(before, toml::from_str(now).unwrap());
        assert_eq!(toml::to_string(&before).unwrap(), now);
        let twice = format!("separator = \"|\"\n{now}");
        let message = toml::from_str::<Source>(&twice).unwrap_err().to_string();
        assert!(message.contains("`separator` in `[source]` and in `[source.csv]`"), "{message}");
        assert_eq!(toml::to_string(&Source::default()).unwrap(), "");
    }
}
