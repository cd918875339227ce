//! One process for each seed, so that what one leaves behind does not hide what the next does.

use std::process::Command;

const SEED: &str = "WINPAGES_TEST_SEED";

/// The test that calls this, which is named so in both programs.
const TEST: &str = "arbitrary_arguments_get_an_answer";

/// Has `child` run with each of `seeds` seeds, in processes with an empty namespace of their own; sees
/// that no name is left in it.
pub fn with_seeds(what: &str, seeds: u64, child: fn(u64)) {
    if let Ok(seed) = std::env::var(SEED) {
        child(seed.parse().unwrap());
        return;
    }
    let namespace = format!("/dev/shm/winpages-test-{what}-{}", std::process::id());
    std::fs::create_dir(&namespace).unwrap();
    for seed in 1..=seeds {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture"])
            .env(SEED, seed.to_string())
            .env("WINPAGES_NAMESPACE", &namespace)
            .status()
            .unwrap();
        assert!(status.success(), "seed {seed}: {status}");
    }
    let left: Vec<_> = std::fs::read_dir(&namespace)
        .unwrap()
        .flat_map(|scope| std::fs::read_dir(scope.unwrap().path()).unwrap())
        .map(|file| file.unwrap().file_name())
        .collect();
    std::fs::remove_dir_all(&namespace).unwrap();
    assert!(left.is_empty(), "names left over: {left:?}");
}
