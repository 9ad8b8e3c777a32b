//! Events and candidates with any number of ids of a feature.

use dien_model::config::ModelKind;
use dien_model::serving::{Candidates, Event, Events, Profile, Serving};
use dien_model::{
    Batch, Behaviours, EmbeddingFeature, Features, Histories, Jagged, ModelConfig, Table, Targets, build,
};
use dien_tensor::check::assert_close;
use dien_tensor::{Grad, Grads, Mode, ParamKind, ParamStore, Pool, Tape};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::common::{batch, features_with_bags};

fn config(kind: ModelKind) -> ModelConfig {
    ModelConfig::default()
        .with_kind(kind)
        .with_hidden(5)
        .with_attention_layers([6, 3])
        .with_head_layers([7, 4])
        .with_dropout(0.0)
}

/// Parameters of which each is a number of its own.
fn params(config: &ModelConfig, features: &Features) -> ParamStore<f32> {
    let mut params = ParamStore::new();
    build(config, features, &mut params, 3).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for id in params.ids().filter(|&id| params.kind(id) != ParamKind::Buffer).collect::<Vec<_>>() {
        params.data_mut(id).iter_mut().for_each(|x| *x = rng.random_range(-0.6..0.6));
    }
    params
}

/// The logits in evaluation, and the loss and gradients of a training step.
fn run(
    config: &ModelConfig,
    features: &Features,
    params: &ParamStore<f32>,
    batch: &Batch,
) -> (Vec<f32>, f32, Grads<f32>) {
    batch.validate(features).unwrap();
    let model = build(config, features, &mut ParamStore::<f32>::new(), 3).unwrap();
    let pool = Pool::new();
    let tape = Tape::new(params, &pool, Mode::Eval);
    let logits = model.forward(&tape, batch).logits.data().to_vec();
    let tape = Tape::new(params, &pool, Mode::Train { seed: 1 });
    let output = model.forward(&tape, batch);
    let total = model.losses(&tape, batch, output).total;
    (logits, total.scalar(), tape.backward(total))
}

/// The batch as a model without bags would have it: each list an id of its own.
fn plain(features: &Features, batch: &Batch) -> (Features, Batch) {
    let (mut features, mut batch) = (features.clone(), batch.clone());
    let lists: Vec<usize> = batch.bags.iter().map(Jagged::len).collect();
    for (lookup, lists) in features.behaviours.iter_mut().filter(|l| l.is_bag).zip(lists) {
        lookup.is_bag = false;
        lookup.table = features.tables.len();
        let width = features.tables[1].embedding_dim;
        features.tables.push(Table::new(format!("bags of {}", lookup.name), lists, width));
    }
    batch.bags.clear();
    (features, batch)
}

/// Item and categories, and the category's table is read by a context feature as well.
fn item_and_categories() -> Features {
    let mut features = features_with_bags();
    features.behaviours.truncate(2);
    features.sparse[1] = EmbeddingFeature::new("favourite category", 1);
    features
}

#[test]
fn a_list_counts_as_the_mean_of_its_embeddings() {
    let features = item_and_categories();
    let with_bags = batch(&features, &[4, 0, 1, 6, 3], 2, 4);
    for &kind in ModelKind::ALL {
        let config = config(kind).with_embedding_l2(0.0);
        let own = params(&config, &features);
        let (other_features, other_batch) = plain(&features, &with_bags);
        let mut other = params(&config, &other_features);
        for id in own.ids() {
            let same = other.id(own.name(id)).unwrap();
            other.data_mut(same).copy_from_slice(own.data(id));
        }
        // Literally: the sum of the rows, divided by their number.
        let (table, means) =
            (own.id("embedding.category").unwrap(), other.id("embedding.bags of category").unwrap());
        let bags = &with_bags.bags[0];
        for bag in 0..bags.len() {
            for column in 0..2 {
                let mut sum = 0.0;
                for &id in bags.list(bag) {
                    sum += f64::from(own.data(table)[id as usize * 2 + column]);
                }
                let mean = if bags.list(bag).is_empty() { 0.0 } else { sum / bags.list(bag).len() as f64 };
                other.data_mut(means)[bag * 2 + column] = mean as f32;
            }
        }
        let (logits, loss, grads) = run(&config, &features, &own, &with_bags);
        let (expected, expected_loss, expected_grads) = run(&config, &other_features, &other, &other_batch);
        assert_close(&logits, &expected, 1e-5, "logits");
        assert_close(&[loss], &[expected_loss], 1e-5, "loss");
        // A list's gradient reaches each of its ids, in equal shares.
        let mut of_table = dense(expected_grads.get(other.id("embedding.category").unwrap()), 5 * 2);
        let of_bags = dense(expected_grads.get(means), 2 * bags.len());
        for bag in 0..bags.len() {
            for &id in bags.list(bag) {
                for column in 0..2 {
                    of_table[id as usize * 2 + column] +=
                        of_bags[bag * 2 + column] / bags.list(bag).len() as f32;
                }
            }
        }
        assert_close(&dense(grads.get(table), 5 * 2), &of_table, 1e-5, "gradient");
    }
}

