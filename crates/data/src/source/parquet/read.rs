//! A column's cells from its levels and values.
//!
//! A level of definition says how much of a cell there is: of the list, of its value; one of repetition,
//! whether a value begins a row or goes on with its list. See
//! [the format](https://github.com/apache/parquet-format#nested-encoding).

use ::parquet::basic::Type as PhysicalType;
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_typed_column_reader};
use ::parquet::data_type::*;

use super::decimals;
use super::schema::Leaf;
use super::types::CellKind;
use super::values::{Cells, Missing, Numbers, Texts, Times, Written, half, nanoseconds, uuid};
use crate::source::column::{Column, ListColumn, TimeUnit};

/// Rows whose levels and values are held at once, before they are cells.
const PIECE: usize = 512;

/// A column of a file, read one row group after the other.
pub(super) trait ReadColumn: Send {
    /// Begins a row group.
    fn begin(&mut self, chunk: ColumnReader);

    /// Adds the cells of the row group's next rows.
    ///
    /// # Errors
    /// The file is damaged, or has fewer rows.
    fn read(&mut self, rows: usize) -> Result<(), String>;

    /// The cells that were added; none are left.
    fn take(&mut self) -> Column;
}

/// How a column is read.
pub(super) fn reader(leaf: &Leaf) -> Box<dyn ReadColumn> {
    match leaf.column.physical_type() {
        PhysicalType::BOOLEAN => of::<BoolType>(leaf, Numbers::new(|&x: &bool| Ok(x))),
        PhysicalType::INT32 => match leaf.kind {
            CellKind::Unsigned => {
                of::<Int32Type>(leaf, Numbers::new(|x: &i32| Ok(i64::from(x.cast_unsigned()))))
            }
            CellKind::Time(unit) => {
                of::<Int32Type>(leaf, Times::new(unit, Numbers::new(|&x: &i32| Ok(i64::from(x)))))
            }
            CellKind::Whole => of::<Int32Type>(leaf, Numbers::new(|&x: &i32| Ok(i128::from(x)))),
            CellKind::Decimal { scale } => {
                of::<Int32Type>(leaf, Numbers::new(move |&x: &i32| Ok(decimals::nearest(x.into(), scale))))
            }
            _ => of::<Int32Type>(leaf, Numbers::new(|&x: &i32| Ok(i64::from(x)))),
        },
        PhysicalType::INT64 => match leaf.kind {
            CellKind::Unsigned64 => of::<Int64Type>(leaf, Texts::default()),
            CellKind::Time(unit) => of::<Int64Type>(leaf, Times::new(unit, Numbers::new(|&x: &i64| Ok(x)))),
            CellKind::Whole => of::<Int64Type>(leaf, Numbers::new(|&x: &i64| Ok(i128::from(x)))),
            CellKind::Decimal { scale } => {
                of::<Int64Type>(leaf, Numbers::new(move |&x: &i64| Ok(decimals::nearest(x.into(), scale))))
            }
            _ => of::<Int64Type>(leaf, Numbers::new(|&x: &i64| Ok(x))),
        },
        PhysicalType::INT96 => {
            of::<Int96Type>(leaf, Times::new(TimeUnit::Nanoseconds, Numbers::new(nanoseconds)))
        }
        PhysicalType::FLOAT => of::<FloatType>(leaf, Numbers::new(|&x: &f32| Ok(x))),
        PhysicalType::DOUBLE => of::<DoubleType>(leaf, Numbers::new(|&x: &f64| Ok(x))),
        PhysicalType::BYTE_ARRAY => match leaf.kind {
            CellKind::Whole => {
                of::<ByteArrayType>(leaf, Numbers::new(|x: &ByteArray| decimals::whole(x.data())))
            }
            CellKind::Decimal { scale } => {
                let number = move |x: &ByteArray| decimals::of_bytes(x.data(), scale);
                of::<ByteArrayType>(leaf, Numbers::new(number))
            }
            CellKind::LongWhole => of::<ByteArrayType>(leaf, Written::new(decimals::digits)),
            _ => of::<ByteArrayType>(leaf, Texts::default()),
        },
        PhysicalType::FIXED_LEN_BYTE_ARRAY => match leaf.kind {
            CellKind::Whole => {
                let whole = |x: &FixedLenByteArray| decimals::whole(x.data());
                of::<FixedLenByteArrayType>(leaf, Numbers::new(whole))
            }
            CellKind::Decimal { scale } => {
                let number = move |x: &FixedLenByteArray| decimals::of_bytes(x.data(), scale);
                of::<FixedLenByteArrayType>(leaf, Numbers::new(number))
            }
            CellKind::LongWhole => of::<FixedLenByteArrayType>(leaf, Written::new(decimals::digits)),
            CellKind::Uuid => of::<FixedLenByteArrayType>(leaf, Written::new(uuid)),
            CellKind::Text => of::<FixedLenByteArrayType>(leaf, Texts::default()),
            _ => of::<FixedLenByteArrayType>(leaf, Numbers::new(|x: &FixedLenByteArray| half(x.data()))),
        },
    }
}

