//! Texts that are numbers, and the one text of each number.

use std::borrow::Cow;

/// Digits of an integer at most: what a decimal of SQL has, and `i128` holds.
const MOST_DIGITS: usize = 38;

/// Decimals of up to so many digits are apart as `f64`, so that each is its number's shortest text.
const EXACT_DIGITS: usize = 15;

/// What a text is as a number, in that number's shortest text: `103` for `+103`, `103.0` and `1.03e2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Numeral<'a> {
    /// An integer of up to 38 digits, exact.
    Integer(Cow<'a, str>),
    /// Another number, the nearest `f64`.
    Number(Cow<'a, str>),
}

/// Whether these are the digits of an integer as they are.
pub(super) fn is_plain(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
        && match text {
            [] => false,
            [b'0', rest @ ..] => rest.is_empty(),
            _ => text.len() <= MOST_DIGITS,
        }
}

/// The number that a text is, nothing around it. One with leading zeros is none: those mean something.
pub(super) fn numeral(text: &str) -> Option<Numeral<'_>> {
    if is_plain(text.as_bytes()) {
        return Some(Numeral::Integer(text.into()));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(exponent(&unsigned[at + 1..])?)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let some = !whole.is_empty() || !fraction.is_empty();
    let padded = whole.len() > 1 && whole.starts_with('0');
    if !(some && digits(whole) && digits(fraction)) || padded {
        return None;
    }
    if whole.bytes().chain(fraction.bytes()).all(|b| b == b'0') {
        return Some(Numeral::Integer("0".into()));
    }
    let fraction = fraction.trim_end_matches('0');
    match exponent {
        None if fraction.is_empty() && whole.len() <= MOST_DIGITS => {
            let from = usize::from(text.starts_with('+'));
            let to = text.len() - unsigned.len() + whole.len();
            Some(Numeral::Integer(text[from..to].into()))
        }
        None if fraction.is_empty() => None,
        None if is_shortest(text, whole, fraction) => Some(Numeral::Number(text.into())),
        None => number(text),
        Some(exponent) => match shifted(negative, whole, fraction, exponent) {
            Some(integer) => integer.map(|integer| Numeral::Integer(integer.into())),
            None => number(text),
        },
    }
}

/// Whether a decimal without an exponent is written as its `f64` is: no sign but `-`, no zero too many.
fn is_shortest(text: &str, whole: &str, fraction: &str) -> bool {
    let sign = usize::from(text.starts_with('-'));
    let bare = sign + whole.len() + 1 + fraction.len() == text.len();
    bare && !whole.is_empty() && whole.len() + fraction.len() <= EXACT_DIGITS
}

/// The number nearest to a text, unless it is too large or too small for `f64`.
fn number(text: &str) -> Option<Numeral<'static>> {
    let x: f64 = text.parse().ok()?;
    (x.is_finite() && x != 0.0).then(|| Numeral::Number(x.to_string().into()))
}

fn exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let fit = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fit.then(|| text.parse().expect("a few digits"))
}

/// The integer `whole.fraction · 10^exponent`: the outer option is whether it is one, the inner whether its
/// digits are not too many. Not all digits are zeros, and `fraction` does not end in one.
fn shifted(negative: bool, whole: &str, fraction: &str, exponent: i64) -> Option<Option<String>> {
    let digits = [whole.trim_start_matches('0'), fraction].concat();
    let significant = digits.trim_start_matches('0');
    let stripped = significant.trim_end_matches('0');
    // The number is `significant · 10^shift`.
    let shift = exponent - fraction.len() as i64;
    let zeros = shift + (significant.len() - stripped.len()) as i64;
    let zeros = usize::try_from(zeros).ok()?;
    if stripped.len() + zeros > MOST_DIGITS {
        return Some(None);
    }
    let sign = if negative { "-" } else { "" };
    Some(Some(format!("{sign}{stripped}{}", "0".repeat(zeros))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_has_one_text() {
        let integer = |text: &str| match numeral(text) {
            Some(Numeral::Integer(text)) => text.into_owned(),
            other => panic!("{text}: {other:?}"),
        };
        for text in ["103", "+103", "103.0", "103.", "103.000", "1.03e2", "1.03E+2", "10300e-2", "0.103e3"] {
            assert_eq!(integer(text), "103", "{text}");
        }
        for text in ["-7", "-7.0", "-0.7e1", "-70E-1"] {
            assert_eq!(integer(text), "-7", "{text}");
        }
        for text in ["0", "-0", "+0", "0.0", "-0.00", ".0", "0.", "0e5", "0.000e-9"] {
            assert_eq!(integer(text), "0", "{text}");
        }
        let long = "12345678901234567890123456789012345678";
        assert_eq!(integer(long), long);
        assert_eq!(integer(&format!("{long}.00")), long);
        assert_eq!(integer("1e37"), format!("1{}", "0".repeat(37)));
    }

    #[test]
    fn another_number_has_the_shortest_text() {
        let number = |text: &str| match numeral(text) {
            Some(Numeral::Number(text)) => text.into_owned(),
            other => panic!("{text}: {other:?}"),
        };
        for text in ["0.1", ".1", "0.10", "+0.1", "1e-1", "1.0e-1", "0.10000000000000000555"] {
            assert_eq!(number(text), "0.1", "{text}");
        }
        for text in ["-2.5", "-2.50", "-25e-1"] {
            assert_eq!(number(text), "-2.5", "{text}");
        }
        // What is passed on as it is, is what `f64` writes.
        for text in ["123456789.012345", "0.00000000000001", "-0.5", "1.8", "99999999999999.9"] {
            assert!(matches!(numeral(text), Some(Numeral::Number(Cow::Borrowed(same))) if same == text));
            assert_eq!(text.parse::<f64>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        let long = "1".repeat(39);
        for text in [
            "", "+", "-", ".", "007", "-007", "00", "00.5", "1,000", "1_000", "0x10", " 1", "1 ", "1e", "e5",
            "1e1.5", "1.2.3", "--1", "inf", "nan", "NaN", "1e40", "1e99999", "1.5e-999", "12a", "١", &long,
        ] {
            assert_eq!(numeral(text), None, "{text}");
        }
    }
}
