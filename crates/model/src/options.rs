//! The options of a model of one's own, as they stand in a configuration.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, Serialize, forward_to_deserialize_any};

use crate::ConfigError;

/// A model of one's own in a configuration: `[model.custom]` with a name that a [`Registry`](crate::Registry)
/// knows.
///
/// The other options of `[model]` are there for its parts, such as `hidden`, `head_layers` or `dropout`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CustomModel {
    /// The name under which its builder is registered.
    pub name: String,
    /// What the builder reads beside the options of every model.
    #[serde(default, skip_serializing_if = "ModelOptions::is_empty")]
    pub options: ModelOptions,
}

impl CustomModel {
    /// The model of this name, without options of its own.
    pub fn new(name: impl Into<String>) -> Self {
        CustomModel { name: name.into(), options: ModelOptions::default() }
    }
}

/// Options by name, as TOML or JSON has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelOptions(BTreeMap<String, OptionValue>);

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum OptionValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<OptionValue>),
    /// Options within an option.
    Table(ModelOptions),
}

impl ModelOptions {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of an option.
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        self.0.get(name)
    }

    /// Sets an option; returns what it was.
    pub fn set(&mut self, name: impl Into<String>, value: OptionValue) -> Option<OptionValue> {
        self.0.insert(name.into(), value)
    }

    /// The options as a struct of the model's own, with its defaults and its refusals:
    ///
    /// ```
    /// use dien_model::{ModelOptions, OptionValue};
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(default, deny_unknown_fields)]
    /// struct Own { scale: f64 }
    /// impl Default for Own { fn default() -> Self { Own { scale: 1.0 } } }
    ///
    /// let mut options = ModelOptions::default();
    /// assert_eq!(options.read::<Own>()?.scale, 1.0);
    /// options.set("scale", OptionValue::Integer(2));
    /// assert_eq!(options.read::<Own>()?.scale, 2.0);
    /// # Ok::<(), dien_model::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// An option is unknown to the struct, missing, or of another type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        T::deserialize(self.clone().into_deserializer())
            .map_err(|e| ConfigError::new("custom.options", "the options of this model", e.to_string()))
    }
}

impl FromIterator<(String, OptionValue)> for ModelOptions {
    fn from_iter<I: IntoIterator<Item = (String, OptionValue)>>(options: I) -> Self {
        ModelOptions(options.into_iter().collect())
    }
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionValue::Bool(x) => x.fmt(f),
            OptionValue::Integer(x) => x.fmt(f),
            OptionValue::Float(x) => x.fmt(f),
            OptionValue::Text(x) => x.fmt(f),
            OptionValue::List(_) => f.write_str("a list"),
            OptionValue::Table(_) => f.write_str("a table"),
        }
    }
}

impl IntoDeserializer<'_, Error> for ModelOptions {
    type Deserializer = OptionValue;
    fn into_deserializer(self) -> OptionValue {
        OptionValue::Table(self)
    }
}

impl IntoDeserializer<'_, Error> for OptionValue {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for OptionValue {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            OptionValue::Bool(x) => visitor.visit_bool(x),
            OptionValue::Integer(x) => visitor.visit_i64(x),
            OptionValue::Float(x) => visitor.visit_f64(x),
            OptionValue::Text(x) => visitor.visit_string(x),
            OptionValue::List(of) => visitor.visit_seq(SeqDeserializer::new(of.into_iter())),
            OptionValue::Table(of) => visitor.visit_map(MapDeserializer::new(of.0.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// A variant without fields is a text; one with fields a table of one entry.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            OptionValue::Text(x) => x.into_deserializer().deserialize_enum(name, variants, visitor),
            OptionValue::Table(of) => {
                let map = MapDeserializer::new(of.0.into_iter());
                visitor.visit_enum(serde::de::value::MapAccessDeserializer::new(map))
            }
            other => Err(serde::de::Error::custom(format!("found {other}; expected one of {variants:?}"))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Form {
        Flat,
        Deep { layers: Vec<usize> },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Own {
        scale: f32,
        rows: Option<usize>,
        first: Form,
        second: Form,
        #[serde(default)]
        note: String,
    }

    #[test]
    fn options_become_a_struct() {
        let text = r#"{"scale": 2, "rows": 7, "first": "flat", "second": {"deep": {"layers": [3, 4]}}}"#;
        let mut options: ModelOptions = serde_json::from_str(text).unwrap();
        assert_eq!(
            serde_json::from_str::<ModelOptions>(&serde_json::to_string(&options).unwrap()).unwrap(),
            options
        );
        let expected = Own {
            scale: 2.0,
            rows: Some(7),
            first: Form::Flat,
            second: Form::Deep { layers: vec![3, 4] },
            note: String::new(),
        };
        assert_eq!(options.read::<Own>().unwrap(), expected);
        let refusal = |options: &ModelOptions| options.read::<Own>().unwrap_err().to_string();
        options.set("scale", OptionValue::Text("big".into()));
        assert!(
            refusal(&options).contains("invalid type: string \"big\", expected f32"),
            "{}",
            refusal(&options)
        );
        options.set("scale", OptionValue::Float(0.5));
        options.set("rows", OptionValue::Integer(-1));
        assert!(refusal(&options).contains("`-1`"), "{}", refusal(&options));
        options.set("rows", OptionValue::Integer(1));
        options.set("colour", OptionValue::Bool(true));
        assert!(refusal(&options).contains("unknown field `colour`"), "{}", refusal(&options));
    }
}