/// A gradient `[rows, width]`, row-major.
fn dense(grad: Option<&Grad<f32>>, len: usize) -> Vec<f32> {
    let mut all = vec![0.0; len];
    match grad.expect("the loss depends on it") {
        Grad::Dense(array) => all.copy_from_slice(array.as_slice().unwrap()),
        Grad::Rows { ids, rows } => {
            for (&id, row) in ids.iter().zip(rows.rows()) {
                all[id as usize * row.len()..][..row.len()].copy_from_slice(row.as_slice().unwrap());
            }
        }
    }
    all
}

#[test]
fn lists_of_one_id_are_those_ids() {
    let features = item_and_categories();
    let mut without = features.clone();
    without.behaviours[1].is_bag = false;
    let plain = batch(&without, &[4, 0, 1, 6, 3], 2, 4);
    let with_bags = plain.clone().with_bags(vec![Jagged::new((0..=5).collect(), (0..5).collect())]);
    for &kind in ModelKind::ALL {
        let config = config(kind);
        let params = params(&config, &features);
        let (logits, loss, grads) = run(&config, &features, &params, &with_bags);
        let (expected, expected_loss, expected_grads) = run(&config, &without, &params, &plain);
        assert_eq!((logits, loss), (expected, expected_loss), "{kind:?}: bits");
        for id in params.ids().filter(|&id| expected_grads.get(id).is_some()) {
            let len = params.data(id).len();
            let [found, expected] = [&grads, &expected_grads].map(|grads| dense(grads.get(id), len));
            assert_close(&found, &expected, 1e-6, params.name(id));
        }
    }
}

#[test]
fn rows_that_are_read_are_those_with_gradients_at_any_number_of_threads() {
    let features = features_with_bags();
    let batch = batch(&features, &[4, 0, 1, 6, 3, 40, 2], 2, 4);
    let config = config(ModelKind::Dien);
    let params = params(&config, &features);
    let model = build(&config, &features, &mut ParamStore::<f32>::new(), 3).unwrap();
    let of = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&config, &features, &params, &batch))
    };
    let (logits, loss, grads) = of(1);
    let mut tables = 0;
    for (table, touched) in model.touched(&batch) {
        let Some(Grad::Rows { ids, .. }) = grads.get(table) else { panic!("rows of {}", params.name(table)) };
        assert_eq!(*ids, touched, "{}", params.name(table));
        tables += 1;
    }
    assert_eq!(tables, features.tables.len());
    for threads in [2, 3, 8] {
        let (other_logits, other_loss, others) = of(threads);
        assert_eq!((&other_logits, other_loss), (&logits, loss));
        assert!(params.ids().all(|id| others.get(id) == grads.get(id)), "{threads} threads");
    }
}

