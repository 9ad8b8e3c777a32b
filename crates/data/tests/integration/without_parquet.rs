//! What a build without the feature `parquet` says of Parquet, and one without `zstd` of that.

use std::fs;
use std::path::Path;

use dien_data::build::SampleBuilder;
use dien_data::inspect::TableStats;
use dien_data::schema::Source;
use dien_data::{DataError, DataOptions, Impressions, Predictions, SyntheticConfig};

fn refused<T>(result: Result<T, DataError>, file: &Path, what: &str) {
    let message = result.err().expect("a refusal").to_string();
    let feature = what.to_lowercase();
    assert_eq!(
        message,
        format!(
            "{}: {what}, which this build of dien does not support; expected a build with the feature \
             `{feature}`",
            file.display()
        )
    );
}

const SCHEMA: &str = r#"
candidate = ["item"]
source = { files = "LOG" }
behaviours = [{ name = "seen", columns = ["seen"] }]

[columns]
label = { kind = "label" }
item = { kind = "sparse" }
seen = { kind = "sequence", shares = "item" }
"#;

fn read(name: &str, what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (schema, file) = (folder.path().join("dataset.toml"), folder.path().join(name));
    fs::write(&schema, SCHEMA.replace("LOG", name)).unwrap();
    fs::write(&file, "bytes that nobody reads").unwrap();
    refused(Impressions::open(&schema, &DataOptions::default()), &file, what);
    let source = Source { files: Some(name.into()), ..Source::default() };
    refused(TableStats::of(&source, folder.path(), None), &file, what);
}

#[cfg(not(feature = "zstd"))]
#[test]
fn zstd_is_refused() {
    read("log.csv.zst", "zstd");
}

#[test]
fn parquet_is_not_read() {
    read("log.parquet", "Parquet");
}

#[test]
fn parquet_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("scores.parquet"), folder.path().join("out"));
    refused(Predictions::create(&file, &[]), &file, "Parquet");
    refused(SyntheticConfig::default().write_impressions(&out, 10), &out, "Parquet");
    let log = SyntheticConfig::default().with_users(20).log().unwrap();
    refused(SampleBuilder::default().write(&log, &out), &out, "Parquet");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
}
