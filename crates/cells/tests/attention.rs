//! Attention as one op against the composed ops, and against differences.

mod common;

use common::{Form, Idle, Sort, assert_steps_close, attention, attention_params, bits, lengths, step};
use dien_cells::lanes::AttentionNorm;
use dien_tensor::check::{Check, mix};
use dien_tensor::{Mode, Pool};

/// Compares the op with the composed ops, both ways.
fn assert_composed(sort: Sort, lengths: &[u32], hidden: usize) {
    let windows = sort.windows(lengths);
    let params = attention_params(&windows, hidden);
    for form in Form::ALL {
        let [fused, composed] = [true, false].map(|fused| {
            step(&params, &Pool::new(), |tape| attention(tape, form, Idle(None), &windows, fused))
        });
        let what = format!("{form:?}, {sort:?}, {} histories, width {hidden}", lengths.len());
        assert_steps_close(&fused, &composed, 1e-12, &what);
    }
}

#[test]
fn one_op_is_the_composed_ops() {
    for sort in Sort::ALL {
        for n in [1, 39, 75] {
            for hidden in [3, 8, 13] {
                assert_composed(sort, &lengths(n), hidden);
            }
        }
    }
}

#[test]
fn long_histories_fill_several_batches_and_segments() {
    let lengths: Vec<u32> = (0..70).map(|i| i * i % 97).collect();
    for sort in Sort::ALL {
        assert_composed(sort, &lengths, 5);
    }
}

#[test]
fn gradients_are_the_differences() {
    for (sort, form) in Sort::ALL.into_iter().flat_map(|sort| Form::ALL.map(|form| (sort, form))) {
        let windows = sort.windows(&lengths(37));
        let params = attention_params(&windows, 5);
        let check = Check::default().mode(Mode::EvalWithGrad);
        if let Err(e) = check.run(&params, |tape| mix(attention(tape, form, Idle(None), &windows, true))) {
            panic!("{form:?}, {sort:?}: {e}");
        }
    }
}

#[test]
fn nothing_at_all_is_legal() {
    for lengths in [&[][..], &[0], &[0, 0, 0]] {
        for sort in [Sort::Identity, Sort::Shared] {
            let windows = sort.windows(lengths);
            let params = attention_params(&windows, 4);
            step(&params, &Pool::new(), |tape| {
                attention(tape, Form::Unit(AttentionNorm::Softmax), Idle(None), &windows, true)
            });
        }
    }
}

#[test]
fn an_unused_history_changes_nothing_but_the_rounding() {
    let lengths = lengths(39);
    let [own, other] = [Sort::Identity, Sort::OneLeftOut].map(|sort| {
        let windows = sort.windows(&lengths);
        assert_eq!(windows.is_identity(), sort == Sort::Identity);
        let mut params = attention_params(&windows, 9);
        let x = params.id("x").expect("the events");
        let events = lengths.iter().sum::<u32>() as usize * 9;
        params.data_mut(x).iter_mut().enumerate().for_each(|(i, x)| *x = (i as f64 * 0.7).sin());
        // The draw of what follows depends on the number of events.
        for name in ["q", "w1", "b1", "w2", "b2", "w3"] {
            let id = params.id(name).expect("a parameter");
            params.data_mut(id).iter_mut().enumerate().for_each(|(i, x)| *x = (i as f64 * 1.3).cos());
        }
        let mut found = step(&params, &Pool::new(), |tape| {
            attention(tape, Form::Unit(AttentionNorm::Softmax), Idle(None), &windows, true)
        });
        found.iter_mut().filter(|(name, _)| name == "gradient of x").for_each(|(_, g)| g.truncate(events));
        found
    });
    assert_steps_close(&other, &own, 1e-12, "one history left out");
}

#[test]
fn order_of_targets_changes_no_bit() {
    let lengths = lengths(39);
    let [own, other] = [Sort::Identity, Sort::Reordered].map(|sort| {
        let windows = sort.windows(&lengths);
        assert!(windows.is_identity());
        let mut params = attention_params(&windows, 4);
        let q = params.id("q").expect("the queries");
        if sort == Sort::Reordered {
            let rows: Vec<f64> = params.data(q).rchunks(4).flatten().copied().collect();
            params.data_mut(q).copy_from_slice(&rows);
        }
        // The events' order in the value is the targets', so only the events' own gradient is left to
        // compare.
        let single = params.cast::<f32>();
        let found = step(&single, &Pool::new(), |tape| {
            let a = attention(tape, Form::Unit(AttentionNorm::Softmax), Idle(None), &windows, true);
            dien_tensor::ops::sum(a * a)
        });
        found.into_iter().filter(|(name, _)| name.contains("gradient")).collect::<Vec<_>>()
    });
    let mut other = bits(&other);
    let (_, of_queries) = other.iter_mut().find(|(name, _)| *name == "gradient of q").expect("the queries'");
    *of_queries = of_queries.rchunks(4).flatten().copied().collect();
    assert_eq!(other, bits(&own));
}
