/*
 * predictor_pool: one model, many threads, one copy of the weights.
 *
 * Ownership. What a create_* or clone_* function writes to its out argument is owned: give it to its
 * destroy_* once. What anything else writes to an out argument is borrowed from the subject and dies
 * with it; using it then is PREDICTOR_ERROR_INVALID_HANDLE. destroy_* takes NULL, may be called
 * twice, and may be called while another thread is inside a call on that handle (which finishes). The
 * library copies what it is given, except in predictor_tensor_share_external_data and
 * predictor_run_with, where the caller keeps the memory alive.
 *
 * Handles. Any pointer may be passed where a handle is expected: one that is NULL, was destroyed, is
 * of another kind or never was a handle is PREDICTOR_ERROR_INVALID_HANDLE, never a crash. A destroyed
 * handle is recognised until 65,536 further handles were destroyed after it. Handles may be created,
 * used and destroyed on any thread.
 *
 * Arguments. The subject's handle is checked first, then the other arguments. NULL is
 * PREDICTOR_ERROR_INVALID_ARGUMENT wherever the text does not allow it; NULL data with length 0 and
 * NULL dims with rank 0 are allowed. Outputs are written on success only, except for the sizes that
 * PREDICTOR_ERROR_OUT_OF_RANGE asks for. Text is UTF-8 and NUL-terminated. Text that a function hands
 * out as const char * lives until the process ends. Sizes are in bytes where a name says so, else in
 * elements; times are in milliseconds where a name ends in _ms.
 *
 * Errors. A function that returns a PredictorStatus clears the calling thread's error text on success
 * and sets it on failure; predictor_last_error_message copies it. Nothing is printed, nothing unwinds
 * and nothing exits.
 *
 * Threads. "One thread at a time per predictor" means: the call returns PREDICTOR_ERROR_BUSY, and
 * changes nothing, while another thread is inside such a call on the predictor or one of its tensors.
 * Calls that take turns cannot be told from one caller's: threads that share one predictor use
 * predictor_run_with.
 *
 * Fork. In a forked child, a handle made before the fork is PREDICTOR_ERROR_FORKED; the child makes
 * its own.
 *
 * This file is made from the Rust sources. */

