#include "core.h"

#include <stdexcept>

namespace paddle_infer {

namespace {

TensorState state_of(const std::string &name, bool is_input, c::PredictorTensor *handle)
{
    TensorState state;
    state.name = name;
    state.is_input = is_input;
    state.handle = handle;
    if (c::predictor_tensor_data_type(handle, &state.type) != c::PREDICTOR_OK)
        state.type = 0; // touching it says why
    return state;
}

TensorState *find_in(std::deque<TensorState> &states, const std::string &name)
{
    for (TensorState &state : states) {
        if (state.name == name)
            return &state;
    }
    return nullptr;
}

} // namespace

size_t TensorState::count() const
{
    size_t product = 1;
    if (shaped) {
        for (int size : shape)
            product *= static_cast<size_t>(size);
        return product;
    }
    std::vector<int64_t> dims;
    const c::PredictorStatus status = read_shape(*this, dims);
    if (status == c::PREDICTOR_ERROR_SHAPE_MISMATCH)
        fail("PreconditionNotMet", "input \"" + name + "\": expected Reshape before its data is set");
    check(status);
    for (int64_t size : dims)
        product *= static_cast<size_t>(size);
    return product;
}

c::PredictorStatus read_shape(const TensorState &state, std::vector<int64_t> &dims)
{
    int64_t room[8]; // enough for nearly every tensor, without a second call
    size_t rank = 0;
    c::PredictorStatus status = c::predictor_tensor_shape(state.handle, room, 8, &rank);
    if (status == c::PREDICTOR_ERROR_OUT_OF_RANGE) {
        dims.resize(rank);
        return c::predictor_tensor_shape(state.handle, dims.data(), rank, &rank);
    }
    dims.assign(room, room + (status == c::PREDICTOR_OK ? rank : 0));
    return status;
}

Core::Core(c::Predictor *predictor, void *stream) : handle_(predictor), stream_(stream)
{
    size_t count = 0;
    const char *name = nullptr;
    c::PredictorTensor *tensor = nullptr;
    check(c::predictor_input_count(handle(), &count));
    for (size_t i = 0; i < count; i++) {
        check(c::predictor_input_name(handle(), i, &name));
        check(c::predictor_get_input_handle(handle(), name, &tensor));
        inputs_.push_back(state_of(name, true, tensor));
    }
    check(c::predictor_output_count(handle(), &count));
    for (size_t i = 0; i < count; i++) {
        check(c::predictor_output_name(handle(), i, &name));
        check(c::predictor_get_output_handle(handle(), name, &tensor));
        outputs_.push_back(state_of(name, false, tensor));
    }
}

Core::~Core() = default;

TensorState *Core::find(const std::string &name, bool inputs_first)
{
    TensorState *state = find_in(inputs_first ? inputs_ : outputs_, name);
    if (!state)
        state = find_in(inputs_first ? outputs_ : inputs_, name);
    return state ? state : find_optional_input(name);
}

TensorState *Core::find_optional_input(const std::string &name)
{
    std::lock_guard<std::mutex> guard(lock_);
    TensorState *state = find_in(optional_inputs_, name);
    if (state)
        return state;
    c::PredictorTensor *tensor = nullptr;
    const c::PredictorStatus status = c::predictor_get_input_handle(handle(), name.c_str(), &tensor);
    if (status == c::PREDICTOR_ERROR_NOT_FOUND) {
        std::string names;
        for (const TensorState &each : inputs_)
            names += " \"" + each.name + "\"";
        for (const TensorState &each : outputs_)
            names += " \"" + each.name + "\"";
        fail("PreconditionNotMet", "tensor \"" + name + "\": expected one of" + names);
    }
    check(status);
    optional_inputs_.push_back(state_of(name, true, tensor));
    return &optional_inputs_.back();
}

Core::Turn::Turn(Core &core) : core_(core)
{
    if (core.taken_.test_and_set(std::memory_order_acquire))
        fail("Unavailable", "predictor: another thread is inside a call on it; give each thread a clone");
}

void Core::check_inputs() const
{
    for (const std::deque<TensorState> *states : {&inputs_, &outputs_, &optional_inputs_}) {
        for (const TensorState &state : *states) {
            if (!state.refused())
                continue;
            const std::string &reason = state.shape_error.empty() ? state.data_error : state.shape_error;
            throw std::runtime_error(reason);
        }
    }
}

} // namespace paddle_infer
