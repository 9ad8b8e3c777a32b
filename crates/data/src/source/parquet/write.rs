//! Tables as Parquet.

use std::fs::File;
use std::io;
use std::sync::Arc;

use ::parquet::basic::{LogicalType, Repetition, TimeUnit as FileUnit, Type as PhysicalType};
use ::parquet::data_type::*;
use ::parquet::errors::ParquetError;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::types::{Type, TypePtr};

use crate::source::column::{Column, ListColumn, TextColumn, TimeUnit};

/// Rows of a row group, and bytes of its cells before they are encoded: no more than these are held.
const GROUP: (usize, usize) = (1 << 20, 1 << 26);

/// What the cells of a column are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellType {
    Text,
    Int64,
    UInt8,
    Float32,
    Float64,
    Bool,
    Time(TimeUnit),
    /// Lists of texts.
    Texts,
    /// Lists of such lists.
    TextLists,
}

/// A column to be written.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub name: String,
    pub cells: CellType,
    /// Whether cells may be missing; lists are always there.
    pub nullable: bool,
}

impl Field {
    /// A column without missing cells.
    pub fn new(name: impl Into<String>, cells: CellType) -> Self {
        Field { name: name.into(), cells, nullable: false }
    }

    /// A column with cells of the kind that another has, any of which may be missing.
    pub fn like(name: &str, column: &Column) -> Self {
        let cells = match column {
            // There is no column of decimals: their digits stay exact as texts.
            Column::Text(_) | Column::Decimal(_) => CellType::Text,
            Column::Int(_) => CellType::Int64,
            Column::Float(_) => CellType::Float64,
            Column::Float32(_) => CellType::Float32,
            Column::Bool(_) => CellType::Bool,
            Column::Time(unit, _) => CellType::Time(*unit),
            Column::List(_) => CellType::Texts,
        };
        Field { name: name.into(), cells, nullable: true }
    }

    fn schema(&self) -> Result<Type, ParquetError> {
        let repetition = if self.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        if !matches!(self.cells, CellType::Texts | CellType::TextLists) {
            return leaf(&self.name, self.cells, repetition);
        }
        let list_of = |name: &str, item| {
            let list = group("list", Repetition::REPEATED, None, vec![item])?;
            group(name, Repetition::REQUIRED, Some(LogicalType::List), vec![list])
        };
        let text = leaf("item", CellType::Text, Repetition::OPTIONAL)?;
        match self.cells {
            CellType::TextLists => list_of(&self.name, list_of("item", text)?),
            _ => list_of(&self.name, text),
        }
    }
}

fn leaf(name: &str, cells: CellType, repetition: Repetition) -> Result<Type, ParquetError> {
    let (physical, logical) = match cells {
        CellType::Text | CellType::Texts | CellType::TextLists => {
            (PhysicalType::BYTE_ARRAY, Some(LogicalType::String))
        }
        CellType::Int64 => (PhysicalType::INT64, None),
        CellType::UInt8 => (PhysicalType::INT32, Some(LogicalType::integer(8, false))),
        CellType::Float32 => (PhysicalType::FLOAT, None),
        CellType::Float64 => (PhysicalType::DOUBLE, None),
        CellType::Bool => (PhysicalType::BOOLEAN, None),
        CellType::Time(TimeUnit::Days) => (PhysicalType::INT32, Some(LogicalType::Date)),
        CellType::Time(unit) => {
            let unit = match unit {
                TimeUnit::Milliseconds => FileUnit::MILLIS,
                TimeUnit::Microseconds => FileUnit::MICROS,
                TimeUnit::Days | TimeUnit::Nanoseconds => FileUnit::NANOS,
            };
            (PhysicalType::INT64, Some(LogicalType::timestamp(true, unit)))
        }
    };
    let of = Type::primitive_type_builder(name, physical).with_repetition(repetition);
    of.with_logical_type(logical).build()
}

fn group(
    name: &str,
    repetition: Repetition,
    logical: Option<LogicalType>,
    fields: Vec<Type>,
) -> Result<Type, ParquetError> {
    let of = Type::group_type_builder(name).with_repetition(repetition).with_logical_type(logical);
    of.with_fields(fields.into_iter().map(Arc::new).collect()).build()
}

/// A file that grows.
pub(crate) struct TableWriter {
    file: SerializedFileWriter<File>,
    fields: Vec<Field>,
    /// What is to be the next row group.
    held: Vec<Vec<Column>>,
    rows: usize,
    bytes: usize,
}

