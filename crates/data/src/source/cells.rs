//! What stands in a column, whatever its type.

use std::borrow::Cow;
use std::fmt::Write;
use std::str::FromStr;

use dien_serving::encoding::{Date, Timestamp, canonical};

use super::column::{Column, Primitive, TextColumn, TimeUnit};
use crate::time::Tick;

/// The cells of a column, or of its lists' values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cells<'a> {
    Texts(&'a TextColumn),
    Integers(&'a Primitive<i64>),
    Numbers(&'a Primitive<f64>),
    Singles(&'a Primitive<f32>),
    Truths(&'a Primitive<bool>),
    Decimals(&'a Primitive<i128>),
    Times(TimeUnit, &'a Primitive<i64>),
}

/// How the texts of ids are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TextForm {
    /// As the column's type has it: a value's text does not depend on how wide its column is.
    #[default]
    Typed,
    /// As it was before ids had types: truth values and times are integers, numbers those of 64 bits. Models
    /// of then know their ids so.
    Untyped,
}

impl<'a> Cells<'a> {
    /// # Panics
    /// If they are lists.
    pub fn of(column: &'a Column) -> Self {
        match column {
            Column::Text(texts) => Cells::Texts(texts),
            Column::Int(ints) => Cells::Integers(ints),
            Column::Float(floats) => Cells::Numbers(floats),
            Column::Float32(floats) => Cells::Singles(floats),
            Column::Bool(truths) => Cells::Truths(truths),
            Column::Decimal(decimals) => Cells::Decimals(decimals),
            Column::Time(unit, times) => Cells::Times(*unit, times),
            Column::List(_) => unreachable!("lists where single cells are"),
        }
    }

    /// The cell as an id; none if it is missing. `buffer` is overwritten.
    pub fn token<'b>(&self, i: usize, form: TextForm, buffer: &'b mut String) -> Option<&'b str>
    where
        'a: 'b,
    {
        buffer.clear();
        let written = match (self, form) {
            (Cells::Texts(texts), _) => return texts.get(i).filter(|text| !text.is_empty()),
            (Cells::Integers(ints), _) => write!(buffer, "{}", ints.get(i)?),
            (Cells::Numbers(floats), _) => write!(buffer, "{}", floats.get(i).filter(|x| !x.is_nan())?),
            (Cells::Singles(floats), TextForm::Typed) => {
                write!(buffer, "{}", floats.get(i).filter(|x| !x.is_nan())?)
            }
            (Cells::Truths(truths), TextForm::Typed) => write!(buffer, "{}", truths.get(i)?),
            (Cells::Decimals(decimals), TextForm::Typed) => write!(buffer, "{}", decimals.get(i)?),
            (Cells::Times(unit, times), TextForm::Typed) => {
                let (count, at) = (times.get(i)?, Timestamp::from_units);
                match unit {
                    TimeUnit::Days => write!(buffer, "{}", Date::from_days(count)),
                    TimeUnit::Milliseconds => write!(buffer, "{}", at(count, 1_000)),
                    TimeUnit::Microseconds => write!(buffer, "{}", at(count, 1_000_000)),
                    TimeUnit::Nanoseconds => write!(buffer, "{}", at(count, 1_000_000_000)),
                }
            }
            (Cells::Times(_, times), TextForm::Untyped) => write!(buffer, "{}", times.get(i)?),
            (_, TextForm::Untyped) => write!(buffer, "{}", self.number(i).ok()??),
        };
        written.expect("a String takes everything");
        Some(buffer)
    }

    /// Whether there is no id; white space alone is none.
    pub fn is_missing(&self, i: usize, form: TextForm) -> bool {
        match (self, form) {
            (Cells::Texts(texts), TextForm::Typed) => {
                texts.get(i).is_none_or(|text| text.trim_ascii().is_empty())
            }
            (Cells::Texts(texts), TextForm::Untyped) => texts.get(i).is_none_or(str::is_empty),
            (Cells::Integers(ints) | Cells::Times(_, ints), _) => ints.get(i).is_none(),
            (Cells::Numbers(floats), _) => floats.get(i).is_none_or(f64::is_nan),
            (Cells::Singles(floats), _) => floats.get(i).is_none_or(f32::is_nan),
            (Cells::Truths(truths), _) => truths.get(i).is_none(),
            (Cells::Decimals(decimals), _) => decimals.get(i).is_none(),
        }
    }

    /// The cell as the id of a group, whose column has no type: the [canonical] text of it; truth values and
    /// moments have the text that they have in columns of their own.
    pub fn group<'b>(&self, i: usize, form: TextForm, buffer: &'b mut String) -> Option<&'b str>
    where
        'a: 'b,
    {
        buffer.clear();
        match (self, form) {
            (Cells::Texts(texts), TextForm::Typed) => match canonical(texts.get(i)?) {
                Cow::Borrowed("") => None,
                Cow::Borrowed("True" | "TRUE") => Some("true"),
                Cow::Borrowed("False" | "FALSE") => Some("false"),
                Cow::Borrowed(text) => match moment(text) {
                    None => Some(text),
                    Some(moment) => {
                        write!(buffer, "{moment}").expect("a String takes everything");
                        Some(buffer)
                    }
                },
                Cow::Owned(text) => {
                    *buffer = text;
                    Some(buffer)
                }
            },
            _ => self.token(i, form, buffer),
        }
    }

    /// The cell as a number, a truth value as 1 or 0; none if it is missing.
    ///
    /// # Errors
    /// What it is, if no number.
    pub fn number(&self, i: usize) -> Result<Option<f64>, String> {
        match self {
            Cells::Texts(texts) => Ok(texts.get(i).map(number).transpose()?.filter(|x| !x.is_nan())),
            Cells::Integers(ints) | Cells::Times(_, ints) => Ok(ints.get(i).map(|x| x as f64)),
            Cells::Numbers(floats) => Ok(floats.get(i).filter(|x| !x.is_nan())),
            Cells::Singles(floats) => Ok(floats.get(i).filter(|x| !x.is_nan()).map(f64::from)),
            Cells::Truths(truths) => Ok(truths.get(i).map(|truth| f64::from(u8::from(truth)))),
            Cells::Decimals(decimals) => Ok(decimals.get(i).map(|x| x as f64)),
        }
    }

    /// The cell as an integer; none if it is missing.
    ///
    /// # Errors
    /// What it is, if no integer.
    pub fn integer(&self, i: usize) -> Result<Option<i64>, String> {
        match self {
            Cells::Texts(texts) => texts.get(i).map(parse).transpose(),
            Cells::Integers(ints) | Cells::Times(_, ints) => Ok(ints.get(i)),
            Cells::Truths(truths) => Ok(truths.get(i).map(i64::from)),
            Cells::Decimals(decimals) => {
                let fit = |x: i128| i64::try_from(x).map_err(|_| x.to_string());
                decimals.get(i).map(fit).transpose()
            }
            Cells::Numbers(_) | Cells::Singles(_) => self.number(i)?.map(whole).transpose(),
        }
    }

    /// The cell as a time, the greatest integer that is not after it; none if it is missing. What ISO 8601
    /// writes counts seconds since the beginning of 1970.
    ///
    /// # Errors
    /// What it is, if no time.
    pub fn time(&self, i: usize) -> Result<Option<i64>, String> {
        match self {
            Cells::Texts(texts) => texts.get(i).map(time).transpose(),
            Cells::Numbers(_) | Cells::Singles(_) => self.number(i)?.map(|x| whole(x.floor())).transpose(),
            _ => self.integer(i),
        }
    }

    /// What a cell's time counts since 1970, if its column or its text says so.
    pub fn tick(&self, i: usize) -> Option<Tick> {
        match self {
            Cells::Times(unit, _) => Some(match unit {
                TimeUnit::Days => Tick::Days,
                TimeUnit::Milliseconds => Tick::Milliseconds,
                TimeUnit::Microseconds => Tick::Microseconds,
                TimeUnit::Nanoseconds => Tick::Nanoseconds,
            }),
            Cells::Texts(texts) => {
                texts.get(i).filter(|text| text.trim().parse::<f64>().is_err()).map(|_| Tick::Seconds)
            }
            _ => None,
        }
    }
}

/// The moment that a text says, if it is one: `2024-01-01 12:30:00`.
fn moment(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    // Most texts are seen to be none by a byte.
    (bytes.len() > 10 && bytes[4] == b'-' && bytes[7] == b'-').then(|| text.parse().ok()).flatten()
}

fn number(text: &str) -> Result<f64, String> {
    match text.trim() {
        truth if truth.eq_ignore_ascii_case("true") => Ok(1.0),
        truth if truth.eq_ignore_ascii_case("false") => Ok(0.0),
        _ => parse(text),
    }
}

fn time(text: &str) -> Result<i64, String> {
    let trimmed = text.trim();
    if let Ok(whole) = trimmed.parse() {
        return Ok(whole);
    }
    // Decimals by their digits: an `f64` would round those of a long time up.
    if let Some((before, decimals)) = trimmed.split_once('.')
        && decimals.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(before) = if before.is_empty() { Ok(0) } else { parse::<i64>(before) }
    {
        let rest = trimmed.starts_with('-') && decimals.bytes().any(|byte| byte != b'0');
        return before.checked_sub(i64::from(rest)).ok_or_else(|| format!("`{text}`"));
    }
    let moment = trimmed.parse::<Timestamp>().or_else(|_| trimmed.parse::<Date>().map(Timestamp::from));
    match moment {
        Ok(moment) => Ok(moment.seconds()),
        Err(_) => parse::<f64>(text).and_then(|x| whole(x.floor())).map_err(|_| format!("`{text}`")),
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
        let mut token = |cells: &Cells<'_>, i| cells.token(i, TextForm::Typed, &mut buffer).map(String::from);
        assert_eq!([0, 2, 3].map(|i| token(&texts, i)), [Some("7".into()), None, None]);
        assert_eq!([0, 1].map(|i| token(&integers, i)), [Some("-3".into()), None]);
        assert_eq!([0, 2, 3].map(|i| token(&numbers, i)), [Some("12".into()), None, None]);
        assert_eq!(texts.number(4), Ok(Some(2.5)));
        assert_eq!(texts.number(1), Err("`x`".into()));
        assert_eq!((texts.integer(0), texts.integer(2)), (Ok(Some(7)), Ok(None)));
        assert_eq!((numbers.integer(0), numbers.integer(1)), (Ok(Some(12)), Err("0.5".into())));
        assert_eq!((integers.number(0), integers.integer(1)), (Ok(Some(-3.0)), Ok(None)));
    }

    #[test]
    fn a_time_is_a_number_or_a_moment() {
        for (text, expected) in [
            (" 1700000000", Ok(Some(1_700_000_000))),
            ("1700000000.0", Ok(Some(1_700_000_000))),
            ("1700000000.999999999999", Ok(Some(1_700_000_000))),
            ("-0.5", Ok(Some(-1))),
            ("-3.0", Ok(Some(-3))),
            ("1.7E+09", Ok(Some(1_700_000_000))),
            ("1970-01-02", Ok(Some(86_400))),
            ("1970-01-01 00:00:07.75", Ok(Some(7))),
            ("1970-01-01T01:00:00+01:00", Ok(Some(0))),
            ("1969-12-31T23:59:59.5Z", Ok(Some(-1))),
            ("yesterday", Err("`yesterday`".to_owned())),
            ("nan", Err("`nan`".to_owned())),
            ("1.2.3", Err("`1.2.3`".to_owned())),
        ] {
            let texts = Column::Text([Some(text), None].into_iter().collect());
            let cells = Cells::of(&texts);
            assert_eq!((cells.time(0), cells.time(1)), (expected, Ok(None)), "{text}");
        }
        let numbers = Column::Float([Some(0.5), Some(-0.5), Some(3.0), None].into_iter().collect());
        let times = (0..4).map(|i| Cells::of(&numbers).time(i).unwrap()).collect::<Vec<_>>();
        assert_eq!(times, [Some(0), Some(-1), Some(3), None]);
    }

    #[test]
    fn a_group_is_the_same_whatever_wrote_it() {
        let texts = ["TRUE", " 7.0", "2024-01-01 00:00:00.500", "u-2024-01-01", "2024-01-01", " ", "true"];
        let column = Column::Text(texts.iter().copied().map(Some).collect());
        let (cells, mut buffer) = (Cells::of(&column), String::new());
        let mut group = |i| cells.group(i, TextForm::Typed, &mut buffer).unwrap_or("-").to_owned();
        let expected = ["true", "7", "2024-01-01T00:00:00.5", "u-2024-01-01", "2024-01-01", "-", "true"];
        assert_eq!(std::array::from_fn(&mut group), expected);
        let millis = [Some(1_704_067_200_500)].into_iter().collect();
        let column = Column::Time(TimeUnit::Milliseconds, millis);
        assert_eq!(Cells::of(&column).group(0, TextForm::Typed, &mut buffer), Some(expected[2]));
        let column = Column::Text([Some("TRUE")].into_iter().collect());
        let found = Cells::of(&column).group(0, TextForm::Untyped, &mut buffer);
        assert_eq!(found, Some("TRUE"), "runs of before split by the text");
    }

    #[test]
    fn truth_values_are_numbers() {
        let texts = Column::Text([Some("TRUE"), Some(" false"), Some("yes")].into_iter().collect());
        let cells = Cells::of(&texts);
        assert_eq!((cells.number(0), cells.number(1)), (Ok(Some(1.0)), Ok(Some(0.0))));
        assert_eq!(cells.number(2), Err("`yes`".into()));
    }

    #[test]
    fn an_id_of_a_type_was_another_text_before() {
        let singles = Column::Float32([Some(0.1), Some(f32::NAN), None].into_iter().collect());
        let truths = Column::Bool([Some(true), Some(false), None].into_iter().collect());
        let decimals =
            Column::Decimal([Some(9_223_372_036_854_775_805), Some(-7), None].into_iter().collect());
        let days = Column::Time(TimeUnit::Days, [Some(19_723), Some(-1), None].into_iter().collect());
        let times = [Some(1_704_067_200_500), Some(-1), None];
        let millis = Column::Time(TimeUnit::Milliseconds, times.into_iter().collect());
        for (column, typed, untyped) in [
            (&singles, ["0.1", "-"], ["0.10000000149011612", "-"]),
            (&truths, ["true", "false"], ["1", "0"]),
            (&decimals, ["9223372036854775805", "-7"], ["9223372036854776000", "-7"]),
            (&days, ["2024-01-01", "1969-12-31"], ["19723", "-1"]),
            (&millis, ["2024-01-01T00:00:00.5", "1969-12-31T23:59:59.999"], ["1704067200500", "-1"]),
        ] {
            let (cells, mut buffer) = (Cells::of(column), String::new());
            let mut token = |i, form| cells.token(i, form, &mut buffer).unwrap_or("-").to_owned();
            assert_eq!([0, 1].map(|i| token(i, TextForm::Typed)), typed);
            assert_eq!([0, 1].map(|i| token(i, TextForm::Untyped)), untyped);
            assert_eq!([TextForm::Typed, TextForm::Untyped].map(|form| token(2, form)), ["-", "-"]);
            assert_eq!((cells.number(2), cells.integer(2)), (Ok(None), Ok(None)));
        }
        assert_eq!(Cells::of(&decimals).integer(0), Ok(Some(9_223_372_036_854_775_805)));
        assert_eq!(Cells::of(&truths).integer(0), Ok(Some(1)));
        assert_eq!(Cells::of(&millis).integer(0), Ok(Some(1_704_067_200_500)));
        assert_eq!(Cells::of(&singles).integer(0), Err("0.10000000149011612".into()));
    }
}
