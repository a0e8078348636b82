//! The report of `ialog doctor`. People see the result of each check immediately, because the next check may take a
//! while. Programs get one JSON object at the end.

use serde_json::{Value, json};

use crate::error::CommandError;
use crate::output::plural::format_count;
use crate::output::styled_text::TextStyle;
use crate::output::wrap::labelled_text;
use crate::runtime::context::Context;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckResult {
    Ok,
    Warning,
    /// The check failed. The number is the exit code of the command if this check is the first that failed.
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

    fn style(self) -> TextStyle {
        match self {
            Self::Ok => TextStyle::Success,
            Self::Warning => TextStyle::Pending,
            Self::Failure(_) => TextStyle::Failure,
            Self::Skipped => TextStyle::Dim,
        }
    }
}

/// The checks of every report, in the order in which they run.
const CHECKS: [&str; 6] = ["configuration", "dns", "connection", "clock", "authentication", "privilege"];

/// A check with its result and a sentence that explains the result.
struct CheckEntry {
    check: &'static str,
    result: CheckResult,
    message: String,
}

/// The checks that were run or skipped so far.
pub(super) struct DoctorReport {
    is_json: bool,
    max_width: Option<usize>,
    entries: Vec<CheckEntry>,
}

impl DoctorReport {
    pub(super) fn new(is_json: bool, max_width: Option<usize>) -> Self {
        Self { is_json, max_width, entries: Vec::new() }
    }

    /// Adds a check, and shows it to people immediately. Returns whether the result is ok or a warning.
    pub(super) fn add(
        &mut self,
        check: &'static str,
        result: CheckResult,
        message: impl Into<String>,
        context: &mut Context<'_>,
    ) -> Result<bool, CommandError> {
        let message = message.into();
        if !self.is_json {
            let label = format!("{:<7}  {check}", result.word());
            self.line(&label, result.style(), &message, context)?;
        }
        self.entries.push(CheckEntry { check, result, message });
        Ok(matches!(result, CheckResult::Ok | CheckResult::Warning))
    }

    /// Adds `check` as skipped. `needs` is the name of the check that `check` depends on.
    pub(super) fn skip(
        &mut self,
        check: &'static str,
        needs: &str,
        context: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        self.add(check, CheckResult::Skipped, format!("needs {needs}"), context).map(drop)
    }

    /// Skips all [`CHECKS`] that are not in the report yet. `needs` is the name of the check that these checks depend
    /// on.
    pub(super) fn skip_rest(&mut self, needs: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
        for check in CHECKS {
            if self.entries.iter().all(|entry| entry.check != check) {
                self.skip(check, needs, context)?;
            }
        }
        Ok(())
    }

    /// Writes a line for people.
    pub(super) fn line(
        &self,
        label: &str,
        style: TextStyle,
        text: &str,
        context: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        const LABEL_WIDTH: usize = "warning  authentication".len();
        context.print(labelled_text(label, style, text, LABEL_WIDTH, self.max_width))
    }

    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// The report as a JSON object, with the findings of `--probe`. `probe` is `None` if there are no findings.
    pub(super) fn json(&self, probe: Option<Value>) -> String {
        let checks = self.entries.iter().map(|entry| {
            json!({
                "check": entry.check,
                "result": entry.result.word(),
                "message": entry.message,
            })
        });
        let mut report = json!({"checks": checks.collect::<Vec<_>>(), "probe": probe});
        // The order of members must not depend on features of serde_json.
        report.sort_all_objects();
        format!("{report:#}\n")
    }

    /// Fails with the exit code of the first check that failed.
    pub(super) fn verdict(&self) -> Result<(), CommandError> {
        let failed = self.entries.iter().filter_map(|entry| match entry.result {
            CheckResult::Failure(code) => Some((entry.check, code)),
            _ => None,
        });
        let failed: Vec<_> = failed.collect();
        let Some((_, code)) = failed.first() else {
            return Ok(());
        };
        let names: Vec<&str> = failed.iter().map(|(check, _)| *check).collect();
        Err(CommandError::with_code(
            *code,
            format!(
                "{} of {} failed ({})",
                failed.len(),
                format_count(self.entries.len() as u64, "check"),
                names.join(", ")
            ),
            "see above",
        ))
    }
}
