//! Processes that draw pages. A mail that takes one down takes nothing else: the process is replaced, and the
//! mail is drawn again as its text alone.
//!
//! Sheets and answers are length-prefixed messages on the process's stdin and stdout
//! ([`depesche_page::frame`]). The process limits its own memory and CPU; here the wall clock is watched.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use depesche_page::frame::{self, Answer, Grade};
use depesche_page::sheet::Sheet;
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;

/// Which program draws, and what it may take.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program: as a rule this one itself.
    pub path: PathBuf,
    /// What it is called with.
    pub arguments: Vec<String>,
    /// After so long it counts as hung.
    pub wall: Duration,
}

impl Program {
    /// `PATH render-worker`, with the limit of the house.
    #[must_use]
    pub fn new(path: PathBuf) -> Program {
        Program {
            path,
            arguments: vec!["render-worker".to_owned()],
            wall: Duration::from_secs(20),
        }
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The PDF, not encrypted.
    pub pdf: Vec<u8>,
    /// How good it came out.
    pub grade: Grade,
}

/// No page, not even of the text alone.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The program could not be started: try again later.
    #[error("the process that draws pages could not be started: {0}")]
    Start(io::Error),
    /// It ended, hung, or said no, twice.
    #[error("the page could not be drawn")]
    Dead,
    /// The mail is larger than a message to the process may be.
    #[error("the mail is too large to be drawn")]
    TooLarge,
}

/// The processes. They start when they are first wanted, and wait for the next mail.
#[derive(Debug, Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    program: Program,
    seats: Semaphore,
    idle: Mutex<Vec<Process>>,
}

#[derive(Debug)]
struct Process {
    /// Is ended when it is dropped.
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Pool {
    /// At most so many processes at once.
    #[must_use]
    pub fn new(program: Program, workers: usize) -> Pool {
        Pool {
            shared: Arc::new(Shared {
                program,
                seats: Semaphore::new(workers.max(1)),
                idle: Mutex::new(Vec::new()),
            }),
        }
    }

    /// Draws a sheet.
    ///
    /// # Errors
    /// Only when not even the text could be drawn.
    pub async fn render(&self, sheet: &Sheet) -> Result<Rendered, RenderError> {
        let _seat = self
            .shared
            .seats
            .acquire()
            .await
            .map_err(|_| RenderError::Dead)?;
        match self.attempt(sheet).await {
            Err(RenderError::Dead) if !sheet.plain => {
                tracing::warn!("a page could not be drawn and goes out as text alone");
                self.attempt(&sheet.as_plain()).await
            }
            other => other,
        }
    }

    async fn attempt(&self, sheet: &Sheet) -> Result<Rendered, RenderError> {
        let message = frame::write_sheet(sheet);
        if message.len() > frame::MOST {
            return Err(RenderError::TooLarge);
        }
        let mut process = match self.take() {
            Some(idle) => idle,
            None => self.start().map_err(RenderError::Start)?,
        };
        let answer = self
            .ask(&mut process, &message)
            .await
            .map_err(|_| RenderError::Dead)?;
        self.answered(process, answer)
    }

    fn answered(&self, process: Process, answer: Answer) -> Result<Rendered, RenderError> {
        let mut idle = self
            .shared
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        idle.push(process);
        match answer {
            Answer::Drawn(grade, pdf) => Ok(Rendered { pdf, grade }),
            Answer::Failed => Err(RenderError::Dead),
        }
    }

    fn take(&self) -> Option<Process> {
        let mut idle = self
            .shared
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while let Some(mut process) = idle.pop() {
            if matches!(process.child.try_wait(), Ok(None)) {
                return Some(process);
            }
        }
        None
    }

    fn start(&self) -> io::Result<Process> {
        let program = &self.shared.program;
        let mut child = Command::new(&program.path)
            .args(&program.arguments)
            // Nothing of the server's environment: what draws strangers' mails knows no secrets.
            .env_clear()
            .env("RAYON_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        Ok(Process {
            child,
            stdin,
            stdout,
        })
    }

    /// One message there and one back, in time.
    async fn ask(&self, process: &mut Process, message: &[u8]) -> io::Result<Answer> {
        let exchange = async {
            let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
            process.stdin.write_all(&length.to_le_bytes()).await?;
            process.stdin.write_all(message).await?;
            process.stdin.flush().await?;
            let length = process.stdout.read_u32_le().await? as usize;
            if length > frame::MOST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut answer = vec![0; length];
            process.stdout.read_exact(&mut answer).await?;
            frame::read_answer(&answer).map_err(io::Error::other)
        };
        tokio::time::timeout(self.shared.program.wall, exchange).await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell script in the place of the program: `message` prints the sheet, `answer Xabc` answers.
    fn pool(script: &str, seconds: u64) -> Pool {
        let words = r#"PATH=/usr/bin:/bin
            message() { dd bs=1 count="$(od -An -N4 -tu4)" 2>/dev/null; }
            answer() { printf '\004\000\000\000%s' "$1"; }
        "#;
        let program = Program {
            path: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), format!("{words} {script}")],
            wall: Duration::from_secs(seconds),
        };
        Pool::new(program, 1)
    }

    fn grade_and_text(rendered: &Rendered) -> (Grade, &str) {
        (
            rendered.grade,
            std::str::from_utf8(&rendered.pdf).expect("text"),
        )
    }

    #[tokio::test]
    async fn a_page_comes_back() {
        let rendered = pool("message >/dev/null; answer Uabc", 30)
            .render(&Sheet::default())
            .await
            .expect("a page");
        assert_eq!(grade_and_text(&rendered), (Grade::Ua, "abc"));
    }

    #[tokio::test]
    async fn a_rich_page_that_kills_or_hangs_comes_back_as_text() {
        for (end, seconds) in [("kill -9 $$", 30), ("exec sleep 60", 3), ("exit 1", 30)] {
            let script =
                format!("if message | grep -q '\"plain\":true'; then answer Pabc; else {end}; fi");
            let rendered = pool(&script, seconds)
                .render(&Sheet::default())
                .await
                .expect("a page");
            assert_eq!(grade_and_text(&rendered), (Grade::Plain, "abc"), "{end}");
        }
    }

    #[tokio::test]
    async fn what_always_dies_is_an_error_and_never_a_wait() {
        let refused = pool("exit 1", 30).render(&Sheet::default()).await;
        assert!(matches!(refused, Err(RenderError::Dead)), "{refused:?}");
        let missing = Pool::new(Program::new("/nowhere/depesche".into()), 1);
        let refused = missing.render(&Sheet::default()).await;
        assert!(matches!(refused, Err(RenderError::Start(_))), "{refused:?}");
    }
}
