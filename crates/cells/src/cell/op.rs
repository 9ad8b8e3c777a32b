//! The cell as one node on the tape.

use std::sync::Arc;

use dien_tensor::simd::dispatch;
use dien_tensor::{Backward as TapeBackward, OpGrads, Real, Scratch, Var};
use ndarray::ArrayViewD;
use rayon::prelude::*;

use super::Kind;
use super::backward::Backward;
use super::forward::{Forward, SAVED};
use crate::lanes::{self, add_chunk_sums, event_features, sequence_features};
use crate::{LANES, Packed};

/// What drives the gates.
#[derive(Clone, Copy, Debug)]
pub enum CellInput<'t, T: Real> {
    /// Events `[blocks, inputs, LANES]` and the input weights `[3 hidden, inputs]`.
    Events(Var<'t, T>, Var<'t, T>),
    /// W x without bias, `[blocks, 3 hidden, LANES]`: for histories shared by several targets.
    Gates(Var<'t, T>),
}

/// What the node's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Every state: `[blocks, hidden, LANES]`.
    States,
    /// Each sequence's last state (its initial one if it is empty): `[chunks, hidden, LANES]`.
    Last,
}

/// One run of a cell over packed sequences.
#[derive(Clone, Copy, Debug)]
pub struct Run<'t, T: Real> {
    /// Which cell.
    pub kind: Kind,
    /// What drives the gates.
    pub input: CellInput<'t, T>,
    /// Attention scores `[blocks, 1, LANES]`, for the kinds that take them.
    pub attention: Option<Var<'t, T>>,
    /// The initial state `[chunks, hidden, LANES]`; zero if `None`.
    pub initial: Option<Var<'t, T>>,
    /// Recurrent weights `[3 hidden, hidden]`, gate order r, u, c.
    pub u: Var<'t, T>,
    /// Biases `[3 hidden]`.
    pub b: Var<'t, T>,
    /// The bias inside the reset product, `[hidden]`.
    pub b_hc: Var<'t, T>,
}

/// The op's inputs, in order: input, u, b, b_hc, then w, attention and initial state where there are any.
struct Cell<T: Real> {
    kind: Kind,
    packed: Arc<Packed>,
    hidden: usize,
    output: Output,
    w: Option<usize>,
    attention: Option<usize>,
    initial: Option<usize>,
    /// W x, where the op computed it.
    gates: Option<Scratch<T>>,
    /// The states, where they are not the value.
    states: Option<Scratch<T>>,
    saved: Scratch<T>,
}

