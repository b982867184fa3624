// paddle::Tensor, and Predictor::Run on a list of them.
#include <cstdlib>
#include <cstring>

#include "../include/paddle_inference_api.h"
#include "core.h"
#include "element_types.h"
#include "error.h"

namespace paddle {

using paddle_infer::fail;

struct Tensor::Array {
    ~Array()
    {
        if (deleter)
            deleter(data);
    }

    void *data = nullptr;
    std::vector<int64_t> shape;
    DataType dtype = DataType::UNDEFINED;
    DataLayout layout = DataLayout::UNDEFINED;
    Deleter deleter;
};

namespace {

int64_t product(const std::vector<int64_t> &shape)
{
    int64_t count = 1;
    for (int64_t size : shape) {
        if (size < 0)
            fail("InvalidArgument", "shape: expected dimensions of at least 0, got " + std::to_string(size));
        count *= size;
    }
    return count;
}

void check_is_cpu(const Place &place)
{
    if (place.GetType() != phi::AllocationType::CPU && place.GetType() != phi::AllocationType::UNDEFINED)
        fail("Unavailable", "tensor: expected CPUPlace, got a place of type " +
                                std::to_string(static_cast<int>(place.GetType())));
}

} // namespace

int64_t Tensor::numel() const
{
    return array_ ? product(array_->shape) : 0;
}

int64_t Tensor::size() const
{
    return numel();
}

std::vector<int64_t> Tensor::shape() const
{
    return array_ ? array_->shape : std::vector<int64_t>();
}

void Tensor::reshape(const std::vector<int64_t> &shape)
{
    if (product(shape) != numel())
        fail("InvalidArgument", "tensor \"" + name_ + "\": expected a shape of " + std::to_string(numel()) +
                                    " elements, got " + std::to_string(product(shape)));
    if (array_)
        array_->shape = shape;
}

DataType Tensor::dtype() const
{
    return array_ ? array_->dtype : DataType::UNDEFINED;
}

DataType Tensor::type() const
{
    return dtype();
}

DataLayout Tensor::layout() const
{
    return array_ ? array_->layout : DataLayout::UNDEFINED;
}

Place Tensor::place() const
{
    return array_ ? Place(CPUPlace()) : Place();
}

bool Tensor::is_cpu() const
{
    return defined();
}

bool Tensor::is_gpu() const
{
    return false;
}

bool Tensor::is_dense_tensor() const
{
    return defined();
}

bool Tensor::defined() const
{
    return array_ != nullptr;
}

bool Tensor::has_allocation() const
{
    return defined();
}

bool Tensor::initialized() const
{
    return defined();
}

bool Tensor::is_initialized() const
{
    return defined();
}

void Tensor::reset()
{
    array_.reset();
}

const std::string &Tensor::name() const
{
    return name_;
}

void Tensor::set_name(const std::string &name)
{
    name_ = name;
}

template <typename T>
const T *Tensor::data() const
{
    if (array_ && paddle_infer::c_type(array_->dtype) != paddle_infer::ElementType<T>::value)
        fail("InvalidArgument", "tensor \"" + name_ + "\": expected its own element type, number " +
                                    std::to_string(static_cast<int>(array_->dtype)));
    return static_cast<const T *>(data());
}

template <typename T>
T *Tensor::data()
{
    return const_cast<T *>(static_cast<const Tensor *>(this)->data<T>());
}

const void *Tensor::data() const
{
    return array_ ? array_->data : nullptr;
}

void *Tensor::data()
{
    return array_ ? array_->data : nullptr;
}

Tensor Tensor::copy_to(const Place &place, bool) const
{
    check_is_cpu(place);
    if (!array_)
        return *this;
    Tensor copy = empty(array_->shape, array_->dtype);
    copy.name_ = name_;
    std::memcpy(copy.data(), array_->data, static_cast<size_t>(numel()) * paddle_infer::bytes_of(array_->dtype));
    return copy;
}

Tensor from_blob(void *data, const std::vector<int64_t> &shape, DataType dtype, DataLayout layout, const Place &place,
                 const Deleter &deleter)
{
    check_is_cpu(place);
    if (!data && product(shape) > 0)
        fail("InvalidArgument", "from_blob: expected data, got a null pointer");
    paddle_infer::bytes_of(dtype);
    Tensor tensor;
    tensor.array_ = std::make_shared<Tensor::Array>();
    tensor.array_->data = data;
    tensor.array_->shape = shape;
    tensor.array_->dtype = dtype;
    tensor.array_->layout = layout;
    tensor.array_->deleter = deleter;
    return tensor;
}

Tensor empty(const std::vector<int64_t> &shape, DataType dtype, const Place &place)
{
    check_is_cpu(place);
    const size_t bytes = static_cast<size_t>(product(shape)) * paddle_infer::bytes_of(dtype);
    void *data = std::calloc(bytes > 0 ? bytes : 1, 1);
    if (!data)
        fail("ResourceExhausted", "empty: " + std::to_string(bytes) + " bytes could not be had");
    return from_blob(data, shape, dtype, DataLayout::NCHW, CPUPlace(), std::free);
}

Tensor zeros(const std::vector<int64_t> &shape, DataType dtype, const Place &place)
{
    return empty(shape, dtype, place);
}

#define INSTANTIATE(T) \
    template PD_INFER_DECL const T *Tensor::data<T>() const; \
    template PD_INFER_DECL T *Tensor::data<T>();
PADDLE_INFER_FOR_EACH_TYPE(INSTANTIATE)

} // namespace paddle

