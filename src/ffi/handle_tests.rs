use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::slots::{QUARANTINE, chunk_length, place_of};
use super::*;

struct Thing(Arc<AtomicUsize>);
impl Object for Thing {
    const KIND: HandleKind = HandleKind::Tensor;
    type Opaque = super::super::PredictorTensor;
    fn is_owned(&self) -> bool {
        false
    }
}
impl Drop for Thing {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn thing() -> (*mut super::super::PredictorTensor, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    (insert(Thing(drops.clone())).unwrap(), drops)
}

fn status(handle: *const super::super::PredictorTensor) -> Status {
    get::<Thing>(handle).map_or_else(|error| error.status(), |_| Status::Ok)
}

#[test]
fn places_fill_the_chunks_without_gaps() {
    let mut expected = (0, 0);
    for index in 0..20_000 {
        assert_eq!(place_of(index), expected);
        expected.1 += 1;
        if expected.1 == chunk_length(expected.0) {
            expected = (expected.0 + 1, 0);
        }
    }
}

#[test]
fn garbage_is_an_error_and_never_followed() {
    let (handle, _) = thing();
    for garbage in [0, 1, 8, usize::MAX, handle.addr() + 1, handle.addr() + 8, 0xdead_beef] {
        assert_eq!(status(std::ptr::without_provenance(garbage)), Status::InvalidHandle);
    }
    assert_eq!(status(handle), Status::Ok);
    drop(remove::<Thing>(handle).unwrap());
}

#[test]
fn a_destroyed_handle_is_dark_at_once_and_its_object_lives_for_who_uses_it() {
    let (handle, drops) = thing();
    let user = get::<Thing>(handle).unwrap();
    drop(remove::<Thing>(handle).unwrap());
    assert_eq!(status(handle), Status::InvalidHandle);
    assert_eq!(remove::<Thing>(handle).err().unwrap().status(), Status::InvalidHandle);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(user);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn a_freed_slot_rests_for_the_whole_quarantine() {
    let (stale, _) = thing();
    drop(remove::<Thing>(stale).unwrap());
    for _ in 0..if cfg!(miri) { 10 } else { QUARANTINE - 100 } {
        let (handle, _) = thing();
        assert_ne!(handle, stale);
        drop(remove::<Thing>(handle).unwrap());
    }
    assert_eq!(status(stale), Status::InvalidHandle);
}

#[test]
fn of_many_threads_that_destroy_one_handle_one_wins() {
    let (handle, drops) = thing();
    let address = handle.expose_provenance();
    let winners = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let handle = std::ptr::with_exposed_provenance::<super::super::PredictorTensor>(address);
                for _ in 0..100 {
                    let _ = get::<Thing>(handle).map(|thing| thing.0.load(Ordering::SeqCst));
                }
                winners.fetch_add(usize::from(remove::<Thing>(handle).is_ok()), Ordering::SeqCst);
            });
        }
    });
    assert_eq!(winners.load(Ordering::SeqCst), 1);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}
