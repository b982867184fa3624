use loom::sync::Arc;
use loom::thread;

use crate::Model;
use crate::slot::{Slot, is_alive};
use crate::tracked::Tracked;

pub(crate) const ALL: &[Model] = &[
    ("slot: an object is freed once, after its last use", freed_once_after_the_last_use),
    ("slot: of several who end a handle one does", one_of_several_ends_it),
    ("slot: whoever sees a handle sees its object", a_handle_comes_with_its_object),
    ("slot: whoever ends a handle sees its object", an_end_sees_the_object),
    ("slot: a stale handle never reaches the next object", a_stale_handle_reaches_nothing_new),
];

const LABEL: u64 = 0x102;
const NEXT_LABEL: u64 = 0x104;
const ALIVE: u32 = 7;
const FREED: u32 = 0;

/// A slot and the objects it may stand for. They outlive the model, so that a use after the end is a
/// failure and not a crash.
struct World {
    slot: Slot,
    objects: [Tracked; 2],
    freed: std::sync::atomic::AtomicU32,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            slot: Slot::default(),
            objects: [0, 1].map(|_| Tracked::new(FREED)),
            freed: 0.into(),
        })
    }

    fn begin(&self, label: u64, object: usize) {
        self.objects[object].set(ALIVE);
        self.slot.begin(label, (&raw const self.objects[object]).cast_mut().cast());
    }

    fn object(&self, address: *mut ()) -> &Tracked {
        self.objects.iter().find(|object| std::ptr::eq(*object, address.cast())).unwrap()
    }

    fn leave(&self) {
        let Some(address) = self.slot.leave() else { return };
        self.object(address).set(FREED);
        self.freed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    /// What every call on a handle does.
    fn call(&self, label: u64) -> Option<*mut ()> {
        let address = self.slot.enter(label).ok()?;
        assert_eq!(self.object(address).get(), ALIVE);
        self.leave();
        Some(address)
    }

    /// What destroying a handle does.
    fn end(&self, label: u64) -> bool {
        let Ok(address) = self.slot.end(label) else { return false };
        assert_eq!(self.object(address).get(), ALIVE);
        self.leave();
        true
    }

    fn freed(&self) -> u32 {
        self.freed.load(std::sync::atomic::Ordering::Relaxed)
    }
}

fn freed_once_after_the_last_use() {
    let world = World::new();
    world.begin(LABEL, 0);
    let callers = [0, 1].map(|_| {
        let world = Arc::clone(&world);
        thread::spawn(move || world.call(LABEL))
    });
    assert!(world.end(LABEL));
    assert!(world.slot.enter(LABEL).is_err_and(|state| !is_alive(state)), "dark at once");
    for caller in callers {
        caller.join().unwrap();
    }
    assert_eq!(world.freed(), 1);
    assert_eq!(world.objects[0].get(), FREED);
}

fn one_of_several_ends_it() {
    let world = World::new();
    world.begin(LABEL, 0);
    let other = Arc::clone(&world);
    let other = thread::spawn(move || other.end(LABEL));
    let caller = Arc::clone(&world);
    let caller = thread::spawn(move || caller.call(LABEL));
    let here = world.end(LABEL);
    assert_ne!(here, other.join().unwrap());
    caller.join().unwrap();
    assert_eq!(world.freed(), 1);
}

fn a_handle_comes_with_its_object() {
    let world = World::new();
    let maker = Arc::clone(&world);
    let maker = thread::spawn(move || maker.begin(LABEL, 0));
    world.call(LABEL);
    maker.join().unwrap();
    assert!(world.call(LABEL).is_some());
    assert_eq!(world.freed(), 0);
}

fn an_end_sees_the_object() {
    let world = World::new();
    let maker = Arc::clone(&world);
    let maker = thread::spawn(move || maker.begin(LABEL, 0));
    let ended = world.end(LABEL);
    maker.join().unwrap();
    assert_ne!(ended, world.end(LABEL));
    assert_eq!(world.freed(), 1);
}

fn a_stale_handle_reaches_nothing_new() {
    let world = World::new();
    world.begin(LABEL, 0);
    let caller = Arc::clone(&world);
    let caller = thread::spawn(move || {
        if let Some(address) = caller.call(LABEL) {
            assert!(std::ptr::eq(caller.object(address), &caller.objects[0]));
        }
        if let Some(address) = caller.call(NEXT_LABEL) {
            assert!(std::ptr::eq(caller.object(address), &caller.objects[1]));
        }
    });
    assert!(world.end(LABEL));
    // A slot is used again once its object is gone, here at once.
    if world.freed() == 1 {
        world.begin(NEXT_LABEL, 1);
        assert!(world.end(NEXT_LABEL));
    }
    caller.join().unwrap();
    assert!(world.slot.enter(LABEL).is_err() && world.slot.enter(NEXT_LABEL).is_err());
}
