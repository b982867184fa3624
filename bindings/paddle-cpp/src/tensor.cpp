// paddle_infer::Tensor.
#include "core.h"
#include "element_types.h"
#include "error.h"

namespace paddle_infer {

namespace {

/// Paddle finds a shape or type that the model does not take when it runs, and so do its users.
bool waits_for_run(c::PredictorStatus status)
{
    return status == c::PREDICTOR_ERROR_SHAPE_MISMATCH || status == c::PREDICTOR_ERROR_TYPE_MISMATCH ||
           status == c::PREDICTOR_ERROR_INVALID_ARGUMENT || status == c::PREDICTOR_ERROR_OUT_OF_RANGE;
}

/// Keeps the refusal of a setter for the next run, and throws it now unless Paddle would wait.
void settle(c::PredictorStatus status, std::string &error)
{
    if (status == c::PREDICTOR_OK) {
        error.clear();
        return;
    }
    error = last_error(status);
    if (!waits_for_run(status))
        throw std::runtime_error(error);
}

void check_is_input(const TensorState &state, const char *call)
{
    if (!state.is_input)
        fail("PermissionDenied", std::string(call) + ": output \"" + state.name + "\" is read-only");
}

void check_is_cpu(const TensorState &state, PlaceType place)
{
    if (place != PlaceType::kCPU)
        fail("Unavailable", "tensor \"" + state.name + "\": expected PlaceType::kCPU, got place " +
                                std::to_string(static_cast<int>(place)));
}

void check_type(const TensorState &state, int32_t type)
{
    if (type != state.type)
        fail("InvalidArgument", "tensor \"" + state.name + "\": expected the element type with ONNX's number " +
                                    std::to_string(state.type) + ", got " + std::to_string(type));
}

/// C and Java have no bool, so their bytes count as one where the model wants one.
int32_t type_for(const TensorState &state, int32_t type)
{
    const bool is_byte = type == c::PREDICTOR_UINT8 || type == c::PREDICTOR_INT8;
    return is_byte && state.type == c::PREDICTOR_BOOL ? state.type : type;
}

std::vector<int64_t> to_dims(const std::vector<int> &shape)
{
    return std::vector<int64_t>(shape.begin(), shape.end());
}

/// Reading what does not exist is Paddle's PreconditionNotMet.
void check_readable(const TensorState &state, c::PredictorStatus status)
{
    if (status == c::PREDICTOR_ERROR_INVALID_ARGUMENT || status == c::PREDICTOR_ERROR_SHAPE_MISMATCH)
        fail("PreconditionNotMet", "tensor \"" + state.name + "\" holds no data: " + last_error(status));
    check(status);
}

} // namespace

Tensor::Tensor(std::shared_ptr<Core> core, TensorState *state) : core_(std::move(core)), state_(state) {}

void Tensor::Reshape(const std::vector<int> &shape)
{
    const Core::Turn turn(*core_);
    check_is_input(*state_, "Reshape");
    state_->shaped = true;
    state_->shape = shape;
    const std::vector<int64_t> dims = to_dims(shape);
    settle(c::predictor_tensor_reshape(state_->handle, dims.data(), dims.size()), state_->shape_error);
}

void Tensor::ReshapeStrings(const std::size_t &count)
{
    Reshape({static_cast<int>(count)});
}

template <typename T>
void Tensor::CopyFromCpu(const T *data)
{
    const Core::Turn turn(*core_);
    check_is_input(*state_, "CopyFromCpu");
    if (!data && !(state_->shaped && state_->count() == 0))
        fail("InvalidArgument", "input \"" + state_->name + "\": expected data, got a null pointer");
    if (!state_->shape_error.empty())
        return; // the run says why
    const int32_t type = type_for(*state_, ElementType<T>::value);
    settle(c::predictor_tensor_copy_from_host(state_->handle, type, data, state_->count() * sizeof(T)),
           state_->data_error);
}

void Tensor::CopyStringsFromCpu(const Strings *data)
{
    const Core::Turn turn(*core_);
    check_is_input(*state_, "CopyStringsFromCpu");
    if (!data)
        fail("InvalidArgument", "input \"" + state_->name + "\": expected strings, got a null pointer");
    std::vector<const char *> texts;
    std::vector<size_t> lengths;
    for (const std::string &each : *data) {
        texts.push_back(each.data());
        lengths.push_back(each.size());
    }
    const c::PredictorStatus status =
        c::predictor_tensor_copy_strings_from_host(state_->handle, texts.data(), lengths.data(), texts.size());
    state_->data_error = status == c::PREDICTOR_OK ? "" : last_error(status);
    check(status);
}

template <typename T>
void Tensor::ShareExternalData(const T *data, const std::vector<int> &shape, PlaceType place, DataLayout layout)
{
    const Core::Turn turn(*core_);
    check_is_cpu(*state_, place);
    if (layout != DataLayout::kNCHW)
        fail("InvalidArgument", "tensor \"" + state_->name + "\": expected DataLayout::kNCHW, got layout " +
                                    std::to_string(static_cast<int>(layout)));
    if (state_->is_input) {
        state_->shaped = true;
        state_->shape = shape;
    }
    size_t count = 1;
    for (int size : shape)
        count *= static_cast<size_t>(size);
    const std::vector<int64_t> dims = to_dims(shape);
    const int32_t type = type_for(*state_, ElementType<T>::value);
    state_->shape_error.clear();
    settle(c::predictor_tensor_share_external_data(state_->handle, type, const_cast<T *>(data), count * sizeof(T),
                                                   dims.data(), dims.size()),
           state_->data_error);
}

template <typename T>
void Tensor::CopyToCpu(T *data) const
{
    const Core::Turn turn(*core_);
    const int32_t type = type_for(*state_, ElementType<T>::value);
    check_type(*state_, type);
    size_t bytes = 0;
    check_readable(*state_, c::predictor_tensor_byte_length(state_->handle, &bytes));
    check_readable(*state_, c::predictor_tensor_copy_to_host(state_->handle, type, data, bytes));
}

template <typename T>
void Tensor::CopyToCpuAsync(T *data, void *) const
{
    CopyToCpu(data);
}

template <typename T>
void Tensor::CopyToCpuAsync(T *data, CallbackFunc callback, void *argument) const
{
    CopyToCpu(data);
    if (callback)
        callback(argument);
}

template <typename T>
T *Tensor::mutable_data(PlaceType place)
{
    const Core::Turn turn(*core_);
    check_is_input(*state_, "mutable_data");
    check_is_cpu(*state_, place);
    check_type(*state_, type_for(*state_, ElementType<T>::value));
    if (!state_->shape_error.empty() || state_->count() == 0)
        fail("PreconditionNotMet", "input \"" + state_->name + "\": expected Reshape to a shape with elements before");
    void *data = nullptr;
    size_t bytes = 0;
    check(c::predictor_tensor_data(state_->handle, &data, &bytes));
    state_->data_error.clear();
    return static_cast<T *>(data);
}

template <typename T>
T *Tensor::data(PlaceType *place, int *size) const
{
    const Core::Turn turn(*core_);
    if (!place || !size)
        fail("InvalidArgument", "tensor \"" + state_->name + "\": expected a place and a size, got a null pointer");
    check_type(*state_, type_for(*state_, ElementType<T>::value));
    void *data = nullptr;
    size_t bytes = 0;
    check_readable(*state_, c::predictor_tensor_data(state_->handle, &data, &bytes));
    *place = PlaceType::kCPU;
    *size = static_cast<int>(bytes / sizeof(T));
    return static_cast<T *>(data);
}

std::vector<int> Tensor::shape() const
{
    const Core::Turn turn(*core_);
    if (state_->is_input)
        return state_->shaped ? state_->shape : std::vector<int>{0};
    std::vector<int64_t> dims;
    const c::PredictorStatus status = read_shape(*state_, dims);
    if (status == c::PREDICTOR_ERROR_INVALID_ARGUMENT)
        return {0}; // nothing was computed yet, which is how Paddle tells
    check(status);
    return std::vector<int>(dims.begin(), dims.end());
}

DataType Tensor::type() const
{
    return paddle_type(*state_);
}

PlaceType Tensor::place() const
{
    return PlaceType::kCPU;
}

const std::string &Tensor::name() const
{
    return state_->name;
}

void Tensor::SetLoD(const std::vector<std::vector<std::size_t>> &offsets)
{
    const Core::Turn turn(*core_);
    state_->lod = offsets;
}

std::vector<std::vector<std::size_t>> Tensor::lod() const
{
    const Core::Turn turn(*core_);
    return state_->is_input ? state_->lod : std::vector<std::vector<std::size_t>>();
}

#define INSTANTIATE(T) \
    template PD_INFER_DECL void Tensor::CopyFromCpu<T>(const T *); \
    template PD_INFER_DECL void Tensor::ShareExternalData<T>(const T *, const std::vector<int> &, PlaceType, \
                                                             DataLayout); \
    template PD_INFER_DECL void Tensor::CopyToCpu<T>(T *) const; \
    template PD_INFER_DECL void Tensor::CopyToCpuAsync<T>(T *, void *) const; \
    template PD_INFER_DECL void Tensor::CopyToCpuAsync<T>(T *, CallbackFunc, void *) const; \
    template PD_INFER_DECL T *Tensor::mutable_data<T>(PlaceType); \
    template PD_INFER_DECL T *Tensor::data<T>(PlaceType *, int *) const;
PADDLE_INFER_FOR_EACH_TYPE(INSTANTIATE)

} // namespace paddle_infer
