//! What a check has to say is said at once, since the next one may take a while; a program gets all of it at the end.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::host::Host;
use crate::table::{Look, labelled};

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Ok,
    Warning,
    /// With the exit code.
    Failure(u8),
    Skipped,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure(_) => "failure",
            Self::Skipped => "skipped",
        }
    }

    fn look(self) -> Look {
        match self {
            Self::Ok => Look::Good,
            Self::Warning => Look::Waiting,
            Self::Failure(_) => Look::Bad,
            Self::Skipped => Look::Dim,
        }
    }
}

/// A check, what became of it, and a sentence.
pub(super) struct Checked {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    pub(super) said: String,
}

/// All checks so far.
pub(super) struct Report {
    json: bool,
    room: Option<usize>,
    looks: bool,
    checked: Vec<Checked>,
}

impl Report {
    pub(super) fn new(json: bool, room: Option<usize>, looks: bool) -> Self {
        Self { json, room, looks, checked: Vec::new() }
    }

    /// Adds a check, and says whether what depends on it can be looked at.
    pub(super) fn add(
        &mut self,
        check: &'static str,
        verdict: Verdict,
        said: impl Into<String>,
        host: &mut Host<'_>,
    ) -> Result<bool, Failure> {
        let said = said.into();
        if !self.json {
            let label = format!("{:<7}  {check}", verdict.word());
            self.line(&label, verdict.look(), &said, host)?;
        }
        self.checked.push(Checked { check, verdict, said });
        Ok(matches!(verdict, Verdict::Ok | Verdict::Warning))
    }

    /// A check that depends on another one.
    pub(super) fn skip(&mut self, check: &'static str, needs: &str, host: &mut Host<'_>) -> Result<(), Failure> {
        let needs = format!("needs {needs}");
        self.add(check, Verdict::Skipped, needs, host).map(drop)
    }

    /// A line for people.
    pub(super) fn line(&self, label: &str, look: Look, text: &str, host: &mut Host<'_>) -> Result<(), Failure> {
        const LABELS: usize = "warning  authentication".len();
        host.print(&labelled(label, look, text, (LABELS, self.room, self.looks)))
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
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let failed = self.checked.iter().filter_map(|one| match one.verdict {
            Verdict::Failure(code) => Some((one.check, code)),
            _ => None,
        });
        let failed: Vec<_> = failed.collect();
        let Some((_, code)) = failed.first() else {
            return Ok(());
        };
        let names: Vec<&str> = failed.iter().map(|(check, _)| *check).collect();
        Err(Failure::stopped(
            *code,
            format!(
                "{} of {} failed: {}",
                failed.len(),
                crate::commands::counted(self.checked.len() as u64, "check"),
                names.join(", ")
            ),
            "the report says what to do",
        ))
    }
}
