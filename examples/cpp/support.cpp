// The images, and the one way in which this example runs the model.
#include "digits.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace {

std::vector<std::uint8_t> read_file(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (bytes.empty())
        throw std::runtime_error("cannot read: " + path);
    return bytes;
}

} // namespace

Digits load_digits(const std::string &directory)
{
    Digits digits;
    digits.labels = read_file(directory + "/digits_labels.bin");
    for (const std::uint8_t pixel : read_file(directory + "/digits_images.bin"))
        digits.images.push_back(static_cast<float>(pixel) / 16.0f);
    if (digits.images.size() != digits.count() * IMAGE_PIXELS)
        throw std::runtime_error("images and labels do not match: " + directory);
    return digits;
}

predictor_pool::Config digits_config(const std::string &directory)
{
    return predictor_pool::Config(directory + "/digits.onnx");
}

void classify(predictor_pool::Predictor &predictor, const float *images, std::size_t count, float *probabilities)
{
    auto input = predictor.get_input_handle("image");
    input.reshape({static_cast<std::int64_t>(count), 1, IMAGE_SIDE, IMAGE_SIDE});
    input.copy_from_host(images, count * IMAGE_PIXELS);
    predictor.run();
    predictor.get_output_handle("probabilities").copy_to_host(probabilities, count * CLASS_COUNT);
}
