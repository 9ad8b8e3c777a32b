//! Interest evolution: a GRU-family cell over the extracted interests, driven by attention.

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::cell::reference::{Weights, gated_step};
use dien_cells::cell::{CellArgs, CellInput, CellKind, CellOutput, cell};
use dien_cells::lanes::{self, Activation, Windows};
use dien_cells::nn::CellParams;
use dien_cells::serving::Cell;
use dien_tensor::{ParamStore, Tape, Var};

use crate::init::Builder;
use crate::{InterestTrace, Sequence, trace};

/// The cell `evolution`; its last state is the interest that the candidate meets.
#[derive(Clone, Debug)]
pub struct Evolution {
    kind: CellKind,
    cell: CellParams,
}

impl Evolution {
    /// Adds the parameters.
    pub fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        kind: CellKind,
        hidden: usize,
        update_bias: f64,
    ) -> Self {
        Evolution { kind, cell: CellParams::new(builder, "evolution", hidden, hidden, update_bias) }
    }

    /// Each target's last state `[targets, hidden]` from the histories' interests and the targets' attention
    /// `[target blocks, 1, LANES]`, where the cell takes it; zero for an empty window.
    pub fn forward<'t, T: Real>(
        &self,
        tape: &'t Tape<'_, T>,
        interests: Var<'t, T>,
        attention: Option<Var<'t, T>>,
        windows: &Arc<Windows>,
    ) -> Var<'t, T> {
        let w = tape.param(self.cell.w);
        let input = if windows.is_identity() {
            CellInput::Events(interests, w)
        } else {
            // W h depends on the history alone, so it is computed once however many targets share it.
            let gates = lanes::linear(interests, w, None, Activation::None, windows.histories());
            CellInput::Gates(lanes::gather(gates, windows))
        };
        let [u, b, b_hc] = [self.cell.u, self.cell.b, self.cell.b_hc].map(|id| tape.param(id));
        let args = CellArgs::new(self.kind, input, u, b, b_hc).attention(attention);
        lanes::lanes_to_sequences(cell(args, CellOutput::Last, windows.targets()), windows.targets())
    }

    /// Its serving form.
    pub fn freeze(&self, params: &ParamStore<f32>) -> Cell<f32> {
        self.cell.freeze(self.kind, params)
    }

    /// The states that lead to each target's last one, and their update gates. By the equations in plain
    /// loops: it is for people, a target at a time.
    pub(crate) fn traces<T: Real>(
        &self,
        tape: &Tape<'_, T>,
        interests: Var<'_, T>,
        attention: Option<Var<'_, T>>,
        windows: &Windows,
        sequence: Sequence<'_>,
    ) -> Vec<InterestTrace<T>> {
        let [w, u, b, b_hc] =
            [self.cell.w, self.cell.u, self.cell.b, self.cell.b_hc].map(|id| tape.param(id).data());
        let weights = Weights { w, u, b, b_hc };
        let attention = attention.map(|a| trace::scores(a, windows.targets()));
        let trace = |target: usize| {
            let steps = sequence.start[target] as usize..sequence.end[target] as usize;
            let inputs =
                trace::events(interests, windows.histories(), sequence.history[target] as usize, steps);
            let (mut h, mut interest) = (vec![T::zero(); b_hc.len()], InterestTrace::default());
            for (step, x) in inputs.iter().enumerate() {
                let a = attention.as_ref().map_or(T::one(), |a| a[target][step]);
                let (gate, next) = gated_step(self.kind, weights, x, a, &h);
                let sum = gate.iter().fold(T::zero(), |sum, &w| sum + w);
                interest.update.push(sum / T::of(gate.len() as f64));
                interest.states.push(next.clone());
                h = next;
            }
            interest
        };
        (0..sequence.history.len()).map(trace).collect()
    }
}

#[cfg(test)]
mod tests {
    use dien_cells::{LANES, Packed};
    use dien_tensor::check::assert_close;
    use dien_tensor::{Mode, ParamStore, Pool};
    use ndarray::ArrayD;

    use super::*;

    #[test]
    fn traces_end_in_the_last_state() {
        const HIDDEN: usize = 3;
        let (history, start, end) = (vec![2, 0, 0, 1], vec![0, 1, 0, 0], vec![3, 4, 5, 0]);
        let packed = Arc::new(Packed::from_lengths(&[5, 0, 3]));
        let windows = Arc::new(Windows::new(&packed, &history, &start, &end));
        let histories = crate::Histories::default();
        let sequence = Sequence { histories: &histories, history: &history, start: &start, end: &end };
        let waves = |shape: &[usize]| {
            let n: usize = shape.iter().product();
            let values = (0..n).map(|i| (i as f64 * 0.7).sin().abs()).collect();
            ArrayD::from_shape_vec(shape.to_vec(), values).unwrap()
        };
        for kind in CellKind::ALL {
            let mut params = ParamStore::<f64>::new();
            let evolution = Evolution::new(&mut Builder::new(&mut params, 7), kind, HIDDEN, 0.3);
            let pool = Pool::new();
            let tape = Tape::new(&params, &pool, Mode::Eval);
            let interests = tape.constant(waves(&[packed.blocks(), HIDDEN, LANES]));
            let scores = tape.constant(waves(&[windows.targets().blocks(), 1, LANES]));
            let attention = kind.takes_attention().then_some(scores);
            let last = evolution.forward(&tape, interests, attention, &windows);
            let traces = evolution.traces(&tape, interests, attention, &windows, sequence);
            let states = traces.iter().flat_map(|trace| match trace.states.last() {
                Some(state) => state.clone(),
                None => vec![0.0; HIDDEN],
            });
            assert_close(&states.collect::<Vec<_>>(), last.data(), 1e-12, format_args!("{kind:?}"));
        }
    }
}
