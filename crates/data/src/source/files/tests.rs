//! Folders, globs and single files.

use super::*;

/// Names below a folder of these files, or what is wrong.
fn listed(files: &[&str], pattern: &str, format: Option<Format>) -> Result<[Vec<String>; 2], String> {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "a\n1\n").unwrap();
    }
    let source = Source { files: Some(pattern.into()), format, ..Source::default() };
    let found = list(&source, folder.path()).map_err(|e| e.to_string())?;
    let name = |path: &PathBuf| {
        let below = path.strip_prefix(folder.path()).unwrap().to_string_lossy();
        below.strip_prefix("log/").unwrap_or(&below).to_owned()
    };
    Ok([&found.files, &found.left_out].map(|paths| paths.iter().map(name).collect()))
}

#[test]
fn a_folder_is_its_files_and_what_else_there_is_is_told() {
    let files = [
        "log/b.csv",
        "log/a.csv.GZ",
        "log/.c.csv",
        "log/._d.csv",
        "log/_SUCCESS",
        "log/_e.csv",
        "log/notes.md",
        "log/more/f.csv",
        "log/.g.crc",
    ];
    for pattern in ["log", "log/"] {
        let [found, left_out] = listed(&files, pattern, None).unwrap();
        assert_eq!(found, ["a.csv.GZ", "b.csv"]);
        assert_eq!(left_out, ["more", "notes.md"]);
    }
    let [found, left_out] = listed(&files, "log/*.csv*", None).unwrap();
    assert_eq!((found, left_out), (vec!["a.csv.GZ".to_owned(), "b.csv".into()], vec![]));
    assert_eq!(listed(&files, "log/_*.csv", None).unwrap()[0], ["_e.csv"]);
    assert_eq!(listed(&["log/a", "log/b"], "log", Some(Format::Parquet)).unwrap()[0], ["a", "b"]);
    let [found, left_out] = listed(&["log/a.parquet", "log/schema.json"], "log", None).unwrap();
    assert_eq!((found, left_out), (vec!["a.parquet".to_owned()], vec!["schema.json".to_owned()]));
    assert_eq!(listed(&["log/a.jsonl", "log/b.json"], "log", None).unwrap()[0], ["a.jsonl", "b.json"]);
    assert_eq!(listed(&["log/a.parquet", "log/b.pq"], "log", None).unwrap()[0], ["a.parquet", "b.pq"]);
}

#[test]
fn partitions_and_folders_of_writers_are_walked() {
    let files = ["log/dt=2024-01-02/h=1/a.parquet", "log/dt=2024-01-01/h=0/b.parquet", "log/_x/c.parquet"];
    let [found, _] = listed(&files, "log", None).unwrap();
    assert_eq!(found, ["dt=2024-01-01/h=0/b.parquet", "dt=2024-01-02/h=1/a.parquet"]);
    let keys = partitions(Path::new(&format!("x=3/log/{}", found[0])));
    assert_eq!(keys, [("dt".to_owned(), Some("2024-01-01".to_owned())), ("h".into(), Some("0".into()))]);
    assert_eq!(partitions(Path::new("d=__HIVE_DEFAULT_PARTITION__/a.csv")), [("d".into(), None)]);
    let files = ["day1.parquet/part-0.parquet", "day2.parquet/part-0.parquet", "day2.parquet/_SUCCESS"];
    let [found, _] = listed(&files, "day*.parquet", None).unwrap();
    assert_eq!(found, ["day1.parquet/part-0.parquet", "day2.parquet/part-0.parquet"]);
}

#[test]
fn what_is_not_clear_is_an_error() {
    for (files, expected) in [
        (&["log/a.csv", "log/b.parquet"][..], "a.csv and "),
        (&["log/a.csv", "log/a.csv.gz"], "which may hold the same"),
        (&["log/a.csv", "log/_delta_log/0.json"], "log: a table of Delta Lake"),
        (&["log/data/a.parquet", "log/metadata/v1.metadata.json"], "log: a table of Iceberg"),
        (&["log/a.csv.bz2"], "a.csv.bz2: bzip2, which is not read; expected what `bunzip2`"),
        (
            &["log/a.txt", "log/b.txt"],
            "log: no such file, but `a.txt`, `b.txt`; expected a folder with .parquet",
        ),
        (&["log/_a.csv"], "log: no such file"),
    ] {
        let message = listed(files, "log", None).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_name_that_tells_nothing_asks_for_the_format() {
    let of = |name: &str, format: Option<Format>| {
        super::format(&Source { format, ..Source::default() }, Path::new(name)).map_err(|e| e.to_string())
    };
    assert_eq!(of("log.txt", Some(Format::Csv)), Ok(Format::Csv));
    assert!(of("log.txt", None).unwrap_err().contains("expected `format` in `[source]`, or `--format`"));
    assert!(of("log.parquet.gz", Some(Format::Parquet)).unwrap_err().contains("compressed once more"));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_file_to_read_twice() {
    let files = [PathBuf::from("/dev/null")];
    assert!(check_regular(&files).unwrap_err().to_string().contains("/dev/null: not a regular file"));
}
