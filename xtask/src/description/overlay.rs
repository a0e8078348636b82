//! A patch that silently stops matching is worse than none: the vendor renames a member, the overlay does nothing,
//! and the generated client quietly changes. So every action must match, must change something, and must say why
//! it exists; when it does not, the error names the file and what to do.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use roas_overlay::apply::{Apply, ApplyErrorKind, ApplyOptions};
use roas_overlay::v1_0::Overlay;
use roas_overlay::validation::Validate;
use serde_json::Value;

use super::changes::{self, Change};
use crate::workspace::OVERLAYS;

/// An overlay document and the name of its file.
pub struct OverlayFile {
    /// The file's name, such as `01-names.yaml`.
    pub name: String,
    /// The file as messages tell it, such as `openapi/overlay/01-names.yaml`.
    shown: String,
    overlay: Overlay,
}

/// An action that was applied, with all that it changed.
pub struct AppliedAction {
    /// The name of the overlay's file.
    pub overlay: String,
    /// The action's place in the file, counted from 1.
    pub number: usize,
    /// The JSONPath (RFC 9535) of what it acts on.
    pub target: String,
    /// Why it exists and when it can go.
    pub description: String,
    /// What it changed, never empty.
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
        bail!("{} is no overlay: they are named NN-name.yaml, and nothing else belongs there", path.display());
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
    /// Reads one overlay, wherever it is.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&path.display().to_string(), &read_text(path)?)
    }

    /// Parses one overlay document and refuses actions that do not explain themselves. `shown` is where it comes from,
    /// ending in the file's name.
    pub fn parse(shown: &str, text: &str) -> Result<Self> {
        let overlay: Overlay = yaml_serde::from_str(text).with_context(|| format!("in {shown}"))?;
        overlay.validate(Default::default()).map_err(|error| anyhow!("in {shown}: {error}"))?;
        for action in &overlay.actions {
            let description = action.description.as_deref().unwrap_or_default();
            if !["Can go", "Stays"].iter().any(|word| description.contains(word)) {
                bail!(
                    "{shown}: the action on {:?} must say in its description why it exists and when it can go \
                     (\"Can go when ...\" or \"Stays as long as ...\")",
                    action.target
                );
            }
        }
        let name = Path::new(shown).file_name().unwrap_or_default();
        Ok(Self { name: name.to_string_lossy().into_owned(), shown: shown.to_owned(), overlay })
    }

    /// Applies the actions in order. On error the document may be half patched.
    pub fn apply(&self, document: &mut Value) -> Result<Vec<AppliedAction>> {
        let strict = ApplyOptions::ErrorOnZeroMatch | ApplyOptions::ErrorOnMixedKindMatch;
        let mut applied = Vec::new();
        for (index, action) in self.overlay.actions.iter().enumerate() {
            let description = action.description.clone().unwrap_or_default();
            let what = format!(
                "{} action {} on {:?}\n  it exists because: {description}",
                self.shown,
                index + 1,
                action.target
            );
            let before = document.clone();
            let mut single = self.overlay.clone();
            single.actions = vec![action.clone()];
            single.apply(document, strict).map_err(|error| match error.kind {
                ApplyErrorKind::ZeroMatch => anyhow!(
                    "{what}\n  but its target is gone from the description: if the vendor renamed or mended it, \
                         change the target or delete the action"
                ),
                kind => anyhow!("{what}\n  cannot be applied: {kind}"),
            })?;
            let changes = changes::between(&before, document);
            if changes.is_empty() {
                bail!("{what}\n  but it changes nothing: the description already says so, delete the action");
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
    fn an_action_whose_target_is_gone_is_named_with_its_reason() {
        let file = overlay("  - {target: $.gone, description: Needed for X. Can go when Y., update: {a: 1}}").unwrap();
        let error = file.apply(&mut json!({"here": {}})).err().unwrap().to_string();
        assert!(error.contains("99-test.yaml action 1 on \"$.gone\""), "{error}");
        assert!(error.contains("Needed for X. Can go when Y."), "{error}");
        assert!(error.contains("change the target or delete the action"), "{error}");
    }

    #[test]
    fn an_action_that_changes_nothing_is_refused() {
        let file = overlay("  - {target: $.here, description: Needed for X. Can go when Y., update: {a: 1}}").unwrap();
        let error = file.apply(&mut json!({"here": {"a": 1}})).err().unwrap().to_string();
        assert!(error.contains("changes nothing"), "{error}");
    }

    #[test]
    fn an_action_must_say_when_it_can_go() {
        let error = overlay("  - {target: $.here, description: Because., update: {a: 1}}").err().unwrap();
        assert!(error.to_string().contains("when it can go"), "{error}");
    }

    #[test]
    fn an_applied_action_tells_what_it_changed() {
        let file =
            overlay("  - {target: $.here, description: Needed for X. Can go when Y., update: {a: 2, b: 3}}").unwrap();
        let applied = file.apply(&mut json!({"here": {"a": 1}})).unwrap();
        let shown: Vec<String> = applied[0].changes.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["/here/a\n  - 1\n  + 2", "/here/b\n  + 3"]);
    }
}
