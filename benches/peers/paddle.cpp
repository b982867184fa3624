/* Paddle Inference through its C++ API: its PredictorPool, a predictor and clones of it. Option: precision. */
#include "load.hpp"

#include "paddle_inference.hpp"

class Pooled : public peers::Caller {
public:
    explicit Pooled(paddle_infer::Predictor *predictor)
        : predictor_(predictor), input_(predictor->GetInputHandle(predictor->GetInputNames()[0]).release()),
          output_(predictor->GetOutputHandle(predictor->GetOutputNames()[0]).release())
    {
    }

    void run(const peers::Sample &sample, std::vector<float> &output) override
    {
        input_->Reshape(std::vector<int>(sample.dims.begin(), sample.dims.end()));
        if (sample.is_float())
            input_->CopyFromCpu(reinterpret_cast<const float *>(sample.data.data()));
        else
            input_->CopyFromCpu(reinterpret_cast<const int64_t *>(sample.data.data()));
        if (!predictor_->Run())
            peers::fail("Paddle: Run() is false");
        std::size_t count = 1;
        for (int dim : output_->shape())
            count *= dim;
        output.resize(count);
        output_->CopyToCpu(output.data());
    }

private:
    paddle_infer::Predictor *predictor_;
    paddle_infer::Tensor *input_;
    paddle_infer::Tensor *output_;
};

/* The model is named without its ending; a folder of a .json file is of Paddle 3. */
static peers::Callers load(const peers::Arguments &arguments)
{
    bool is_json = std::ifstream(arguments.model + ".json").good();
    auto *config = new paddle_infer::Config;
    config->SetModel(arguments.model + (is_json ? ".json" : ".pdmodel"), arguments.model + ".pdiparams");
    config->DisableGlogInfo();
    config->EnableMemoryOptim(true);
    config->EnableONEDNN();
    config->SetCpuMathLibraryNumThreads(1);
    if (arguments.option("precision") == "bf16")
        config->EnableOnednnBfloat16();
    if (is_json) {
        config->EnableNewIR(true);
        config->EnableNewExecutor(true);
    }
    // Not destroyed: the process ends while callers exist.
    auto *pool = new paddle_infer::services::PredictorPool(*config, arguments.threads);
    peers::Callers callers;
    while (callers.size() < arguments.threads)
        callers.push_back(std::make_unique<Pooled>(pool->Retrieve(callers.size())));
    return callers;
}

int main(int argc, char **argv)
try {
    return peers::run_load(argc, argv, load);
} catch (const std::exception &error) {
    peers::fail(error.what());
}
