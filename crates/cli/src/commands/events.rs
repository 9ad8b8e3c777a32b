//! The options of `dien data build` that say what the columns of a log are.

use std::path::{Path, PathBuf};

use clap::Args;
use dien::data::OnError;
use dien::data::presets::{ColumnNames, EventLog, ItemSource, RowFilter};
use dien::data::schema::{CsvOptions, Format, Source};

use super::choice::formats;

#[derive(Debug, Args)]
pub(super) struct EventArgs {
    /// What the columns of any log are: `user=visitorid,item=itemid,time=timestamp`, perhaps `rating` and
    /// `action`, and what else is known of the item: `category=categoryid`. Of JSON `events.aid` is of each
    /// of an object's `events`.
    #[arg(long, value_name = "NAME=COLUMN,…")]
    columns: Option<ColumnNames>,
    /// Of a log of impressions the column that says whether the item was clicked: each row is a target, and
    /// its history what the user clicked before.
    #[arg(long, value_name = "COLUMN", requires = "columns")]
    label: Option<String>,
    /// The rows that count: `event=view,addtocart`, or `event!=view`. May be given several times.
    #[arg(long = "where", value_name = "COLUMN=VALUE,…", requires = "columns")]
    filters: Vec<RowFilter>,
    /// How times are written, as `strftime` says it, where they are neither numbers nor ISO 8601:
    /// `%m/%d/%Y %I:%M:%S %p`.
    #[arg(long, value_name = "FORM", requires = "columns")]
    time_format: Option<String>,
    /// What is known of the items, a file, a glob or a folder.
    #[arg(long, value_name = "FILES", requires = "item_columns")]
    items: Option<PathBuf>,
    /// What the columns of `--items` are: `item=itemid,category=categoryid`.
    #[arg(long, value_name = "NAME=COLUMN,…", requires = "items")]
    item_columns: Option<ColumnNames>,
    /// The rows of `--items` that count.
    #[arg(long = "items-where", value_name = "COLUMN=VALUE,…", requires = "items")]
    item_filters: Vec<RowFilter>,
    /// How the files are written, where their names do not tell.
    #[arg(long, value_name = "FORMAT", value_parser = formats(), requires = "columns")]
    format: Option<Format>,
    /// CSV: what stands between fields.
    #[arg(long, value_name = "CHAR", requires = "columns")]
    delimiter: Option<char>,
    /// CSV: what stands around fields that hold delimiters; nothing, if it is empty.
    #[arg(long, value_name = "CHAR", requires = "columns")]
    quote: Option<String>,
    /// What stands between a list's values, in texts.
    #[arg(long, value_name = "TEXT", requires = "columns")]
    separator: Option<String>,
    /// CSV: no line names the columns; they are `column_1` and so on.
    #[arg(long, requires = "columns")]
    no_header: bool,
    /// What becomes of a row without a user, an item or a time.
    #[arg(long, value_name = "WHAT", value_parser = ["fail", "skip"], requires = "columns")]
    on_error: Option<String>,
}

impl EventArgs {
    /// The log at these paths, if its columns are said.
    pub fn log(&self, paths: &[PathBuf]) -> Option<EventLog> {
        let mut log = EventLog::new(Vec::<String>::new(), self.columns.clone()?);
        log.sources = paths.iter().map(|path| self.source(path)).collect();
        log.label.clone_from(&self.label);
        log.filters.clone_from(&self.filters);
        log.time_format.clone_from(&self.time_format);
        if self.on_error.as_deref() == Some("skip") {
            log.on_error = OnError::Skip;
        }
        if let Some((path, columns)) = self.items.as_ref().zip(self.item_columns.clone()) {
            let mut items = ItemSource::new(path.to_string_lossy(), columns);
            items.source = Source { format: None, ..self.source(path) };
            items.filters.clone_from(&self.item_filters);
            log.items = Some(items);
        }
        Some(log)
    }

    /// Whether each row is a target.
    pub fn is_labelled(&self) -> bool {
        self.label.is_some()
    }

    fn source(&self, path: &Path) -> Source {
        let csv = CsvOptions::default()
            .with_delimiter(self.delimiter)
            .with_quote(self.quote.clone())
            .with_separator(self.separator.clone())
            .with_no_header(self.no_header);
        Source { files: Some(path.to_string_lossy().into_owned()), format: self.format, csv, histories: None }
    }
}
