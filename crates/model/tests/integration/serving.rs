//! Serving gives the logits of the model's evaluation forward, whatever the state went through.

use dien_model::config::{
    AttentionKind, AttentionNorm, AuxiliaryKind, HeadActivation, ModelKind, PoolingKind,
};
use dien_model::serving::{Candidates, Profile, Serving, UserState};
use dien_model::{Batch, Behaviours, CellKind, Features, Histories, Jagged, ModelConfig, Targets, build};
use dien_tensor::check::assert_close;
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// A window of more than one block of lanes.
const CAP: usize = 37;

struct Trained {
    model: Box<dyn dien_model::Model<f32> + Send + Sync>,
    params: ParamStore<f32>,
    features: Features,
    serving: Serving,
    rng: ChaCha8Rng,
}

/// A model whose every parameter, running statistics included, is a number of its own.
fn trained(config: &ModelConfig) -> Trained {
    trained_on(crate::common::features(), config)
}

fn trained_on(features: Features, config: &ModelConfig) -> Trained {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut params = ParamStore::new();
    let model = build(config, &features, &mut params, 3).unwrap();
    let ids: Vec<_> = params.ids().collect();
    for id in ids {
        let (is_buffer, is_variance) =
            (params.kind(id) == ParamKind::Buffer, params.name(id).ends_with("var"));
        for x in params.data_mut(id) {
            match (is_buffer, is_variance) {
                (true, true) => *x = rng.random_range(0.3..2.0),
                (true, false) => *x = rng.random_range(-0.5..0.5),
                _ => *x += rng.random_range(-0.2..0.2),
            }
        }
    }
    let serving =
        Serving::new(config, &features, params.clone(), &vec![CAP; 1 + features.extra_sequences.len()])
            .unwrap();
    Trained { model, params, features, serving, rng }
}

impl Trained {
    fn ids(&mut self, n: usize) -> Vec<Vec<u32>> {
        let rows =
            self.features.behaviours.iter().map(|l| self.features.tables[l.table].num_embeddings as u32);
        rows.map(|rows| (0..n).map(|_| self.rng.random_range(0..rows)).collect()).collect()
    }

    fn candidates(&mut self, n: usize) -> Candidates {
        let ids = self.ids(n);
        let lengths = (0..n as u32).map(|i| i % 3);
        let mut offsets = vec![0];
        lengths.for_each(|len| offsets.push(offsets.last().unwrap() + len));
        let genres = (0..offsets[n]).map(|_| self.rng.random_range(0..4)).collect();
        Candidates::new(ids).with_multi_hot(vec![Jagged { offsets, ids: genres }])
    }

    /// The evaluation forward over the history's events from `first` on, each target seeing the latest
    /// [`CAP`].
    fn expected(&self, ids: &[Vec<u32>], first: usize, profile: &Profile, c: &Candidates) -> Vec<f32> {
        self.expected_of(ids, &[], first, profile, c)
    }

    /// The same with histories of extra sequences.
    fn expected_of(
        &self,
        ids: &[Vec<u32>],
        extra: &[&[Vec<u32>]],
        first: usize,
        profile: &Profile,
        c: &Candidates,
    ) -> Vec<f32> {
        let (n, events) = (c.len(), ids[0].len() - first);
        let ids = ids.iter().map(|ids| ids[first..].to_vec()).collect();
        let batch = Batch::new(
            Histories::new(vec![0, events as u32], ids),
            Targets::new(
                vec![0; n],
                vec![events.saturating_sub(CAP) as u32; n],
                vec![events as u32; n],
                c.ids.clone(),
            )
            .with_sparse(profile.sparse.iter().map(|&id| vec![id; n]).collect())
            .with_multi_hot(c.multi_hot.clone())
            .with_dense(profile.dense.iter().map(|&x| vec![x; n]).collect()),
        )
        .with_extra_sequences(extra.iter().map(|ids| behaviours(ids, n)).collect());
        batch.validate(&self.features).unwrap();
        let pool = Pool::new();
        let tape = Tape::new(&self.params, &pool, Mode::Eval);
        self.model.forward(&tape, &batch).logits.data().to_vec()
    }
}

