//! Parquet beside CSV, in and out.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::file::properties::WriterProperties;
use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int64Type};
use arrow_array::{ArrayRef, Float32Array, RecordBatch, RecordBatchReader, StringArray, UInt8Array};

use super::*;
use crate::impressions::Predictions;
use crate::schema::Source;

/// The rows of [`long`] as Parquet, in row groups of 100.
fn long_parquet(rows: usize) -> Vec<u8> {
    let text = long(rows);
    let fields: Vec<Vec<&str>> = text.lines().skip(1).map(|l| l.split(',').collect()).collect();
    let mut seen = ListBuilder::new(StringBuilder::new());
    for row in &fields {
        row[4].split('|').filter(|t| !t.is_empty()).for_each(|token| seen.values().append_value(token));
        seen.append(true);
    }
    let number = |i: usize| fields.iter().map(|row| row[i].parse().unwrap()).collect::<Vec<u8>>();
    let texts = |i: usize| StringArray::from_iter_values(fields.iter().map(|row| row[i]));
    let columns: [(&str, ArrayRef); 5] = [
        ("seen", Arc::new(seen.finish())),
        ("clicked", Arc::new(UInt8Array::from(number(0)))),
        ("user", Arc::new(texts(1))),
        ("item", Arc::new(texts(3))),
        ("time", Arc::new(UInt8Array::from(number(2)))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    let mut writer = ArrowWriter::try_new(vec![], batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn every_format_gives_the_same_batches() {
    let schema = format!("split = {{ by = 'group', validation = 0.2 }}\n{LONG}");
    let (folder, csv) = folder(&schema, &[("log.csv", &long(400))]);
    fs::write(folder.path().join("log.parquet"), long_parquet(400)).unwrap();
    let parquet = folder.path().join("parquet.toml");
    fs::write(&parquet, schema.replace("*.csv", "log.parquet")).unwrap();
    let options = DataOptions { batch_size: 32, shuffle: 128, ..DataOptions::default() };
    let [csv, parquet] = [csv, parquet].map(|path| Impressions::open(&path, &options).unwrap().0);
    assert_eq!(csv.vocabularies(), parquet.vocabularies());
    for epoch in 0..2 {
        assert_eq!(batches(&csv.epoch(7, epoch)), batches(&parquet.epoch(7, epoch)));
    }
    assert_eq!(batches(&csv.validation()), batches(&parquet.validation()));
}

#[test]
fn a_file_that_was_cut_off_is_told() {
    let bytes = long_parquet(300);
    let (folder, path) = folder(&LONG.replace("*.csv", "log.parquet"), &[]);
    fs::write(folder.path().join("log.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    let found = failure(&path, &options());
    assert!(found.contains("log.parquet") && found.ends_with("expected a whole Parquet file"), "{found}");
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn read(path: &Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap();
    let mut batches = reader.build().unwrap();
    let schema = batches.schema();
    let batch = batches.next().map_or_else(|| RecordBatch::new_empty(schema), Result::unwrap);
    assert!(batches.next().is_none());
    batch
}

#[test]
fn predictions_keep_columns_as_they_were_read() {
    let (folder, path) = folder(LONG, &[("log.csv", &long(30))]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let mut seen = ListBuilder::new(StringBuilder::new());
    (0..3).for_each(|_| seen.append(true));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("user", Arc::new(StringArray::from(vec![Some("ann"), None, Some("bob")]))),
        ("item", Arc::new(UInt8Array::from(vec![1, 2, 3]))),
        ("seen", Arc::new(seen.finish())),
        ("price", Arc::new(Float32Array::from(vec![Some(0.5), Some(2.0), None]))),
    ];
    write(&folder.path().join("new.parquet"), columns);
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
    let found = read(&out);
    let names: Vec<_> = found.schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["price", "user", "item", "score"]);
    let [price, user, item, score] = found.columns() else { panic!("{found:?}") };
    let price: Vec<_> = price.as_primitive::<Float64Type>().iter().collect();
    assert_eq!(price, [Some(0.5), Some(2.0), None]);
    let user: Vec<_> = user.as_string::<i32>().iter().collect();
    assert_eq!(user, [Some("ann"), None, Some("bob")]);
    assert_eq!(item.as_primitive::<Int64Type>().values(), &[1, 2, 3]);
    let score: Vec<_> = score.as_primitive::<Float32Type>().iter().collect();
    assert_eq!(score, [Some(0.25), None, Some(0.75)]);

    // Of no row the columns are there nevertheless.
    Predictions::create(&out, &keep).unwrap().finish().unwrap();
    assert_eq!((read(&out).num_rows(), read(&out).num_columns()), (0, 4));
}
