//! Rows of every dialect, none lost.

use std::fs;

use super::*;
use crate::schema::CsvOptions;
use crate::source::Blocks;
use crate::source::builder::BLOCK_BYTES;
use crate::source::tests::cells;

const LOG: &str = "label,user,seen,title\n1,ann,3|1,plain\n0,bob,,other\n0,ann,7,third\n";

/// Every row: its place and its cells, or what is wrong with it.
fn read(name: &str, text: &[u8], csv: &str) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    let csv: CsvOptions = toml::from_str(csv).unwrap();
    let source = Source { files: Some(name.into()), csv, ..Source::default() };
    let wanted = vec![
        Wanted::single("label"),
        Wanted::single("user"),
        Wanted::lists("seen", crate::source::Blanks::Dropped),
    ];
    let mut rows = vec![];
    for block in Blocks::open(&source, folder.path(), wanted, 2).map_err(|e| e.to_string())? {
        let block = block.map_err(|e| e.to_string())?;
        rows.extend((0..block.rows).map(|row| match block.fault(row) {
            Some(fault) => fault.to_string().split_once("log.").unwrap().1.to_owned(),
            None => cells(&block, row),
        }));
    }
    Ok(rows)
}

#[test]
fn every_end_of_a_line_has_the_lines_number() {
    for end in ["\n", "\r\n", "\r"] {
        let text = LOG.replace('\n', end);
        let rows = read("log.csv", text.as_bytes(), "").unwrap();
        assert_eq!(rows, ["line 2 1 ann [3 1]", "line 3 0 bob []", "line 4 0 ann [7]"], "{end:?}");
        let cut = text.trim_end();
        assert_eq!(read("log.csv", cut.as_bytes(), "").unwrap(), rows, "{end:?}");
        let marked = format!("\u{feff}{text}");
        assert_eq!(read("log.csv", marked.as_bytes(), "").unwrap(), rows, "{end:?}");
    }
}

#[test]
fn every_dialect_gives_the_same_rows() {
    let expected = read("log.csv", LOG.as_bytes(), "").unwrap();
    let body = LOG.split_once('\n').unwrap().1;
    for (name, text, csv) in [
        ("log.csv", LOG.replace(',', ";"), "delimiter = \";\""),
        ("log.csv", LOG.replace(',', "\u{1}"), "delimiter = \"\\u0001\""),
        ("log.tsv", LOG.replace(',', "\t").replace("plain", "\"plain"), ""),
        ("log.csv", LOG.replace("plain", "\"pl,ain\""), ""),
        ("log.csv", LOG.replace("plain", "\"pl\nai\nn\"").replace("line", ""), ""),
        ("log.csv", LOG.replace("plain", "'pl,ain'"), "quote = \"'\""),
        ("log.csv", LOG.replace("plain", "pl\\,a\"in"), "escape = \"\\\\\""),
        ("log.csv", LOG.replace("3|1", "3::1"), "separator = \"::\""),
        ("log.csv", LOG.replace("3|1", "\"[3, 1]\""), ""),
        ("log.csv", LOG.replace(",bob,,", ",bob,\\N,"), "null = [\"\\\\N\"]"),
    ] {
        let rows = read(name, text.as_bytes(), csv).unwrap();
        let moved = |row: &String| row.split_once(' ').unwrap().1.split_once(' ').unwrap().1.to_owned();
        assert_eq!(
            rows.iter().map(moved).collect::<Vec<_>>(),
            expected.iter().map(moved).collect::<Vec<_>>(),
            "{csv} {text}"
        );
    }
    let named = "header = false\nnames = [\"label\", \"user\", \"seen\", \"title\"]";
    let rows = read("log.csv", body.as_bytes(), named).unwrap();
    assert_eq!(rows, ["line 1 1 ann [3 1]", "line 2 0 bob []", "line 3 0 ann [7]"]);
    let rows = read("log.csv", format!("# made today\n{LOG}#end\n").as_bytes(), "comment = \"#\"").unwrap();
    assert_eq!(rows[0], "line 3 1 ann [3 1]");
    assert_eq!(rows.len(), 3);
}

/// A log of `rows` rows, one of which has another title.
fn titled(rows: usize, at: &[(usize, &str)], delimiter: &str) -> String {
    let mut text = ["label", "user", "seen", "title"].join(delimiter) + "\n";
    for row in 0..rows {
        let title = at.iter().find(|(i, _)| *i == row).map_or("plain", |(_, title)| *title);
        text += &(["1", &format!("u{row}"), "3|1", title].join(delimiter) + "\n");
    }
    text
}

