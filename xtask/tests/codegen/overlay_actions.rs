//! One snapshot for each overlay action: where it acts, why it exists, and what it changed.

use xtask::{codegen, workspace};

use crate::snapshot;

#[test]
fn each_action_before_and_after() {
    let patched = codegen::patched(&workspace::root()).unwrap();
    for action in &patched.actions {
        let file = action.overlay.trim_end_matches(".yaml");
        let changes: Vec<String> = action.changes.iter().map(ToString::to_string).collect();
        let text = format!(
            "target: {}\nwhy: {}\n\n{}\n",
            action.target,
            action.description,
            changes.join("\n")
        );
        snapshot::check(&format!("overlay__{file}__{:02}", action.number), &text);
    }
    assert!(patched.actions.len() >= 20);
}
