//! The public API of a crate as text: names and signatures without bodies and docs. The texts are snapshots, so that a
//! change of the API is seen in review.
//!
//! An item is listed in each public module where users can name it, but with its full text only in the first of these
//! modules. Modules and items that are hidden from the docs are not part of the API.

mod collect;
mod render;

pub use collect::{PublicItem, PublicModule, collect_modules};
pub use render::render_item;

use crate::structure::{Resolver, SourceTree};

/// Maximum number of lines of a module in one text. A longer module is split by item.
const MAX_MODULE_LINES: usize = 120;

/// A part of a crate's API that fits into one snapshot.
#[derive(Debug, PartialEq, Eq)]
pub struct ApiText {
    /// The name of the module or item, such as `clock` or `Client`, with `__` between the parts of its path. The root
    /// module is `root`.
    pub name: String,
    /// The text, with a line break at its end.
    pub text: String,
}

/// The API of a crate, one text per public module. A module of more than 120 lines is split into an overview and a text
/// for each item that is longer than one line.
#[must_use]
pub fn api_texts(tree: &SourceTree) -> Vec<ApiText> {
    let resolver = Resolver::new(tree);
    let mut texts = Vec::new();
    for module in collect_modules(tree) {
        let items: Vec<(&PublicItem, String)> =
            module.items.iter().map(|item| (item, render_item(tree, &resolver, item))).collect();
        let whole: String = items.iter().map(|(_, text)| format!("{text}\n")).collect();
        let name = if module.path.is_empty() { "root".to_owned() } else { module.path.join("__") };
        if whole.lines().count() <= MAX_MODULE_LINES {
            texts.push(ApiText { name, text: whole.trim_end().to_owned() + "\n" });
            continue;
        }
        let overview = items.iter().map(|(item, text)| overview_line(item, text)).collect();
        texts.push(ApiText { name, text: overview });
        for (item, text) in items.into_iter().filter(|(_, text)| text.lines().count() > 1) {
            let name = module.path.iter().chain([&item.name]).cloned().collect::<Vec<_>>().join("__");
            texts.push(ApiText { name, text });
        }
    }
    texts.sort_by(|a, b| a.name.cmp(&b.name));
    texts
}

/// The text of an item that has one line, or the kind and name of a longer item.
fn overview_line(item: &PublicItem, text: &str) -> String {
    match text.lines().count() {
        0 | 1 => text.to_owned(),
        _ => format!("{} {}\n", item.kind, item.name),
    }
}

/// The number of items that users can name. An item in two modules counts twice.
#[must_use]
pub fn count_items(tree: &SourceTree) -> usize {
    collect_modules(tree).iter().map(|module| module.items.len()).sum()
}
