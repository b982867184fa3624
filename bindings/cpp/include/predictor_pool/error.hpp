/// What went wrong: the status codes, and the one exception of this library.
#ifndef PREDICTOR_POOL_ERROR_HPP
#define PREDICTOR_POOL_ERROR_HPP

#include <predictor_pool.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace predictor_pool {

/// The kind of a failure. The numbers are those of the C ABI and never change.
enum class Status : std::int32_t {
    Ok = c::PREDICTOR_OK,
    /// An argument is null, malformed or does not fit the call.
    InvalidArgument = c::PREDICTOR_ERROR_INVALID_ARGUMENT,
    /// The object was moved from, or what it stands for has ended.
    InvalidHandle = c::PREDICTOR_ERROR_INVALID_HANDLE,
    /// A file or a name does not exist.
    NotFound = c::PREDICTOR_ERROR_NOT_FOUND,
    /// An index or a buffer is too small or too large.
    OutOfRange = c::PREDICTOR_ERROR_OUT_OF_RANGE,
    /// A shape does not fit the model's.
    ShapeMismatch = c::PREDICTOR_ERROR_SHAPE_MISMATCH,
    /// An element type does not fit the model's.
    TypeMismatch = c::PREDICTOR_ERROR_TYPE_MISMATCH,
    /// Another thread is inside a call on the same predictor, or the pool's queue is full.
    Busy = c::PREDICTOR_ERROR_BUSY,
    /// The time limit passed.
    Timeout = c::PREDICTOR_ERROR_TIMEOUT,
    /// The run was cancelled.
    Cancelled = c::PREDICTOR_ERROR_CANCELLED,
    /// The file is not a model that can be loaded.
    InvalidModel = c::PREDICTOR_ERROR_INVALID_MODEL,
    /// The request is well formed but cannot be served here.
    Unsupported = c::PREDICTOR_ERROR_UNSUPPORTED,
    /// ONNX Runtime could not be found or loaded.
    RuntimeUnavailable = c::PREDICTOR_ERROR_RUNTIME_UNAVAILABLE,
    /// A kernel failed while the model ran.
    RunFailed = c::PREDICTOR_ERROR_RUN_FAILED,
    /// Memory could not be had.
    OutOfMemory = c::PREDICTOR_ERROR_OUT_OF_MEMORY,
    /// The object was made before a fork, and this is the child.
    Forked = c::PREDICTOR_ERROR_FORKED,
    /// A defect of the library; please report it.
    Internal = c::PREDICTOR_ERROR_INTERNAL,
};

/// The name of a status in the C ABI, for example "PREDICTOR_ERROR_BUSY"; "PREDICTOR_ERROR_UNKNOWN" for a number that is
/// none.
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: none.
inline std::string_view status_name(Status status) noexcept
{
    return c::predictor_status_name(static_cast<std::int32_t>(status));
}

/// A failure. `what()` is one line that names the thing, what was expected and what was given.
class Error : public std::runtime_error {
public:
    /// Ownership: the text is copied.
    /// Threads: any thread at any time.
    /// Errors: std::bad_alloc.
    Error(Status code, const std::string &text) : std::runtime_error(text), code_(code) {}

    /// The kind of the failure.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: any thread at any time.
    /// Errors: none.
    Status code() const noexcept { return code_; }

private:
    Status code_;
};

namespace detail {

/// Throws the calling thread's last failure; to be called before any other call of the C ABI on this thread.
[[noreturn]] inline void raise(c::PredictorStatus status)
{
    std::string text(c::predictor_last_error_message(nullptr, 0), '\0');
    c::predictor_last_error_message(text.data(), text.size() + 1);
    throw Error(static_cast<Status>(status), text);
}

inline void check(c::PredictorStatus status)
{
    if (status != c::PREDICTOR_OK)
        raise(status);
}

} // namespace detail
} // namespace predictor_pool

#endif
