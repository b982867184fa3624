//! Misuse of every function of the C ABI is an error of the right kind, says why in one line, writes
//! nothing and breaks nothing.

#[path = "contract/arguments.rs"]
mod arguments;
#[path = "header/declarations.rs"]
#[allow(dead_code, reason = "each test needs a part of it")]
mod declarations;
#[path = "contract/documented.rs"]
mod documented;
#[path = "contract/lifetimes.rs"]
mod lifetimes;
#[path = "contract/pool_arguments.rs"]
mod pool_arguments;
#[path = "contract/predictor_arguments.rs"]
mod predictor_arguments;
#[path = "contract/races.rs"]
mod races;
#[path = "contract/subjects.rs"]
mod subjects;
#[path = "contract/tensor_arguments.rs"]
mod tensor_arguments;
#[path = "contract/texts.rs"]
mod texts;
#[path = "contract/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::ptr::null_mut;

use predictor_pool::ffi::*;

use arguments::cases;
use documented::Documented;
use subjects::{Row, rows};
use world::*;

/// Functions that neither return a status nor take a handle.
const VALUES: [&str; 6] = [
    "predictor_abi_version",
    "predictor_abi_revision",
    "predictor_version",
    "predictor_status_name",
    "predictor_last_error_message",
    "predictor_live_handles",
];

/// Adding a function to the header without adding its misuse here fails.
#[test]
fn every_parameter_of_every_function_is_misused() {
    let documented = Documented::read();
    let (rows, cases) = (rows(), cases());
    let mut missing = Vec::new();
    let mut values = BTreeSet::new();
    for function in documented.functions() {
        let name = function.name.as_str();
        let mut parameters = function.parameters.iter().peekable();
        let kind = parameters.peek().map_or("", |first| first.kind.trim_start_matches("const "));
        if Subject::ALL.iter().any(|subject| kind == format!("{} *", subject.kind())) {
            parameters.next();
            let has_row = |row: &Row| row.function == name && kind == format!("{} *", row.subject.kind());
            if !rows.iter().any(has_row) {
                missing.push(format!("{name}: its handle"));
            }
        } else if function.result != "PredictorStatus" {
            values.insert(name);
            continue;
        }
        for parameter in parameters {
            let mut given =
                cases.iter().filter(|case| case.function == name && case.argument == parameter.name);
            let is_pointer = parameter.kind.contains('*');
            if !given.any(|case| !is_pointer || case.given.starts_with("NULL")) {
                missing.push(format!("{name}: {}", parameter.name));
            }
        }
    }
    assert!(missing.is_empty(), "nothing misuses\n{}", missing.join("\n"));
    assert_eq!(values, VALUES.into());
}

#[test]
fn every_case_is_of_a_parameter_that_there_is() {
    let documented = Documented::read();
    for case in cases() {
        let function = documented.function(case.function);
        let is_there = function.parameters.iter().any(|parameter| parameter.name == case.argument);
        assert!(is_there, "{} has no {}", case.function, case.argument);
    }
    for row in rows() {
        documented.function(row.function);
    }
}

/// Or else misuse would only prove that a call never works.
#[test]
fn good_arguments_work_and_leave_no_text() {
    let _alone = alone();
    for row in rows() {
        let world = World::new();
        let handle = world.handle(row.subject);
        predictor_run(null_mut());
        let seen = (row.call)(&world, handle, Rest::Good);
        assert_eq!(seen.status, row.good, "{}: {}", row.function, text());
        match seen.status {
            Some(PREDICTOR_OK) => assert_eq!(text(), "", "{}", row.function),
            Some(status) => check_failure(row.function, seen, status),
            None => assert_ne!(text(), "", "{} cleared the text, though it returns no status", row.function),
        }
    }
}

/// What is no handle of any kind, or not any more.
struct Impostors {
    pointers: Vec<(String, *mut c_void)>,
    _memory: Vec<Box<[u64; 512]>>,
}

impl Impostors {
    fn new(world: &World) -> Self {
        let memory: Vec<Box<[u64; 512]>> = vec![Box::new([0; 512]), Box::new([u64::MAX; 512])];
        let mut pointers: Vec<(String, *mut c_void)> = vec![
            ("NULL".to_owned(), null_mut()),
            ("zeroed memory".to_owned(), memory[0].as_ptr().cast_mut().cast()),
            ("memory full of ones".to_owned(), memory[1].as_ptr().cast_mut().cast()),
            (
                "a cache line of the heap".to_owned(),
                memory[0].as_ptr().map_addr(|address| address & !63).cast_mut().cast(),
            ),
            ("the stack".to_owned(), (&raw const memory).cast_mut().cast()),
            ("code".to_owned(), predictor_run as *const () as *mut c_void),
            ("a text".to_owned(), c"a text".as_ptr().cast_mut().cast()),
        ];
        let addresses =
            [1, 7, 63, 64, 4096, 0xdead_beef, 1 << 47, usize::MAX / 2, usize::MAX - 63, usize::MAX];
        for address in addresses {
            pointers.push((format!("address {address:#x}"), std::ptr::without_provenance_mut(address)));
        }
        for subject in Subject::ALL {
            let handle = world.handle(subject);
            for distance in [-64 << 20, -32, -8, -1, 1, 2, 8, 16, 63, 64 << 20] {
                let beside = handle.wrapping_byte_offset(distance);
                pointers.push((format!("{distance} bytes from {subject:?}"), beside));
            }
        }
        for (what, pointer) in Self::destroyed() {
            pointers.push((format!("a destroyed {what}"), pointer));
        }
        Self { pointers, _memory: memory }
    }

