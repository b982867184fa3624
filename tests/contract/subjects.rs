//! Every function that takes a handle, called on any handle, with good or with wrong other arguments.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

use predictor_pool::PredictorPoolStats;
use predictor_pool::ffi::*;

use super::world::*;

pub struct Row {
    pub function: &'static str,
    pub subject: Subject,
    /// What it returns for a good handle and good arguments.
    pub good: Option<PredictorStatus>,
    pub call: fn(&World, *mut c_void, Rest) -> Seen,
}

impl Row {
    /// What functions that return nothing do with a good handle ends it.
    pub fn destroys(&self) -> bool {
        self.function.starts_with("destroy_")
    }
}

/// Memory that is shared with predictors for as long as they live.
#[repr(align(16))]
struct Shared(UnsafeCell<[u8; BYTES]>);
// SAFETY: only read.
unsafe impl Sync for Shared {}
static SHARED: Shared = Shared(UnsafeCell::new([0; BYTES]));

/// `good` if the other arguments are to be good.
fn pick<T>(rest: Rest, good: T, wrong: T) -> T {
    if rest == Rest::Good { good } else { wrong }
}

macro_rules! rows {
    ($($function:ident on $subject:ident gives $good:ident: |$w:pat_param, $h:ident, $rest:pat_param| $call:expr;)*) => {
        vec![$(Row {
            function: stringify!($function),
            subject: Subject::$subject,
            good: Some($good).filter(|_| !stringify!($function).starts_with("destroy_")),
            call: |$w, $h, $rest| {
                #[allow(unused_unsafe, reason = "some of the functions are safe")]
                unsafe { $call }
            },
        }),*]
    };
}

/// One result behind the last argument.
macro_rules! into_room {
    ($rest:ident, $kind:ty, |$out:ident| $call:expr) => {{
        let mut room = Room::<$kind>::new();
        let $out = room.unless($rest);
        let status = $call;
        room.seen(status)
    }};
}

type Text = *const c_char;

pub fn rows() -> Vec<Row> {
    let mut rows = of_configs();
    rows.extend(of_predictors());
    rows.extend(of_tensors());
    rows.extend(of_pools());
    rows
}

fn of_configs() -> Vec<Row> {
    rows! {
        destroy_predictor_config on Config gives PREDICTOR_OK: |_, h, _| {
            destroy_predictor_config(h.cast());
            nothing()
        };
        predictor_config_set_model on Config gives PREDICTOR_OK: |_, h, rest| {
            let path = model("add_batch.onnx");
            said(predictor_config_set_model(h.cast(), pick(rest, path.as_ptr(), c"\xff".as_ptr()), null()))
        };
        predictor_config_set_model_buffer on Config gives PREDICTOR_OK: |_, h, rest| {
            let bytes = pick(rest, X.as_ptr().cast(), null());
            said(predictor_config_set_model_buffer(h.cast(), bytes, BYTES, null(), pick(rest, 0, 1)))
        };
        predictor_config_set_intra_op_threads on Config gives PREDICTOR_OK: |_, h, rest| {
            said(predictor_config_set_intra_op_threads(h.cast(), pick(rest, 1, -1)))
        };
        predictor_config_set_inter_op_threads on Config gives PREDICTOR_OK: |_, h, rest| {
            said(predictor_config_set_inter_op_threads(h.cast(), pick(rest, 1, -1)))
        };
        predictor_config_append_execution_provider on Config gives PREDICTOR_OK: |_, h, rest| {
            let name = pick(rest, c"cpu".as_ptr(), null());
            said(predictor_config_append_execution_provider(h.cast(), name, null()))
        };
        predictor_config_set_optimization_level on Config gives PREDICTOR_OK: |_, h, rest| {
            said(predictor_config_set_optimization_level(h.cast(), pick(rest, 3, 4)))
        };
        predictor_config_set_option on Config gives PREDICTOR_OK: |_, h, rest| {
            let (key, value) = (c"spinning".as_ptr(), c"0".as_ptr());
            said(predictor_config_set_option(h.cast(), pick(rest, key, null()), pick(rest, value, null())))
        };
        create_predictor on Config gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, *mut Predictor, |out| {
                let status = create_predictor(h.cast(), out);
                if status == PREDICTOR_OK {
                    destroy_predictor(*out);
                }
                status
            })
        };
        create_predictor_pool on Config gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, *mut PredictorPool, |out| {
                let status = create_predictor_pool(h.cast(), pick(rest, 2, 0), out);
                if status == PREDICTOR_OK {
                    destroy_predictor_pool(*out);
                }
                status
            })
        };
    }
}

