//! Values made cells.

use std::fmt::Write;

use ::parquet::data_type::{ByteArray, FixedLenByteArray, Int96};

use crate::source::column::{Column, Primitive, TextColumn, TimeUnit};

/// Cells to come, one after the other, of values of type `V`.
pub(super) trait Cells<V>: ColumnCells {
    /// Adds a cell.
    ///
    /// # Errors
    /// What is wrong with the value.
    fn push(&mut self, value: &V) -> Result<(), String>;
}

/// Cells of a column, whatever values they are made of.
pub(super) trait ColumnCells: Send {
    /// Adds a cell that is missing.
    fn push_missing(&mut self);

    /// How many cells there are.
    fn len(&self) -> usize;

    /// The cells; none are left.
    fn take(&mut self) -> Column;
}

/// Numbers, and what makes one of a value.
pub(super) struct Numbers<N, F> {
    convert: F,
    cells: Primitive<N>,
}

impl<N: Copy + Default, F> Numbers<N, F> {
    pub fn new<V>(convert: F) -> Self
    where
        F: Fn(&V) -> Result<N, String>,
    {
        Numbers { convert, cells: Primitive::default() }
    }
}

impl<V, N: Copy + Default + Send, F: Fn(&V) -> Result<N, String> + Send> Cells<V> for Numbers<N, F>
where
    Column: From<Primitive<N>>,
{
    fn push(&mut self, value: &V) -> Result<(), String> {
        self.cells.push(Some((self.convert)(value)?));
        Ok(())
    }
}

impl<N: Copy + Default + Send, F: Send> ColumnCells for Numbers<N, F>
where
    Column: From<Primitive<N>>,
{
    fn push_missing(&mut self) {
        self.cells.push(None);
    }

    fn len(&self) -> usize {
        self.cells.len()
    }

    fn take(&mut self) -> Column {
        std::mem::take(&mut self.cells).into()
    }
}

/// Times, of what counts them.
pub(super) struct Times<F> {
    unit: TimeUnit,
    counts: Numbers<i64, F>,
}

impl<F> Times<F> {
    pub fn new(unit: TimeUnit, counts: Numbers<i64, F>) -> Self {
        Times { unit, counts }
    }
}

impl<V, F: Fn(&V) -> Result<i64, String> + Send> Cells<V> for Times<F> {
    fn push(&mut self, value: &V) -> Result<(), String> {
        self.counts.push(value)
    }
}

impl<F: Send> ColumnCells for Times<F> {
    fn push_missing(&mut self) {
        self.counts.push_missing();
    }

    fn len(&self) -> usize {
        self.counts.len()
    }

    fn take(&mut self) -> Column {
        Column::Time(self.unit, std::mem::take(&mut self.counts.cells))
    }
}

/// Texts.
#[derive(Default)]
pub(super) struct Texts {
    cells: TextColumn,
    buffer: String,
}

impl Cells<ByteArray> for Texts {
    fn push(&mut self, value: &ByteArray) -> Result<(), String> {
        self.add(value.data())
    }
}

impl Cells<FixedLenByteArray> for Texts {
    fn push(&mut self, value: &FixedLenByteArray) -> Result<(), String> {
        self.add(value.data())
    }
}

impl Texts {
    fn add(&mut self, bytes: &[u8]) -> Result<(), String> {
        let text = str::from_utf8(bytes).map_err(|e| format!("a text that is not UTF-8: {e}"))?;
        self.cells.push(Some(text));
        Ok(())
    }
}

/// Bytes that are written as texts, and how.
pub(super) struct Written<F> {
    write: F,
    cells: TextColumn,
}

impl<F: Fn(&[u8]) -> Result<String, String>> Written<F> {
    pub fn new(write: F) -> Self {
        Written { write, cells: TextColumn::default() }
    }
}

impl<F: Fn(&[u8]) -> Result<String, String> + Send> Cells<ByteArray> for Written<F> {
    fn push(&mut self, value: &ByteArray) -> Result<(), String> {
        self.cells.push(Some(&(self.write)(value.data())?));
        Ok(())
    }
}

impl<F: Fn(&[u8]) -> Result<String, String> + Send> Cells<FixedLenByteArray> for Written<F> {
    fn push(&mut self, value: &FixedLenByteArray) -> Result<(), String> {
        self.cells.push(Some(&(self.write)(value.data())?));
        Ok(())
    }
}

impl<F: Send> ColumnCells for Written<F> {
    fn push_missing(&mut self) {
        self.cells.push(None);
    }

    fn len(&self) -> usize {
        self.cells.len()
    }

    fn take(&mut self) -> Column {
        Column::Text(std::mem::take(&mut self.cells))
    }
}

/// Integers without a sign, in digits.
impl Cells<i64> for Texts {
    fn push(&mut self, value: &i64) -> Result<(), String> {
        self.buffer.clear();
        write!(self.buffer, "{}", value.cast_unsigned()).expect("a String takes everything");
        self.cells.push(Some(&self.buffer));
        Ok(())
    }
}

impl ColumnCells for Texts {
    fn push_missing(&mut self) {
        self.cells.push(None);
    }

    fn len(&self) -> usize {
        self.cells.len()
    }

    fn take(&mut self) -> Column {
        Column::Text(std::mem::take(&mut self.cells))
    }
}

/// Cells that are all missing, whatever their type.
#[derive(Default)]
pub(super) struct Missing(TextColumn);

impl<V> Cells<V> for Missing {
    fn push(&mut self, _: &V) -> Result<(), String> {
        Err("a value where the type says that there is none".into())
    }
}

impl ColumnCells for Missing {
    fn push_missing(&mut self) {
        self.0.push(None);
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn take(&mut self) -> Column {
        Column::Text(std::mem::take(&mut self.0))
    }
}

/// A number of 16 bits.
///
/// # Errors
/// It has not 16 bits.
pub(super) fn half(bytes: &[u8]) -> Result<f64, String> {
    let bytes = bytes.try_into().map_err(|_| format!("a FLOAT16 of {} bytes", bytes.len()))?;
    Ok(half::f16::from_le_bytes(bytes).into())
}

/// The text of 128 bits: `00112233-4455-6677-8899-aabbccddeeff`.
///
/// # Errors
/// There are more or fewer bits.
pub(super) fn uuid(bytes: &[u8]) -> Result<String, String> {
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| format!("a UUID of {} bytes", bytes.len()))?;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// Nanoseconds since 1970.
///
/// # Errors
/// There are too many for an `i64`.
pub(super) fn nanoseconds(time: &Int96) -> Result<i64, String> {
    const DAY: i64 = 86_400_000_000_000;
    /// The Julian day of the first of January 1970.
    const EPOCH: i64 = 2_440_588;
    let [low, high, day] = time.data() else { unreachable!("96 bits are three times 32") };
    let of_day = (u64::from(*high) << 32 | u64::from(*low)).cast_signed();
    let days = (i64::from(*day) - EPOCH).checked_mul(DAY);
    days.and_then(|days| days.checked_add(of_day)).ok_or_else(|| {
        format!("a time that is not within the years 1677 to 2262 of nanoseconds, on the Julian day {day}")
    })
}
