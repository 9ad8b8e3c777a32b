//! Which file of a crate needs which, and the circles among them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::source::{Module, Segments};

/// What a path leads to.
#[derive(Clone, Copy)]
enum Found {
    Module(usize),
    /// An item of that module.
    Item(usize),
}

/// A crate's modules.
pub struct Graph {
    modules: Vec<Module>,
    /// Where each path's module is among them.
    places: HashMap<Segments, usize>,
}

impl Graph {
    pub fn new(modules: Vec<Module>) -> Self {
        let places = modules.iter().enumerate().map(|(i, m)| (m.path.clone(), i)).collect();
        Self { modules, places }
    }

    fn at(&self, path: &[String]) -> Option<usize> {
        self.places.get(path).copied()
    }

    /// A name in a module's scope. Where an item and a module have the same, a path's last segment is the
    /// item.
    fn lookup(&self, module: usize, name: &str, last: bool, depth: usize) -> Option<Found> {
        let m = &self.modules[module];
        if last && m.items.contains(name) {
            return Some(Found::Item(module));
        }
        let child: Segments = m.path.iter().cloned().chain([name.to_owned()]).collect();
        if let Some(child) = self.at(&child) {
            return Some(Found::Module(child));
        }
        if m.items.contains(name) {
            return Some(Found::Item(module));
        }
        if depth == 0 {
            return None; // names that are defined by each other
        }
        if let Some(path) = m.imports.get(name) {
            return self.resolve(module, path, depth - 1);
        }
        m.globs.iter().find_map(|glob| match self.resolve(module, glob, depth - 1)? {
            Found::Module(of) if of != module => self.lookup(of, name, last, depth - 1),
            _ => None,
        })
    }

    /// What a path that stands in a module leads to; nothing if that is in another crate, or no path.
    fn resolve(&self, module: usize, path: &[String], depth: usize) -> Option<Found> {
        let mut found = None;
        for (n, segment) in path.iter().enumerate() {
            let last = n + 1 == path.len();
            let within = match found {
                Some(Found::Item(_)) => break,
                Some(Found::Module(within)) => Some(within),
                None => None,
            };
            found = Some(match (segment.as_str(), within) {
                ("crate", None) => Found::Module(0),
                ("self", None) => Found::Module(module),
                ("super", _) => {
                    let path = &self.modules[within.unwrap_or(module)].path;
                    Found::Module(self.at(&path[..path.len().checked_sub(1)?])?)
                }
                // An import that names another crate leads nowhere, though a module may have its name.
                (name, None) if self.modules[module].imports.get(name).is_some_and(|p| p == path) => None?,
                (name, None) => self.lookup(module, name, last, depth)?,
                // What no declaration shows (a macro wrote it) is the module's own.
                (name, Some(within)) => self.lookup(within, name, last, depth).unwrap_or(Found::Item(within)),
            });
        }
        found
    }

    /// For each file, those that define what it names. A module that is only passed through is not needed.
    pub fn needs(&self) -> BTreeMap<&Path, BTreeSet<&Path>> {
        let mut needs: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
        for (i, module) in self.modules.iter().enumerate() {
            let of = needs.entry(&module.file).or_default();
            for path in &module.named {
                if let Some(Found::Item(at)) = self.resolve(i, path, 16)
                    && self.modules[at].file != module.file
                {
                    of.insert(&self.modules[at].file);
                }
            }
        }
        needs
    }

    /// The sets of files each of which needs all others of its set, directly or not. That a module's children
    /// use what the module itself defines counts for nothing.
    pub fn circles(&self) -> Vec<BTreeSet<PathBuf>> {
        let needs = self.needs();
        let below = |file: &Path, above: &Path| self.home(file).starts_with(self.home(above));
        let reach = |from: &Path| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(file) = open.pop() {
                for &next in needs[file].iter().filter(|next| !below(file, next)) {
                    if seen.insert(next) {
                        open.push(next);
                    }
                }
            }
            seen
        };
        let reach: BTreeMap<&Path, BTreeSet<&Path>> = needs.keys().map(|&file| (file, reach(file))).collect();
        let circle = |file: &Path| -> BTreeSet<PathBuf> {
            reach[file].iter().filter(|other| reach[*other].contains(file)).map(|&f| f.into()).collect()
        };
        let circles: BTreeSet<_> = needs.keys().map(|file| circle(file)).filter(|c| !c.is_empty()).collect();
        circles.into_iter().collect()
    }

    /// The path of the module that a file is.
    fn home(&self, file: &Path) -> &[String] {
        &self.modules.iter().find(|m| m.file == file).expect("a module's file").path
    }
}
