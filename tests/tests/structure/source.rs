//! What a module of a crate declares, imports and names, as far as tokens tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The segments of a path, such as `["crate", "lanes", "embed"]`.
pub type Segments = Vec<String>;

/// A module, in a file of its own or inside another's.
#[derive(Debug, Default)]
pub struct Module {
    /// Its file, relative to the crate's `src`.
    pub file: PathBuf,
    /// Where it is below the crate's root.
    pub path: Segments,
    /// The items it declares, without its modules.
    pub items: BTreeSet<String>,
    /// What its `use` declarations bring into scope, by the name that they have here.
    pub imports: BTreeMap<String, Segments>,
    /// The paths that end in `*`.
    pub globs: Vec<Segments>,
    /// Every path that stands in it, `use` declarations included.
    pub named: BTreeSet<Segments>,
}

/// The modules that hang on the crate's root `file`, but for those of tests.
pub fn modules(src: &Path, file: &str) -> Vec<Module> {
    let mut modules = Vec::new();
    read(src, Path::new(file), Vec::new(), &mut modules);
    modules
}

fn read(src: &Path, file: &Path, path: Segments, modules: &mut Vec<Module>) {
    let full = src.join(file);
    let text = fs::read_to_string(&full).unwrap_or_else(|e| panic!("{}: {e}", full.display()));
    let tokens = text.parse().unwrap_or_else(|e| panic!("{}: {e}", full.display()));
    declare(src, file, path, tokens, modules);
}

/// Takes a module with these tokens, and then its children.
fn declare(src: &Path, file: &Path, path: Segments, tokens: TokenStream, modules: &mut Vec<Module>) {
    let mut module = Module { file: file.into(), path: path.clone(), ..Module::default() };
    let mut children = Vec::new();
    scan(tokens, Some(&mut children), &mut module);
    modules.push(module);
    for (name, inside) in children {
        let below: Segments = path.iter().cloned().chain([name]).collect();
        match inside {
            Some(tokens) => declare(src, file, below, tokens, modules),
            None => {
                let place: PathBuf = below.iter().collect();
                let (flat, folder) = (place.with_extension("rs"), place.join("mod.rs"));
                read(src, if src.join(&flat).is_file() { &flat } else { &folder }, below, modules);
            }
        }
    }
}

/// A child module's name, and its tokens if they are not in a file of their own.
type Child = (String, Option<TokenStream>);

/// Reads tokens. They are those of a module if there is a place for `children`, and of a body if not.
fn scan(tokens: TokenStream, mut children: Option<&mut Vec<Child>>, module: &mut Module) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let word = |i: usize| match tokens.get(i) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    };
    let punct = |i: usize, c: char| matches!(tokens.get(i), Some(TokenTree::Punct(p)) if p.as_char() == c);
    let group = |i: usize, wanted: Delimiter| match tokens.get(i) {
        Some(TokenTree::Group(group)) if group.delimiter() == wanted => Some(group.stream()),
        _ => None,
    };
    let item_end = |mut i: usize| {
        while i < tokens.len() && !punct(i, ';') && group(i, Delimiter::Brace).is_none() {
            i += 1;
        }
        i + 1
    };
    let mut i = 0;
    while i < tokens.len() {
        if punct(i, '#')
            && let Some(attribute) = group(i + 1, Delimiter::Bracket)
        {
            i = if is_test(&attribute.to_string()) { item_end(i + 2) } else { i + 2 };
            continue;
        }
        if let TokenTree::Group(group) = &tokens[i] {
            scan(group.stream(), None, module);
            i += 1;
            continue;
        }
        let Some(name) = word(i) else {
            i += 1;
            continue;
        };
        let declared = if punct(i + 1, '!') { word(i + 2) } else { word(i + 1) };
        match (name.as_str(), children.as_deref_mut(), declared) {
            ("use", scope, _) => {
                let end = item_end_of_use(&tokens, i);
                let mut leaves = Vec::new();
                leaves_of(&tokens[i + 1..end], &[], &mut leaves);
                for (path, name) in leaves {
                    module.named.insert(path.clone());
                    if scope.is_some() {
                        match name.as_str() {
                            "*" => module.globs.push(path),
                            _ => drop(module.imports.insert(name, path)),
                        }
                    }
                }
                i = end;
            }
            ("mod", Some(children), Some(child)) => {
                children.push((child, group(i + 2, Delimiter::Brace)));
                i += 3;
            }
            (keyword, Some(_), Some(item)) if DECLARES.contains(&keyword) => {
                module.items.insert(item);
                i += 2;
            }
            _ => {
                let mut path = vec![name];
                i += 1;
                while punct(i, ':')
                    && punct(i + 1, ':')
                    && let Some(next) = word(i + 2)
                {
                    path.push(next);
                    i += 3;
                }
                module.named.insert(path);
            }
        }
    }
}

const DECLARES: [&str; 9] =
    ["struct", "enum", "trait", "fn", "const", "static", "type", "union", "macro_rules"];

/// Whether an attribute's item is there for tests alone.
fn is_test(attribute: &str) -> bool {
    let words: Vec<&str> =
        attribute.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words == ["test"] || words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not")
}

fn item_end_of_use(tokens: &[TokenTree], from: usize) -> usize {
    let end = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ';');
    from + tokens[from..].iter().position(end).unwrap_or(tokens.len() - from)
}

/// The leaves of a `use` tree, each with the name that it gets; that of a glob is `*`.
fn leaves_of(tree: &[TokenTree], prefix: &[String], leaves: &mut Vec<(Segments, String)>) {
    let comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
    for part in tree.split(comma).filter(|part| !part.is_empty()) {
        let (mut path, mut name, mut tokens) = (prefix.to_vec(), None, part.iter());
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if *word == "as" => name = tokens.next().map(ToString::to_string),
                TokenTree::Ident(word) if *word == "self" && !path.is_empty() => (),
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Punct(star) if star.as_char() == '*' => name = Some("*".into()),
                TokenTree::Group(group) => {
                    leaves_of(&group.stream().into_iter().collect::<Vec<_>>(), &path, leaves);
                    name = Some(String::new());
                }
                _ => (),
            }
        }
        let name = name.unwrap_or_else(|| path.last().cloned().unwrap_or_default());
        if !name.is_empty() {
            leaves.push((path, name));
        }
    }
}
