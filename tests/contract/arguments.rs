//! Arguments beside the subject: each parameter of each function, given what it must refuse, and what
//! it must take although it looks wrong.

use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut};

use predictor_pool::ffi::*;

use super::world::*;

pub struct Case {
    pub function: &'static str,
    pub argument: &'static str,
    pub given: &'static str,
    pub expected: PredictorStatus,
    pub call: fn(&World) -> Seen,
}

macro_rules! table {
    ($($function:ident.$argument:ident $given:literal => $expected:ident: |$w:pat_param| $call:expr;)*) => {
        vec![$(Case {
            function: stringify!($function),
            argument: stringify!($argument),
            given: $given,
            expected: $expected,
            call: |$w| {
                #[allow(unused_unsafe, reason = "some of the functions are safe")]
                unsafe { $call }
            },
        }),*]
    };
}
pub(crate) use table;

/// Where a result goes: NULL and a misaligned address are refused.
macro_rules! outs {
    ($($function:ident.$argument:ident: $kind:ty, |$w:pat_param, $out:ident| $call:expr;)*) => {
        vec![$(
            Case {
                function: stringify!($function),
                argument: stringify!($argument),
                given: "NULL",
                expected: PREDICTOR_ERROR_INVALID_ARGUMENT,
                call: |$w| {
                    let $out: *mut $kind = std::ptr::null_mut();
                    said(unsafe { $call })
                },
            },
            Case {
                function: stringify!($function),
                argument: stringify!($argument),
                given: "a misaligned address",
                expected: PREDICTOR_ERROR_INVALID_ARGUMENT,
                call: |$w| {
                    let mut room = Room::<[u64; 16]>::new();
                    let $out = room.at().cast::<u8>().wrapping_add(1).cast::<$kind>();
                    let status = unsafe { $call };
                    room.seen(status)
                },
            },
        )*]
    };
}
pub(crate) use outs;

/// A good result argument; it must stay as it is.
macro_rules! room {
    ($kind:ty, |$out:ident| $call:expr) => {{
        let mut room = Room::<$kind>::new();
        let $out = room.at();
        let status = $call;
        room.seen(status)
    }};
}
pub(crate) use room;

pub type Text = *const c_char;

pub const NOT_UTF8: &CStr = c"\xff\xfe";

pub fn cases() -> Vec<Case> {
    let mut cases = of_the_library();
    cases.extend(of_configs());
    cases.extend(super::predictor_arguments::cases());
    cases.extend(super::tensor_arguments::cases());
    cases.extend(super::pool_arguments::cases());
    cases
}

fn of_the_library() -> Vec<Case> {
    let mut cases = table! {
        predictor_initialize_runtime.path_or_null "NULL" => PREDICTOR_OK: |_| {
            said(predictor_initialize_runtime(null()))
        };
        predictor_initialize_runtime.path_or_null "another file than the loaded one" =>
            PREDICTOR_ERROR_INVALID_ARGUMENT: |_| {
            said(predictor_initialize_runtime(c"/nowhere/libonnxruntime.so.1".as_ptr()))
        };
        predictor_initialize_runtime.path_or_null "not UTF-8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |_| {
            said(predictor_initialize_runtime(NOT_UTF8.as_ptr()))
        };
        predictor_provider_name.index "one too many" => PREDICTOR_ERROR_OUT_OF_RANGE: |_| {
            let mut count = 0;
            ok(predictor_provider_count(&mut count));
            room!(Text, |out| predictor_provider_name(count, out))
        };
        predictor_provider_name.index "SIZE_MAX" => PREDICTOR_ERROR_OUT_OF_RANGE: |_| {
            room!(Text, |out| predictor_provider_name(usize::MAX, out))
        };
        predictor_set_log_callback.callback "NULL" => PREDICTOR_OK: |_| {
            said(predictor_set_log_callback(None, null_mut(), 2))
        };
        predictor_set_log_callback.user_data "NULL" => PREDICTOR_OK: |_| {
            said(predictor_set_log_callback(None, null_mut(), 4))
        };
        predictor_set_log_callback.minimum_severity "-1" => PREDICTOR_ERROR_INVALID_ARGUMENT: |_| {
            said(predictor_set_log_callback(None, null_mut(), -1))
        };
        predictor_set_log_callback.minimum_severity "5" => PREDICTOR_ERROR_INVALID_ARGUMENT: |_| {
            said(predictor_set_log_callback(None, null_mut(), 5))
        };
        predictor_write_log.severity "5" => PREDICTOR_ERROR_INVALID_ARGUMENT: |_| {
            said(predictor_write_log(5, c"test".as_ptr(), c"line".as_ptr()))
        };
        predictor_write_log.category "NULL" => PREDICTOR_ERROR_INVALID_ARGUMENT: |_| {
            said(predictor_write_log(2, null(), c"line".as_ptr()))
        };
        predictor_write_log.message "NULL" => PREDICTOR_ERROR_INVALID_ARGUMENT: |_| {
            said(predictor_write_log(2, c"test".as_ptr(), null()))
        };
        predictor_write_log.message "not UTF-8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |_| {
            said(predictor_write_log(2, c"test".as_ptr(), NOT_UTF8.as_ptr()))
        };
    };
    cases.extend(outs! {
        predictor_runtime_version.out: Text, |_, out| predictor_runtime_version(out);
        predictor_runtime_path.out: Text, |_, out| predictor_runtime_path(out);
        predictor_provider_count.out: usize, |_, out| predictor_provider_count(out);
        predictor_provider_name.out: Text, |_, out| predictor_provider_name(0, out);
        create_predictor_config.out: *mut PredictorConfig, |_, out| create_predictor_config(out);
    });
    cases
}

