// The list of pass names.
#include <algorithm>

#include "../include/paddle_pass_builder.h"
#include "error.h"

namespace paddle {

namespace {

void check_index(const char *what, std::size_t index, std::size_t limit)
{
    if (index >= limit)
        paddle_infer::fail("InvalidArgument", std::string(what) + ": expected an index below " +
                                                  std::to_string(limit) + ", got " + std::to_string(index));
}

} // namespace

PaddlePassBuilder::PaddlePassBuilder(const std::vector<std::string> &passes) : passes_(passes) {}

PaddlePassBuilder::~PaddlePassBuilder() = default;

void PaddlePassBuilder::SetPasses(std::initializer_list<std::string> passes)
{
    passes_ = passes;
}

void PaddlePassBuilder::AppendPass(const std::string &pass_type)
{
    passes_.push_back(pass_type);
}

void PaddlePassBuilder::InsertPass(std::size_t index, const std::string &pass_type)
{
    check_index("InsertPass", index, passes_.size() + 1);
    passes_.insert(passes_.begin() + static_cast<std::ptrdiff_t>(index), pass_type);
}

void PaddlePassBuilder::DeletePass(std::size_t index)
{
    check_index("DeletePass", index, passes_.size());
    passes_.erase(passes_.begin() + static_cast<std::ptrdiff_t>(index));
}

void PaddlePassBuilder::DeletePass(const std::string &pass_type)
{
    passes_.erase(std::remove(passes_.begin(), passes_.end(), pass_type), passes_.end());
}

void PaddlePassBuilder::ClearPasses()
{
    passes_.clear();
}

void PaddlePassBuilder::AppendAnalysisPass(const std::string &pass)
{
    analysis_passes_.push_back(pass);
}

void PaddlePassBuilder::TurnOnDebug() {}

std::string PaddlePassBuilder::DebugString()
{
    std::string text = "passes:\n";
    for (const std::string &pass : passes_)
        text += "  " + pass + "\n";
    return text;
}

const std::vector<std::string> &PaddlePassBuilder::AllPasses() const
{
    return passes_;
}

std::vector<std::string> PaddlePassBuilder::AnalysisPasses() const
{
    return analysis_passes_;
}

std::size_t PaddlePassBuilder::GetPassIndex(const std::string &pass_type)
{
    const auto found = std::find(passes_.begin(), passes_.end(), pass_type);
    return found == passes_.end() ? static_cast<std::size_t>(-1) : static_cast<std::size_t>(found - passes_.begin());
}

PassStrategy::PassStrategy(const std::vector<std::string> &passes) : PaddlePassBuilder(passes) {}

PassStrategy::~PassStrategy() = default;

void PassStrategy::EnableCUDNN() {}
void PassStrategy::EnableMKLDNN() {}
void PassStrategy::EnableONEDNN() {}
void PassStrategy::DisableMKLDNN() {}
void PassStrategy::DisableONEDNN() {}
void PassStrategy::EnableMkldnnBfloat16() {}
void PassStrategy::EnableOnednnBfloat16() {}
void PassStrategy::EnableMkldnnInt8() {}
void PassStrategy::EnableOnednnInt8() {}
void PassStrategy::DisableMkldnnFcPasses() {}
void PassStrategy::DisableOnednnFcPasses() {}

bool PassStrategy::use_gpu() const
{
    return false;
}

} // namespace paddle
