//! Every op once, over several chunks, in either number type.

use dien_tensor::check::mix;
use dien_tensor::ops::{self, BatchNorm, Dice};
use dien_tensor::{Mode, ParamId, ParamKind, ParamStore, Pool, Real, Tape, Var};
use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Rows and columns: the elements fill several tasks, the columns no vector exactly.
const N: usize = 611;
const M: usize = 37;
const ROWS: usize = 50;

/// The parameters of [`every_op`].
pub struct Params {
    pub store: ParamStore<f64>,
    x: ParamId,
    y: ParamId,
    row: ParamId,
    column: ParamId,
    one: ParamId,
    weight: ParamId,
    table: ParamId,
    mean: ParamId,
    var: ParamId,
}

impl Params {
    pub fn new() -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut store = ParamStore::new();
        let mut add = |name: &str, kind, shape: &[usize], low: f64, high: f64| {
            // Numbers that f32 holds exactly, so that both types start from the same.
            let number = || f64::from(rng.random_range(low..high) as f32);
            store.add(name, kind, ArrayD::from_shape_simple_fn(shape, number))
        };
        let (dense, buffer) = (ParamKind::Dense, ParamKind::Buffer);
        let [x, y] = ["x", "y"].map(|name| add(name, dense, &[N, M], -3.0, 3.0));
        let row = add("row", dense, &[M], -1.0, 1.0);
        let column = add("column", dense, &[N, 1], 0.5, 1.5);
        let one = add("one", dense, &[1], 0.1, 0.9);
        let weight = add("weight", dense, &[M, M], -0.3, 0.3);
        let table = add("table", ParamKind::Rows, &[ROWS, M], -1.0, 1.0);
        let mean = add("mean", buffer, &[M], -0.5, 0.5);
        let var = add("var", buffer, &[M], 0.5, 1.5);
        Params { store, x, y, row, column, one, weight, table, mean, var }
    }
}

/// The value of every op by name.
pub fn every_op<'t, T: Real>(tape: &'t Tape<'t, T>, params: &Params) -> Vec<(&'static str, Var<'t, T>)> {
    let [x, y] = [params.x, params.y].map(|id| tape.param(id));
    let [row, column, one] = [params.row, params.column, params.one].map(|id| tape.param(id));
    let (weight, table) = (tape.param(params.weight), tape.param(params.table));
    let dice = Dice { alpha: params.row, mean: params.mean, var: params.var };
    let norm = BatchNorm { weight: params.row, bias: params.row, mean: params.mean, var: params.var };
    let ids: Vec<u32> = (0..N as u32).map(|i| i * i % ROWS as u32).collect();
    // Segments of 0, 1, 2, … 6 events, again and again.
    let mut offsets: Vec<u32> =
        (0..).map(|i| i / 7 * 21 + [0, 0, 1, 3, 6, 10, 15][i as usize % 7]).take(200).collect();
    offsets.retain(|&o| o < N as u32);
    offsets.push(N as u32);
    let labels: Vec<f32> = (0..N).map(|i| (i % 3 == 0).into()).collect();
    let weights: Vec<f32> = (0..N).map(|i| (i % 5) as f32).collect();
    let classes: Vec<u32> = (0..N as u32).map(|i| i * i % M as u32).collect();
    let logits = ops::sum_rows(x);
    vec![
        ("add", x + row),
        ("sub", column - x),
        ("mul", x * y),
        ("mul by a column", x * column),
        ("mul by one", one * x),
        ("div", x / column),
        ("affine", ops::affine(x, T::of(0.5), T::of(2.0))),
        ("sigmoid", ops::sigmoid(x)),
        ("tanh", ops::tanh(x)),
        ("relu", ops::relu(x)),
        ("prelu", ops::prelu(x, row)),
        ("prelu with one slope", ops::prelu(x, one)),
        ("dice", dice.forward(x)),
        ("batch norm", norm.forward(x)),
        ("linear", ops::linear(x, weight, Some(row))),
        ("concat", ops::concat(&[x, column, y])),
        ("concat rows", ops::concat_rows(&[x, y])),
        ("slice columns", ops::slice_columns(x, 3..20)),
        ("slice rows", ops::slice_rows(x, 100..500)),
        ("reshape", ops::reshape(x, &[M, N])),
        ("gather", ops::gather(table, &ids)),
        ("gather mean", ops::gather_mean(table, &offsets, &ids)),
        ("segment softmax", ops::segment_softmax(logits, &offsets)),
        ("segment log softmax", ops::segment_log_softmax(logits, &offsets)),
        ("segment sum", ops::segment_sum(x, &offsets)),
        ("segment mean", ops::segment_mean(x, &offsets)),
        ("sum", ops::sum(x)),
        ("mean", ops::mean(x)),
        ("sum columns", logits),
        ("dot rows", ops::dot_rows(x, y)),
        ("dropout", ops::dropout(x, 0.3)),
        ("bce", ops::bce_with_logits(logits, &labels, None)),
        ("weighted bce", ops::bce_with_logits(logits, &labels, Some(&weights))),
        ("l2", ops::l2(x)),
        ("l2 of rows", ops::l2_rows(table, &ids)),
        ("exp", ops::exp(x)),
        ("log", ops::log(column)),
        ("square", ops::square(x)),
        ("powi", ops::powi(x, 3)),
        ("sqrt", ops::sqrt(column)),
        ("matmul", ops::matmul(ops::transpose(x), y)),
        ("transpose", ops::transpose(x)),
        ("softmax", ops::softmax(x, 1)),
        ("softmax of columns", ops::softmax(x, 0)),
        ("log softmax", ops::log_softmax(x, 1)),
        ("layer norm", ops::layer_norm(x, row, row, 1e-5)),
        ("cross entropy", ops::cross_entropy(x, &classes)),
    ]
}

/// Every value and every gradient, by name, as one training step finds them.
pub fn step<T: Real>(store: &ParamStore<T>, params: &Params, pool: &Pool<T>) -> Vec<(String, Vec<T>)> {
    let tape = Tape::new(store, pool, Mode::Train { seed: 7 });
    let values = every_op(&tape, params);
    let mut results: Vec<_> =
        values.iter().map(|(name, value)| (format!("value of {name}"), value.data().to_vec())).collect();
    for (name, value) in values {
        let grads = tape.backward(mix(value));
        for (id, grad) in store.ids().zip(0..).filter_map(|(id, _)| Some((id, grads.get(id)?))) {
            let name = format!("gradient of {} through {name}", store.name(id));
            results.push((name, grad.values().to_vec()));
        }
    }
    for (id, value) in tape.take_updates() {
        results.push((format!("update of {}", store.name(id)), value.iter().copied().collect()));
    }
    results
}
