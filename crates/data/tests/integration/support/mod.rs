//! Small logs and folders for the tests.

use std::fs;
use std::path::Path;

use dien_data::{Event, Item, Log, User};
use tempfile::TempDir;

/// A folder with two users: `u1` trains, `u2` tests.
pub const FILES: [(&str, &str); 4] = [
    ("items.csv", "item,category,genres,title\na,x,x|y,\"A, the first\"\nb,y,y,B\nc,x,,\nd,z,z|x|y,D\n"),
    ("interactions.csv", "user,item,timestamp,rating\nu1,a,1,5\nu1,b,2,\nu1,c,3,4.5\nu2,b,7,3\nu2,a,8,\n"),
    ("test_users.txt", "u2\n"),
    ("negatives.csv", "user,item\nu1,d\nu2,c\n"),
];

/// [`FILES`] with some replaced, added, or (with an empty list of bytes and the name behind `-`) left out.
pub fn folder(changes: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    FILES.iter().for_each(|(name, text)| write(name, text.as_bytes()));
    for (name, bytes) in changes {
        match name.strip_prefix('-') {
            Some(name) => fs::remove_file(folder.path().join(name)).unwrap(),
            None => write(name, bytes),
        }
    }
    folder
}

/// Bytes, gzipped.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut zip = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap()
}

/// Items `i0`, `i1`, … whose category is their number modulo `categories`.
pub fn log_with_items(items: usize, categories: usize) -> Log {
    let mut log = Log::new(["category"]);
    for i in 0..items {
        log.add_item(Item { id: format!("i{i}"), cells: vec![format!("c{}", i % categories)] }).unwrap();
    }
    log
}

/// A user with these items, one a second.
pub fn user(id: &str, items: &[u32], test: bool, negative: Option<u32>) -> User {
    let event = |(time, &item)| Event { item, time, rating: None };
    let events = (0..).zip(items).map(event).collect();
    User { id: id.into(), events, test, negative, targets: vec![] }
}

/// Every file of a folder, by name.
pub fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut all: Vec<_> = entries
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&p).unwrap()))
        .collect();
    all.sort();
    all
}
