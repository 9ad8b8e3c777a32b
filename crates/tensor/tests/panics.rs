//! Mistakes panic at the line that made them. A process of its own, since it sets the panic hook.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};

use dien_tensor::{Mode, ParamStore, Pool, Tape, ops};
use ndarray::array;

/// The line of this file at which `run` panics.
fn panics_at<R>(run: impl FnOnce() -> R) -> u32 {
    let place = Arc::new(Mutex::new((String::new(), 0)));
    let seen = place.clone();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let at = info.location().expect("a panic has a place");
        *seen.lock().unwrap() = (at.file().to_owned(), at.line());
    }));
    let result = panic::catch_unwind(AssertUnwindSafe(|| drop(run())));
    panic::set_hook(before);
    assert!(result.is_err());
    let (file, line) = place.lock().unwrap().clone();
    assert_eq!(file, file!());
    line
}

#[test]
fn mistakes_panic_at_the_line_that_made_them() {
    let (params, pool) = (ParamStore::<f32>::new(), Pool::new());
    let [tape, other] = [(); 2].map(|()| Tape::new(&params, &pool, Mode::EvalWithGrad));
    let x = tape.variable(array![1.0, 2.0].into_dyn());
    let longer = tape.variable(array![1.0, 2.0, 3.0].into_dyn());
    let foreign = other.variable(array![1.0, 2.0].into_dyn());
    assert_eq!(panics_at(|| x + longer), line!());
    assert_eq!(panics_at(|| x * foreign), line!());
    assert_eq!(panics_at(|| tape.backward(x)), line!());
    assert_eq!(panics_at(|| ops::concat([x, foreign])), line!());
    let (loss, foreign_loss) = (ops::sum(x), ops::sum(foreign));
    assert_eq!(panics_at(|| tape.backward(foreign_loss)), line!());
    assert_eq!(panics_at(|| tape.backward(loss).wrt(foreign).is_some()), line!());
    assert_eq!(panics_at(|| tape.var_list().push(foreign)), line!());
    assert_eq!(panics_at(|| ops::linear(x, longer, None)), line!());
    assert_eq!(panics_at(|| ops::layer_norm(ops::sum(x), x, x, 1e-5)), line!());
    assert_eq!(panics_at(|| ops::softmax(x, 1)), line!());
    assert_eq!(panics_at(|| x.view2()), line!());
    assert_eq!(panics_at(|| x.scalar()), line!());
}
