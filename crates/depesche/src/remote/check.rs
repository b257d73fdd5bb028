//! `check handoff`: does the running server keep handoffs in memory alone?

use std::path::Path;

use depesche_client::api::HandoffMemory;
use depesche_client::fault::Fault;
use depesche_client::handoff;
use depesche_client::seal::handoff_content::Content;
use depesche_client::seal::name::Name;
use serde_json::json;

use super::desk::Desk;
use crate::exit::{self, Failure};

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    ok: bool,
    detail: String,
}

/// Asks the server while a trial lies in its memory, and looks through its files for that trial.
pub(crate) async fn handoff(desk: &Desk, data: Option<&Path>) -> Result<(), Failure> {
    let server = match std::env::var("DEPESCHE_METRICS_TOKEN") {
        Ok(token) => desk.server()?.with_session(&token),
        Err(_) => desk.server()?,
    };
    let canary: [u8; 32] = desk.world.draw();
    let content = Content {
        name: Name::parse("trial").map_err(|e| Failure::new(Fault::Other, e.code(), e))?,
        media_type: "application/octet-stream".into(),
        bytes: canary.repeat(64).into(),
    };
    let offering = match desk.session()? {
        Some(_) => desk.member()?.0,
        None => desk.server()?,
    };
    let base = offering.base().to_owned();
    let shown = handoff::offer(&offering, &base, &content, Some(60), desk.world).await?;
    let memory = handoff::memory(&server).await;
    let found = data.map(|folder| look_through(folder, shown.url.secret.auth().hash().as_bytes()));
    shown.kept.cancel(&offering).await?;
    let mut findings = findings(&memory?);
    if let Some(found) = found {
        findings.push(found?);
    }
    tell(desk, &findings)
}

fn findings(memory: &HandoffMemory) -> Vec<Finding> {
    let all = memory.mapped;
    let finding = |what, ok, detail: String| Finding { what, ok, detail };
    let of_all = |part: u64| format!("{part} of {all} bytes");
    let locked = memory.locked == all && memory.refused.is_empty();
    let mut lock = of_all(memory.locked);
    if !memory.refused.is_empty() {
        lock = format!(
            "{lock}; the system refused ({}): raise the limit of locked memory (LimitMEMLOCK=), or turn swap off",
            memory.refused
        );
    }
    vec![
        finding(
            "a handoff lies in memory",
            all > 0 && memory.slots > 0,
            format!("{} handoffs", memory.slots),
        ),
        finding("locked, never swapped", locked, lock),
        finding(
            "nothing swapped out",
            memory.swapped == 0,
            of_all(memory.swapped),
        ),
        finding("in no file", memory.in_files == 0, of_all(memory.in_files)),
        finding(
            "left out of core dumps",
            memory.undumped == all,
            of_all(memory.undumped),
        ),
        finding("the process is not dumped", !memory.dumpable, String::new()),
        finding(
            "no core files",
            memory.core_limit == 0,
            format!("limit {} bytes", memory.core_limit),
        ),
    ]
}

/// What the server keeps of the trial, in no file.
fn look_through(folder: &Path, trial: &[u8]) -> Result<Finding, Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage("data_unreadable", format!("{}: {error}", folder.display()))
    };
    let (mut files, mut holders) = (0_usize, Vec::new());
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files += 1;
                // A file that went away meanwhile holds nothing.
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                if bytes.windows(trial.len()).any(|window| window == trial) {
                    holders.push(entry.path().display().to_string());
                }
            }
        }
    }
    Ok(Finding {
        what: "in none of the server's files",
        ok: holders.is_empty() && files > 0,
        detail: if holders.is_empty() {
            format!("{files} files looked through")
        } else {
            holders.join(", ")
        },
    })
}

fn tell(desk: &Desk, findings: &[Finding]) -> Result<(), Failure> {
    let ok = findings.iter().all(|finding| finding.ok);
    let all: Vec<_> = findings
        .iter()
        .map(|one| json!({"what": one.what, "ok": one.ok, "detail": one.detail}))
        .collect();
    if desk.json {
        exit::say(&json!({"ok": ok, "findings": all}));
    } else {
        for one in findings {
            let mark = if one.ok { "ok " } else { "NO " };
            exit::print(format!("{mark} {}  {}", one.what, one.detail).trim_end());
        }
    }
    if ok {
        return Ok(());
    }
    let first = findings.iter().find(|one| !one.ok);
    let what = first.map_or("", |one| one.what);
    Err(Failure::silent(
        Fault::Other,
        "check_failed",
        format!("not so: {what}"),
    ))
}