#ifndef PREDICTOR_POOL_H
#define PREDICTOR_POOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
namespace predictor_pool {
namespace c {
#endif  // __cplusplus

/**
 * The outcome of a call. 0 is success; the numbers never change.
 */
enum PredictorStatus
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Success.
   */
  PREDICTOR_OK = 0,
  /**
   * An argument is NULL, malformed or does not fit the call.
   */
  PREDICTOR_ERROR_INVALID_ARGUMENT = 1,
  /**
   * The handle is NULL, was destroyed, or is of another kind.
   */
  PREDICTOR_ERROR_INVALID_HANDLE = 2,
  /**
   * A file or a name does not exist.
   */
  PREDICTOR_ERROR_NOT_FOUND = 3,
  /**
   * An index or a buffer is too small or too large.
   */
  PREDICTOR_ERROR_OUT_OF_RANGE = 4,
  /**
   * A shape does not fit the model's.
   */
  PREDICTOR_ERROR_SHAPE_MISMATCH = 5,
  /**
   * An element type does not fit the model's.
   */
  PREDICTOR_ERROR_TYPE_MISMATCH = 6,
  /**
   * Another thread is inside a call on the same predictor, or the pool's queue is full.
   */
  PREDICTOR_ERROR_BUSY = 7,
  /**
   * The time limit passed.
   */
  PREDICTOR_ERROR_TIMEOUT = 8,
  /**
   * The run was cancelled.
   */
  PREDICTOR_ERROR_CANCELLED = 9,
  /**
   * The file is not a model that can be loaded.
   */
  PREDICTOR_ERROR_INVALID_MODEL = 10,
  /**
   * The request is well formed but cannot be served here.
   */
  PREDICTOR_ERROR_UNSUPPORTED = 11,
  /**
   * ONNX Runtime could not be found or loaded.
   */
  PREDICTOR_ERROR_RUNTIME_UNAVAILABLE = 12,
  /**
   * A kernel failed while the model ran.
   */
  PREDICTOR_ERROR_RUN_FAILED = 13,
  /**
   * Memory could not be had.
   */
  PREDICTOR_ERROR_OUT_OF_MEMORY = 14,
  /**
   * The handle was made before a fork, and this is the child.
   */
  PREDICTOR_ERROR_FORKED = 15,
  /**
   * A defect of this library; please report it.
   */
  PREDICTOR_ERROR_INTERNAL = 16,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum PredictorStatus PredictorStatus;
#else
typedef int32_t PredictorStatus;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The type of a tensor's elements; ONNX's own numbers.
 */
enum PredictorDataType
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * 32-bit IEEE 754, `float`.
   */
  PREDICTOR_FLOAT32 = 1,
  /**
   * `uint8_t`.
   */
  PREDICTOR_UINT8 = 2,
  /**
   * `int8_t`.
   */
  PREDICTOR_INT8 = 3,
  /**
   * `uint16_t`.
   */
  PREDICTOR_UINT16 = 4,
  /**
   * `int16_t`.
   */
  PREDICTOR_INT16 = 5,
  /**
   * `int32_t`.
   */
  PREDICTOR_INT32 = 6,
  /**
   * `int64_t`.
   */
  PREDICTOR_INT64 = 7,
  /**
   * UTF-8 text of any length; see `predictor_tensor_copy_strings_from_host`.
   */
  PREDICTOR_STRING = 8,
  /**
   * One byte, 0 or 1.
   */
  PREDICTOR_BOOL = 9,
  /**
   * 16-bit IEEE 754, as its bits in a `uint16_t`.
   */
  PREDICTOR_FLOAT16 = 10,
  /**
   * 64-bit IEEE 754, `double`.
   */
  PREDICTOR_FLOAT64 = 11,
  /**
   * `uint32_t`.
   */
  PREDICTOR_UINT32 = 12,
  /**
   * `uint64_t`.
   */
  PREDICTOR_UINT64 = 13,
  /**
   * The upper 16 bits of a float, in a `uint16_t`.
   */
  PREDICTOR_BFLOAT16 = 16,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum PredictorDataType PredictorDataType;
#else
typedef int32_t PredictorDataType;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * One caller's inputs and outputs over a loaded model.
 */
typedef struct Predictor Predictor;

/**
 * A recipe for predictors: model, threads, execution providers, options. Owned by the caller, used
 * by one thread at a time, reusable, and not needed any more once something was created from it.
 */
typedef struct PredictorConfig PredictorConfig;

/**
 * A fixed number of predictors over one model.
 */
typedef struct PredictorPool PredictorPool;

/**
 * One input or output of a predictor, borrowed from it.
 */
typedef struct PredictorTensor PredictorTensor;

/**
 * A value in the ONNX model.
 */
typedef struct Tensor Tensor;

/**
 * A named tensor in the caller's memory, for `predictor_run_with`.
 *
 * In an input, `data` and `dims` are what the tensor holds. In an output, they are the room there
 * is: `byte_length` and `rank` say how much, and are overwritten, together with `data_type`, with
 * what was produced. Strings travel packed, each followed by a NUL, and `byte_length` counts all.
 */
typedef struct {
  /**
   * The tensor's name.
   */
  const char *name;
  /**
   * The elements, or room for them.
   */
  void *data;
  /**
   * Bytes of the data, or of the room.
   */
  size_t byte_length;
  /**
   * The shape, or room for it.
   */
  int64_t *dims;
  /**
   * Dimensions in `dims`, or room for so many.
   */
  size_t rank;
  /**
   * A `PredictorDataType`.
   */
  int32_t data_type;
} PredictorTensorView;

/**
 * What a pool has done so far. `acquired_total` is the loans given back plus `in_use`.
 */
typedef struct {
  /**
   * Predictors in the pool.
   */
  uint64_t size;
  /**
   * Predictors on loan now.
   */
  uint64_t in_use;
  /**
   * Callers waiting in acquire now.
   */
  uint64_t waiting;
  /**
   * Loans given.
   */
  uint64_t acquired_total;
  /**
   * Acquires that ended without a predictor because time ran out.
   */
  uint64_t timeouts_total;
  /**
   * Runs of the pool's predictors, failed ones included.
   */
  uint64_t runs_total;
  /**
   * Runs that failed, were cancelled or timed out.
   */
  uint64_t failures_total;
  /**
   * Nanoseconds that callers waited in acquire, all together.
   */
  uint64_t wait_ns_total;
  /**
   * Nanoseconds that runs took, all together.
   */
  uint64_t run_ns_total;
} PredictorPoolStats;



#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of this ABI. Bindings refer to the symbol, so that a library with another ABI is
 * refused when they are linked.
 */
extern const uint32_t predictor_abi_v1;

/**
 * The version of this ABI, 1. Functions of a version are never changed or removed.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: none; the error text is not touched.
 */
uint32_t predictor_abi_version(void);

/**
 * Grows with each function that is added within the version. A program that needs a function added
 * later checks for at least the revision that its header was made with.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: none; the error text is not touched.
 */
uint32_t predictor_abi_revision(void);

/**
 * The library's version, for example "1.0.0".
 *
 * Ownership: the text lives until the process ends.
 * Threads: any thread at any time.
 * Errors: none; the error text is not touched.
 */
const char *predictor_version(void);

/**
 * Loads ONNX Runtime now, which otherwise the first model does. It is looked for, in this order: at
 * `path_or_null`, a file or the folder it is in; where the environment's PREDICTOR_POOL_ORT_LIB,
 * then ORT_DYLIB_PATH, point; beside this library; where the system finds libonnxruntime.so.1. A
 * place that was named is the only one that is tried.
 *
 * Ownership: the path is copied.
 * Threads: any thread at any time; concurrent calls wait for each other.
 * Errors: RUNTIME_UNAVAILABLE if none could be loaded (the text lists what was tried; it may be
 * tried again), INVALID_ARGUMENT if another file is loaded already.
 */
PredictorStatus predictor_initialize_runtime(const char *path_or_null);

/**
 * The version of the ONNX Runtime in use, for example "1.31.1"; loads it if need be.
 *
 * Ownership: the text lives until the process ends.
 * Threads: any thread at any time.
 * Errors: INVALID_ARGUMENT for a NULL `out`; RUNTIME_UNAVAILABLE.
 */
PredictorStatus predictor_runtime_version(const char **out);

/**
 * The file of the ONNX Runtime in use; loads it if need be.
 *
 * Ownership: the text lives until the process ends.
 * Threads: any thread at any time.
 * Errors: INVALID_ARGUMENT for a NULL `out`; RUNTIME_UNAVAILABLE.
 */
PredictorStatus predictor_runtime_path(const char **out);

/**
 * How many execution providers the ONNX Runtime in use has; loads it if need be.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: INVALID_ARGUMENT for a NULL `out`; RUNTIME_UNAVAILABLE.
 */
PredictorStatus predictor_provider_count(size_t *out);

/**
 * The name of execution provider number `index`, as `predictor_config_append_execution_provider`
 * takes it, for example "cpu".
 *
 * Ownership: the text lives until the process ends.
 * Threads: any thread at any time.
 * Errors: INVALID_ARGUMENT for a NULL `out`; OUT_OF_RANGE; RUNTIME_UNAVAILABLE.
 */
PredictorStatus predictor_provider_name(size_t index, const char **out);

/**
 * Sends log lines of at least `minimum_severity` (0 verbose, 1 info, 2 warning, 3 error, 4 fatal)
 * to `callback`: ONNX Runtime's, and this library's own with the category "predictor_pool". NULL
 * drops them, as at the start. Models that were loaded before keep the severity of that time if it
 * was higher.
 *
 * Ownership: `user_data` is the caller's and must live until another callback is set and the calls
 * in progress have returned; `category` and `message` live during the call only.
 * Threads: any thread at any time; the callback is called by any thread, also by several at once,
 * and must not unwind, jump out, or create or destroy predictors and pools.
 * Errors: INVALID_ARGUMENT for another severity.
 */
PredictorStatus predictor_set_log_callback(void (*callback)(void *user_data,
                                                            int32_t severity,
                                                            const char *category,
                                                            const char *message),
                                           void *user_data,
                                           int32_t minimum_severity);

/**
 * Hands a line to the callback of `predictor_set_log_callback`, as this library's own lines are, for
 * bindings that have something to say. `category` says whose line it is.
 *
 * Ownership: the texts are used during the call only.
 * Threads: any thread at any time; the callback is called on the caller's.
 * Errors: INVALID_ARGUMENT (NULL, not UTF-8, another severity than 0 to 4).
 */
PredictorStatus predictor_write_log(int32_t severity,
                                    const char *category,
                                    const char *message);

/**
 * How many handles the callers of this process still have to destroy: configs, predictors and
 * pools. Borrowed handles do not count. For leak checks.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: none; the error text is not touched.
 */
int64_t predictor_live_handles(void);

/**
 * The name of a status, for example "PREDICTOR_ERROR_BUSY"; "PREDICTOR_ERROR_UNKNOWN" for a number
 * that is none.
 *
 * Ownership: the text lives until the process ends.
 * Threads: any thread at any time.
 * Errors: none; the error text is not touched.
 */
const char *predictor_status_name(int32_t status);

/**
 * Copies the text of the calling thread's last failure: one line, NUL-terminated, cut to
 * `capacity` bytes; "" if the last call that returns a status succeeded. Returns the length of the
 * whole text without the NUL; `buffer` NULL or `capacity` 0 just asks for it.
 *
 * Every call that returns a status clears the text or sets it; a `destroy_*` sets it when there is
 * something to say; this function leaves it.
 *
 * Ownership: the text is copied into the caller's buffer.
 * Threads: any thread; each has a text of its own, so ask on the thread whose call failed.
 * Errors: none.
 */
size_t predictor_last_error_message(char *buffer, size_t capacity);

/**
 * Makes a config with no model and all defaults.
 *
 * Ownership: `*out` is owned; give it to `destroy_predictor_config`.
 * Threads: any thread at any time.
 * Errors: INVALID_ARGUMENT for a NULL `out`.
 */
PredictorStatus create_predictor_config(PredictorConfig **out);

/**
 * Destroys a config. What was created from it lives on.
 *
 * Ownership: takes `config`; NULL does nothing.
 * Threads: any thread, also while another is inside a call on the config.
 * Errors: a stale handle, or one of another kind, only sets the error text.
 */
void destroy_predictor_config(PredictorConfig *config);

/**
 * Sets the model's file, or a folder that holds one, and a file of parameters beside it. A Paddle
 * model (`.pdmodel`, or `.json` of Paddle 3) has its weights in `params_path` (`.pdiparams`); in a
 * folder both are found by Paddle's names. For an ONNX model with external data in one file,
 * `params_path` stands for that file; an ONNX model without external data does not use it. NULL or
 * "" is none. Files are opened when something is created from the config; the format is told by
 * content.
 *
 * Ownership: the paths are copied.
 * Threads: meant for one thread; calls on one config take turns.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (not UTF-8).
 */
PredictorStatus predictor_config_set_model(PredictorConfig *config,
                                           const char *model_path,
                                           const char *params_path);

/**
 * Sets the model from memory. `params_or_null` is as `params_path` in
 * `predictor_config_set_model`.
 *
 * Ownership: both buffers are copied.
 * Threads: meant for one thread; calls on one config take turns.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a length; a model of 0 bytes).
 */
PredictorStatus predictor_config_set_model_buffer(PredictorConfig *config,
                                                  const void *model,
                                                  size_t model_length,
                                                  const void *params_or_null,
                                                  size_t params_length);

/**
 * Sets how many threads compute one operator together, the caller included. 0 asks for the
 * automatic number: of C usable cores (affinity mask, cgroup quota, PREDICTOR_POOL_NUM_THREADS), a
 * pool of N gets max(1, C - N + 1), less what other automatic models of the process use. Unset is 1
 * for `create_predictor`, as in Paddle, and automatic for `create_predictor_pool`.
 *
 * Ownership: nothing is handed over.
 * Threads: meant for one thread; calls on one config take turns.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (below 0, above 1024).
 */
PredictorStatus predictor_config_set_intra_op_threads(PredictorConfig *config, int32_t count);

/**
 * Sets how many operators are computed side by side, with the option "execution_mode" = "parallel"
 * only. 0 asks for as many as intra-op threads.
 *
 * Ownership: nothing is handed over.
 * Threads: meant for one thread; calls on one config take turns.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (below 0, above 1024).
 */
PredictorStatus predictor_config_set_inter_op_threads(PredictorConfig *config, int32_t count);

/**
 * Adds an execution provider, in order of preference: "cpu", "cuda", "tensorrt", "openvino",
 * "xnnpack", ... "cpu" is always last, added or not. Options are a JSON object of strings, for
 * example {"device_id":"1"}.
 *
 * Creating a predictor is UNSUPPORTED if the ONNX Runtime in use lacks the provider (the text lists
 * those it has) or if the provider got no node of the model: nothing falls back to the CPU silently.
 *
 * Ownership: the texts are copied.
 * Threads: meant for one thread; calls on one config take turns.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL or empty name, malformed options).
 */
PredictorStatus predictor_config_append_execution_provider(PredictorConfig *config,
                                                           const char *name,
                                                           const char *options_json_or_null);

/**
 * Sets the graph optimisation: 0 none, 1 basic, 2 extended, 3 all (the default).
 *
 * Ownership: nothing is handed over.
 * Threads: meant for one thread; calls on one config take turns.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (another level).
 */
PredictorStatus predictor_config_set_optimization_level(PredictorConfig *config, int32_t level);

/**
 * Sets an option. A key with a dot goes to ONNX Runtime's session options as it is (ONNX Runtime
 * accepts any spelling). The others are this library's:
 *
 * - "precision": "fp32" (default), "bf16" or "fp16"; UNSUPPORTED where the provider cannot
 * - "share_model": "1" (default): equal configs share one loaded model; "0": not
 * - "execution_mode": "sequential" (default) or "parallel"
 * - "enable_cpu_arena": "1" (default): keep memory between runs; "0": not
 * - "enable_memory_pattern": "1" (default): plan memory for shapes seen before; "0": not
 * - "spinning": "auto" (default: only where one predictor has the machine to itself), "1" or "0"
 * - "free_dimension:NAME": a size; fixes the model's free dimension NAME
 * - "profile_path": a prefix; ONNX Runtime writes a profile there when the model is unloaded
 * - "optimized_model_path": a file; the optimised graph is written there
 * - "optimized_model_cache": a folder, or "auto" for the user's cache; optimised models are kept
 *   there, load faster and share their weights between processes; "" (default): not
 * - "custom_op_library": a shared library with custom operators; may be given several times
 * - "warmup_runs": runs on zeros before a predictor or a pool is handed out; default "0"
 * - "pool_max_waiting": callers that may wait in `predictor_pool_acquire`; more are BUSY
 * - "tune_file": a file of tuned settings; what is set otherwise wins
 *
 * Ownership: the texts are copied.
 * Threads: meant for one thread; calls on one config take turns.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL, an unknown key: the text lists ours, a wrong value).
 */
PredictorStatus predictor_config_set_option(PredictorConfig *config,
                                            const char *key,
                                            const char *value);

/**
 * Loads the config's model, or finds it loaded by an equal config, and makes a predictor.
 *
 * Ownership: `*out` is owned; give it to `destroy_predictor`. The config may be destroyed or changed
 * afterwards.
 * Threads: any thread at any time, also several on one config.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`, no model set), NOT_FOUND (a file),
 * INVALID_MODEL, UNSUPPORTED (an execution provider, an operator), RUNTIME_UNAVAILABLE, RUN_FAILED
 * (in a warm-up run), OUT_OF_MEMORY.
 */
PredictorStatus create_predictor(const PredictorConfig *config,
                                 Predictor **out);

/**
 * Makes another predictor over the same loaded model; its inputs and outputs start empty. A clone
 * costs no second copy of the weights and lives independently of its source.
 *
 * Ownership: `*out` is owned; give it to `destroy_predictor`.
 * Threads: any thread at any time, also while `predictor` runs.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_MEMORY.
 */
PredictorStatus clone_predictor(const Predictor *predictor, Predictor **out);

/**
 * Destroys a predictor. Its tensor handles end with it; calls in progress finish first.
 *
 * Ownership: takes `predictor`; NULL does nothing, and so does a handle that is borrowed from a pool,
 * but for the error text.
 * Threads: any thread, also while another is inside a call on the predictor.
 * Errors: a stale or borrowed handle, or one of another kind, only sets the error text.
 */
void destroy_predictor(Predictor *predictor);

/**
 * How many inputs every run needs. Inputs with defaults are not counted; they are found by name.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`).
 */
PredictorStatus predictor_input_count(const Predictor *predictor, size_t *out);

/**
 * How many outputs the model has.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`).
 */
PredictorStatus predictor_output_count(const Predictor *predictor, size_t *out);

/**
 * The name of input number `index`, in the model's order.
 *
 * Ownership: the text lives until the process ends.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_RANGE.
 */
PredictorStatus predictor_input_name(const Predictor *predictor, size_t index, const char **out);

/**
 * The name of output number `index`, in the model's order.
 *
 * Ownership: the text lives until the process ends.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_RANGE.
 */
PredictorStatus predictor_output_name(const Predictor *predictor, size_t index, const char **out);

/**
 * The handle of the input called `name`, also of one with a default: the same handle for the same
 * name each time, without an allocation.
 *
 * Ownership: `*out` is borrowed from `predictor` and dies with it.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL), NOT_FOUND (the text lists the names).
 */
PredictorStatus predictor_get_input_handle(Predictor *predictor,
                                           const char *name,
                                           PredictorTensor **out);

/**
 * The handle of the output called `name`: the same handle for the same name each time, without an
 * allocation. It may be taken before the first run.
 *
 * Ownership: `*out` is borrowed from `predictor` and dies with it.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL), NOT_FOUND (the text lists the names).
 */
PredictorStatus predictor_get_output_handle(Predictor *predictor,
                                            const char *name,
                                            PredictorTensor **out);

/**
 * Computes the outputs from the inputs.
 *
 * Ownership: nothing is handed over; outputs live in the predictor until its next run.
 * Threads: one thread at a time per predictor; beside another thread's call it returns BUSY and
 * changes nothing. Runs on different predictors go in parallel, whatever their shapes.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (an input was never set), BUSY, RUN_FAILED (the predictor
 * lives on), SHAPE_MISMATCH (an output does not fit shared memory), CANCELLED, OUT_OF_MEMORY.
 */
PredictorStatus predictor_run(Predictor *predictor);

/**
 * `predictor_run` that is stopped after `timeout_ms` milliseconds; below 0 is no limit, 0 is TIMEOUT
 * at once. ONNX Runtime looks for the stop between operators, so one long operator delays it. The
 * predictor is usable again afterwards.
 *
 * Ownership: nothing is handed over.
 * Threads: one thread at a time per predictor; beside another thread's call it returns BUSY.
 * Errors: those of `predictor_run`, and TIMEOUT.
 */
PredictorStatus predictor_run_with_timeout(Predictor *predictor,
                                           int64_t timeout_ms);

/**
 * Stops the runs in progress on `predictor`, those of `predictor_run_with` included: they return
 * CANCELLED. It never touches a later run.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, NOT_FOUND (no run is in progress).
 */
PredictorStatus predictor_cancel(const Predictor *predictor);

/**
 * Gives memory that runs left behind back to the system. `*out_bytes_released` is how many bytes
 * the process got smaller by, which other threads' runs change too.
 *
 * Ownership: nothing is handed over; inputs and outputs stay.
 * Threads: one thread at a time per predictor; beside another thread's call it returns BUSY.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL), BUSY.
 */
PredictorStatus predictor_shrink_memory(Predictor *predictor, uint64_t *out_bytes_released);

/**
 * Runs the model on `inputs` and writes the named `outputs`, without touching the predictor's own
 * tensors and without keeping anything. Inputs with defaults may be left out, and so may outputs.
 *
 * Ownership: all memory is the caller's and is used during the call only.
 * Threads: any number at once on one predictor, also while it runs.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL, a missing input, a repeated name, a wrong length, not
 * aligned to an element, an output's memory used twice), NOT_FOUND (a name), TYPE_MISMATCH, SHAPE_MISMATCH, OUT_OF_RANGE (an output
 * has too little room; `byte_length` and `rank` of every output then say what it needs), RUN_FAILED,
 * CANCELLED, UNSUPPORTED, OUT_OF_MEMORY.
 */
PredictorStatus predictor_run_with(const Predictor *predictor,
                                   const PredictorTensorView *inputs,
                                   size_t input_count,
                                   PredictorTensorView *outputs,
                                   size_t output_count);

/**
 * The tensor's name.
 *
 * Ownership: the text lives until the process ends.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`).
 */
PredictorStatus predictor_tensor_name(const PredictorTensor *tensor, const char **out);

/**
 * The element type, a `PredictorDataType`.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), UNSUPPORTED (a type without a number).
 */
PredictorStatus predictor_tensor_data_type(const PredictorTensor *tensor, int32_t *out);

/**
 * The shape that the model declares; -1 is a free dimension. `dims` NULL or `capacity` 0 asks for
 * the rank only, which is written in any case.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out_rank`), OUT_OF_RANGE (too little room),
 * UNSUPPORTED (the model declares no rank).
 */
PredictorStatus predictor_tensor_declared_shape(const PredictorTensor *tensor,
                                                int64_t *dims,
                                                size_t capacity,
                                                size_t *out_rank);

/**
 * The name that the model gives to dimension `axis`, for example "batch"; "" if it has none.
 *
 * Ownership: the text lives until the process ends.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_RANGE.
 */
PredictorStatus predictor_tensor_dimension_name(const PredictorTensor *tensor,
                                                size_t axis,
                                                const char **out);

/**
 * The current shape: of an input what `predictor_tensor_reshape` set, or the model's if that is
 * static; of an output what the last run produced. `dims` NULL or `capacity` 0 asks for the rank
 * only, which is written in any case.
 *
 * Ownership: nothing is handed over.
 * Threads: any number at once; BUSY beside a call that changes the predictor.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out_rank`; an output without a successful run since
 * the last reshape), SHAPE_MISMATCH (an input with free dimensions before its reshape), OUT_OF_RANGE
 * (too little room), BUSY, UNSUPPORTED.
 */
PredictorStatus predictor_tensor_shape(const PredictorTensor *tensor,
                                       int64_t *dims,
                                       size_t capacity,
                                       size_t *out_rank);

/**
 * Bytes of the data at the current shape.
 *
 * Ownership: nothing is handed over.
 * Threads: any number at once; BUSY beside a call that changes the predictor.
 * Errors: those of `predictor_tensor_shape`, and TYPE_MISMATCH for strings.
 */
PredictorStatus predictor_tensor_byte_length(const PredictorTensor *tensor, size_t *out);

/**
 * Sets the shape of an input; rank and static dimensions must be the model's. Data stays if the
 * number of elements does. Outputs of earlier runs are gone.
 *
 * Ownership: `dims` is copied; memory that the input shared is not used any more.
 * Threads: one thread at a time per predictor; BUSY beside another thread's call.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a rank, an output), SHAPE_MISMATCH,
 * OUT_OF_RANGE (more bytes than can be addressed), BUSY, UNSUPPORTED.
 */
PredictorStatus predictor_tensor_reshape(PredictorTensor *tensor, const int64_t *dims, size_t rank);

/**
 * Copies data into an input. The type must be the model's and the length exactly what the current
 * shape takes.
 *
 * Ownership: the data is copied; memory that the input shared is not used any more.
 * Threads: one thread at a time per predictor; BUSY beside another thread's call.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a length, another length, no such type, an
 * output), TYPE_MISMATCH, SHAPE_MISMATCH (free dimensions and no reshape), BUSY, UNSUPPORTED,
 * OUT_OF_MEMORY.
 */
PredictorStatus predictor_tensor_copy_from_host(PredictorTensor *tensor,
                                                int32_t data_type,
                                                const void *data,
                                                size_t byte_length);

/**
 * Copies data out of an output, or of an input. The type must be the model's and the length exactly
 * that of the data.
 *
 * Ownership: the data is copied into the caller's buffer.
 * Threads: any number at once; BUSY beside a call that changes the predictor.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a length, another length, no such type, nothing
 * to read), TYPE_MISMATCH, BUSY, UNSUPPORTED.
 */
PredictorStatus predictor_tensor_copy_to_host(const PredictorTensor *tensor,
                                              int32_t data_type,
                                              void *data,
                                              size_t byte_length);

/**
 * Uses memory of the caller's without a copy: runs read an input from it, or write an output of
 * exactly this shape to it. Outputs of earlier runs are gone. For an output, `data` NULL with length
 * 0 goes back to the library's own memory.
 *
 * Ownership: `data` stays the caller's and must stay valid until the tensor shares other memory, is
 * reshaped or copied to, or the predictor is destroyed and its calls have returned; `dims` is copied.
 * Threads: one thread at a time per predictor; BUSY beside another thread's call.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a length, another length than the shape takes,
 * not aligned to an element, no such type), TYPE_MISMATCH (strings too), SHAPE_MISMATCH, OUT_OF_RANGE
 * (more bytes than can be addressed), BUSY, UNSUPPORTED. A run whose output has another shape than the memory is SHAPE_MISMATCH.
 */
PredictorStatus predictor_tensor_share_external_data(PredictorTensor *tensor,
                                                     int32_t data_type,
                                                     void *data,
                                                     size_t byte_length,
                                                     const int64_t *dims,
                                                     size_t rank);

/**
 * The memory of the data, to read or (an input) to write in place. An input that has a shape and no
 * data gets zeros. An output's memory must not be written to.
 *
 * Ownership: `*out` is borrowed; it is valid until the tensor is reshaped or set, the predictor runs
 * (an output), or the predictor is destroyed.
 * Threads: one thread at a time per predictor; BUSY beside another thread's call.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL; an output with nothing to read), TYPE_MISMATCH
 * (strings), SHAPE_MISMATCH (free dimensions and no reshape), BUSY, UNSUPPORTED, OUT_OF_MEMORY.
 */
PredictorStatus predictor_tensor_data(PredictorTensor *tensor,
                                      void **out,
                                      size_t *out_byte_length);

/**
 * Copies strings into an input of strings, one per element of the current shape, in row-major order.
 * `lengths` gives their bytes without a NUL; NULL means that each ends at its NUL.
 *
 * Ownership: the strings are copied.
 * Threads: one thread at a time per predictor; BUSY beside another thread's call.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL, another count than the shape has, an output),
 * TYPE_MISMATCH (not strings), SHAPE_MISMATCH (free dimensions and no reshape), BUSY.
 */
PredictorStatus predictor_tensor_copy_strings_from_host(PredictorTensor *tensor,
                                                        const char *const *strings,
                                                        const size_t *lengths,
                                                        size_t count);

/**
 * The bytes of string number `index`, in row-major order, without a NUL.
 *
 * Ownership: nothing is handed over.
 * Threads: any number at once; BUSY beside a call that changes the predictor.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`, nothing to read), TYPE_MISMATCH (not
 * strings), OUT_OF_RANGE, BUSY.
 */
PredictorStatus predictor_tensor_string_length(const PredictorTensor *tensor,
                                               size_t index,
                                               size_t *out);

/**
 * Copies string number `index` with a NUL at its end into `buffer`, cut to `capacity` bytes.
 *
 * Ownership: the string is copied into the caller's buffer.
 * Threads: any number at once; BUSY beside a call that changes the predictor.
 * Errors: those of `predictor_tensor_string_length`, and OUT_OF_RANGE if it was cut.
 */
PredictorStatus predictor_tensor_copy_string_to_host(const PredictorTensor *tensor,
                                                     size_t index,
                                                     char *buffer,
                                                     size_t capacity);

/**
 * Loads the config's model once, or finds it loaded by an equal config, and makes `size` predictors
 * over it.
 *
 * Ownership: `*out` is owned; give it to `destroy_predictor_pool`. The config may be destroyed or
 * changed afterwards.
 * Threads: any thread at any time, also several on one config.
 * Errors: those of `create_predictor`, and INVALID_ARGUMENT for size 0.
 */
PredictorStatus create_predictor_pool(const PredictorConfig *config,
                                      size_t size,
                                      PredictorPool **out);

/**
 * Destroys a pool. Who waits in `predictor_pool_acquire` returns INVALID_HANDLE; the handles of all
 * its predictors end; calls in progress finish first.
 *
 * Ownership: takes `pool`; NULL does nothing.
 * Threads: any thread, also while others are inside calls on the pool or its predictors.
 * Errors: a stale handle, or one of another kind, only sets the error text.
 */
void destroy_predictor_pool(PredictorPool *pool);

/**
 * How many predictors the pool has.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`).
 */
PredictorStatus predictor_pool_size(const PredictorPool *pool, size_t *out);

/**
 * Predictor number `index`, the same handle each time, as in Paddle's pool: nothing is checked out,
 * and one thread per index is the caller's job. Who also acquires from the pool may get the same
 * predictor there and then sees BUSY, or a predictor that the loan has emptied.
 *
 * Ownership: `*out` is borrowed from `pool` and dies with it.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_RANGE.
 */
PredictorStatus predictor_pool_retrieve(const PredictorPool *pool, size_t index, Predictor **out);

/**
 * Lends an idle predictor, emptied, under a handle of its own. Callers are served in their order.
 * `timeout_ms` below 0 waits without a limit; 0 does not wait.
 *
 * Ownership: `*out` is borrowed from `pool`; give it to `predictor_pool_release`. After that the
 * handle and its tensors are INVALID_HANDLE.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE (also if the pool is destroyed meanwhile), INVALID_ARGUMENT (NULL `out`),
 * TIMEOUT, BUSY (as many callers wait as "pool_max_waiting" allows).
 */
PredictorStatus predictor_pool_acquire(const PredictorPool *pool,
                                       int64_t timeout_ms,
                                       Predictor **out);

/**
 * Gives an acquired predictor back. The next caller gets it when calls in progress on the old handle
 * have ended.
 *
 * Ownership: takes `predictor`, whose handle and tensors end.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE (a second release too), INVALID_ARGUMENT (not acquired from this pool).
 */
PredictorStatus predictor_pool_release(const PredictorPool *pool,
                                       Predictor *predictor);

/**
 * What the pool has done so far. `out_size` is sizeof(PredictorPoolStats) as the caller knows it: so
 * many bytes are written, and what the library does not know is set to 0.
 *
 * Ownership: nothing is handed over.
 * Threads: any thread at any time.
 * Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`, size 0 or not a multiple of 8).
 */
PredictorStatus predictor_pool_stats(const PredictorPool *pool,
                                     PredictorPoolStats *out,
                                     size_t out_size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#ifdef __cplusplus
}  // namespace c
}  // namespace predictor_pool
#endif  // __cplusplus

#endif  /* PREDICTOR_POOL_H */
