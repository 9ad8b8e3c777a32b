//! Logs in dialects, folders and types that were once read wrongly, where they are there: the rows of a
//! reference, or an error that says what to do.

use std::path::Path;

use dien_data::{DataOptions, Impressions, OnError};

use super::shared_cases::{folder, open, targets};

const COLUMNS: [&str; 2] = ["item", "category"];

/// How many rows a log's files have, and what may be a mistake.
fn report(schema: &Path) -> (u64, Vec<String>) {
    let log = open(schema);
    (log.report().rows(), log.report().warnings())
}

#[test]
fn rows_are_those_of_the_reference_however_they_are_written() {
    let Some(reference) = folder("reference") else { return };
    let reference = targets(&open(&reference.join("dataset.toml")), &COLUMNS);
    let parquet = [
        "pq-ext-mixed-folder",
        "pq-hidden-partial",
        "pq-macos-dotunderscore",
        "pq-hive",
        "pq-binary",
        "pq-spark-folders-glob",
        "pq-fixed-size-list",
        "pq-price-decimal32",
    ];
    let csv = [
        "csv-comma-space-list",
        "csv-empty-pieces",
        "csv-gz-upper",
        "csv-pandas-list-repr",
        "csv-pandas-list-repr-sepcomma",
        "csv-trailing-separator",
        "csv-time-float",
    ];
    for name in csv.iter().chain(parquet.iter().filter(|_| cfg!(feature = "parquet"))) {
        let schema = folder(name).unwrap().join("dataset.toml");
        assert_eq!(targets(&open(&schema), &COLUMNS), reference, "{name}");
        assert_eq!(report(&schema).0, 300, "{name}");
    }
}

#[test]
fn quotes_in_tsv_swallow_no_row() {
    let Some(quotes) = folder("tsv-quotes") else { return };
    assert_eq!(report(&quotes.join("dataset.toml")).0, 5000);
    let stray = folder("F05-stray-quote").unwrap();
    for schema in ["tsv.toml", "inter.toml"] {
        assert_eq!(report(&stray.join(schema)).0, 400, "{schema}");
    }
}

#[test]
fn a_stray_quote_costs_one_row() {
    let Some(folder) = folder("one-stray-quote") else { return };
    let options = DataOptions::default().with_shuffle(0).with_on_error(OnError::Skip);
    let (log, skipped) = Impressions::open(&folder.join("dataset.toml"), &options).unwrap();
    assert_eq!((log.report().rows(), skipped.rows), (300, 1));
    let gaps = self::folder("csv-missing-price-nan").unwrap();
    // `nan` is a number that is missing, for which the schema has a `default`.
    assert_eq!(report(&gaps.join("dataset.toml")).0, 300);
    assert!(skipped.first[0].contains("line 52: no \" that closes a field"), "{skipped:?}");
}

#[test]
fn what_may_be_a_mistake_is_told() {
    let Some(comma) = folder("csv-comma-list-no-separator-said") else { return };
    let (_, warnings) = report(&comma.join("dataset.toml"));
    assert!(warnings.iter().any(|w| w.contains("none of 263 lists has more than one id")), "{warnings:?}");
    let (_, warnings) = report(&folder("csv-folder-mixed").unwrap().join("dataset.toml"));
    assert!(warnings.iter().any(|w| w.contains("left out") && w.contains("`b.txt`")), "{warnings:?}");
}

#[test]
fn what_cannot_be_read_says_what_to_do() {
    let Some(_) = folder("reference") else { return };
    let parquet = [
        ("nested-list-panic", "lists of lists"),
        ("nested-tags-panic", "lists of lists"),
        ("F04-nested-panic", "lists of lists"),
        ("pq-dup-columns", "two columns `item`"),
        ("pq-encrypted-plain-footer", "encrypted"),
        ("pq-list-of-struct", "such as `from = \"seen_items.item\"`"),
    ];
    let csv = [
        ("one-stray-quote", "line 52: no \" that closes a field"),
        ("csv-missing-list-NULL", "`null = [\"NULL\"]`"),
        ("csv-no-header", "`header = false`"),
        ("csv-header-only", "log.csv (0 rows): found no rows"),
        ("pq-mixed-csv-parquet", "in two formats"),
        ("F15-crlf-line", "line 4, `label`: found 7"),
        ("spark-csv-backslash-comma", "`escape = '\\'`"),
    ];
    for (name, expected) in csv.iter().chain(parquet.iter().filter(|_| cfg!(feature = "parquet"))) {
        let schema = folder(name).unwrap().join("dataset.toml");
        let error = Impressions::open(&schema, &DataOptions::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
}
