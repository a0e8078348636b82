//! Compares the manifests with digests that were kept elsewhere. If a kept digest is the digest of a manifest, this
//! manifest and all earlier ones are unmodified, because each manifest contains the digest of the previous one.

use std::path::PathBuf;

use super::{FileLocation, Problem, VerifyReport};
use crate::digest::Digest;
use crate::layout::Archive;

impl VerifyReport {
    /// Compares the manifests of each contract with the digests in `kept`, which were kept elsewhere. `kept` has one
    /// digest for each contract. The digest can be the one of any manifest of the chain. It does not cover the
    /// manifests after that manifest, see [`ManifestChain::after_kept`](super::ManifestChain::after_kept).
    pub fn compare_heads(&mut self, archive: &Archive, kept: &[Digest]) {
        let root = archive.root();
        let mut found = Vec::new();
        let mut unmatched: Vec<&Digest> = kept.iter().collect();
        for chain in &mut self.chains {
            let folder = archive.contract(&chain.contract);
            let mut links = chain.links.iter().rev();
            chain.kept = links.find(|link| kept.contains(&link.sha256)).copied();
            unmatched.retain(|one| chain.kept.is_none_or(|link| link.sha256 != **one));
            let (file, detail) = match (chain.kept, chain.head()) {
                (Some(_), _) if chain.unlinked_days.is_empty() => continue,
                (Some(_), _) => (
                    folder.path().to_path_buf(),
                    "some manifests of version 0.1.0 are not linked to the previous manifest, so --head proves nothing about the days before them"
                        .to_owned(),
                ),
                (None, Some(head)) => (
                    head.number
                        .map_or_else(|| folder.manifest_of_version_1(head.date), |number| folder.manifest(number)),
                    format!("no manifest has one of the --head values; the last has SHA-256 {}", head.sha256),
                ),
                (None, None) => (
                    folder.path().to_path_buf(),
                    "there is no manifest, so none of the --head values matches".to_owned(),
                ),
            };
            found.push(FileLocation { root, file }.find(None, Problem::Chain, detail));
        }
        if found.is_empty() {
            for one in unmatched {
                let file = PathBuf::from(".");
                let detail = format!("--head {one} does not match a manifest of any contract");
                found.push(FileLocation { root, file }.find(None, Problem::Chain, detail));
            }
        }
        self.findings.extend(found);
        self.findings.sort();
    }
}