fn set_option(world: &World, key: &CStr, value: &CStr) -> Seen {
    said(unsafe { predictor_config_set_option(world.config, key.as_ptr(), value.as_ptr()) })
}

fn append(world: &World, name: &CStr, options: &CStr) -> Seen {
    said(unsafe { predictor_config_append_execution_provider(world.config, name.as_ptr(), options.as_ptr()) })
}

fn set_buffer(world: &World, model: (*const u8, usize), params: (*const u8, usize)) -> Seen {
    let (config, (model, model_length), (params, params_length)) = (world.config, model, params);
    said(unsafe {
        predictor_config_set_model_buffer(config, model.cast(), model_length, params.cast(), params_length)
    })
}

fn of_configs() -> Vec<Case> {
    const MODEL: (*const u8, usize) = (b"model".as_ptr(), 5);
    const NONE: (*const u8, usize) = (null(), 0);
    table! {
        predictor_config_set_model.model_path "NULL" => PREDICTOR_OK: |w| {
            said(predictor_config_set_model(w.config, null(), null()))
        };
        predictor_config_set_model.model_path "empty" => PREDICTOR_OK: |w| {
            said(predictor_config_set_model(w.config, c"".as_ptr(), c"".as_ptr()))
        };
        predictor_config_set_model.model_path "not UTF-8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_model(w.config, NOT_UTF8.as_ptr(), null()))
        };
        predictor_config_set_model.params_path "NULL" => PREDICTOR_OK: |w| {
            said(predictor_config_set_model(w.config, c"a".as_ptr(), null()))
        };
        predictor_config_set_model.params_path "not UTF-8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_model(w.config, c"a".as_ptr(), NOT_UTF8.as_ptr()))
        };
        predictor_config_set_model_buffer.model "NULL with a length" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_buffer(w, (null(), 5), NONE)
        };
        predictor_config_set_model_buffer.model_length "0" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_buffer(w, (MODEL.0, 0), NONE)
        };
        predictor_config_set_model_buffer.model_length "SIZE_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_buffer(w, (MODEL.0, usize::MAX), NONE)
        };
        predictor_config_set_model_buffer.params_or_null "NULL" => PREDICTOR_OK: |w| {
            set_buffer(w, MODEL, NONE)
        };
        predictor_config_set_model_buffer.params_or_null "NULL with a length" =>
            PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_buffer(w, MODEL, (null(), 1))
        };
        predictor_config_set_model_buffer.params_length "SIZE_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_buffer(w, MODEL, (MODEL.0, usize::MAX))
        };
        predictor_config_set_intra_op_threads.count "0" => PREDICTOR_OK: |w| {
            said(predictor_config_set_intra_op_threads(w.config, 0))
        };
        predictor_config_set_intra_op_threads.count "-1" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_intra_op_threads(w.config, -1))
        };
        predictor_config_set_intra_op_threads.count "INT32_MIN" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_intra_op_threads(w.config, i32::MIN))
        };
        predictor_config_set_inter_op_threads.count "0" => PREDICTOR_OK: |w| {
            said(predictor_config_set_inter_op_threads(w.config, 0))
        };
        predictor_config_set_inter_op_threads.count "-1" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_inter_op_threads(w.config, -1))
        };
        predictor_config_append_execution_provider.name "NULL" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_append_execution_provider(w.config, null(), null()))
        };
        predictor_config_append_execution_provider.name "empty" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            append(w, c"", c"{}")
        };
        predictor_config_append_execution_provider.name "not UTF-8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            append(w, NOT_UTF8, c"{}")
        };
        predictor_config_append_execution_provider.options_json_or_null "NULL" => PREDICTOR_OK: |w| {
            said(predictor_config_append_execution_provider(w.config, c"cpu".as_ptr(), null()))
        };
        predictor_config_append_execution_provider.options_json_or_null "no JSON" =>
            PREDICTOR_ERROR_INVALID_ARGUMENT: |w| append(w, c"cpu", c"{");
        predictor_config_append_execution_provider.options_json_or_null "no object" =>
            PREDICTOR_ERROR_INVALID_ARGUMENT: |w| append(w, c"cpu", c"[\"a\"]");
        predictor_config_append_execution_provider.options_json_or_null "a number as a value" =>
            PREDICTOR_ERROR_INVALID_ARGUMENT: |w| append(w, c"cpu", c"{\"device_id\":1}");
        predictor_config_append_execution_provider.options_json_or_null "not UTF-8" =>
            PREDICTOR_ERROR_INVALID_ARGUMENT: |w| append(w, c"cpu", NOT_UTF8);
        predictor_config_set_optimization_level.level "-1" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_optimization_level(w.config, -1))
        };
        predictor_config_set_optimization_level.level "4" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_optimization_level(w.config, 4))
        };
        predictor_config_set_optimization_level.level "256" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_optimization_level(w.config, 256))
        };
        predictor_config_set_option.key "NULL" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_option(w.config, null(), c"1".as_ptr()))
        };
        predictor_config_set_option.key "unknown" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_option(w, c"spining", c"1")
        };
        predictor_config_set_option.key "empty" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_option(w, c"", c"1")
        };
        predictor_config_set_option.key "not UTF-8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_option(w, NOT_UTF8, c"1")
        };
        predictor_config_set_option.value "NULL" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_config_set_option(w.config, c"spinning".as_ptr(), null()))
        };
        predictor_config_set_option.value "wrong" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_option(w, c"spinning", c"2")
        };
        predictor_config_set_option.value "not UTF-8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            set_option(w, c"spinning", NOT_UTF8)
        };
    }
}
