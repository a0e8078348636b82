//! What a check has to say is said at once, since the next one may take a while; a program gets all of it at the end.

use serde_json::{Value, json};

use crate::error::CommandError;
use crate::output::labelled::labelled;
use crate::output::plural::format_count;
use crate::output::table::TextStyle;
use crate::runtime::context::Context;

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckResult {
    Ok,
    Warning,
    /// With the exit code.
    Failure(u8),
    Skipped,
}

impl CheckResult {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure(_) => "failure",
            Self::Skipped => "skipped",
        }
    }

    fn look(self) -> TextStyle {
        match self {
            Self::Ok => TextStyle::Good,
            Self::Warning => TextStyle::Waiting,
            Self::Failure(_) => TextStyle::Bad,
            Self::Skipped => TextStyle::Dim,
        }
    }
}

/// A check, what became of it, and a sentence.
pub(super) struct CheckEntry {
    pub(super) check: &'static str,
    pub(super) verdict: CheckResult,
    pub(super) said: String,
}

/// All checks so far.
pub(super) struct DoctorReport {
    json: bool,
    room: Option<usize>,
    looks: bool,
    checked: Vec<CheckEntry>,
}

impl DoctorReport {
    pub(super) fn new(json: bool, room: Option<usize>, looks: bool) -> Self {
        Self { json, room, looks, checked: Vec::new() }
    }

    /// Adds a check, and says whether what depends on it can be looked at.
    pub(super) fn add(
        &mut self,
        check: &'static str,
        verdict: CheckResult,
        said: impl Into<String>,
        context: &mut Context<'_>,
    ) -> Result<bool, CommandError> {
        let said = said.into();
        if !self.json {
            let label = format!("{:<7}  {check}", verdict.word());
            self.line(&label, verdict.look(), &said, context)?;
        }
        self.checked.push(CheckEntry { check, verdict, said });
        Ok(matches!(verdict, CheckResult::Ok | CheckResult::Warning))
    }

    /// A check that depends on another one.
    pub(super) fn skip(
        &mut self,
        check: &'static str,
        needs: &str,
        context: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        let needs = format!("needs {needs}");
        self.add(check, CheckResult::Skipped, needs, context).map(drop)
    }

    /// A line for people.
    pub(super) fn line(
        &self,
        label: &str,
        look: TextStyle,
        text: &str,
        context: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        const LABELS: usize = "warning  authentication".len();
        context.print(&labelled(label, look, text, (LABELS, self.room, self.looks)))
    }

    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// All of it for a program.
    pub(super) fn json(&self, probe: Option<Value>) -> String {
        let checks = self.checked.iter().map(|checked| {
            json!({
                "check": checked.check,
                "result": checked.verdict.word(),
                "message": checked.said,
            })
        });
        let mut report = json!({"checks": checks.collect::<Vec<_>>(), "probe": probe});
        // Otherwise the order would depend on how the program was built.
        report.sort_all_objects();
        format!("{report:#}\n")
    }

    /// A failure with the exit code of the first check that failed.
    pub(super) fn verdict(&self) -> Result<(), CommandError> {
        let failed = self.checked.iter().filter_map(|one| match one.verdict {
            CheckResult::Failure(code) => Some((one.check, code)),
            _ => None,
        });
        let failed: Vec<_> = failed.collect();
        let Some((_, code)) = failed.first() else {
            return Ok(());
        };
        let names: Vec<&str> = failed.iter().map(|(check, _)| *check).collect();
        Err(CommandError::stopped(
            *code,
            format!(
                "{} of {} failed: {}",
                failed.len(),
                format_count(self.checked.len() as u64, "check"),
                names.join(", ")
            ),
            "the report says what to do",
        ))
    }
}
