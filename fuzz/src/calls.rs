//! Turns bytes into calls of the C ABI on several threads.
//!
//! An input is a row of records of 16 bytes: which operation, on which thread, and what its arguments
//! are drawn from. Threads share the handles that they make, and may use and destroy each other's at
//! any time. Most arguments are good, or nothing would ever be reached; the rest is anything at all.

use std::ffi::{CString, c_char, c_void};
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use predictor_pool::ffi::{self, PredictorTensorView};

use crate::abi::{Recorder, defect};
use crate::feedback::Feedback;
use crate::random::{Random, digest};
use crate::{call, value};

#[path = "operations.rs"]
mod operations;

use operations::OPERATIONS;

/// How many operations there are; the number modulo this one names it.
pub const OPERATION_COUNT: usize = OPERATIONS.len();

pub const RECORD: usize = 16;
const THREADS: usize = 3;
const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models");

/// Watched so often, and helped after so many looks without progress.
const LOOK_EVERY: Duration = Duration::from_millis(2);
const STUCK_LOOKS: u32 = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Config,
    Predictor,
    Pool,
    Tensor,
}

/// What the threads of one input share.
struct World {
    /// Handles that arguments are drawn from, by `Kind`; stale ones stay in for a while.
    handles: [Mutex<Vec<usize>>; 4],
    /// Pools with what was acquired from them.
    leases: Mutex<Vec<(usize, usize)>>,
    /// Everything that has to be destroyed, destroyed or not.
    owned: Mutex<Vec<(Kind, usize)>>,
    /// Memory that tensors share; it lives until every handle is destroyed.
    shared_memory: Mutex<Vec<Vec<u64>>>,
    /// A folder to write to.
    folder: PathBuf,
    is_over: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an operation draws its arguments from: the record's bytes, then numbers made from them.
struct Arguments {
    bytes: Vec<u8>,
    at: usize,
    more: Random,
}

impl Arguments {
    fn byte(&mut self) -> u8 {
        self.at += 1;
        self.bytes.get(self.at - 1).copied().unwrap_or_else(|| self.more.byte())
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end.max(1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// True about once in `times`.
    fn rarely(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }
}

/// One thread of an input.
struct Caller<'a> {
    world: &'a World,
    recorder: Recorder,
}

/// Room for a result, and the pointer to pass: NULL or not aligned now and then.
struct Out<T> {
    room: Box<[T; 2]>,
    unset: T,
    pointer: *mut T,
}

impl<T: Copy + PartialEq> Out<T> {
    fn new(arguments: &mut Arguments, unset: T) -> Self {
        let mut room = Box::new([unset; 2]);
        let pointer = match arguments.byte() {
            250.. => null_mut(),
            247..250 => room.as_mut_ptr().cast::<u8>().wrapping_add(1).cast(),
            _ => room.as_mut_ptr(),
        };
        Self { room, unset, pointer }
    }

    /// The result of a call. One that failed must not have written.
    fn result(&self, function: &str, is_success: bool) -> Option<T> {
        // SAFETY: the room is there; the library wrote to it through the pointer.
        let written = unsafe { self.room.as_ptr().read_volatile() };
        if !is_success && written != self.unset {
            defect(&format!("{function} failed and wrote its out argument"));
        }
        is_success.then_some(written)
    }
}

const UNSET: usize = 0x5a5a_5a5a_5a5a_5a5a;

impl Caller<'_> {
    fn run(&mut self, records: &[Vec<u8>]) {
        for record in records {
            if self.world.is_over.load(Ordering::Relaxed) {
                return;
            }
            let operation = OPERATIONS[usize::from(record[0]) % OPERATIONS.len()];
            let more = Random(digest(record));
            operation(self, &mut Arguments { bytes: record[2..].to_vec(), at: 0, more });
        }
    }

    fn handles(&self, kind: Kind) -> MutexGuard<'_, Vec<usize>> {
        lock(&self.world.handles[kind as usize])
    }

