//! What stands in a column, whatever its type.

use std::fmt::Write;
use std::str::FromStr;

use super::column::{Column, Primitive, TextColumn};

/// The cells of a column, or of its lists' values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cells<'a> {
    Texts(&'a TextColumn),
    Integers(&'a Primitive<i64>),
    Numbers(&'a Primitive<f64>),
}

impl<'a> Cells<'a> {
    /// # Panics
    /// If they are lists.
    pub fn of(column: &'a Column) -> Self {
        match column {
            Column::Text(texts) => Cells::Texts(texts),
            Column::Int(ints) => Cells::Integers(ints),
            Column::Float(floats) => Cells::Numbers(floats),
            Column::List(_) => unreachable!("lists where single cells are"),
        }
    }

    /// The cell as an id; none if it is missing. `buffer` is overwritten.
    pub fn token<'b>(&self, i: usize, buffer: &'b mut String) -> Option<&'b str>
    where
        'a: 'b,
    {
        buffer.clear();
        let written = match self {
            Cells::Texts(texts) => return texts.get(i).filter(|text| !text.is_empty()),
            Cells::Integers(ints) => write!(buffer, "{}", ints.get(i)?),
            Cells::Numbers(floats) => write!(buffer, "{}", floats.get(i).filter(|x| !x.is_nan())?),
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
            Cells::Texts(texts) => Ok(texts.get(i).map(parse).transpose()?.filter(|x: &f64| !x.is_nan())),
            Cells::Integers(ints) => Ok(ints.get(i).map(|x| x as f64)),
            Cells::Numbers(floats) => Ok(floats.get(i).filter(|x| !x.is_nan())),
        }
    }

    /// The cell as an integer; none if it is missing.
    ///
    /// # Errors
    /// What it is, if no integer.
    pub fn integer(&self, i: usize) -> Result<Option<i64>, String> {
        match self {
            Cells::Texts(texts) => texts.get(i).map(parse).transpose(),
            Cells::Integers(ints) => Ok(ints.get(i)),
            Cells::Numbers(floats) => floats.get(i).filter(|x| !x.is_nan()).map(whole).transpose(),
        }
    }
}

fn parse<N: FromStr>(text: &str) -> Result<N, String> {
    text.trim().parse().map_err(|_| format!("`{text}`"))
}

/// Beyond 2^53 neighbouring integers are one number.
fn whole(x: f64) -> Result<i64, String> {
    let whole = x.fract() == 0.0 && x.abs() <= 9_007_199_254_740_992.0;
    if whole { Ok(x as i64) } else { Err(x.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_ids_and_numbers() {
        let texts = [Some("7"), Some("x"), None, Some(""), Some(" 2.5 ")].into_iter().collect();
        let integers = [Some(-3), None].into_iter().collect();
        let numbers = [Some(12.0), Some(0.5), Some(f64::NAN), None].into_iter().collect();
        let (texts, integers, numbers) = (Column::Text(texts), Column::Int(integers), Column::Float(numbers));
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
