//! Which columns a Parquet file has, where they stand in it, and which of them can be read.

use std::path::Path;

use ::parquet::basic::{ConvertedType, LogicalType, Repetition};
use ::parquet::file::reader::FileReader;
use ::parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, Type, TypePtr};

use super::types::{CellKind, kind, named};
use crate::error::DataError;
use crate::source::{Blanks, Wanted, missing};

/// A column that can be read.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// Its place among all columns of values.
    pub index: usize,
    /// What is written of it: its physical type and its greatest levels.
    pub column: ColumnDescPtr,
    /// What its values are read as.
    pub kind: CellKind,
}

/// The columns of a file that can be read.
pub(in crate::source) fn columns(path: &Path) -> Result<Vec<Wanted>, DataError> {
    let file = super::open(path)?;
    let fields = file.metadata().file_metadata().schema().get_fields();
    let read = fields.iter().filter(|field| cells(field).is_ok());
    let wanted = |field: &TypePtr| match is_list(field) {
        true => Wanted::lists(field.name(), Blanks::DroppedAtEnd),
        false => Wanted::single(field.name()),
    };
    Ok(read.map(wanted).collect())
}

/// Where a column stands and how it is read, if its cells are lists, or single values, as is wanted.
pub(super) fn find(path: &Path, schema: &SchemaDescriptor, column: &Wanted) -> Result<Leaf, DataError> {
    let fields = schema.root_schema().get_fields();
    let place = fields.iter().position(|field| field.name() == column.name);
    let place = place.ok_or_else(|| missing(path, &column.name, fields.iter().map(|f| f.name())))?;
    let field = &fields[place];
    if is_list(field) != column.list {
        let found = format!("column `{}` of type {}", column.name, said(field));
        let expected = if column.list { "lists of ids, for a sequence" } else { "single values" };
        return Err(DataError::file(path, found, expected));
    }
    let kind = cells(field).map_err(|found| {
        let found = format!("column `{}`: {found}", column.name);
        DataError::file(path, found, "texts, numbers or lists of them")
    })?;
    let index = (0..schema.num_columns()).find(|&leaf| schema.get_column_root_idx(leaf) == place);
    let index = index.expect("a column that can be read has values");
    Ok(Leaf { index, column: schema.column(index), kind })
}

/// What the cells of a column, or its lists' values, are read as.
///
/// # Errors
/// What the column holds, if that is not read.
fn cells(field: &Type) -> Result<CellKind, String> {
    match item(field) {
        Some(Item { nested: true, .. }) => Err("lists of lists".into()),
        Some(Item { of, .. }) => kind(of).map_err(|of| format!("lists of {of}")),
        None => kind(field),
    }
}

/// A column's type, for people.
fn said(field: &Type) -> String {
    match item(field) {
        Some(Item { nested: true, .. }) => "lists of lists".into(),
        Some(Item { of, .. }) => format!("lists of {}", named(of)),
        None => named(field),
    }
}

fn is_list(field: &Type) -> bool {
    item(field).is_some()
}

/// What lists hold.
struct Item<'a> {
    of: &'a Type,
    /// Whether that is lists again.
    nested: bool,
}

/// What a column's lists hold, if it has lists: as today's writers have them, and as those did of before the
/// format had rules for them.
///
/// See [LogicalTypes.md](https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists).
fn item(field: &Type) -> Option<Item<'_>> {
    if is_repeated(field) {
        // A repeated column that nothing annotates: its values are required.
        return Some(Item { of: field, nested: annotated(field).is_some() });
    }
    let [repeated] = annotated(field)? else { return None };
    if !is_repeated(repeated) {
        return None;
    }
    let of = match &**repeated {
        // Two levels: what is repeated is the value.
        Type::PrimitiveType { .. } => repeated,
        Type::GroupType { fields, .. } => match &fields[..] {
            [only] if !is_tuple(field, repeated) => {
                return Some(Item { of: only, nested: is_repeated(only) || annotated(only).is_some() });
            }
            // Its values are structs.
            _ => repeated,
        },
    };
    Some(Item { of, nested: annotated(of).is_some() })
}

/// The fields of a group that is annotated as a list.
fn annotated(field: &Type) -> Option<&[TypePtr]> {
    let info = field.get_basic_info();
    let list = matches!(info.logical_type_ref(), Some(LogicalType::List))
        || info.converted_type() == ConvertedType::LIST;
    (list && field.is_group()).then(|| field.get_fields())
}

/// Whether the group within a list of before is a struct of one field, not what only holds the value.
fn is_tuple(list: &Type, repeated: &Type) -> bool {
    repeated.name() == "array" || repeated.name() == format!("{}_tuple", list.name())
}

fn is_repeated(of: &Type) -> bool {
    let info = of.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}
