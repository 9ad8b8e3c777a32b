//! Steps repeat: the same bits at any thread count and with used buffers, and no more memory.

mod common;

use common::{Params, every_op, step};
use dien_tensor::{Mode, Pool, Tape, ops};
use ndarray::ArrayD;

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let params = Params::new();
    let single = params.store.cast::<f32>();
    let at = |threads| {
        let workers = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        workers.install(|| step(&single, &params, &Pool::new()))
    };
    let one = at(1);
    for threads in [2, 3, 8] {
        let found = at(threads);
        assert_eq!(found.len(), one.len(), "{threads} threads");
        for ((name, found), (other, expected)) in found.iter().zip(&one) {
            let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert!(name == other && bits(found) == bits(expected), "{name} at {threads} threads");
        }
    }
}

#[test]
fn used_buffers_leave_no_trace() {
    let params = Params::new();
    let pool = Pool::new();
    let first = step(&params.store, &params, &pool);
    // Stale buffers full of NaN: an op that reads before it writes shows it.
    let poison: Vec<Vec<f64>> = (0..2000)
        .map(|i| {
            let mut buffer = pool.take_stale(1 << (i % 17));
            buffer.fill(f64::NAN);
            buffer
        })
        .collect();
    poison.into_iter().for_each(|buffer| pool.give(buffer));
    assert_eq!(step(&params.store, &params, &pool), first);
}

#[test]
fn buffers_are_used_again_from_step_to_step() {
    let params = Params::new();
    let pool = Pool::new();
    let step = || {
        let tape = Tape::new(&params.store, &pool, Mode::Train { seed: 0 });
        // Not the pool's own; it must not pile up there.
        let mut loss = ops::sum(tape.constant(ArrayD::zeros(vec![1000])));
        for (_, value) in every_op(&tape, &params) {
            loss = loss + ops::mean(value);
        }
        tape.backward(loss);
        drop(tape);
        pool.free_elements()
    };
    let first = step();
    assert!(first > 0);
    assert_eq!([step(), step(), step()], [first; 3]);
}
