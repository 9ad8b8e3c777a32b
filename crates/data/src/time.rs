//! Times as they are written, to the last digit.

use std::cmp::Ordering;
use std::fmt;

use dien_serving::encoding::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// A time as the decimal number that was written, `mantissa / 10^decimals`, or a date as seconds since 1970.
///
/// ```
/// use dien_data::Time;
///
/// let [early, late] = ["1598904689.25", "2020-08-31T20:11:29.5Z"].map(|text| Time::parse(text).unwrap());
/// assert!(early < late && late == Time::parse("1598904689.50").unwrap());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Time {
    mantissa: i64,
    /// As few as there can be.
    decimals: u8,
}

/// Digits after the point, at most: those of a double are fewer, where they count.
const DECIMALS: i32 = 40;

impl Time {
    /// A number, or a date as ISO 8601 writes it; one without a time of day is its midnight, and one without
    /// an offset is in UTC. None of both, or more digits than 64 bits hold: nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        number(text).or_else(|| date(text))
    }

    /// A number alone.
    pub(crate) fn parse_number(text: &str) -> Option<Self> {
        number(text.trim())
    }

    /// A time in a format of `strftime`, such as `%m/%d/%Y %I:%M:%S %p`; in UTC, where it has no offset.
    #[cfg(feature = "dates")]
    #[cfg_attr(docsrs, doc(cfg(feature = "dates")))]
    pub fn parse_format(text: &str, format: &str) -> Option<Self> {
        let broken = jiff::fmt::strtime::parse(format, text.trim()).ok()?;
        let at = match broken.offset() {
            Some(_) => broken.to_timestamp().ok()?,
            None => {
                let day = broken.to_date().ok()?;
                let of_day = broken.to_time().unwrap_or(jiff::civil::Time::midnight());
                jiff::tz::TimeZone::UTC.to_timestamp(day.to_datetime(of_day)).ok()?
            }
        };
        let (mut seconds, mut nanos) = (at.as_second(), at.subsec_nanosecond());
        if nanos < 0 {
            (seconds, nanos) = (seconds - 1, nanos + 1_000_000_000);
        }
        Some(of_timestamp(Timestamp::new(seconds, nanos as u32)))
    }

    /// How much later it is than another, about.
    pub(crate) fn minus(self, other: Time) -> f64 {
        self.number() - other.number()
    }

    /// The number next to it.
    fn number(self) -> f64 {
        self.mantissa as f64 / 10_f64.powi(self.decimals.into())
    }

    fn new(mut mantissa: i64, mut decimals: u8) -> Self {
        while decimals > 0 && mantissa % 10 == 0 {
            (mantissa, decimals) = (mantissa / 10, decimals - 1);
        }
        Time { mantissa, decimals }
    }
}

/// The number, without an exponent.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0>1$}", self.mantissa.unsigned_abs(), usize::from(self.decimals) + 1);
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(self.decimals));
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

impl From<i64> for Time {
    fn from(time: i64) -> Self {
        Time { mantissa: time, decimals: 0 }
    }
}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = self.mantissa.signum();
        if sign != other.mantissa.signum() || sign == 0 {
            return self.mantissa.cmp(&other.mantissa);
        }
        let scaled = |time: &Time, by: u8| 10_i128.checked_pow(by.into())?.checked_mul(time.mantissa.into());
        // What overflows is the one that is further from 0.
        match self.decimals.cmp(&other.decimals) {
            Ordering::Equal => self.mantissa.cmp(&other.mantissa),
            Ordering::Less => match scaled(self, other.decimals - self.decimals) {
                Some(own) => own.cmp(&other.mantissa.into()),
                None => sign.cmp(&0),
            },
            Ordering::Greater => match scaled(other, self.decimals - other.decimals) {
                Some(its) => i128::from(self.mantissa).cmp(&its),
                None => 0.cmp(&sign),
            },
        }
    }
}

/// `-12`, `1598904689.25`, `1.5E+09`.
fn number(text: &str) -> Option<Time> {
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok().filter(|e| e.abs() < 400)?),
        None => (text, 0),
    };
    let (negative, digits) = match digits.as_bytes().first()? {
        b'-' => (true, &digits[1..]),
        b'+' => (false, &digits[1..]),
        _ => (false, digits),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty() && fraction.is_empty() && !digits.contains('0') {
        return None;
    }
    let mut mantissa = 0_i64;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = char::from(byte).to_digit(10)?;
        mantissa = mantissa.checked_mul(10)?.checked_add(digit.into())?;
    }
    if negative {
        mantissa = -mantissa;
    }
    let mut decimals = i32::try_from(fraction.len()).ok()? - exponent;
    while decimals < 0 && mantissa != 0 {
        (mantissa, decimals) = (mantissa.checked_mul(10)?, decimals + 1);
    }
    while decimals > DECIMALS {
        (mantissa, decimals) = (mantissa / 10, decimals - 1);
    }
    Some(Time::new(mantissa, u8::try_from(decimals.max(0)).ok()?))
}

