// Predictor, and the pool.
#include "config_state.h"
#include "core.h"
#include "element_types.h"
#include "error.h"
#include "log.h"
#include "session.h"

namespace paddle_infer {

namespace {

std::vector<std::string> names_of(const std::deque<TensorState> &states)
{
    std::vector<std::string> names;
    for (const TensorState &state : states)
        names.push_back(state.name);
    return names;
}

std::vector<int64_t> declared_shape(const TensorState &state)
{
    size_t rank = 0;
    const c::PredictorStatus status = c::predictor_tensor_declared_shape(state.handle, nullptr, 0, &rank);
    if (status == c::PREDICTOR_ERROR_UNSUPPORTED)
        return {};
    check(status);
    std::vector<int64_t> dims(rank);
    if (rank > 0)
        check(c::predictor_tensor_declared_shape(state.handle, dims.data(), rank, &rank));
    return dims;
}

std::map<std::string, std::vector<int64_t>> shapes_of(const std::deque<TensorState> &states)
{
    std::map<std::string, std::vector<int64_t>> shapes;
    for (const TensorState &state : states)
        shapes[state.name] = declared_shape(state);
    return shapes;
}

std::map<std::string, DataType> types_of(const std::deque<TensorState> &states)
{
    std::map<std::string, DataType> types;
    for (const TensorState &state : states)
        types[state.name] = paddle_type(state);
    return types;
}

} // namespace

Predictor::Predictor(const Config &config)
    : core_(std::make_shared<Core>(create_predictor(*config.state_), config.state_->stream))
{
}

Predictor::Predictor(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Predictor::~Predictor() = default;

std::vector<std::string> Predictor::GetInputNames()
{
    return names_of(core_->inputs());
}

std::map<std::string, std::vector<int64_t>> Predictor::GetInputTensorShape()
{
    return shapes_of(core_->inputs());
}

std::map<std::string, DataType> Predictor::GetInputTypes()
{
    return types_of(core_->inputs());
}

std::vector<std::string> Predictor::GetOutputNames()
{
    return names_of(core_->outputs());
}

std::map<std::string, std::vector<int64_t>> Predictor::GetOutputTensorShape()
{
    return shapes_of(core_->outputs());
}

std::map<std::string, DataType> Predictor::GetOutputTypes()
{
    return types_of(core_->outputs());
}

std::unique_ptr<Tensor> Predictor::GetInputHandle(const std::string &name)
{
    return std::unique_ptr<Tensor>(new Tensor(core_, core_->find(name, true)));
}

std::unique_ptr<Tensor> Predictor::GetOutputHandle(const std::string &name)
{
    return std::unique_ptr<Tensor>(new Tensor(core_, core_->find(name, false)));
}

bool Predictor::Run()
{
    const Core::Turn turn(*core_);
    core_->check_inputs();
    check(c::predictor_run(core_->handle()));
    return true;
}

std::unique_ptr<Predictor> Predictor::Clone(void *)
{
    c::Predictor *clone = nullptr;
    check(c::clone_predictor(core_->handle(), &clone));
    return std::unique_ptr<Predictor>(new Predictor(std::make_shared<Core>(clone, core_->stream())));
}

void Predictor::ClearIntermediateTensor() {}

uint64_t Predictor::TryShrinkMemory()
{
    uint64_t released = 0;
    check(c::predictor_shrink_memory(core_->handle(), &released));
    return released;
}

void Predictor::RegisterOutputHook(
    const std::function<void(const std::string &, const std::string &, const paddle::Tensor &)> &)
{
    fail("Unimplemented", "RegisterOutputHook: ONNX Runtime has no callbacks between operators; EnableProfile times them");
}

void Predictor::RegisterInputHook(
    const std::function<void(const std::string &, const std::string &, const paddle::Tensor &)> &)
{
    fail("Unimplemented", "RegisterInputHook: ONNX Runtime has no callbacks between operators; EnableProfile times them");
}

void *Predictor::GetExecStream() const
{
    return core_->stream();
}

std::shared_ptr<Predictor> CreatePredictor(const Config &config)
{
    return std::make_shared<Predictor>(config);
}

namespace services {

PredictorPool::PredictorPool(const Config &config, size_t size)
{
    if (size == 0)
        fail("InvalidArgument", "PredictorPool: expected a size of at least 1, got 0");
    predictors_.emplace_back(new Predictor(config));
    while (predictors_.size() < size)
        predictors_.push_back(predictors_.front()->Clone());
}

Predictor *PredictorPool::Retrieve(size_t index)
{
    if (index >= predictors_.size())
        fail("InvalidArgument", "PredictorPool: expected an index below " + std::to_string(predictors_.size()) +
                                    ", got " + std::to_string(index));
    return predictors_[index].get();
}

Predictor *PredictorPool::Retrive(size_t index)
{
    return Retrieve(index);
}

} // namespace services

} // namespace paddle_infer
