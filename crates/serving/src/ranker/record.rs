//! What a request says of an event, a candidate, a user or a context.

use std::fmt;

/// Named values: an event or a candidate (`item`, `category`, …), a profile (`user`) or a context.
///
/// ```
/// use dien_serving::Record;
///
/// let event = Record::item("i7").with("category", "c2");
/// assert_eq!(event, Record::new().with("item", "i7").with("category", "c2"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record(Vec<(String, Value)>);

/// A value of a [`Record`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// An id: what the log calls an item, a category, a user.
    Text(String),
    /// A whole number. Where an id is expected, it stands for its decimal digits.
    Integer(i128),
    /// Another number; an id where ids have types.
    Number(f64),
    /// A truth value, where ids have types.
    Boolean(bool),
    /// Ids, where a feature is a list.
    List(Vec<String>),
    /// What no feature is, named as a message would: only of interest where the model reads it.
    Other(String),
}

impl Record {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// An item alone; what the model reads of it besides is looked up in the run's item table.
    pub fn item(id: impl Into<String>) -> Self {
        Record::new().with("item", Value::Text(id.into()))
    }

    /// These values, whose names differ. [`with`](Self::with) looks for a name among all that are there,
    /// which takes long with as many as a client may send.
    pub(super) fn from_distinct(fields: Vec<(String, Value)>) -> Self {
        Record(fields)
    }

    /// The same with another value, in place of an earlier one of that name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
        self
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }
}

impl From<&str> for Record {
    /// See [`Record::item`].
    fn from(item: &str) -> Self {
        Record::item(item)
    }
}

impl fmt::Display for Value {
    /// As a message names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => write!(f, "the text {text:?}"),
            Value::Integer(n) => write!(f, "the number {n}"),
            Value::Number(x) => write!(f, "the number {x}"),
            Value::Boolean(truth) => write!(f, "{truth}"),
            Value::List(list) => write!(f, "a list of {}", list.len()),
            Value::Other(what) => f.write_str(what),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Value::Integer(n.into())
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Value::Integer(n.into())
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Value::Number(x)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Value::Boolean(truth)
    }
}

impl From<Vec<String>> for Value {
    fn from(list: Vec<String>) -> Self {
        Value::List(list)
    }
}