namespace paddle_infer {

namespace {

/// Which input the tensor at `index` is for: the one of its name if all have one, else the one at its place.
size_t input_for(const std::vector<std::string> &names, const std::vector<paddle::Tensor> &tensors, size_t index)
{
    size_t found = index;
    for (size_t tensor = 0; tensor < tensors.size(); tensor++) {
        size_t place = 0;
        while (place < names.size() && names[place] != tensors[tensor].name())
            place++;
        if (place == names.size())
            return index;
        if (tensor == index)
            found = place;
    }
    return found;
}

} // namespace

bool Predictor::Run(const std::vector<paddle::Tensor> &inputs, std::vector<paddle::Tensor> *outputs)
{
    const std::vector<std::string> names = GetInputNames();
    if (inputs.size() != names.size() || !outputs)
        fail("InvalidArgument", "Run: expected " + std::to_string(names.size()) + " tensors and a place for outputs, got " +
                                    std::to_string(inputs.size()) + " tensors");
    const Core::Turn turn(*core_);
    for (size_t i = 0; i < inputs.size(); i++) {
        TensorState &state = core_->inputs()[input_for(names, inputs, i)];
        const std::vector<int64_t> dims = inputs[i].shape();
        const size_t bytes = static_cast<size_t>(inputs[i].numel()) * bytes_of(inputs[i].dtype());
        check(c::predictor_tensor_reshape(state.handle, dims.data(), dims.size()));
        check(c::predictor_tensor_copy_from_host(state.handle, c_type(inputs[i].dtype()), inputs[i].data(), bytes));
        state.shaped = true;
        state.shape.assign(dims.begin(), dims.end());
        state.shape_error.clear();
        state.data_error.clear();
    }
    core_->check_inputs();
    check(c::predictor_run(core_->handle()));
    std::vector<paddle::Tensor> results;
    for (TensorState &state : core_->outputs()) {
        std::vector<int64_t> shape;
        check(read_shape(state, shape));
        paddle::Tensor result = paddle::empty(shape, phi_type(state));
        const size_t bytes = static_cast<size_t>(result.numel()) * bytes_of(result.dtype());
        check(c::predictor_tensor_copy_to_host(state.handle, state.type, result.data(), bytes));
        result.set_name(state.name);
        results.push_back(result);
    }
    outputs->swap(results);
    return true;
}

} // namespace paddle_infer
