/// A recipe for predictors.
#ifndef PREDICTOR_POOL_CONFIG_HPP
#define PREDICTOR_POOL_CONFIG_HPP

#include <predictor_pool.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "arguments.hpp"
#include "error.hpp"

namespace predictor_pool {

namespace detail {

struct DestroyConfig {
    void operator()(c::PredictorConfig *config) const noexcept { c::destroy_predictor_config(config); }
};

using ConfigHandle = std::unique_ptr<c::PredictorConfig, DestroyConfig>;

inline ConfigHandle create_config()
{
    // The symbol makes a library with another ABI fail to link; this is for one that was put in its place later.
    if (c::predictor_abi_v1 != 1)
        throw Error(Status::Unsupported, std::string("libpredictor_pool ") + c::predictor_version() +
                                             ": expected ABI 1, got " + std::to_string(c::predictor_abi_v1));
    c::PredictorConfig *config = nullptr;
    check(c::create_predictor_config(&config));
    return ConfigHandle(config);
}

} // namespace detail

/// A recipe for predictors: model, threads, execution providers, options. Reusable, and not needed any more once something
/// was created from it. The setters record, and return the config itself so that they can be chained; files are opened when
/// a Predictor or a PredictorPool is made.
class Config {
public:
    /// No model and all defaults.
    ///
    /// Ownership: owns the config.
    /// Threads: any thread at any time.
    /// Errors: Unsupported if the library that is loaded has another ABI than the header.
    Config() : handle_(detail::create_config()) {}

    /// All defaults for a model; see set_model.
    ///
    /// Ownership: owns the config; the paths are copied.
    /// Threads: any thread at any time.
    /// Errors: InvalidArgument (not UTF-8), Unsupported if the library that is loaded has another ABI than the header.
    explicit Config(Text model_path, Text params_path = nullptr) : Config() { set_model(model_path, params_path); }

    /// Sets the model's file, or a folder that holds one, and a file of parameters beside it. For an ONNX model with
    /// external data in one file, `params_path` stands for that file. Null or "" is none.
    ///
    /// Ownership: the paths are copied.
    /// Threads: meant for one thread; calls on one config take turns.
    /// Errors: InvalidHandle, InvalidArgument (not UTF-8).
    Config &set_model(Text model_path, Text params_path = nullptr)
    {
        detail::check(c::predictor_config_set_model(get(), model_path.c_str(), params_path.c_str()));
        return *this;
    }

    /// Sets the model, and parameters as in set_model, from memory; lengths in bytes.
    ///
    /// Ownership: both buffers are copied.
    /// Threads: meant for one thread; calls on one config take turns.
    /// Errors: InvalidHandle, InvalidArgument (null with a length; a model of 0 bytes).
    Config &set_model_buffer(const void *model, std::size_t model_length, const void *params = nullptr,
                             std::size_t params_length = 0)
    {
        detail::check(c::predictor_config_set_model_buffer(get(), model, model_length, params, params_length));
        return *this;
    }

    /// Sets the model from a range of bytes, such as std::vector<char>, std::string or std::span<const std::byte>.
    ///
    /// Ownership: the bytes are copied.
    /// Threads: meant for one thread; calls on one config take turns.
    /// Errors: InvalidHandle, InvalidArgument (a model of 0 bytes).
    template <typename Range, std::enable_if_t<sizeof(detail::element_of<const Range>) == 1, int> = 0>
    Config &set_model_buffer(const Range &model)
    {
        return set_model_buffer(std::data(model), std::size(model));
    }

    /// Sets how many threads compute one operator together, the caller included. 0 asks for the automatic number: of C
    /// usable cores (affinity mask, cgroup quota, PREDICTOR_POOL_NUM_THREADS) a pool of N gets max(1, C - N + 1), less what
    /// other automatic models of the process use. Unset is 1 for a Predictor, as in Paddle, and automatic for a pool.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: meant for one thread; calls on one config take turns.
    /// Errors: InvalidHandle, InvalidArgument (below 0, above 1024).
    Config &set_intra_op_threads(std::int32_t count)
    {
        detail::check(c::predictor_config_set_intra_op_threads(get(), count));
        return *this;
    }

    /// Sets how many operators are computed side by side, with the option "execution_mode" = "parallel" only. 0 asks for as
    /// many as intra-op threads.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: meant for one thread; calls on one config take turns.
    /// Errors: InvalidHandle, InvalidArgument (below 0, above 1024).
    Config &set_inter_op_threads(std::int32_t count)
    {
        detail::check(c::predictor_config_set_inter_op_threads(get(), count));
        return *this;
    }

    /// Adds an execution provider, in order of preference: "cpu", "cuda", "openvino", ... "cpu" is always last, added or
    /// not. Options are a JSON object of strings, for example {"device_id":"1"}; null is none. Making a predictor is
    /// Unsupported if the ONNX Runtime in use lacks the provider or if the provider got no node of the model: nothing falls
    /// back to the CPU silently.
    ///
    /// Ownership: the texts are copied.
    /// Threads: meant for one thread; calls on one config take turns.
    /// Errors: InvalidHandle, InvalidArgument (null or empty name, malformed options).
    Config &append_execution_provider(Text name, Text options_json = nullptr)
    {
        detail::check(c::predictor_config_append_execution_provider(get(), name.c_str(), options_json.c_str()));
        return *this;
    }

    /// Sets the graph optimisation: 0 none, 1 basic, 2 extended, 3 all (the default).
    ///
    /// Ownership: nothing is handed over.
    /// Threads: meant for one thread; calls on one config take turns.
    /// Errors: InvalidHandle, InvalidArgument (another level).
    Config &set_optimization_level(std::int32_t level)
    {
        detail::check(c::predictor_config_set_optimization_level(get(), level));
        return *this;
    }

    /// Sets an option. A key with a dot goes to ONNX Runtime's session options as it is; predictor_config_set_option in
    /// predictor_pool.h lists the others.
    ///
    /// Ownership: the texts are copied.
    /// Threads: meant for one thread; calls on one config take turns.
    /// Errors: InvalidHandle, InvalidArgument (null, an unknown key: the text lists all, a wrong value).
    Config &set_option(Text key, Text value)
    {
        detail::check(c::predictor_config_set_option(get(), key.c_str(), value.c_str()));
        return *this;
    }

    /// The handle for functions of the C ABI; null after a move.
    ///
    /// Ownership: borrowed from this object; not to be destroyed.
    /// Threads: any thread at any time.
    /// Errors: none.
    c::PredictorConfig *get() const noexcept { return handle_.get(); }

private:
    detail::ConfigHandle handle_;
};

} // namespace predictor_pool

#endif
