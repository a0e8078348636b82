//! To understand what came takes as much of the processor as one thread has, while others may have nothing to do. The
//! library has no threads and starts no tasks by itself; a program that has threads to spare lends them through
//! [`Spawner`](crate::seam::Spawner), and a window is then read where that runs it.

use std::future::Future;
use std::sync::Arc;

use futures_channel::oneshot;
use futures_util::future::{AbortHandle, BoxFuture, abortable};

/// Runs a task that a reading is made of, on whatever thread.
///
/// For a program on tokio's threads it is `|task| { tokio::spawn(task); }`. A task that is dropped before its end is run
/// again where the reading is awaited, so nothing is lost by it.
pub trait Spawner: Send + Sync {
    /// Runs the task to its end, somewhere else, without waiting for it.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

impl<F: Fn(BoxFuture<'static, ()>) + Send + Sync> Spawner for F {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self(task);
    }
}

/// Ends a task when the reading is dropped.
struct Ends(AbortHandle);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The outcome of some work, done elsewhere if there is a spawner, and given up when the future is dropped.
pub(super) async fn elsewhere<F, T>(spawner: Option<Arc<dyn Spawner>>, work: impl Fn() -> F + Send + Sync) -> T
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    if let Some(spawner) = spawner {
        let (tell, told) = oneshot::channel();
        let (task, handle) = abortable(work());
        let _ends = Ends(handle);
        spawner.spawn(Box::pin(async move {
            if let Ok(done) = task.await {
                // Nobody waits for it any more.
                let _ = tell.send(done);
            }
        }));
        if let Ok(done) = told.await {
            return done;
        }
    }
    work().await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn counting(counter: &Arc<AtomicU32>) -> impl Fn() -> BoxFuture<'static, u32> + use<> {
        let counter = counter.clone();
        move || {
            let counter = counter.clone();
            Box::pin(async move { counter.fetch_add(1, Ordering::Relaxed) })
        }
    }

    #[tokio::test]
    async fn work_is_done_where_the_program_says_and_else_here() {
        let counter = Arc::new(AtomicU32::new(0));
        let spawned = Arc::new(AtomicU32::new(0));
        let count = spawned.clone();
        let lent: Arc<dyn Spawner> = Arc::new(move |task| {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(task);
        });
        assert_eq!(elsewhere(Some(lent), counting(&counter)).await, 0);
        assert_eq!(spawned.load(Ordering::Relaxed), 1);
        assert_eq!(elsewhere(None, counting(&counter)).await, 1);
        // A runtime that is about to end drops what it is given.
        let ending: Arc<dyn Spawner> = Arc::new(drop::<BoxFuture<'static, ()>>);
        assert_eq!(elsewhere(Some(ending), counting(&counter)).await, 2);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_ends() {
        struct Noted(Arc<AtomicU32>);
        impl Drop for Noted {
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
            move || {
                let noted = Noted(ended.clone());
                let begun = begun.lock().unwrap().take();
                async move {
                    let _noted = noted;
                    drop(begun);
                    std::future::pending::<()>().await;
                }
            }
        };
        let waiting = elsewhere(Some(lent), work);
        futures_util::future::select(Box::pin(waiting), begin).await;
        while ended.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
    }
}
