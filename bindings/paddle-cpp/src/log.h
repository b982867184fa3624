// This library's warnings.
#pragma once

#include <string>

namespace paddle_infer {

/// Hands a line to the callback of predictor_set_log_callback, unless silence_warnings was called.
void warn(const std::string &text);

/// What Config::DisableGlogInfo does, for the whole process and for good.
void silence_warnings();
bool warnings_silenced();

} // namespace paddle_infer
