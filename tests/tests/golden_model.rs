//! Whole models against PyTorch: logits, losses, every gradient, running statistics, ten steps of Adam.

use dien_model::config::{AttentionKind, AuxiliaryKind};
use dien_model::{Batch, Features, Histories, Jagged, Lookup, Model, ModelConfig, Table, Targets, build};
use dien_optim::{Adam, AdamConfig, Optimizer};
use dien_tensor::{Mode, ParamId, ParamStore, Pool, Real, Tape};
use dien_tests::golden::Golden;
use ndarray::arr1;

fn features() -> Features {
    let table = |(name, rows, width): (&str, _, _)| Table { name: name.into(), rows, width };
    let lookup = |name: &str, table| Lookup { name: name.into(), table };
    Features {
        tables: [("item", 12, 4), ("category", 5, 3), ("user", 6, 3), ("tag", 7, 2)].map(table).into(),
        behaviours: vec![lookup("item", 0), lookup("category", 1)],
        sparse: vec![lookup("user", 2)],
        pooled: vec![lookup("tag", 3)],
        dense: vec!["price".into()],
        ..Features::default()
    }
}

fn batch(golden: &Golden) -> Batch {
    let events = |what: &str| ["item", "category"].map(|name| golden.ids(&format!("{what}.{name}"))).into();
    let numbers = |name: &str| golden.array::<f32>(name).into_raw_vec_and_offset().0;
    let label = numbers("targets.label");
    let batch = Batch {
        histories: Histories {
            offsets: golden.ids("histories.offsets"),
            ids: events("histories.ids"),
            negatives: events("histories.negatives"),
            negatives_per_event: golden.ids("histories.negatives_per_event")[0] as usize,
        },
        targets: Targets {
            history: golden.ids("targets.history"),
            start: golden.ids("targets.start"),
            end: golden.ids("targets.end"),
            candidate: events("targets.candidate"),
            sparse: vec![golden.ids("targets.sparse.user")],
            pooled: vec![Jagged {
                offsets: golden.ids("targets.pooled.tag.offsets"),
                ids: golden.ids("targets.pooled.tag.ids"),
            }],
            dense: vec![numbers("targets.dense.price")],
            weight: vec![],
            group: vec![0; label.len()],
            label,
        },
        further: vec![],
    };
    batch.validate(&features()).unwrap();
    batch
}

/// A model with the golden file's parameters.
struct Case<T: Real> {
    golden: Golden,
    batch: Batch,
    model: Box<dyn Model<T> + Send + Sync>,
    params: ParamStore<T>,
    pool: Pool<T>,
}

impl<T: Real> Case<T> {
    fn new(file: &str, attention: AttentionKind, auxiliary: AuxiliaryKind) -> Self {
        let golden = Golden::load(file);
        let config = ModelConfig {
            hidden: 6,
            dropout: 0.0,
            attention,
            attention_layers: [8, 4],
            auxiliary,
            auxiliary_layers: [6, 4],
            head_layers: vec![8, 5],
            ..ModelConfig::default()
        };
        let mut params = ParamStore::new();
        let model = build(&config, &features(), &mut params, 0).unwrap();
        golden.fill(&mut params, "param.", "");
        Case { batch: batch(&golden), golden, model, params, pool: Pool::new() }
    }

    fn check_evaluation(&self, name: &str) {
        let tape = Tape::new(&self.params, &self.pool, Mode::Eval);
        self.golden.check(name, self.model.forward(&tape, &self.batch).logits.view());
    }

    /// Losses, gradients and running statistics of the first step.
    fn check_training(&self) {
        let tape = Tape::new(&self.params, &self.pool, Mode::Train { seed: 0 });
        let output = self.model.forward(&tape, &self.batch);
        let losses = self.model.losses(&tape, &self.batch, output);
        self.golden.check("logits", output.logits.view());
        self.golden.check("loss.target", losses.target.view());
        self.golden.check("loss.auxiliary", losses.auxiliary.expect("there are negatives").view());
        self.golden.check("loss.total", losses.total.view());
        self.golden.check_grads(&self.params, &tape.backward(losses.total));
        let updates = tape.take_updates();
        assert_eq!(updates.len(), 6, "mean and variance of one norm and two Dice");
        for (id, value) in updates {
            self.golden.check(&format!("updated.{}", self.params.name(id)), value.view());
        }
    }

