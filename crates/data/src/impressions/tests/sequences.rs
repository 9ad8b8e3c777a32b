//! Several sequences of behaviours.

use super::*;

/// Clicks as before, and purchases.
fn schema() -> String {
    let columns = "tags = { kind = \"sequence\" }\n\
                   bought_items = { kind = \"sequence\", shares = \"item\" }\n\
                   bought_categories = { kind = \"sequence\", shares = \"category\" }";
    let extra = "[[behaviours]]\nname = \"bought\"\ncolumns = [\"bought_items\", \"bought_categories\"]\n\
                 max_history = 2\norder = \"latest_first\"\npadding = 7\n";
    SCHEMA.replacen("tags = { kind = \"sequence\" }", columns, 1) + extra
}

/// [`ROWS`] with purchases.
fn rows(bought: [&str; 4]) -> String {
    let header = ",bought_items,bought_categories";
    let more = std::iter::once(header).chain(bought);
    ROWS.lines().zip(more).fold(String::new(), |text, (line, more)| text + line + more + "\n")
}

#[test]
fn each_sequence_has_histories_of_its_own() {
    let bought = [",i9|i3|i1,c9|c1|c1", ",7|i9|i3,c9|c9|c1", ",,", ",7,7"];
    let (_folder, path) = folder(&schema(), &[("log.csv", &rows(bought))]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    assert_eq!(log.features().extra_sequences, ["bought"]);
    let items = log.vocabularies().get("item").unwrap();
    assert_eq!((items.rows(), items.id("7")), (5, 0), "padding is no item");
    let all = batches(&log.epoch(1, 0));
    let [batch] = &all[..] else { panic!("{} batches", all.len()) };
    batch.validate(log.features()).unwrap();
    let [extra] = &batch.extra_sequences[..] else {
        panic!("{} extra sequences", batch.extra_sequences.len())
    };
    let seen = |token: &str| -> Vec<u32> {
        let target = batch.targets.candidate[0].iter().position(|&id| id == items.id(token)).unwrap();
        let history = extra.history[target] as usize;
        let bounds = &extra.histories.offsets[history..history + 2];
        assert_eq!((extra.start[target], extra.end[target]), (0, bounds[1] - bounds[0]));
        extra.histories.ids[0][bounds[0] as usize..bounds[1] as usize].to_vec()
    };
    let ids = |tokens: &[&str]| -> Vec<u32> { tokens.iter().map(|token| items.id(token)).collect() };
    // The latest two, oldest first; the clicks are one history still.
    assert_eq!(seen("i1"), ids(&["i3", "i9"]));
    assert_eq!(seen("i2"), ids(&["i3", "i9"]));
    assert_eq!((seen("i9"), seen("i3")), (vec![], vec![]));
    assert_eq!((batch.histories.len(), extra.histories.len()), (2, 2), "equal histories are one");
    assert_eq!(extra.histories.negatives_per_event, 1);
    assert_eq!(extra.histories.negatives[0].len(), extra.histories.events());
}

#[test]
fn a_sequence_without_events_has_no_negatives() {
    let (_folder, path) = folder(&schema(), &[("log.csv", &rows([",,"; 4]))]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let batch = &batches(&log.epoch(1, 0))[0];
    batch.validate(log.features()).unwrap();
    assert_eq!(
        (batch.histories.negatives_per_event, batch.extra_sequences[0].histories.negatives_per_event),
        (1, 0)
    );
}

#[test]
fn a_group_s_lists_are_of_one_length() {
    let (_folder, path) = folder(&schema(), &[("log.csv", &rows([",i1,c1", ",i1|i2,c1", ",,", ",,"]))]);
    let message = failure(&path, &options());
    let expected = "line 3, `bought_categories`";
    assert!(message.contains(expected) && message.contains("1 ids beside 2 in its sibling"), "{message}");
}
