// The other translation unit: takes the wrapper's name and the C names into one scope.
#include <predictor_pool.h>

namespace predictor_pool {
class Predictor {
public:
    c::Predictor *handle = nullptr;
};
} // namespace predictor_pool

using predictor_pool::Predictor;

int statuses_seen_by_the_user()
{
    namespace c = predictor_pool::c;

    Predictor predictor;
    size_t count = 0;
    if (c::predictor_input_count(predictor.handle, &count) != c::PREDICTOR_ERROR_INVALID_HANDLE)
        return 4;
    return c::predictor_last_error_message(nullptr, 0) > 0 ? 0 : 5;
}
