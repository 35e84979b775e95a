//! What is counted is what the queues hold.

use hubbub_wire::Time;

use super::*;

/// How many frames wait for somebody.
fn frames(mut pending: Pending) -> u64 {
    taken(&mut pending).matches("CHAT/1.0 ").count() as u64
}

/// Members that come, speak and go at random. For some of them little may wait.
#[derive(Default)]
struct Crowd {
    here: Vec<(PeerId, Pending)>,
    gone: Vec<Pending>,
    /// Those that could not take something. Their LEAVE is in the next batch.
    slow: Vec<PeerId>,
    next: u64,
}

impl Crowd {
    fn acts(&mut self, post: &mut Post, draft: &mut Draft, random: &mut fastrand::Rng) {
        let time = Time::from_unix_ms(0);
        for peer in self.slow.drain(..) {
            post.dismiss(peer, draft.len());
            draft.left(peer, &name(), time);
        }
        let someone = (!self.here.is_empty()).then(|| random.usize(..self.here.len()));
        match (random.u8(..6), someone) {
            (0, Some(someone)) => {
                let (peer, pending) = self.here.swap_remove(someone);
                post.dismiss(peer, draft.len());
                draft.left(peer, &name(), time);
                self.gone.push(pending);
            }
            // One that has said something, and loses its connection before that is sent.
            (2, Some(someone)) => {
                let (peer, pending) = self.here.swap_remove(someone);
                post.cut(peer);
                self.gone.push(pending);
            }
            (1, _) | (_, None) => {
                let peer = PeerId(self.next);
                self.next += 1;
                draft.joined(peer, &name(), time);
                let limit = if random.bool() { ROOMY } else { 900 };
                let form = Form::ALL[random.usize(..2)];
                let (outbox, pending) = outbox(peer, limit, None);
                post.admit(peer, outbox, draft.len(), Notes::default(), form);
                self.here.push((peer, pending));
            }
            (_, Some(someone)) => says(draft, self.here[someone].0, &name(), "hello"),
        }
    }

    fn takes(&mut self, post: &mut Post, slow: Vec<PeerId>) {
        for peer in &slow {
            post.evict(*peer);
            if let Some(at) = self.here.iter().position(|(other, _)| other == peer) {
                self.gone.push(self.here.swap_remove(at).1);
            }
        }
        self.slow.extend(slow);
    }
}

#[test]
fn what_is_given_is_counted_frame_by_frame_whoever_comes_speaks_and_goes_meanwhile() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut refused = 0;
    for run in 0..500 {
        let (mut post, mut crowd, mut counted) = (post(), Crowd::default(), 0);
        for _ in 0..5 {
            let mut draft = Draft::default();
            for _ in 0..random.usize(..8) {
                crowd.acts(&mut post, &mut draft, &mut random);
            }
            let slow = post.send(draft);
            post.flushed();
            refused += slow.len();
            crowd.takes(&mut post, slow);
            counted += post.take_tally().frames;
        }
        drop(post);
        let here = crowd.here.into_iter().map(|(_, pending)| pending);
        let given: u64 = here.chain(crowd.gone).map(frames).sum();
        assert_eq!(counted, given, "run {run}");
    }
    assert!(refused > 50, "{refused}");
}
