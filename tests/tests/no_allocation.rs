//! A training step allocates nothing once its pool has seen the shapes: packing, forward, losses, backward,
//! Adam.
//!
//! Excluded: building the batch's own lists of ids, which is the reader's business; what Adam notes of each
//! step for rows that catch up, whose memory grows by 1,024 steps at a time; and the first two steps of a
//! shape. The step runs inside rayon's pool, as the trainer runs it: a call from outside goes through a
//! queue that grows.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dien_model::config::{AttentionKind, AuxiliaryKind, PoolingKind};
use dien_model::{
    Batch, CellKind, EmbeddingFeature, Features, Histories, Jagged, Model, ModelConfig, Table, Targets,
    TouchedRows, build,
};
use dien_optim::{Adam, AdamConfig, Optimizer, SparseMode};
use dien_tensor::{Mode, ParamStore, Pool, Tape};

/// The system's allocator, counting what any thread asks for while it is told to.
struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

fn count() {
    if COUNTS.load(Ordering::Relaxed) {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is the same.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is the same.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ITEMS: u32 = 5000;

/// Items and categories, a user, a list of tags and a number.
fn features() -> Features {
    let mut features = Features::item_category(ITEMS as usize, 50, 6);
    features.tables.push(Table::new("user", 300, 5));
    features.tables.push(Table::new("tag", 20, 3));
    features.sparse.push(EmbeddingFeature::new("user", 2));
    features.multi_hot.push(EmbeddingFeature::new("tags", 3));
    features.dense.push("age".into());
    features
}

/// `targets` a history, whose lengths follow from `shape`, as do the ids.
fn batch(histories: u32, targets: u32, shape: u32) -> Batch {
    let length = |h: u32| (h * 7 + shape * 11) % 40;
    let mut offsets = vec![0];
    (0..histories).for_each(|h| offsets.push(offsets[h as usize] + length(h)));
    let ids = |n: u32, salt: u32| {
        let items = (0..n).map(|i| (i * 7919 + salt + shape) % ITEMS).collect::<Vec<u32>>();
        let categories = items.iter().map(|i| i % 50).collect();
        vec![items, categories]
    };
    let events = *offsets.last().expect("at least 0");
    let n = histories * targets;
    let history: Vec<u32> = (0..n).map(|t| t / targets).collect();
    let end = history.iter().zip(0..n).map(|(&h, t)| length(h) * (1 + t % targets) / targets).collect();
    let tags =
        Jagged { offsets: (0..=n).map(|t| t * 2).collect(), ids: (0..2 * n).map(|i| i % 20).collect() };
    Batch::new(
        Histories::new(offsets, ids(events, 0)).with_negatives(ids(events, 1), 1),
        Targets::new(history, vec![0; n as usize], end, ids(n, 2))
            .with_sparse(vec![(0..n).map(|i| i % 300).collect()])
            .with_multi_hot(vec![tags])
            .with_dense(vec![(0..n).map(|i| (i % 7) as f32).collect()])
            .with_label((0..n).map(|i| (i % 2) as f32).collect())
            .with_group_id((0..n).collect()),
    )
}

/// The allocations of each of 8 steps, which go round the batches.
fn allocations(config: &ModelConfig, sparse: SparseMode, batches: &[Batch]) -> Vec<usize> {
    let features = features();
    batches.iter().for_each(|batch| batch.validate(&features).expect("a valid batch"));
    let mut params = ParamStore::<f32>::new();
    let model: Box<dyn Model<f32> + Send + Sync> =
        build(config, &features, &mut params, 1).expect("possible");
    let mut adam = Adam::new(&params, AdamConfig::default().with_sparse(sparse)).expect("possible");
    let pool = Pool::new();
    let steps = (0..8).map(|step| {
        let batch = &batches[step % batches.len()];
        ALLOCATIONS.store(0, Ordering::SeqCst);
        COUNTS.store(step >= 2, Ordering::SeqCst);
        let touched = pool.shared(|touched: &mut TouchedRows| model.touch(batch, touched));
        for table in touched.iter() {
            adam.prepare(&mut params, &[table]);
        }
        drop(touched);
        let tape = Tape::new(&params, &pool, Mode::Train { seed: step as u64 });
        let output = model.forward(&tape, batch);
        let losses = model.losses(&tape, batch, output);
        let grads = tape.backward(losses.total);
        let updates = tape.take_updates();
        drop(tape);
        params.apply(updates);
        adam.step(&mut params, &grads).expect("finite gradients");
        drop(grads);
        COUNTS.store(false, Ordering::SeqCst);
        ALLOCATIONS.load(Ordering::SeqCst)
    });
    steps.collect()
}

#[test]
fn from_the_third_step_on() {
    let official = ModelConfig::default()
        .with_attention(AttentionKind::Unit)
        .with_auxiliary(AuxiliaryKind::Mlp)
        .with_embedding_l2(1e-4);
    let other = ModelConfig::default()
        .with_attention(AttentionKind::Bilinear)
        .with_cell(CellKind::Agru)
        .with_pooling(PoolingKind::Sum);
    let equal = [batch(70, 1, 0)];
    let different = [batch(70, 1, 3), batch(64, 1, 1)];
    let shared = [batch(30, 3, 2), batch(40, 2, 0)];
    for threads in [1, 2] {
        let workers = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        for (name, config) in [("official", &official), ("bilinear", &other)] {
            for (shapes, batches) in [("equal", &equal[..]), ("different", &different), ("shared", &shared)] {
                for sparse in [SparseMode::default(), SparseMode::Lazy] {
                    let found = workers.install(|| allocations(config, sparse, batches));
                    let what = format!("{name}, {shapes}, {sparse:?}, {threads} threads");
                    assert_eq!(found[2..], [0; 6], "{what}: {found:?}");
                }
            }
        }
    }
}
