//! A row's values: what stands under which name.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, in order; values are as they are written.
pub(super) struct Object<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some((Key(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                match twice(&members) {
                    Some(key) => Err(A::Error::custom(format!("the key `{key}` {TWICE}"))),
                    None => Ok(Object(members)),
                }
            }
        }
        from.deserialize_map(Members)
    }
}

/// What is said of a key that an object has already.
pub(super) const TWICE: &str = "a second time";

/// Members that are compared one by one; sets cost more than so few.
const FEW: usize = 32;

/// A key that an object has twice: which of its values is meant is not known.
fn twice<'a>(members: &'a [(Cow<'_, str>, &RawValue)]) -> Option<&'a str> {
    let mut keys = members.iter().enumerate().map(|(i, (key, _))| (i, &**key));
    if members.len() > FEW {
        let mut seen = HashSet::with_capacity(members.len());
        return keys.map(|(_, key)| key).find(|key| !seen.insert(*key));
    }
    keys.find(|(i, key)| members[..*i].iter().any(|(before, _)| before == key)).map(|(_, key)| key)
}

/// A value.
pub(super) enum Value<'a> {
    Missing,
    /// A text, or a number or truth value as it is written.
    Scalar(Cow<'a, str>),
    List(Vec<&'a RawValue>),
    Object(Object<'a>),
}

/// What a value is.
pub(super) fn value(raw: &RawValue) -> Value<'_> {
    let text = raw.get();
    let parsed = "a value that was parsed is one";
    match text.as_bytes()[0] {
        b'"' => {
            let Key(text) = serde_json::from_str(text).expect(parsed);
            Value::Scalar(text)
        }
        b'[' => Value::List(serde_json::from_str(text).expect(parsed)),
        b'{' => Value::Object(serde_json::from_str(text).expect(parsed)),
        b'n' => Value::Missing,
        _ => Value::Scalar(text.into()),
    }
}

impl<'a> Object<'a> {
    /// What stands under a name, or under the way to it through objects and lists of them, `a.b`: each value,
    /// and whether there is a list on the way.
    pub fn find(&self, name: &str, found: &mut Vec<&'a RawValue>) -> bool {
        if let Some((_, raw)) = self.0.iter().rev().find(|(key, _)| key == name) {
            found.push(raw);
            return false;
        }
        for (at, _) in name.match_indices('.') {
            let (key, rest) = (&name[..at], &name[at + 1..]);
            let Some((_, raw)) = self.0.iter().rev().find(|(own, _)| own == key) else { continue };
            return match value(raw) {
                Value::Object(object) => object.find(rest, found),
                Value::List(items) => {
                    for item in items {
                        if let Value::Object(object) = value(item) {
                            object.find(rest, found);
                        }
                    }
                    true
                }
                _ => false,
            };
        }
        false
    }
}
