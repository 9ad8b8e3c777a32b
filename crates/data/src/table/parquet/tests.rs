//! Every type that is read, written as Parquet and read again, and what is no such type.

use std::fs;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow_array::builder::{Int32Builder, LargeListBuilder, ListBuilder, StringBuilder};
use arrow_array::types::*;
use arrow_array::*;
use arrow_schema::{DataType, Field, Fields, TimeUnit};

use super::*;
use crate::schema::Source;
use crate::table::column::Column;
use crate::table::{Blocks, tests as csv};

type F16 = <Float16Type as ArrowPrimitiveType>::Native;

fn write(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = vec![];
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// A column's kind, and its cells: `-` for what is missing, lists in brackets.
fn shown(column: &Column) -> String {
    fn cell(column: &Column, i: usize) -> String {
        let text = match column {
            Column::Text(texts) => texts.get(i).map(|text| format!("{text:?}")),
            Column::Int(ints) => ints.get(i).map(|x| x.to_string()),
            Column::Float(floats) => floats.get(i).map(|x| format!("{x:?}")),
            Column::List(lists) => {
                let cells = lists.range(i).map(|at| cell(lists.values(), at));
                Some(format!("[{}]", cells.collect::<Vec<_>>().join(" ")))
            }
        };
        text.unwrap_or("-".into())
    }
    fn kind(column: &Column) -> &str {
        match column {
            Column::Text(_) => "text",
            Column::Int(_) => "int",
            Column::Float(_) => "float",
            Column::List(lists) => kind(lists.values()),
        }
    }
    let cells: Vec<_> = (0..column.len()).map(|i| cell(column, i)).collect();
    format!("{} {}", kind(column), cells.join(" "))
}

fn read(array: ArrayRef) -> Result<String, String> {
    from_arrow::convert(array.data_type()).map(|convert| shown(&convert(&array)))
}

fn decimal<D: DecimalType>(cells: [Option<D::Native>; 3], precision: u8, scale: i8) -> ArrayRef {
    let array: PrimitiveArray<D> = cells.into_iter().collect();
    Arc::new(array.with_precision_and_scale(precision, scale).unwrap())
}

fn int_lists() -> [Option<Vec<Option<i32>>>; 3] {
    [Some(vec![Some(1), None, Some(-2)]), None, Some(vec![])]
}

/// Three rows of each type, and what they are read as.
fn every_type() -> Vec<(ArrayRef, &'static str)> {
    let texts = [Some("a"), None, Some("")];
    let mut text_lists = LargeListBuilder::new(StringBuilder::new());
    text_lists.append_value([Some("x"), Some(""), None]);
    text_lists.append_value([Some("日本")]);
    text_lists.append_null();
    let pairs = [Some([Some(1), Some(2)]), None, Some([Some(3), None])];
    let fixed = FixedSizeListArray::from_iter_primitive::<Int64Type, _, _>(pairs, 2);
    let big = |text: &str| Some(text.parse::<<Decimal256Type as ArrowPrimitiveType>::Native>().unwrap());
    let mut categories = ListBuilder::new(builder::StringDictionaryBuilder::<Int16Type>::new());
    categories.append_value([Some("x"), Some("y"), Some("x")]);
    categories.append_value([None::<&str>]);
    categories.append_null();
    vec![
        (Arc::new(StringArray::from_iter(texts)), r#"text "a" - """#),
        (Arc::new(LargeStringArray::from_iter(texts)), r#"text "a" - """#),
        (Arc::new(StringViewArray::from_iter(texts)), r#"text "a" - """#),
        (Arc::new(Int8Array::from(vec![Some(-128), None, Some(127)])), "int -128 - 127"),
        (Arc::new(Int16Array::from(vec![Some(-32768), None, Some(32767)])), "int -32768 - 32767"),
        (Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(7)])), "int -2147483648 - 7"),
        (
            Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(i64::MAX)])),
            "int -9223372036854775808 - 9223372036854775807",
        ),
        (Arc::new(UInt8Array::from(vec![Some(255), None, Some(0)])), "int 255 - 0"),
        (Arc::new(UInt16Array::from(vec![Some(65535), None, Some(0)])), "int 65535 - 0"),
        (Arc::new(UInt32Array::from(vec![Some(u32::MAX), None, Some(0)])), "int 4294967295 - 0"),
        (
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(0)])),
            r#"text "18446744073709551615" - "0""#,
        ),
        (Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])), "int 1 - 0"),
        // Days, then milliseconds.
        (Arc::new(Date32Array::from(vec![Some(-1), None, Some(19_723)])), "int -1 - 19723"),
        (Arc::new(Date64Array::from(vec![Some(-86_400_000), None, Some(0)])), "int -86400000 - 0"),
        (
            Arc::new(TimestampSecondArray::from(vec![Some(1_700_000_000), None, Some(-1)])),
            "int 1700000000 - -1",
        ),
        (
            Arc::new(TimestampMillisecondArray::from(vec![Some(1_700_000_000_123), None, Some(-1)])),
            "int 1700000000123 - -1",
        ),
        (
            Arc::new(TimestampMicrosecondArray::from(vec![Some(17), None, Some(-1)]).with_timezone("+01:00")),
            "int 17 - -1",
        ),
        (
            Arc::new(TimestampNanosecondArray::from(vec![Some(i64::MAX), None, Some(-1)])),
            "int 9223372036854775807 - -1",
        ),
        (
            Arc::new(Float16Array::from(vec![Some(F16::from_f32(1.5)), None, Some(F16::from_f32(-0.125))])),
            "float 1.5 - -0.125",
        ),
        // The `f64` that the `f32` is, not the one nearest to 0.1.
        (
            Arc::new(Float32Array::from(vec![Some(0.1), None, Some(f32::NAN)])),
            "float 0.10000000149011612 - NaN",
        ),
        (Arc::new(Float64Array::from(vec![Some(0.1), None, Some(f64::INFINITY)])), "float 0.1 - inf"),
        (decimal::<Decimal32Type>([Some(12_345), None, Some(-1)], 9, 2), "float 123.45 - -0.01"),
        (decimal::<Decimal64Type>([Some(123_456), None, Some(-1)], 18, 4), "float 12.3456 - -0.0001"),
        (decimal::<Decimal128Type>([Some(12_345), None, Some(-1)], 10, 2), "float 123.45 - -0.01"),
        // Beyond 2⁵³, where dividing would round twice.
        (
            decimal::<Decimal128Type>(
                [Some(12_345_678_901_234_567_890), None, Some(9_007_199_254_740_993)],
                38,
                2,
            ),
            "float 1.2345678901234568e17 - 90071992547409.94",
        ),
        (decimal::<Decimal128Type>([Some(10_i128.pow(37)), None, Some(1)], 38, 37), "float 1.0 - 1e-37"),
        (
            decimal::<Decimal256Type>([big("-12345"), None, big(&"9".repeat(76))], 76, 3),
            "float -12.345 - 1e73",
        ),
        (Arc::new(DictionaryArray::<Int8Type>::from_iter([Some("b"), None, Some("b")])), r#"text "b" - "b""#),
        (
            Arc::new(DictionaryArray::<UInt32Type>::new(
                UInt32Array::from(vec![Some(1), None, Some(0)]),
                Arc::new(Int64Array::from(vec![-5, 6])),
            )),
            "int 6 - -5",
        ),
        (Arc::new(NullArray::new(3)), "text - - -"),
        (Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(int_lists())), "int [1 - -2] [] []"),
        (Arc::new(text_lists.finish()), r#"text ["x" "" -] ["日本"] []"#),
        (Arc::new(fixed), "int [1 2] [] [3 -]"),
        (Arc::new(ListViewArray::from_iter_primitive::<Int32Type, _, _>(int_lists())), "int [1 - -2] [] []"),
        (
            Arc::new(LargeListViewArray::from_iter_primitive::<Int32Type, _, _>(int_lists())),
            "int [1 - -2] [] []",
        ),
        (Arc::new(categories.finish()), r#"text ["x" "y" "x"] [-] []"#),
    ]
}

