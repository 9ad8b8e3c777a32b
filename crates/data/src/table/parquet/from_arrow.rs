//! Arrow's many types, made few.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, GenericStringArray, OffsetSizeTrait};
use arrow_schema::{DataType, TimeUnit};

use crate::table::column::{Column, ListColumn, Primitive, TextColumn, Validity};

/// Integers up to this size are exact as `f64`, 2⁵³.
const EXACT: u128 = 1 << 53;

/// The greatest power of ten that is exact as `f64`.
const EXACT_POWER: i8 = 22;

/// An array's cells, or lists of such: texts, integers (also times, days and truth values), other numbers.
/// Unsigned 64-bit integers become texts: some ids are beyond `i64`. A decimal is the `f64` next to it.
///
/// # Errors
/// The type, if it is none of these.
pub(super) fn column(array: &ArrayRef) -> Result<Column, String> {
    let (values, offsets) = match array.data_type() {
        DataType::List(_) => ranges_of(array.as_list::<i32>().values(), array.as_list::<i32>().offsets()),
        DataType::LargeList(_) => {
            ranges_of(array.as_list::<i64>().values(), array.as_list::<i64>().offsets())
        }
        DataType::FixedSizeList(_, length) => {
            let length = usize::try_from(*length).expect("Arrow checks the length of lists");
            let offsets: Vec<usize> = (0..=array.len()).map(|i| i * length).collect();
            let values = array.as_fixed_size_list().values().slice(0, array.len() * length);
            (cells(&values), offsets)
        }
        DataType::ListView(_) => of_views::<i32>(array),
        DataType::LargeListView(_) => of_views::<i64>(array),
        _ => return cells(array),
    };
    let values = values.map_err(|item| format!("lists of {item}"))?;
    Ok(Column::List(ListColumn::new(values, offsets, validity(array))))
}

type Lists = (Result<Column, String>, Vec<usize>);

/// The values of lists one after the other, and where each begins and ends.
fn ranges_of<O: OffsetSizeTrait>(values: &ArrayRef, offsets: &[O]) -> Lists {
    let (first, last) = (offsets[0].as_usize(), offsets[offsets.len() - 1].as_usize());
    let values = cells(&values.slice(first, last - first));
    (values, offsets.iter().map(|offset| offset.as_usize() - first).collect())
}

/// The same of lists that stand anywhere among the values.
fn of_views<O: OffsetSizeTrait>(array: &ArrayRef) -> Lists {
    let views = array.as_list_view::<O>();
    let (mut places, mut offsets) = (vec![], vec![0]);
    for i in 0..views.len() {
        if views.is_valid(i) {
            let start = views.value_offset(i).as_usize();
            places.extend((start..start + views.value_size(i).as_usize()).map(Some));
        }
        offsets.push(places.len());
    }
    (cells(views.values()).map(|values| pick(&values, places.into_iter())), offsets)
}

/// An array of single cells.
fn cells(array: &ArrayRef) -> Result<Column, String> {
    use DataType::*;
    Ok(match array.data_type() {
        Utf8 => texts(array.as_string::<i32>())?,
        LargeUtf8 => texts(array.as_string::<i64>())?,
        Utf8View => Column::Text(array.as_string_view().iter().collect()),
        Null => Column::Text((0..array.len()).map(|_| None).collect()),
        UInt64 => unsigned(array),
        Boolean => Column::Int(array.as_boolean().iter().map(|cell| cell.map(i64::from)).collect()),
        Int8 => ints::<Int8Type>(array),
        Int16 => ints::<Int16Type>(array),
        Int32 => ints::<Int32Type>(array),
        Int64 => ints::<Int64Type>(array),
        UInt8 => ints::<UInt8Type>(array),
        UInt16 => ints::<UInt16Type>(array),
        UInt32 => ints::<UInt32Type>(array),
        Date32 => ints::<Date32Type>(array),
        Date64 => ints::<Date64Type>(array),
        Timestamp(TimeUnit::Second, _) => ints::<TimestampSecondType>(array),
        Timestamp(TimeUnit::Millisecond, _) => ints::<TimestampMillisecondType>(array),
        Timestamp(TimeUnit::Microsecond, _) => ints::<TimestampMicrosecondType>(array),
        Timestamp(TimeUnit::Nanosecond, _) => ints::<TimestampNanosecondType>(array),
        Float16 => floats::<Float16Type>(array),
        Float32 => floats::<Float32Type>(array),
        Float64 => floats::<Float64Type>(array),
        Decimal32(_, scale) => decimals::<Decimal32Type>(array, *scale, |x| Some(x.into())),
        Decimal64(_, scale) => decimals::<Decimal64Type>(array, *scale, |x| Some(x.into())),
        Decimal128(_, scale) => decimals::<Decimal128Type>(array, *scale, Some),
        Decimal256(_, scale) => decimals::<Decimal256Type>(array, *scale, |x| x.to_i128()),
        Dictionary(..) => dictionary(array)?,
        other => return Err(other.to_string()),
    })
}

