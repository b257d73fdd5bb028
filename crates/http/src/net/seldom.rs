//! A future beside a busy one in the same task, looked at only when it has called.
//!
//! A task is woken as a whole: `select!` of a connection and of what seldom happens to it would ask each of these
//! with every request, which takes more than counting the request does.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Polls `F` when its own waker was called, and the first time.
pub(crate) struct Seldom<F> {
    inner: Pin<Box<F>>,
    bell: Arc<Bell>,
    /// As the bell has it: to see that the task is still the same takes no lock.
    task: Waker,
}

struct Bell {
    rung: AtomicBool,
    task: Mutex<Waker>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.wake_by_ref();
    }
}

impl<F: Future> Seldom<F> {
    pub(crate) fn new(inner: F) -> Self {
        let bell = Bell {
            rung: AtomicBool::new(true),
            task: Mutex::new(Waker::noop().clone()),
        };
        Self {
            inner: Box::pin(inner),
            bell: Arc::new(bell),
            task: Waker::noop().clone(),
        }
    }
}

impl<F: Future> Future for Seldom<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if !self.task.will_wake(cx.waker()) {
            self.task.clone_from(cx.waker());
            let mut task = self
                .bell
                .task
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            task.clone_from(cx.waker());
        }
        // The task is known by now: a call that this look does not see wakes it again.
        if !self.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let bell = Waker::from(Arc::clone(&self.bell));
        self.inner.as_mut().poll(&mut Context::from_waker(&bell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn it_is_looked_at_when_it_calls_and_not_before() {
        let (notify, looks) = (Notify::new(), AtomicBool::new(false));
        let mut inner = Box::pin(notify.notified());
        let mut seldom = Seldom::new(poll_fn(|cx| {
            looks.store(true, Ordering::Relaxed);
            inner.as_mut().poll(cx)
        }));
        let mut look = async || {
            let ready = poll_fn(|cx| Poll::Ready(Pin::new(&mut seldom).poll(cx).is_ready())).await;
            (ready, looks.swap(false, Ordering::Relaxed))
        };
        assert_eq!(look().await, (false, true), "the first time");
        assert_eq!(look().await, (false, false), "it has not called");
        notify.notify_one();
        assert_eq!(look().await, (true, true), "it has");
    }

    #[tokio::test]
    async fn it_wakes_the_task_that_waits_for_it() {
        let (told, tell) = tokio::sync::oneshot::channel();
        let waiting = tokio::spawn(Seldom::new(tell));
        tokio::task::yield_now().await;
        told.send(7).expect("somebody waits");
        assert_eq!(waiting.await.expect("no panic"), Ok(7));
    }
}
