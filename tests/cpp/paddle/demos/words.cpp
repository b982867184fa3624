// Sequences, given as rows and offsets.
#include "demo.h"

int main(int, char **argv)
{
    paddle_infer::Config config;
    set_model(&config, argv);
    auto predictor = paddle_infer::CreatePredictor(config);
    const std::vector<int64_t> ids = {3, 1, 4, 1, 5};
    auto input = predictor->GetInputHandle(predictor->GetInputNames()[0]);
    input->Reshape({5, 1});
    input->SetLoD({{0, 2, 5}});
    input->CopyFromCpu(ids.data());
    predictor->Run();

    auto output = predictor->GetOutputHandle(predictor->GetOutputNames()[0]);
    std::vector<float> vectors(count_of(output->shape()));
    output->CopyToCpu(vectors.data());
    print("vectors", output->shape(), vectors);
    for (const auto &level : input->lod())
        print("offsets", {static_cast<int>(level.size())}, level);
    return 0;
}
