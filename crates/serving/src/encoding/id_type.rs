//! What an id is: the same value is the same id, whatever wrote it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::civil::{Date, Timestamp};
use super::numeral::{Numeral, is_plain, numeral};

/// What the ids of a vocabulary are, and so which texts are one id.
///
/// ```
/// use dien_serving::encoding::IdType;
///
/// for text in ["103", "103.0", "+103", " 103", "1.03e2"] {
///     assert_eq!(IdType::Integer.canonical(text).as_deref(), Some("103"));
/// }
/// assert_eq!(IdType::Integer.canonical("007"), None); // leading zeros: a text
/// assert_eq!(IdType::Text.canonical("007").as_deref(), Some("007"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IdType {
    /// A text, without white space around it.
    Text,
    /// An integer of up to 38 digits: `103`. A truth value is 1 or 0.
    Integer,
    /// A number, in the shortest text that is read as the same: `0.1`.
    Number,
    /// `true` or `false`, also written `True`, `TRUE` or 1.
    Boolean,
    /// A day: `2024-01-01`; also the moment that it begins.
    Date,
    /// A moment in UTC: `2024-01-01T12:30:00.5`; a day is its beginning.
    Timestamp,
}

impl IdType {
    /// The one text of the id that `text` says; none if it says none of this type. Nothing is allocated where
    /// it is part of `text`.
    pub fn canonical(self, text: &str) -> Option<Cow<'_, str>> {
        if self == IdType::Integer && is_plain(text.as_bytes()) {
            return Some(text.into());
        }
        let text = text.trim_ascii();
        match self {
            IdType::Text => (!text.is_empty()).then(|| text.into()),
            IdType::Integer => match numeral(text) {
                Some(Numeral::Integer(integer)) => Some(integer),
                Some(Numeral::Number(_)) => None,
                None => truth(text).map(|truth| if truth { "1" } else { "0" }.into()),
            },
            IdType::Number => match numeral(text)? {
                Numeral::Integer(number) | Numeral::Number(number) => Some(number),
            },
            IdType::Boolean => {
                let number = || match numeral(text)? {
                    Numeral::Integer(number) if number == "1" => Some(true),
                    Numeral::Integer(number) if number == "0" => Some(false),
                    _ => None,
                };
                let truth = truth(text).or_else(number)?;
                Some(if truth { "true" } else { "false" }.into())
            }
            IdType::Date => {
                let date = text.parse().ok().or_else(|| text.parse::<Timestamp>().ok()?.midnight());
                date.map(|date: Date| same_or(text, date))
            }
            IdType::Timestamp => {
                let moment = text.parse().ok().or_else(|| Some(text.parse::<Date>().ok()?.into()));
                moment.map(|moment: Timestamp| same_or(text, moment))
            }
        }
    }

    /// What a message says it expects.
    pub fn expected(self) -> &'static str {
        match self {
            IdType::Text => "a text",
            IdType::Integer => "an integer of up to 38 digits, without leading zeros",
            IdType::Number => "a number",
            IdType::Boolean => "`true` or `false`",
            IdType::Date => "a date such as 2024-01-31",
            IdType::Timestamp => "a time such as 2024-01-31T12:30:00",
        }
    }

    /// As a schema writes it.
    pub fn name(self) -> &'static str {
        match self {
            IdType::Text => "text",
            IdType::Integer => "integer",
            IdType::Number => "number",
            IdType::Boolean => "boolean",
            IdType::Date => "date",
            IdType::Timestamp => "timestamp",
        }
    }
}

/// The one text of an id whose type nobody knows: that of the number it is, if it is one, else the text
/// without white space around it. Empty if there is nothing else.
///
/// ```
/// use dien_serving::encoding::canonical;
///
/// assert_eq!([" u7 ", "7.0", "+7", "007"].map(canonical), ["u7", "7", "7", "007"]);
/// ```
pub fn canonical(text: &str) -> Cow<'_, str> {
    let text = text.trim_ascii();
    // Most texts are seen to be no number by their first byte.
    let first = text.as_bytes().first().copied().unwrap_or_default();
    if !first.is_ascii_digit() && !b"+-.".contains(&first) {
        return text.into();
    }
    match numeral(text) {
        Some(Numeral::Integer(number) | Numeral::Number(number)) => number,
        None => text.into(),
    }
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn same_or(text: &str, value: impl ToString) -> Cow<'_, str> {
    let canonical = value.to_string();
    if canonical == text { text.into() } else { canonical.into() }
}

/// Finds the type of ids from their texts.
///
/// ```
/// use dien_serving::encoding::{IdType, IdTypeInference};
///
/// let type_of = |texts: &[&str]| {
///     let mut inference = IdTypeInference::default();
///     texts.iter().for_each(|text| inference.observe(text));
///     inference.id_type()
/// };
/// assert_eq!(type_of(&["1", "2.0", " 3"]), IdType::Integer);
/// assert_eq!(type_of(&["1", "2.5"]), IdType::Number);
/// assert_eq!(type_of(&["1", "002"]), IdType::Text);
/// assert_eq!(type_of(&["True", "False"]), IdType::Boolean);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdTypeInference {
    /// Which of the kinds below came.
    seen: u8,
}

