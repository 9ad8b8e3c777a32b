//! GRU and AUGRU alone, over a batch that is in lanes already.

use std::hint::black_box;
use std::sync::Arc;

use dien_cells::cell::{CellArgs, CellInput, CellKind, CellOutput, cell};
use dien_cells::{LANES, Packed, lanes};
use dien_tensor::{Grad, Mode, ParamId, ParamKind, ParamStore, Pool, Tape, Var, ops};

use super::inputs::{Lengths, rng, uniform};

/// One cell's weights and one batch.
pub(super) struct Cells {
    kind: CellKind,
    hidden: usize,
    packed: Arc<Packed>,
    params: ParamStore<f32>,
    x: ParamId,
    a: ParamId,
    weights: [ParamId; 4],
    pool: Pool<f32>,
}

impl Cells {
    pub fn new(kind: CellKind, batch: usize, steps: usize, hidden: usize, lengths: Lengths) -> Self {
        let mut rng = rng(2018);
        let packed = Arc::new(Packed::from_lengths(&lengths.draw(batch, steps, &mut rng)));
        let mut params = ParamStore::new();
        let mut add = |name: &str, shape: &[usize], bound| {
            params.add(name, ParamKind::Dense, uniform(shape, bound, &mut rng))
        };
        let bound = 1.0 / (hidden as f32).sqrt();
        let x = add("x", &[packed.blocks(), hidden, LANES], 1.0);
        let a = add("a", &[packed.blocks(), 1, LANES], 1.0);
        let weights = [
            add("w", &[3 * hidden, hidden], bound),
            add("u", &[3 * hidden, hidden], bound),
            add("b", &[3 * hidden], bound),
            add("b_hc", &[hidden], bound),
        ];
        params.data_mut(a).iter_mut().for_each(|a| *a = a.abs());
        Cells { kind, hidden, packed, params, x, a, weights, pool: Pool::new() }
    }

    pub fn events(&self) -> usize {
        self.packed.events()
    }

    /// Flops of the forward pass.
    pub fn flops(&self) -> f64 {
        Self::flops_of(self.events(), self.hidden)
    }

    /// 6·events·H·(I + H), where I = H.
    pub fn flops_of(events: usize, hidden: usize) -> f64 {
        (6 * events * hidden * 2 * hidden) as f64
    }

    /// All states (GRU) or the last (AUGRU), and with `train` the gradients of everything.
    pub fn run(&self, train: bool) {
        let tape = Tape::new(&self.params, &self.pool, if train { Mode::EvalWithGrad } else { Mode::Eval });
        let value = self.value(&tape);
        if train {
            let grads = tape.backward(ops::sum(value));
            black_box(self.weights.map(|id| grads.get(id).map(Grad::values).is_some()));
        } else {
            black_box(value.data());
        }
    }

    fn value<'t>(&self, tape: &'t Tape<'_, f32>) -> Var<'t, f32> {
        let [w, u, b, b_hc] = self.weights.map(|id| tape.param(id));
        let input = CellInput::Events(tape.param(self.x), w);
        let attention = self.kind.takes_attention().then(|| tape.param(self.a));
        let args = CellArgs::new(self.kind, input, u, b, b_hc).attention(attention);
        let output = if self.kind == CellKind::Gru { CellOutput::States } else { CellOutput::Last };
        cell(args, output, &self.packed)
    }
}

/// Rows `[events, H]` to lanes.
pub(super) struct Conversion {
    packed: Arc<Packed>,
    params: ParamStore<f32>,
    rows: ParamId,
    pool: Pool<f32>,
}

impl Conversion {
    pub fn new(batch: usize, steps: usize, hidden: usize) -> Self {
        let packed = Arc::new(Packed::from_lengths(&vec![steps as u32; batch]));
        let mut params = ParamStore::new();
        let rows = uniform(&[packed.events(), hidden], 1.0, &mut rng(2018));
        let rows = params.add("rows", ParamKind::Dense, rows);
        Conversion { packed, params, rows, pool: Pool::new() }
    }

    pub fn run(&self) {
        let tape = Tape::new(&self.params, &self.pool, Mode::Eval);
        black_box(lanes::events_to_lanes(tape.param(self.rows), &self.packed).data());
    }
}
