/// What belongs to the whole process: versions, ONNX Runtime, its log.
#ifndef PREDICTOR_POOL_LIBRARY_HPP
#define PREDICTOR_POOL_LIBRARY_HPP

#include <predictor_pool.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "error.hpp"

namespace predictor_pool {

/// The version of the ABI that the library has: 1. Functions of a version are never changed or removed.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: none.
inline std::uint32_t abi_version() noexcept
{
    return c::predictor_abi_version();
}

/// Grows with each function that is added to the library within an ABI version.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: none.
inline std::uint32_t abi_revision() noexcept
{
    return c::predictor_abi_revision();
}

/// The library's version, for example "1.0.0".
///
/// Ownership: the text is the caller's.
/// Threads: any thread at any time.
/// Errors: std::bad_alloc.
inline std::string version()
{
    return c::predictor_version();
}

/// Loads ONNX Runtime now, which otherwise the first model does: from `path`, a file or the folder it is in, or with null
/// from where the environment's PREDICTOR_POOL_ORT_LIB, then ORT_DYLIB_PATH, point, from beside the library, or from where
/// the system finds libonnxruntime.so.1. A place that was named is the only one that is tried.
///
/// Ownership: the path is copied.
/// Threads: any thread at any time; concurrent calls wait for each other.
/// Errors: RuntimeUnavailable if none could be loaded (the text lists what was tried; it may be tried again),
/// InvalidArgument if another file is loaded already.
inline void initialize_runtime(Text path = nullptr)
{
    detail::check(c::predictor_initialize_runtime(path.c_str()));
}

/// The version of the ONNX Runtime in use, for example "1.31.1"; loads it if need be.
///
/// Ownership: the text is the caller's.
/// Threads: any thread at any time.
/// Errors: RuntimeUnavailable.
inline std::string runtime_version()
{
    const char *version = nullptr;
    detail::check(c::predictor_runtime_version(&version));
    return version;
}

/// The file of the ONNX Runtime in use; loads it if need be.
///
/// Ownership: the text is the caller's.
/// Threads: any thread at any time.
/// Errors: RuntimeUnavailable.
inline std::string runtime_path()
{
    const char *path = nullptr;
    detail::check(c::predictor_runtime_path(&path));
    return path;
}

/// The execution providers that the ONNX Runtime in use has, by the names that Config::append_execution_provider takes;
/// loads it if need be.
///
/// Ownership: the texts are the caller's.
/// Threads: any thread at any time.
/// Errors: RuntimeUnavailable.
inline std::vector<std::string> provider_names()
{
    std::size_t count = 0;
    detail::check(c::predictor_provider_count(&count));
    std::vector<std::string> names;
    for (std::size_t index = 0; index < count; index++) {
        const char *name = nullptr;
        detail::check(c::predictor_provider_name(index, &name));
        names.emplace_back(name);
    }
    return names;
}

/// How many configs, predictors (borrowed ones and leases not counted) and pools of this process are still to be destroyed,
/// those of other bindings included. For leak checks.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: none.
inline std::int64_t live_handles() noexcept
{
    return c::predictor_live_handles();
}

/// How serious a log line is.
enum class LogSeverity : std::int32_t { Verbose = 0, Info = 1, Warning = 2, Error = 3, Fatal = 4 };

/// Receives a log line: its severity, its category ("predictor_pool" for the library's own) and its text. The texts live
/// during the call only.
using LogCallback = std::function<void(LogSeverity severity, std::string_view category, std::string_view message)>;

namespace detail {

/// A callback that was set once. A call of it may be in progress on any thread at any later time, so it is never freed;
/// the list keeps it within reach of leak checkers.
struct LogSink {
    LogCallback callback;
    LogSink *older;
};

inline std::atomic<LogSink *> log_sinks{nullptr};

inline void forward_log(void *sink, std::int32_t severity, const char *category, const char *message) noexcept
{
    try {
        static_cast<LogSink *>(sink)->callback(static_cast<LogSeverity>(severity), category, message);
    } catch (...) { // an exception must not enter the library, and a log line has nobody to tell
    }
}

} // namespace detail

/// Sends log lines of at least `minimum` to `callback`: ONNX Runtime's and the library's own. An empty callback drops them,
/// as at the start. Models that were loaded before keep the severity of that time if it was higher.
///
/// Ownership: takes `callback`, which lives until the process ends, also after another was set: set it a few times in a
/// process and not once per request.
/// Threads: any thread at any time; the callback is called by any thread, also by several at once, and must not create or
/// destroy predictors and pools. What it throws is dropped.
/// Errors: InvalidArgument for another severity.
inline void set_log_callback(LogCallback callback, LogSeverity minimum = LogSeverity::Warning)
{
    const auto severity = static_cast<std::int32_t>(minimum);
    if (!callback) {
        detail::check(c::predictor_set_log_callback(nullptr, nullptr, severity));
        return;
    }
    auto sink = std::make_unique<detail::LogSink>(detail::LogSink{std::move(callback), nullptr});
    detail::check(c::predictor_set_log_callback(detail::forward_log, sink.get(), severity));
    detail::LogSink *const kept = sink.release();
    kept->older = detail::log_sinks.load();
    while (!detail::log_sinks.compare_exchange_weak(kept->older, kept)) {
    }
}

} // namespace predictor_pool

#endif
