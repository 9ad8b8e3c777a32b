//! Counting under valgrind's callgrind.

use std::fs;
use std::process::Command;

/// How many instructions a case takes the second time.
pub fn count(case: &str) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let out = folder.path().join("callgrind.out");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*cases::counted*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .args(["case", case])
        // Nothing of the environment that a count could depend on.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .map_err(|e| format!("valgrind: {e}; expected it installed (`apt-get install valgrind`)"))?;
    let said = String::from_utf8_lossy(&run.stderr);
    if !run.status.success() {
        return Err(format!("{case}, under valgrind: {}: {said}", run.status));
    }
    let profile = fs::read_to_string(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
    total.filter(|&count: &u64| count > 0).ok_or_else(|| format!("{case}: callgrind counted nothing: {said}"))
}
