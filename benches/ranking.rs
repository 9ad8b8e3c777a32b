//! One user, a history of 100, the paper's DIEN: embeddings 18 + 18, hidden 36, activation unit 80-40-1, head
//! 200-80.
//!
//! From ids in memory to logits. `rank_N` includes the user's state; `score_N` is given it; one thread.

use criterion::{Criterion, criterion_group, criterion_main};
use dien_benches::{popular_ids, rng};
use dien_model::config::AttentionKind;
use dien_model::serving::{Candidates, Profile, Serving};
use dien_model::{Features, ModelConfig, build};
use dien_tensor::ParamStore;

const HISTORY: usize = 100;
const ITEMS: usize = 60_001;

fn pair(items: Vec<u32>) -> Vec<Vec<u32>> {
    let categories = items.iter().map(|i| 1 + i % 1_000).collect();
    vec![items, categories]
}

fn ranking(criterion: &mut Criterion) {
    let features = Features::item_category(ITEMS, 1_001, 18);
    let mut params = ParamStore::<f32>::new();
    let config = ModelConfig::default().with_attention(AttentionKind::Unit);
    build(&config, &features, &mut params, 1).expect("possible options");
    let serving = Serving::new(&config, &features, params, &[HISTORY]).expect("possible options");
    let mut rng = rng();
    let history = pair(popular_ids(HISTORY, ITEMS, &mut rng));
    let mut candidates = |n| Candidates::new(pair(popular_ids(n, ITEMS, &mut rng)));
    let (one, many) = (candidates(1), candidates(200));
    let state = || serving.user_state(&history, Profile::default()).expect("ids of the features");
    let known = state();
    let built = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    built.expect("nothing has run in parallel yet");
    let mut group = criterion.benchmark_group("ranking");
    group.bench_function("user_state", |bencher| bencher.iter(state));
    group.bench_function("append", |bencher| {
        let mut state = state();
        bencher.iter(|| serving.append(&mut state, &[7, 8]));
    });
    for (n, candidates) in [(1, &one), (200, &many)] {
        group.bench_function(format!("score_{n}"), |bencher| {
            bencher.iter(|| serving.logits(&known, candidates, None));
        });
        group.bench_function(format!("rank_{n}"), |bencher| {
            bencher.iter(|| serving.logits(&state(), candidates, None));
        });
    }
    group.finish();
}

criterion_group!(benches, ranking);
criterion_main!(benches);
