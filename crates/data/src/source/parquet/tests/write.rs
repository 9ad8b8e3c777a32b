//! Tables, written and read by the Parquet crate's own reader.

use ::parquet::file::reader::FileReader;
use ::parquet::record::{Field as Cell, RowAccessor};

use super::*;
use crate::source::{Primitive, TextColumn, TextLists};

fn lists(of: &[&[&str]]) -> Column {
    let mut lists = TextLists::default();
    of.iter().for_each(|list| lists.push(list.iter().copied()));
    lists.into()
}

fn fields() -> Vec<Field> {
    let texts: TextColumn = [None].into_iter().collect();
    vec![
        Field::new("seen", CellType::Texts),
        Field::new("user", CellType::Text),
        Field::new("label", CellType::UInt8),
        Field::new("time", CellType::Int64),
        Field::like("name", &texts.into()),
        Field::like("count", &Column::Int(Primitive::default())),
        Field::like("price", &Column::Float(Primitive::default())),
        Field { nullable: true, ..Field::new("score", CellType::Float32) },
    ]
}

fn columns() -> Vec<Column> {
    let texts = |of: [Option<&str>; 3]| of.into_iter().collect::<TextColumn>().into();
    let ints = |of: [Option<i64>; 3]| of.into_iter().collect::<Primitive<i64>>().into();
    let floats = |of: [Option<f64>; 3]| of.into_iter().collect::<Primitive<f64>>().into();
    vec![
        lists(&[&["a", "", "日本"], &[], &["b"]]),
        texts([Some("ann"), Some(""), Some("bob")]),
        ints([Some(1), Some(0), Some(255)]),
        ints([Some(i64::MIN), Some(0), Some(i64::MAX)]),
        texts([None, Some("x"), Some("")]),
        ints([Some(7), None, Some(-7)]),
        floats([Some(0.1), None, Some(f64::INFINITY)]),
        floats([Some(0.25), Some(f64::from(0.1_f32)), None]),
    ]
}

#[test]
fn what_is_written_is_read_by_another_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    let mut writer = TableWriter::new(File::create(&path).unwrap(), fields()).unwrap();
    writer.write(columns()).unwrap();
    writer.write(columns()).unwrap();
    writer.finish().unwrap();
    let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let expected = "message schema {
        required group seen (LIST) { repeated group list { optional binary item (STRING); } }
        required binary user (STRING);
        required int32 label (INTEGER(8,false));
        required int64 time;
        optional binary name (STRING);
        optional int64 count;
        optional double price;
        optional float score;
    }";
    let schema = reader.metadata().file_metadata().schema();
    assert_eq!(*schema, parse_message_type(expected).unwrap());
    let text = |text: &str| Cell::Str(text.into());
    let rows = records(&path);
    assert_eq!(rows.len(), 6);
    for (i, row) in rows.iter().enumerate() {
        let cells: Vec<&Cell> = row.get_column_iter().map(|(_, cell)| cell).collect();
        let expected = [
            [text("ann"), text(""), text("bob")],
            [Cell::UByte(1), Cell::UByte(0), Cell::UByte(255)],
            [Cell::Long(i64::MIN), Cell::Long(0), Cell::Long(i64::MAX)],
            [Cell::Null, text("x"), text("")],
            [Cell::Long(7), Cell::Null, Cell::Long(-7)],
            [Cell::Double(0.1), Cell::Null, Cell::Double(f64::INFINITY)],
            [Cell::Float(0.25), Cell::Float(0.1), Cell::Null],
        ];
        let seen: Vec<_> = row.get_list(0).unwrap().elements().to_vec();
        let lists = [vec![text("a"), text(""), text("日本")], vec![], vec![text("b")]];
        assert_eq!(seen, lists[i % 3]);
        assert_eq!(cells[1..], expected.each_ref().map(|cells| &cells[i % 3])[..]);
    }
    let blocks = read(&folder, found(&folder), 6).unwrap();
    let expected = r#"text ["a" "" "日本"] [] ["b"] ["a" "" "日本"] [] ["b"]"#;
    assert_eq!(shown(&blocks[0].columns[0]), expected);
}

#[test]
fn a_column_keeps_its_type_and_a_required_cell_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let writer =
        |field| TableWriter::new(File::create(folder.path().join("t")).unwrap(), vec![field]).unwrap();
    let numbers = || Column::Int([Some(1), None].into_iter().collect());
    let mut texts = writer(Field::new("c", CellType::Text));
    texts.write(vec![numbers()]).unwrap();
    let message = texts.finish().unwrap_err().to_string();
    assert_eq!(message, "column `c`: integers, where others were before");
    let mut required = writer(Field::new("c", CellType::Int64));
    required.write(vec![numbers()]).unwrap();
    let message = required.finish().unwrap_err().to_string();
    assert!(
        message.ends_with("column `c`: a cell is missing, in a column of which none may be"),
        "{message}"
    );
}

#[test]
fn a_row_group_ends_before_it_is_too_large_to_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    let long = "x".repeat(1 << 20);
    let mut writer =
        TableWriter::new(File::create(&path).unwrap(), vec![Field::new("c", CellType::Text)]).unwrap();
    for _ in 0..100 {
        writer.write(vec![[Some(&*long)].into_iter().collect::<TextColumn>().into()]).unwrap();
    }
    writer.finish().unwrap();
    let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    assert_eq!((reader.num_row_groups(), reader.metadata().file_metadata().num_rows()), (2, 100));
}

#[test]
fn every_kind_of_cells_is_written_as_it_was_read() {
    let times = |unit| Column::Time(unit, [Some(19_723), None, Some(-1)].into_iter().collect());
    let columns = vec![
        Column::Float32([Some(0.1), None, Some(-2.5)].into_iter().collect()),
        Column::Bool([Some(true), None, Some(false)].into_iter().collect()),
        times(TimeUnit::Days),
        times(TimeUnit::Milliseconds),
        times(TimeUnit::Microseconds),
        times(TimeUnit::Nanoseconds),
        Column::Decimal([Some(10_i128.pow(38) - 1), None, Some(-7)].into_iter().collect()),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    let fields =
        columns.iter().enumerate().map(|(i, column)| Field::like(&format!("c{i}"), column)).collect();
    let mut writer = TableWriter::new(File::create(&path).unwrap(), fields).unwrap();
    writer.write(columns.clone()).unwrap();
    writer.finish().unwrap();
    let blocks = read(&folder, found(&folder), 10).unwrap();
    let mut expected: Vec<String> = columns.iter().map(shown).collect();
    expected[6] = r#"text "99999999999999999999999999999999999999" - "-7""#.into();
    assert_eq!(blocks[0].columns.iter().map(shown).collect::<Vec<_>>(), expected);
}
