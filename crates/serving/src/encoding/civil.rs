//! Days and moments in ISO 8601.

use std::fmt;
use std::str::FromStr;

const DAY: i64 = 86_400;

/// A day of the Gregorian calendar.
///
/// ```
/// use dien_serving::encoding::Date;
///
/// assert_eq!(Date::from_days(19_723).to_string(), "2024-01-01");
/// assert_eq!("2024-01-01".parse(), Ok(Date::from_days(19_723)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    days: i64,
}

/// A moment, to the nanosecond. One that is written without an offset from UTC is taken as UTC.
///
/// ```
/// use dien_serving::encoding::Timestamp;
///
/// let moment: Timestamp = "2024-01-01 01:30:00.50+01:00".parse().unwrap();
/// assert_eq!(moment.to_string(), "2024-01-01T00:30:00.5");
/// assert_eq!(moment, Timestamp::new(1_704_069_000, 500_000_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

/// That a text is no day, or no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotIso;

impl fmt::Display for NotIso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no date or time of ISO 8601")
    }
}

impl std::error::Error for NotIso {}

impl Date {
    /// The day so many days after 1970-01-01.
    pub fn from_days(days: i64) -> Self {
        Date { days }
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i64 {
        self.days
    }

    /// Year, month and day, after Howard Hinnant's `civil_from_days`: eras of 400 years, years from March.
    fn civil(self) -> (i64, i64, i64) {
        let days = self.days.saturating_add(719_468);
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        (era * 400 + year + i64::from(month <= 2), month, day)
    }

    /// The inverse of [`civil`](Self::civil), if there is such a day.
    fn of(year: i64, month: i64, day: i64) -> Option<Self> {
        let from_march = if month <= 2 { year - 1 } else { year };
        let (era, of_era) = (from_march.div_euclid(400), from_march.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let date =
            Date { days: era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468 };
        (date.civil() == (year, month, day)).then_some(date)
    }
}

impl Timestamp {
    /// So many seconds after the beginning of 1970, and nanoseconds (below 10⁹) after that.
    pub fn new(seconds: i64, nanos: u32) -> Self {
        Timestamp { seconds, nanos }
    }

    /// The count of a unit, `per_second` of which are a second (up to 10⁹), since the beginning of 1970.
    pub fn from_units(count: i64, per_second: i64) -> Self {
        let nanos = count.rem_euclid(per_second) * (1_000_000_000 / per_second);
        Timestamp { seconds: count.div_euclid(per_second), nanos: nanos as u32 }
    }

    /// Whole seconds since the beginning of 1970.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after the whole seconds.
    pub fn nanos(self) -> u32 {
        self.nanos
    }

    /// The day, if the moment is its beginning.
    pub fn midnight(self) -> Option<Date> {
        let whole = self.nanos == 0 && self.seconds.rem_euclid(DAY) == 0;
        whole.then(|| Date { days: self.seconds.div_euclid(DAY) })
    }
}

impl From<Date> for Timestamp {
    /// The day's beginning.
    fn from(date: Date) -> Self {
        Timestamp { seconds: date.days.saturating_mul(DAY), nanos: 0 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Timestamp {
    /// In UTC, with as many decimals of a second as it has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, of_day) = (Date { days: self.seconds.div_euclid(DAY) }, self.seconds.rem_euclid(DAY));
        write!(f, "{date}T{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)?;
        if self.nanos > 0 {
            let decimals = format!("{:09}", self.nanos);
            write!(f, ".{}", decimals.trim_end_matches('0'))?;
        }
        Ok(())
    }
}

impl FromStr for Date {
    type Err = NotIso;

    /// `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, NotIso> {
        match Scan(text.as_bytes()).date() {
            Some((date, Scan(b""))) => Ok(date),
            _ => Err(NotIso),
        }
    }
}

impl FromStr for Timestamp {
    type Err = NotIso;

    /// A day, `T` or a space, `HH:MM`, perhaps `:SS` and decimals, perhaps `Z` or an offset.
    fn from_str(text: &str) -> Result<Self, NotIso> {
        Scan(text.as_bytes()).timestamp().ok_or(NotIso)
    }
}

/// What is left of a text.
#[derive(Clone, Copy)]
struct Scan<'a>(&'a [u8]);

impl<'a> Scan<'a> {
    /// A number of just so many digits.
    fn digits(self, n: usize) -> Option<(i64, Self)> {
        let (digits, rest) = self.0.split_at_checked(n)?;
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then(|| (digits.iter().fold(0, |x, d| 10 * x + i64::from(d - b'0')), Scan(rest)))
    }

    /// One of these bytes.
    fn one_of(self, bytes: &[u8]) -> Option<(u8, Self)> {
        let (&first, rest) = self.0.split_first()?;
        bytes.contains(&first).then_some((first, Scan(rest)))
    }

    fn date(self) -> Option<(Date, Self)> {
        let (year, rest) = self.digits(4)?;
        let (month, rest) = rest.one_of(b"-")?.1.digits(2)?;
        let (day, rest) = rest.one_of(b"-")?.1.digits(2)?;
        Some((Date::of(year, month, day)?, rest))
    }

    fn timestamp(self) -> Option<Timestamp> {
        let (date, rest) = self.date()?;
        let (hour, rest) = rest.one_of(b"T ")?.1.digits(2)?;
        let (minute, mut rest) = rest.one_of(b":")?.1.digits(2)?;
        let (mut second, mut nanos) = (0, 0);
        if let Some((_, after)) = rest.one_of(b":") {
            (second, rest) = after.digits(2)?;
            if let Some((_, after)) = rest.one_of(b".,") {
                (nanos, rest) = after.fraction()?;
            }
        }
        let offset = rest.offset()?;
        let fit = hour < 24 && minute < 60 && second < 60;
        fit.then(|| Timestamp {
            seconds: Timestamp::from(date).seconds + hour * 3600 + minute * 60 + second - offset,
            nanos,
        })
    }

    /// Decimals of a second as nanoseconds; those after the ninth must be zeros.
    fn fraction(self) -> Option<(u32, Self)> {
        let n = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(n);
        let exact = n > 0 && digits.iter().skip(9).all(|&d| d == b'0');
        let place = |i: usize| u32::from(digits.get(i).map_or(0, |d| d - b'0'));
        exact.then(|| ((0..9).fold(0, |x, i| 10 * x + place(i)), Scan(rest)))
    }

    /// Seconds that a clock is ahead of UTC; nothing else is left.
    fn offset(self) -> Option<i64> {
        if self.0.is_empty() || self.0 == b"Z" {
            return Some(0);
        }
        let (sign, rest) = self.one_of(b"+-")?;
        let (hours, rest) = rest.digits(2)?;
        let minutes = match rest.0 {
            [] => 0,
            _ => match rest.one_of(b":").map_or(rest, |(_, rest)| rest).digits(2)? {
                (minutes, Scan(b"")) => minutes,
                _ => return None,
            },
        };
        let seconds = hours * 3600 + minutes * 60;
        (hours < 24 && minutes < 60).then_some(if sign == b'-' { -seconds } else { seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        // By `date -u -d DAY +%s`, divided by 86,400.
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2024-02-29", 19_782),
            ("2024-12-31", 20_088),
            ("1900-03-01", -25_508),
            ("0001-01-01", -719_162),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!((text.parse(), Date::from_days(days).to_string()), (Ok(Date { days }), text.into()));
        }
        for days in -800_000..=800_000 {
            let date = Date { days };
            let (year, month, day) = date.civil();
            assert_eq!(Date::of(year, month, day), Some(date));
        }
        for wrong in ["2023-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "20240101", "2024-01-01 ", ""] {
            assert_eq!(wrong.parse::<Date>(), Err(NotIso), "{wrong}");
        }
    }

    #[test]
    fn moments_are_one_however_they_are_written() {
        let at = |text: &str| text.parse::<Timestamp>().map(|at| at.to_string());
        for text in [
            "2024-01-01T12:30:00",
            "2024-01-01 12:30",
            "2024-01-01 12:30:00.000000",
            "2024-01-01T12:30:00.0Z",
            "2024-01-01T14:30:00+02:00",
            "2024-01-01T09:00-0330",
            "2024-01-01 13:30:00+01",
        ] {
            assert_eq!(at(text), Ok("2024-01-01T12:30:00".into()), "{text}");
        }
        assert_eq!(at("1969-12-31 23:59:59.123456789"), Ok("1969-12-31T23:59:59.123456789".into()));
        for wrong in [
            "2024-01-01",
            "2024-01-01T24:00",
            "2024-01-01T12",
            "2024-01-01T12:30:60",
            "2024-01-01T12:30:00.",
            "2024-01-01T12:30:00.1234567891",
            "2024-01-01T12:30+1",
            "2024-01-01T12:30 PM",
        ] {
            assert_eq!(at(wrong), Err(NotIso), "{wrong}");
        }
        assert_eq!(Timestamp::from_units(-1, 1000), Timestamp::new(-1, 999_000_000));
        assert_eq!(
            Timestamp::from_units(1_704_067_200_000_000, 1_000_000).midnight(),
            "2024-01-01".parse().ok()
        );
        assert_eq!(Timestamp::new(86_400, 1).midnight(), None);
    }
}