fn validity(array: &dyn Array) -> Validity {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
    nulls.map_or_else(Validity::default, |nulls| nulls.iter().collect())
}

fn texts<O: OffsetSizeTrait>(array: &GenericStringArray<O>) -> Result<Column, String> {
    let offsets = array.value_offsets();
    let (first, last) = (offsets[0].as_usize(), offsets[array.len()].as_usize());
    let bytes = str::from_utf8(&array.value_data()[first..last]).map_err(|e| e.to_string())?;
    let offsets = offsets.iter().map(|offset| offset.as_usize() - first).collect();
    Ok(Column::Text(TextColumn::new(bytes.into(), offsets, validity(array))))
}

fn unsigned(array: &ArrayRef) -> Column {
    let (mut texts, mut text) = (TextColumn::default(), String::new());
    for cell in array.as_primitive::<UInt64Type>() {
        text.clear();
        cell.iter().for_each(|x| write!(text, "{x}").expect("a String takes everything"));
        texts.push(cell.map(|_| &text[..]));
    }
    Column::Text(texts)
}

fn ints<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef) -> Column {
    let values = array.as_primitive::<T>().values().iter().map(|&x| x.into()).collect();
    Column::Int(Primitive::new(values, validity(array)))
}

fn floats<T: ArrowPrimitiveType<Native: Into<f64>>>(array: &ArrayRef) -> Column {
    let values = array.as_primitive::<T>().values().iter().map(|&x| x.into()).collect();
    Column::Float(Primitive::new(values, validity(array)))
}

/// The nearest numbers. `small` is the unscaled integer, if it is one of `i128`.
fn decimals<D: DecimalType>(array: &ArrayRef, scale: i8, small: fn(D::Native) -> Option<i128>) -> Column {
    let nearest = |x: D::Native| match small(x) {
        // Both are exact, so that this rounds once.
        Some(whole) if whole.unsigned_abs() <= EXACT && (0..=EXACT_POWER).contains(&scale) => {
            whole as f64 / 10_f64.powi(scale.into())
        }
        _ => D::format_decimal(x, D::MAX_PRECISION, scale).parse().expect("a decimal is a number"),
    };
    Column::Float(array.as_primitive::<D>().iter().map(|cell| cell.map(nearest)).collect())
}

fn dictionary(array: &ArrayRef) -> Result<Column, String> {
    let array = array.as_any_dictionary();
    let values = cells(array.values())?;
    if values.len() == 0 {
        return Ok(pick(&values, (0..array.keys().len()).map(|_| None)));
    }
    let keys = array.normalized_keys().into_iter().enumerate();
    Ok(pick(&values, keys.map(|(i, key)| array.keys().is_valid(i).then_some(key))))
}

/// The cells at some places; what has no place is missing.
///
/// # Panics
/// If it is a column of lists.
fn pick(column: &Column, places: impl Iterator<Item = Option<usize>>) -> Column {
    match column {
        Column::Text(texts) => Column::Text(places.map(|at| texts.get(at?)).collect()),
        Column::Int(ints) => Column::Int(places.map(|at| ints.get(at?)).collect()),
        Column::Float(floats) => Column::Float(places.map(|at| floats.get(at?)).collect()),
        Column::List(_) => unreachable!("lists among single cells"),
    }
}
