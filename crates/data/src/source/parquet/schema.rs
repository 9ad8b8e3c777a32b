//! Which columns a Parquet file has, where they stand in it, and which of them can be read.

use std::path::Path;

use ::parquet::basic::{ConvertedType, LogicalType, Repetition};
use ::parquet::file::reader::FileReader;
use ::parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, Type, TypePtr};

use super::types::{CellKind, kind, named};
use crate::error::DataError;
use crate::source::{Blanks, Unread, Wanted, expected, missing};

/// A column that can be read.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// Its place among all columns of values.
    pub index: usize,
    /// What is written of it: its physical type and its greatest levels.
    pub column: ColumnDescPtr,
    /// What its values are read as.
    pub kind: CellKind,
    /// Of each list around a value, the outer one first: the level of definition from which on it has an
    /// item, though that may be missing.
    pub levels: Vec<i16>,
}

/// Values that stand in a file: a column's, or those of a field of its structs.
struct Values {
    /// The column, or the way to the field: `column.field`.
    name: String,
    /// The column's place among the file's.
    column: usize,
    /// How many lists are around one.
    depth: usize,
    /// What they are read as; else what they are.
    kind: Result<CellKind, String>,
}

/// The columns of a file that can be read, and of the others what they hold.
pub(in crate::source) fn columns(path: &Path) -> Result<(Vec<Wanted>, Vec<Unread>), DataError> {
    let file = super::open(path)?;
    let schema = file.metadata().file_metadata().schema_descr();
    let (mut wanted, mut unread): (Vec<Wanted>, Vec<Unread>) = (vec![], vec![]);
    for values in all(schema) {
        let mut other =
            |reason: &str| unread.push(Unread { name: values.name.clone(), reason: reason.into() });
        match (&values.kind, values.depth) {
            (Err(reason), 0) => other(reason),
            (Err(reason), depth @ (1 | 2)) => other(&format!("{}{reason}", "lists of ".repeat(depth))),
            (_, 3..) => other("lists of lists of lists"),
            _ if wanted.iter().any(|w| w.name == values.name) => other("the same name again"),
            (Ok(_), 0) => wanted.push(Wanted::single(values.name)),
            (Ok(_), 1) => wanted.push(Wanted::lists(values.name, Blanks::DroppedAtEnd)),
            (Ok(_), 2) => wanted.push(Wanted::nested(values.name, Blanks::DroppedAtEnd)),
        }
    }
    Ok((wanted, unread))
}

/// Where a column stands and how it is read, if its cells are lists, or single values, as is wanted. Where
/// lists are wanted, texts may hold them.
pub(super) fn find(path: &Path, schema: &SchemaDescriptor, column: &Wanted) -> Result<Leaf, DataError> {
    let fields = schema.root_schema().get_fields();
    let all = all(schema);
    let mut found = all.iter().enumerate().filter(|(_, values)| values.name == column.name);
    let Some((index, values)) = found.next() else {
        let inside = |values: &&Values| fields[values.column].name() == column.name;
        let Some(first) = all.iter().find(inside) else {
            return Err(missing(path, &column.name, all.iter().map(|values| &values.name)));
        };
        let found = format!("column `{}`: {}", column.name, said(&fields[first.column]));
        let expected = format!("one of its fields, such as `from = \"{}\"`", first.name);
        return Err(DataError::file(path, found, expected));
    };
    if found.next().is_some() {
        let found = format!("two columns `{}`", column.name);
        return Err(DataError::file(path, found, "columns with names of their own"));
    }
    let is_text = values.kind == Ok(CellKind::Text);
    if values.depth != column.depth
        && !(is_text && values.depth < column.depth)
        && (values.depth < 2 || column.depth == 0)
    {
        let found = format!("column `{}` of type {}", column.name, said(&fields[values.column]));
        return Err(DataError::file(path, found, expected(column.depth)));
    }
    let wrong = |found: String, expected: &str| {
        Err(DataError::file(path, format!("column `{}`: {found}", column.name), expected))
    };
    match (&values.kind, values.depth) {
        (_, depth) if depth > column.depth => {
            let expected = "texts, numbers or lists of them; lists of lists are read as what events have any \
                            number of, where the candidate's own column has lists";
            wrong(format!("{}lists", "lists of ".repeat(depth - 1)), expected)
        }
        (Err(found), depth) => {
            wrong(format!("{}{found}", "lists of ".repeat(depth)), "texts, numbers or lists of them")
        }
        (Ok(kind), _) => {
            let (of, levels) = (schema.column(index), levels(&fields[values.column], &schema.column(index)));
            Ok(Leaf { index, column: of, kind: *kind, levels })
        }
    }
}

/// The level of definition of each repeated field on the way from a column's to its values.
fn levels(field: &TypePtr, column: &ColumnDescPtr) -> Vec<i16> {
    let (mut levels, mut level, mut of) = (vec![], 0, field);
    let mut parts = column.path().parts().iter().skip(1);
    loop {
        let info = of.get_basic_info();
        if info.has_repetition() && info.repetition() != Repetition::REQUIRED {
            level += 1;
            if info.repetition() == Repetition::REPEATED {
                levels.push(level);
            }
        }
        let Some(part) = parts.next() else { return levels };
        let inner = of.get_fields().iter().find(|inner| inner.name() == part);
        of = inner.expect("a column's path is one through the schema");
    }
}

/// All values of a file, as they stand in it.
fn all(schema: &SchemaDescriptor) -> Vec<Values> {
    let mut all = vec![];
    for (column, field) in schema.root_schema().get_fields().iter().enumerate() {
        add(field, field.name().to_owned(), column, 0, &mut all);
    }
    debug_assert_eq!(all.len(), schema.num_columns());
    all
}

/// Adds the values of a field.
fn add(field: &Type, name: String, column: usize, depth: usize, all: &mut Vec<Values>) {
    match item(field) {
        // A repeated field that nothing annotates holds its values itself.
        Some(Item { of, .. }) if std::ptr::eq(of, field) => add_value(of, name, column, depth + 1, all),
        Some(Item { of, nested: true }) => add(of, name, column, depth + 1, all),
        Some(Item { of, nested: false }) => add_value(of, name, column, depth + 1, all),
        None => add_value(field, name, column, depth, all),
    }
}

/// Adds the values of what is no list, or of a list's items.
fn add_value(of: &Type, name: String, column: usize, depth: usize, all: &mut Vec<Values>) {
    if !of.is_group() {
        return all.push(Values { name, column, depth, kind: kind(of) });
    }
    for field in of.get_fields() {
        match is_map(of) && field.is_group() {
            // Its entries: a key and a value each.
            true => add_value(field, name.clone(), column, depth + 1, all),
            false => add(field, format!("{name}.{}", field.name()), column, depth, all),
        }
    }
}

fn is_map(of: &Type) -> bool {
    let info = of.get_basic_info();
    matches!(info.logical_type_ref(), Some(LogicalType::Map))
        || matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE)
}

/// A column's type, for people.
fn said(field: &Type) -> String {
    match item(field) {
        Some(Item { of, nested: true }) if !std::ptr::eq(of, field) => format!("lists of {}", said(of)),
        Some(Item { nested: true, .. }) => "lists of lists".into(),
        Some(Item { of, .. }) => format!("lists of {}", named(of)),
        None => named(field),
    }
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
