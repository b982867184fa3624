#include "log.h"

#include <atomic>

#include <predictor_pool.h>

namespace paddle_infer {

namespace {

std::atomic<bool> silenced{false};

}

void warn(const std::string &text)
{
    if (!silenced)
        predictor_pool::c::predictor_write_log(2, "paddle_inference", text.c_str());
}

void silence_warnings()
{
    silenced = true;
}

bool warnings_silenced()
{
    return silenced;
}

} // namespace paddle_infer
