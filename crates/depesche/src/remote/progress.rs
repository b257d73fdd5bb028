//! A progress bar on stderr, where somebody looks at it.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use depesche_client::meter::Meter;
use indicatif::{ProgressBar, ProgressStyle};

const BEAT: Duration = Duration::from_millis(100);

/// A bar that follows a meter until it is dropped.
pub(crate) struct Bar {
    shown: Option<(ProgressBar, tokio::task::JoinHandle<()>)>,
}

impl Bar {
    pub(crate) fn follow(meter: &Arc<Meter>, what: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { shown: None };
        }
        let template = "{msg} {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}";
        let style = ProgressStyle::with_template(template);
        let bar = ProgressBar::new(0).with_message(what);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let (meter, moving) = (Arc::clone(meter), bar.clone());
        let task = tokio::spawn(async move {
            let mut beat = tokio::time::interval(BEAT);
            loop {
                beat.tick().await;
                if meter.total() > 0 {
                    moving.set_length(meter.total());
                    moving.set_position(meter.done());
                }
            }
        });
        Self {
            shown: Some((bar, task)),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((bar, task)) = self.shown.take() {
            task.abort();
            bar.finish_and_clear();
        }
    }
}
