//! A recurrence as one node on the tape.

use std::sync::Arc;

use dien_kernels::inline::{copy, fill};
use dien_kernels::par::threads;
use dien_kernels::simd::Level;
use dien_tensor::{Real, Scratch, Var};
use ndarray::ArrayD;

use super::Recurrence;
use super::args::{CellInput, CellOutput, RecurrenceArgs};
use super::forward::{AHEAD, Forward, Input};
use super::layout::{MAX_PLANES, MAX_STATES, PLANE};
use super::sizes::sums;
use super::weights::{Stream, Weights};
use crate::lanes::{event_features, sequence_features};
use crate::{LANES, Packed, per_block, per_task};

/// Chunks a thread from which on threads have enough to do.
const CHUNKS_A_THREAD: usize = 4;

/// What the node saves for its way back. Its inputs, in order: events or gates, u, b, then b_u, w, scores and
/// initial state where there are any.
pub(super) struct Node<T: Real, R> {
    pub recurrence: R,
    pub packed: Arc<Packed>,
    pub hidden: usize,
    pub output: CellOutput,
    pub b_u: Option<usize>,
    pub w: Option<usize>,
    pub score: Option<usize>,
    pub initial: Option<usize>,
    /// The states, where they are not the value.
    pub states: Option<Scratch<T>>,
    pub saved: Scratch<T>,
}

/// Runs a recurrence over every sequence: one tape node, with gradients for all it was given.
///
/// ```
/// use dien_cells::cell::{CellKind, GruRecurrence};
/// use dien_cells::recurrence::{CellInput, CellOutput, RecurrenceArgs, run};
/// use dien_cells::{LANES, Packed};
/// use dien_tensor::{Mode, ParamStore, Pool, Tape};
/// use ndarray::ArrayD;
///
/// let (params, pool) = (ParamStore::<f32>::new(), Pool::new());
/// let packed = Packed::from_lengths(&[3, 2]).into();
/// let tape = Tape::new(&params, &pool, Mode::Eval);
/// let ones = |shape: &[usize]| tape.constant(ArrayD::ones(shape));
/// let input = CellInput::Events(ones(&[3, 4, LANES]), ones(&[3 * 8, 4])); // three steps of one chunk
/// let args = RecurrenceArgs::new(input, ones(&[3 * 8, 8]), ones(&[3 * 8])).b_u(ones(&[8]));
/// let last = run(GruRecurrence::new(CellKind::Gru), args, CellOutput::Last, &packed);
/// assert_eq!(last.shape(), [1, 8, LANES]);
/// ```
///
/// # Panics
/// If shapes do not agree, or scores or b_u are given to a recurrence that takes none, or not to one that
/// does.
#[track_caller]
pub fn run<'t, T: Real, R: Recurrence>(
    recurrence: R,
    args: RecurrenceArgs<'t, T>,
    output: CellOutput,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    const { assert!(sums::<R>() <= R::SAVED && R::SAVED <= MAX_PLANES, "planes of a recurrence") };
    const { assert!(0 < R::STATES && R::STATES <= MAX_STATES, "states of a recurrence") };
    let hidden = check(recurrence, &args, packed);
    let tape = args.b.tape();
    let pool = tape.pool();
    let records = tape.records();
    let (first, w, inputs) = match args.input {
        CellInput::Events(x, w) => (x, Some(w), w.shape()[1]),
        CellInput::Gates(gates) => (gates, None, 0),
    };

    let level = Level::of::<T>();
    let stream = Stream::new(recurrence, level, hidden, inputs);
    let mut weights = pool.scratch(stream.len());
    let given = Weights {
        w: w.map_or(&[], Var::data),
        u: args.u.data(),
        b: args.b.data(),
        b_u: args.b_u.map_or(&[], Var::data),
    };
    stream.pack(recurrence, given, &mut weights);

    let (rows, blocks, chunks) = (R::STATES * hidden, packed.blocks(), packed.chunks());
    let mut last = pool.stale(&[chunks, rows, LANES]);
    let last_data = last.as_slice_mut().expect("standard layout");
    match args.initial {
        Some(state) => copy(state.data(), last_data),
        None => fill(last_data, T::zero()),
    }
    let want_states = records || output == CellOutput::States;
    let mut states = pool.stale(&[if want_states { blocks } else { 0 }, rows, LANES]);
    let double = if want_states { 0 } else { 2 * rows * LANES };
    let mut double_buffer = pool.scratch(chunks * double);
    let mut planes = pool.scratch(chunks * R::SAVED * PLANE);
    let mut saved = pool.scratch(if records { blocks * R::SAVED * hidden * LANES } else { 0 });
    let few = threads() > 1 && chunks < CHUNKS_A_THREAD * threads();
    let ahead = if inputs > 0 && few { 2 * AHEAD * stream.sums() } else { 0 };
    let mut input_sums = pool.scratch(chunks * ahead);
    let states_data = states.as_slice_mut().expect("standard layout");
    let parts = (
        per_block(first.data(), if inputs > 0 { inputs } else { R::GATES * hidden }),
        args.score.map(|a| per_block(a.data(), 1)),
        per_task(last_data, rows * LANES),
        want_states.then(|| per_block(states_data, rows)),
        per_task(&mut double_buffer[..], double),
        per_task(&mut planes[..], R::SAVED * PLANE),
        per_task(&mut input_sums[..], ahead),
        records.then(|| per_block(&mut saved[..], R::SAVED * hidden)),
    );
    packed.par_chunks(parts).for_each(|chunk, parts| {
        let (input, score, last, states, double_buffer, planes, input_sums, saved) = parts;
        let input = if inputs > 0 { Input::Events(input) } else { Input::Gates(input) };
        let (weights, want_last) = (&weights[..], output == CellOutput::Last);
        Forward {
            recurrence,
            packed,
            chunk,
            stream,
            weights,
            input,
            score,
            last,
            states,
            double_buffer,
            planes,
            input_sums,
            want_last,
            saved,
        }
        .run(level);
    });
    let (value, states) = match output {
        CellOutput::States => {
            pool.give_array(last);
            (states, None)
        }
        CellOutput::Last => (last, Some(pool.adopt(ArrayD::into_raw_vec_and_offset(states).0))),
    };

    let mut inputs = InputList { vars: [args.u; 7], len: 0 };
    inputs.push(Some(first));
    inputs.push(Some(args.u));
    inputs.push(Some(args.b));
    let b_u = inputs.push(args.b_u);
    let w = inputs.push(w);
    let score = inputs.push(args.score);
    let initial = inputs.push(args.initial);
    let packed = packed.clone();
    let op = Node { recurrence, packed, hidden, output, b_u, w, score, initial, states, saved };
    tape.record(&inputs.vars[..inputs.len], value, op)
}

