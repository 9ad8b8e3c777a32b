//! What an evaluation keeps: values only.

use std::sync::atomic::{AtomicUsize, Ordering};

use dien_tensor::{Backward, Mode, OpGrads, ParamKind, ParamStore, Pool, Real, Tape, Var, ops};
use ndarray::{ArrayD, ArrayViewD, array};

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

/// The gradient of 5x, and of 3x on another tape, which is no answer for the first.
#[test]
fn gradients_are_of_the_loss_own_tape() {
    let (params, pool) = (ParamStore::<f32>::new(), Pool::new());
    let tapes = [(); 2].map(|()| Tape::new(&params, &pool, Mode::EvalWithGrad));
    let gradient = |tape: &Tape<'_, f32>, scale: f32| {
        let x = tape.variable(array![1.0].into_dyn());
        tape.backward(ops::scale(x, scale)).wrt(x).expect("x's").to_owned()
    };
    assert_eq!(gradient(&tapes[0], 3.0), array![3.0].into_dyn());
    assert_eq!(gradient(&tapes[1], 5.0), array![5.0].into_dyn());
    let x = tapes[0].variable(array![1.0].into_dyn());
    assert!(dien_tensor::Grads::none(0).wrt(x).is_none());
}

/// A list may record its values as it is walked, and is walked once.
#[test]
fn lists_of_inputs_may_be_computed_on_the_way() {
    let mut params = ParamStore::<f32>::new();
    let ids =
        [1.0, 2.0, 3.0].map(|x| params.add(x.to_string(), ParamKind::Dense, array![[x], [-x]].into_dyn()));
    let pool = Pool::new();
    let outcome = |lazy: bool| {
        let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
        let squares = ids.iter().map(|&id| ops::square(tape.param(id)));
        let joined = if lazy { ops::concat(squares) } else { ops::concat(squares.collect::<Vec<_>>()) };
        let sum = tape.record(
            // An op within the list of another's inputs.
            [joined].map(|x| ops::scale(x, 2.0)).into_iter().chain((0..1).map(|_| ops::sigmoid(joined))),
            array![[0.0]].into_dyn(),
            First,
        );
        let grads = tape.backward(sum);
        let gradients = ids.map(|id| grads.get(id).expect("a gradient").values().to_vec());
        (tape.graph(), joined.data().to_vec(), gradients)
    };
    let (graph, value, gradients) = outcome(true);
    assert_eq!(value, [1.0, 4.0, 9.0, 1.0, 4.0, 9.0]);
    assert_eq!(gradients, [vec![4.0, -4.0], vec![8.0, -8.0], vec![12.0, -12.0]]);
    assert_eq!((&value, &gradients), (&outcome(false).1, &outcome(false).2));
    assert_eq!(graph.nodes.len(), 3 + 3 + 1 + 2 + 1, "nothing is recorded twice: {graph}");
}

/// Σ of its first input.
struct First;

impl<T: Real> Backward<T> for First {
    fn name(&self) -> &'static str {
        "first"
    }
    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy[[0, 0]];
        if let Some(mut dx) = io.grad(0) {
            dx += dy;
        }
    }
}

#[test]
fn a_buffer_that_is_set_twice_has_its_last_value_once() {
    let mut params = ParamStore::<f32>::new();
    let [a, b] = ["a", "b"].map(|name| params.add(name, ParamKind::Buffer, array![1.0].into_dyn()));
    let pool = Pool::new();
    let tape = Tape::new(&params, &pool, Mode::Train { seed: 0 });
    tape.update(a, array![2.0].into_dyn());
    tape.update_with(b, |old, new| new[0] = old[0] + 5.0);
    tape.update_with(a, |old, new| new[0] = old[0] * 10.0);
    tape.update_with(b, |old, new| {
        // Another one meanwhile.
        tape.update(a, array![old[0]].into_dyn());
        new[0] = old[0] + 1.0;
    });
    let updates = tape.take_updates();
    assert_eq!(*updates, [(a, array![6.0].into_dyn()), (b, array![7.0].into_dyn())]);
    assert!(tape.take_updates().is_empty());
    drop(tape);
    params.apply(updates);
    assert_eq!((params.data(a), params.data(b)), (&[6.0][..], &[7.0][..]));
}
