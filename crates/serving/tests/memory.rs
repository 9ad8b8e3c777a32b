//! A ranker takes little more memory than its file, while it loads and afterwards: tables and ids stand in
//! memory once.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use dien_model::{Features, ModelConfig, build};
use dien_serving::Ranker;
use dien_serving::encoding::{ItemTable, Vocabularies, Vocabulary};
use dien_serving::model_file::{self, Description};
use dien_tensor::ParamStore;

/// The system's allocator, with how many bytes are in use, and how many were at most.
struct Measuring;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grow(bytes: usize) {
    PEAK.fetch_max(IN_USE.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Measuring {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's contract is the same.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's contract is the same.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // As if it always copied.
        grow(size);
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's contract is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's contract is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Measuring = Measuring;

const ITEMS: usize = 200_000;

/// A model of the default width, whose items have names of ten letters.
fn write(path: &Path) {
    let names = || (0..ITEMS).map(|i| format!("B{:09}", i * 7919));
    let items = Vocabulary::from_tokens(names()).unwrap();
    let categories = Vocabulary::from_tokens((0..50).map(|i| format!("c{i}"))).unwrap();
    let table = ItemTable::new(
        names(),
        vec![(1..=ITEMS as u32).collect(), (0..ITEMS as u32).map(|i| 1 + i % 50).collect()],
        vec![],
    )
    .unwrap();
    let features = Features::item_category(ITEMS + 1, 51, 18);
    let vocabularies =
        Vocabularies::from_parts(vec![("item".into(), items), ("category".into(), categories)]);
    let (model, mut params) = (ModelConfig::default(), ParamStore::new());
    build(&model, &features, &mut params, 1).unwrap();
    let description = Description::new(&model, &features, &[100], &vocabularies).with_items(Some(&table));
    model_file::stage(path, &params, 0, &description).unwrap().commit().unwrap();
}

#[test]
fn a_file_is_loaded_in_little_more_memory_than_it_has_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write(&path);
    let file = fs::metadata(&path).unwrap().len() as f64;
    let before = IN_USE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let ranker = Ranker::load(&path).unwrap();
    let [peak, stays] = [&PEAK, &IN_USE].map(|bytes| (bytes.load(Relaxed) - before) as f64 / file);
    assert!(ranker.embedding("item", "B000007919").is_ok());
    assert!(file > 1e7 && peak <= 1.15, "{peak:.3} × the file's {file} bytes, of which {stays:.3} × stay");
    assert!(stays >= 0.9 && stays <= peak, "{stays:.3} × the file's bytes: was it counted?");
}
