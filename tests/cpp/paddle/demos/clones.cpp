// One predictor per thread: the first one and its clones, with batches of other sizes meanwhile.
#include <thread>

#include "demo.h"

using Scores = std::vector<std::pair<std::vector<int>, std::vector<float>>>;

const int THREADS = 4;
const int ROUNDS = 20;

void run(std::shared_ptr<paddle_infer::Predictor> predictor, int thread, Scores *scores)
{
    for (int round = 0; round < ROUNDS; round++) {
        const int batch = 1 + (round + thread) % 3;
        const std::vector<float> pixels = numbers(static_cast<size_t>(batch) * 3 * 32 * 32, thread + round);
        auto input = predictor->GetInputHandle(predictor->GetInputNames()[0]);
        input->Reshape({batch, 3, 32, 32});
        input->CopyFromCpu(pixels.data());
        predictor->Run();
        auto output = predictor->GetOutputHandle(predictor->GetOutputNames()[0]);
        std::vector<float> result(count_of(output->shape()));
        output->CopyToCpu(result.data());
        scores->emplace_back(output->shape(), result);
    }
}

int main(int, char **argv)
{
    paddle_infer::Config config;
    set_model(&config, argv);
    auto main_predictor = paddle_infer::CreatePredictor(config);
    std::vector<decltype(main_predictor)> predictors;
    for (int i = 0; i < THREADS - 1; i++)
        predictors.emplace_back(std::move(main_predictor->Clone()));
    predictors.emplace_back(std::move(main_predictor));

    std::vector<Scores> scores(THREADS);
    std::vector<std::thread> threads;
    for (int i = 0; i < THREADS; i++)
        threads.emplace_back(run, predictors[i], i, &scores[i]);
    for (std::thread &thread : threads)
        thread.join();
    for (int i = 0; i < THREADS; i++) {
        for (const auto &each : scores[i])
            print("thread " + std::to_string(i), each.first, each.second);
    }
    return 0;
}
