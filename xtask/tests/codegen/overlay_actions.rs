//! One snapshot for each overlay action: its target, its reason and its changes.

use serde_json::Value;
use xtask::description::changes::Change;
use xtask::{codegen, workspace};

use crate::snapshot;

#[test]
fn each_overlay_action_matches_its_snapshot() {
    let patched = codegen::patch_description(&workspace::root()).unwrap();
    for action in &patched.actions {
        let file = action.overlay.trim_end_matches(".yaml");
        // An action on all objects or all lists changes many places. Its snapshot names the types of these places
        // instead of their paths, so that it does not change when a path changes.
        let everywhere = action.target.starts_with("$.components.schemas..[?@.type");
        let show = |change: &Change| {
            if everywhere { by_type(&patched.document, change).to_string() } else { change.to_string() }
        };
        let changes: Vec<String> = action.changes.iter().map(show).collect();
        let text = format!("target: {}\nwhy: {}\n\n{}\n", action.target, action.description, changes.join("\n"));
        snapshot::check("codegen", &format!("overlay__{file}__{:02}", action.number), &text);
    }
    assert!(patched.actions.len() >= 20);
}

/// A copy of the change with a shorter pointer: the name of the type that contains the changed place, and the last step
/// of the path.
fn by_type(document: &Value, change: &Change) -> Change {
    let mut place = document;
    let mut owner = "";
    let steps: Vec<&str> = change.pointer.split('/').skip(1).collect();
    for (depth, step) in steps.iter().enumerate() {
        place = match place {
            Value::Array(items) => &items[step.parse::<usize>().unwrap()],
            object => &object[*step],
        };
        let title = place.get("title").and_then(Value::as_str);
        // A component without a title is named by its key.
        owner = title.or((depth == 2).then_some(*step)).unwrap_or(owner);
    }
    Change { pointer: format!("in {owner}: {}", steps.last().unwrap()), ..change.clone() }
}
