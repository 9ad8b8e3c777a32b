//! What is wrong with a batch is said before anything is computed.

use dien_model::Batch;

fn message(change: impl FnOnce(&mut Batch)) -> String {
    let features = crate::common::features();
    let mut batch = crate::common::batch(&features, &[3, 0, 2], 2, 1);
    change(&mut batch);
    batch.validate(&features).unwrap_err().to_string()
}

#[test]
fn each_fault_is_named() {
    let found = message(|b| b.histories.ids[1][4] = 5);
    assert_eq!(found, "histories `category`: id 5 at position 4 is beyond the table `category` of 5 rows");
    let found = message(|b| b.targets.candidate[0][1] = u32::MAX);
    assert_eq!(found, "candidate `item`: id 4294967295 at position 1 is beyond the table `item` of 12 rows");
    let found = message(|b| b.histories.negatives[0].truncate(3));
    assert_eq!(found, "negatives `item`: expected 10 entries, found 3");
    let found = message(|b| b.targets.dense[1][2] = f32::NAN);
    assert_eq!(found, "dense feature `age`: NaN at target 2; expected a finite number");
    let found = message(|b| b.targets.end[5] = 3);
    assert!(
        found.starts_with("target 5: events ") && found.ends_with("..3 of history 2, which has 2"),
        "{found}"
    );
    let found = message(|b| b.targets.history[0] = 9);
    assert!(found.ends_with("of history 9, which has 0"), "{found}");
    let found = message(|b| b.histories.offsets[1] = 9);
    assert_eq!(found, "histories: offsets must start at 0 and not decrease; entry 2 is 3");
    let found = message(|b| b.targets.sparse.truncate(1));
    assert_eq!(found, "sparse features: expected 2 entries, found 1");
    let found = message(|b| b.targets.label.push(0.0));
    assert_eq!(found, "label: expected 6 entries, found 7");
    let found = message(|b| b.targets.multi_hot[0].ids[0] = 4);
    assert_eq!(found, "multi-hot `genres`: id 4 at position 0 is beyond the table `genre` of 4 rows");
    let found = message(|b| b.targets.weight = vec![1.0]);
    assert!(found.starts_with("weight: expected"), "{found}");
    let found = message(|b| {
        b.targets.weight = vec![1.0; b.targets.len()];
        b.targets.weight[2] = -1.0;
    });
    assert_eq!(found, "weight: -1 at target 2; expected a finite number of at least 0");
    let found = message(|b| b.targets.label[3] = 1.5);
    assert_eq!(found, "label: 1.5 at target 3; expected 0 or 1, or a number between");
    let found = message(|b| b.targets.label[3] = f32::NAN);
    assert_eq!(found, "label: NaN at target 3; expected 0 or 1, or a number between");
}
