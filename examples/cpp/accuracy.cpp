// Several threads classify all images with predictors that they lease from one pool.
#include "digits.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <future>

namespace {

// Different batch sizes, so that runs with different shapes overlap.
constexpr std::array<std::size_t, 4> BATCH_SIZES = {1, 5, 16, 32};

std::size_t count_correct(const std::vector<float> &probabilities, const std::uint8_t *labels, std::size_t count)
{
    std::size_t correct = 0;
    for (std::size_t image = 0; image < count; image++) {
        const float *first = probabilities.data() + image * CLASS_COUNT;
        correct += std::max_element(first, first + CLASS_COUNT) - first == labels[image];
    }
    return correct;
}

// One thread's part of the images, first to end - 1; returns how many it got right.
std::size_t classify_part(const predictor_pool::PredictorPool &pool, const Digits &digits, std::size_t batch_size,
                          std::size_t first, std::size_t end)
{
    std::vector<float> probabilities(batch_size * CLASS_COUNT);
    std::size_t correct = 0;

    for (; first < end; first += batch_size) {
        const std::size_t count = std::min(batch_size, end - first);
        auto predictor = pool.acquire(); // given back at the end of the round
        classify(*predictor, digits.images.data() + first * IMAGE_PIXELS, count, probabilities.data());
        correct += count_correct(probabilities, digits.labels.data() + first, count);
    }
    return correct;
}

} // namespace

double report_accuracy(const std::string &directory, const Digits &digits)
{
    const predictor_pool::PredictorPool pool(digits_config(directory), BATCH_SIZES.size());
    const auto first_of = [&](std::size_t part) { return digits.count() * part / BATCH_SIZES.size(); };

    std::vector<std::future<std::size_t>> parts;
    for (std::size_t i = 0; i < BATCH_SIZES.size(); i++) {
        parts.push_back(std::async(std::launch::async, [&, i] {
            return classify_part(pool, digits, BATCH_SIZES[i], first_of(i), first_of(i + 1));
        }));
    }

    std::printf("thread  batch  images  correct\n");
    std::size_t all_correct = 0;
    for (std::size_t i = 0; i < BATCH_SIZES.size(); i++) {
        const std::size_t correct = parts[i].get();
        std::printf("%6zu  %5zu  %6zu  %7zu\n", i + 1, BATCH_SIZES[i], first_of(i + 1) - first_of(i), correct);
        all_correct += correct;
    }
    const double accuracy = static_cast<double>(all_correct) / static_cast<double>(digits.count());
    std::printf("   all         %6zu  %7zu\n", digits.count(), all_correct);
    std::printf("accuracy %.3f\n", accuracy);
    return accuracy;
}