    /// A handle of this kind, mostly.
    fn handle<T>(&mut self, kind: Kind, arguments: &mut Arguments) -> *mut T {
        let choice = arguments.byte();
        let of = |kind: Kind, index: u8| {
            let handles = self.handles(kind);
            handles.get(usize::from(index) % handles.len().max(1)).copied().unwrap_or(0)
        };
        let local = 0u64;
        let address = match choice {
            0..232 => of(kind, choice),
            232..236 => of(Kind::Config, choice),
            236..240 => of(Kind::Predictor, choice),
            240..243 => of(Kind::Pool, choice),
            243..246 => of(Kind::Tensor, choice),
            246 => of(kind, choice).wrapping_add(1),
            247 => of(kind, choice).wrapping_add(64),
            248 => of(kind, choice).wrapping_sub(64),
            249 => of(kind, choice).wrapping_add(64 << arguments.below(24)),
            250 => 1,
            251 => usize::MAX - 63,
            252 => std::ptr::from_ref(&local).addr(),
            253 => self.world.folder.as_os_str().as_encoded_bytes().as_ptr().addr(),
            254 => 0xdead_beef_dead_beef,
            255 => 0,
        };
        std::ptr::without_provenance_mut(address)
    }

    /// Keeps a handle that a call returned.
    fn keep(&mut self, kind: Kind, handle: usize, is_owned: bool) {
        if is_owned {
            lock(&self.world.owned).push((kind, handle));
        }
        let mut handles = self.handles(kind);
        // The newest 24: with more, hardly any would be met twice.
        if handles.len() >= 24 {
            handles.remove(0);
        }
        handles.push(handle);
    }

    /// Forgets a handle that ends now, or leaves it to be used when it is stale.
    fn drop_mostly(&mut self, kind: Kind, handle: usize, arguments: &mut Arguments) {
        if !arguments.rarely(3) {
            self.handles(kind).retain(|other| *other != handle);
        }
    }
}

/// A text for a name argument; NULL is `None`.
type Text = Option<CString>;

fn pointer(text: &Text) -> *const c_char {
    text.as_ref().map_or(null(), |text| text.as_ptr())
}

fn text(bytes: impl Into<Vec<u8>>) -> Text {
    CString::new(bytes).ok()
}

/// Bytes of an element; 0 for strings and numbers that are no type.
fn element_size(data_type: i32) -> usize {
    match data_type {
        2 | 3 | 9 => 1,
        4 | 5 | 10 | 16 => 2,
        1 | 6 | 12 => 4,
        7 | 11 | 13 => 8,
        _ => 0,
    }
}

fn data_type(arguments: &mut Arguments) -> i32 {
    arguments.pick(&[1, 1, 7, 6, 8, 9, 10, 11, 16, 2, 0, -1, 14, 17, 23, i32::MIN, i32::MAX])
}

/// Memory of so many bytes or a little more. Whole numbers stay small: they are steps and indexes.
fn memory(data_type: i32, bytes: usize, arguments: &mut Arguments) -> Vec<u64> {
    let words = bytes / 8 + 1;
    let one = match data_type {
        7 | 13 => arguments.pick(&[0, 1, 2, 3, 4, 5, 40, 2000, 10_000, u64::MAX]),
        1 => u64::from(f32::from(arguments.byte()).to_bits()) * 0x1_0000_0001,
        9 => 0x0100_0101_0001_0001,
        _ => arguments.more.number(),
    };
    vec![one; words]
}

/// A shape that hardly fits anything. What is large is so large that memory for it cannot be had.
fn odd_dims(arguments: &mut Arguments) -> Vec<i64> {
    match arguments.below(12) {
        0 => vec![],
        1 => vec![-1],
        2 => vec![0],
        3 => vec![i64::MAX],
        4 => vec![i64::MAX; 3],
        5 => vec![1 << 42, 4],
        6 => vec![1 << 32, 1 << 32],
        7 => vec![i64::MIN, 4],
        8 => vec![1; 70],
        9 => vec![0, i64::MAX],
        10 => vec![1 << 44],
        _ => (0..arguments.below(6)).map(|_| i64::from(arguments.byte() % 5)).collect(),
    }
}

