//! Files written level by level, read as columns.

mod faults;
mod lists;
mod types;
mod write;

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use ::parquet::data_type::DataType;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::record::Row;
use ::parquet::schema::parser::parse_message_type;

use super::*;
use crate::schema::Source;
use crate::source::column::{Column, TimeUnit};
use crate::source::{Block, Blocks, Wanted};

/// What is written of a column.
struct Raw(Box<dyn Fn(&mut SerializedColumnWriter<'_>)>);

/// Values, and levels of definition and repetition; none where the type has none.
fn raw<T: DataType>(values: &[T::T], definition: &[i16], repetition: &[i16]) -> Raw {
    let levels = |of: &[i16]| Some(of.to_vec()).filter(|levels| !levels.is_empty());
    let (values, definition, repetition) = (values.to_vec(), levels(definition), levels(repetition));
    Raw(Box::new(move |to| {
        let written = to.typed::<T>().write_batch(&values, definition.as_deref(), repetition.as_deref());
        assert_eq!(written.unwrap(), values.len());
    }))
}

/// Three cells, of which the second is missing.
fn cells<T: DataType>(first: T::T, last: T::T) -> Raw {
    raw::<T>(&[first, last], &[1, 0, 1], &[])
}

/// A file with a column for each field of a message, in each row group.
fn file(fields: &str, groups: &[Vec<Raw>], properties: WriterProperties) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(&format!("message schema {{ {fields} }}")).unwrap());
    let mut bytes = vec![];
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    for columns in groups {
        let mut group = writer.next_row_group().unwrap();
        for Raw(write) in columns {
            let mut column = group.next_column().unwrap().unwrap();
            write(&mut column);
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

/// A folder with the file `log.parquet`.
fn folder(bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.parquet"), bytes).unwrap();
    folder
}

/// What `inspect` finds in `log.parquet`.
fn found(folder: &tempfile::TempDir) -> Vec<Wanted> {
    columns(&folder.path().join("log.parquet")).unwrap().0
}

/// The blocks of `log.parquet`.
fn read(folder: &tempfile::TempDir, wanted: Vec<Wanted>, rows: usize) -> Result<Vec<Block>, String> {
    let source = Source { files: Some("log.parquet".into()), ..Source::default() };
    let blocks = Blocks::open(&source, folder.path(), wanted, rows).unwrap();
    blocks.collect::<Result<_, _>>().map_err(|e| e.to_string())
}

fn wanted(name: &str, list: bool) -> Wanted {
    if list { Wanted::lists(name, crate::source::Blanks::DroppedAtEnd) } else { Wanted::single(name) }
}

/// A column's kind, and its cells: `-` for what is missing, lists in brackets.
fn shown(column: &Column) -> String {
    fn cell(column: &Column, i: usize) -> String {
        let text = match column {
            Column::Text(texts) => texts.get(i).map(|text| format!("{text:?}")),
            Column::Int(ints) => ints.get(i).map(|x| x.to_string()),
            Column::Float(floats) => floats.get(i).map(|x| format!("{x:?}")),
            Column::Float32(floats) => floats.get(i).map(|x| format!("{x:?}")),
            Column::Bool(truths) => truths.get(i).map(|x| x.to_string()),
            Column::Decimal(decimals) => decimals.get(i).map(|x| x.to_string()),
            Column::Time(_, times) => times.get(i).map(|x| x.to_string()),
            Column::List(lists) => {
                let cells = lists.range(i).map(|at| cell(lists.values(), at));
                Some(format!("[{}]", cells.collect::<Vec<_>>().join(" ")))
            }
        };
        text.unwrap_or("-".into())
    }
    fn kind(column: &Column) -> &str {
        match column {
            Column::Text(_) => "text",
            Column::Int(_) => "int",
            Column::Float(_) => "float",
            Column::Float32(_) => "float32",
            Column::Bool(_) => "bool",
            Column::Decimal(_) => "decimal",
            Column::Time(TimeUnit::Days, _) => "days",
            Column::Time(TimeUnit::Milliseconds, _) => "ms",
            Column::Time(TimeUnit::Microseconds, _) => "us",
            Column::Time(TimeUnit::Nanoseconds, _) => "ns",
            Column::List(lists) => kind(lists.values()),
        }
    }
    let cells: Vec<_> = (0..column.len()).map(|i| cell(column, i)).collect();
    format!("{} {}", kind(column), cells.join(" "))
}

/// A file's rows, as the Parquet crate's own reader has them.
pub(crate) fn records(path: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    reader.into_iter().map(Result::unwrap).collect()
}
