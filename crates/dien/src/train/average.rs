//! An exponential moving average of the weights.

use dien_tensor::{ParamKind, ParamStore};
use rayon::prelude::*;

/// Numbers that one task averages.
const CHUNK: usize = 1 << 14;

/// θ̄ ← d θ̄ + (1 − d) θ after every step, from θ̄ = θ on: what is validated and saved in place of θ.
///
/// Running statistics are not averaged again: θ̄ has the latest. Rows of tables that the optimiser is behind
/// with are averaged as they are.
#[derive(Debug)]
pub(super) struct Average {
    decay: f32,
    pub params: ParamStore<f32>,
}

impl Average {
    /// None for a decay of 0.
    pub fn new(decay: f64, params: &ParamStore<f32>) -> Option<Self> {
        (decay > 0.0).then(|| Self::of(decay, params.clone()))
    }

    /// An average that is as far as these parameters.
    pub fn of(decay: f64, params: ParamStore<f32>) -> Self {
        Average { decay: decay as f32, params }
    }

    /// Takes in the latest parameters.
    pub fn step(&mut self, latest: &ParamStore<f32>) {
        for id in latest.ids() {
            let (decay, new) = (self.decay, latest.data(id));
            let own = self.params.data_mut(id);
            if latest.kind(id) == ParamKind::Buffer {
                own.copy_from_slice(new);
                continue;
            }
            own.par_chunks_mut(CHUNK).zip(new.par_chunks(CHUNK)).for_each(|(own, new)| {
                own.iter_mut().zip(new).for_each(|(own, &x)| *own = x + decay * (*own - x));
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;

    #[test]
    fn the_average_follows_and_statistics_are_the_latest() {
        let store = |x: f32| {
            let mut params = ParamStore::new();
            params.add("w", ParamKind::Dense, ArrayD::from_elem(vec![CHUNK + 3], x));
            params.add("mean", ParamKind::Buffer, ArrayD::from_elem(vec![2], x));
            params
        };
        assert!(Average::new(0.0, &store(1.0)).is_none());
        let mut average = Average::new(0.75, &store(1.0)).unwrap();
        average.step(&store(5.0));
        average.step(&store(9.0));
        // 0.75 (0.75 · 1 + 0.25 · 5) + 0.25 · 9
        let [w, mean] =
            ["w", "mean"].map(|name| average.params.data(average.params.id(name).unwrap()).to_vec());
        assert!(w.iter().all(|&x| x == 3.75) && mean == [9.0, 9.0]);
    }
}
