//! The table as Arrow's arrays of whatever types have its cells, and as Parquet.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::*;
use arrow_buffer::{NullBuffer, OffsetBuffer, i256};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;

use super::table::{Cell, Table};

/// Which of the types that have a column's cells is taken, so that each piece of a table has the same.
pub struct Types(Vec<(u32, u32)>);

impl Types {
    pub fn random(table: &Table, rng: &mut ChaCha8Rng) -> Types {
        Types(table.columns.iter().map(|_| (rng.random(), rng.random())).collect())
    }
}

/// A way to make an array of cells.
type Make = fn(&[Cell]) -> ArrayRef;

macro_rules! ints {
    ($array:ty, $number:ty) => {
        (|cells| {
            Arc::new(
                cells
                    .iter()
                    .map(|cell| int(cell).map(|x| <$number>::try_from(x).unwrap()))
                    .collect::<$array>(),
            )
        }) as Make
    };
}

macro_rules! texts {
    ($array:ty) => {
        (|cells| Arc::new(cells.iter().map(Cell::text).collect::<$array>())) as Make
    };
}

fn int(cell: &Cell) -> Option<i128> {
    match cell {
        Cell::Missing => None,
        Cell::Int(x) => Some(*x),
        Cell::Number(x) => Some(*x as i128),
        other => panic!("{other:?} as an integer"),
    }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Missing => None,
        Cell::Int(x) => Some(*x as f64),
        Cell::Number(x) => Some(*x),
        other => panic!("{other:?} as a number"),
    }
}

fn quarters(cells: &[Cell]) -> ArrayRef {
    let hundredths = cells.iter().map(|cell| number(cell).map(|x| (x * 100.0) as i128));
    Arc::new(hundredths.collect::<Decimal128Array>().with_precision_and_scale(20, 2).unwrap())
}

/// Whatever has texts.
fn of_texts() -> Vec<Make> {
    let dictionary = |cells: &[Cell]| -> ArrayRef {
        let texts: Vec<Option<String>> = cells.iter().map(Cell::text).collect();
        Arc::new(texts.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>())
    };
    let bytes = |cells: &[Cell]| -> ArrayRef {
        Arc::new(cells.iter().map(|cell| cell.text().map(String::into_bytes)).collect::<BinaryArray>())
    };
    vec![texts!(StringArray), texts!(LargeStringArray), texts!(StringViewArray), dictionary, bytes]
}

/// The types that have all of these cells.
fn makes(all: &[&Cell]) -> Vec<Make> {
    let there = || all.iter().filter(|cell| ***cell != Cell::Missing);
    if there().all(|cell| matches!(cell, Cell::Int(_))) {
        let fits = |low: i128, high: i128| there().all(|cell| (low..=high).contains(&int(cell).unwrap()));
        let signed = |bits: u32| fits(-(1 << (bits - 1)), (1 << (bits - 1)) - 1);
        let unsigned = |bits: u32| fits(0, (1 << bits) - 1);
        let exact = |bits: u32| fits(-(1 << bits), 1 << bits);
        let decimals: Make = |cells| {
            let of = cells.iter().map(int).collect::<Decimal128Array>();
            Arc::new(of.with_precision_and_scale(38, 0).unwrap())
        };
        let long: Make = |cells| {
            let of = cells.iter().map(|cell| int(cell).map(i256::from_i128)).collect::<Decimal256Array>();
            Arc::new(of.with_precision_and_scale(50, 0).unwrap())
        };
        let mut makes = vec![decimals, long];
        for (fit, make) in [
            (signed(8), ints!(Int8Array, i8)),
            (signed(16), ints!(Int16Array, i16)),
            (signed(32), ints!(Int32Array, i32)),
            (signed(64), ints!(Int64Array, i64)),
            (unsigned(8), ints!(UInt8Array, u8)),
            (unsigned(16), ints!(UInt16Array, u16)),
            (unsigned(32), ints!(UInt32Array, u32)),
            (unsigned(64), ints!(UInt64Array, u64)),
            (exact(24), |cells: &[Cell]| -> ArrayRef {
                Arc::new(cells.iter().map(|cell| number(cell).map(|x| x as f32)).collect::<Float32Array>())
            }),
            (exact(53), |cells: &[Cell]| -> ArrayRef {
                Arc::new(cells.iter().map(number).collect::<Float64Array>())
            }),
        ] {
            if fit {
                makes.push(make);
            }
        }
        makes.extend(of_texts());
        makes
    } else if there().all(|cell| matches!(cell, Cell::Int(_) | Cell::Number(_))) {
        let mut makes: Vec<Make> = vec![|cells| Arc::new(cells.iter().map(number).collect::<Float64Array>())];
        if there().all(|cell| number(cell).unwrap() * 4.0 % 1.0 == 0.0) {
            makes.push(quarters);
            makes.push(|cells| {
                Arc::new(cells.iter().map(|cell| number(cell).map(|x| x as f32)).collect::<Float32Array>())
            });
        }
        makes.extend(of_texts());
        makes
    } else if there().all(|cell| matches!(cell, Cell::Bool(_))) {
        let truths: Make = |cells| {
            let truth = |cell: &Cell| if let Cell::Bool(x) = cell { Some(*x) } else { None };
            Arc::new(cells.iter().map(truth).collect::<BooleanArray>())
        };
        [vec![truths], of_texts()].concat()
    } else if there().all(|cell| matches!(cell, Cell::Day(_))) {
        let days: Make = |cells| {
            let day = |cell: &Cell| if let Cell::Day(x) = cell { Some(*x) } else { None };
            Arc::new(cells.iter().map(day).collect::<Date32Array>())
        };
        [vec![days], of_texts()].concat()
    } else {
        of_texts()
    }
}

