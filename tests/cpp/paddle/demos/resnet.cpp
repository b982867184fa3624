// A classifier: one predictor, its settings, one batch.
#include <numeric>

#include "demo.h"

int main(int, char **argv)
{
    paddle_infer::Config config;
    set_model(&config, argv);
    config.EnableMemoryOptim();
    config.EnableMKLDNN();
    config.SetCpuMathLibraryNumThreads(2);
    config.SwitchIrOptim(true);
    std::shared_ptr<paddle_infer::Predictor> predictor = paddle_infer::CreatePredictor(config);

    const int batch = 2;
    const std::vector<float> pixels = numbers(batch * 3 * 32 * 32, 0);
    auto input_names = predictor->GetInputNames();
    auto input = predictor->GetInputHandle(input_names[0]);
    input->Reshape({batch, 3, 32, 32});
    input->CopyFromCpu(pixels.data());
    if (!predictor->Run())
        return 1;

    auto output_names = predictor->GetOutputNames();
    auto output = predictor->GetOutputHandle(output_names[0]);
    std::vector<int> shape = output->shape();
    std::vector<float> scores(std::accumulate(shape.begin(), shape.end(), 1, std::multiplies<int>()));
    output->CopyToCpu(scores.data());
    print("scores", shape, scores);
    return 0;
}
