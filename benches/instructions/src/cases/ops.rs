//! Single operations: a cell, the attention, the auxiliary loss. Interests of 36.

use std::hint::black_box;
use std::sync::Arc;

use dien_benches::{ragged_lengths, rng, uniform};
use dien_cells::cell::{CellArgs, CellInput, CellKind, CellOutput, cell as gru};
use dien_cells::lanes::auxiliary::{Loss, inner_product, mlp};
use dien_cells::lanes::{AttentionNorm, UnitWeights, Windows, activation_unit, dot_attention};
use dien_cells::{LANES, Packed};
use dien_tensor::{Mode, ParamId, ParamKind, ParamStore, Pool, Tape, Var, ops};

use super::Run;

const WIDTH: usize = 36;
/// Such that a chunk is full and another is not.
const BATCH: usize = 48;
const LONGEST: u32 = 20;

/// Arrays to work on, and the sequences that they are of.
struct Inputs {
    packed: Arc<Packed>,
    params: ParamStore<f32>,
    pool: Pool<f32>,
}

impl Inputs {
    fn new() -> Self {
        let packed = Arc::new(Packed::from_lengths(&ragged_lengths(BATCH, LONGEST)));
        Inputs { packed, params: ParamStore::new(), pool: Pool::new() }
    }

    /// Uniform within ±`bound`.
    fn add(&mut self, shape: &[usize], bound: f32) -> ParamId {
        let name = self.params.len().to_string();
        self.params.add(name, ParamKind::Dense, uniform(shape, bound, &mut rng()))
    }

    /// `width` numbers an event.
    fn events(&mut self, width: usize) -> ParamId {
        self.add(&[self.packed.blocks(), width, LANES], 1.0)
    }

    /// Computes a value, and where asked for all gradients.
    fn run(&self, backward: bool, value: impl for<'t> Fn(&'t Tape<'_, f32>) -> Var<'t, f32>) {
        let tape =
            Tape::new(&self.params, &self.pool, if backward { Mode::EvalWithGrad } else { Mode::Eval });
        let value = value(&tape);
        if backward {
            black_box(tape.backward(ops::sum(value)));
        } else {
            black_box(value.data());
        }
    }
}

/// All states of a GRU, the last of another cell.
pub fn cell(kind: CellKind, backward: bool) -> Run {
    let mut inputs = Inputs::new();
    let (x, a) = (inputs.events(WIDTH), inputs.events(1));
    inputs.params.data_mut(a).iter_mut().for_each(|a| *a = a.abs());
    let [w, u] = [(); 2].map(|()| inputs.add(&[3 * WIDTH, WIDTH], 0.16));
    let (b, b_hc) = (inputs.add(&[3 * WIDTH], 0.16), inputs.add(&[WIDTH], 0.16));
    let output = if kind == CellKind::Gru { CellOutput::States } else { CellOutput::Last };
    Box::new(move || {
        inputs.run(backward, |tape| {
            let input = CellInput::Events(tape.param(x), tape.param(w));
            let [u, b, b_hc] = [u, b, b_hc].map(|id| tape.param(id));
            let attention = kind.takes_attention().then(|| tape.param(a));
            gru(CellArgs::new(kind, input, u, b, b_hc).attention(attention), output, &inputs.packed)
        });
    })
}

/// Which attention.
#[derive(Clone, Copy)]
pub enum Attention {
    /// The bilinear form: the query is the candidate times W.
    Bilinear,
    /// The activation unit, 80-40-1.
    Unit,
}

/// Every interest of a history against the one target that sees all of it, with all gradients.
pub fn attention(kind: Attention) -> Run {
    let mut inputs = Inputs::new();
    let lengths = ragged_lengths(BATCH, LONGEST);
    let history: Vec<u32> = (0..BATCH as u32).collect();
    let windows = Arc::new(Windows::new(&inputs.packed, &history, &[0; BATCH], &lengths));
    let (interests, query) = (inputs.events(WIDTH), inputs.add(&[BATCH, WIDTH], 1.0));
    let shapes = [&[80, 4 * WIDTH][..], &[80], &[40, 80], &[40], &[1, 40]];
    let weights = shapes.map(|shape| inputs.add(shape, 0.1));
    Box::new(move || {
        inputs.run(true, |tape| {
            let (interests, query) = (tape.param(interests), tape.param(query));
            let [first, first_bias, second, second_bias, score] = weights.map(|id| tape.param(id));
            let weights = UnitWeights { first, first_bias, second, second_bias, score };
            match kind {
                Attention::Bilinear => {
                    dot_attention(AttentionNorm::Softmax, interests, query, &inputs.packed)
                }
                Attention::Unit => {
                    activation_unit(AttentionNorm::Softmax, interests, query, weights, &windows)
                }
            }
        });
    })
}

/// What scores a state and an event.
#[derive(Clone, Copy)]
pub enum Auxiliary {
    /// Their inner product, by a matrix.
    InnerProduct,
    /// An MLP, 100-50-1.
    Mlp,
}

/// Each state against the next event and a negative, with all gradients.
pub fn auxiliary(kind: Auxiliary) -> Run {
    let mut inputs = Inputs::new();
    let events = [(); 3].map(|()| inputs.events(WIDTH));
    let layers = [(100, 2 * WIDTH), (50, 100), (1, 50)]
        .map(|(outputs, given)| (inputs.add(&[outputs, given], 0.1), inputs.add(&[outputs], 0.1)));
    let project = inputs.add(&[WIDTH, WIDTH], 0.2);
    Box::new(move || {
        inputs.run(true, |tape| {
            let [interests, events, negatives] = events.map(|id| tape.param(id));
            let layers = layers.map(|(w, b)| (tape.param(w), tape.param(b)));
            match kind {
                Auxiliary::InnerProduct => {
                    let project = tape.param(project);
                    inner_product(Loss::Paper, interests, events, [negatives], project, &inputs.packed)
                }
                Auxiliary::Mlp => mlp(Loss::Paper, interests, events, [negatives], layers, &inputs.packed),
            }
        });
    })
}
