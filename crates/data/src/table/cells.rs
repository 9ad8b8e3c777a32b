//! What stands in a column, whatever its type.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, Float64Array, Int64Array, StringArray};
use arrow_schema::DataType;

/// The cells of a column, or of its lists' values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cells<'a> {
    Texts(&'a StringArray),
    Integers(&'a Int64Array),
    Numbers(&'a Float64Array),
}

impl<'a> Cells<'a> {
    /// # Panics
    /// If the array is of none of a [`Block`](super::Block)'s types.
    pub fn of(array: &'a dyn Array) -> Self {
        match array.data_type() {
            DataType::Utf8 => Cells::Texts(array.as_string()),
            DataType::Int64 => Cells::Integers(array.as_primitive::<Int64Type>()),
            DataType::Float64 => Cells::Numbers(array.as_primitive::<Float64Type>()),
            other => unreachable!("a column of type {other}"),
        }
    }

    /// The cell as an id; none if it is missing. `buffer` is overwritten.
    pub fn token<'b>(&self, i: usize, buffer: &'b mut String) -> Option<&'b str>
    where
        'a: 'b,
    {
        buffer.clear();
        let written = match self {
            Cells::Texts(a) => return (a.is_valid(i) && !a.value(i).is_empty()).then(|| a.value(i)),
            Cells::Integers(a) if a.is_valid(i) => write!(buffer, "{}", a.value(i)),
            Cells::Numbers(a) if a.is_valid(i) && !a.value(i).is_nan() => write!(buffer, "{}", a.value(i)),
            _ => return None,
        };
        written.expect("a String takes everything");
        Some(buffer)
    }

    /// The cell as a number; none if it is missing.
    ///
    /// # Errors
    /// What it is, if no number.
    pub fn number(&self, i: usize) -> Result<Option<f64>, String> {
        match self {
            Cells::Texts(a) if a.is_valid(i) => {
                let text = a.value(i);
                text.trim().parse().map(Some).map_err(|_| format!("`{text}`"))
            }
            Cells::Integers(a) => Ok(a.is_valid(i).then(|| a.value(i) as f64)),
            Cells::Numbers(a) => Ok((a.is_valid(i) && !a.value(i).is_nan()).then(|| a.value(i))),
            Cells::Texts(_) => Ok(None),
        }
    }

    /// The cell as an integer; none if it is missing.
    ///
    /// # Errors
    /// What it is, if no integer.
    pub fn integer(&self, i: usize) -> Result<Option<i64>, String> {
        match self {
            Cells::Texts(a) if a.is_valid(i) => {
                let text = a.value(i);
                text.trim().parse().map(Some).map_err(|_| format!("`{text}`"))
            }
            Cells::Integers(a) => Ok(a.is_valid(i).then(|| a.value(i))),
            Cells::Numbers(a) if a.is_valid(i) && !a.value(i).is_nan() => {
                let x = a.value(i);
                // Beyond 2^53 neighbouring integers are one number.
                let whole = x.fract() == 0.0 && x.abs() <= 9_007_199_254_740_992.0;
                if whole { Ok(Some(x as i64)) } else { Err(format!("{x}")) }
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_ids_and_numbers() {
        let texts = StringArray::from(vec![Some("7"), Some("x"), None, Some(""), Some(" 2.5 ")]);
        let integers = Int64Array::from(vec![Some(-3), None]);
        let numbers = Float64Array::from(vec![Some(12.0), Some(0.5), Some(f64::NAN), None]);
        let (texts, integers, numbers) = (Cells::of(&texts), Cells::of(&integers), Cells::of(&numbers));
        let mut buffer = String::new();
        let mut token = |cells: &Cells<'_>, i| cells.token(i, &mut buffer).map(String::from);
        assert_eq!([0, 2, 3].map(|i| token(&texts, i)), [Some("7".into()), None, None]);
        assert_eq!([0, 1].map(|i| token(&integers, i)), [Some("-3".into()), None]);
        assert_eq!([0, 2, 3].map(|i| token(&numbers, i)), [Some("12".into()), None, None]);
        assert_eq!(texts.number(4), Ok(Some(2.5)));
        assert_eq!(texts.number(1), Err("`x`".into()));
        assert_eq!((texts.integer(0), texts.integer(2)), (Ok(Some(7)), Ok(None)));
        assert_eq!((numbers.integer(0), numbers.integer(1)), (Ok(Some(12)), Err("0.5".into())));
        assert_eq!((integers.number(0), integers.integer(1)), (Ok(Some(-3.0)), Ok(None)));
    }
}
