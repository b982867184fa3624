// A detector with three inputs, taken by their order, and outputs of two types.
#include "demo.h"

int main(int, char **argv)
{
    paddle_infer::Config config;
    set_model(&config, argv);
    auto predictor = paddle_infer::CreatePredictor(config);
    const float im_shape[] = {16, 16, 12, 14};
    const float scale_factor[] = {0.5F, 0.25F, 1, 2};
    const std::vector<float> pixels = numbers(2 * 3 * 16 * 16, 9);

    auto names = predictor->GetInputNames();
    auto first = predictor->GetInputHandle(names[0]);
    first->Reshape({2, 2});
    first->CopyFromCpu(im_shape);
    auto second = predictor->GetInputHandle(names[1]);
    second->Reshape({2, 3, 16, 16});
    second->CopyFromCpu(pixels.data());
    auto third = predictor->GetInputHandle(names[2]);
    third->Reshape({2, 2});
    third->CopyFromCpu(scale_factor);
    predictor->Run();

    for (const std::string &name : predictor->GetOutputNames()) {
        auto output = predictor->GetOutputHandle(name);
        const std::vector<int> shape = output->shape();
        if (output->type() == paddle_infer::DataType::FLOAT32) {
            std::vector<float> boxes(count_of(shape));
            output->CopyToCpu(boxes.data());
            print("boxes", shape, boxes);
        } else if (output->type() == paddle_infer::DataType::INT32) {
            std::vector<int32_t> counts(count_of(shape));
            output->CopyToCpu(counts.data());
            print("counts", shape, counts);
        }
    }
    return 0;
}
