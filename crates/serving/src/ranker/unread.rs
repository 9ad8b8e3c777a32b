//! What a request says to no end.

use std::fmt;

use super::{Ranker, Request};

/// A field of a request's profile or context that the model does not read there.
///
/// ```no_run
/// use dien_serving::{Ranker, Record, Request};
///
/// let ranker = Ranker::load("runs/mine/model.safetensors")?;
/// let request = Request::default().with_profile(Record::new().with("age", 31u64));
/// for field in ranker.unread(&request) {
///     eprintln!("warning: {field}"); // `profile.age` is ignored: the model has no such feature
/// }
/// # Ok::<(), dien_serving::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unread {
    /// The field, such as `profile.age`.
    pub field: String,
    /// Where the model reads a feature of this name, such as `candidates[..]`; `None` if it has no such
    /// feature.
    pub read_from: Option<String>,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unread { field, read_from } = self;
        match (read_from, field.split_once('.')) {
            (Some(place), Some((_, name))) => {
                write!(f, "`{field}` is ignored: `{name}` is read from {place}")
            }
            _ => write!(f, "`{field}` is ignored: the model has no such feature"),
        }
    }
}

impl Ranker {
    /// The fields of a request's profile and context that this model does not read there.
    pub fn unread(&self, request: &Request) -> Vec<Unread> {
        let parts = [("profile", &request.profile), ("context", &request.context)];
        let fields = parts.into_iter().flat_map(|(part, record)| record.iter().map(move |(n, _)| (part, n)));
        let unread = fields.filter(|(_, name)| !self.is_of_request(name));
        unread
            .map(|(part, name)| Unread { field: format!("{part}.{name}"), read_from: self.read_from(name) })
            .collect()
    }

    /// Whether a feature is given once a request, in its profile or context.
    pub(super) fn is_of_request(&self, name: &str) -> bool {
        let features = self.features();
        features.sparse.iter().any(|l| l.name == name)
            || features.dense.iter().any(|n| n == name)
            || self.request_lists.iter().any(|n| n == name)
    }

    /// Where a feature is read that is not of the request as a whole.
    fn read_from(&self, name: &str) -> Option<String> {
        let features = self.features();
        if features.extra_sequences.iter().any(|sequence| sequence == name) {
            return Some(format!("`histories.{name}`"));
        }
        let is_item = features.behaviours.iter().any(|l| l.name == name) || name == self.item_key();
        if is_item {
            return Some("`candidates[..]` and `history[..]`".into());
        }
        features.multi_hot.iter().any(|l| l.name == name).then(|| "`candidates[..]`".into())
    }
}
