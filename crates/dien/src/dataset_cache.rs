//! Data that several trainings share.

use std::sync::Arc;

use dien_data::schema::SchemaOverrides;
use dien_data::{DataOptions, Dataset, Warnings};

use crate::config::{Config, Source};
use crate::data_source::{DataSource, Encoding};
use crate::error::Result;

/// How many are kept: sets come one after another, so few are wanted at a time.
const KEPT: usize = 6;

/// The data that configurations asked for last, by source and data options; the latest first.
#[derive(Debug, Default)]
pub(crate) struct DatasetCache(Vec<(Wanted, Arc<Dataset>)>);

/// What decides what the data is.
type Wanted = (Source, DataOptions, SchemaOverrides);

impl DatasetCache {
    /// A configuration's data, read once for all that want the same.
    pub fn get(&mut self, config: &Config) -> Result<Arc<Dataset>> {
        Ok(self.get_warned(config)?.0)
    }

    /// The same, with what was ignored if it is read now.
    pub fn get_warned(&mut self, config: &Config) -> Result<(Arc<Dataset>, Warnings)> {
        let wanted = (config.source.clone(), config.data_options(), config.schema.clone());
        if let Some(place) = self.0.iter().position(|(known, _)| *known == wanted) {
            self.0[..=place].rotate_right(1);
            return Ok((Arc::clone(&self.0[0].1), Warnings::default()));
        }
        let (data, warnings) = DataSource::open(config, Encoding::Fit)?;
        let data = Arc::new(data);
        self.0.truncate(KEPT - 1);
        self.0.insert(0, (wanted, Arc::clone(&data)));
        Ok((data, warnings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_data_is_read_once() {
        let config = |text: &str| format!("source.synthetic.users = 40\n{text}").parse::<Config>().unwrap();
        let mut datasets = DatasetCache::default();
        let mut get = |text: &str| datasets.get(&config(text)).unwrap();
        let first = get("");
        assert!(Arc::ptr_eq(&first, &get("model.hidden = 8\ntrain.seed = 3")));
        assert!(!Arc::ptr_eq(&first, &get("data.max_history = 5")));
        assert!(!Arc::ptr_eq(&first, &get("model.kind = 'din'")), "DIN wants no auxiliary negatives");
        assert!(Arc::ptr_eq(&first, &get("")));
        // What was asked for last stays.
        for history in 5..5 + KEPT {
            get(&format!("data.max_history = {history}"));
            assert!(Arc::ptr_eq(&first, &get("")));
        }
        let second = get("data.max_history = 5");
        assert!(!Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &get("data.max_history = 5")));
    }
}