/// Runs a cell over every sequence: one tape node, with gradients for all it was given.
///
/// # Panics
/// If shapes do not agree, or a kind that takes attention has none.
#[track_caller]
pub fn cell<'t, T: Real>(run: Run<'t, T>, output: Output, packed: &Arc<Packed>) -> Var<'t, T> {
    let hidden = run.b_hc.len();
    assert_eq!(run.u.shape(), [3 * hidden, hidden], "cell: recurrent weights");
    assert_eq!(run.b.shape(), [3 * hidden], "cell: biases");
    assert_eq!(run.attention.is_some(), run.kind.takes_attention(), "cell: attention of {:?}", run.kind);
    if let Some(a) = run.attention {
        assert_eq!(event_features("cell attention", a, packed), 1, "cell: one score an event");
    }
    if let Some(h) = run.initial {
        assert_eq!(sequence_features("cell initial state", h, packed), hidden, "cell: initial state");
    }
    let tape = run.b.tape();
    let pool = tape.pool();
    let mut inputs = vec![run.u, run.u, run.b, run.b_hc];
    let mut own_gates = None;
    let mut w_input = None;
    match run.input {
        CellInput::Gates(gates) => {
            assert_eq!(event_features("cell gates", gates, packed), 3 * hidden, "cell: gates");
            inputs[0] = gates;
        }
        CellInput::Events(x, w) => {
            let dims = (event_features("cell input", x, packed), 3 * hidden);
            assert_eq!(w.shape(), [dims.1, dims.0], "cell: input weights");
            let mut gates = pool.scratch(packed.blocks() * dims.1 * LANES);
            let parts = packed.split_mut(&mut gates, dims.1);
            let (x_data, w_data) = (x.data(), w.data());
            parts.into_par_iter().zip(packed.split(x_data, dims.0)).enumerate().for_each(
                |(chunk, (y, x))| {
                    lanes::forward(packed, chunk, w_data, None, x, y, dims);
                },
            );
            own_gates = Some(gates);
            inputs[0] = x;
            w_input = Some(inputs.len());
            inputs.push(w);
        }
    }
    let optional = |var: Option<Var<'t, T>>, inputs: &mut Vec<Var<'t, T>>| {
        var.map(|v| {
            inputs.push(v);
            inputs.len() - 1
        })
    };
    let attention = optional(run.attention, &mut inputs);
    let initial = optional(run.initial, &mut inputs);

    let size = hidden * LANES;
    let mut last = pool.stale(&[packed.chunks(), hidden, LANES]);
    let last_data = last.as_slice_mut().expect("standard layout");
    match run.initial {
        Some(h) => last_data.copy_from_slice(h.data()),
        None => last_data.fill(T::zero()),
    }
    let records = tape.records();
    let want_states = records || output == Output::States;
    let mut states = pool.take_stale(if want_states { packed.blocks() * size } else { 0 });
    let mut saved = pool.scratch(if records { packed.blocks() * SAVED * size } else { 0 });
    let mut recurrent = pool.scratch(packed.chunks() * 3 * size);
    {
        let (u, b, b_hc) = (run.u.data(), run.b.data(), run.b_hc.data());
        let gates = packed.split(own_gates.as_deref().unwrap_or(inputs[0].data()), 3 * hidden);
        let a = run.attention.map(|a| packed.split(a.data(), 1));
        let mut states = want_states.then(|| packed.split_mut(&mut states, hidden).into_iter());
        let mut saved = records.then(|| packed.split_mut(&mut saved, SAVED * hidden).into_iter());
        let chunks = last_data.chunks_exact_mut(size).zip(recurrent.chunks_exact_mut(3 * size)).enumerate();
        let tasks = chunks.map(|(chunk, (h, recurrent))| Forward {
            kind: run.kind,
            packed,
            chunk,
            hidden,
            u,
            b,
            b_hc,
            gates: gates[chunk],
            a: a.as_ref().map(|a| a[chunk]),
            h,
            recurrent,
            states: states.as_mut().and_then(Iterator::next),
            saved: saved.as_mut().and_then(Iterator::next),
        });
        tasks.collect::<Vec<_>>().into_par_iter().with_max_len(1).for_each(dispatch);
    }
    let shaped = |states| {
        ndarray::ArrayD::from_shape_vec(vec![packed.blocks(), hidden, LANES], states)
            .expect("the states' shape")
    };
    let (value, states) = match output {
        Output::States => {
            pool.give_array(last);
            (shaped(states), None)
        }
        Output::Last => (last, Some(pool.adopt(states))),
    };
    let (kind, packed, w) = (run.kind, packed.clone(), w_input);
    let op = Cell { kind, packed, hidden, output, w, attention, initial, gates: own_gates, states, saved };
    tape.record(&inputs, value, op)
}

