//! What is wrong with rows and files.

use super::*;

#[test]
fn what_is_wrong_with_a_row_is_told() {
    let change = |from: &str, to: &str| {
        assert!(ROWS.contains(from));
        folder(SCHEMA, &[("log.csv", &ROWS.replacen(from, to, 1))])
    };
    for (from, to, expected) in [
        (
            "1,bob",
            "2,bob",
            "log.csv, line 5, `clicked`: found 2; expected a number from 0 to 1, or true or false",
        ),
        (
            "1,bob",
            ",bob",
            "log.csv, line 5, `clicked`: found nothing; expected a number from 0 to 1, or true or false",
        ),
        (
            "1,bob",
            "yes,bob",
            "log.csv, line 5, `clicked`: found `yes`; expected a number from 0 to 1, or true or false",
        ),
        ("1,bob", "1,", "log.csv, line 5, `user`: found nothing; expected an id"),
        ("7,3.0", "7,x", "log.csv, line 3, `price`: found `x`; expected a finite number"),
        (
            "7,3.0",
            "7,",
            "log.csv, line 3, `price`: found nothing; expected a number, or a `default` in the schema",
        ),
        ("7,3.0", "7,3.0,4", "log.csv: line 3: 11 fields; expected 10, as in the header"),
        (
            "i2|i3,c2|c1,t1|t2",
            "i2|i3,c2,t1",
            "line 2, `seen_categories`: found 1 ids beside 2 in its sibling; expected lists of one length",
        ),
    ] {
        let (_folder, path) = change(from, to);
        let found = failure(&path, &options());
        assert!(found.ends_with(expected), "{found}");
        // The same row is left out and counted instead, by every reading.
        let skip = options().with_on_error(OnError::Skip);
        let (log, skipped) = Impressions::open(&path, &skip).unwrap();
        assert_eq!(skipped.rows, 1, "{expected}");
        assert!(skipped.first[0].ends_with(expected));
        let rows: usize = batches(&log.epoch(1, 0)).iter().map(|b| b.targets.len()).sum();
        assert_eq!((rows, log.epoch(1, 0).targets()), (3, Some(3)));
    }
}

#[test]
fn bytes_that_are_no_text_are_a_row_s_fault() {
    let (folder, path) = folder(SCHEMA, &[("log.csv", ROWS)]);
    let mut bytes = ROWS.as_bytes().to_vec();
    let at = ROWS.find("i9,c9").unwrap();
    bytes[at] = 0xff;
    fs::write(folder.path().join("log.csv"), bytes).unwrap();
    let message = failure(&path, &options());
    assert!(message.contains("log.csv: line 4: ") && message.contains("0xFF that is no UTF-8"), "{message}");
    let skip = options().with_on_error(OnError::Skip);
    let (log, skipped) = Impressions::open(&path, &skip).unwrap();
    assert_eq!((skipped.rows, log.epoch(1, 0).targets()), (1, Some(3)));
}

#[test]
fn held_out_rows_are_checked_before_training() {
    let split = "[split]\nby = \"group\"\ntest = 0.5\n";
    let files = "[test]\nfiles = \"test.csv\"\n";
    let wrong = ROWS.replace(",1.0,", ",free,");
    let (_apart, path) = folder(
        &SCHEMA.replacen("[columns]", &format!("{files}\n[columns]"), 1),
        &[("log.csv", ROWS), ("test.csv", &wrong)],
    );
    assert!(
        failure(&path, &options())
            .ends_with("test.csv, line 2, `price`: found `free`; expected a finite number")
    );
    // Whoever is held out: each of the two users has such a row.
    for user in ["ann", "bob"] {
        let rows: String = ROWS
            .lines()
            .map(
                |line| if line.contains(user) { line.replace(",1.0,", ",free,") } else { line.into() } + "\n",
            )
            .collect();
        let (_folder, path) =
            folder(&SCHEMA.replacen("[columns]", &format!("{split}\n[columns]"), 1), &[("log.csv", &rows)]);
        assert!(failure(&path, &options()).contains("`price`: found `free`"));
    }
}

#[test]
fn a_file_that_is_empty_or_lacks_a_column_is_told() {
    let (_folder, path) = folder(SCHEMA, &[("log.csv", "")]);
    assert!(failure(&path, &options()).contains("log.csv"));
    let (_folder, path) = folder(SCHEMA, &[("log.csv", ROWS.lines().next().unwrap())]);
    assert!(failure(&path, &options()).contains("log.csv (0 rows): found no rows"));
    let (_folder, path) = folder(SCHEMA, &[("log.csv", &ROWS.replace("price", "cost"))]);
    assert!(failure(&path, &options()).contains("no column `price`, which is wanted"));
    let (_folder, path) = folder(SCHEMA, &[]);
    assert!(failure(&path, &options()).contains("no such file"));
}

#[test]
fn a_file_that_was_cut_off_is_told() {
    let options = options();
    let (folder, path) = folder(&LONG.replace("*.csv", "log.csv.gz"), &[]);
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    gzip.write_all(long(3000).as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap();
    fs::write(folder.path().join("log.csv.gz"), &bytes[..bytes.len() / 2]).unwrap();
    let found = failure(&path, &options);
    assert!(found.contains("log.csv.gz") && !found.contains("no row"), "{found}");
}