fn date(text: &str) -> Option<Time> {
    moment(text).map(of_timestamp)
}

/// What ISO 8601 writes.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_end_matches(" UTC");
    text.parse::<Timestamp>().or_else(|_| text.parse::<Date>().map(Timestamp::from)).ok()
}

fn of_timestamp(at: Timestamp) -> Time {
    // Beyond the years 1677 to 2262 the seconds alone.
    i64::try_from(nanoseconds(at)).map_or_else(|_| Time::from(at.seconds()), |n| Time::new(n, 9))
}

/// The unit that all times of a log are whole numbers of: that of the file, over a power of ten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeUnit {
    /// One of the file's units is `10^decimals` of these.
    pub decimals: u8,
}

impl TimeUnit {
    /// The coarsest unit that holds every time to the last digit, or else the finest in which none is too
    /// large for 64 bits.
    pub fn of(times: impl Iterator<Item = Time> + Clone) -> Self {
        let decimals = times.clone().map(|t| t.decimals).max().unwrap_or_default();
        let fits = |decimals: u8| {
            let unit = TimeUnit { decimals };
            times.clone().all(|time| unit.nearest(time).is_some())
        };
        let largest = (0..=decimals).rev().find(|&decimals| fits(decimals));
        TimeUnit { decimals: largest.unwrap_or_default() }
    }

    /// A time in this unit, and whether it is exact; otherwise it is the nearest. None beyond 64 bits.
    pub fn apply(self, time: Time) -> Option<(i64, bool)> {
        let exact = time.decimals <= self.decimals;
        Some((self.nearest(time)?, exact))
    }

    /// The first whole number of the unit that is not before a time; the largest, if that is beyond 64 bits.
    pub fn at_or_after(self, time: Time) -> i64 {
        let nearest = self.nearest(time).unwrap_or(if time.mantissa < 0 { i64::MIN } else { i64::MAX });
        let back = Time::new(nearest, self.decimals);
        if back < time { nearest.saturating_add(1) } else { nearest }
    }

    fn nearest(self, time: Time) -> Option<i64> {
        let mantissa = i128::from(time.mantissa);
        let scaled = match self.decimals.checked_sub(time.decimals) {
            Some(up) => 10_i128.checked_pow(up.into())?.checked_mul(mantissa)?,
            None => {
                let down = 10_i128.checked_pow(u32::from(time.decimals - self.decimals));
                down.map_or(0, |down| (mantissa + mantissa.signum() * down / 2) / down)
            }
        };
        i64::try_from(scaled).ok()
    }

    /// A time of the log as the file has it.
    pub(crate) fn written(self, time: i64) -> Time {
        Time::new(time, self.decimals)
    }

    /// A time of the log as the file has it, with the day, where it looks like seconds since 1970 or a
    /// thousandth, millionth or milliardth of them.
    pub fn show(self, time: i64) -> String {
        let written = self.written(time);
        let text = written.to_string();
        let Some(digits) = since_1970(written) else { return text };
        let seconds = written.number() / 10_f64.powi(digits);
        format!("{text} ({}Z)", Timestamp::new(seconds.floor() as i64, 0))
    }
}

/// By how many digits a time is finer than seconds, if it is one from 1973 on: 0, 3, 6 or 9.
fn since_1970(time: Time) -> Option<i32> {
    let size = time.number().abs();
    [(0, 1e8), (3, 1e11), (6, 1e14), (9, 1e17)]
        .into_iter()
        .find(|(_, least)| (*least..1000.0 * least).contains(&size))
        .map(|(digits, _)| digits)
}

/// What a time counts since the beginning of 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    Days,
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Tick {
    /// What a number's size tells, from 1973 on.
    pub fn of(time: Time) -> Option<Self> {
        Some(match since_1970(time)? {
            0 => Tick::Seconds,
            3 => Tick::Milliseconds,
            6 => Tick::Microseconds,
            _ => Tick::Nanoseconds,
        })
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Tick::Days => "days",
            Tick::Seconds => "seconds",
            Tick::Milliseconds => "milliseconds",
            Tick::Microseconds => "microseconds",
            Tick::Nanoseconds => "nanoseconds",
        }
    }

    fn nanoseconds(self) -> i128 {
        match self {
            Tick::Days => 86_400_000_000_000,
            Tick::Seconds => 1_000_000_000,
            Tick::Milliseconds => 1_000_000,
            Tick::Microseconds => 1000,
            Tick::Nanoseconds => 1,
        }
    }

    /// The first whole number of these that is not before a moment.
    pub fn at_or_after(self, at: Timestamp) -> i64 {
        let first = -(-nanoseconds(at)).div_euclid(self.nanoseconds());
        i64::try_from(first).unwrap_or(if first < 0 { i64::MIN } else { i64::MAX })
    }

    /// A moment as a number of these; none beyond 64 bits.
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "what is built is Parquet"))]
    pub fn time(self, at: Timestamp) -> Option<Time> {
        let whole = nanoseconds(at).div_euclid(self.nanoseconds());
        match nanoseconds(at).rem_euclid(self.nanoseconds()) {
            0 => Some(i64::try_from(whole).ok()?.into()),
            _ if self == Tick::Days => Some(i64::try_from(whole + 1).ok()?.into()),
            _ => {
                let decimals = self.nanoseconds().ilog10() as u8;
                Some(Time::new(i64::try_from(nanoseconds(at)).ok()?, decimals))
            }
        }
    }
}

