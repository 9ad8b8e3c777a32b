//! Logs that were once read wrongly, where they are there: each with the rows of a reference in another form.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dien_data::schema::{Schema, Source};
use dien_data::{DataOptions, Impressions};
use dien_serving::encoding::{IdType, Vocabulary};

/// A case's folder, or none with the reason printed.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped `{name}`: no folder {}", folder.display());
    None
}

pub(crate) fn open(schema: &Path) -> Impressions {
    Impressions::open(schema, &DataOptions::default().with_shuffle(0)).unwrap().0
}

fn table<'a>(log: &'a Impressions, name: &str) -> &'a Vocabulary {
    log.vocabularies().get(name).unwrap()
}

/// Every feature of every training target, in an order that does not depend on what ids there are.
pub(crate) fn targets(log: &Impressions, columns: &[&str]) -> Vec<String> {
    let mut all = vec![];
    log.epoch(1, 0)
        .for_each(0, |batch| {
            for t in 0..batch.targets.len() {
                let token = |name: &str, id: u32| table(log, name).token(id).unwrap_or("?").to_owned();
                let h = batch.targets.history[t] as usize;
                let seen = batch.histories.offsets[h]..batch.histories.offsets[h + 1];
                let mut text = format!("{}", batch.targets.label[t]);
                for (i, name) in columns.iter().enumerate() {
                    text += &format!(" {}:", token(name, batch.targets.candidate[i][t]));
                    seen.clone().for_each(|e| {
                        text += &format!(" {}", token(name, batch.histories.ids[i][e as usize]))
                    });
                }
                all.push(text);
            }
            true
        })
        .unwrap();
    all.sort();
    all
}

#[test]
fn ids_written_in_another_way_are_those_of_the_reference() {
    let Some(reference) = folder("reference") else { return };
    let reference = open(&reference.join("dataset.toml"));
    let columns = ["item", "category"];
    assert_eq!(table(&reference, "item").id_type(), Some(IdType::Integer));
    for name in ["csv-item-float-pandas-null", "csv-spaces-around-cells-not-header"] {
        let log = open(&folder(name).unwrap().join("dataset.toml"));
        assert_eq!(log.vocabularies(), reference.vocabularies(), "{name}");
        assert_eq!(targets(&log, &columns), targets(&reference, &columns), "{name}");
    }
    let zeros = open(&folder("csv-item-leading-zeros").unwrap().join("dataset.toml"));
    assert_eq!(table(&zeros, "item").id_type(), Some(IdType::Text));
    assert_ne!(table(&zeros, "item").id("000106"), table(&zeros, "item").id("106"));
}

#[test]
fn ids_of_a_float_column_are_those_of_the_lists() {
    let Some(folder) = folder("F11-float-ids-csv") else { return };
    // By `awk -F, 'NR>1 {print $3+0; n=split($5,a,"|"); for (i=1;i<=n;i++) print a[i]}' | sort -u | wc -l`.
    assert_eq!(table(&open(&folder.join("dataset.toml")), "item").tokens().len(), 60);
}

#[cfg(feature = "parquet")]
#[test]
fn decimals_are_the_integers_that_they_are() {
    let Some(_) = folder("decimal20-ids") else { return };
    let [decimal, integer] = ["decimal20-ids", "decimal20-ids-as-int64"]
        .map(|name| open(&folder(name).unwrap().join("dataset.toml")));
    assert_eq!(decimal.vocabularies(), integer.vocabularies());
    let columns = ["item", "category"];
    assert_eq!(targets(&decimal, &columns), targets(&integer, &columns));
    assert!(table(&decimal, "item").id("9223372036854775805") > 0);
    let spark = folder("F03-decimal-ids").unwrap();
    let [decimal, integer] = ["decimal.toml", "int64.toml"].map(|name| open(&spark.join(name)));
    assert_eq!(table(&decimal, "item").tokens().len(), 100);
    assert_eq!(decimal.vocabularies(), integer.vocabularies());
}

/// What pandas makes of a Parquet file, as CSV: the same rows, the same ids.
#[cfg(feature = "parquet")]
#[test]
fn rows_are_the_same_in_parquet_and_csv() {
    for (name, column, id_type) in [
        ("parquet-then-csv-bool", "hour", IdType::Boolean),
        ("parquet-then-csv-float32", "hour", IdType::Number),
        ("parquet-then-csv-nullint", "item", IdType::Integer),
    ] {
        let Some(folder) = folder(name) else { return };
        let parquet = open(&folder.join("dataset.toml"));
        assert_eq!(table(&parquet, column).id_type(), Some(id_type), "{name}");
        // The schema beside the rows names Parquet: another, in a folder of its own, names the CSV.
        let other = tempfile::tempdir().unwrap();
        fs::copy(folder.join("log.csv"), other.path().join("log.csv")).unwrap();
        let path = other.path().join("dataset.toml");
        let mut schema = Schema::load(&folder.join("dataset.toml")).unwrap();
        schema.source = Source { files: Some("log.csv".into()), ..Source::default() };
        fs::write(&path, schema.to_toml()).unwrap();
        let csv = open(&path);
        let types: BTreeMap<_, _> = csv.vocabularies().id_types();
        assert_eq!(types, parquet.vocabularies().id_types(), "{name}");
        assert_eq!(csv.vocabularies(), parquet.vocabularies(), "{name}");
        let columns = ["item", "category"];
        assert_eq!(targets(&csv, &columns), targets(&parquet, &columns), "{name}");
    }
}
