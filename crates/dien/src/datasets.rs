//! Data that several trainings share.

use std::sync::Arc;

use dien_data::Data;

use crate::config::Config;
use crate::error::Result;

/// How many are kept: sets come one after another, so few are wanted at a time.
const KEPT: usize = 4;

/// The data that configurations asked for last, by source and data options.
#[derive(Debug, Default)]
pub(crate) struct Datasets(Vec<(Config, Arc<Data>)>);

impl Datasets {
    /// A configuration's data, read once for all that want the same.
    pub fn get(&mut self, config: &Config) -> Result<Arc<Data>> {
        let (source, data) = (config.source.clone(), config.data_options());
        let wanted = Config { source, data, ..Config::default() };
        if let Some((_, data)) = self.0.iter().find(|(config, _)| *config == wanted) {
            return Ok(Arc::clone(data));
        }
        let data = Arc::new(config.dataset()?.0);
        self.0.truncate(KEPT - 1);
        self.0.insert(0, (wanted, Arc::clone(&data)));
        Ok(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_data_is_read_once() {
        let config = |text: &str| format!("source.synthetic.users = 40\n{text}").parse::<Config>().unwrap();
        let mut datasets = Datasets::default();
        let mut get = |text: &str| datasets.get(&config(text)).unwrap();
        let first = get("");
        assert!(Arc::ptr_eq(&first, &get("model.hidden = 8\ntrain.seed = 3")));
        assert!(!Arc::ptr_eq(&first, &get("data.max_history = 5")));
        assert!(!Arc::ptr_eq(&first, &get("model.kind = 'din'")), "DIN wants no auxiliary negatives");
        assert!(Arc::ptr_eq(&first, &get("")));
    }
}
