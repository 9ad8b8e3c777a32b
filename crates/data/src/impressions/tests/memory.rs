//! Rows that are in no file, beside the same rows in one.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::schema::Schema;
use crate::{InMemory, Row, RowBatch, RowBatches, RowSource, RowSources};

/// [`ROWS`], with items and ages as integers, prices as numbers, lists as lists.
fn rows(text: &str) -> Vec<Row> {
    let list =
        |field: &str| field.split('|').filter(|id| !id.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        Row::new()
            .with("clicked", fields[0] == "1")
            .with("user", fields[1])
            .with("item", fields[2])
            .with("category", fields[3])
            .with("hour", fields[4].parse::<u8>().unwrap())
            .with("price", fields[5].parse::<f64>().unwrap())
            .with("age", fields[6].parse::<i64>().ok())
            .with("seen_items", list(fields[7]))
            .with("seen_categories", fields[8])
            .with("tags", list(fields[9]))
    };
    text.lines().skip(1).map(row).collect()
}

fn schema() -> Schema {
    Schema::parse(SCHEMA, Path::new("dataset.toml")).unwrap()
}

#[test]
fn rows_in_memory_are_those_of_a_file() {
    let (_folder, path) = folder(SCHEMA, &[("log.csv", ROWS)]);
    let (file, _) = Impressions::open(&path, &options()).unwrap();
    for batches_of in [1, 3, 100] {
        let cut = rows(ROWS).chunks(batches_of).map(<[Row]>::to_vec).collect::<Vec<_>>();
        let (memory, skipped) = Impressions::from_source(&schema(), InMemory::from(cut), &options()).unwrap();
        assert_eq!(skipped.rows, 0);
        assert_eq!(memory.vocabularies(), file.vocabularies());
        assert_eq!(memory.numbers(), file.numbers());
        assert_eq!(batches(&memory.epoch(3, 1)), batches(&file.epoch(3, 1)));
        assert_eq!(memory.report().to_string(), "1 files: rows in memory (4 rows)".replace("files", "file"));
        assert_eq!(memory.doubts(), file.doubts());
    }
}

#[test]
fn rows_are_encoded_as_they_come() {
    let (memory, _) =
        Impressions::from_source(&schema(), rows(ROWS).into_iter().collect::<InMemory>(), &options())
            .unwrap();
    let epoch = batches(&memory.epoch(3, 1));
    let coming: RowBatch = rows(ROWS).into_iter().collect();
    let encoded = memory.scoring_batch(&coming).unwrap();
    assert_eq!((encoded.batch.targets.len(), encoded.skipped.rows), (4, 0));
    encoded.batch.validate(memory.features()).unwrap();
    // Each target is its row's.
    let items = memory.vocabularies().get("item").unwrap();
    for (target, &row) in encoded.rows.iter().enumerate() {
        let item = ["i1", "i2", "i9", "i3"][row as usize];
        assert_eq!(encoded.batch.targets.candidate[0][target], items.id(item));
    }
    let training = memory.training_batch(&coming, 3, 1).unwrap();
    training.batch.validate(memory.features()).unwrap();
    assert_eq!(training.batch, epoch[0], "all rows of an epoch are its only batch");
    let clicked = training.rows.iter().map(|&row| [1.0, 0.0, 0.0, 1.0][row as usize]).collect::<Vec<f32>>();
    assert_eq!(training.batch.targets.label, clicked);
    // What is not known is out of vocabulary; what cannot be encoded says why.
    let new = rows(ROWS)[0].clone().with("item", "new");
    assert_eq!(memory.scoring_batch(&vec![new].into()).unwrap().batch.targets.candidate[0], [0]);
    let wrong = vec![rows(ROWS)[0].clone(), rows(ROWS)[1].clone().with("price", "cheap")];
    let message = memory.training_batch(&wrong.into(), 1, 1).unwrap_err().to_string();
    assert!(message.contains("rows in memory, row 2, `price`: found `cheap`"), "{message}");
    let none = memory.scoring_batch(&RowBatch::default()).unwrap_err().to_string();
    assert!(none.contains("0 rows, of which none can be encoded"), "{none}");
}