    /// Ten steps of Adam; the losses of each.
    fn train(&mut self) {
        let config = AdamConfig { lr: self.golden.scalar("lr"), ..AdamConfig::default() };
        let mut adam = Adam::new(&self.params, config).unwrap();
        for step in 0..10 {
            let touched = self.model.touched(&self.batch);
            let rows: Vec<(ParamId, &[u32])> = touched.iter().map(|(id, rows)| (*id, &rows[..])).collect();
            adam.prepare(&mut self.params, &rows);
            let tape = Tape::new(&self.params, &self.pool, Mode::Train { seed: step });
            let output = self.model.forward(&tape, &self.batch);
            let losses = self.model.losses(&tape, &self.batch, output);
            let auxiliary = losses.auxiliary.expect("there are negatives");
            let all = arr1(&[losses.target, auxiliary, losses.total].map(|loss| loss.scalar()));
            self.golden.check_step("steps.losses", step as usize, all.view().into_dyn());
            let (grads, updates) = (tape.backward(losses.total), tape.take_updates());
            drop(tape);
            adam.step(&mut self.params, &grads).unwrap();
            self.params.apply(updates);
        }
        adam.flush(&mut self.params);
    }
}

fn check<T: Real>(file: &str, attention: AttentionKind, auxiliary: AuxiliaryKind) {
    let mut case = Case::<T>::new(file, attention, auxiliary);
    case.check_evaluation("eval.logits");
    case.check_training();
    case.train();
    // Adam divides a gradient by its size, and so blows up the rounding of those that all but vanish.
    if T::NAME == "f64" {
        for id in case.params.ids() {
            case.golden.check(&format!("steps.{}", case.params.name(id)), case.params.value(id));
        }
        case.check_evaluation("steps.eval.logits");
    }
}

#[test]
fn activation_unit_and_auxiliary_mlp() {
    check::<f64>("dien_small", AttentionKind::Unit, AuxiliaryKind::Mlp);
    check::<f32>("dien_small", AttentionKind::Unit, AuxiliaryKind::Mlp);
}

#[test]
fn bilinear_attention_and_inner_product() {
    check::<f64>("dien_inner", AttentionKind::Bilinear, AuxiliaryKind::InnerProduct);
    check::<f32>("dien_inner", AttentionKind::Bilinear, AuxiliaryKind::InnerProduct);
}

/// A batch of which no history has two events has no auxiliary pair: the loss is exactly 0 and so are its gradients.
#[test]
fn no_pair_no_auxiliary_loss() {
    let mut case = Case::<f64>::new("dien_small", AttentionKind::Unit, AuxiliaryKind::Mlp);
    let h = &mut case.batch.histories;
    *h = Histories {
        offsets: vec![0, 1, 1],
        ids: vec![vec![3], vec![2]],
        negatives: vec![vec![1, 2], vec![1, 2]],
        negatives_per_event: 2,
    };
    let t = &mut case.batch.targets;
    for (i, history) in t.history.iter_mut().enumerate() {
        *history = i as u32 % 2;
        (t.start[i], t.end[i]) = (0, 1 - *history);
    }
    case.batch.validate(&features()).unwrap();
    let tape = Tape::new(&case.params, &case.pool, Mode::Train { seed: 0 });
    let output = case.model.forward(&tape, &case.batch);
    let losses = case.model.losses(&tape, &case.batch, output);
    assert_eq!(losses.auxiliary.expect("there are negatives").scalar(), 0.0);
    assert_eq!(losses.total.scalar(), losses.target.scalar());
    let grads = tape.backward(losses.total);
    for id in case.params.ids().filter(|&id| case.params.name(id).starts_with("auxiliary.")) {
        let zero = grads.get(id).is_none_or(|g| g.values().iter().all(|&g| g == 0.0));
        assert!(zero, "{}: {:?}", case.params.name(id), grads.get(id));
    }
}
