//! Parquet beside CSV, in and out.

use std::fs::File;

use ::parquet::record::{Field as Cell, Row};

use super::*;
use crate::impressions::Predictions;
use crate::schema::Source;
use crate::source::{CellType, Column, Field, Primitive, TableWriter, TextColumn, TextLists, records};

/// The rows of [`long`] as Parquet.
fn long_parquet(path: &Path, rows: usize) {
    let text = long(rows);
    let fields: Vec<Vec<&str>> = text.lines().skip(1).map(|l| l.split(',').collect()).collect();
    let mut seen = TextLists::default();
    for row in &fields {
        seen.push(row[4].split('|').filter(|token| !token.is_empty()));
    }
    let number = |i: usize| fields.iter().map(|row| row[i].parse().ok()).collect::<Primitive<i64>>();
    let texts = |i: usize| fields.iter().map(|row| Some(row[i])).collect::<TextColumn>();
    let columns = [
        ("seen", CellType::Texts, seen.into()),
        ("clicked", CellType::UInt8, number(0).into()),
        ("user", CellType::Text, texts(1).into()),
        ("item", CellType::Text, texts(3).into()),
        ("time", CellType::UInt8, number(2).into()),
    ];
    let fields = columns.iter().map(|(name, cells, _)| Field::new(*name, *cells)).collect();
    write(path, fields, columns.map(|(.., column)| column).to_vec());
}

pub(super) fn write(path: &Path, fields: Vec<Field>, columns: Vec<Column>) {
    let mut writer = TableWriter::new(File::create(path).unwrap(), fields).unwrap();
    writer.write(columns).unwrap();
    writer.finish().unwrap();
}

#[test]
fn every_format_gives_the_same_batches() {
    let schema = format!("split = {{ by = 'group', validation = 0.2 }}\n{LONG}");
    let (folder, csv) = folder(&schema, &[("log.csv", &long(400))]);
    long_parquet(&folder.path().join("log.parquet"), 400);
    let parquet = folder.path().join("parquet.toml");
    fs::write(&parquet, schema.replace("*.csv", "log.parquet")).unwrap();
    let options = DataOptions::default().with_batch_size(32).with_shuffle(128);
    let [csv, parquet] = [csv, parquet].map(|path| Impressions::open(&path, &options).unwrap().0);
    assert_eq!(csv.vocabularies(), parquet.vocabularies());
    for epoch in 0..2 {
        assert_eq!(batches(&csv.epoch(7, epoch)), batches(&parquet.epoch(7, epoch)));
    }
    assert_eq!(batches(&csv.validation()), batches(&parquet.validation()));
}

#[test]
fn a_file_that_was_cut_off_is_told() {
    let (folder, path) = folder(&LONG.replace("*.csv", "log.parquet"), &[]);
    let log = folder.path().join("log.parquet");
    long_parquet(&log, 300);
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() / 2]).unwrap();
    let found = failure(&path, &options());
    assert!(found.contains("log.parquet") && found.ends_with("expected a whole Parquet file"), "{found}");
}

/// The names of a row's cells, and the cells.
fn cells(row: &Row) -> (Vec<&str>, Vec<&Cell>) {
    row.get_column_iter().map(|(name, cell)| (name.as_str(), cell)).unzip()
}

#[test]
fn predictions_keep_columns_as_they_were_read() {
    let (folder, path) = folder(LONG, &[("log.csv", &long(30))]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let mut seen = TextLists::default();
    (0..3).for_each(|_| seen.push([]));
    let user = [Some("ann"), None, Some("bob")].into_iter().collect::<TextColumn>();
    let item = [1, 2, 3].map(Some).into_iter().collect::<Primitive<i64>>();
    let price = [Some(0.5), Some(2.0), None].into_iter().collect::<Primitive<f64>>();
    let columns = vec![user.into(), item.into(), seen.into(), price.into()];
    let fields = vec![
        Field::like("user", &columns[0]),
        Field::new("item", CellType::UInt8),
        Field::new("seen", CellType::Texts),
        Field { cells: CellType::Float32, ..Field::like("price", &columns[3]) },
    ];
    write(&folder.path().join("new.parquet"), fields, columns);
    let source = Source { files: Some("new.parquet".into()), ..Source::default() };
    let out = folder.path().join("scores.parquet");
    let keep = ["price", "user", "item"].map(String::from);
    let mut predictions = Predictions::create(&out, &keep).unwrap();
    let mut written = Ok(());
    log.prediction_batches(&source, &keep, |block| {
        written = predictions.write(&block, &[Some(0.25), None, Some(0.75)]);
        true
    })
    .unwrap();
    written.unwrap();
    assert!(!out.exists(), "it is not whole");
    predictions.finish().unwrap();
    let found = records(&out);
    let text = |text: &str| Cell::Str(text.into());
    let expected = [
        [Cell::Float(0.5), text("ann"), Cell::Long(1), Cell::Float(0.25)],
        [Cell::Float(2.0), Cell::Null, Cell::Long(2), Cell::Null],
        [Cell::Null, text("bob"), Cell::Long(3), Cell::Float(0.75)],
    ];
    assert_eq!(found.len(), 3);
    for (row, expected) in found.iter().zip(&expected) {
        assert_eq!(cells(row), (vec!["price", "user", "item", "score"], expected.iter().collect()));
    }

    // Of no row the columns are there nevertheless.
    Predictions::create(&out, &keep).unwrap().finish().unwrap();
    assert_eq!(records(&out).len(), 0);
    let columns = Source { files: Some("scores.parquet".into()), ..Source::default() };
    let columns = crate::source::columns(&columns, folder.path()).unwrap().wanted;
    let names: Vec<&str> = columns.iter().map(|wanted| wanted.name.as_str()).collect();
    assert_eq!(names, ["price", "user", "item", "score"]);
}
