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

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

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
