// Config: its life, and which model.
#include <sys/stat.h>

#include "config_state.h"
#include "error.h"

namespace paddle {

using paddle_infer::fail;

namespace {

bool exists(const std::string &path, bool folder)
{
    struct stat info;
    return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) == folder;
}

/// Paddle 3's order: its own format, the one before, and ours.
const char *const EXTENSIONS[] = {".json", ".pdmodel", ".onnx"};

} // namespace

AnalysisConfig::AnalysisConfig() : state_(new State) {}

AnalysisConfig::AnalysisConfig(const AnalysisConfig &other) : state_(new State(*other.state_))
{
    state_->used = false;
}

AnalysisConfig &AnalysisConfig::operator=(const AnalysisConfig &other)
{
    AnalysisConfig copy(other);
    state_.swap(copy.state_);
    return *this;
}

AnalysisConfig::~AnalysisConfig() = default;

AnalysisConfig::AnalysisConfig(const std::string &model_dir) : AnalysisConfig()
{
    SetModel(model_dir);
}

AnalysisConfig::AnalysisConfig(const std::string &prog_file_or_model_dir,
                               const std::string &params_file_or_model_prefix)
    : AnalysisConfig()
{
    SetModel(prog_file_or_model_dir, params_file_or_model_prefix);
    if (!exists(state_->prog_file, false))
        fail("NotFound", "model file \"" + state_->prog_file + "\": no such file");
}

void AnalysisConfig::SetModel(const std::string &model_dir)
{
    state_->model_dir = model_dir;
    state_->from_memory = false;
}

void AnalysisConfig::SetModel(const std::string &prog_file_or_model_dir,
                              const std::string &params_file_or_model_prefix)
{
    state_->from_memory = false;
    state_->prog_file = prog_file_or_model_dir;
    state_->params_file = params_file_or_model_prefix;
    if (!exists(prog_file_or_model_dir, true))
        return;
    const std::string stem = prog_file_or_model_dir + "/" + params_file_or_model_prefix;
    state_->prog_file = stem + EXTENSIONS[0];
    for (const char *extension : EXTENSIONS) {
        if (exists(stem + extension, false)) {
            state_->prog_file = stem + extension;
            break;
        }
    }
    state_->params_file = exists(stem + ".pdiparams", false) ? stem + ".pdiparams" : "";
}

void AnalysisConfig::SetProgFile(const std::string &path)
{
    state_->prog_file = path;
}

void AnalysisConfig::SetParamsFile(const std::string &path)
{
    state_->params_file = path;
}

void AnalysisConfig::SetModelBuffer(const char *prog_buffer, std::size_t prog_buffer_size, const char *params_buffer,
                                    std::size_t params_buffer_size)
{
    if (!prog_buffer || (!params_buffer && params_buffer_size > 0))
        fail("InvalidArgument", "SetModelBuffer: expected a buffer, got a null pointer");
    state_->prog_file.assign(prog_buffer, prog_buffer_size);
    state_->params_file.assign(params_buffer ? params_buffer : "", params_buffer_size);
    state_->from_memory = true;
}

bool AnalysisConfig::model_from_memory() const
{
    return state_->from_memory;
}

const std::string &AnalysisConfig::model_dir() const
{
    return state_->model_dir;
}

const std::string &AnalysisConfig::prog_file() const
{
    return state_->prog_file;
}

const std::string &AnalysisConfig::params_file() const
{
    return state_->params_file;
}

void AnalysisConfig::SetOptimCacheDir(const std::string &folder)
{
    state_->optim_cache_dir = folder;
}

void AnalysisConfig::EnableSaveOptimModel(bool save_optimized_model)
{
    state_->save_optimized_model = save_optimized_model;
}

void AnalysisConfig::UseOptimizedModel(bool x)
{
    state_->use_optimized_model = x;
}

void AnalysisConfig::PartiallyRelease()
{
    if (!state_->from_memory)
        return;
    std::string().swap(state_->prog_file);
    std::string().swap(state_->params_file);
}

void AnalysisConfig::SetInValid() const
{
    state_->invalid = true;
}

bool AnalysisConfig::is_valid() const
{
    return !state_->used && !state_->invalid;
}

} // namespace paddle
