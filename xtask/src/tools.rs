//! Programs and libraries of the system that some checks need. A check whose tool is missing is skipped with a message.
//! If the environment variable `CI` is `true`, the check fails instead, because a build server must not skip a check
//! unnoticed.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// A tool that must be installed on the system.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// The name for messages, such as `OpenSSL`.
    pub name: &'static str,
    /// A command that succeeds if the tool is installed.
    pub probe: &'static [&'static str],
    /// The command that installs the tool.
    pub install: &'static str,
}

impl Tool {
    /// Whether the probe succeeds.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        let Some((program, arguments)) = self.probe.split_first() else { return false };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

/// Whether a check can run, because its tool is installed. If the tool is missing, prints that the check is skipped.
///
/// On a build server, a missing tool is an error.
pub fn can_check(check: &str, tool: &Tool) -> Result<bool> {
    if tool.is_installed() {
        return Ok(true);
    }
    let message = format!("{check} needs {}, which is not installed: {}", tool.name, tool.install);
    if is_build_server() {
        bail!("{message}");
    }
    println!("SKIPPED: {message}");
    Ok(false)
}

fn is_build_server() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_installed_if_its_probe_starts_and_succeeds() {
        for (probe, installed) in [
            (&["cargo", "--version"][..], true),
            (&["cargo", "no-such-command-of-cargo"], false),
            (&["no-such-program-anywhere"], false),
            (&[], false),
        ] {
            let tool = Tool { name: "tool", probe, install: "install it" };
            assert_eq!(tool.is_installed(), installed, "{probe:?}");
        }
    }
}