fn nanoseconds(at: Timestamp) -> i128 {
    i128::from(at.seconds()) * 1_000_000_000 + i128::from(at.nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn what_is_written_is_kept() {
        for (text, mantissa, decimals) in [
            ("7", 7, 0),
            ("-2134949234", -2_134_949_234, 0),
            ("+5.500", 55, 1),
            ("0.0", 0, 0),
            ("1.5E+09", 1_500_000_000, 0),
            ("1.0000000123456789e-08", 10_000_000_123_456_789, 24),
            (" 1598904689.125 ", 1_598_904_689_125, 3),
            ("9223372036854775807", i64::MAX, 0),
            ("2018-07-07 22:09:11", 1_531_001_351, 0),
            ("2014-04-07T10:51:09.277Z", 1_396_867_869_277, 3),
            ("2014-04-07T12:51:09.277+02:00", 1_396_867_869_277, 3),
            ("2017-12-17", 1_513_468_800, 0),
        ] {
            assert_eq!(time(text), Time { mantissa, decimals }, "{text}");
        }
        for bad in ["", "-", ".", "soon", "1e", "1e999", "nan", "inf", "9223372036854775808", "12-13", "1,5"]
        {
            assert_eq!(Time::parse(bad), None, "{bad}");
        }
    }

    #[cfg(feature = "dates")]
    #[test]
    fn a_form_of_strftime_is_read() {
        let format = "%m/%d/%Y %I:%M:%S %p";
        assert_eq!(Time::parse_format("11/11/2019 9:05:58 AM", format), Some(time("2019-11-11T09:05:58Z")));
        let format = "%a %b %d %H:%M:%S %z %Y";
        let goodreads = Time::parse_format("Fri Nov 10 15:22:04 -0800 2017", format);
        assert_eq!(goodreads, Some(time("2017-11-10T23:22:04Z")));
        assert_eq!(Time::parse_format("20/09/2018", "%d/%m/%Y"), Some(time("2018-09-20")));
        assert_eq!(Time::parse_format("x", "%Y"), None);
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        let ordered =
            ["-9e18", "-0.5", "-1e-30", "0", "1e-39", "0.1", "0.125", "1", "1.5", "1598904689.25", "9e18"];
        for (i, a) in ordered.iter().enumerate() {
            for (j, b) in ordered.iter().enumerate() {
                assert_eq!(time(a).cmp(&time(b)), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn one_unit_holds_all_digits_where_64_bits_do() {
        let unit = |texts: &[&str]| TimeUnit::of(texts.iter().map(|text| time(text)));
        let eighths = unit(&["1598904689", "1598904689.125", "1598904690.5"]);
        assert_eq!(eighths, TimeUnit { decimals: 3 });
        assert_eq!(eighths.apply(time("1598904689.125")), Some((1_598_904_689_125, true)));
        assert_eq!(unit(&["5", "-7"]), TimeUnit { decimals: 0 });
        // Of 0 to 1 there are 18 digits, of which the double nearest to a time has 17.
        let shares = ["0", "1", "0.1234567890123456", "1.0000000123456789e-08", "1.0000000123456790e-08"];
        let unit = unit(&shares);
        assert_eq!(unit.decimals, 18);
        assert_eq!(unit.apply(time(shares[2])), Some((123_456_789_012_345_600, true)));
        assert_eq!(unit.apply(time(shares[3])), Some((10_000_000_123, false)));
    }

    #[test]
    fn a_cut_between_two_numbers_belongs_to_the_second() {
        let unit = TimeUnit { decimals: 1 };
        for (text, expected) in [("1.5", 15), ("1.51", 16), ("1.59", 16), ("-1.51", -15), ("9e18", i64::MAX)]
        {
            assert_eq!(unit.at_or_after(time(text)), expected, "{text}");
        }
        assert_eq!(TimeUnit::default().show(880_212_679), "880212679 (1997-11-22T15:31:19Z)");
        assert_eq!(TimeUnit { decimals: 3 }.show(1_598_904_689_125), "1598904689.125 (2020-08-31T20:11:29Z)");
        assert_eq!(TimeUnit::default().show(1_598_904_689_125), "1598904689125 (2020-08-31T20:11:29Z)");
        assert_eq!(TimeUnit { decimals: 1 }.show(5), "0.5");
        assert_eq!(TimeUnit::default().show(-7), "-7");
    }
}
