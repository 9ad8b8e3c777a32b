//! What every optimiser does before it changes a parameter.

use dien_tensor::{Grad, Grads, ParamId, ParamStore, Real};

use crate::clip::clip_scale;
use crate::norm::{infinite_square, squared_norm};
use crate::{NonFiniteGradient, Schedule, StepReport};

/// What a step is made of, whichever optimiser makes it.
pub(crate) struct Begin<'a> {
    /// The optimiser's name, for messages.
    pub optimizer: &'static str,
    /// Steps made before this one.
    pub steps: u64,
    /// The learning rate before the schedule.
    pub lr: f64,
    pub schedule: &'a Schedule,
    pub clip_norm: Option<f64>,
    /// Partial sums of the norm; kept by the optimiser, so that no step allocates.
    pub parts: &'a mut Vec<f64>,
}

impl Begin<'_> {
    /// Checks that every gradient fits its parameter and is finite, and finds the step's rate, norm and
    /// clipping.
    #[track_caller]
    pub(crate) fn check<T: Real>(
        self,
        params: &ParamStore<T>,
        grads: &Grads<T>,
    ) -> Result<StepReport, NonFiniteGradient> {
        for (id, grad) in grads.iter() {
            check_grad(self.optimizer, params, id, grad);
        }
        let step = self.steps + 1;
        let error = |id, square| NonFiniteGradient { parameter: params.name(id).to_owned(), step, square };
        let squared = squared_norm(grads, self.parts).map_err(|id| error(id, false))?;
        let grad_norm = squared.sqrt();
        let clip_scale = clip_scale(self.clip_norm, grad_norm);
        if let Some(id) = infinite_square(grads, grad_norm, clip_scale) {
            return Err(error(id, true));
        }
        Ok(StepReport { rate: self.lr * self.schedule.factor(self.steps), grad_norm, clip_scale })
    }
}

#[track_caller]
fn check_grad<T: Real>(optimizer: &str, params: &ParamStore<T>, id: ParamId, grad: &Grad<T>) {
    let (name, shape) = (params.name(id), params.shape(id));
    match grad {
        Grad::Dense(g) => {
            let found = g.shape();
            assert!(found == shape, "{optimizer}: a gradient {found:?} for {name}, which is {shape:?}");
        }
        Grad::Rows { ids, rows } => {
            let (count, found) = (ids.len(), rows.shape());
            let fits = shape.len() == 2 && rows.dim() == (count, shape[1]);
            assert!(fits, "{optimizer}: {count} rows {found:?} for {name}, which is {shape:?}");
            let ascending = ids.is_sorted_by(|a, b| a < b);
            assert!(ascending, "{optimizer}: the gradient's rows of {name} must ascend, each once");
            let last = ids.last().map_or(0, |&id| id as usize + 1);
            assert!(last <= shape[0], "{optimizer}: row {} of {name}, which is {shape:?}", last - 1);
        }
    }
}