/// One history that every target sees.
fn behaviours(ids: &[Vec<u32>], targets: usize) -> Behaviours {
    let events = ids[0].len() as u32;
    Behaviours::new(
        Histories::new(vec![0, events], ids.to_vec()),
        vec![0; targets],
        vec![0; targets],
        vec![events; targets],
    )
}

fn profile() -> Profile {
    Profile::new(vec![2, 0], vec![0.7, -0.4])
}

#[track_caller]
fn assert_near(found: &[f32], expected: &[f32], what: &str) {
    assert_close(found, expected, 1e-5, what);
}

fn check(config: &ModelConfig) {
    let mut t = trained(config);
    let history = t.ids(CAP + 5);
    let latest = |n: usize| -> Vec<Vec<u32>> { history.iter().map(|ids| ids[..n].to_vec()).collect() };
    let state_of = |t: &Trained, n: usize| t.serving.user_state(&latest(n), profile()).unwrap();
    for (events, candidates) in [(0, 3), (1, 1), (2, 33), (CAP - 1, 9), (CAP, 40), (CAP + 5, 33)] {
        let what = format!("{config:?}: {events} events");
        let c = t.candidates(candidates);
        let logits = t.serving.logits(&state_of(&t, events), &c, None).unwrap();
        let first = events.saturating_sub(CAP);
        assert_near(&logits, &t.expected(&latest(events), first, &profile(), &c), &what);
    }
    // One event after another, past the cap: the extractor remembers what has left the window.
    let c = t.candidates(33);
    let mut state = state_of(&t, 0);
    for event in 0..CAP + 5 {
        let ids: Vec<u32> = history.iter().map(|ids| ids[event]).collect();
        t.serving.append(&mut state, &ids).unwrap();
        let events = event + 1;
        if [1, CAP, CAP + 1, CAP + 5].contains(&events) {
            let logits = t.serving.logits(&state, &c, None).unwrap();
            let what = format!("{config:?}: {events} events appended");
            assert_near(&logits, &t.expected(&latest(events), 0, &profile(), &c), &what);
        }
        if events == CAP {
            let at_once = t.serving.logits(&state_of(&t, CAP), &c, None).unwrap();
            assert_eq!(
                t.serving.logits(&state, &c, None).unwrap(),
                at_once,
                "{config:?}: bits of an appended state"
            );
        }
    }
    // Another profile for one call.
    let other = Profile::new(vec![1, 2], vec![-3.0, 0.1]);
    let logits = t.serving.logits(&state_of(&t, 3), &c, Some(&other)).unwrap();
    assert_near(&logits, &t.expected(&latest(3), 0, &other, &c), "another profile");
}

fn config() -> ModelConfig {
    ModelConfig::default().with_hidden(5).with_attention_layers([8, 5]).with_head_layers([12, 6])
}

#[test]
fn each_cell_with_each_attention() {
    for cell in CellKind::ALL {
        for attention in [AttentionKind::Unit, AttentionKind::Bilinear].map(Some) {
            for attention_norm in [AttentionNorm::Softmax, AttentionNorm::Sigmoid] {
                check(
                    &config().with_cell(cell).with_attention(attention).with_attention_norm(attention_norm),
                );
            }
        }
    }
}

#[test]
fn each_head_and_auxiliary_score() {
    for head_norm in [true, false] {
        for head_activation in [HeadActivation::Dice, HeadActivation::Prelu] {
            for auxiliary in [AuxiliaryKind::InnerProduct, AuxiliaryKind::Mlp] {
                check(
                    &config()
                        .with_head_norm(head_norm)
                        .with_head_activation(head_activation)
                        .with_auxiliary(auxiliary),
                );
            }
        }
    }
    check(&config().with_head_layers(vec![]));
    check(&config().with_head_layers(vec![]).with_head_norm(false).with_pooling(PoolingKind::Sum));
    check(&config().with_head_layers([7, 6, 5]));
}

