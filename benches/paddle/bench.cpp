// One thread per predictor, the first one and its clones, in full cycles (reshape, copy in, run, copy out), as Paddle's
// users write them. The same source is compiled against predictor_pool's Paddle API and against Paddle itself.
//
// bench MODEL PARAMS THREADS SECONDS DIM...: the dimensions of the first input, float32. Prints one line of JSON: runs per
// second, the median time of a cycle in ns, resident memory in MB after the load and after the runs, ms until ready, and the
// sum of the last output, which both libraries must agree on.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "paddle_inference_api.h"

using Clock = std::chrono::steady_clock;

static double resident_mb()
{
    long pages = 0, resident = 0;
    FILE *file = std::fopen("/proc/self/statm", "r");
    if (!file || std::fscanf(file, "%ld %ld", &pages, &resident) != 2)
        std::abort();
    std::fclose(file);
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Result {
    std::vector<double> cycle_ns;
    double sum = 0;
};

static void run(std::shared_ptr<paddle_infer::Predictor> predictor, const std::vector<int> *shape,
                Clock::time_point end, Result *result)
{
    size_t count = 1;
    for (int size : *shape)
        count *= static_cast<size_t>(size);
    std::vector<float> data(count), scores;
    for (size_t i = 0; i < count; i++)
        data[i] = static_cast<float>(i % 255) / 255.F;
    auto input = predictor->GetInputHandle(predictor->GetInputNames()[0]);
    auto output = predictor->GetOutputHandle(predictor->GetOutputNames()[0]);
    while (Clock::now() < end || result->cycle_ns.empty()) {
        const auto begin = Clock::now();
        input->Reshape(*shape);
        input->CopyFromCpu(data.data());
        if (!predictor->Run())
            std::abort();
        size_t outputs = 1;
        for (int size : output->shape())
            outputs *= static_cast<size_t>(size);
        scores.resize(outputs);
        output->CopyToCpu(scores.data());
        result->cycle_ns.push_back(std::chrono::duration<double, std::nano>(Clock::now() - begin).count());
    }
    for (float score : scores)
        result->sum += score;
}

static double run_all(std::vector<std::shared_ptr<paddle_infer::Predictor>> &predictors, const std::vector<int> &shape,
                      double seconds, std::vector<Result> *results)
{
    results->assign(predictors.size(), Result());
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    std::vector<std::thread> threads;
    for (size_t i = 0; i < predictors.size(); i++)
        threads.emplace_back(run, predictors[i], &shape, end, &(*results)[i]);
    for (std::thread &thread : threads)
        thread.join();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        std::fprintf(stderr, "bench MODEL PARAMS THREADS SECONDS DIM...\n");
        return 2;
    }
    const std::string model = argv[1];
    const int count = std::atoi(argv[3]);
    const double seconds = std::atof(argv[4]);
    std::vector<int> shape;
    for (int i = 5; i < argc; i++)
        shape.push_back(std::atoi(argv[i]));

    const auto begin = Clock::now();
    paddle_infer::Config config;
    config.SetModel(model, argv[2]);
    if (model.size() > 5 && model.substr(model.size() - 5) == ".json") {
        config.EnableNewExecutor(true);
        config.EnableNewIR(true);
    }
    config.EnableMemoryOptim();
    config.SetCpuMathLibraryNumThreads(1);
    config.DisableGlogInfo();
    if (std::getenv("BENCH_NO_ONEDNN"))
        config.DisableMKLDNN();
    auto first = paddle_infer::CreatePredictor(config);
    std::vector<std::shared_ptr<paddle_infer::Predictor>> predictors;
    for (int i = 1; i < count; i++)
        predictors.emplace_back(first->Clone());
    predictors.push_back(first);
    const double ready_ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    const double loaded = resident_mb();

    std::vector<Result> results;
    run_all(predictors, shape, seconds / 5, &results); // to warm up
    const double took = run_all(predictors, shape, seconds, &results);
    std::vector<double> cycles;
    for (const Result &result : results)
        cycles.insert(cycles.end(), result.cycle_ns.begin(), result.cycle_ns.end());
    std::nth_element(cycles.begin(), cycles.begin() + static_cast<std::ptrdiff_t>(cycles.size() / 2), cycles.end());
    std::printf("{\"runs_per_s\":%.2f,\"cycle_ns\":%.0f,\"loaded_mb\":%.1f,\"run_mb\":%.1f,\"ready_ms\":%.1f,\"sum\":%.6g}\n",
                static_cast<double>(cycles.size()) / took, cycles[cycles.size() / 2], loaded, resident_mb(), ready_ms,
                results[0].sum);
    std::fflush(stdout);
    std::_Exit(0); // Paddle's clones must not be destroyed
}
