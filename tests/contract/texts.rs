//! The text of the last failure: whose it is, when it goes, how it is cut.

use std::ffi::CString;
use std::ptr::{null, null_mut};

use predictor_pool::ffi::*;

use super::world::*;

#[test]
fn functions_that_cannot_fail_leave_the_text_alone() {
    let _alone = alone();
    predictor_run(null_mut());
    let before = text();
    assert_eq!(predictor_abi_version(), 1);
    assert_eq!(predictor_abi_v1, 1);
    assert!(predictor_abi_revision() >= 1);
    assert!(same_text(predictor_version(), env!("CARGO_PKG_VERSION")));
    assert!(same_text(predictor_status_name(0), "PREDICTOR_OK"));
    assert!(same_text(predictor_status_name(16), "PREDICTOR_ERROR_INTERNAL"));
    for unknown in [-1, 17, i32::MIN, i32::MAX] {
        assert!(same_text(predictor_status_name(unknown), "PREDICTOR_ERROR_UNKNOWN"));
    }
    assert_eq!(predictor_live_handles(), 0);
    assert_eq!(text(), before);
}

#[test]
fn a_text_that_is_cut_is_terminated_and_its_whole_length_is_told() {
    let _alone = alone();
    let world = World::new();
    let name = c"donn\u{e9}es \u{1f980}";
    let mut tensor = null_mut();
    let status = unsafe { predictor_get_input_handle(world.predictor, name.as_ptr(), &mut tensor) };
    assert_eq!(status, PREDICTOR_ERROR_NOT_FOUND);
    let whole = text();
    assert!(whole.contains("donn\u{e9}es \u{1f980}") && whole.contains("\"x\""), "{whole}");
    for capacity in 0..whole.len() + 3 {
        let mut buffer = vec![0x55u8; whole.len() + 3];
        let length = unsafe { predictor_last_error_message(buffer.as_mut_ptr().cast(), capacity) };
        assert_eq!(length, whole.len());
        assert!(buffer[capacity..].iter().all(|byte| *byte == 0x55), "wrote beyond {capacity} bytes");
        if capacity == 0 {
            continue;
        }
        let end = buffer.iter().position(|byte| *byte == 0).expect("a NUL");
        let cut = std::str::from_utf8(&buffer[..end]).expect("whole characters");
        assert!(end < capacity && whole.starts_with(cut));
        // At most one character of up to 4 bytes did not fit.
        assert!(end + 4 >= capacity.min(whole.len() + 1), "{end} of {capacity} bytes used");
    }
    assert_eq!(unsafe { predictor_last_error_message(null_mut(), 100) }, whole.len());
    assert_eq!(text(), whole);
}

#[test]
fn a_text_is_one_line_whatever_the_caller_wrote_and_however_long() {
    let _alone = alone();
    let world = World::new();
    let long = CString::new("long\n".repeat(100_000)).unwrap();
    ok(unsafe { predictor_config_set_model(world.config, c"no\nsuch\r\nfile".as_ptr(), null()) });
    let mut out = Room::new();
    let status = unsafe { create_predictor(world.config, out.at()) };
    check_failure("a file name of three lines", out.seen(status), PREDICTOR_ERROR_NOT_FOUND);
    let mut tensor = Room::new();
    let status = unsafe { predictor_get_output_handle(world.predictor, long.as_ptr(), tensor.at()) };
    check_failure("a long name", tensor.seen(status), PREDICTOR_ERROR_NOT_FOUND);
    assert!(text().len() > 100_000);
}

#[test]
fn a_text_belongs_to_its_thread() {
    let _alone = alone();
    predictor_run(null_mut());
    let mine = text();
    std::thread::spawn(move || {
        assert_eq!(text(), "");
        assert_eq!(predictor_pool_release(null(), null_mut()), PREDICTOR_ERROR_INVALID_HANDLE);
        assert_ne!(text(), mine);
        assert!(text().contains("pool"), "{}", text());
    })
    .join()
    .unwrap();
    assert!(text().contains("predictor"), "{}", text());
}

#[test]
fn a_success_clears_the_text_and_a_destroy_that_succeeds_does_not() {
    let _alone = alone();
    let world = World::new();
    predictor_run(null_mut());
    let before = text();
    for subject in [Subject::Pool, Subject::Predictor, Subject::Config] {
        world.end(subject);
        assert_eq!(text(), before, "{subject:?}");
    }
    destroy_predictor(null_mut());
    assert_eq!(text(), before);
    ok(unsafe { predictor_provider_count(&mut 0) });
    assert_eq!(text(), "");
}
