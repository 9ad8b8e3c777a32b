//! A value is called what computed it: messages of wrong shapes and gradients, and whoever prints it, say so.

#[allow(dead_code)]
mod common;

use common::{Params, every_op};
use dien_tensor::{Mode, Pool, Tape, ops};

#[test]
fn a_value_is_called_what_computed_it() {
    let (params, pool) = (Params::new(), Pool::new());
    let tape = Tape::new(&params.store, &pool, Mode::Train { seed: 7 });
    for (used, value) in every_op(&tape, &params) {
        let name = match used {
            "mul by a column" | "mul by one" => "mul",
            "prelu with one slope" => "prelu",
            "sum columns" => "sum_rows",
            "weighted bce" | "bce" => "bce_with_logits",
            "l2 of rows" => "l2_rows",
            "square" => "powi",
            "softmax of columns" => "softmax",
            other => &other.replace(' ', "_"),
        };
        assert_eq!(value.name(), name, "{used}");
    }
    let x = tape.param(params.store.id("x").unwrap());
    assert_eq!((x.name(), ops::outer_rows(x, x).name()), ("x", "outer_rows"));
}
