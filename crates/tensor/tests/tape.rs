//! What an evaluation keeps: values only.

use std::sync::atomic::{AtomicUsize, Ordering};

use dien_tensor::{Backward, Mode, OpGrads, ParamKind, ParamStore, Pool, Real, Tape, Var, ops};
use ndarray::{ArrayD, ArrayViewD};

static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// The identity; counts how many of it are alive.
struct Counted;

impl Counted {
    fn apply<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        x.tape().record(&[x], x.view().to_owned(), Counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<T: Real> Backward<T> for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }
    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        io.add(0, dy.to_owned());
    }
}

#[test]
fn evaluation_keeps_no_op() {
    let mut params = ParamStore::<f32>::new();
    let id = params.add("weight", ParamKind::Dense, ArrayD::ones(vec![2]));
    let pool = Pool::new();
    for (mode, alive) in [(Mode::Eval, 0), (Mode::EvalWithGrad, 1), (Mode::Train { seed: 0 }, 1)] {
        let tape = Tape::new(&params, &pool, mode);
        Counted::apply(tape.param(id));
        assert_eq!(ALIVE.load(Ordering::Relaxed), alive, "{mode:?}");
        // What does not depend on a parameter has no way back either.
        Counted::apply(tape.constant(ArrayD::zeros(vec![2])));
        assert_eq!(ALIVE.load(Ordering::Relaxed), alive, "{mode:?}");
        drop(tape);
        assert_eq!(ALIVE.load(Ordering::Relaxed), 0, "{mode:?}");
    }
}

#[test]
#[should_panic(expected = "backward: an evaluation tape records nothing")]
fn evaluation_has_no_backward_pass() {
    let (params, pool) = (ParamStore::<f32>::new(), Pool::new());
    let tape = Tape::new(&params, &pool, Mode::Eval);
    tape.backward(ops::sum(tape.constant(ArrayD::ones(vec![2]))));
}
