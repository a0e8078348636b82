//! Writes reproducible tar archives: entries are sorted by name and have no owner and no time.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// Packs the content of a folder as `archive`, a tar file compressed with gzip.
pub(super) fn pack_folder(folder: &Path, archive: &Path) -> Result<()> {
    let file = File::create(archive).with_context(|| format!("{} cannot be written", archive.display()))?;
    let packed = GzBuilder::new().write(BufWriter::new(file), Compression::best());
    let mut tar = Builder::new(packed);
    append_folder(&mut tar, folder, Path::new(""))?;
    tar.into_inner()?.finish()?.flush()?;
    Ok(())
}

fn append_folder(tar: &mut Builder<impl Write>, folder: &Path, inside: &Path) -> Result<()> {
    let mut names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
    names.sort();
    for name in names {
        let (path, inside) = (folder.join(&name), inside.join(&name));
        let mut header = Header::new_gnu();
        header.set_mtime(0);
        if path.is_dir() {
            header.set_entry_type(EntryType::Directory);
            header.set_mode(0o755);
            header.set_size(0);
            tar.append_data(&mut header, &inside, std::io::empty())?;
            append_folder(tar, &path, &inside)?;
        } else {
            let file = File::open(&path)?;
            header.set_mode(if name == "ialog" { 0o755 } else { 0o644 });
            header.set_size(file.metadata()?.len());
            tar.append_data(&mut header, &inside, file)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_content_gives_equal_bytes() {
        let packed = |names: [&str; 3]| {
            let content = tempfile::tempdir().unwrap();
            fs::create_dir(content.path().join("a")).unwrap();
            for name in names {
                fs::write(content.path().join(name), name).unwrap();
            }
            let archive = tempfile::NamedTempFile::new().unwrap();
            pack_folder(content.path(), archive.path()).unwrap();
            fs::read(archive.path()).unwrap()
        };
        let one = packed(["ialog", "a/z", "a/b"]);
        assert!(one == packed(["a/b", "a/z", "ialog"]));
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&one[..]));
        let found: Vec<(String, u32)> = tar
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let path = entry.path().unwrap().display().to_string();
                (path, entry.header().mode().unwrap())
            })
            .collect();
        let expected = [("a", 0o755), ("a/b", 0o644), ("a/z", 0o644), ("ialog", 0o755)];
        assert_eq!(found, expected.map(|(path, mode)| (path.to_owned(), mode)));
    }
}