fn of_predictors() -> Vec<Row> {
    rows! {
        clone_predictor on Predictor gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, *mut Predictor, |out| {
                let status = clone_predictor(h.cast(), out);
                if status == PREDICTOR_OK {
                    destroy_predictor(*out);
                }
                status
            })
        };
        destroy_predictor on Predictor gives PREDICTOR_OK: |_, h, _| {
            destroy_predictor(h.cast());
            nothing()
        };
        predictor_input_count on Predictor gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, usize, |out| predictor_input_count(h.cast(), out))
        };
        predictor_output_count on Predictor gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, usize, |out| predictor_output_count(h.cast(), out))
        };
        predictor_input_name on Predictor gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, Text, |out| predictor_input_name(h.cast(), pick(rest, 0, usize::MAX), out))
        };
        predictor_output_name on Predictor gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, Text, |out| predictor_output_name(h.cast(), pick(rest, 0, usize::MAX), out))
        };
        predictor_get_input_handle on Predictor gives PREDICTOR_OK: |_, h, rest| {
            let name = pick(rest, c"x".as_ptr(), null());
            into_room!(rest, *mut PredictorTensor, |out| predictor_get_input_handle(h.cast(), name, out))
        };
        predictor_get_output_handle on Predictor gives PREDICTOR_OK: |_, h, rest| {
            let name = pick(rest, c"y".as_ptr(), null());
            into_room!(rest, *mut PredictorTensor, |out| predictor_get_output_handle(h.cast(), name, out))
        };
        predictor_run on Predictor gives PREDICTOR_OK: |_, h, _| said(predictor_run(h.cast()));
        predictor_run_with_timeout on Predictor gives PREDICTOR_OK: |_, h, rest| {
            said(predictor_run_with_timeout(h.cast(), pick(rest, 60_000, 0)))
        };
        predictor_run_with on Predictor gives PREDICTOR_OK: |_, h, rest| {
            let (mut x, mut dims) = (X, DIMS);
            let (mut y, mut room) = (Room::<[f32; 4]>::new(), Room::<[i64; 2]>::new());
            let input = view(c"x", &mut x, &mut dims, FLOAT32);
            let mut output = view(c"y", y.at(), room.at(), FLOAT32);
            let (input, output) = (pick(rest, &raw const input, null()), pick(rest, &raw mut output, null_mut()));
            y.seen(predictor_run_with(h.cast(), input, 1, output, 1))
        };
        predictor_cancel on Predictor gives PREDICTOR_ERROR_NOT_FOUND: |_, h, _| said(predictor_cancel(h.cast()));
        predictor_shrink_memory on Predictor gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, u64, |out| predictor_shrink_memory(h.cast(), out))
        };
    }
}

