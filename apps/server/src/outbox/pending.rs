//! The write half's end of an outbox. It waits, takes everything that is there, and turns it into slices for one
//! vectored write, without what the peer said itself.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, ready};

use hubbub_transport::Transport;

use super::{DIRECT, Delivery, EVICTED, Intake, OPEN, REFUSED, Shared, fill};
use crate::id::PeerId;
use crate::memory::Memory;

/// The write half's end of a peer's queue.
#[derive(Debug)]
pub struct Pending {
    reader: PeerId,
    shared: Arc<Shared>,
    /// What is being written.
    taken: VecDeque<Delivery>,
}

impl Pending {
    pub(super) fn new(reader: PeerId, shared: Arc<Shared>) -> Self {
        Self {
            reader,
            shared,
            taken: VecDeque::new(),
        }
    }

    /// The read half's end of the same outbox. What it holds is counted as used `memory`.
    #[must_use]
    pub fn intake(&self, memory: &Arc<Memory>) -> Intake {
        Intake::new(Arc::clone(&self.shared), Arc::clone(memory))
    }

    /// Waits for something to write, and takes everything that is there. Returns `false` when the hub has let go and
    /// everything is written.
    pub fn fill(&mut self) -> impl Future<Output = bool> {
        poll_fn(|context| {
            self.shared.task.register(context.waker());
            // Both are read before the queue is emptied, so what is taken includes everything pushed before the end,
            // and what is left of a write of the hub.
            let state = self.shared.state.load(Ordering::Acquire);
            let hub_writes = self.shared.has(DIRECT);
            self.take();
            match (self.taken.is_empty(), state) {
                // The hub is about to queue what is left of its write, and wakes the task then.
                (false, _) if hub_writes => Poll::Pending,
                (false, _) => Poll::Ready(true),
                (true, OPEN) => Poll::Pending,
                (true, _) => Poll::Ready(false),
            }
        })
    }

    fn take(&mut self) {
        for delivery in self.shared.take() {
            match &delivery {
                // The peer's task may have pushed something while the hub wrote it.
                Delivery::Part(part) if part.goes_first => self.taken.push_front(delivery),
                _ => self.taken.push_back(delivery),
            }
        }
    }

    /// The connection, to which it writes.
    ///
    /// # Errors
    ///
    /// There is no connection.
    pub fn transport(&self) -> io::Result<&Transport> {
        self.shared.transport()
    }

