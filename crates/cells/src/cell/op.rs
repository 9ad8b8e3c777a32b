//! The cell as one node on the tape.

use dien_kernels::concrete;
use std::sync::Arc;

use dien_kernels::simd::{Level, dispatch_at};
use dien_tensor::{Real, Scratch, Var};
use ndarray::ArrayD;

use super::CellKind;
use super::forward::{Forward, Input};
use super::gates::PLANES;
use super::layout::SAVED;
use super::weights::Stream;
use crate::lanes::{event_features, sequence_features};
use crate::{LANES, Packed, per_block, per_piece};

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
pub enum CellOutput {
    /// Every state: `[blocks, hidden, LANES]`.
    States,
    /// Each sequence's last state (its initial one if it is empty): `[chunks, hidden, LANES]`.
    Last,
}

/// One run of a cell over packed sequences.
#[derive(Clone, Copy, Debug)]
pub struct CellArgs<'t, T: Real> {
    /// Which cell.
    pub kind: CellKind,
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

/// What the node saves for its way back. Its inputs, in order: events or gates, u, b, b_hc, then w, attention
/// and initial state where there are any.
pub(super) struct Cell<T: Real> {
    pub kind: CellKind,
    pub packed: Arc<Packed>,
    pub hidden: usize,
    pub output: CellOutput,
    pub w: Option<usize>,
    pub attention: Option<usize>,
    pub initial: Option<usize>,
    /// The states, where they are not the value.
    pub states: Option<Scratch<T>>,
    pub saved: Scratch<T>,
}

concrete! {
    /// The cell as one node on the tape.
    pub trait CellOp;

    /// Runs a cell over every sequence: one tape node, with gradients for all it was given.
    ///
    /// # Panics
    /// If shapes do not agree, or a kind that takes attention has none.
    pub fn cell<'t>(
        args: CellArgs<'t, T>, output: CellOutput, packed: &Arc<Packed>,
    ) -> Var<'t, T> = record_cell;
}

#[track_caller]
fn record_cell<'t, T: Real>(run: CellArgs<'t, T>, output: CellOutput, packed: &Arc<Packed>) -> Var<'t, T> {
    let hidden = check(&run, packed);
    let tape = run.b.tape();
    let pool = tape.pool();
    let records = tape.records();
    let (first, w, inputs) = match run.input {
        CellInput::Events(x, w) => (x, Some(w), w.shape()[1]),
        CellInput::Gates(gates) => (gates, None, 0),
    };

    let level = Level::of::<T>();
    let stream = Stream::new(run.kind, level, hidden, inputs);
    let mut weights = pool.scratch(stream.len());
    stream.pack(w.map_or(&[], Var::data), run.u.data(), run.b.data(), run.b_hc.data(), &mut weights);

    let (size, blocks, chunks) = (hidden * LANES, packed.blocks(), packed.chunks());
    let mut last = pool.stale(&[chunks, hidden, LANES]);
    let last_data = last.as_slice_mut().expect("standard layout");
    match run.initial {
        Some(h) => last_data.copy_from_slice(h.data()),
        None => last_data.fill(T::zero()),
    }
    let want_states = records || output == CellOutput::States;
    let mut states = pool.stale(&[if want_states { blocks } else { 0 }, hidden, LANES]);
    let turns_size = if want_states { 0 } else { 2 * size };
    let mut turns = pool.scratch(chunks * turns_size);
    let mut planes = pool.scratch(chunks * PLANES);
    let mut saved = pool.scratch(if records { blocks * SAVED * size } else { 0 });
    let states_data = states.as_slice_mut().expect("standard layout");
    let parts = (
        per_block(first.data(), if inputs > 0 { inputs } else { 3 * hidden }),
        run.attention.map(|a| per_block(a.data(), 1)),
        per_piece(last_data, size),
        want_states.then(|| per_block(states_data, hidden)),
        per_piece(&mut turns[..], turns_size),
        per_piece(&mut planes[..], PLANES),
        records.then(|| per_block(&mut saved[..], SAVED * hidden)),
    );
    packed.par_chunks(parts).for_each(|chunk, (input, a, last, states, turns, planes, saved)| {
        let input = if inputs > 0 { Input::Events(input) } else { Input::Gates(input) };
        let (kind, weights, want_last) = (run.kind, &weights[..], output == CellOutput::Last);
        dispatch_at(
            level,
            Forward {
                kind,
                packed,
                chunk,
                stream,
                weights,
                input,
                a,
                last,
                states,
                turns,
                planes,
                want_last,
                saved,
            },
        );
    });
    let (value, states) = match output {
        CellOutput::States => {
            pool.give_array(last);
            (states, None)
        }
        CellOutput::Last => (last, Some(pool.adopt(ArrayD::into_raw_vec_and_offset(states).0))),
    };

    let mut given = Given { vars: [run.u; 7], len: 0 };
    given.push(Some(first));
    given.push(Some(run.u));
    given.push(Some(run.b));
    given.push(Some(run.b_hc));
    let w = given.push(w);
    let attention = given.push(run.attention);
    let initial = given.push(run.initial);
    let op =
        Cell { kind: run.kind, packed: packed.clone(), hidden, output, w, attention, initial, states, saved };
    tape.record(&given.vars[..given.len], value, op)
}

/// The node's inputs as they come.
struct Given<'t, T: Real> {
    vars: [Var<'t, T>; 7],
    len: usize,
}

impl<'t, T: Real> Given<'t, T> {
    /// Adds an input, if there is one, and tells its place.
    fn push(&mut self, var: Option<Var<'t, T>>) -> Option<usize> {
        self.vars[self.len] = var?;
        self.len += 1;
        Some(self.len - 1)
    }
}

/// The hidden width, if all shapes agree.
#[track_caller]
fn check<T: Real>(run: &CellArgs<'_, T>, packed: &Packed) -> usize {
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
    match run.input {
        CellInput::Gates(gates) => {
            assert_eq!(event_features("cell gates", gates, packed), 3 * hidden, "cell: gates");
        }
        CellInput::Events(x, w) => {
            let inputs = event_features("cell input", x, packed);
            assert!(inputs > 0, "cell: events without features");
            assert_eq!(w.shape(), [3 * hidden, inputs], "cell: input weights");
        }
    }
    hidden
}