#[test]
fn a_stray_quote_costs_its_own_row_alone() {
    for (at, expected) in [
        // Nothing closes it.
        (&[(7, "\"never")][..], "csv: line 9: no \" that closes a field"),
        // Another one does, which begins a field.
        (&[(7, "\"never"), (30, "\"again")], "csv: line 9: text after the \" that closes a field"),
        // Another one does, which ends a field.
        (
            &[(7, "\"never"), (30, "at last\"")],
            "csv: line 9: a field in \" goes on for 23 lines that look like",
        ),
    ] {
        let rows = read("log.csv", titled(50, at, ",").as_bytes(), "").unwrap();
        assert_eq!(rows.len(), 50, "{at:?}");
        assert!(rows[7].contains(expected) && rows[7].contains("`quote = \"\"`"), "{}", rows[7]);
        let broken = if at.iter().any(|(_, title)| *title == "\"again") { 2 } else { 1 };
        assert_eq!(rows.iter().filter(|row| !row.contains("1 u")).count(), broken, "{at:?}");
        let rows = read("log.csv", titled(50, at, ",").as_bytes(), "quote = \"\"").unwrap();
        assert!(rows.iter().all(|row| row.contains("1 u")) && rows.len() == 50, "{at:?}");
        let rows = read("log.tsv", titled(50, at, "\t").as_bytes(), "").unwrap();
        assert!(rows.iter().all(|row| row.contains("1 u")) && rows.len() == 50, "{at:?}");
    }
}

/// A quoted field whose further lines all have the delimiters of a row: swallowed rows, or a list.
#[test]
fn one_line_like_a_row_is_part_of_a_field_where_the_quote_is_stated() {
    let others: Vec<String> = (0..10).map(|i| format!("other{i}")).collect();
    let (header, none) = (others.join(","), ",".repeat(10));
    for (lines, csv, is_wrong) in
        [(1, "", true), (1, "quote = '\"'", false), (2, "", true), (2, "quote = '\"'", true)]
    {
        let further = format!("{}{}", format!("{}\n", ",".repeat(13)).repeat(lines - 1), ",".repeat(3));
        let text = format!(
            "label,user,seen,title,{header}\n1,ann,3,\"{}\n{further}\"{none}\n0,bob,,plain{none}\n",
            ",".repeat(10)
        );
        let rows = read("log.csv", text.as_bytes(), csv).unwrap();
        assert_eq!(rows[0].contains("lines that look like rows"), is_wrong, "{lines} {csv} {}", rows[0]);
        assert_eq!(rows[0].contains("if it is right"), is_wrong && csv.is_empty(), "{}", rows[0]);
        assert!(rows.last().unwrap().contains("0 bob"), "{rows:?}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let long = format!("{LOG}0,{},,\n", "x".repeat(200));
    let unequal = format!("{LOG}0,a\n");
    let latin = [LOG.as_bytes(), b"0,caf\xe9,,\n"].concat();
    for (text, csv, expected) in [
        (long.as_bytes(), "max_line = 100", "log.csv: line 5: more than 100 bytes without the end of a line"),
        (unequal.as_bytes(), "", "csv: line 5: 2 fields; expected 4, as in the header"),
        (&latin, "", "csv: line 5: a byte 0xE9 that is no UTF-8, the 6th of the row; expected text in UTF-8"),
        (b"label,user,seen,user\n1,a,b,c\n", "", "two columns `user`, the 2th and another"),
        (b"label,user,seen\n1,a,NULL\n", "", "csv: line 2: `seen`: `NULL`; expected a list of ids, or `null"),
        (
            b"# by hand\nlabel,user,seen\n",
            "",
            "line 1: one field, which begins with `#`; expected a header line",
        ),
        (b"1,2,3\n", "header = false\nnames = [\"label\"]", "line 1: 3 fields; expected 1, as in `names`"),
    ] {
        let message = match read("log.csv", text, csv) {
            Ok(rows) => rows.last().unwrap().clone(),
            Err(message) => message,
        };
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn blocks_end_by_their_bytes_too() {
    let wide = "x".repeat(BLOCK_BYTES / 2);
    let folder = tempfile::tempdir().unwrap();
    let text = format!("label,user\n1,{wide}\n1,{wide}\n1,{wide}\n");
    fs::write(folder.path().join("log.csv"), text).unwrap();
    let source = Source { files: Some("log.csv".into()), ..Source::default() };
    let blocks = Blocks::open(&source, folder.path(), vec![Wanted::single("user")], 100).unwrap();
    assert_eq!(blocks.map(|block| block.unwrap().rows).collect::<Vec<_>>(), [2, 1]);
}