#[test]
fn serving_gives_the_models_logits() {
    const CAP: usize = 4;
    let features = features_with_bags();
    let drawn = batch(&features, &[7, 3, 2], 3, 9);
    let event = |of: &Histories, e: usize| -> Vec<u32> { of.ids.iter().map(|ids| ids[e]).collect() };
    let part = |of: &Histories, from: usize, to: usize| -> Vec<Vec<u32>> {
        of.ids.iter().map(|ids| ids[from..to].to_vec()).collect()
    };
    for &kind in ModelKind::ALL {
        let config = config(kind);
        let params = params(&config, &features);
        let model = build(&config, &features, &mut ParamStore::<f32>::new(), 3).unwrap();
        let serving = Serving::new(&config, &features, params.clone(), &[CAP; 3]).unwrap();
        let nothing = vec![vec![]; 3];
        let bought = part(&drawn.histories, 7, 10);
        let bags = &drawn.bags;
        let events = |ids| Events::new(ids, bags);
        let profile = Profile::new(vec![2, 0], vec![0.7, -0.4]);
        let first = part(&drawn.histories, 0, 5);
        let sequences = [events(&first), events(&bought), events(&nothing)];
        let mut state = serving.user_state_of(&sequences, profile.clone()).unwrap();
        for e in 5..7 {
            // What is appended has lists of its own.
            let (mut ids, mut own) = (event(&drawn.histories, e), vec![]);
            for ((lookup, id), bags) in features.behaviours.iter().zip(&mut ids).skip(1).zip(bags) {
                assert!(lookup.is_bag);
                let mut lists = Jagged::empty(1);
                lists.push(bags.list(*id as usize).iter().copied());
                *id = 1;
                own.push(lists);
            }
            serving.append(&mut state, Event::new(&ids, &own)).unwrap();
        }
        let kept = serde_json::to_string(&state).unwrap();
        let state = serde_json::from_str(&kept).unwrap();
        let ids = drawn.targets.candidate.clone();
        let multi_hot = drawn.targets.multi_hot.clone();
        let candidates = Candidates::new(ids).with_multi_hot(multi_hot).with_bags(bags.clone());
        let logits = serving.logits(&state, &candidates, None).unwrap();

        let n = candidates.len();
        // A state's first events are the window's; a recurrence goes on from them when others are appended.
        let histories = Histories::new(vec![0, 6], part(&drawn.histories, 1, 7));
        let end = histories.events() as u32;
        let targets =
            Targets::new(vec![0; n], vec![end - CAP as u32; n], vec![end; n], candidates.ids.clone())
                .with_sparse(vec![vec![2; n], vec![0; n]])
                .with_multi_hot(candidates.multi_hot.clone())
                .with_dense(vec![vec![0.7; n], vec![-0.4; n]]);
        let extra = [bought, nothing].map(|ids| {
            let events = ids[0].len() as u32;
            Behaviours::new(Histories::new(vec![0, events], ids), vec![0; n], vec![0; n], vec![events; n])
        });
        let expected =
            Batch::new(histories, targets).with_extra_sequences(extra.into()).with_bags(bags.clone());
        expected.validate(&features).unwrap();
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let expected = model.forward(&tape, &expected).logits.data().to_vec();
        assert_close(&logits, &expected, 1e-5, format!("{kind:?}"));
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let features = features_with_bags();
    let message = |change: &dyn Fn(&mut Batch)| {
        let mut batch = batch(&features, &[3, 2], 1, 1);
        change(&mut batch);
        batch.validate(&features).unwrap_err().to_string()
    };
    assert_eq!(message(&|b| b.bags.truncate(1)), "bags: expected 2 entries, found 1");
    assert_eq!(
        message(&|b| b.histories.ids[1][2] = 6),
        "histories `category`: bag 6 at position 2, of 6 bags, counted from 0"
    );
    assert!(message(&|b| b.targets.candidate[2][1] = 9).starts_with("candidate `previous item`: bag 9"));
    assert!(
        message(&|b| b.bags[0].ids[1] = 5)
            .ends_with("id 5 at position 1 is beyond the table `category` of 5 rows")
    );
    assert!(message(&|b| b.bags[1].offsets[0] = 1).starts_with("bags `previous item`: offsets must start"));
    assert!(message(&|b| b.bags[0].ids.truncate(2)).contains("bags `category`: expected"));
}