fn of<T: DataType>(leaf: &Leaf, cells: impl Cells<T::T> + 'static) -> Box<dyn ReadColumn> {
    let column = &leaf.column;
    Box::new(Reader::<T> {
        chunk: None,
        whole: column.max_def_level(),
        lists: leaf.levels.iter().map(|&level| Starts { level, places: vec![] }).collect(),
        definition: vec![],
        repetition: vec![],
        values: vec![],
        cells: match leaf.kind {
            CellKind::Missing => Box::new(Missing::default()),
            _ => Box::new(cells),
        },
    })
}

/// A column of single cells, of lists, or of lists of lists.
struct Reader<T: DataType> {
    /// What is left of the row group.
    chunk: Option<ColumnReaderImpl<T>>,
    /// The level of definition of a value that is there.
    whole: i16,
    /// The outer ones first; nothing of single cells.
    lists: Vec<Starts>,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    /// Those that are there.
    values: Vec<T::T>,
    cells: Box<dyn Cells<T::T>>,
}

/// Where lists begin.
struct Starts {
    /// The level of definition from which on a list has a value, though it may be missing.
    level: i16,
    /// Among the lists within these, or the cells.
    places: Vec<usize>,
}

impl<T: DataType> ReadColumn for Reader<T> {
    fn begin(&mut self, chunk: ColumnReader) {
        self.chunk = Some(get_typed_column_reader(chunk));
    }

    fn read(&mut self, rows: usize) -> Result<(), String> {
        let mut left = rows;
        while left > 0 {
            match self.read_piece(left.min(PIECE))? {
                0 => return Err(format!("{left} rows fewer than the row group has")),
                rows => left -= rows,
            }
            self.add()?;
        }
        Ok(())
    }

    fn take(&mut self) -> Column {
        // The cells, lists of them, and lists of those.
        self.lists.iter_mut().rev().fold(self.cells.take(), |values, starts| {
            let mut offsets = std::mem::take(&mut starts.places);
            offsets.push(values.len());
            Column::List(ListColumn::new(values, offsets))
        })
    }
}

impl<T: DataType> Reader<T> {
    /// Levels and values of up to so many rows; tells how many there are.
    fn read_piece(&mut self, rows: usize) -> Result<usize, String> {
        self.definition.clear();
        self.repetition.clear();
        self.values.clear();
        let chunk = self.chunk.as_mut().expect("a row group was begun");
        let (definition, repetition) = (Some(&mut self.definition), Some(&mut self.repetition));
        let read = chunk.read_records(rows, definition, repetition, &mut self.values);
        let (records, ..) = read.map_err(|e| e.to_string())?;
        if self.lists.is_empty() {
            return Ok(records);
        }
        if self.repetition.first().is_some_and(|&level| level != 0) {
            return Err("a list that goes on before one has begun".into());
        }
        let begun = self.repetition.iter().filter(|&&level| level == 0).count();
        if begun > rows { Err(format!("{begun} lists in {rows} rows")) } else { Ok(begun) }
    }

    /// Makes the piece cells.
    fn add(&mut self) -> Result<(), String> {
        let Reader { whole, lists, definition, repetition, values, cells, .. } = self;
        if *whole == 0 {
            return values.iter().try_for_each(|value| cells.push(value));
        }
        let mut values = values.iter();
        'values: for (i, &level) in definition.iter().enumerate() {
            let begin = usize::try_from(*repetition.get(i).unwrap_or(&0)).map_err(|e| e.to_string())?;
            for depth in begin..lists.len() {
                let place = lists.get(depth + 1).map_or(cells.len(), |inner| inner.places.len());
                lists[depth].places.push(place);
                if level < lists[depth].level {
                    // The list is empty, or there is none.
                    continue 'values;
                }
            }
            if level == *whole {
                cells.push(values.next().ok_or("fewer values than levels")?)?;
            } else {
                cells.push_missing();
            }
        }
        Ok(())
    }
}
