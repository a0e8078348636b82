//! An export refuses an archive of another service and a modified archive, and changes neither. The steps in the hint
//! of the error repair the archive.

use super::*;

#[tokio::test]
async fn the_error_for_an_archive_of_another_service_names_both_services() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let client =
        Client::builder().token(simulator.token()).transport(simulator.transport()).base_url("https://api.example.com");
    let foreign = Exporter::new(client.build().unwrap(), Archive::new(root.path()));
    let error = export(&foreign, &simulator, days()).await.unwrap_err().to_string();
    assert!(error.contains("https://api.ionos.com") && error.contains("https://api.example.com"), "{error}");
}

#[tokio::test]
async fn a_modified_archive_is_not_changed() {
    let simulator = world(NOW).build();
    fn reformat(path: &Path) {
        let text = std::fs::read_to_string(path).unwrap();
        std::fs::write(path, text.replace("  ", " ")).unwrap();
    }
    let edit: [fn(&crate::layout::ContractFolder); 5] = [
        // The last manifest is missing.
        |folder| std::fs::remove_file(folder.manifest(3)).unwrap(),
        // A manifest in the middle is missing.
        |folder| std::fs::remove_file(folder.manifest(2)).unwrap(),
        // A day is missing.
        |folder| std::fs::remove_dir_all(folder.day("2026-11-03".parse().unwrap())).unwrap(),
        // A manifest in the middle was reformatted.
        |folder| reformat(&folder.manifest(2)),
        // The last manifest was reformatted.
        |folder| reformat(&folder.manifest(3)),
    ];
    for edit in edit {
        let root = tempfile::tempdir().unwrap();
        let exporter = exporter(&simulator, root.path(), NOW);
        let _ = export(&exporter, &simulator, days()).await.unwrap();
        edit(&folder(&simulator, root.path()));
        let before = files(root.path());
        let more = range("2026-11-04T00:00:00Z", "2026-11-05T00:00:00Z");
        let refused = export(&exporter, &simulator, more).await;
        assert!(matches!(refused, Err(Error::Damaged { .. })), "{refused:?}");
        assert_eq!(files(root.path()), before);
    }
}

#[tokio::test]
async fn an_archive_with_a_missing_part_is_neither_continued_nor_sealed() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW).recount(true);
    let _ = export(&exporter.clone().recount(false), &simulator, days()).await.unwrap();
    let (date, part) = parts(&simulator, root.path()).remove(1);
    let folder = folder(&simulator, root.path());
    let path = folder.day(date).join(part.file.to_string());
    let bytes = std::fs::read(&path).unwrap();
    let damage: [&dyn Fn(); 2] =
        [&|| std::fs::write(&path, &bytes[1..]).unwrap(), &|| std::fs::remove_file(&path).unwrap()];
    for damage in damage {
        damage();
        let refused = export(&exporter, &simulator, days()).await.unwrap_err();
        let message = format!("{refused}: {}", refused.hint());
        assert!(matches!(refused, Error::Damaged { .. }), "{message}");
        assert!(message.contains(&part.file.to_string()) && message.contains("ialog verify"), "{message}");
        let state = State::read(&folder).unwrap().0.unwrap();
        assert!(state.sealed_ranges().is_empty());
    }
    // Follow the hint.
    std::fs::write(&path, &bytes).unwrap();
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn a_lost_state_is_rebuilt() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let folder = folder(&simulator, root.path());
    for name in ["_state.json", "_state.prev.json"] {
        std::fs::write(folder.path().join(name), "{").unwrap();
    }
    let more = range("2026-11-01T00:00:00Z", "2026-11-05T00:00:00Z");
    let refused = export(&exporter, &simulator, more).await;
    assert!(matches!(refused, Err(Error::StateLost { .. })), "{refused:?}");
    let contracts = [simulator.contracts()[0].into()];
    let (_, refused) = exporter.plan(&contracts, more).await.pop().unwrap();
    assert!(matches!(refused, Err(Error::StateLost { .. })), "{refused:?}");
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
    // While another process holds the lock, the error is `Locked` even if a manifest is damaged, too.
    let manifest = folder.manifest(2);
    let written = std::fs::read(&manifest).unwrap();
    std::fs::write(&manifest, "{").unwrap();
    let lock = crate::state::ContractLock::acquire(&folder, parse_time(NOW), &FailPoints::default()).unwrap();
    let refused = rebuild_state(&folder, &clock);
    assert!(matches!(refused, Err(Error::Locked { .. })), "{refused:?}");
    drop(lock);
    std::fs::write(&manifest, written).unwrap();
    let rebuilt = rebuild_state(&folder, &clock).unwrap();
    assert_eq!(rebuilt.days, 3);
    assert_eq!(rebuilt.state.covered_ranges().to_string(), days().to_string());
    let _ = export(&exporter, &simulator, more).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, more));
    assert_whole(root.path());
}