impl TableWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(file: File, fields: Vec<Field>) -> io::Result<Self> {
        let columns = fields.iter().map(Field::schema).collect::<Result<Vec<_>, _>>()?;
        let schema = Type::group_type_builder("schema");
        let schema: TypePtr =
            Arc::new(schema.with_fields(columns.into_iter().map(Arc::new).collect()).build()?);
        let file = SerializedFileWriter::new(file, schema, Arc::default())?;
        Ok(TableWriter { file, fields, held: vec![], rows: 0, bytes: 0 })
    }

    /// Adds rows: a column for each field.
    ///
    /// # Errors
    /// They cannot be written; a column's cells are not of the field's kind.
    pub fn write(&mut self, columns: Vec<Column>) -> io::Result<()> {
        self.rows += columns.first().map_or(0, Column::len);
        self.bytes += columns.iter().map(Column::bytes).sum::<usize>();
        self.held.push(columns);
        if self.rows >= GROUP.0 || self.bytes >= GROUP.1 { self.write_group() } else { Ok(()) }
    }

    /// Writes what is held, and the end of the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.file.close()?;
        Ok(())
    }

    fn write_group(&mut self) -> io::Result<()> {
        let mut group = self.file.next_row_group()?;
        for (i, field) in self.fields.iter().enumerate() {
            let mut to = group.next_column()?.expect("a column for each field");
            for columns in &self.held {
                write_cells(&mut to, field, &columns[i])?;
            }
            to.close()?;
        }
        group.close()?;
        self.held.clear();
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

fn write_cells(to: &mut SerializedColumnWriter<'_>, field: &Field, column: &Column) -> io::Result<()> {
    let rows = 0..column.len();
    match (column, field.cells) {
        (Column::Text(texts), CellType::Text) => {
            let (all, cells) = (shared(texts), rows.map(|i| texts.place(i)));
            single::<ByteArrayType>(
                to,
                field,
                cells.map(|place| place.map(|at| all.slice(at.start, at.len()))),
            )
        }
        (Column::Int(ints), CellType::Int64) => single::<Int64Type>(to, field, rows.map(|i| ints.get(i))),
        (Column::Int(ints), CellType::UInt8) => {
            let byte = |x: i64| u8::try_from(x).map(i32::from).expect("a field of bytes has bytes");
            single::<Int32Type>(to, field, rows.map(|i| ints.get(i).map(byte)))
        }
        (Column::Float(floats), CellType::Float64) => {
            single::<DoubleType>(to, field, rows.map(|i| floats.get(i)))
        }
        (Column::Float32(floats), CellType::Float64) => {
            single::<DoubleType>(to, field, rows.map(|i| floats.get(i).map(f64::from)))
        }
        (Column::Float(floats), CellType::Float32) => {
            single::<FloatType>(to, field, rows.map(|i| floats.get(i).map(|x| x as f32)))
        }
        (Column::Float32(floats), CellType::Float32) => {
            single::<FloatType>(to, field, rows.map(|i| floats.get(i)))
        }
        (Column::Bool(truths), CellType::Bool) => single::<BoolType>(to, field, rows.map(|i| truths.get(i))),
        (Column::Decimal(decimals), CellType::Text) => {
            let digits = |x: i128| ByteArray::from(x.to_string().into_bytes());
            single::<ByteArrayType>(to, field, rows.map(|i| decimals.get(i).map(digits)))
        }
        (Column::Time(found, days), CellType::Time(TimeUnit::Days)) if *found == TimeUnit::Days => {
            let day = |x: i64| i32::try_from(x).expect("days of 32 bits were read");
            single::<Int32Type>(to, field, rows.map(|i| days.get(i).map(day)))
        }
        (Column::Time(found, times), CellType::Time(unit)) if *found == unit => {
            single::<Int64Type>(to, field, rows.map(|i| times.get(i)))
        }
        (Column::List(lists), CellType::Texts) => write_lists(to, lists),
        (Column::List(lists), CellType::TextLists) => write_nested(to, lists),
        (found, _) => {
            let found = format!("column `{}`: {}, where others were before", field.name, found.kind());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, found));
        }
    }
    .map_err(Into::into)
}

/// The texts' bytes, which cells are parts of.
fn shared(texts: &TextColumn) -> ByteArray {
    ByteArray::from(texts.bytes())
}

fn single<T: DataType>(
    to: &mut SerializedColumnWriter<'_>,
    field: &Field,
    cells: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let (mut definition, mut values) = (vec![], vec![]);
    for cell in cells {
        definition.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    if !field.nullable && values.len() < definition.len() {
        let found = format!("column `{}`: a cell is missing, in a column of which none may be", field.name);
        return Err(ParquetError::General(found));
    }
    let definition = field.nullable.then_some(&definition[..]);
    to.typed::<T>().write_batch(&values, definition, None)?;
    Ok(())
}

fn write_nested(to: &mut SerializedColumnWriter<'_>, outer: &ListColumn) -> Result<(), ParquetError> {
    let lists = outer.values().lists();
    let Column::Text(texts) = lists.values() else { panic!("lists of {}", lists.values().kind()) };
    let all = shared(texts);
    let (mut definition, mut repetition, mut values) = (vec![], vec![], vec![]);
    for range in (0..outer.len()).map(|i| outer.range(i)) {
        if range.is_empty() {
            definition.push(0);
            repetition.push(0);
        }
        for list in range.clone() {
            let (cells, begins) = (lists.range(list), i16::from(list > range.start));
            if cells.is_empty() {
                definition.push(1);
                repetition.push(begins);
            }
            for i in cells.clone() {
                let cell = texts.place(i).map(|at| all.slice(at.start, at.len()));
                definition.push(2 + i16::from(cell.is_some()));
                repetition.push(if i > cells.start { 2 } else { begins });
                values.extend(cell);
            }
        }
    }
    to.typed::<ByteArrayType>().write_batch(&values, Some(&definition), Some(&repetition))?;
    Ok(())
}

fn write_lists(to: &mut SerializedColumnWriter<'_>, lists: &ListColumn) -> Result<(), ParquetError> {
    let Column::Text(texts) = lists.values() else { panic!("lists of {}", lists.values().kind()) };
    let all = shared(texts);
    let (mut definition, mut repetition, mut values) = (vec![], vec![], vec![]);
    for range in (0..lists.len()).map(|i| lists.range(i)) {
        if range.is_empty() {
            definition.push(0);
            repetition.push(0);
        }
        for i in range.clone() {
            let cell = texts.place(i).map(|at| all.slice(at.start, at.len()));
            definition.push(1 + i16::from(cell.is_some()));
            repetition.push(i16::from(i > range.start));
            values.extend(cell);
        }
    }
    to.typed::<ByteArrayType>().write_batch(&values, Some(&definition), Some(&repetition))?;
    Ok(())
}