fn of_tensors() -> Vec<Row> {
    rows! {
        predictor_tensor_name on Input gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, Text, |out| predictor_tensor_name(h.cast(), out))
        };
        predictor_tensor_data_type on Output gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, i32, |out| predictor_tensor_data_type(h.cast(), out))
        };
        predictor_tensor_declared_shape on Input gives PREDICTOR_OK: |_, h, rest| {
            let mut dims = Room::<[i64; 2]>::new();
            let seen = into_room!(rest, usize, |out| {
                predictor_tensor_declared_shape(h.cast(), dims.at().cast(), pick(rest, 2, 1), out)
            });
            Seen { untouched: seen.untouched && dims.is_untouched(), ..seen }
        };
        predictor_tensor_dimension_name on Input gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, Text, |out| predictor_tensor_dimension_name(h.cast(), pick(rest, 0, 2), out))
        };
        predictor_tensor_shape on Output gives PREDICTOR_OK: |_, h, rest| {
            let mut dims = Room::<[i64; 2]>::new();
            let seen = into_room!(rest, usize, |out| {
                predictor_tensor_shape(h.cast(), dims.at().cast(), pick(rest, 2, 1), out)
            });
            Seen { untouched: seen.untouched && dims.is_untouched(), ..seen }
        };
        predictor_tensor_byte_length on Output gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, usize, |out| predictor_tensor_byte_length(h.cast(), out))
        };
        predictor_tensor_reshape on Input gives PREDICTOR_OK: |_, h, rest| {
            said(predictor_tensor_reshape(h.cast(), pick(rest, DIMS.as_ptr(), null()), 2))
        };
        predictor_tensor_copy_from_host on Input gives PREDICTOR_OK: |_, h, rest| {
            let data = pick(rest, X.as_ptr().cast(), null());
            said(predictor_tensor_copy_from_host(h.cast(), pick(rest, FLOAT32, -1), data, BYTES))
        };
        predictor_tensor_copy_to_host on Output gives PREDICTOR_OK: |_, h, rest| {
            let mut y = Room::<[f32; 4]>::new();
            let (code, length) = (pick(rest, FLOAT32, -1), pick(rest, BYTES, 3));
            let status = predictor_tensor_copy_to_host(h.cast(), code, y.at().cast(), length);
            y.seen(status)
        };
        predictor_tensor_share_external_data on Input gives PREDICTOR_OK: |_, h, rest| {
            let data = pick(rest, SHARED.0.get().cast(), null_mut());
            let (code, dims) = (pick(rest, FLOAT32, -1), pick(rest, DIMS.as_ptr(), null()));
            said(predictor_tensor_share_external_data(h.cast(), code, data, BYTES, dims, 2))
        };
        predictor_tensor_data on Input gives PREDICTOR_OK: |_, h, rest| {
            let mut length = Room::<usize>::new();
            let out_length = length.unless(rest);
            let seen = into_room!(rest, *mut c_void, |out| predictor_tensor_data(h.cast(), out, out_length));
            Seen { untouched: seen.untouched && length.is_untouched(), ..seen }
        };
        predictor_tensor_copy_strings_from_host on Strings gives PREDICTOR_OK: |_, h, rest| {
            let words = [c"one".as_ptr(), c"two".as_ptr()];
            let words = pick(rest, words.as_ptr(), null());
            said(predictor_tensor_copy_strings_from_host(h.cast(), words, null(), 2))
        };
        predictor_tensor_string_length on Strings gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, usize, |out| predictor_tensor_string_length(h.cast(), pick(rest, 0, 2), out))
        };
        predictor_tensor_copy_string_to_host on Strings gives PREDICTOR_OK: |_, h, rest| {
            let mut text = Room::<[c_char; 16]>::new();
            let index = pick(rest, 0, 2);
            let status = predictor_tensor_copy_string_to_host(h.cast(), index, text.at().cast(), 16);
            text.seen(status)
        };
    }
}

fn of_pools() -> Vec<Row> {
    rows! {
        destroy_predictor_pool on Pool gives PREDICTOR_OK: |_, h, _| {
            destroy_predictor_pool(h.cast());
            nothing()
        };
        predictor_pool_size on Pool gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, usize, |out| predictor_pool_size(h.cast(), out))
        };
        predictor_pool_retrieve on Pool gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, *mut Predictor, |out| predictor_pool_retrieve(h.cast(), pick(rest, 1, 2), out))
        };
        predictor_pool_acquire on Pool gives PREDICTOR_OK: |_, h, rest| {
            into_room!(rest, *mut Predictor, |out| {
                let status = predictor_pool_acquire(h.cast(), 0, out);
                if status == PREDICTOR_OK {
                    // The pool may be gone by now, and the lease with it.
                    predictor_pool_release(h.cast(), *out);
                }
                status
            })
        };
        predictor_pool_release on Pool gives PREDICTOR_OK: |world, h, rest| {
            let mut lease = world.lease;
            if rest == Rest::Good {
                // Where the pool has none, the world's is another pool's.
                predictor_pool_acquire(h.cast(), 0, &mut lease);
            }
            said(predictor_pool_release(h.cast(), pick(rest, lease, null_mut())))
        };
        predictor_pool_stats on Pool gives PREDICTOR_OK: |_, h, rest| {
            let size = pick(rest, size_of::<PredictorPoolStats>(), 7);
            into_room!(rest, PredictorPoolStats, |out| predictor_pool_stats(h.cast(), out, size))
        };
    }
}