const ZERO_OR_ONE: u8 = 1;
const INTEGER: u8 = 2;
const NUMBER: u8 = 4;
const BOOLEAN: u8 = 8;
const DATE: u8 = 16;
const TIMESTAMP: u8 = 32;
const TEXT: u8 = 64;

impl IdTypeInference {
    /// Adds an id.
    pub fn observe(&mut self, text: &str) {
        if self.seen & TEXT == 0 {
            self.seen |= kind(text);
        }
    }

    /// Adds the ids that another has seen.
    pub fn merge(&mut self, other: Self) {
        self.seen |= other.seen;
    }

    /// The type that all ids so far are of; text, if there was none.
    pub fn id_type(self) -> IdType {
        let within = |kinds: u8| self.seen & !kinds == 0;
        match self.seen {
            0 => IdType::Text,
            _ if within(ZERO_OR_ONE | INTEGER) => IdType::Integer,
            _ if within(ZERO_OR_ONE | INTEGER | NUMBER) => IdType::Number,
            _ if within(ZERO_OR_ONE | BOOLEAN) => IdType::Boolean,
            _ if within(DATE) => IdType::Date,
            _ if within(DATE | TIMESTAMP) => IdType::Timestamp,
            _ => IdType::Text,
        }
    }
}

fn kind(text: &str) -> u8 {
    let text = text.trim_ascii();
    match numeral(text) {
        Some(Numeral::Integer(number)) if number == "0" || number == "1" => ZERO_OR_ONE,
        Some(Numeral::Integer(_)) => INTEGER,
        Some(Numeral::Number(_)) => NUMBER,
        None if text.is_empty() => 0,
        None if truth(text).is_some() => BOOLEAN,
        None if text.parse::<Date>().is_ok() => DATE,
        None if text.parse::<Timestamp>().is_ok() => TIMESTAMP,
        None => TEXT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_text_whatever_wrote_it() {
        for (id_type, texts, expected) in [
            (IdType::Integer, &["103", "103.0", "+103", " 103\t", "1.03e2", "103."][..], "103"),
            (IdType::Integer, &["true", "True", "1"], "1"),
            (IdType::Number, &["0.1", " 0.10", "1e-1"], "0.1"),
            (IdType::Number, &["7", "7.0"], "7"),
            (IdType::Boolean, &["true", "True", "TRUE", "1", "1.0", " true "], "true"),
            (IdType::Boolean, &["false", "False", "FALSE", "0", "0.0"], "false"),
            (IdType::Date, &["2024-01-31", "2024-01-31 00:00:00", "2024-01-31T00:00:00Z"], "2024-01-31"),
            (IdType::Timestamp, &["2024-01-31", "2024-01-31 00:00"], "2024-01-31T00:00:00"),
            (IdType::Text, &["a b", " a b", "a b\r\n"], "a b"),
        ] {
            for text in texts {
                assert_eq!(id_type.canonical(text).as_deref(), Some(expected), "{id_type:?} {text:?}");
            }
            assert!(matches!(id_type.canonical(expected), Some(Cow::Borrowed(_))), "{expected}");
            assert_eq!(id_type.canonical(" "), None);
        }
    }

    #[test]
    fn what_is_of_another_type_has_none() {
        for (id_type, texts) in [
            (IdType::Integer, &["007", "x", "0.5", "2024-01-31", "nan"][..]),
            (IdType::Number, &["007", "x", "true"]),
            (IdType::Boolean, &["2", "yes", "tRue"]),
            (IdType::Date, &["2024-01-31T12:00:00", "20240131"]),
            (IdType::Timestamp, &["1700000000", "2024-02-30"]),
        ] {
            for text in texts {
                assert_eq!(id_type.canonical(text), None, "{id_type:?} {text}");
            }
        }
    }

    #[test]
    fn a_type_is_found_that_every_id_fits() {
        for (texts, expected) in [
            (&["0", "1", "2"][..], IdType::Integer),
            (&["0", "1"], IdType::Integer),
            (&["103.0", "", "104"], IdType::Integer),
            (&["0.5", "1"], IdType::Number),
            (&["true", "0", "1"], IdType::Boolean),
            (&["true", "2"], IdType::Text),
            (&["1", "007"], IdType::Text),
            (&["1", "a"], IdType::Text),
            (&["2024-01-31"], IdType::Date),
            (&["2024-01-31", "2024-01-31 12:00"], IdType::Timestamp),
            (&["2024-01-31", "7"], IdType::Text),
            (&[], IdType::Text),
        ] {
            let mut inference = IdTypeInference::default();
            texts.iter().for_each(|text| inference.observe(text));
            let found = inference.id_type();
            let mut merged = IdTypeInference::default();
            for text in texts {
                let mut one = IdTypeInference::default();
                one.observe(text);
                merged.merge(one);
            }
            assert_eq!(merged.id_type(), expected, "{texts:?}");
            assert_eq!(found, expected, "{texts:?}");
            assert!(texts.iter().all(|text| text.is_empty() || found.canonical(text).is_some()));
        }
    }
}