    /// Handles that ended in each way that there is.
    fn destroyed() -> Vec<(&'static str, *mut c_void)> {
        let gone = World::new();
        let mut member = null_mut();
        ok(unsafe { predictor_pool_retrieve(gone.pool, 0, &mut member) });
        let released = acquire(gone.pool);
        let (released_input, member_output) = (input(released, c"x"), output(member, c"y"));
        ok(predictor_pool_release(gone.pool, released));
        vec![
            ("config", gone.config.cast()),
            ("predictor", gone.predictor.cast()),
            ("input", gone.input.cast()),
            ("output", gone.output.cast()),
            ("input of strings", gone.strings.cast()),
            ("pool", gone.pool.cast()),
            ("member of a pool", member.cast()),
            ("output of a member", member_output.cast()),
            ("lease of a destroyed pool", gone.lease.cast()),
            ("lease that was released", released.cast()),
            ("input of a released lease", released_input.cast()),
        ]
    }

    /// The other kinds' live handles are none of this kind.
    fn of_other_kinds(world: &World, subject: Subject) -> Vec<(String, *mut c_void)> {
        let others = Subject::ALL.into_iter().filter(|other| other.kind() != subject.kind());
        let mut handles: Vec<_> = others.map(|other| (format!("{other:?}"), world.handle(other))).collect();
        if subject != Subject::Predictor {
            handles.push(("a lease".to_owned(), world.lease.cast()));
        }
        handles
    }
}

#[test]
fn what_is_no_handle_of_its_kind_is_invalid_handle_before_anything_else_is_looked_at() {
    let _alone = alone();
    let documented = Documented::read();
    let world = World::new();
    let impostors = Impostors::new(&world);
    let live = predictor_live_handles();
    for row in rows() {
        let others = Impostors::of_other_kinds(&world, row.subject);
        for (what, pointer) in impostors.pointers.iter().chain(&others) {
            for rest in [Rest::Good, Rest::Wrong] {
                let about = format!("{}({what}), the rest {rest:?}", row.function);
                // Clears the text, so that it is this call's.
                ok(predictor_set_log_callback(None, null_mut(), 4));
                let seen = (row.call)(&world, *pointer, rest);
                if pointer.is_null() && row.destroys() {
                    assert_eq!(text(), "", "{about}: NULL is nothing to destroy");
                    continue;
                }
                check_failure(&about, seen, PREDICTOR_ERROR_INVALID_HANDLE);
                if !row.destroys() {
                    documented.check(row.function, PREDICTOR_ERROR_INVALID_HANDLE);
                }
            }
        }
    }
    assert_eq!(predictor_live_handles(), live);
    world.check();
}

#[test]
fn arguments_that_cannot_be_are_refused_with_the_documented_status() {
    let _alone = alone();
    let documented = Documented::read();
    let mut faults = Vec::new();
    for case in cases() {
        let world = World::new();
        let about = format!("{}, {} {}", case.function, case.argument, case.given);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let seen = (case.call)(&world);
            if case.expected == PREDICTOR_OK {
                assert_eq!(seen.status, Some(PREDICTOR_OK), "{about}: {}", text());
                assert_eq!(text(), "", "{about}");
            } else {
                check_failure(&about, seen, case.expected);
                documented.check(case.function, case.expected);
            }
        }));
        if outcome.is_err() {
            faults.push(about);
        }
    }
    assert!(faults.is_empty(), "{} cases are wrong:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_stateless_run_with_too_little_room_writes_the_sizes_that_are_needed_and_nothing_else() {
    let _alone = alone();
    let predictor = predictor_of("sum_two.onnx");
    let (mut a, mut dims) = ([1f32, 2.0, 3.0], [1i64, 3]);
    let inputs = [c"a", c"b"].map(|name| view(name, &mut a, &mut dims, FLOAT32));
    let (mut total, mut total_dims) = (Room::<[f32; 3]>::new(), Room::<[i64; 2]>::new());
    let (mut difference, mut difference_dims) = (Room::<[f32; 2]>::new(), Room::<[i64; 1]>::new());
    let mut outputs = [
        view(c"total", total.at(), total_dims.at(), 99),
        view(c"difference", difference.at(), difference_dims.at(), 99),
    ];
    let status = unsafe { predictor_run_with(predictor, inputs.as_ptr(), 2, outputs.as_mut_ptr(), 2) };
    check_failure("too little room", said(status), PREDICTOR_ERROR_OUT_OF_RANGE);
    destroy_predictor(predictor);
    for view in &outputs {
        assert_eq!((view.byte_length, view.rank), (12, 2));
    }
    assert!(difference.is_untouched() && difference_dims.is_untouched(), "the short one was written to");
    assert!(total.is_untouched() && total_dims.is_untouched(), "the call failed, so no output is written");
    assert_eq!(outputs.map(|view| view.data_type), [99, 99], "the type is no size");
}
