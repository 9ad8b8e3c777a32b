//! A model of one's own, by name: built, stored, built again and served.

use std::collections::HashMap;

use dien_model::init::Builder;
use dien_model::serving::{Candidates, Profile, Serving};
use dien_model::{
    Batch, BuildError, ConfigError, CustomModel, Features, Model, ModelBuilder, ModelConfig, OptionValue,
    Output, Registry, TouchedRows,
};
use dien_tensor::{Mode, ParamId, ParamStore, Pool, Tape, ops};
use ndarray::ArrayD;

use crate::common::{batch, features};

/// How often an item is clicked, whoever is asked: its bias.
struct Popularity {
    scale: f32,
    /// `bias.item` `[items, 1]`
    bias: ParamId,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    scale: f32,
}

struct PopularityBuilder;

impl ModelBuilder for PopularityBuilder {
    fn name(&self) -> &str {
        "popularity"
    }

    fn build(
        &self,
        config: &ModelConfig,
        features: &Features,
        params: &mut Builder<'_, f32>,
    ) -> Result<Box<dyn Model<f32> + Send + Sync>, ConfigError> {
        let Options { scale } = config.custom.as_ref().unwrap().options.read()?;
        let bias = params.table("bias.item", features.tables[0].num_embeddings, 1, 0.1);
        Ok(Box::new(Popularity { scale, bias }))
    }
}

impl Model<f32> for Popularity {
    fn forward<'t>(&self, tape: &'t Tape<'_, f32>, batch: &Batch) -> Output<'t, f32> {
        let bias = ops::gather(tape.param(self.bias), &batch.targets.candidate[0]);
        Output::new(ops::scale(bias, self.scale))
    }

    fn touch(&self, batch: &Batch, touched: &mut TouchedRows) {
        touched.set([(self.bias, batch.targets.candidate[0].iter().copied())]);
    }
}

fn config(scale: OptionValue) -> ModelConfig {
    let mut custom = CustomModel::new("popularity");
    custom.options.set("scale", scale);
    ModelConfig::default().with_custom(custom)
}

#[test]
fn an_own_model_is_built_stored_and_served() {
    let registry = Registry::new().with(PopularityBuilder);
    assert_eq!(registry.names().last(), Some("popularity"));
    let (features, config) = (features(), config(OptionValue::Integer(2)));
    let mut drawn = ParamStore::new();
    let model = registry.build(&config, &features, Builder::new(&mut drawn, 3)).unwrap();
    let batch = batch(&features, &[4, 0], 2, 1);
    let logits = |model: &dyn Model<f32>, params: &ParamStore<f32>, batch: &Batch| {
        let pool = Pool::new();
        let tape = Tape::new(params, &pool, Mode::Eval);
        model.forward(&tape, batch).logits.data().to_vec()
    };
    let expected = logits(&*model, &drawn, &batch);

    let mut stored: HashMap<String, ArrayD<f32>> =
        drawn.ids().map(|id| (drawn.name(id).to_owned(), drawn.value(id).to_owned())).collect();
    let mut loaded = ParamStore::new();
    let again = registry.build(&config, &features, Builder::from_source(&mut loaded, &mut stored)).unwrap();
    assert!(stored.is_empty());
    assert_eq!(logits(&*again, &loaded, &batch), expected);

    let serving = Serving::with_registry(&registry, &config, &features, loaded, &[50]).unwrap();
    let (h, t) = (&batch.histories, &batch.targets);
    let of = |target: usize, ids: &[Vec<u32>]| ids.iter().map(|ids| vec![ids[target]]).collect::<Vec<_>>();
    let profile = Profile::new(of(0, &t.sparse).concat(), t.dense.iter().map(|x| x[0]).collect());
    let from = h.offsets[t.history[0] as usize];
    let events = (from + t.start[0]) as usize..(from + t.end[0]) as usize;
    let history: Vec<Vec<u32>> = h.ids.iter().map(|ids| ids[events.clone()].to_vec()).collect();
    let state = serving.user_state(&history, profile).unwrap();
    let list = t.multi_hot[0].ids[..t.multi_hot[0].offsets[1] as usize].to_vec();
    let multi_hot = vec![dien_model::Jagged { offsets: vec![0, list.len() as u32], ids: list }];
    let candidates = Candidates::new(of(0, &t.candidate)).with_multi_hot(multi_hot);
    assert_eq!(serving.logits(&state, &candidates, None).unwrap(), expected[..1]);
}

