use std::sync::Mutex;
use std::time::Duration;

use loom::sync::Arc;
use loom::thread;

use crate::Model;
use crate::error::Status;
use crate::tracked::Tracked;
use crate::turns::Turns;

pub(crate) const ALL: &[Model] = &[
    ("turns: nobody waits for ever or shares a predictor", nobody_waits_for_ever),
    ("turns: callers are served in their order", served_in_order),
    ("turns: nobody overtakes who waits", nobody_overtakes),
    ("turns: the end wakes all who wait", the_end_wakes_all),
    ("turns: the end beside a predictor that comes back", the_end_beside_a_return),
    ("turns: time that is up loses no predictor", time_that_is_up_loses_nothing),
];

const A_WHILE: Option<Duration> = Some(Duration::from_secs(1));

/// A pool of one predictor, which is a number that its user changes.
struct World {
    turns: Turns,
    predictor: Tracked,
    order: Mutex<Vec<&'static str>>,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            turns: Turns::new(1, None),
            predictor: Tracked::new(0),
            order: Mutex::new(Vec::new()),
        })
    }

    /// One caller's whole visit.
    fn visit(&self, name: &'static str, limit: Option<Duration>) -> Status {
        match self.turns.acquire(limit) {
            Ok(index) => {
                assert_eq!(index, 0);
                self.predictor.set(self.predictor.get() + 1);
                self.order.lock().unwrap().push(name);
                self.turns.give_back(index);
                Status::Ok
            }
            Err(error) => error.status(),
        }
    }

    fn wait_for_waiting(&self, number: usize) {
        while self.turns.counts().waiting != number {
            thread::yield_now();
        }
    }

    /// Nobody is there any more and the predictor is.
    fn is_at_rest(&self) {
        let counts = self.turns.counts();
        assert_eq!((counts.in_use, counts.waiting), (0, 0));
    }
}

fn start(world: &Arc<World>, name: &'static str, limit: Option<Duration>) -> thread::JoinHandle<Status> {
    let world = Arc::clone(world);
    thread::spawn(move || world.visit(name, limit))
}

fn nobody_waits_for_ever() {
    let world = World::new();
    let others = ["a", "b"].map(|name| start(&world, name, None));
    assert_eq!(world.visit("here", None), Status::Ok);
    for other in others {
        assert_eq!(other.join().unwrap(), Status::Ok);
    }
    assert_eq!(world.predictor.get(), 3);
    assert_eq!(world.turns.counts().acquired, 3);
    world.is_at_rest();
}

fn served_in_order() {
    let world = World::new();
    let held = world.turns.acquire(None).unwrap();
    let first = start(&world, "first", None);
    world.wait_for_waiting(1);
    let second = start(&world, "second", None);
    world.wait_for_waiting(2);
    world.turns.give_back(held);
    assert_eq!(first.join().unwrap(), Status::Ok);
    assert_eq!(second.join().unwrap(), Status::Ok);
    assert_eq!(*world.order.lock().unwrap(), ["first", "second"]);
    world.is_at_rest();
}

fn nobody_overtakes() {
    let world = World::new();
    let held = world.turns.acquire(None).unwrap();
    let waiter = start(&world, "waiter", None);
    world.wait_for_waiting(1);
    world.turns.give_back(held);
    if world.visit("late", Some(Duration::ZERO)) == Status::Ok {
        assert_eq!(*world.order.lock().unwrap(), ["waiter", "late"]);
    }
    assert_eq!(waiter.join().unwrap(), Status::Ok);
    world.is_at_rest();
}

fn the_end_wakes_all() {
    let world = World::new();
    let held = world.turns.acquire(None).unwrap();
    let waiters = ["a", "b"].map(|name| start(&world, name, None));
    world.turns.close();
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), Status::InvalidHandle);
    }
    world.turns.give_back(held);
    assert_eq!(world.visit("late", None), Status::InvalidHandle);
    world.is_at_rest();
}

fn the_end_beside_a_return() {
    let world = World::new();
    let held = world.turns.acquire(None).unwrap();
    let waiter = start(&world, "waiter", None);
    let returner = Arc::clone(&world);
    let returner = thread::spawn(move || returner.turns.give_back(held));
    world.turns.close();
    let status = waiter.join().unwrap();
    assert!([Status::Ok, Status::InvalidHandle].contains(&status));
    returner.join().unwrap();
    world.is_at_rest();
}

fn time_that_is_up_loses_nothing() {
    let world = World::new();
    let held = world.turns.acquire(None).unwrap();
    let hasty = start(&world, "hasty", A_WHILE);
    let patient = start(&world, "patient", None);
    world.turns.give_back(held);
    let hasty = hasty.join().unwrap();
    assert!([Status::Ok, Status::Timeout].contains(&hasty));
    assert_eq!(patient.join().unwrap(), Status::Ok);
    let timeouts = world.turns.counts().timeouts;
    assert_eq!(timeouts, u64::from(hasty == Status::Timeout));
    world.is_at_rest();
}
