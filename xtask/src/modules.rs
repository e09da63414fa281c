//! Which file of a crate names what of which other file, read from the source.
//!
//! A name counts for the file that defines it, whatever it is re-exported through. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// The files of a crate, and which others each of them names.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// Reads a crate from its root file.
pub fn graph(root: &Path) -> Result<Graph, String> {
    let mut modules = Modules::default();
    modules.read(root, Vec::new())?;
    let mut graph = Graph::new();
    for (at, module) in &modules.all {
        let named = graph.entry(module.file.clone()).or_default();
        for path in &module.paths {
            if let Some(file) = modules.definition(at, path, 0) {
                named.insert(file);
            }
        }
        named.remove(&module.file);
    }
    Ok(graph)
}

/// The sets of files that name each other in a circle, the largest first.
pub fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = graph.keys().map(|file| (file, reach(graph, file))).collect();
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (file, others) in &reached {
        if others.contains(file) {
            let circle = others.iter().filter(|o| reached.get(**o).is_some_and(|back| back.contains(file)));
            circles.insert(circle.map(|o| (*o).clone()).collect());
        }
    }
    let mut circles: Vec<Vec<String>> = circles.into_iter().collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}

fn reach<'g>(graph: &'g Graph, from: &String) -> BTreeSet<&'g String> {
    let mut found = BTreeSet::new();
    let mut left: Vec<&String> = graph.get(from).into_iter().flatten().collect();
    while let Some(file) = left.pop() {
        if found.insert(file) {
            left.extend(graph.get(file).into_iter().flatten());
        }
    }
    found
}

/// A module: a path from the root of the crate, and what its file says.
#[derive(Default)]
struct Module {
    file: String,
    items: BTreeSet<String>,
    /// Names brought in, and the path of each; `*` stands for all names.
    uses: Vec<(String, Vec<String>)>,
    paths: BTreeSet<Vec<String>>,
}

#[derive(Default)]
struct Modules {
    all: BTreeMap<Vec<String>, Module>,
}

impl Modules {
    fn read(&mut self, file: &Path, at: Vec<String>) -> Result<(), String> {
        let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let syntax = syn::parse_file(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut module = Module { file: file.display().to_string(), ..Module::default() };
        for item in &syntax.items {
            if is_test(item) {
                continue;
            }
            if let syn::Item::Mod(child) = item
                && child.content.is_none()
            {
                let name = child.ident.to_string();
                let mut path = at.clone();
                path.push(name.clone());
                self.read(&child_file(file, &name), path)?;
                continue;
            }
            module.items.extend(defined(item));
            if let syn::Item::Use(item) = item {
                let before = module.uses.len();
                tree(&item.tree, Vec::new(), &mut module.uses);
                // what is only handed on is no use of it
                if matches!(item.vis, syn::Visibility::Inherited) {
                    module.paths.extend(module.uses.iter().skip(before).map(|(_, path)| path.clone()));
                }
                continue;
            }
            Paths(&mut module.paths).visit_item(item);
        }
        self.all.insert(at, module);
        Ok(())
    }

    /// The file that defines what a path in a module names; none where that is another crate's, or a module.
    fn definition(&self, at: &[String], path: &[String], depth: usize) -> Option<String> {
        let (first, rest) = path.split_first()?;
        if depth > 20 {
            return None;
        }
        match first.as_str() {
            "crate" => self.within(&[], rest, depth),
            "self" => self.within(at, rest, depth),
            "super" => self.within(at.split_last()?.1, rest, depth),
            _ => self.within(at, path, depth),
        }
    }

    /// The same of a path that begins in a module.
    fn within(&self, at: &[String], path: &[String], depth: usize) -> Option<String> {
        let module = self.all.get(at)?;
        let (first, rest) = path.split_first()?;
        if first == "super" {
            return self.within(at.split_last()?.1, rest, depth);
        }
        let child = [at, std::slice::from_ref(first)].concat();
        if self.all.contains_key(&child) {
            return self.within(&child, rest, depth);
        }
        if module.items.contains(first) {
            return Some(module.file.clone());
        }
        let named = module.uses.iter().filter(|(name, path)| name == first && path.first() != Some(first));
        let all = module.uses.iter().filter(|(name, _)| name == "*");
        let named = named.map(|(_, path)| [path.as_slice(), rest].concat());
        let all = all.map(|(_, prefix)| [prefix.as_slice(), path].concat());
        named.chain(all).find_map(|path| self.definition(at, &path, depth + 1))
    }
}

/// The file of `mod name;` in a file.
fn child_file(parent: &Path, name: &str) -> PathBuf {
    let folder = parent.parent().unwrap_or(Path::new(""));
    let stem = parent.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let folder = if matches!(stem, "lib" | "main" | "mod") { folder.to_owned() } else { folder.join(stem) };
    let file = folder.join(format!("{name}.rs"));
    if file.is_file() { file } else { folder.join(name).join("mod.rs") }
}

fn is_test(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|a| a.path().is_ident("cfg") && quoted(a).contains("test"))
}

fn quoted(attribute: &syn::Attribute) -> String {
    attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default()
}

fn defined(item: &syn::Item) -> Option<String> {
    Some(match item {
        syn::Item::Const(i) => i.ident.to_string(),
        syn::Item::Enum(i) => i.ident.to_string(),
        syn::Item::Fn(i) => i.sig.ident.to_string(),
        syn::Item::Macro(i) => i.ident.as_ref()?.to_string(),
        syn::Item::Mod(i) => i.ident.to_string(),
        syn::Item::Static(i) => i.ident.to_string(),
        syn::Item::Struct(i) => i.ident.to_string(),
        syn::Item::Trait(i) => i.ident.to_string(),
        syn::Item::Type(i) => i.ident.to_string(),
        syn::Item::Union(i) => i.ident.to_string(),
        _ => return None,
    })
}

fn tree(tree: &syn::UseTree, mut prefix: Vec<String>, uses: &mut Vec<(String, Vec<String>)>) {
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            self::tree(&path.tree, prefix, uses);
        }
        syn::UseTree::Name(name) => {
            let ident = name.ident.to_string();
            if ident == "self" {
                uses.extend(prefix.last().cloned().map(|last| (last, prefix)));
            } else {
                prefix.push(ident.clone());
                uses.push((ident, prefix));
            }
        }
        syn::UseTree::Rename(name) => {
            prefix.push(name.ident.to_string());
            uses.push((name.rename.to_string(), prefix));
        }
        syn::UseTree::Glob(_) => uses.push(("*".to_owned(), prefix)),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| self::tree(item, prefix.clone(), uses)),
    }
}

/// Collects the paths of an item, those in the arguments of macros too.
struct Paths<'p>(&'p mut BTreeSet<Vec<String>>);

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.insert(path.segments.iter().map(|s| s.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}
}

impl Paths<'_> {
    fn tokens(&mut self, tokens: proc_macro2::TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                proc_macro2::TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                proc_macro2::TokenTree::Group(group) => {
                    self.add(&mut path);
                    colons = 0;
                    self.tokens(group.stream());
                }
                _ => {
                    self.add(&mut path);
                    colons = 0;
                }
            }
        }
        self.add(&mut path);
    }

    fn add(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.0.insert(std::mem::take(path));
        }
    }
}
