//! Opens the archive that the user named, and selects contracts of this archive. With `--demo` and no folder, exports a
//! simulated account to a temporary folder first, so that every command can be tried without an account.

use std::path::Path;

use chrono::TimeDelta;
use ionos_activitylog::{ContractNumber, DateRange};
use ionos_activitylog_archive::{Archive, ContractFolder, Error, Exporter};
use tempfile::TempDir;

use crate::args::contracts::{ContractSelector, KnownContracts, select_contracts};
use crate::args::service::{AccountArgs, ServiceArgs};
use crate::error::CommandError;
use crate::output::plural::format_count;
use crate::runtime::context::Context;
use crate::service::account;

/// Length of the simulated log in a demo archive.
const DEMO_LENGTH: TimeDelta = TimeDelta::days(7);

/// An archive to read. Dropping it removes the temporary folder of a demo.
pub(crate) struct OpenedArchive {
    archive: Archive,
    _demo_folder: Option<TempDir>,
}

impl OpenedArchive {
    /// Opens the archive in a folder. Fails if the folder is the folder of one contract within an archive.
    pub(crate) fn open(root: &Path) -> Result<Self, CommandError> {
        Ok(Self { archive: archive_at(root)?, _demo_folder: None })
    }

    /// Opens the archive in a folder, or makes a demo archive if there is no folder.
    pub(crate) async fn open_or_demo(root: Option<&Path>, context: &mut Context<'_>) -> Result<Self, CommandError> {
        match root {
            Some(root) => Self::open(root),
            None => Self::make_demo(context).await,
        }
    }

    pub(crate) fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The selected contracts in the order of the archive. `None`, which stands for all contracts, if there are no
    /// selectors. Fails for a contract that the archive does not have.
    pub(crate) fn select_contracts(
        &self,
        selectors: &[ContractSelector],
    ) -> Result<Option<Vec<ContractNumber>>, CommandError> {
        if selectors.is_empty() {
            return Ok(None);
        }
        let folders = self.archive.contracts()?;
        let mut contracts: Vec<ContractNumber> = folders.iter().map(ContractFolder::contract).cloned().collect();
        if contracts.is_empty() {
            return Err(Error::NoArchive { path: self.archive.root().to_path_buf() }.into());
        }
        let place = format!("of archive {}", self.archive);
        let known = KnownContracts { contracts: &contracts, place: &place };
        let selected = select_contracts(selectors, &known)?;
        for contract in &selected {
            known.require(contract)?;
        }
        contracts.retain(|contract| selected.contains(contract));
        Ok(Some(contracts))
    }

    async fn make_demo(context: &mut Context<'_>) -> Result<Self, CommandError> {
        let folder = tempfile::Builder::new().prefix("ialog-demo-").tempdir();
        let folder = folder.map_err(|error| {
            CommandError::unexpected(
                format!("cannot create a temporary folder for the demo: {error}"),
                "set TMPDIR to a writable folder",
            )
        })?;
        let archive = Archive::new(folder.path());
        let now = context.clock.now();
        let args = ServiceArgs { account: AccountArgs { demo: true, profile: None }, ..ServiceArgs::default() };
        let client = account::connect(&args, now, context)?;
        let contract = account::only_contract(&client).await?;
        let range = DateRange::last(DEMO_LENGTH, now)?.to_whole_seconds();
        let exporter = Exporter::new(client.clone(), archive.clone())
            .api(account::api_label(&args, &client))
            .settle_delay(TimeDelta::zero())
            .clock(context.clock.clone())
            .fail_points(context.fail_points.clone());
        // The export listens to no interrupt: at the first signal, the caller drops this future and thereby the
        // temporary folder.
        for (contract, export) in exporter.run(&[contract], range, std::future::pending()).await {
            let events = format_count(export?.events, "event");
            context.info(format_args!("demo: contract {contract}, {range}: {events} in a temporary archive"));
        }
        Ok(Self { archive, _demo_folder: Some(folder) })
    }
}

/// The archive in a folder. Fails if the folder is the folder of one contract within an archive, because an export to
/// this folder would create an archive inside of another archive.
pub(crate) fn archive_at(root: &Path) -> Result<Archive, CommandError> {
    let archive = Archive::new(root);
    match archive.enclosing_archive() {
        Some(around) => Err(CommandError::usage(
            format!("{archive} is the folder of one contract, not an archive"),
            format!("use {around}"),
        )),
        None => Ok(archive),
    }
}

/// Fails if a file to write would be in the folder of a contract of an archive, or below it: there, the file could
/// replace a file of the archive, and `ialog verify` would report it as foreign.
pub(crate) fn require_outside_of_archive(file: &Path) -> Result<(), CommandError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder =
        folder.canonicalize().or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.to_path_buf());
    // A folder without manifests may have the name of a contract by chance.
    let has_manifests = |folder: &&Path| folder.join("_manifests").exists();
    let archive = folder.ancestors().filter(has_manifests).find_map(|folder| Archive::new(folder).enclosing_archive());
    match archive {
        Some(archive) => Err(CommandError::usage(
            format!("{} is within archive {archive}, where only an export may write", Archive::new(file)),
            "choose another folder",
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_within_a_contract_of_an_archive_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for folder in
            ["audit/contract=7/_manifests", "audit/contract=7/date=2026-11-20", "other/_manifests", "contract=8"]
        {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for (file, is_outside) in [
            ("audit/contract=7/x.csv", false),
            ("audit/contract=7/_state.json", false),
            ("audit/contract=7/date=2026-11-20/x.csv", false),
            ("audit/contract=7/_manifests/x.csv", false),
            ("audit/contract=7/../contract=7/x.csv", false),
            ("audit/x.csv", true),
            ("audit/contract=7/../x.csv", true),
            ("other/x.csv", true),
            ("contract=8/x.csv", true),
            ("x.csv", true),
            ("missing/x.csv", true),
        ] {
            let result = require_outside_of_archive(&root.path().join(file));
            assert_eq!(result.is_ok(), is_outside, "{file}");
        }
        assert!(require_outside_of_archive(Path::new("x.csv")).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_contract_of_an_archive_is_followed() {
        let root = tempfile::tempdir().unwrap();
        let contract = root.path().join("audit/contract=7");
        std::fs::create_dir_all(contract.join("_manifests")).unwrap();
        std::os::unix::fs::symlink(&contract, root.path().join("link")).unwrap();
        let error = require_outside_of_archive(&root.path().join("link/x.csv")).unwrap_err();
        assert_eq!(error.code(), 2);
        assert!(error.to_string().ends_with("where only an export may write: choose another folder"), "{error}");
    }
}