#[test]
fn every_type_is_read_from_memory() {
    for (array, expected) in every_type() {
        let of = array.data_type().clone();
        assert_eq!(read(array).as_deref(), Ok(expected), "{of}");
    }
}

#[test]
fn every_type_is_read_from_a_file() {
    let (folder, every) = (tempfile::tempdir().unwrap(), every_type());
    let names: Vec<String> = (0..every.len()).map(|i| format!("c{i}")).collect();
    let arrays = every.iter().map(|(array, _)| Arc::clone(array));
    let bytes = write(names.iter().map(String::as_str).zip(arrays).collect());
    fs::write(folder.path().join("log.parquet"), bytes).unwrap();
    let source = Source { files: Some("log.parquet".into()), ..Source::default() };
    let wanted = columns(&folder.path().join("log.parquet")).unwrap();
    assert_eq!(wanted.iter().map(|w| &w.name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    let blocks: Vec<_> = Blocks::open(&source, folder.path(), wanted, 3).unwrap().collect();
    let [Ok(block)] = &blocks[..] else { panic!("{blocks:?}") };
    for ((array, expected), column) in every.iter().zip(&block.columns) {
        assert_eq!(shown(column), *expected, "{}", array.data_type());
    }
}

#[test]
fn a_part_of_an_array_is_read_as_it_is() {
    let of = |array: &dyn Array| read(array.slice(1, 2)).unwrap();
    assert_eq!(of(&StringArray::from(vec!["abc", "de", "f"])), r#"text "de" "f""#);
    assert_eq!(of(&StringArray::from(vec![None, Some("de"), None])), r#"text "de" -"#);
    assert_eq!(of(&Int8Array::from(vec![None, Some(2), None])), "int 2 -");
    let rows = [None, Some(vec![Some(1)]), Some(vec![Some(2), Some(3)])];
    assert_eq!(of(&ListArray::from_iter_primitive::<Int32Type, _, _>(rows)), "int [1] [2 3]");
    let pairs = [None, Some([Some(1), Some(2)]), Some([Some(3), None])];
    assert_eq!(of(&FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(pairs, 2)), "int [1 2] [3 -]");
    let words: DictionaryArray<Int8Type> = ["a", "b", "c"].into_iter().collect();
    assert_eq!(of(&words), r#"text "b" "c""#);
}

#[test]
fn views_stand_anywhere_and_a_dictionary_may_be_empty() {
    let field = Arc::new(Field::new_list_field(DataType::Int32, true));
    let values = Arc::new(Int32Array::from(vec![10, 11, 12, 13]));
    // In any order, overlapping, one of them missing though it has a place.
    let views = ListViewArray::new(field, vec![2, 0, 1, 1].into(), vec![2, 1, 2, 3].into(), values, {
        let valid = BooleanArray::from(vec![Some(true), None, Some(true), Some(true)]);
        valid.nulls().cloned()
    });
    assert_eq!(read(Arc::new(views)).unwrap(), "int [12 13] [] [11 12] [11 12 13]");
    let none = DictionaryArray::<Int8Type>::new(
        Int8Array::from(vec![None, None]),
        Arc::new(StringArray::from(Vec::<&str>::new())),
    );
    assert_eq!(read(Arc::new(none)).unwrap(), "text - -");
}

#[test]
fn a_scale_below_zero_appends_zeros() {
    assert_eq!(
        read(decimal::<Decimal128Type>([Some(123), None, Some(-1)], 5, -2)).unwrap(),
        "float 12300.0 - -100.0"
    );
}

#[test]
fn what_is_neither_texts_nor_numbers_is_told() {
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    let structs: ArrayRef = Arc::new(StructArray::new(
        Fields::from(vec![Field::new("a", DataType::Int32, false)]),
        vec![Arc::clone(&numbers)],
        None,
    ));
    let mut nested = ListBuilder::new(ListBuilder::new(Int32Builder::new()));
    nested.values().append_value([Some(1)]);
    nested.append(true);
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![&b"a"[..]]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("structs", structs),
        ("nested", Arc::new(nested.finish())),
        ("bytes", bytes),
        ("numbers", numbers),
    ];
    fs::write(&path, write(columns)).unwrap();
    let simple = vec![Wanted { name: "numbers".into(), list: false }];
    assert_eq!(super::columns(&path).unwrap(), simple);
    let source = Source { files: Some("log.parquet".into()), ..Source::default() };
    let failure = |name: &str, list| {
        let wanted = vec![Wanted { name: name.into(), list }];
        let mut blocks = Blocks::open(&source, folder.path(), wanted, 10).unwrap();
        blocks.next().unwrap().unwrap_err().to_string()
    };
    for (name, list, found) in
        [("structs", false, "Struct("), ("nested", true, "lists of List("), ("bytes", false, "Binary")]
    {
        let message = failure(name, list);
        assert!(message.contains(&format!("column `{name}`: {found}")), "{message}");
        assert!(message.ends_with("expected texts, numbers or lists of them"), "{message}");
    }
    for (name, list, expected) in
        [("nested", false, "single values"), ("numbers", true, "lists of ids, for a sequence")]
    {
        let message = failure(name, list);
        assert!(message.contains(&format!("column `{name}` of type")), "{message}");
        assert!(message.ends_with(&format!("expected {expected}")), "{message}");
    }
}

#[test]
fn a_type_that_is_not_read_is_named() {
    let list = |item: DataType| DataType::new_list(item, true);
    let dictionary = |of| DataType::Dictionary(Box::new(DataType::Int8), Box::new(of));
    for (of, named) in [
        (DataType::Binary, "Binary"),
        (DataType::Time64(TimeUnit::Nanosecond), "Time64(ns)"),
        (DataType::Duration(TimeUnit::Second), "Duration(s)"),
        (dictionary(DataType::Binary), "Binary"),
        (dictionary(list(DataType::Int8)), "List("),
        (list(DataType::Binary), "lists of Binary"),
        (list(dictionary(DataType::Binary)), "lists of Binary"),
        (list(list(DataType::Int8)), "lists of List("),
    ] {
        let found = from_arrow::convert(&of).err().unwrap_or_default();
        assert!(found.starts_with(named), "{of}: {found}");
    }
}

/// The rows of CSV in types that are not the plain ones.
fn parquet() -> Vec<u8> {
    let users: DictionaryArray<Int8Type> = ["ann", "bob", "ann"].into_iter().collect();
    let mut seen = LargeListBuilder::new(Int32Builder::new());
    for list in [&[3, 1][..], &[], &[7]] {
        seen.values().append_slice(list);
        seen.append(true);
    }
    write(vec![
        ("price", Arc::new(Float32Array::from(vec![Some(2.5), None, Some(-1.0)]))),
        ("label", Arc::new(UInt8Array::from(vec![1, 0, 0]))),
        ("seen", Arc::new(seen.finish())),
        ("user", Arc::new(users)),
    ])
}

#[test]
fn rows_are_those_of_csv_in_blocks_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.csv"), csv::CSV).unwrap();
    fs::write(folder.path().join("log.parquet"), parquet()).unwrap();
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

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let (folder, whole) = (tempfile::tempdir().unwrap(), parquet());
    for (name, bytes) in [
        ("cut.parquet", &whole[..whole.len() / 2]),
        ("text.parquet", csv::CSV.as_bytes()),
        ("empty.parquet", &[][..]),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let message = csv::rows(folder.path(), name, 10).unwrap_err();
        assert!(message.contains(name) && message.ends_with("expected a whole Parquet file"), "{message}");
    }
}
