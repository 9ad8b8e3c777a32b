//! The same rows from every form of CSV, and what is wrong with a file.

use std::fs;
use std::io::Write;

use super::*;

pub(super) const CSV: &str = "label,user,seen,price\n1,ann,3|1,2.5\n0,bob,,\n0,ann,7,-1\n";

fn wanted() -> Vec<Wanted> {
    [("user", false), ("label", false), ("seen", true), ("price", false)]
        .map(|(name, list)| if list { Wanted::lists(name, Blanks::Dropped) } else { Wanted::single(name) })
        .to_vec()
}

/// A row's place and its cells as texts; lists in brackets.
pub(super) fn cells(block: &Block, row: usize) -> String {
    let mut buffer = String::new();
    let mut text = block.place(row);
    for column in &block.columns {
        text.push(' ');
        text.push_str(&cell(column, row, &mut buffer));
    }
    text
}

fn cell(column: &Column, i: usize, buffer: &mut String) -> String {
    match column {
        Column::List(lists) => {
            let cells = lists.range(i).map(|i| cell(lists.values(), i, buffer));
            format!("[{}]", cells.collect::<Vec<_>>().join(" "))
        }
        _ => Cells::of(column).token(i, TextForm::Typed, buffer).unwrap_or("-").to_owned(),
    }
}

/// Every row of a source.
pub(super) fn rows(folder: &Path, files: &str, block_rows: usize) -> Result<Vec<String>, String> {
    let source = Source { files: Some(files.into()), ..Source::default() };
    let mut rows = vec![];
    for block in Blocks::open(&source, folder, wanted(), block_rows).map_err(|e| e.to_string())? {
        let block = block.map_err(|e| e.to_string())?;
        assert!(block.rows <= block_rows);
        rows.extend((0..block.rows).map(|row| cells(&block, row)));
    }
    Ok(rows)
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_form_of_csv_gives_the_same_cells() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("log.csv", CSV.as_bytes());
    write("log.csv.gz", &gzip(CSV));
    #[cfg(feature = "zstd")]
    write("log.csv.zst", &zstd::encode_all(CSV.as_bytes(), 1).unwrap());
    write("log.tsv", CSV.replace(',', "\t").as_bytes());
    let typed = CSV.replace(',', "\t").replace('|', " ").replacen("user", "user:token", 1);
    write("log.inter", typed.replacen("seen", "seen:token_seq", 1).as_bytes());
    let expected = ["ann 1 [3 1] 2.5", "bob 0 [] -", "ann 0 [7] -1"];
    let zst = cfg!(feature = "zstd").then_some("log.csv.zst");
    for name in ["log.csv", "log.csv.gz", "log.tsv", "log.inter"].into_iter().chain(zst) {
        let lines: Vec<String> =
            expected.iter().enumerate().map(|(i, row)| format!("line {} {row}", i + 2)).collect();
        for block_rows in [1, 2, 100] {
            assert_eq!(rows(folder.path(), name, block_rows).unwrap(), lines, "{name}");
        }
    }
}

#[test]
fn a_folder_or_a_glob_is_its_files_by_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("days")).unwrap();
    for (name, user) in [("b.csv", "second"), ("a.csv", "first"), ("notes.txt", "none")] {
        fs::write(folder.path().join("days").join(name), CSV.replace("ann", user)).unwrap();
    }
    for files in ["days", "days/*.csv"] {
        let users: Vec<String> = rows(folder.path(), files, 10).unwrap();
        assert_eq!(users.len(), 6);
        assert!(users[0].starts_with("line 2 first") && users[3].starts_with("line 2 second"), "{users:?}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let zipped = gzip(&CSV.repeat(1000));
    for (name, bytes, expected) in [
        ("none.csv", None, "none.csv: no such file; expected a file, a glob"),
        ("log.txt", Some(CSV.as_bytes()), "does not tell the format; expected `format`"),
        ("empty.csv", Some(&[][..]), "an empty file; expected a header line"),
        (
            "other.csv",
            Some(b"label,user,price\n1,a,2\n"),
            "no column `seen`, which is wanted; expected it among the file's columns, which are \
             `label`, `user`, `price`",
        ),
        (
            "cut.csv.gz",
            Some(&zipped[..zipped.len() / 2]),
            "cut.csv.gz: a compressed file that is cut off after line",
        ),
    ] {
        let path = path.with_file_name(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).unwrap();
        }
        let message = rows(folder.path(), name, 10).unwrap_err();
        assert!(message.contains(expected) && message.contains(name), "{message}");
    }
}

#[test]
fn pieces_that_hold_nothing_are_left_out_or_missing() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "label,user,seen,kind\n1,a,1|2|3|,x|y|z\n1,b,1||3,x||z\n1,c,1||3,x|y|z\n1,d,1|2|,x|y|z\n1,e,||,\n";
    fs::write(folder.path().join("log.csv"), text).unwrap();
    let source = Source { files: Some("log.csv".into()), ..Source::default() };
    let read = |blanks: Blanks| {
        let wanted = vec![Wanted::lists("seen", blanks), Wanted::lists("kind", blanks)];
        let mut blocks = Blocks::open(&source, folder.path(), wanted, 9).unwrap();
        let block = blocks.next().unwrap().unwrap();
        let rows: Vec<_> = (0..block.rows).map(|row| cells(&block, row).split_off(7)).collect();
        (rows, blocks.into_report().warnings())
    };
    let (beside, warnings) = read(Blanks::WithSiblings(0));
    assert_eq!(beside, ["[1 2 3] [x y z]", "[1 3] [x z]", "[1 - 3] [x y z]", "[1 2 -] [x y z]", "[] []"]);
    assert_eq!(
        warnings,
        ["`seen`: 5 empty pieces of lists left out", "`kind`: 1 empty piece of lists left out"]
    );
    let (alone, _) = read(Blanks::Dropped);
    assert_eq!(alone, ["[1 2 3] [x y z]", "[1 3] [x z]", "[1 3] [x y z]", "[1 2] [x y z]", "[] []"]);
    let (at_end, _) = read(Blanks::DroppedAtEnd);
    assert_eq!(at_end, ["[1 2 3] [x y z]", "[1 - 3] [x - z]", "[1 - 3] [x y z]", "[1 2] [x y z]", "[] []"]);
}

#[test]
fn lists_that_never_have_two_ids_are_doubted() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source { files: Some("log.csv".into()), ..Source::default() };
    for (last, doubts) in [("1^2", 1), ("1|2", 0)] {
        let rows = "1,a,3^4^5\n".repeat(19);
        fs::write(folder.path().join("log.csv"), format!("label,user,seen\n{rows}1,b,{last}\n")).unwrap();
        let wanted = vec![Wanted::lists("seen", Blanks::Dropped)];
        let mut blocks = Blocks::open(&source, folder.path(), wanted, 7).unwrap();
        assert_eq!(blocks.by_ref().map(|block| block.unwrap().rows).sum::<usize>(), 20);
        let report = blocks.into_report();
        let warnings = report.warnings();
        assert_eq!(warnings.len(), doubts, "{warnings:?}");
        assert!(
            warnings.iter().all(|w| w.contains("none of 20 lists has more than one id, such as `3^4^5`"))
        );
        assert!(report.to_string().ends_with("log.csv (20 rows)") && report.rows() == 20, "{report}");
    }
}
