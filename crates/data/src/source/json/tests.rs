//! Objects, a line each.

use std::fs;

use super::*;
use crate::source::Blocks;
use crate::source::tests::cells;

const LOG: &str = r#"{"label": 1, "user": "ann", "seen": [3, 1], "price": 2.5, "at": {"day": 7}}
{"label": true, "user": "b\u00f6b", "seen": [], "price": null, "at": {}}

{"user": 18446744073709551616, "label": false, "seen": "7|8", "at": null, "more": [[1]]}
"#;

fn read(text: &str, wanted: Vec<Wanted>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.jsonl"), text).unwrap();
    let source = Source { files: Some("log.jsonl".into()), ..Source::default() };
    let mut rows = vec![];
    for block in Blocks::open(&source, folder.path(), wanted, 2).unwrap() {
        let block = block.unwrap();
        rows.extend((0..block.rows).map(|row| match block.fault(row) {
            Some(fault) => fault.to_string().split_once("log.jsonl: ").unwrap().1.to_owned(),
            None => cells(&block, row),
        }));
    }
    rows
}

#[test]
fn members_are_columns_and_values_stay_as_they_are_written() {
    let wanted = vec![
        Wanted::single("label"),
        Wanted::single("user"),
        Wanted::lists("seen", Blanks::Dropped),
        Wanted::single("price"),
        Wanted::single("at.day"),
    ];
    assert_eq!(
        read(LOG, wanted),
        ["line 1 1 ann [3 1] 2.5 7", "line 2 true böb [] - -", "line 4 false 18446744073709551616 [7 8] - -"]
    );
}

#[test]
fn members_of_objects_in_a_list_are_a_list() {
    let text = "{\"seen\": [{\"item\": 1, \"at\": {\"t\": 5}}, {\"item\": \"x\"}, {\"item\": null}]}\n{}\n";
    let lists = |name: &str| vec![Wanted::lists(name, Blanks::Dropped)];
    assert_eq!(read(text, lists("seen.item")), ["line 1 [1 x -]", "line 2 []"]);
    assert_eq!(read(text, lists("seen.at.t")), ["line 1 [5]", "line 2 []"]);
}

#[test]
fn what_is_wrong_with_a_row_is_said_and_costs_that_row_alone() {
    for (line, expected) in [
        (
            "{\"user\": 1, \"seen\": [",
            "line 2: EOF while parsing a list, character 21; expected an object a line",
        ),
        ("[{\"user\": 1}]", "which `jq -c '.[]' FILE` makes of an array"),
        ("{\"user\": 1, \"seen\": [], \"user\": 2}", "line 2: the key `user` a second time, character"),
        ("{\"user\": NaN}", "JSON, which has no NaN: `null`"),
        ("{\"user\": [1]}", "line 2: `user`: a list; expected a single value"),
        ("{\"user\": {\"id\": 1}}", "`user`: an object; expected a value: `from` names one"),
        ("{\"seen\": [[1], [2]]}", "`seen`: lists or objects in a list"),
        ("{\"seen\": {\"a\": 1}}", "`seen`: an object; expected a list"),
        ("{\"seen\": \"NULL\"}", "`seen`: `NULL`; expected a list of ids"),
    ] {
        let text = format!("{{\"user\": 1}}\n{line}\n{{\"user\": 2, \"seen\": [1]}}\n");
        let rows = read(&text, vec![Wanted::single("user"), Wanted::lists("seen", Blanks::Dropped)]);
        assert_eq!((rows.len(), &*rows[0], &*rows[2]), (3, "line 1 1 []", "line 3 2 [1]"));
        assert!(rows[1].contains(expected), "{}", rows[1]);
    }
}

#[test]
fn columns_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    fs::write(&path, LOG).unwrap();
    let (wanted, unread) = columns(&path, &Source::default(), 10).unwrap();
    let names: Vec<_> = wanted.iter().map(|w| (&*w.name, w.depth)).collect();
    let expected = [("label", 0), ("user", 0), ("seen", 1), ("price", 0), ("at.day", 0), ("more", 2)];
    assert_eq!(names, expected);
    assert_eq!(unread, []);
    let deeper = "{\"a\": [], \"b\": [null], \"c\": \"[[1], [2]]\", \"d\": [[[1]]], \"e\": [{\"x\": [1]}]}\n\
                  {\"a\": [[]], \"b\": [null, [1]]}\n";
    fs::write(&path, deeper).unwrap();
    let (wanted, unread) = columns(&path, &Source::default(), 10).unwrap();
    let names: Vec<_> = wanted.iter().map(|w| (&*w.name, w.depth)).collect();
    assert_eq!(names, [("a", 2), ("b", 2), ("c", 2), ("e.x", 2)]);
    assert_eq!(unread, [Unread { name: "d".into(), reason: "lists or objects in lists of a list".into() }]);
}

#[test]
fn lists_within_lists_are_read() {
    let nested = |name: &str| vec![Wanted::nested(name, Blanks::Dropped)];
    let text = r#"{"seen": [[1, "x"], [], null, "a|b", 7, [null]]}
{"seen": "[[1], [2, 3]]"}
{"seen": null}
{"seen": [[[1]]]}
{"seen": [[{"a": 1}]]}
{"seen": {"a": 1}}
"#;
    assert_eq!(
        read(text, nested("seen")),
        [
            "line 1 [[1 x] [] [] [a b] [7] [-]]",
            "line 2 [[1] [2 3]]",
            "line 3 []",
            "line 4: `seen`: lists or objects in lists of a list; expected lists of values in a list: `from` \
             names objects' members",
            "line 5: `seen`: lists or objects in lists of a list; expected lists of values in a list: `from` \
             names objects' members",
            "line 6: `seen`: an object; expected a list of lists"
        ]
    );
    let text = r#"{"seen": [{"item": 1, "tags": ["a", "b"]}, {"item": 2, "tags": []}]}"#;
    assert_eq!(read(text, nested("seen.tags")), ["line 1 [[a b] []]"]);
}

#[test]
fn keys_of_large_objects_are_there_once_as_well() {
    let members = (0..100).map(|i| format!("\"k{i}\": {i}")).collect::<Vec<_>>().join(", ");
    let wanted = || vec![Wanted::single("k7")];
    assert_eq!(read(&format!("{{{members}}}\n"), wanted()), ["line 1 7"]);
    let rows = read(&format!("{{{members}, \"k98\": 1}}\n"), wanted());
    assert!(rows[0].contains("the key `k98` a second time"), "{rows:?}");
}
