// A pool: each thread keeps to its index.
#include <thread>

#include "demo.h"

const int THREADS = 3;

void run(paddle_infer::Predictor *predictor, int thread, std::vector<float> *scores)
{
    auto input = predictor->GetInputHandle(predictor->GetInputNames()[0]);
    auto output = predictor->GetOutputHandle(predictor->GetOutputNames()[0]);
    const std::vector<float> pixels = numbers(3 * 32 * 32, thread);
    for (int round = 0; round < 10; round++) {
        input->Reshape({1, 3, 32, 32});
        input->CopyFromCpu(pixels.data());
        predictor->Run();
        scores->resize(count_of(output->shape()));
        output->CopyToCpu(scores->data());
    }
}

int main(int, char **argv)
{
    paddle_infer::Config config;
    set_model(&config, argv);
    paddle_infer::services::PredictorPool pool(config, THREADS);
    std::vector<std::vector<float>> scores(THREADS);
    std::vector<std::thread> threads;
    for (int i = 0; i < THREADS; i++)
        threads.emplace_back(run, pool.Retrive(i), i, &scores[i]);
    for (std::thread &thread : threads)
        thread.join();
    for (int i = 0; i < THREADS; i++)
        print("thread " + std::to_string(i), {1, 10}, scores[i]);
    return pool.Retrieve(1) == pool.Retrive(1) ? 0 : 1;
}
