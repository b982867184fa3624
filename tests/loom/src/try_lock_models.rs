use loom::sync::Arc;
use loom::thread;

use crate::Model;
use crate::tracked::Tracked;
use crate::try_lock::TryLock;

pub(crate) const ALL: &[Model] = &[
    ("try_lock: changes exclude each other", changes_exclude_each_other),
    ("try_lock: a change excludes those who read", a_change_excludes_those_who_read),
];

fn add_one(lock: &TryLock<Tracked>) -> u32 {
    let Some(mut change) = lock.try_write() else { return 0 };
    let value = &mut *change;
    value.set(value.get() + 1);
    1
}

fn changes_exclude_each_other() {
    let lock = Arc::new(TryLock::new(Tracked::new(0)));
    let other = Arc::clone(&lock);
    let thread = thread::spawn(move || add_one(&other) + add_one(&other));
    let here = add_one(&lock);
    let all = here + thread.join().unwrap();
    // Only who was in the way of another may have kept it out; then it is free, and no change is lost.
    assert!(all >= 1);
    assert_eq!(lock.try_write().unwrap().get(), all);
}

fn a_change_excludes_those_who_read() {
    let lock = Arc::new(TryLock::new(Tracked::new(0)));
    let readers = [0, 1].map(|_| {
        let lock = Arc::clone(&lock);
        thread::spawn(move || {
            if let Some(value) = lock.try_read() {
                assert_eq!(value.get(), value.get());
            }
        })
    });
    let changed = add_one(&lock);
    for reader in readers {
        reader.join().unwrap();
    }
    assert_eq!(lock.try_read().unwrap().get(), changed);
    assert_eq!(add_one(&lock), 1, "nobody reads any more");
}
