//! Defaults that depend on what is trained on.

use toml::{Table, Value};

/// What suits any log of real behaviours; chosen on validation users of public sets (`docs/results.md`).
const BEHAVIOURS: &str = "
[optimizer]
lr = 0.002
";

/// Negatives of the positive's category, as the generator's own test negatives are, leave only the course of
/// events to learn: there is no end of data to overfit, and little signal at first.
const SYNTHETIC: &str = "
[data]
target_negatives = 'same-category'
auxiliary_negatives = 'own'
batch_size = 256
[model]
dropout = 0.0
[optimizer]
lr = 0.004
[train]
epochs = 4
";

/// Many labels of the same users: a deep head learns to recognise users. A linear one over small embeddings
/// does not.
const REAL_LABELS: &str = "
[model]
head_layers = []
head_norm = false
dropout = 0.0
embedding_l2 = 0.1
[model.init]
embedding = 0.01
";

/// For what each holds, and what it is; a later one goes over those before it.
const RECIPES: [(&str, &str); 3] = [
    ("where the source is a folder, a schema or a log", BEHAVIOURS),
    ("where the source is synthetic", SYNTHETIC),
    ("where `data.targets` is `real`", REAL_LABELS),
];

/// Every recipe: for what it holds, and its options.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Table)> {
    RECIPES.into_iter().map(|(when, text)| (when, text.parse().expect("recipes are TOML")))
}

/// The defaults that go under `options`.
pub(super) fn under(options: &Table) -> impl Iterator<Item = Table> {
    let synthetic = options.get("source").is_none_or(|s| s.get("synthetic").is_some());
    let targets = options.get("data").and_then(|d| d.get("targets")).and_then(Value::as_str);
    let holds = [!synthetic, synthetic, targets == Some("real")];
    all().zip(holds).filter(|(_, holds)| *holds).map(|((_, table), _)| table)
}

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn a_recipe_is_overridden_option_by_option() {
        let parse = |text: &str| text.parse::<Config>().unwrap();
        let every = parse("source.folder = 'x'");
        assert_eq!((every.optimizer.lr, every.model.head_layers.len(), every.model.dropout), (0.002, 2, 0.3));
        let real = parse("source.folder = 'x'\ndata.targets = 'real'\nmodel.dropout = 0.1");
        assert_eq!(
            (real.model.head_layers.len(), real.model.dropout, real.model.embedding_l2),
            (0, 0.1, 0.1)
        );
        let synthetic = Config::default();
        assert_eq!(
            (synthetic.optimizer.lr, synthetic.data.batch_size, synthetic.train.epochs),
            (0.004, 256, 4)
        );
    }
}
