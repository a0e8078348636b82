//! Parsing is CPU-bound, so a program can provide a [`Spawner`]: windows are then read and parsed on the threads of the
//! spawner. Without a spawner, everything runs on the thread that polls the stream. The library itself starts no
//! threads and no tasks.

use std::future::Future;
use std::sync::Arc;

use futures_channel::oneshot;
use futures_util::future::{AbortHandle, BoxFuture, abortable};

/// Runs tasks of the library on threads of the program.
///
/// A program that runs on tokio passes `|task| { tokio::spawn(task); }`. If the spawner drops a task that has not
/// ended, the work of the task starts again on the thread that polls the stream, so no result is lost.
pub trait Spawner: Send + Sync {
    /// Starts the task on another thread and returns without waiting for it.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

impl<F: Fn(BoxFuture<'static, ()>) + Send + Sync> Spawner for F {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self(task);
    }
}

/// Aborts a task when this value is dropped.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The side that polls a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolledBy {
    /// A task of the spawner, which is polled whenever it can proceed.
    Spawner,
    /// The caller, who may stop polling at any time.
    Caller,
}

/// Runs work on the spawner, or in the current task if there is no spawner, and returns the result. Dropping the future
/// aborts the work.
pub(crate) async fn run_on<F, T>(spawner: Option<Arc<dyn Spawner>>, work: impl Fn(PolledBy) -> F + Send + Sync) -> T
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    if let Some(spawner) = spawner {
        let (sender, receiver) = oneshot::channel();
        let (task, handle) = abortable(work(PolledBy::Spawner));
        let _abort = AbortOnDrop(handle);
        spawner.spawn(Box::pin(async move {
            if let Ok(result) = task.await {
                // Fails only if the receiver was dropped, and then the result is not needed.
                let _ = sender.send(result);
            }
        }));
        if let Ok(result) = receiver.await {
            return result;
        }
    }
    work(PolledBy::Caller).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn counting(counter: &Arc<AtomicU32>) -> impl Fn(PolledBy) -> BoxFuture<'static, u32> + use<> {
        let counter = counter.clone();
        move |_| {
            let counter = counter.clone();
            Box::pin(async move { counter.fetch_add(1, Ordering::Relaxed) })
        }
    }

    #[tokio::test]
    async fn work_runs_on_the_spawner_or_else_on_the_polling_thread() {
        let counter = Arc::new(AtomicU32::new(0));
        let spawned = Arc::new(AtomicU32::new(0));
        let count = spawned.clone();
        let lent: Arc<dyn Spawner> = Arc::new(move |task| {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(task);
        });
        assert_eq!(run_on(Some(lent), counting(&counter)).await, 0);
        assert_eq!(spawned.load(Ordering::Relaxed), 1);
        assert_eq!(run_on(None, counting(&counter)).await, 1);
        // A runtime that shuts down drops the task.
        let ending: Arc<dyn Spawner> = Arc::new(drop::<BoxFuture<'static, ()>>);
        assert_eq!(run_on(Some(ending), counting(&counter)).await, 2);
    }

    #[tokio::test]
    async fn dropping_the_future_aborts_the_work() {
        struct DropCounter(Arc<AtomicU32>);
        impl Drop for DropCounter {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let ended = Arc::new(AtomicU32::new(0));
        let (begun, begin) = oneshot::channel::<()>();
        let begun = std::sync::Mutex::new(Some(begun));
        let lent: Arc<dyn Spawner> = Arc::new(|task| {
            tokio::spawn(task);
        });
        let work = {
            let ended = ended.clone();
            move |_| {
                let counter = DropCounter(ended.clone());
                let begun = begun.lock().unwrap().take();
                async move {
                    let _counter = counter;
                    drop(begun);
                    std::future::pending::<()>().await;
                }
            }
        };
        let waiting = run_on(Some(lent), work);
        futures_util::future::select(Box::pin(waiting), begin).await;
        while ended.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
    }
}
