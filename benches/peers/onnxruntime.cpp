/* ONNX Runtime through its C API: one session with one thread per run, as its documentation advises for many callers. */
#include "load.hpp"

#include <onnxruntime_c_api.h>

/* The oldest release that the library itself loads; newer ones serve it too. */
static const OrtApi *const api = OrtGetApiBase()->GetApi(22);

static void check(OrtStatus *status)
{
    if (status != nullptr)
        peers::fail(api->GetErrorMessage(status));
}

class Shared : public peers::Caller {
public:
    Shared(OrtSession *session, const char *input, const char *output) : session_(session), input_(input), output_(output)
    {
        check(api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory_));
    }

    void run(const peers::Sample &sample, std::vector<float> &output) override
    {
        // The copy that every caller makes who has a buffer per thread.
        buffer_.assign(sample.data.begin(), sample.data.end());
        auto type = sample.is_float() ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT : ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
        OrtValue *in = nullptr, *out = nullptr;
        check(api->CreateTensorWithDataAsOrtValue(memory_, buffer_.data(), buffer_.size(), sample.dims.data(),
                                                  sample.dims.size(), type, &in));
        check(api->Run(session_, nullptr, &input_, &in, 1, &output_, 1, &out));
        OrtTensorTypeAndShapeInfo *info = nullptr;
        std::size_t count = 0;
        void *data = nullptr;
        check(api->GetTensorTypeAndShape(out, &info));
        check(api->GetTensorShapeElementCount(info, &count));
        check(api->GetTensorMutableData(out, &data));
        output.assign(static_cast<float *>(data), static_cast<float *>(data) + count);
        api->ReleaseTensorTypeAndShapeInfo(info);
        api->ReleaseValue(out);
        api->ReleaseValue(in);
    }

private:
    OrtSession *session_;
    const char *input_;
    const char *output_;
    OrtMemoryInfo *memory_ = nullptr;
    std::vector<char> buffer_;
};

static peers::Callers load(const peers::Arguments &arguments)
{
    OrtEnv *environment = nullptr;
    OrtSessionOptions *options = nullptr;
    OrtSession *session = nullptr;
    OrtAllocator *allocator = nullptr;
    char *input = nullptr, *output = nullptr;
    check(api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "peers", &environment));
    check(api->DisableTelemetryEvents(environment));
    check(api->CreateSessionOptions(&options));
    check(api->SetIntraOpNumThreads(options, 1));
    check(api->CreateSession(environment, arguments.model.c_str(), options, &session));
    check(api->GetAllocatorWithDefaultOptions(&allocator));
    check(api->SessionGetInputName(session, 0, allocator, &input));
    check(api->SessionGetOutputName(session, 0, allocator, &output));
    peers::Callers callers;
    while (callers.size() < arguments.threads)
        callers.push_back(std::make_unique<Shared>(session, input, output));
    return callers;
}

int main(int argc, char **argv) { return peers::run_load(argc, argv, load); }