fn lists(name: &str, cells: &[Cell], make: Make, which: u32) -> (Field, ArrayRef) {
    let items: Vec<Cell> = cells.iter().flat_map(|cell| cell.items().to_vec()).collect();
    list_array(name, cells, make(&items), which)
}

/// Lists of lists; one that is missing within another is empty.
fn nested(name: &str, cells: &[Cell], make: Make, which: u32) -> (Field, ArrayRef) {
    let list = |item: &Cell| if let Cell::List(_) = item { item.clone() } else { Cell::List(vec![]) };
    let inner: Vec<Cell> = cells.iter().flat_map(|cell| cell.items().iter().map(list)).collect();
    list_array(name, cells, lists("item", &inner, make, which / 5).1, which)
}

fn list_array(name: &str, cells: &[Cell], values: ArrayRef, which: u32) -> (Field, ArrayRef) {
    let item = Arc::new(Field::new(
        if which.is_multiple_of(2) { "item" } else { "element" },
        values.data_type().clone(),
        true,
    ));
    let lengths = || cells.iter().map(|cell| cell.items().len());
    // A list that is missing is empty.
    let nulls = which.is_multiple_of(3).then(|| NullBuffer::from_iter(lengths().map(|n| n > 0)));
    let array: ArrayRef = match which % 5 {
        0..3 => Arc::new(ListArray::new(item, OffsetBuffer::from_lengths(lengths()), values, nulls)),
        _ => Arc::new(LargeListArray::new(item, OffsetBuffer::from_lengths(lengths()), values, nulls)),
    };
    (Field::new(name, array.data_type().clone(), true), array)
}

/// Some rows of a table as a record batch. The types are those that have the cells of the whole table.
pub fn batch(table: &Table, whole: &Table, types: &Types) -> RecordBatch {
    let mut fields = vec![];
    let mut arrays = vec![];
    for ((column, all), &(kind, which)) in table.columns.iter().zip(&whole.columns).zip(&types.0) {
        let cells: Vec<&Cell> = all.cells.iter().flat_map(Cell::leaves).collect();
        let makes = makes(&cells);
        let make = makes[kind as usize % makes.len()];
        if all.cells.iter().any(|cell| matches!(cell, Cell::List(_))) {
            // By its name, as a table without an event has no list in a list.
            let of = if column.name == "seen_brands" { nested } else { lists };
            let (field, array) = of(column.name, &column.cells, make, which);
            fields.push(field);
            arrays.push(array);
        } else {
            let array = make(&column.cells);
            fields.push(Field::new(column.name, array.data_type().clone(), true));
            arrays.push(array);
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// Writes a batch with whatever options a writer has.
pub fn write_parquet(batch: &RecordBatch, path: &Path, rng: &mut ChaCha8Rng) {
    let compressions = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
        Compression::LZ4_RAW,
    ];
    let mut properties = WriterProperties::builder()
        .set_compression(*compressions.choose(rng).unwrap())
        .set_dictionary_enabled(rng.random())
        .set_max_row_group_row_count(Some(rng.random_range(1..50)))
        .set_data_page_row_count_limit(rng.random_range(1..20))
        .set_write_batch_size(rng.random_range(1..20))
        .set_statistics_enabled(*[EnabledStatistics::None, EnabledStatistics::Page].choose(rng).unwrap())
        .set_writer_version(*[WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0].choose(rng).unwrap());
    for field in batch.schema().fields() {
        let encodings: &[Encoding] = match field.data_type() {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
                &[Encoding::DELTA_BINARY_PACKED]
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                &[Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY]
            }
            DataType::Float32 | DataType::Float64 => &[Encoding::BYTE_STREAM_SPLIT],
            _ => &[Encoding::PLAIN],
        };
        if rng.random() {
            let column = parquet::schema::types::ColumnPath::from(field.name().as_str());
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, *encodings.choose(rng).unwrap());
        }
    }
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).unwrap();
    let cut = rng.random_range(0..=batch.num_rows());
    for part in [batch.slice(0, cut), batch.slice(cut, batch.num_rows() - cut)] {
        writer.write(&part).unwrap();
    }
    writer.close().unwrap();
}