#[test]
fn rows_of_an_own_table_are_touched() {
    let (features, mut params) = (features(), ParamStore::new());
    let registry = Registry::new().with(PopularityBuilder);
    let config = config(OptionValue::Float(1.0));
    let model = registry.build(&config, &features, Builder::new(&mut params, 3)).unwrap();
    let batch = batch(&features, &[4, 0], 2, 1);
    let pool = Pool::new();
    let tape = Tape::new(&params, &pool, Mode::Train { seed: 1 });
    let output = model.forward(&tape, &batch);
    let losses = model.losses(&tape, &batch, output);
    let grads = tape.backward(losses.total);
    for (id, rows) in model.touched(&batch) {
        let Some(grad) = grads.get(id) else { continue };
        let dense = grad.to_dense(params.shape(id));
        for (row, of_row) in dense.rows().into_iter().enumerate() {
            let is_zero = of_row.iter().all(|&x| x == 0.0);
            assert!(is_zero || rows.contains(&(row as u32)), "{}: row {row}", params.name(id));
        }
    }
    let bias = params.id("bias.item").unwrap();
    let touched = model.touched(&batch);
    let (_, rows) = touched.iter().find(|(id, _)| *id == bias).unwrap();
    let mut candidates = batch.targets.candidate[0].clone();
    candidates.sort_unstable();
    candidates.dedup();
    assert_eq!(rows, &candidates);
}

#[test]
fn what_cannot_be_built_is_named() {
    let (features, registry) = (features(), Registry::new().with(PopularityBuilder));
    let message = |registry: &Registry, config: &ModelConfig| {
        let mut params = ParamStore::new();
        let built = registry.build(config, &features, Builder::new(&mut params, 1));
        built.err().unwrap().to_string()
    };
    let mut unknown = config(OptionValue::Float(1.0));
    unknown.custom.as_mut().unwrap().name = "popluarity".into();
    let expected = "model option `custom.name`: expected the name of a registered model: `popularity`, \
                    found `popluarity`";
    assert_eq!(message(&registry, &unknown), expected);
    unknown.custom.as_mut().unwrap().name = "../up".into();
    let expected = "model option `custom.name`: expected letters, digits, `-` and `_`, found \"../up\"";
    assert_eq!(message(&registry, &unknown), expected);
    unknown.custom.as_mut().unwrap().name = "popluarity".into();
    let found = message(&Registry::new(), &unknown);
    assert!(found.contains("but none is"), "{found}");
    let found = message(&registry, &config(OptionValue::Text("much".into())));
    assert!(found.contains("`custom.options`") && found.contains("\"much\""), "{found}");
    let error = dien_model::build(&unknown, &features, &mut ParamStore::<f64>::new(), 1).err().unwrap();
    assert!(matches!(error, BuildError::Config(_)), "{error}");
}

#[test]
#[should_panic(expected = "registry: the name `popularity` is taken")]
fn names_are_unique() {
    let _ = Registry::new().with(PopularityBuilder).with(PopularityBuilder);
}

#[test]
fn a_configuration_keeps_name_and_options() {
    let own = config(OptionValue::Float(0.5));
    let text = serde_json::to_string(&own).unwrap();
    assert_eq!(serde_json::from_str::<ModelConfig>(&text).unwrap(), own);
    let ours = serde_json::to_string(&ModelConfig::default()).unwrap();
    assert!(!ours.contains("custom"), "{ours}");
}
