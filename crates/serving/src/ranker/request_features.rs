//! What a request says once: of the user, and of the moment.

use dien_model::serving::Profile;
use dien_model::{Features, OOV};

use super::encode::{number, tokens, wrong};
use super::{Ranker, Record};
use crate::error::{ErrorKind, Result};

/// What all candidates of a request have in common.
pub(super) struct RequestFeatures {
    pub profile: Profile,
    /// By multi-hot feature; those of candidates are empty.
    pub lists: Vec<Vec<u32>>,
}

impl RequestFeatures {
    /// Nothing is known.
    pub fn unknown(features: &Features) -> Self {
        RequestFeatures { profile: Profile::unknown(features), lists: vec![] }
    }
}

impl Ranker {
    /// The values of `record` over those of `given`. What the model does not read is passed over.
    pub(super) fn given(
        &self,
        record: &Record,
        place: &'static str,
        given: RequestFeatures,
        unknown: &mut usize,
    ) -> Result<RequestFeatures> {
        let features = self.features();
        let RequestFeatures { mut profile, mut lists } = given;
        for (name, value) in record.iter() {
            if let Some(i) = features.sparse.iter().position(|l| l.name == name) {
                let bucketed = self.numbers.iter().find(|n| n.name == name && n.bucket(0.0).is_some());
                let id = match bucketed {
                    Some(of) => of.bucket(number(value, &place, name)?).expect("buckets"),
                    None => self.value_id(features.sparse[i].table, value, &place, name)?,
                };
                *unknown += usize::from(id == OOV);
                profile.sparse[i] = id;
            }
            if let Some(i) = features.dense.iter().position(|n| n == name) {
                let x = number(value, &place, name)?;
                let of = self.numbers.iter().find(|n| n.name == name);
                let encoded = of.map_or(Ok(x as f32), |of| of.value(x));
                profile.dense[i] = encoded
                    .map_err(|expected| wrong(ErrorKind::OutOfRange, &place, name, value, expected))?;
            }
            if self.request_lists.iter().any(|of| of == name)
                && let Some(i) = features.multi_hot.iter().position(|l| l.name == name)
            {
                lists.resize(features.multi_hot.len(), vec![]);
                let table = features.multi_hot[i].table;
                lists[i] = tokens(value, &place, name)?.map(|token| self.id(table, token)).collect();
                *unknown += lists[i].iter().filter(|&&id| id == OOV).count();
            }
        }
        Ok(RequestFeatures { profile, lists })
    }
}
