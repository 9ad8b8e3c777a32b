//! Lists, however they are laid out.

use ::parquet::data_type::*;
use proptest::prelude::*;

use super::*;
use crate::source::tests as csv;

#[test]
fn every_layout_of_lists_is_read() {
    let ints = [1, -2, 3];
    let repetition = [0, 1, 0, 0, 0];
    // Rows of `[1 -2]`, nothing, an empty list, and `[3]`, as far as the layout tells them apart.
    for (of, definition) in [
        ("optional group c (LIST) { repeated group list { optional int32 element; } }", [3, 3, 0, 1, 3]),
        ("required group c (LIST) { repeated group list { optional int32 item; } }", [2, 2, 0, 0, 2]),
        ("optional group c (LIST) { repeated group bag { required int32 array; } }", [2, 2, 0, 1, 2]),
        ("optional group c (LIST) { repeated int32 array; }", [2, 2, 0, 1, 2]),
        ("required group c (LIST) { repeated int32 array; }", [1, 1, 0, 0, 1]),
        ("repeated int32 c;", [1, 1, 0, 0, 1]),
    ] {
        let column = raw::<Int32Type>(&ints, &definition, &repetition);
        let folder = folder(&file(of, &[vec![column]], WriterProperties::default()));
        assert_eq!(found(&folder), [wanted("c", true)], "{of}");
        let blocks = read(&folder, found(&folder), 4).unwrap();
        assert_eq!(shown(&blocks[0].columns[0]), "int [1 -2] [] [] [3]", "{of}");
    }
    let of = "optional group c (LIST) { repeated group list { optional binary element (STRING); } }";
    let texts = ["x", "", "日本"].map(ByteArray::from);
    let column = raw::<ByteArrayType>(&texts, &[3, 3, 2, 3, 0, 2], &[0, 1, 1, 0, 0, 0]);
    let folder = folder(&file(of, &[vec![column]], WriterProperties::default()));
    let blocks = read(&folder, found(&folder), 10).unwrap();
    assert_eq!(shown(&blocks[0].columns[0]), r#"text ["x" "" -] ["日本"] [] [-]"#);
}

/// What `inspect` finds, lists of lists.
fn nested(name: &str) -> Wanted {
    Wanted::nested(name, crate::source::Blanks::DroppedAtEnd)
}

#[test]
fn lists_of_lists_are_read_in_every_layout() {
    // Rows of `[[1 -2] [3]]`, nothing, an empty list, `[nothing [] [nothing]]` and `[[4]]`.
    let standard = "optional group c (LIST) { repeated group list { optional group element (LIST) { repeated \
                    group list { optional int32 element; } } } }";
    let column = raw::<Int32Type>(&[1, -2, 3, 4], &[5, 5, 5, 0, 1, 2, 3, 4, 5], &[0, 2, 1, 0, 0, 0, 1, 1, 0]);
    let folder = folder(&file(standard, &[vec![column]], WriterProperties::default()));
    assert_eq!(found(&folder), [nested("c")]);
    let blocks = read(&folder, found(&folder), 10).unwrap();
    let expected = "[[1 -2] [3]] [] [] [[] [] [-]] [[4]]";
    assert!(shown(&blocks[0].columns[0]).ends_with(expected), "{}", shown(&blocks[0].columns[0]));
    // The same without what may be missing; and structs of lists.
    for (of, name) in [
        (
            "required group c (LIST) { repeated group l { required group i (LIST) { repeated int32 i; } } }",
            "c",
        ),
        ("repeated group c { repeated int32 a; }", "c.a"),
        ("optional group c (LIST) { repeated group c_tuple { repeated int32 a; } }", "c.a"),
    ] {
        let deeper = i16::from(of.starts_with("optional"));
        let definition = [2, 2, 2, 0, 1, 2].map(|level| level + deeper);
        let column = raw::<Int32Type>(&[1, -2, 3, 4], &definition, &[0, 2, 1, 0, 0, 1]);
        let folder = self::folder(&file(of, &[vec![column]], WriterProperties::default()));
        assert_eq!(found(&folder), [nested(name)], "{of}");
        let blocks = read(&folder, found(&folder), 10).unwrap();
        let shown = shown(&blocks[0].columns[0]);
        assert!(shown.ends_with("[[1 -2] [3]] [] [[] [4]]"), "{of}: {shown}");
    }
    let message = |wanted| read(&folder, vec![wanted], 10).unwrap_err();
    assert!(message(wanted("c", true)).contains("column `c`: lists of lists; expected texts, numbers"));
    assert!(message(wanted("c", false)).contains("of type lists of lists of INT32; expected single values"));
}

#[test]
fn texts_within_lists_hold_lists() {
    let of = "optional group c (LIST) { repeated group list { optional binary element (STRING); } }";
    let texts = ["x|y", "", "[1, 2]", "['a"].map(ByteArray::from);
    let column = raw::<ByteArrayType>(&texts, &[3, 3, 2, 3, 0, 3], &[0, 1, 1, 0, 0, 0]);
    let folder = folder(&file(of, &[vec![column]], WriterProperties::default()));
    let block = &read(&folder, vec![nested("c")], 10).unwrap()[0];
    assert!(shown(&block.columns[0]).ends_with(r#"[["x" "y"] [] []] [["1" "2"]] [] []"#));
    assert!(block.fault(3).unwrap().to_string().contains("`c`: `['a`; expected a list whose bracket"));
    let numbers = "optional group c (LIST) { repeated group list { optional int32 element; } }";
    let folder = self::folder(&file(numbers, &[], WriterProperties::default()));
    let message = read(&folder, vec![nested("c")], 10).unwrap_err();
    assert!(
        message.contains("of type lists of INT32; expected lists of lists of ids, one an event"),
        "{message}"
    );
}

type List = Option<Vec<Option<i32>>>;

/// A row group of lists, each optional with optional values.
fn group(lists: &[List]) -> Vec<Raw> {
    let (mut values, mut definition, mut repetition) = (vec![], vec![], vec![]);
    for list in lists {
        let cells = list.as_deref().unwrap_or_default();
        if cells.is_empty() {
            definition.push(i16::from(list.is_some()));
            repetition.push(0);
        }
        for (i, cell) in cells.iter().enumerate() {
            definition.push(2 + i16::from(cell.is_some()));
            repetition.push(i16::from(i > 0));
            values.extend(cell);
        }
    }
    vec![raw::<Int32Type>(&values, &definition, &repetition)]
}

/// A row group of lists of lists, each optional.
fn nested_group(rows: &[Option<Vec<List>>]) -> Vec<Raw> {
    let (mut values, mut definition, mut repetition) = (vec![], vec![], vec![]);
    for row in rows {
        let lists = row.as_deref().unwrap_or_default();
        if lists.is_empty() {
            definition.push(i16::from(row.is_some()));
            repetition.push(0);
        }
        for (i, list) in lists.iter().enumerate() {
            let (cells, begins) = (list.as_deref().unwrap_or_default(), i16::from(i > 0));
            if cells.is_empty() {
                definition.push(2 + i16::from(list.is_some()));
                repetition.push(begins);
            }
            for (j, cell) in cells.iter().enumerate() {
                definition.push(4 + i16::from(cell.is_some()));
                repetition.push(if j > 0 { 2 } else { begins });
                values.extend(cell);
            }
        }
    }
    vec![raw::<Int32Type>(&values, &definition, &repetition)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn lists_of_lists_are_read_whole_whatever_pages_row_groups_and_blocks_they_are_in(
        groups in prop::collection::vec(
            prop::collection::vec(
                prop::option::of(prop::collection::vec(
                    prop::option::of(prop::collection::vec(prop::option::of(-9..9_i32), 0..4)),
                    0..5,
                )),
                1..30,
            ),
            1..4,
        ),
        page_rows in 1..30_usize,
        block_rows in 1..60_usize,
    ) {
        let of = "optional group c (LIST) { repeated group list { optional group element (LIST) { repeated \
                  group list { optional int32 element; } } } }";
        let written: Vec<_> = groups.iter().map(|lists| nested_group(lists)).collect();
        let properties = WriterProperties::builder()
            .set_data_page_row_count_limit(page_rows)
            .set_write_batch_size(page_rows);
        let folder = folder(&file(of, &written, properties.build()));
        let mut found = vec![];
        for block in read(&folder, vec![nested("c")], block_rows).unwrap() {
            let outer = block.columns[0].lists();
            let inner = outer.values().lists();
            let Column::Int(values) = inner.values() else { panic!("{block:?}") };
            prop_assert_eq!(outer.len(), block.rows);
            let list = |i: usize| inner.range(i).map(|at| values.get(at)).collect::<Vec<_>>();
            found.extend((0..block.rows).map(|row| outer.range(row).map(list).collect::<Vec<_>>()));
        }
        let cells = |list: List| -> Vec<Option<i64>> {
            list.unwrap_or_default().into_iter().map(|x| x.map(i64::from)).collect()
        };
        let lists = |lists: Option<Vec<List>>| lists.unwrap_or_default().into_iter().map(cells);
        let expected: Vec<Vec<_>> = groups.into_iter().flatten().map(|row| lists(row).collect()).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn lists_are_read_whole_whatever_pages_row_groups_and_blocks_they_are_in(
        groups in prop::collection::vec(
            prop::collection::vec(
                prop::option::of(prop::collection::vec(prop::option::of(-9..9_i32), 0..8)), 1..40),
            1..5),
        page_rows in 1..30_usize,
        block_rows in 1..60_usize,
        dictionary in any::<bool>(),
        second_version in any::<bool>(),
    ) {
        use ::parquet::file::properties::WriterVersion::*;
        let of = "optional group c (LIST) { repeated group list { optional int32 element; } }";
        let written: Vec<_> = groups.iter().map(|lists| group(lists)).collect();
        let properties = WriterProperties::builder()
            .set_data_page_row_count_limit(page_rows)
            .set_write_batch_size(page_rows)
            .set_dictionary_enabled(dictionary)
            .set_writer_version(if second_version { PARQUET_2_0 } else { PARQUET_1_0 });
        let folder = folder(&file(of, &written, properties.build()));
        let mut found = vec![];
        for block in read(&folder, vec![wanted("c", true)], block_rows).unwrap() {
            let lists = block.columns[0].lists();
            let Column::Int(values) = lists.values() else { panic!("{block:?}") };
            prop_assert_eq!(lists.len(), block.rows);
            found.extend((0..block.rows).map(|i| {
                lists.range(i).map(|at| values.get(at)).collect::<Vec<_>>()
            }));
        }
        let cells = |list: List| -> Vec<Option<i64>> {
            list.unwrap_or_default().into_iter().map(|x| x.map(i64::from)).collect()
        };
        let expected: Vec<_> = groups.into_iter().flatten().map(cells).collect();
        prop_assert_eq!(found, expected);
    }
}

/// The rows of CSV in types that are not the plain ones.
pub(super) fn parquet() -> Vec<u8> {
    let fields = "optional float price; required int32 label (INTEGER(8,false)); required group seen (LIST) \
                  { repeated int32 array; } required binary user (STRING);";
    let columns = vec![
        raw::<FloatType>(&[2.5, -1.0], &[1, 0, 1], &[]),
        raw::<Int32Type>(&[1, 0, 0], &[], &[]),
        raw::<Int32Type>(&[3, 1, 7], &[1, 1, 0, 1], &[0, 1, 0, 0]),
        raw::<ByteArrayType>(&["ann", "bob", "ann"].map(ByteArray::from), &[], &[]),
    ];
    file(fields, &[columns], WriterProperties::default())
}

#[test]
fn rows_are_those_of_csv_in_blocks_of_any_size() {
    let folder = folder(&parquet());
    fs::write(folder.path().join("log.csv"), csv::CSV).unwrap();
    let lines = csv::rows(folder.path(), "log.csv", 10).unwrap();
    let expected: Vec<String> = (1..)
        .zip(lines)
        .map(|(i, line)| line.replacen(&format!("line {}", i + 1), &format!("row {i}"), 1))
        .collect();
    assert_eq!(expected, ["row 1 ann 1 [3 1] 2.5", "row 2 bob 0 [] -", "row 3 ann 0 [7] -1"]);
    for block_rows in [1, 2, 100] {
        assert_eq!(csv::rows(folder.path(), "log.parquet", block_rows).unwrap(), expected);
    }
}