#[test]
fn what_is_wrong_with_a_row_is_told_with_its_number() {
    let wrong = |change: &dyn Fn(Row) -> Row| {
        let mut rows = rows(ROWS);
        rows[2] = change(rows[2].clone());
        let source: InMemory = rows.into_iter().collect();
        Impressions::from_source(&schema(), source, &options()).unwrap_err().to_string()
    };
    let without = wrong(&|_| Row::new().with("item", 7));
    assert!(without.contains("row 3: no cell `clicked`, which is wanted"), "{without}");
    assert!(without.contains("it among the row's, which are `item`; one may be `None`"), "{without}");
    let listed = wrong(&|row| row.with("item", vec![1, 2]));
    assert!(listed.contains("row 3: `item`: a list; expected a single value"), "{listed}");
    let single = wrong(&|row| row.with("tags", 7));
    assert!(single.contains("row 3: `tags`: the single value 7; expected a list"), "{single}");
    let nested = wrong(&|row| row.with("tags", vec![vec![1]]));
    assert!(nested.contains("row 3: `tags`: a list of lists"), "{nested}");
    let both = RowSources::new(rows(ROWS).into_iter().collect::<InMemory>())
        .with_test(rows(ROWS).into_iter().collect::<InMemory>());
    let split = SCHEMA.replace("[columns]", "[split]\nby = \"group\"\ntest = 0.5\n[columns]");
    let split = Schema::parse(&split, Path::new("dataset.toml")).unwrap();
    let message = Impressions::from_source(&split, both, &options()).unwrap_err().to_string();
    assert!(message.contains("a `split` that gives test rows, and rows that test"), "{message}");
}

/// Gives its rows once alone.
struct OneShot(AtomicUsize);

impl RowSource for OneShot {
    fn name(&self) -> &str {
        "queue"
    }

    fn scan(&self) -> std::io::Result<RowBatches<'_>> {
        let first = self.0.fetch_add(1, Ordering::SeqCst) == 0;
        Ok(Box::new(first.then(|| Ok(rows(ROWS).into())).into_iter()))
    }
}

#[test]
fn a_source_that_gives_its_rows_once_is_refused_in_words() {
    let (log, _) = Impressions::from_source(&schema(), OneShot(AtomicUsize::new(0)), &options()).unwrap();
    let error = log.epoch(1, 0).for_each(0, |_| true).unwrap_err().to_string();
    assert!(error.contains("queue (0 rows): found 0 rows that train; expected 4, as in the pass"), "{error}");
}

#[test]
fn ids_of_mixed_types_are_the_same_ids() {
    let (_folder, path) = folder(
        "candidate = [\"item\"]\n[source]\nfiles = \"log.csv\"\n[columns]\nclicked = { kind = \"label\" }\n\
         item = { kind = \"sparse\" }\nseen = { kind = \"sequence\", shares = \"item\" }\n\
         [[behaviours]]\nname = \"clicks\"\ncolumns = [\"seen\"]",
        &[("log.csv", "clicked,item,seen\n1,7,8|9\n0,8,\n1,,7|18446744073709551615\n0,-3,9\n")],
    );
    let (file, _) = Impressions::open(&path, &options()).unwrap();
    let rows = vec![
        Row::new().with("clicked", 1).with("item", 7).with("seen", vec!["8", " 9"]),
        Row::new().with("clicked", 0.0).with("item", "8").with("seen", None::<Vec<i64>>),
        Row::new().with("clicked", true).with("item", None::<i64>).with("seen", vec![7, u64::MAX]),
        Row::new().with("clicked", "false").with("item", -3.0).with("seen", [9.0]),
    ];
    let source: InMemory = rows.into_iter().collect();
    let (memory, _) = Impressions::from_source(file.schema(), source, &options()).unwrap();
    assert_eq!(memory.vocabularies(), file.vocabularies());
    assert_eq!(batches(&memory.epoch(1, 0)), batches(&file.epoch(1, 0)));
}

