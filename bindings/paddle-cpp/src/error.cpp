#include "error.h"

#include <stdexcept>

namespace paddle_infer {

namespace {

std::string with_kind(const char *kind, const std::string &text)
{
    return "(" + std::string(kind) + ") " + text;
}

} // namespace

void fail(const char *kind, const std::string &text)
{
    throw std::runtime_error(with_kind(kind, text));
}

const char *kind_of(c::PredictorStatus status)
{
    switch (status) {
    case c::PREDICTOR_ERROR_NOT_FOUND:
        return "NotFound";
    case c::PREDICTOR_ERROR_OUT_OF_RANGE:
        return "OutOfRange";
    case c::PREDICTOR_ERROR_INVALID_ARGUMENT:
    case c::PREDICTOR_ERROR_SHAPE_MISMATCH:
    case c::PREDICTOR_ERROR_TYPE_MISMATCH:
    case c::PREDICTOR_ERROR_INVALID_MODEL:
        return "InvalidArgument";
    case c::PREDICTOR_ERROR_INVALID_HANDLE:
    case c::PREDICTOR_ERROR_FORKED:
        return "PreconditionNotMet";
    case c::PREDICTOR_ERROR_BUSY:
    case c::PREDICTOR_ERROR_CANCELLED:
    case c::PREDICTOR_ERROR_RUNTIME_UNAVAILABLE:
        return "Unavailable";
    case c::PREDICTOR_ERROR_TIMEOUT:
        return "ExecutionTimeout";
    case c::PREDICTOR_ERROR_UNSUPPORTED:
        return "Unimplemented";
    case c::PREDICTOR_ERROR_OUT_OF_MEMORY:
        return "ResourceExhausted";
    case c::PREDICTOR_ERROR_RUN_FAILED:
        return "External";
    default:
        return "Fatal";
    }
}

std::string last_error(c::PredictorStatus status)
{
    std::string text(c::predictor_last_error_message(nullptr, 0) + 1, '\0');
    c::predictor_last_error_message(&text[0], text.size());
    text.pop_back();
    return with_kind(kind_of(status), text);
}

void check(c::PredictorStatus status)
{
    if (status != c::PREDICTOR_OK)
        throw std::runtime_error(last_error(status));
}

} // namespace paddle_infer
