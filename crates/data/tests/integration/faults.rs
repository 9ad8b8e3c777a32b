//! Every error of a folder says where it is, what was found, and what was expected.

use crate::support::{FILES, folder, gzip};
use dien_data::read_folder;

/// The message, without the folder's path.
fn message(changes: &[(&str, &[u8])]) -> String {
    let folder = folder(changes);
    let error = read_folder(folder.path()).expect_err("a fault").to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[track_caller]
fn check(file: &str, text: &str, expected: &str) {
    assert_eq!(message(&[(file, text.as_bytes())]), expected);
}

#[test]
fn no_folder() {
    let message = read_folder("no/such".as_ref()).unwrap_err().to_string();
    assert_eq!(message, "no/such: no such folder; expected a folder with `interactions.csv` and `items.csv`");
}

#[test]
fn missing_files() {
    let missing = |name: &str| message(&[(&format!("-{name}"), b"")]);
    assert_eq!(
        missing("interactions.csv"),
        "interactions.csv: no such file; expected `interactions.csv` or `interactions.csv.gz`"
    );
}

#[test]
fn lines_are_counted_whatever_ends_them() {
    let rows = ["user,item,timestamp,rating", "u1,a,1,5", "u1,\"b\",2,", "u1,c,x,"];
    let expected = |line| format!("interactions.csv, line {line}, `timestamp`: found `x`; expected ");
    for (end, line) in [("\n", 4), ("\r\n", 4), ("\n\n", 7), ("\r\n\r\n", 7)] {
        for last in ["", end] {
            let found = message(&[("interactions.csv", (rows.join(end) + last).as_bytes())]);
            assert!(found.starts_with(&expected(line)), "{end:?}: {found}");
        }
        let short = message(&[("interactions.csv", rows.join(end).replace(",x,", "").as_bytes())]);
        assert!(short.contains(&format!("line {line}: 2 fields; ")), "{end:?}: {short}");
    }
}

#[test]
fn a_file_that_is_there_twice() {
    let zipped = gzip(FILES[0].1.as_bytes());
    let message = message(&[("items.csv.gz", &zipped)]);
    assert_eq!(message, "items.csv: `items.csv.gz` beside it; expected one of the two");
}

#[test]
fn empty_files() {
    for name in ["items.csv", "interactions.csv", "negatives.csv", "targets_real.csv"] {
        check(name, "", &format!("{name}: an empty file; expected a header line"));
    }
    let changes: [(&str, &[u8]); 2] = [("-interactions.csv", b""), ("interactions.csv.gz", b"")];
    assert!(message(&changes).starts_with("interactions.csv.gz: an empty file"));
    check("test_users.txt", "\n", "test_users.txt: an empty file; expected the test users, one a line");
    let expected = "interactions.csv: a header alone; expected at least one line more";
    check("interactions.csv", "user,item,timestamp\n", expected);
}

#[test]
fn wrong_columns() {
    check(
        "interactions.csv",
        "user,item,moment\nu1,a,1\n",
        "interactions.csv: the columns `user`, `item`, `moment` in the header; expected a column `timestamp`",
    );
    check(
        "items.csv",
        "id,category\na,x\n",
        "items.csv: the columns `id`, `category` in the header; expected a column `item`",
    );
    check("items.csv", "item,c,c\na,x,y\n", "items.csv: the column `c` twice; expected each column once");
    check(
        "negatives.csv",
        "user;item\nu1;a\n",
        "negatives.csv: the columns `user;item` in the header; expected a column `user`",
    );
}

#[test]
fn wrong_number_of_fields() {
    let expected = "negatives.csv: line 3: 3 fields; expected 2, as in the header";
    check("negatives.csv", "user,item\nu1,d\nu2,c,d\n", expected);
}

#[test]
fn not_a_number() {
    let head = "user,item,timestamp,rating\nu1,a,1,5\n";
    let line = |line: &str, expected: &str| check("interactions.csv", &format!("{head}{line}\n"), expected);
    let moment = "a number, or a date such as `2024-01-31T12:00:00`";
    line("u1,a,noon,5", &format!("interactions.csv, line 3, `timestamp`: found `noon`; expected {moment}"));
    line("u1,a,,5", &format!("interactions.csv, line 3, `timestamp`: found nothing; expected {moment}"));
    line("u1,a,nan,5", &format!("interactions.csv, line 3, `timestamp`: found `nan`; expected {moment}"));
    line("u1,a,2,good", "interactions.csv, line 3, `rating`: found `good`; expected a number or nothing");
    line(
        "u1,a,2,inf",
        "interactions.csv, line 3, `rating`: found `inf`; expected a finite number or nothing",
    );
}

#[test]
fn unknown_items() {
    check(
        "interactions.csv",
        "user,item,timestamp\nu1,a,1\nu1,nope,2\n",
        "interactions.csv, line 3, `item`: found `nope`; expected an item of items.csv",
    );
    check(
        "negatives.csv",
        "user,item\nu1,nope\n",
        "negatives.csv, line 2, `item`: found `nope`; expected an item of items.csv",
    );
}

#[test]
fn nameless_ones() {
    check("items.csv", "item\na\n\"\"\n", "items.csv, line 3, `item`: found nothing; expected a name");
    let expected = "interactions.csv, line 2, `user`: found nothing; expected a name";
    check("interactions.csv", "user,item,timestamp\n,a,1\n", expected);
}

#[test]
fn duplicates() {
    check("items.csv", "item\na\nb\na\n", "items.csv, line 4, `item`: found `a`; expected each item once");
    check(
        "negatives.csv",
        "user,item\nu1,d\nu1,c\n",
        "negatives.csv, line 3, `user`: found `u1`; expected each user once",
    );
    check(
        "negatives.csv",
        "user,item\nghost,d\nghost,d\n",
        "negatives.csv, line 3, `user`: found `ghost`; expected each user once",
    );
    let expected =
        "test_users.txt, line 3, `user`: found `u2`, which is on line 1 too; expected each user once";
    check("test_users.txt", "u2\nu1\nu2\n", expected);
}

#[test]
fn gzip_that_is_cut_off_or_none() {
    let lines: String = (0..5000).map(|i| format!("u1,a,{i}\n")).collect();
    let zipped = gzip(format!("user,item,timestamp\n{lines}").as_bytes());
    let of = |bytes: &[u8]| message(&[("-interactions.csv", b""), ("interactions.csv.gz", bytes)]);
    let half = of(&zipped[..zipped.len() / 2]);
    assert!(half.starts_with("interactions.csv.gz: a compressed file that is cut off after line "), "{half}");
    assert!(half.ends_with("; expected a whole one"), "{half}");
    let line: u32 = half.split("line ").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
    assert!((100..5000).contains(&line), "{half}");
    let tail = of(&zipped[..zipped.len() - 4]);
    assert!(tail.starts_with("interactions.csv.gz: a compressed file that is cut off after line "), "{tail}");
    assert!(
        of(&zipped[..5]).starts_with("interactions.csv.gz: a compressed file that is cut off"),
        "{}",
        of(&zipped[..5])
    );
    let foreign = of(b"user,item,timestamp\nu1,a,1\n");
    assert!(foreign.starts_with("interactions.csv.gz: cannot read: "), "{foreign}");
}

#[test]
fn not_utf8() {
    let items = b"item,category\na,x\nb,\xff\n";
    let found = message(&[("items.csv", items)]);
    assert!(
        found.starts_with(
            "items.csv: line 3: a byte 0xFF that is no UTF-8, the 3th of the row; expected text in UTF-8"
        ),
        "{found}"
    );
    let expected = "test_users.txt: bytes that are not UTF-8 on line 2; expected UTF-8 text";
    assert_eq!(message(&[("test_users.txt", b"u2\n\xff\n")]), expected);
    let found = message(&[("items.csv", b"item,\xff\na,x\n")]);
    assert!(found.starts_with("items.csv: line 1: a byte 0xFF that is no UTF-8"), "{found}");
}

/// One that nothing closes swallows no row.
#[test]
fn a_stray_quote_is_told_where_it_stands() {
    let found = message(&[("items.csv", b"item,title\na,\"\"\"A\"\" thing\"\nb,\"open\nc,x\nd,y\n")]);
    assert!(found.starts_with("items.csv: line 3: no \" that closes a field; expected one"), "{found}");
}

#[test]
fn real_targets() {
    let line = |lines: &str, expected: &str| {
        check("targets_real.csv", &format!("user,position,item,label\n{lines}\n"), expected);
    };
    line(
        "ghost,1,a,1",
        "targets_real.csv, line 2, `user`: found `ghost`; expected a user of interactions.csv",
    );
    line("u1,1,nope,1", "targets_real.csv, line 2, `item`: found `nope`; expected an item of items.csv");
    line("u1,x,a,1", "targets_real.csv, line 2, `position`: found `x`; expected a whole number from 1");
    for position in ["0", "4"] {
        let expected = "expected one of the user's 3 behaviours, counted from 1";
        line(
            &format!("u1,{position},a,1"),
            &format!("targets_real.csv, line 2, `position`: found `{position}`; {expected}"),
        );
    }
    line(
        "u1,2,a,1",
        "targets_real.csv, line 2, `item`: found `a`; expected `b`, the item at the user's position 2",
    );
    line("u1,1,a,2", "targets_real.csv, line 2, `label`: found `2`; expected 0 or 1");
    line(
        "u1,2,b,1\nu1,2,b,1",
        "targets_real.csv, line 3, `position`: found `2`; expected a position above 2, the user's last",
    );
}