#[cfg(feature = "arrow")]
mod arrow {
    use std::sync::Arc;

    use arrow_array::builder::{LargeListBuilder, StringBuilder};
    use arrow_array::types::Int8Type;
    use arrow_array::{
        ArrayRef, BooleanArray, DictionaryArray, Float32Array, Float64Array, RecordBatch, StringArray,
        StringViewArray, StructArray, UInt16Array,
    };
    use arrow_schema::{DataType, Field};

    use super::*;

    /// [`ROWS`]; the categories are within structs.
    fn batch() -> RecordBatch {
        let lines: Vec<Vec<&str>> = ROWS.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let column = |i: usize| lines.iter().map(move |fields| fields[i]);
        let lists = |i: usize| {
            let mut lists = LargeListBuilder::new(StringBuilder::new());
            for list in column(i) {
                list.split('|').filter(|id| !id.is_empty()).for_each(|id| lists.values().append_value(id));
                lists.append(!list.is_empty());
            }
            lists.finish()
        };
        let category: ArrayRef = Arc::new(StringArray::from_iter_values(column(3)));
        let categories = Arc::new(Field::new("category", DataType::Utf8, true));
        let columns: [(&str, ArrayRef); 10] = [
            ("clicked", Arc::new(column(0).map(|x| Some(x == "1")).collect::<BooleanArray>())),
            ("user", Arc::new(column(1).collect::<DictionaryArray<Int8Type>>())),
            ("item", Arc::new(column(2).map(Some).collect::<StringViewArray>())),
            ("of", Arc::new(StructArray::from(vec![(categories, category)]))),
            ("hour", Arc::new(column(4).map(|x| x.parse::<u16>().ok()).collect::<UInt16Array>())),
            ("price", Arc::new(column(5).map(|x| x.parse::<f64>().ok()).collect::<Float64Array>())),
            ("age", Arc::new(column(6).map(|x| x.parse::<f32>().ok()).collect::<Float32Array>())),
            ("seen_items", Arc::new(lists(7))),
            ("seen_categories", Arc::new(StringArray::from_iter_values(column(8)))),
            ("tags", Arc::new(lists(9))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn record_batches_are_the_rows_of_a_file() {
        let schema = SCHEMA.replace("category = { kind", "category = { from = \"of.category\", kind");
        let schema = Schema::parse(&schema, Path::new("dataset.toml")).unwrap();
        let (_folder, path) = folder(SCHEMA, &[("log.csv", ROWS)]);
        let (file, _) = Impressions::open(&path, &options()).unwrap();
        for cut in [vec![batch()], vec![batch().slice(0, 1), batch().slice(1, 0), batch().slice(1, 3)]] {
            let (memory, _) = Impressions::from_source(&schema, InMemory::from(cut), &options()).unwrap();
            assert_eq!(memory.vocabularies(), file.vocabularies());
            assert_eq!(memory.numbers(), file.numbers());
            assert_eq!(batches(&memory.epoch(3, 1)), batches(&file.epoch(3, 1)));
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let wrong = |from: &str, to: &str| {
            let schema = SCHEMA.replace("category = { kind", "category = { from = \"of.category\", kind");
            let schema = Schema::parse(&schema.replace(from, to), Path::new("dataset.toml")).unwrap();
            let source = InMemory::from(vec![batch()]);
            Impressions::from_source(&schema, source, &options()).unwrap_err().to_string()
        };
        let none = wrong("hour = { kind", "hour = { from = \"hours\", kind");
        assert!(none.contains("no column `hours`, which is wanted"), "{none}");
        let whole = wrong("of.category", "of");
        assert!(whole.contains("column `of`: a struct") && whole.contains("`category`"), "{whole}");
        let listed = wrong("hour = { kind", "hour = { from = \"tags\", kind");
        assert!(listed.contains("column `tags`: lists; expected single values"), "{listed}");
        let single = wrong("tags = { kind", "tags = { from = \"hour\", kind");
        assert!(single.contains("column `hour`: the type UInt16; expected lists of ids"), "{single}");
    }
}
