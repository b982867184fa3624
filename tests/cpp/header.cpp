// One of two translation units that include nothing but the header; the other is user.cpp.
#include <predictor_pool.h>
#include <predictor_pool.h>

// A user's own class of the same name, in the global namespace, as in code that used Paddle's API.
class Predictor {
public:
    explicit Predictor(const predictor_pool::c::PredictorConfig *config)
        : status_(predictor_pool::c::create_predictor(config, &handle_))
    {
    }
    ~Predictor() { predictor_pool::c::destroy_predictor(handle_); }
    Predictor(const Predictor &) = delete;
    Predictor &operator=(const Predictor &) = delete;
    predictor_pool::c::PredictorStatus status() const { return status_; }

private:
    predictor_pool::c::Predictor *handle_ = nullptr;
    predictor_pool::c::PredictorStatus status_;
};

// As a C++ wrapper would call its class; the C names stand one namespace deeper.
namespace predictor_pool {
class Predictor;
class PredictorConfig;
} // namespace predictor_pool

int statuses_seen_by_the_user();

static_assert(sizeof(predictor_pool::c::PredictorStatus) == sizeof(int32_t), "a status is an int32_t");
static_assert(sizeof(predictor_pool::c::PredictorDataType) == sizeof(int32_t), "a type is an int32_t");
static_assert(predictor_pool::c::PREDICTOR_BFLOAT16 == 16, "numbers are ONNX's");

int main()
{
    namespace c = predictor_pool::c;

    c::PredictorConfig *config = nullptr;
    if (c::create_predictor_config(&config) != c::PREDICTOR_OK)
        return 1;
    {
        Predictor predictor(config);
        if (predictor.status() != c::PREDICTOR_ERROR_INVALID_ARGUMENT) // no model is set
            return 2;
    }
    c::destroy_predictor_config(config);
    if (c::predictor_live_handles() != 0 || c::predictor_abi_v1 != c::predictor_abi_version())
        return 3;
    return statuses_seen_by_the_user();
}
