//! A log whose columns nobody has described.

use std::path::{Path, PathBuf};

use dien_data::inspect::ColumnRoles;
use dien_data::schema::{Schema, Source as Files};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A log whose columns nobody has described: what they are is inferred, and then kept here.
///
/// ```
/// use dien::config::{LogSource, Source};
///
/// let mut log = LogSource::new("log.parquet");
/// log.label = Some("clicked".into()); // what names do not tell may be said
/// assert_eq!(Source::Log(log).name(), "log");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LogSource {
    /// A file, a glob or a folder.
    pub files: PathBuf,
    /// What the rows are; else it is inferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<LogKind>,
    /// The column with the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The column with the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The column with the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The column with the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Of impressions, the text of the schema that was inferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}

/// What the rows of a log are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LogKind {
    /// What was shown, with its label and lists of what the user did before.
    Impressions,
    /// What users did, or, with a label, what they were shown.
    Events,
}

impl LogSource {
    /// The log of these files.
    pub fn new(files: impl Into<PathBuf>) -> Self {
        LogSource { files: files.into(), ..LogSource::default() }
    }

    /// These files, whose columns mean what a schema says, wherever its own rows are. What it holds out in
    /// files of their own is not among them; then, `as_test`, all rows test if no split holds some out.
    ///
    /// # Errors
    /// Its behaviours are in a table of their own.
    pub(crate) fn described_by(files: &Path, mut schema: Schema, as_test: bool) -> Result<Self> {
        if schema.source.histories.is_some() {
            let found = "rows alone, of a log whose behaviours are in a table of their own";
            let expected =
                "a folder or `dataset.toml` whose `[source]` names both, as `dien data build` writes";
            return Err(Error::file(files, found, expected));
        }
        (schema.validation, schema.test) = (None, None);
        schema.source.files = Some(text(files)?);
        if as_test && schema.split.is_none() {
            schema.test = Some(schema.source.clone());
        }
        let schema = Some(schema.to_toml());
        Ok(LogSource { kind: Some(LogKind::Impressions), schema, ..LogSource::new(files) })
    }

    /// What was said of its columns.
    pub(crate) fn roles(&self) -> ColumnRoles {
        ColumnRoles::default()
            .with_label(self.label.clone())
            .with_user(self.user.clone())
            .with_item(self.item.clone())
            .with_time(self.time.clone())
    }

    /// The schema, with these files.
    pub(crate) fn schema(&self) -> Result<Schema> {
        let Some(schema) = &self.schema else {
            let expected = "`source.log.schema` beside a `kind` of `impressions`, or neither of both";
            return Err(Error::file(&self.files, "no schema", expected));
        };
        let mut schema = Schema::parse(schema, Path::new("source.log.schema"))?;
        let before = schema.source.files.replace(text(&self.files)?);
        for source in [&mut schema.validation, &mut schema.test].into_iter().flatten() {
            if source.files == before {
                source.files.clone_from(&schema.source.files);
            }
        }
        Ok(schema)
    }

    /// The files as a source of rows.
    pub(crate) fn source(&self) -> Result<Files> {
        Ok(Files { files: Some(text(&self.files)?), ..Files::default() })
    }
}

/// A path that stands in a schema, whatever folder that is in.
fn text(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).map_err(Error::io(path, "find"))?;
    match absolute.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(Error::file(path, "a name that is no UTF-8", "another name, or a `dataset.toml`")),
    }
}