/// The node's inputs as they come.
struct InputList<'t, T: Real> {
    vars: [Var<'t, T>; 7],
    len: usize,
}

impl<'t, T: Real> InputList<'t, T> {
    /// Adds an input, if there is one, and tells its place.
    fn push(&mut self, var: Option<Var<'t, T>>) -> Option<usize> {
        self.vars[self.len] = var?;
        self.len += 1;
        Some(self.len - 1)
    }
}

/// The hidden width, if all shapes agree.
#[track_caller]
fn check<T: Real, R: Recurrence>(recurrence: R, args: &RecurrenceArgs<'_, T>, packed: &Packed) -> usize {
    let name = recurrence.name();
    const { assert!(R::GATES > 0, "a recurrence without gates") };
    let hidden = args.b.len() / R::GATES;
    assert!(hidden > 0, "{name}: no hidden units");
    assert_eq!(args.b.shape(), [R::GATES * hidden], "{name}: biases");
    assert_eq!(args.u.shape(), [R::GATES * hidden, hidden], "{name}: recurrent weights");
    assert_eq!(args.b_u.is_some(), R::SPLIT, "{name}: the bias of a recurrent product");
    if let Some(b_u) = args.b_u {
        assert_eq!(b_u.shape(), [hidden], "{name}: the bias of the recurrent product");
    }
    assert_eq!(args.score.is_some(), recurrence.takes_score(), "{name}: scores");
    if let Some(score) = args.score {
        assert_eq!(event_features(name, score, packed), 1, "{name}: one score an event");
    }
    if let Some(state) = args.initial {
        assert_eq!(sequence_features(name, state, packed), R::STATES * hidden, "{name}: initial state");
    }
    match args.input {
        CellInput::Gates(gates) => {
            assert_eq!(event_features(name, gates, packed), R::GATES * hidden, "{name}: gates");
        }
        CellInput::Events(x, w) => {
            let inputs = event_features(name, x, packed);
            assert!(inputs > 0, "{name}: events without features");
            assert_eq!(w.shape(), [R::GATES * hidden, inputs], "{name}: input weights");
        }
    }
    hidden
}