fn elements(dims: &[i64]) -> usize {
    let product = dims.iter().try_fold(1i64, |all, dim| all.checked_mul((*dim).max(0)));
    product.and_then(|product| usize::try_from(product).ok()).unwrap_or(usize::MAX)
}

/// Runs one input. When it returns, everything that it made is destroyed.
pub fn run(input: &[u8], folder: &Path) -> Feedback {
    let world = World {
        handles: Default::default(),
        leases: Mutex::default(),
        owned: Mutex::default(),
        shared_memory: Mutex::default(),
        folder: folder.to_path_buf(),
        is_over: AtomicBool::new(false),
    };
    let mut scripts: [Vec<Vec<u8>>; THREADS] = Default::default();
    for record in input.chunks_exact(RECORD) {
        scripts[usize::from(record[1]) % THREADS].push(record.to_vec());
    }
    let returned: [Arc<AtomicU64>; THREADS] = Default::default();
    let mut feedback = Feedback { inputs: 1, ..Feedback::default() };
    std::thread::scope(|scope| {
        let start = |(script, returned): (&Vec<Vec<u8>>, &Arc<AtomicU64>)| {
            let recorder = Recorder { returned: Arc::clone(returned), ..Recorder::default() };
            let mut caller = Caller { world: &world, recorder };
            let script = script.clone();
            scope.spawn(move || {
                caller.run(&script);
                caller.recorder.feedback
            })
        };
        let threads: Vec<_> = scripts.iter().zip(&returned).map(start).collect();
        let mut rescuer = Recorder::default();
        let mut stuck = 0;
        let mut before = u64::MAX;
        let mut looks = 0;
        // The first look comes early: most inputs are done in a moment.
        while !threads.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            std::thread::sleep(if looks < 20 { LOOK_EVERY / 20 } else { LOOK_EVERY });
            looks += 1;
            let now = returned.iter().map(|count| count.load(Ordering::Relaxed)).sum();
            stuck = if now == before { stuck + 1 } else { 0 };
            before = now;
            if stuck > STUCK_LOOKS && looks > 20 {
                rescue(&world, &mut rescuer);
            }
            world.is_over.fetch_or(looks > 1500, Ordering::Relaxed);
        }
        feedback.merge(rescuer.feedback);
        for thread in threads {
            match thread.join() {
                Ok(seen) => _ = feedback.merge(seen),
                Err(_) => defect("the harness itself panicked"),
            }
        }
    });
    let mut last = Recorder::default();
    destroy_everything(&world, &mut last);
    feedback.merge(last.feedback);
    feedback
}

/// Ends what threads may be waiting for: runs, and predictors that nobody gives back.
fn rescue(world: &World, recorder: &mut Recorder) {
    let owned = lock(&world.owned).clone();
    let leased: Vec<usize> = lock(&world.leases).iter().map(|lease| lease.1).collect();
    let predictors = owned.iter().filter(|(kind, _)| *kind == Kind::Predictor).map(|(_, handle)| *handle);
    for predictor in predictors.chain(leased) {
        call!(recorder, predictor_cancel(std::ptr::without_provenance(predictor)));
    }
    for (_, pool) in owned.iter().filter(|(kind, _)| *kind == Kind::Pool) {
        value!(recorder, destroy_predictor_pool(std::ptr::without_provenance_mut(*pool)));
    }
}

fn destroy_everything(world: &World, recorder: &mut Recorder) {
    // A callback may be told of user data only as long as that lives, which is for ever here.
    call!(recorder, predictor_set_log_callback(None, null_mut(), 2));
    for (kind, handle) in lock(&world.owned).drain(..) {
        match kind {
            Kind::Config => {
                value!(recorder, destroy_predictor_config(std::ptr::without_provenance_mut(handle)))
            }
            Kind::Predictor => value!(recorder, destroy_predictor(std::ptr::without_provenance_mut(handle))),
            Kind::Pool => value!(recorder, destroy_predictor_pool(std::ptr::without_provenance_mut(handle))),
            Kind::Tensor => defect("a tensor is never owned"),
        }
    }
    let live = value!(recorder, predictor_live_handles());
    if live != 0 {
        defect(&format!("{live} handles are alive after everything was destroyed"));
    }
}
