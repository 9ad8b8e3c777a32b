//! What may be a mistake is told.

use super::*;

/// Rows whose label and history are `of` the row's number; the candidate is `i` and the number modulo 17.
fn rows(of: impl Fn(usize) -> (u8, String)) -> String {
    let mut text = String::from("clicked,user,time,item,seen\n");
    for i in 0..400 {
        let (label, seen) = of(i);
        writeln!(text, "{label},u{},{},i{},{seen}", i % 23, 1_700_000_000 + i, i % 17).unwrap();
    }
    text
}

/// A click on every other row, and two other events before it.
fn ordinary(i: usize) -> (u8, String) {
    ((i / 17 % 2) as u8, format!("i{}|i{}", (i + 3) % 17, (i + 5) % 17))
}

fn doubts(schema: &str, text: &str) -> Vec<String> {
    let (_folder, path) = folder(schema, &[("log.csv", text)]);
    Impressions::open(&path, &options()).unwrap().0.doubts()
}

fn only(doubts: &[String], expected: &str) {
    assert!(doubts.len() == 1 && doubts[0].contains(expected), "{doubts:?}");
}

#[test]
fn nothing_is_said_of_an_ordinary_log() {
    assert_eq!(doubts(LONG, &rows(ordinary)), [""; 0]);
}

#[test]
fn a_label_that_never_changes_is_told() {
    only(
        &doubts(LONG, &rows(|i| (1, ordinary(i).1))),
        "every one of the 400 rows that trains has the label 1",
    );
    let schema = format!("split = {{ by = 'time', test_from = 1700000350 }}\n{LONG}");
    let late = rows(|i| if i < 350 { ordinary(i) } else { (0, String::new()) });
    only(&doubts(&schema, &late), "every one of the 50 rows that tests has the label 0: an AUC cannot");
}

#[test]
fn a_history_that_gives_the_answer_away_is_told() {
    let leak = |i: usize| {
        let (label, seen) = ordinary(i);
        (label, if label == 1 { format!("{seen}|i{}", i % 17) } else { seen })
    };
    let expected = "latest event of its own history in 100 % of the rows with label 1, and in 0 % of those";
    only(&doubts(LONG, &rows(leak)), expected);
    // The latest event may stand first, after padding.
    let schema = LONG.replace(
        "columns = [\"seen\"] }",
        "columns = [\"seen\"], order = \"latest_first\", padding = \"0\" }",
    );
    let first = |i: usize| {
        let (label, seen) = ordinary(i);
        (label, if label == 1 { format!("0|i{}|{seen}", i % 17) } else { format!("0|{seen}") })
    };
    only(&doubts(&schema, &rows(first)), expected);
    // Of a user who does the same again and again it says nothing.
    let again = |i: usize| (ordinary(i).0, format!("i{}", i % 17));
    assert_eq!(doubts(LONG, &rows(again)), [""; 0]);
}

#[test]
fn histories_of_other_ids_than_the_candidates_are_told() {
    let other = rows(|i| (ordinary(i).0, format!("x{}|x{}", i % 17, (i + 1) % 17)));
    only(&doubts(LONG, &other), "`item`: 0.0 % of the ids in histories are ever a candidate");
    // Those of one value are the same however they are written.
    let (header, rows) = other.split_once('\n').unwrap();
    let numbers = rows.replace(",i", ",").replace('x', "").replace('|', ".0|");
    assert_eq!(doubts(LONG, &format!("{header}\n{numbers}")), [""; 0]);
}

#[test]
fn a_column_of_as_many_ids_as_rows_is_told() {
    let schema = LONG.replace("item = {", "row = { kind = \"sparse\" }\nitem = {");
    let text: String = rows(ordinary).lines().enumerate().fold(String::new(), |text, (i, line)| {
        text + line + &if i == 0 { ",row\n".into() } else { format!(",{i}\n") }
    });
    only(&doubts(&schema, &text), "`row`: 400 ids in 400 rows, so that hardly one is seen again");
}

#[test]
fn a_split_that_holds_nothing_out_is_refused() {
    for (split, expected) in [
        (
            "by = 'time', validation_from = 1700000200000, test_from = 1700000300000",
            "no row that validates: times run from 1700000000 (2023-11-14T22:13:20Z) to \
             1700000399 (2023-11-14T22:19:59Z); expected a cut between them",
        ),
        ("by = 'time', validation_from = 1700000100, test_from = 1700000400", "no row that tests: times run"),
        ("by = 'time', test_from = 2023-11-15", "no row that tests: times run"),
        ("by = 'group', validation = 0.0001", "no row that validates, of 400 rows; expected a share"),
    ] {
        let schema = format!("split = {{ {split} }}\n{LONG}");
        let (_folder, path) = folder(&schema, &[("log.csv", &rows(ordinary))]);
        let message = failure(&path, &options());
        assert!(message.contains("`[split]`") && message.contains(expected), "{message}");
    }
}

#[test]
fn padding_that_nobody_declares_is_told() {
    let padded = rows(|i| {
        let real = (0..1 + i % 6).map(|k| format!("i{}", (i + 3 * k + 1) % 17));
        let list: Vec<_> = real.chain(std::iter::repeat_n("0".into(), 5 - i % 6)).collect();
        (ordinary(i).0, list.join("|"))
    });
    only(&doubts(LONG, &padded), "`seen`: `0` ends 3");
    let schema = LONG.replace("columns = [\"seen\"] }", "columns = [\"seen\"], padding = \"0\" }");
    assert_ne!(schema, LONG);
    assert_eq!(doubts(&schema, &padded), [""; 0]);
}

#[test]
fn a_column_that_is_known_after_the_label_is_told() {
    let schema = LONG.replace("item = {", "dwell = { kind = \"dense\", default = 0 }\nitem = {");
    let with = |dwell: &dyn Fn(usize) -> String| -> String {
        let text = rows(ordinary);
        let line = |(i, line): (usize, &str)| match i {
            0 => format!("{line},dwell\n"),
            _ => format!("{line},{}\n", dwell(i - 1)),
        };
        text.lines().enumerate().map(line).collect()
    };
    let clicked = |i: usize| ordinary(i).0 == 1;
    let missing = with(&|i| if clicked(i) { (i % 50).to_string() } else { String::new() });
    only(&doubts(&schema, &missing), "`dwell` is missing in 100 % of the rows with label 0 and in 0 %");
    let telling = with(&|i| (i % 50 + if clicked(i) { 50 } else { 0 }).to_string());
    only(&doubts(&schema, &telling), "`dwell` alone tells the label (AUC 1.000)");
    assert_eq!(doubts(&schema, &with(&|i| (i * 7919 % 50).to_string())), [""; 0]);
}

#[test]
fn rows_that_stand_twice_and_times_of_two_units_are_told() {
    let text = rows(ordinary);
    let again: String = text.lines().skip(1).take(100).fold(String::new(), |all, line| all + line + "\n");
    only(&doubts(LONG, &format!("{text}{again}")), "20.0 % of the training rows were there before");
    let mixed = text.replace(",1700000007,", ",1700000007000,");
    assert_ne!(mixed, text);
    only(&doubts(LONG, &mixed), "1 of 400 times are no seconds since 1970 as the rest are");
}
