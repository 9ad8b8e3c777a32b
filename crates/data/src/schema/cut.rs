//! From where on, in time, rows are held out.

use std::fmt;
use std::str::FromStr;

use dien_serving::encoding::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::{Tick, Time, TimeUnit, moment};

/// A moment from which on rows are held out: a number as the column has them, or a date, whatever the column
/// counts.
///
/// ```
/// use dien_data::schema::TimeCut;
///
/// let [number, date]: [TimeCut; 2] = ["1700179200".parse()?, "2023-11-17".parse()?];
/// assert!(number == 1_700_179_200.into() && date.to_string() == "2023-11-17T00:00:00Z");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeCut {
    /// In the column's own unit.
    Number(Time),
    /// A moment of UTC. It is compared in the unit of each cell: what a date or a time of Parquet counts, of
    /// ISO 8601 seconds, and of a number what its size tells, from 1973 on.
    Moment(Timestamp),
}

impl TimeCut {
    /// Whether a time is not before it; none if it is a moment, and nothing says what the time counts. `tick`
    /// is what its column says it counts.
    pub(crate) fn holds(self, time: i64, tick: impl FnOnce() -> Option<Tick>) -> Option<bool> {
        match self {
            TimeCut::Number(cut) => Some(time >= TimeUnit::default().at_or_after(cut)),
            TimeCut::Moment(cut) => {
                let tick = tick().or_else(|| Tick::of(time.into()))?;
                Some(time >= tick.at_or_after(cut))
            }
        }
    }

    /// The first time of a log that is not before it, whose times are in a unit and of which `last` is one;
    /// none if it is a moment, and nothing says what the times count.
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "what is built is Parquet"))]
    pub(crate) fn in_unit(self, unit: TimeUnit, last: i64) -> Option<i64> {
        match self {
            TimeCut::Number(cut) => Some(unit.at_or_after(cut)),
            TimeCut::Moment(cut) => Some(unit.at_or_after(Tick::of(unit.written(last))?.time(cut)?)),
        }
    }

    /// Whether it is before another; none if the two are not of one kind.
    pub(super) fn is_before(self, other: TimeCut) -> Option<bool> {
        match (self, other) {
            (TimeCut::Number(a), TimeCut::Number(b)) => Some(a < b),
            (TimeCut::Moment(a), TimeCut::Moment(b)) => Some(a < b),
            _ => None,
        }
    }
}

impl From<i64> for TimeCut {
    fn from(time: i64) -> Self {
        TimeCut::Number(time.into())
    }
}

impl From<Timestamp> for TimeCut {
    fn from(at: Timestamp) -> Self {
        TimeCut::Moment(at)
    }
}

/// The number, or the moment as ISO 8601 has it.
impl fmt::Display for TimeCut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimeCut::Number(cut) => write!(f, "{cut}"),
            TimeCut::Moment(cut) => write!(f, "{cut}Z"),
        }
    }
}

impl FromStr for TimeCut {
    type Err = String;

    /// # Errors
    /// It is neither a number of 64 bits nor a date, or a date and time, of ISO 8601.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(number) = Time::parse_number(text) {
            return Ok(TimeCut::Number(number));
        }
        let expected = "a number as the column has them, or a date such as `2023-11-17T12:00:00Z`";
        moment(text).map(TimeCut::Moment).ok_or_else(|| format!("`{text}`; expected {expected}"))
    }
}

impl Serialize for TimeCut {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        match text.parse::<i64>() {
            Ok(number) => to.serialize_i64(number),
            Err(_) => to.serialize_str(&text),
        }
    }
}

impl<'de> Deserialize<'de> for TimeCut {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number as the column has them, or a date")]
        enum Written {
            Integer(i64),
            Float(f64),
            Text(String),
            Date(toml::value::Datetime),
        }
        let text = match Written::deserialize(from)? {
            Written::Integer(number) => return Ok(number.into()),
            Written::Float(number) => number.to_string(),
            Written::Text(text) => text,
            Written::Date(date) => date.to_string(),
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> TimeCut {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_is_compared_in_the_unit_of_the_column() {
        // 2023-11-17T00:00:00Z, by `date -d 2023-11-17Z +%s`.
        let (day, seconds) = (19_678, 1_700_179_200_i64);
        let at = cut("2023-11-17");
        let known = [
            (Tick::Days, day),
            (Tick::Seconds, seconds),
            (Tick::Milliseconds, 1000 * seconds),
            (Tick::Microseconds, 1_000_000 * seconds),
            (Tick::Nanoseconds, 1_000_000_000 * seconds),
        ];
        for (tick, first) in known {
            assert_eq!(at.holds(first, || Some(tick)), Some(true), "{tick:?}");
            assert_eq!(at.holds(first - 1, || Some(tick)), Some(false), "{tick:?}");
            // What a number counts its size tells, but for days.
            let told = (tick != Tick::Days).then_some([true, false]);
            assert_eq!(at.holds(first, || None).zip(at.holds(first - 1, || None)).map(|(a, b)| [a, b]), told);
        }
        // Within a day, the next one.
        let noon = cut("2023-11-17T13:00:00+01:00");
        assert_eq!(noon, cut("2023-11-17 12:00:00Z"));
        assert_eq!(noon.holds(day, || Some(Tick::Days)), Some(false));
        assert_eq!(noon.holds(day + 1, || Some(Tick::Days)), Some(true));
        assert_eq!(noon.holds(seconds + 43_199, || None), Some(false));
        assert_eq!(noon.holds(seconds + 43_200, || None), Some(true));
        assert_eq!(cut("1.5").holds(1, || None), Some(false));
        assert_eq!(cut("1.5").holds(2, || None), Some(true));
    }

    #[test]
    fn a_date_finds_its_place_in_a_log() {
        let seconds = 1_700_179_200_i64;
        let at = cut("2023-11-17");
        assert_eq!(at.in_unit(TimeUnit::default(), seconds + 9), Some(seconds));
        assert_eq!(at.in_unit(TimeUnit::default(), 1000 * seconds), Some(1000 * seconds));
        assert_eq!(at.in_unit(TimeUnit { decimals: 2 }, 100 * seconds), Some(100 * seconds));
        assert_eq!(at.in_unit(TimeUnit::default(), 7), None);
        assert_eq!(cut("1.25").in_unit(TimeUnit { decimals: 1 }, 0), Some(13));
    }

    #[test]
    fn what_is_written_is_read_again() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Of {
            from: TimeCut,
        }
        for (text, expected) in [
            ("1700179200", cut("1700179200")),
            ("1700179200.5", cut("1700179200.5")),
            ("\"1700179200\"", cut("1700179200")),
            ("2023-11-17", cut("2023-11-17")),
            ("\"2023-11-17\"", cut("2023-11-17")),
            ("2023-11-17T12:30:00", cut("2023-11-17T12:30:00Z")),
            ("2023-11-17T12:30:00.25+02:00", cut("2023-11-17T10:30:00.25Z")),
        ] {
            let read: Of = toml::from_str(&format!("from = {text}")).unwrap();
            assert_eq!(read.from, expected, "{text}");
            assert_eq!(toml::from_str::<Of>(&toml::to_string(&read).unwrap()).unwrap(), read);
        }
        for bad in ["\"soon\"", "12:30:00", "true", "nan"] {
            assert!(toml::from_str::<Of>(&format!("from = {bad}")).is_err(), "{bad}");
        }
    }
}