#[test]
fn every_model_of_the_zoo() {
    for &kind in ModelKind::ALL {
        check(&config().with_kind(kind));
    }
}

#[test]
fn the_base_model() {
    for pooling in [PoolingKind::Mean, PoolingKind::Sum] {
        check(&config().with_kind(ModelKind::Base).with_pooling(pooling));
    }
}

#[test]
fn the_papers_widths() {
    check(&ModelConfig::default());
    check(&ModelConfig::default().with_hidden(64));
}

/// The candidates of these numbers.
fn pick(c: &Candidates, which: &[usize]) -> Candidates {
    let ids = c.ids.iter().map(|ids| which.iter().map(|&i| ids[i]).collect()).collect();
    let list = &c.multi_hot[0];
    let mut picked = Jagged { offsets: vec![0], ids: vec![] };
    for &i in which {
        picked.ids.extend(&list.ids[list.offsets[i] as usize..list.offsets[i + 1] as usize]);
        picked.offsets.push(picked.ids.len() as u32);
    }
    Candidates::new(ids).with_multi_hot(vec![picked])
}

#[test]
fn bits_depend_neither_on_company_nor_on_threads() {
    for cell in CellKind::ALL {
        let mut t = trained(&config().with_cell(cell).with_hidden(9));
        let history = t.ids(CAP);
        let state: UserState = t.serving.user_state(&history, profile()).unwrap();
        let c = t.candidates(200);
        let together = t.serving.logits(&state, &c, None).unwrap();
        for n in [1, 2, 7, 8, 17, 33, 65] {
            let which: Vec<usize> = (0..n).map(|i| (i * 37 + 11) % 200).collect();
            let expected: Vec<f32> = which.iter().map(|&i| together[i]).collect();
            assert_eq!(t.serving.logits(&state, &pick(&c, &which), None).unwrap(), expected, "{cell:?}: {n}");
        }
        let twice = t.serving.logits(&state, &pick(&c, &[4, 4, 9, 4]), None).unwrap();
        assert!(twice[0] == twice[1] && twice[1] == twice[3]);
        for threads in [1, 2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(
                pool.install(|| t.serving.logits(&state, &c, None).unwrap()),
                together,
                "{threads} threads"
            );
        }
        let none = t.candidates(0);
        assert!(t.serving.logits(&state, &none, None).unwrap().is_empty());
    }
}

#[test]
fn a_missing_parameter_is_named() {
    let pooled = config().with_kind(ModelKind::Base);
    let mut params = ParamStore::new();
    build(&pooled, &crate::common::features(), &mut params, 1).unwrap();
    let error = Serving::new(&config(), &crate::common::features(), params, &[CAP]).unwrap_err();
    let expected = "parameter `extractor.gru.w`: expected shape [15, 8], found no such parameter";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn several_sequences_of_behaviours() {
    for &kind in ModelKind::ALL {
        let mut t = trained_on(crate::common::features_in_sequences(), &config().with_kind(kind));
        let [clicked, bought, searched] = [6, 3, 0].map(|n| t.ids(n));
        let c = t.candidates(40);
        let mut state = t.serving.user_state_of(&[&clicked, &bought, &searched], profile()).unwrap();
        let expected = |t: &Trained, bought: &[Vec<u32>], searched: &[Vec<u32>]| {
            t.expected_of(&clicked, &[bought, searched], 0, &profile(), &c)
        };
        let logits = t.serving.logits(&state, &c, None).unwrap();
        assert_near(&logits, &expected(&t, &bought, &searched), "three sequences");
        let searched = t.ids(1);
        let event: Vec<u32> = searched.iter().map(|ids| ids[0]).collect();
        t.serving.append_to(&mut state, 2, &event).unwrap();
        let logits = t.serving.logits(&state, &c, None).unwrap();
        assert_near(&logits, &expected(&t, &bought, &searched), "an event of an extra sequence");
        let without =
            t.serving.logits(&t.serving.user_state(&clicked, profile()).unwrap(), &c, None).unwrap();
        assert!(without != logits, "extra sequences count");
    }
}
