/* OpenVINO through its C++ API: one compiled model; a stream, a thread and a request per caller. Option: precision. */
#include "load.hpp"

#include <openvino/openvino.hpp>

#include <cstring>

class Request : public peers::Caller {
public:
    explicit Request(ov::CompiledModel &model) : request_(model.create_infer_request()) {}

    void run(const peers::Sample &sample, std::vector<float> &output) override
    {
        ov::Shape shape(sample.dims.begin(), sample.dims.end());
        ov::element::Type type = sample.is_float() ? ov::element::f32 : ov::element::i64;
        if (!input_ || input_.get_shape() != shape) {
            input_ = ov::Tensor(type, shape);
            request_.set_input_tensor(input_);
        }
        std::memcpy(input_.data(), sample.data.data(), sample.data.size());
        request_.infer();
        ov::Tensor out = request_.get_output_tensor();
        output.assign(out.data<float>(), out.data<float>() + out.get_size());
    }

private:
    ov::InferRequest request_;
    ov::Tensor input_;
};

static peers::Callers load(const peers::Arguments &arguments)
{
    // Not destroyed: the process ends while callers exist.
    auto *core = new ov::Core;
    auto streams = static_cast<int32_t>(arguments.threads);
    ov::element::Type precision = arguments.option("precision") == "bf16" ? ov::element::bf16 : ov::element::f32;
    ov::CompiledModel model =
        core->compile_model(arguments.model, "CPU", ov::num_streams(streams), ov::inference_num_threads(streams),
                            ov::hint::inference_precision(precision));
    peers::Callers callers;
    while (callers.size() < arguments.threads)
        callers.push_back(std::make_unique<Request>(model));
    return callers;
}

int main(int argc, char **argv)
try {
    return peers::run_load(argc, argv, load);
} catch (const std::exception &error) {
    peers::fail(error.what());
}