impl<T: Real> TapeBackward<T> for Cell<T> {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Gru => "gru",
            Kind::Aigru => "aigru",
            Kind::Agru => "agru",
            Kind::Augru => "augru",
            Kind::AugruOfficial => "augru (official)",
        }
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (packed, n) = (&*self.packed, self.hidden);
        let size = n * LANES;
        let pool = io.pool();
        let dy = dy.to_slice().expect("standard layout");
        let u = io.input_data(1);
        let mut u_t = pool.scratch(u.len());
        lanes::transpose_weight(u, &mut u_t, (n, 3 * n));
        let zeros = pool.zeros(&[if self.initial.is_none() { size } else { 0 }]);
        let h0 = self.initial.map(|i| io.input_data(i));
        let mut d_gates = pool.scratch(packed.blocks() * 3 * size);
        let mut da = pool.scratch(packed.blocks() * LANES);
        let mut dh = pool.scratch(packed.chunks() * size);
        match self.output {
            Output::States => dh.fill(T::zero()),
            Output::Last => dh.copy_from_slice(dy),
        }
        let stride = lanes::padded_inputs(n);
        let sums_size = 3 * n * stride + 4 * n;
        let scratch_size = 3 * size + stride * LANES;
        let mut sums = pool.scratch(packed.chunks() * sums_size);
        sums.fill(T::zero());
        let mut scratch = pool.scratch(packed.chunks() * scratch_size);
        {
            let gates = packed.split(self.gates.as_deref().unwrap_or(io.input_data(0)), 3 * n);
            let a = self.attention.map(|i| packed.split(io.input_data(i), 1));
            let states = packed.split(self.states.as_deref().unwrap_or(io.output_data()), n);
            let saved = packed.split(&self.saved, SAVED * n);
            let d_states = (self.output == Output::States).then(|| packed.split(dy, n));
            let outputs = packed.split_mut(&mut d_gates, 3 * n).into_iter().zip(packed.split_mut(&mut da, 1));
            let own = dh.chunks_exact_mut(size).zip(scratch.chunks_exact_mut(scratch_size));
            let tasks = own.zip(sums.chunks_exact_mut(sums_size)).zip(outputs).enumerate().map(
                |(chunk, (((dh, scratch), sums), (d_gates, da)))| {
                    let (d_recurrent, rows) = scratch.split_at_mut(3 * size);
                    let (du, db) = sums.split_at_mut(3 * n * stride);
                    Backward {
                        kind: self.kind,
                        packed,
                        chunk,
                        hidden: n,
                        u_t: &u_t,
                        gates: gates[chunk],
                        a: a.as_ref().map(|a| a[chunk]),
                        h0: h0.map_or(zeros.as_slice().expect("standard layout"), |h| {
                            &h[chunk * size..][..size]
                        }),
                        states: states[chunk],
                        saved: saved[chunk],
                        d_states: d_states.as_ref().map(|d| d[chunk]),
                        dh,
                        d_gates,
                        da,
                        d_recurrent,
                        rows,
                        du,
                        db,
                    }
                },
            );
            tasks.collect::<Vec<_>>().into_par_iter().with_max_len(1).for_each(dispatch);
        }
        pool.give_array(zeros);
        add_chunk_sums(io, 1, &sums, sums_size, 0, (n, stride));
        add_chunk_sums(io, 2, &sums, sums_size, 3 * n * stride, (3 * n, 3 * n));
        add_chunk_sums(io, 3, &sums, sums_size, 3 * n * stride + 3 * n, (n, n));
        if let Some(i) = self.attention {
            add_computed_lanes(io, i, packed, 1, &da);
        }
        if let Some(i) = self.initial
            && let Some(g) = io.grad_data(i)
        {
            g.iter_mut().zip(&dh[..]).for_each(|(g, &d)| *g += d);
        }
        match self.w {
            None => add_computed_lanes(io, 0, packed, 3 * n, &d_gates),
            Some(w) => lanes::linear_backward(io, (0, w, None), packed, &d_gates, 3 * n),
        }
    }
}

/// Adds `d` to the gradient of an input `[blocks, features, LANES]`, computed lanes alone.
fn add_computed_lanes<T: Real>(
    io: &mut OpGrads<'_, T>,
    input: usize,
    packed: &Packed,
    features: usize,
    d: &[T],
) {
    let Some(g) = io.grad_data(input) else { return };
    let parts = packed.split_mut(g, features).into_par_iter().zip(packed.split(d, features));
    parts.enumerate().for_each(|(chunk, (g, d))| {
        let blocks = g.chunks_exact_mut(features * LANES).zip(d.chunks_exact(features * LANES));
        for (block, (g, d)) in packed.chunk(chunk).zip(blocks) {
            let width = packed.width(block);
            for (g, d) in g.chunks_exact_mut(LANES).zip(d.chunks_exact(LANES)) {
                g[..width].iter_mut().zip(d).for_each(|(g, &d)| *g += d);
            }
        }
    });
}
