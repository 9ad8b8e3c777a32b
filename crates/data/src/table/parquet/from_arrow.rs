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

/// What makes a column of an array of the type that it was asked for.
pub(super) type Convert = Box<dyn Fn(&ArrayRef) -> Column + Send>;

/// The types that are read: texts, integers (also times, days and truth values), other numbers, or lists of
/// such. Unsigned 64-bit integers become texts: some ids are beyond `i64`. A decimal is the `f64` next to it.
///
/// # Errors
/// The type, if it is none of these.
pub(super) fn convert(of: &DataType) -> Result<Convert, String> {
    let Some((item, take)) = lists(of) else { return cells(of) };
    let cells = cells(item).map_err(|item| format!("lists of {item}"))?;
    Ok(Box::new(move |array| {
        let (values, offsets) = take(array, &cells);
        Column::List(ListColumn::new(values, offsets, validity(array)))
    }))
}

/// Whether a type is one of lists.
pub(super) fn is_list(of: &DataType) -> bool {
    lists(of).is_some()
}

/// The values of lists one after the other, and where each begins and ends.
type Take = fn(&ArrayRef, &Convert) -> (Column, Vec<usize>);

/// What a type's lists hold, and how they are taken apart.
fn lists(of: &DataType) -> Option<(&DataType, Take)> {
    use DataType::*;
    let (item, take): (_, Take) = match of {
        List(item) => (item, ranges::<i32>),
        LargeList(item) => (item, ranges::<i64>),
        FixedSizeList(item, _) => (item, pieces),
        ListView(item) => (item, views::<i32>),
        LargeListView(item) => (item, views::<i64>),
        _ => return None,
    };
    Some((item.data_type(), take))
}

/// Lists that follow each other.
fn ranges<O: OffsetSizeTrait>(array: &ArrayRef, cells: &Convert) -> (Column, Vec<usize>) {
    let (lists, offsets) = (array.as_list::<O>(), array.as_list::<O>().offsets());
    let (first, last) = (offsets[0].as_usize(), offsets[offsets.len() - 1].as_usize());
    let values = cells(&lists.values().slice(first, last - first));
    (values, offsets.iter().map(|offset| offset.as_usize() - first).collect())
}

/// Lists of one length.
fn pieces(array: &ArrayRef, cells: &Convert) -> (Column, Vec<usize>) {
    let lists = array.as_fixed_size_list();
    let length = usize::try_from(lists.value_length()).expect("Arrow checks the length of lists");
    let values = cells(&lists.values().slice(0, lists.len() * length));
    (values, (0..=lists.len()).map(|i| i * length).collect())
}

/// Lists that stand anywhere among the values.
fn views<O: OffsetSizeTrait>(array: &ArrayRef, cells: &Convert) -> (Column, Vec<usize>) {
    let views = array.as_list_view::<O>();
    let (mut places, mut offsets) = (vec![], vec![0]);
    for i in 0..views.len() {
        if views.is_valid(i) {
            let start = views.value_offset(i).as_usize();
            places.extend((start..start + views.value_size(i).as_usize()).map(Some));
        }
        offsets.push(places.len());
    }
    (pick(&cells(views.values()), places.into_iter()), offsets)
}

/// The types of single cells.
fn cells(of: &DataType) -> Result<Convert, String> {
    use DataType::*;
    let convert: fn(&ArrayRef) -> Column = match of {
        Utf8 => |array| texts(array.as_string::<i32>()),
        LargeUtf8 => |array| texts(array.as_string::<i64>()),
        Utf8View => |array| Column::Text(array.as_string_view().iter().collect()),
        Null => |array| Column::Text((0..array.len()).map(|_| None).collect()),
        UInt64 => unsigned,
        Boolean => |array| Column::Int(array.as_boolean().iter().map(|cell| cell.map(i64::from)).collect()),
        Int8 => ints::<Int8Type>,
        Int16 => ints::<Int16Type>,
        Int32 => ints::<Int32Type>,
        Int64 => ints::<Int64Type>,
        UInt8 => ints::<UInt8Type>,
        UInt16 => ints::<UInt16Type>,
        UInt32 => ints::<UInt32Type>,
        Date32 => ints::<Date32Type>,
        Date64 => ints::<Date64Type>,
        Timestamp(TimeUnit::Second, _) => ints::<TimestampSecondType>,
        Timestamp(TimeUnit::Millisecond, _) => ints::<TimestampMillisecondType>,
        Timestamp(TimeUnit::Microsecond, _) => ints::<TimestampMicrosecondType>,
        Timestamp(TimeUnit::Nanosecond, _) => ints::<TimestampNanosecondType>,
        Float16 => floats::<Float16Type>,
        Float32 => floats::<Float32Type>,
        Float64 => floats::<Float64Type>,
        Decimal32(..) => |array| decimals::<Decimal32Type>(array, |x| Some(x.into())),
        Decimal64(..) => |array| decimals::<Decimal64Type>(array, |x| Some(x.into())),
        Decimal128(..) => |array| decimals::<Decimal128Type>(array, Some),
        Decimal256(..) => |array| decimals::<Decimal256Type>(array, |x| x.to_i128()),
        Dictionary(_, values) => {
            let values = cells(values)?;
            return Ok(Box::new(move |array| dictionary(array, &values)));
        }
        other => return Err(other.to_string()),
    };
    Ok(Box::new(convert))
}

fn validity(array: &dyn Array) -> Validity {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
    nulls.map_or_else(Validity::default, |nulls| nulls.iter().collect())
}

fn texts<O: OffsetSizeTrait>(array: &GenericStringArray<O>) -> Column {
    let offsets = array.value_offsets();
    let (first, last) = (offsets[0].as_usize(), offsets[array.len()].as_usize());
    let bytes = str::from_utf8(&array.value_data()[first..last]).expect("Arrow checks texts");
    let offsets = offsets.iter().map(|offset| offset.as_usize() - first).collect();
    Column::Text(TextColumn::new(bytes.into(), offsets, validity(array)))
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
fn decimals<D: DecimalType>(array: &ArrayRef, small: fn(D::Native) -> Option<i128>) -> Column {
    let (array, scale) = (array.as_primitive::<D>(), array.as_primitive::<D>().scale());
    let nearest = |x: D::Native| match small(x) {
        // Both are exact, so that this rounds once.
        Some(whole) if whole.unsigned_abs() <= EXACT && (0..=EXACT_POWER).contains(&scale) => {
            whole as f64 / 10_f64.powi(scale.into())
        }
        _ => D::format_decimal(x, D::MAX_PRECISION, scale).parse().expect("a decimal is a number"),
    };
    Column::Float(array.iter().map(|cell| cell.map(nearest)).collect())
}

fn dictionary(array: &ArrayRef, cells: &Convert) -> Column {
    let array = array.as_any_dictionary();
    let values = cells(array.values());
    if values.len() == 0 {
        return pick(&values, (0..array.keys().len()).map(|_| None));
    }
    let keys = array.normalized_keys().into_iter().enumerate();
    pick(&values, keys.map(|(i, key)| array.keys().is_valid(i).then_some(key)))
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
