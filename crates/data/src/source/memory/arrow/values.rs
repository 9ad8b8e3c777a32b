//! Which types of Arrow are read, and as what.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_schema::{DataType, TimeUnit as Unit};

use crate::source::column::{Column, Primitive, TextColumn, TimeUnit};
use crate::source::parquet::decimals;

/// Digits of an integer that is read exactly.
const EXACT_DIGITS: u8 = 38;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The values at some places of an array.
///
/// # Errors
/// The type is not read; a value is none of a text.
pub(super) fn column(array: &dyn Array, places: &[Option<usize>]) -> Result<Column, [String; 2]> {
    macro_rules! numbers {
        ($of:ty, $convert:expr) => {{
            let own = array.as_primitive::<$of>();
            places.iter().map(|at| at.map(|at| $convert(own.value(at)))).collect::<Primitive<_>>()
        }};
    }
    macro_rules! texts {
        ($own:expr) => {{
            let own = $own;
            Column::Text(places.iter().map(|at| at.map(|at| own.value(at))).collect())
        }};
    }
    macro_rules! bytes {
        ($own:expr) => {{
            let own = $own;
            bytes(places.iter().map(|at| at.map(|at| own.value(at))))?
        }};
    }
    let expected = "integers, numbers, truth values, decimals, dates, moments, texts or lists of them";
    let refused = || [format!("the type {}", array.data_type()), expected.to_owned()];
    Ok(match array.data_type() {
        DataType::Null => Column::Text(places.iter().map(|_| None).collect()),
        DataType::Boolean => {
            let own = array.as_boolean();
            places.iter().map(|at| at.map(|at| own.value(at))).collect::<Primitive<_>>().into()
        }
        DataType::Int8 => numbers!(Int8Type, i64::from).into(),
        DataType::Int16 => numbers!(Int16Type, i64::from).into(),
        DataType::Int32 => numbers!(Int32Type, i64::from).into(),
        DataType::Int64 => numbers!(Int64Type, i64::from).into(),
        DataType::UInt8 => numbers!(UInt8Type, i64::from).into(),
        DataType::UInt16 => numbers!(UInt16Type, i64::from).into(),
        DataType::UInt32 => numbers!(UInt32Type, i64::from).into(),
        DataType::UInt64 => numbers!(UInt64Type, i128::from).into(),
        DataType::Float16 => numbers!(Float16Type, f64::from).into(),
        DataType::Float32 => numbers!(Float32Type, f32::from).into(),
        DataType::Float64 => numbers!(Float64Type, f64::from).into(),
        DataType::Date32 => Column::Time(TimeUnit::Days, numbers!(Date32Type, i64::from)),
        DataType::Date64 => Column::Time(TimeUnit::Days, numbers!(Date64Type, |x: i64| x.div_euclid(DAY))),
        DataType::Timestamp(Unit::Second, _) => {
            let own = array.as_primitive::<TimestampSecondType>();
            let millis = |at: usize| {
                let wide = || [format!("a time of {} seconds", own.value(at)), "one of this era".to_owned()];
                own.value(at).checked_mul(1000).ok_or_else(wide)
            };
            let times = places.iter().map(|at| at.map(millis).transpose()).collect::<Result<_, _>>()?;
            Column::Time(TimeUnit::Milliseconds, times)
        }
        DataType::Timestamp(Unit::Millisecond, _) => {
            Column::Time(TimeUnit::Milliseconds, numbers!(TimestampMillisecondType, i64::from))
        }
        DataType::Timestamp(Unit::Microsecond, _) => {
            Column::Time(TimeUnit::Microseconds, numbers!(TimestampMicrosecondType, i64::from))
        }
        DataType::Timestamp(Unit::Nanosecond, _) => {
            Column::Time(TimeUnit::Nanoseconds, numbers!(TimestampNanosecondType, i64::from))
        }
        DataType::Decimal32(_, 0) => numbers!(Decimal32Type, i128::from).into(),
        DataType::Decimal64(_, 0) => numbers!(Decimal64Type, i128::from).into(),
        DataType::Decimal128(_, 0) => numbers!(Decimal128Type, i128::from).into(),
        DataType::Decimal256(digits, 0) => {
            let own = array.as_primitive::<Decimal256Type>();
            let narrow = |at: usize| own.value(at).to_i128();
            match places.iter().flatten().all(|&at| *digits <= EXACT_DIGITS && narrow(at).is_some()) {
                true => places.iter().map(|at| at.and_then(narrow)).collect::<Primitive<_>>().into(),
                false => {
                    let mut texts = TextColumn::default();
                    for at in places {
                        texts.push(at.map(|at| own.value(at).to_string()).as_deref());
                    }
                    Column::Text(texts)
                }
            }
        }
        &DataType::Decimal32(_, scale @ 1..) => {
            numbers!(Decimal32Type, |x: i32| decimals::nearest(x.into(), scale.into())).into()
        }
        &DataType::Decimal64(_, scale @ 1..) => {
            numbers!(Decimal64Type, |x: i64| decimals::nearest(x.into(), scale.into())).into()
        }
        &DataType::Decimal128(_, scale @ 1..) => {
            numbers!(Decimal128Type, |x: i128| decimals::nearest(x, scale.into())).into()
        }
        &DataType::Decimal256(_, scale @ 1..) => {
            let own = array.as_primitive::<Decimal256Type>();
            let number = |at: usize| decimals::of_bytes(&own.value(at).to_be_bytes(), scale.into());
            let numbers = places.iter().map(|at| at.map(number).transpose());
            let numbers: Result<Primitive<f64>, String> = numbers.collect();
            numbers.map_err(|found| [found, "a decimal".into()])?.into()
        }
        DataType::Utf8 => texts!(array.as_string::<i32>()),
        DataType::LargeUtf8 => texts!(array.as_string::<i64>()),
        DataType::Utf8View => texts!(array.as_string_view()),
        DataType::Binary => bytes!(array.as_binary::<i32>()),
        DataType::LargeBinary => bytes!(array.as_binary::<i64>()),
        DataType::BinaryView => bytes!(array.as_binary_view()),
        DataType::FixedSizeBinary(_) => bytes!(array.as_fixed_size_binary()),
        DataType::Struct(fields) => {
            let names = crate::error::quoted(fields.iter().map(|field| field.name()));
            return Err([
                "a struct".into(),
                format!("one of its fields by `from = \"COLUMN.FIELD\"`: {names}"),
            ]);
        }
        _ => return Err(refused()),
    })
}

/// Texts in bytes.
fn bytes<'a>(cells: impl Iterator<Item = Option<&'a [u8]>>) -> Result<Column, [String; 2]> {
    let mut texts = TextColumn::default();
    for cell in cells {
        let text = cell.map(str::from_utf8).transpose();
        let wrong = |e| [format!("a text that is not UTF-8: {e}"), "texts in UTF-8".to_owned()];
        texts.push(text.map_err(wrong)?);
    }
    Ok(Column::Text(texts))
}