    /// Whether what was taken says that the peer's JOIN was refused.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.shared.has(REFUSED)
    }

    /// Whether everything that was taken is written.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.taken.is_empty()
    }

    /// Whether what comes next is not known yet; see [`Pending::settle`].
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        matches!(self.taken.front(), Some(Delivery::Later(_)))
    }

    /// Waits until it is known what comes next, and puts that in its place. Returns `false` if nothing will come or the
    /// hub has evicted the peer, so that the connection must end.
    pub fn settle(&mut self) -> impl Future<Output = bool> {
        poll_fn(|context| {
            self.shared.task.register(context.waker());
            if self.is_evicted() {
                return Poll::Ready(false);
            }
            let Some(Delivery::Later(later)) = self.taken.front_mut() else {
                return Poll::Ready(true);
            };
            let Some(deliveries) = ready!(later.poll(context)) else {
                return Poll::Ready(false);
            };
            let later = self.taken.pop_front();
            for delivery in deliveries.into_iter().rev().map(Delivery::exempt) {
                self.shared.wait(delivery.price());
                self.taken.push_front(delivery);
            }
            // Only now, so that something waits all the time, and the hub writes nothing itself.
            if let Some(later) = later {
                self.shared.wait_no_more(later.price());
            }
            Poll::Ready(true)
        })
    }

    /// Fills `slices` with what comes next, in order, as far as it is known. Returns how many it used. 0 means that the
    /// peer said itself everything that was taken. Such deliveries need no write.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let known = self.taken.iter().map_while(|delivery| match delivery {
            Delivery::Part(part) => Some(part),
            Delivery::Later(_) => None,
        });
        let parts = known.flat_map(|part| part.parts(self.reader));
        fill(slices, parts)
    }

    /// Forgets the next `written` bytes, and every delivery that they complete.
    pub fn advance(&mut self, mut written: usize) {
        self.shared.count_write();
        while let Some(Delivery::Part(part)) = self.taken.front_mut() {
            if !part.advance(self.reader, &mut written) {
                return;
            }
            let clears = part.clears;
            if let Some(delivery) = self.taken.pop_front() {
                self.shared.wait_no_more(delivery.price());
            }
            if clears != 0 {
                self.shared.clear(clears);
                // The read half may wait for that.
                self.shared.task.wake();
            }
        }
        if self.taken.is_empty() {
            self.taken = VecDeque::new();
        }
    }

    /// Forgets everything that was taken, since it cannot be written.
    pub fn forget(&mut self) {
        for delivery in mem::take(&mut self.taken) {
            self.shared.wait_no_more(delivery.price());
        }
    }

    /// Whether the hub has evicted the peer.
    #[must_use]
    pub fn is_evicted(&self) -> bool {
        self.shared.state.load(Ordering::Acquire) == EVICTED
    }

    /// Ready when the hub has evicted the peer.
    pub fn evicted(&self) -> impl Future<Output = ()> {
        // Not all of it, since what is not known yet may be used by one task only.
        let shared = &self.shared;
        poll_fn(|context| {
            shared.task.register(context.waker());
            if shared.state.load(Ordering::Acquire) == EVICTED {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Others may still hold the queue, and nobody writes what is in it or comes later.
        let left = self.shared.queue().take();
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;
    use std::task::{Context, Wake, Waker};

    use futures::FutureExt;
    use futures::channel::oneshot;

    use super::super::outbox;
    use super::*;
    use crate::batch::Form;
    use crate::batch::tests::{batch, frame, frame_in};
    use crate::outbox::{Full, Part};

    const READER: PeerId = PeerId(1);
    const OTHER: PeerId = PeerId(2);
    const THIRD: PeerId = PeerId(3);

    fn all(texts: &[(PeerId, &str)]) -> Part {
        Part::all(batch(texts))
    }

    /// What comes next, slice by slice.
    fn slices(pending: &Pending) -> Vec<String> {
        let mut slices = [IoSlice::new(&[]); 16];
        let used = pending.slices(&mut slices);
        let text = |slice: &IoSlice<'_>| String::from_utf8_lossy(slice).into_owned();
        slices[..used].iter().map(text).collect()
    }

    fn filled(deliveries: impl IntoIterator<Item = Part>) -> Pending {
        let (outbox, mut pending) = outbox(READER, usize::MAX, None);
        for delivery in deliveries {
            outbox.push(delivery.into()).unwrap();
        }
        assert_eq!(pending.fill().now_or_never(), Some(true));
        pending
    }

    #[test]
    fn a_reader_gets_everything_but_its_own_and_neighbours_in_one_slice() {
        let mixed = all(&[
            (OTHER, "a"),
            (THIRD, "b"),
            (READER, "c"),
            (READER, "d"),
            (OTHER, "e"),
        ]);
        let neighbours = [frame("a"), frame("b")].concat();
        assert_eq!(slices(&filled([mixed])), [neighbours, frame("e")]);
        assert_eq!(slices(&filled([all(&[(READER, "own")])])), [""; 0]);
        let after_its_own = all(&[(READER, "own"), (OTHER, "x")]);
        assert_eq!(slices(&filled([after_its_own])), [frame("x")]);
    }

    #[test]
    fn a_range_cuts_what_was_said_before_the_join_and_after_the_leave_in_every_form() {
        let texts = ["before", "meanwhile", "later", "after"].map(|text| (OTHER, text));
        for form in Form::ALL {
            let part = Part::new(batch(&texts), 1..3, form);
            let meanwhile = ["meanwhile", "later"].map(|text| frame_in(form, text));
            assert_eq!(slices(&filled([part])), [meanwhile.concat()]);
        }
    }

    /// Writes so many bytes at a time until nothing is left that is known. Returns them.
    fn written(pending: &mut Pending, step: usize) -> String {
        let mut got = String::new();
        while !pending.is_written() && !pending.is_unsettled() {
            let mut now = slices(pending).concat();
            now.truncate(step);
            pending.advance(now.len());
            got += &now;
        }
        got
    }

    #[test]
    fn any_split_of_the_writes_gives_the_same_bytes_in_every_form() {
        let batches = [
            batch(&[(OTHER, "abc"), (READER, "own"), (OTHER, "de")]),
            batch(&[(READER, "own")]),
            batch(&[
                (OTHER, "f"),
                (THIRD, "g"),
                (READER, "own"),
                (READER, "own"),
                (THIRD, "hi"),
            ]),
        ];
        for form in Form::ALL {
            let texts = ["abc", "de", "f", "g", "hi"];
            let whole = texts.map(|text| frame_in(form, text)).concat();
            for step in 1..=whole.len() {
                let part = |batch: &Arc<_>| Part::new(Arc::clone(batch), 0..batch.len(), form);
                let mut pending = filled(batches.each_ref().map(part));
                assert_eq!(written(&mut pending, step), whole, "{step} bytes a write");
                assert_eq!(pending.shared.waiting(), 0);
            }
        }
    }

    /// Counts how often a task is woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Woken {
        fn count(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn later(what: impl Future<Output = Option<Vec<Delivery>>> + Send + 'static) -> Delivery {
        Delivery::later(what)
    }

    #[test]
    fn what_comes_later_stands_in_its_place_whatever_is_written_at_a_time() {
        let whole = ["before", "one", "two", "three", "after"].map(frame);
        for step in 1..=whole.concat().len() {
            let (outbox, mut pending) = outbox(READER, usize::MAX, None);
            let (answer, asked) = oneshot::channel();
            let inner = later(ready(Some(vec![all(&[(OTHER, "two")]).into()])));
            let what = vec![
                all(&[(OTHER, "one")]).into(),
                inner,
                all(&[(OTHER, "three")]).into(),
            ];
            outbox.push(all(&[(OTHER, "before")]).into()).unwrap();
            outbox.push(later(async { asked.await.ok() })).unwrap();
            outbox.push(all(&[(OTHER, "after")]).into()).unwrap();
            assert_eq!(pending.fill().now_or_never(), Some(true));
            assert_eq!(written(&mut pending, step), whole[0]);
            assert!(pending.is_unsettled());
            assert_eq!(pending.settle().now_or_never(), None);
            assert_eq!(slices(&pending), [""; 0]);
            answer.send(what).unwrap();
            let mut got = String::new();
            while !pending.is_written() {
                assert_eq!(pending.settle().now_or_never(), Some(true));
                got += &written(&mut pending, step);
            }
            assert_eq!(got, whole[1..].concat(), "{step} bytes a write");
            assert_eq!(outbox.waiting(), 0);
        }
    }

    #[test]
    fn something_waits_all_the_time_until_what_comes_later_is_written() {
        let (outbox, mut pending) = outbox(READER, 1, None);
        let one = all(&[(OTHER, "one")]);
        let cost = one.cost();
        outbox.push(later(ready(Some(vec![one.into()])))).unwrap();
        assert!(outbox.waiting() > 0);
        assert_eq!(pending.fill().now_or_never(), Some(true));
        assert_eq!(pending.settle().now_or_never(), Some(true));
        assert_eq!((outbox.waiting(), outbox.is_lagging()), (cost, false));
        pending.advance(frame("one").len());
        assert_eq!(outbox.waiting(), 0);
    }

    #[test]
    fn the_connection_must_end_when_nothing_will_come_or_the_hub_wants_it() {
        for is_evicted in [false, true] {
            let (outbox, mut pending) = outbox(READER, usize::MAX, None);
            if is_evicted {
                outbox.push(later(std::future::pending())).unwrap();
                outbox.watch().evict();
            } else {
                outbox.push(later(ready(None))).unwrap();
            }
            assert_eq!(pending.fill().now_or_never(), Some(true));
            assert_eq!(pending.settle().now_or_never(), Some(false));
            assert_eq!(pending.is_evicted(), is_evicted);
            pending.forget();
            assert_eq!(outbox.waiting(), 0);
        }
    }

    #[test]
    fn an_answer_has_ended_when_its_last_byte_is_written_and_the_task_is_woken_then() {
        let (outbox, mut pending) = outbox(READER, usize::MAX, None);
        let intake = pending.intake(&Memory::new(0));
        for _ in 0..2 {
            assert!(intake.begin_answer());
            assert!(!intake.begin_answer());
            outbox.push(all(&[(OTHER, "text")]).into()).unwrap();
            let end = Delivery::from(all(&[(OTHER, "end")]));
            outbox.push(end.ends_answer()).unwrap();
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            let mut context = Context::from_waker(&waker);
            assert!(pin!(pending.fill()).poll(&mut context).is_ready());
            pending.advance((frame("text") + &frame("end")).len() - 1);
            assert!(intake.is_answering());
            assert_eq!(woken.count(), 0);
            pending.advance(1);
            assert!(!intake.is_answering());
            assert_eq!(woken.count(), 1);
        }
    }

    #[test]
    fn a_peers_own_frames_wait_once_and_again_when_they_are_written() {
        let (outbox, mut pending) = outbox(READER, 1, None);
        let intake = pending.intake(&Memory::new(0));
        outbox.push(all(&[(OTHER, "before")]).into()).unwrap();
        for before in [frame("before"), String::new()] {
            assert_eq!(intake.push_own(b"pong".to_vec()), Ok(()));
            assert_eq!(intake.push_own(b"pong".to_vec()), Err(Full));
            assert_eq!(outbox.is_lagging(), !before.is_empty());
            assert_eq!(pending.fill().now_or_never(), Some(true));
            let whole = before + "pong";
            assert_eq!(written(&mut pending, usize::MAX), whole);
            assert_eq!(outbox.waiting(), 0);
        }
    }

    /// The hub writes half of a text, the peer's task pushes a PONG, and the hub queues the other half.
    #[test]
    fn a_peers_own_frames_never_get_into_a_write_of_the_hub() {
        let (outbox, mut pending) = outbox(READER, usize::MAX, None);
        let intake = pending.intake(&Memory::new(0));
        outbox.shared.set(DIRECT);
        let mut part = all(&[(OTHER, "text")]);
        assert!(!part.advance(READER, &mut 4));
        part.goes_first = true;
        intake.push_own(b"pong".to_vec()).unwrap();
        assert_eq!(pending.fill().now_or_never(), None);
        outbox.shared.enqueue(part.into());
        assert_eq!(pending.fill().now_or_never(), None);
        outbox.shared.clear(DIRECT);
        assert_eq!(pending.fill().now_or_never(), Some(true));
        let rest = &frame("text")[4..];
        assert_eq!(written(&mut pending, usize::MAX), rest.to_owned() + "pong");
    }

    #[test]
    fn what_is_forgotten_waits_no_more_and_the_queue_takes_more() {
        let one = all(&[(OTHER, "0123456789")]);
        let (outbox, mut pending) = outbox(READER, one.cost(), None);
        for written in [0, 1, 2] {
            outbox.push(one.clone().into()).unwrap();
            assert_eq!(pending.fill().now_or_never(), Some(true));
            assert_eq!(slices(&pending), [frame("0123456789")]);
            pending.advance(written);
            pending.forget();
            assert!(pending.is_written());
            assert_eq!(outbox.waiting(), 0);
        }
    }

    #[test]
    fn what_is_queued_is_still_taken_after_the_hub_has_let_go() {
        let (outbox, mut pending) = outbox(READER, usize::MAX, None);
        outbox.push(all(&[(OTHER, "last")]).into()).unwrap();
        drop(outbox);
        assert_eq!(pending.fill().now_or_never(), Some(true));
        pending.advance(frame("last").len());
        assert_eq!(pending.fill().now_or_never(), Some(false));
    }

    #[test]
    fn nothing_waits_any_more_when_the_peers_task_has_ended() {
        let (outbox, pending) = outbox(READER, usize::MAX, None);
        outbox.push(all(&[(OTHER, "unwritten")]).into()).unwrap();
        let going = outbox.watch();
        let waiting = outbox.waiting();
        drop(outbox);
        assert_eq!(going.waiting(), waiting);
        drop(pending);
        assert_eq!(going.waiting(), 0);
    }

    #[test]
    fn what_comes_after_the_peers_task_has_ended_is_thrown_away_at_once() {
        let (outbox, pending) = outbox(READER, usize::MAX, None);
        drop(pending);
        let batch = batch(&[(OTHER, "unheard")]);
        outbox.push(Part::all(Arc::clone(&batch)).into()).unwrap();
        outbox
            .deliver(READER, Part::all(Arc::clone(&batch)))
            .unwrap();
        assert_eq!(Arc::strong_count(&batch), 1);
    }

    #[test]
    fn a_refusal_is_known_as_one_when_it_is_taken_and_nothing_else_is() {
        let (outbox, mut pending) = outbox(READER, usize::MAX, None);
        outbox.push(all(&[(OTHER, "hello")]).into()).unwrap();
        assert!(outbox.ask());
        assert!(!pending.is_refusal());
        outbox.refuse();
        outbox.push(all(&[(OTHER, "no")]).into()).unwrap();
        assert_eq!(pending.fill().now_or_never(), Some(true));
        assert!(pending.is_refusal());
    }
}
