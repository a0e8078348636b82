//! Applies overlays to the API description. An action that silently stops matching would change the generated client
//! without notice, so every action must match and change something. Every action must also say when it can be deleted.
//! If an action breaks one of these rules, the error names the file and the fix.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use roas_overlay::apply::{Apply, ApplyErrorKind, ApplyOptions};
use roas_overlay::v1_0::Overlay;
use roas_overlay::validation::Validate;
use serde_json::Value;

use super::changes::{self, Change};
use crate::workspace::OVERLAYS;

/// An overlay document with the name of its file.
pub struct OverlayFile {
    /// The file name, such as `01-names.yaml`.
    pub name: String,
    /// The path for messages, such as `openapi/overlay/01-names.yaml`.
    path: String,
    overlay: Overlay,
}

/// An overlay action that was applied, with its changes.
pub struct AppliedAction {
    /// The file name of the overlay.
    pub overlay: String,
    /// The number of the action in its file, counted from 1.
    pub number: usize,
    /// The JSONPath (RFC 9535) of the target.
    pub target: String,
    /// The reason for the action, and when it can be deleted.
    pub description: String,
    /// The changes of the action, at least one.
    pub changes: Vec<Change>,
}

/// Reads every overlay in the order of the file names.
pub fn read_all(root: &Path) -> Result<Vec<OverlayFile>> {
    let folder = root.join(OVERLAYS);
    let mut paths = fs::read_dir(&folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    if let Some(path) = paths.iter().find(|path| path.extension().is_none_or(|e| e != "yaml")) {
        bail!("{} is not an overlay: rename it to NN-name.yaml or move it to another folder", path.display());
    }
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            OverlayFile::parse(&format!("{OVERLAYS}/{name}"), &read_text(path)?)
        })
        .collect()
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

impl OverlayFile {
    /// Reads one overlay from any folder.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&path.display().to_string(), &read_text(path)?)
    }

    /// Parses one overlay document. Fails if the description of an action does not say when the action can be deleted
    /// ("Can go" or "Stays"). `path` names the file in messages.
    pub fn parse(path: &str, text: &str) -> Result<Self> {
        let overlay: Overlay = yaml_serde::from_str(text).with_context(|| format!("in {path}"))?;
        overlay.validate(Default::default()).map_err(|error| anyhow!("in {path}: {error}"))?;
        for action in &overlay.actions {
            let description = action.description.as_deref().unwrap_or_default();
            if !["Can go", "Stays"].iter().any(|word| description.contains(word)) {
                bail!(
                    "{path}: the description of the action on {:?} must say why the action exists and when it can be deleted \
                     (\"Can go when ...\" or \"Stays as long as ...\")",
                    action.target
                );
            }
        }
        let name = Path::new(path).file_name().unwrap_or_default();
        Ok(Self { name: name.to_string_lossy().into_owned(), path: path.to_owned(), overlay })
    }

    /// Applies the actions in order. After an error the document may be partly patched.
    pub fn apply(&self, document: &mut Value) -> Result<Vec<AppliedAction>> {
        let strict = ApplyOptions::ErrorOnZeroMatch | ApplyOptions::ErrorOnMixedKindMatch;
        let mut applied = Vec::new();
        for (index, action) in self.overlay.actions.iter().enumerate() {
            let description = action.description.clone().unwrap_or_default();
            let what = format!("{} action {} on {:?}\n  reason: {description}", self.path, index + 1, action.target);
            let before = document.clone();
            let mut single = self.overlay.clone();
            single.actions = vec![action.clone()];
            single.apply(document, strict).map_err(|error| match error.kind {
                ApplyErrorKind::ZeroMatch => anyhow!(
                    "{what}\n  its target is gone from the API description: if the vendor renamed or fixed it, \
                         change the target or delete the action"
                ),
                kind => anyhow!("{what}\n  cannot be applied: {kind}"),
            })?;
            let changes = changes::compare(&before, document);
            if changes.is_empty() {
                bail!(
                    "{what}\n  it changes nothing because the API description has this change already: delete the action"
                );
            }
            applied.push(AppliedAction {
                overlay: self.name.clone(),
                number: index + 1,
                target: action.target.clone(),
                description,
                changes,
            });
        }
        Ok(applied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn overlay(actions: &str) -> Result<OverlayFile> {
        let head = "overlay: 1.0.0\ninfo: {title: test, version: 1.0.0}\nactions:\n";
        OverlayFile::parse("99-test.yaml", &format!("{head}{actions}"))
    }

    #[test]
    fn an_action_whose_target_matches_nothing_is_reported_with_its_reason() {
        let file = overlay("  - {target: $.gone, description: Needed for X. Can go when Y., update: {a: 1}}").unwrap();
        let error = file.apply(&mut json!({"here": {}})).err().unwrap().to_string();
        assert!(error.contains("99-test.yaml action 1 on \"$.gone\""), "{error}");
        assert!(error.contains("Needed for X. Can go when Y."), "{error}");
        assert!(error.contains("change the target or delete the action"), "{error}");
    }

    #[test]
    fn an_action_that_changes_nothing_is_rejected() {
        let file = overlay("  - {target: $.here, description: Needed for X. Can go when Y., update: {a: 1}}").unwrap();
        let error = file.apply(&mut json!({"here": {"a": 1}})).err().unwrap().to_string();
        assert!(error.contains("changes nothing"), "{error}");
    }

    #[test]
    fn an_action_must_say_when_it_can_be_deleted() {
        let error = overlay("  - {target: $.here, description: Because., update: {a: 1}}").err().unwrap();
        assert!(error.to_string().contains("when it can be deleted"), "{error}");
    }

    #[test]
    fn an_applied_action_lists_its_changes() {
        let file =
            overlay("  - {target: $.here, description: Needed for X. Can go when Y., update: {a: 2, b: 3}}").unwrap();
        let applied = file.apply(&mut json!({"here": {"a": 1}})).unwrap();
        let shown: Vec<String> = applied[0].changes.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["/here/a\n  - 1\n  + 2", "/here/b\n  + 3"]);
    }
}
