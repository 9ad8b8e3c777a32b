//! Arrow's many types, made few.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field};

/// Texts as `Utf8`, integers (also times and truth values) as `Int64`, other numbers as `Float64`, and lists
/// of such. Unsigned 64-bit integers become texts: some ids are beyond `Int64`. What it is, where it is none
/// of these.
pub(super) fn canonical(array: &ArrayRef) -> Result<ArrayRef, String> {
    use DataType::*;
    let target = match array.data_type() {
        Utf8 | Int64 | Float64 => return Ok(Arc::clone(array)),
        LargeUtf8 | Utf8View | UInt64 | Null => Utf8,
        Boolean | Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32 | Date32 | Date64 | Timestamp(..) => Int64,
        Float16 | Float32 | Decimal128(..) | Decimal256(..) => Float64,
        Dictionary(_, values) => return canonical(&to(array, values)?),
        List(_) => {
            let lists = array.as_list::<i32>();
            let values = canonical(lists.values())?;
            let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
            let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
            return Ok(Arc::new(ListArray::new(field, offsets, values, nulls)));
        }
        LargeList(item) | FixedSizeList(item, _) | ListView(item) | LargeListView(item) => {
            return canonical(&to(array, &List(Arc::clone(item)))?);
        }
        other => return Err(format!("{other}")),
    };
    // A day's number fits only through 32 bits.
    match array.data_type() {
        Date32 => to(&to(array, &Int32)?, &target),
        _ => to(array, &target),
    }
}

fn to(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, String> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, target, &strict).map_err(|e| e.to_string())
}
