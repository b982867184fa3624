// Failures as Paddle's callers meet them: a std::runtime_error whose text is "(Class) cause".
#pragma once

#include <string>

#include <predictor_pool.h>

namespace paddle_infer {

namespace c = predictor_pool::c;

/// Throws; `kind` is Paddle's name of the class of error, for example "InvalidArgument".
[[noreturn]] void fail(const char *kind, const std::string &text);

/// Paddle's name of the class of error that a status belongs to.
const char *kind_of(c::PredictorStatus status);

/// "(Class) text" of the calling thread's last failure, which had `status`.
std::string last_error(c::PredictorStatus status);

/// Throws the calling thread's last failure unless `status` is PREDICTOR_OK.
void check(c::PredictorStatus status);

} // namespace paddle_infer
