//! Values within values of JSON: `events.aid` is of each of an object's `events`.

use serde_json::Value;

use crate::error::DataError;

/// Where fields stand in an object: keys, one below the other.
pub(super) struct Paths {
    paths: Vec<Vec<String>>,
}

impl Paths {
    pub fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Paths { paths: names.map(|name| name.split('.').map(str::to_owned).collect()).collect() }
    }

    /// Whether a field is below a list: then an object is several rows.
    pub fn has_rows(&self, object: &Value) -> bool {
        self.paths.iter().any(|path| first_list(object, path).is_some())
    }

    /// Calls `each` with the fields' values; of fields below a list once for each of its elements, with those
    /// beside it the same.
    pub fn each(
        &self,
        object: &Value,
        mut each: impl FnMut(&[Option<&Value>]) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let mut values: Vec<Option<&Value>> = self.paths.iter().map(|path| alone(object, path)).collect();
        let Some((at, list)) = self.paths.iter().find_map(|path| first_list(object, path)) else {
            return each(&values);
        };
        let below: Vec<usize> = (0..self.paths.len())
            .filter(|&i| self.paths[i].len() > at.len() && self.paths[i].starts_with(at))
            .collect();
        for element in list {
            for &field in &below {
                values[field] = alone(element, &self.paths[field][at.len()..]);
            }
            each(&values)?;
        }
        Ok(())
    }
}

/// The value at a path through objects alone. A key may have points in it.
fn alone<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    match path {
        [] => Some(object),
        [key, rest @ ..] => match object.get(path.join(".")) {
            Some(value) => Some(value),
            None => alone(object.get(key)?, rest),
        },
    }
}

/// The first list that a path goes through, and the path to it.
fn first_list<'a, 'p>(object: &'a Value, path: &'p [String]) -> Option<(&'p [String], &'a [Value])> {
    (1..path.len()).find_map(|keys| match alone(object, &path[..keys])? {
        Value::Array(list) => Some((&path[..keys], list.as_slice())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_of_a_list_are_rows() {
        let found = |names: &[&str], object: &Value| {
            let mut rows = vec![];
            let take = |values: &[Option<&Value>]| {
                rows.push(values.iter().map(|v| v.cloned().unwrap_or_default()).collect::<Vec<_>>());
                Ok(())
            };
            Paths::new(names.iter().copied()).each(object, take).unwrap();
            rows
        };
        let events = json!([{ "aid": 1, "ts": 5 }, { "aid": 2 }]);
        let session = json!({ "session": 7, "events": events, "of": { "x": 3 }, "a.b": 4 });
        assert_eq!(
            found(&["session", "events.aid", "events.ts", "of.x", "a.b", "no"], &session),
            [
                vec![json!(7), json!(1), json!(5), json!(3), json!(4), json!(null)],
                vec![json!(7), json!(2), json!(null), json!(3), json!(4), json!(null)]
            ]
        );
        assert!(Paths::new(["events.aid"].into_iter()).has_rows(&session));
        assert!(!Paths::new(["events", "of.x"].into_iter()).has_rows(&session));
        assert_eq!(found(&["session", "of.x"], &session), [vec![json!(7), json!(3)]]);
        let none = json!({ "session": 7, "events": [] });
        assert!(found(&["session", "events.aid"], &none).is_empty());
        // A list of ids is a value.
        assert_eq!(found(&["tags"], &json!({ "tags": [1, 2] })), [vec![json!([1, 2])]]);
    }
}
