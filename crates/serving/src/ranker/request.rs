//! A request as JSON.

use serde_json::{Map, Value as Json};

use super::{Record, Value};
use crate::error::{Error, ErrorKind, Result};

/// A user's history and the candidates to rank.
///
/// ```
/// use dien_serving::{Record, Request};
///
/// let request = Request::from_json(r#"{
///     "history": [{"item": "i1", "category": "c1"}, {"item": "i5"}],
///     "profile": {"user": "u3"},
///     "candidates": [{"item": "i13"}, {"item": "i29"}]
/// }"#)?;
/// assert_eq!(request.history[1], Record::item("i5"));
/// # Ok::<(), dien_serving::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The user's behaviours, oldest first.
    pub history: Vec<Record>,
    /// Their behaviours in extra sequences, by the sequence's name.
    pub histories: Vec<(String, Vec<Record>)>,
    /// What is known of the user.
    pub profile: Record,
    /// What is known of the moment; it stands over the profile.
    pub context: Record,
    /// What to rank.
    pub candidates: Vec<Record>,
}

const FIELDS: &str = "`history`, `histories`, `profile`, `context` or `candidates`";

impl Request {
    /// A history, oldest event first, and the candidates to rank for it.
    pub fn new(history: Vec<Record>, candidates: Vec<Record>) -> Self {
        Request { history, candidates, ..Request::default() }
    }

    /// The same with another history.
    #[must_use]
    pub fn with_history(self, history: Vec<Record>) -> Self {
        Request { history, ..self }
    }

    /// The same with behaviours in extra sequences, by the sequence's name.
    #[must_use]
    pub fn with_histories(self, histories: Vec<(String, Vec<Record>)>) -> Self {
        Request { histories, ..self }
    }

    /// The same with what is known of the user.
    #[must_use]
    pub fn with_profile(self, profile: Record) -> Self {
        Request { profile, ..self }
    }

    /// The same with what is known of the moment.
    #[must_use]
    pub fn with_context(self, context: Record) -> Self {
        Request { context, ..self }
    }

    /// Reads a request; `history` and `candidates` must be there, and may be empty.
    ///
    /// # Errors
    /// The text is no JSON, or a field is missing, unknown or of another type; the message names it.
    pub fn from_json(text: &str) -> Result<Self> {
        let json: Json = serde_json::from_str(text).map_err(|e| {
            wrong(ErrorKind::Malformed, "", format!("no JSON ({e})"), "one JSON object".into())
        })?;
        let Json::Object(fields) = json else {
            return Err(wrong(ErrorKind::WrongType, "", kind(&json), "one JSON object".into()));
        };
        let mut request = Request::default();
        for (name, json) in &fields {
            match name.as_str() {
                "history" => request.history = records(name, json, "a list of events, oldest first")?,
                "histories" => request.histories = histories(name, json)?,
                "candidates" => request.candidates = records(name, json, "a list of candidates")?,
                "profile" => request.profile = record(name, json)?,
                "context" => request.context = record(name, json)?,
                _ => {
                    return Err(wrong(
                        ErrorKind::UnknownField,
                        name,
                        "an unknown field".into(),
                        FIELDS.into(),
                    ));
                }
            }
        }
        for (name, expected) in [("history", "a list of events"), ("candidates", "a list of candidates")] {
            if !fields.contains_key(name) {
                return Err(wrong(
                    ErrorKind::Missing,
                    name,
                    "nothing".into(),
                    format!("{expected}, which may be empty"),
                ));
            }
        }
        Ok(request)
    }
}

fn wrong(kind: ErrorKind, field: &str, found: String, expected: String) -> Error {
    let field = if field.is_empty() { "the whole" } else { field };
    Error::Request { kind, field: field.into(), found, expected }
}

fn histories(name: &str, json: &Json) -> Result<Vec<(String, Vec<Record>)>> {
    let Json::Object(sequences) = json else {
        return Err(wrong(
            ErrorKind::WrongType,
            name,
            kind(json),
            "an object of lists of events, by sequence".into(),
        ));
    };
    let history = |(sequence, json): (&String, &Json)| {
        let events = records(&format!("{name}.{sequence}"), json, "a list of events, oldest first")?;
        Ok((sequence.clone(), events))
    };
    sequences.iter().map(history).collect()
}

fn records(name: &str, json: &Json, expected: &str) -> Result<Vec<Record>> {
    let Json::Array(list) = json else {
        return Err(wrong(ErrorKind::WrongType, name, kind(json), expected.into()));
    };
    list.iter().enumerate().map(|(i, json)| record(&format!("{name}[{i}]"), json)).collect()
}

fn record(path: &str, json: &Json) -> Result<Record> {
    let fields = match json {
        Json::Object(fields) => fields,
        // Nothing is known of the user, or of the moment.
        Json::Null if !path.contains('[') => &Map::new(),
        _ => {
            return Err(wrong(
                ErrorKind::WrongType,
                path,
                kind(json),
                "an object such as {\"item\": \"i7\"}".into(),
            ));
        }
    };
    let fields = fields.iter().filter_map(|(name, json)| Some((name.clone(), value(json)?)));
    Ok(Record::from_distinct(fields.collect()))
}

/// `null` is as if the field were not there.
fn value(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(n), _) => Value::Integer(n.into()),
            (None, Some(n)) => Value::Integer(n.into()),
            (None, None) => Value::Number(n.as_f64().unwrap_or(f64::NAN)),
        },
        Json::Array(list) => {
            let text = |(i, json): (usize, &Json)| match json {
                Json::String(text) => Ok(text.clone()),
                Json::Number(n) => Ok(n.to_string()),
                other => Err(format!("{} at place {i} of a list", kind(other))),
            };
            match list.iter().enumerate().map(text).collect() {
                Ok(texts) => Value::List(texts),
                Err(what) => Value::Other(what),
            }
        }
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Object(_) => Value::Other(kind(json)),
    })
}

/// What a message calls a JSON value.
fn kind(json: &Json) -> String {
    match json {
        Json::Null => "null".into(),
        Json::Bool(b) => b.to_string(),
        Json::Number(n) => format!("the number {n}"),
        Json::String(text) => format!("the text {text:?}"),
        Json::Array(_) => "a list".into(),
        Json::Object(_) => "an object".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Their number squared would be minutes.
    #[test]
    fn many_fields_are_read_in_a_time_that_grows_as_they_do() {
        let field = |i: usize| format!(r#""field {i}": {i}"#);
        let fields: Vec<String> = (0..500_000).map(field).collect();
        let text = format!(r#"{{"history": [], "candidates": [], "profile": {{{}}}}}"#, fields.join(", "));
        let request = Request::from_json(&text).unwrap();
        assert_eq!(request.profile.iter().count(), 500_000);
        assert_eq!(request.profile.get("field 499999"), Some(&Value::Integer(499_999)));
    }

    #[test]
    fn the_last_of_equal_names_counts_and_null_is_nothing() {
        let text = r#"{"history": [], "candidates": [], "profile": {"a": 1, "b": null, "a": 2}}"#;
        assert_eq!(Request::from_json(text).unwrap().profile, Record::new().with("a", 2u64));
    }
}
