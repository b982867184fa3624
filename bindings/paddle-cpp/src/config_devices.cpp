// Config: devices that this library does not drive, and the list of passes.
#include "config_state.h"
#include "error.h"
#include "log.h"

namespace paddle {

using paddle_infer::fail;
using paddle_infer::warn;

void AnalysisConfig::EnableXpu(int, bool, bool, const std::string &, const std::string &, bool, bool)
{
    fail("PreconditionNotMet", "EnableXpu: there is no XPU here; leave the call out to compute on the CPU");
}

bool AnalysisConfig::use_xpu() const
{
    return false;
}

int AnalysisConfig::xpu_device_id() const
{
    return 0;
}

void AnalysisConfig::SetXpuDeviceId(int)
{
    fail("PreconditionNotMet", "SetXpuDeviceId: expected EnableXpu before it, which this library does not have");
}

void AnalysisConfig::SetXpuConfig(const XpuConfig &)
{
    fail("PreconditionNotMet", "SetXpuConfig: expected EnableXpu before it, which this library does not have");
}

XpuConfig AnalysisConfig::xpu_config() const
{
    return XpuConfig();
}

void AnalysisConfig::EnableCustomDevice(const std::string &device_type, int device_id, Precision precision_mode)
{
    state_->custom_device = true;
    state_->custom_device_type = device_type;
    state_->custom_device_id = device_id;
    state_->custom_device_precision = precision_mode;
}

bool AnalysisConfig::use_custom_device() const
{
    return state_->custom_device;
}

int AnalysisConfig::custom_device_id() const
{
    return state_->custom_device_id;
}

std::string AnalysisConfig::custom_device_type() const
{
    return state_->custom_device_type;
}

bool AnalysisConfig::enable_custom_device_mixed() const
{
    return state_->custom_device_precision == Precision::kHalf || state_->custom_device_precision == Precision::kBf16;
}

void AnalysisConfig::EnableNpu(int)
{
    fail("Unavailable", "EnableNpu: there is no NPU here; leave the call out to compute on the CPU");
}

bool AnalysisConfig::use_npu() const
{
    return false;
}

int AnalysisConfig::npu_device_id() const
{
    return 0;
}

void AnalysisConfig::EnableIpu(int, int, bool, int)
{
    fail("Unavailable", "EnableIpu: there is no IPU here; leave the call out to compute on the CPU");
}

bool AnalysisConfig::use_ipu() const
{
    return false;
}

int AnalysisConfig::ipu_device_num() const
{
    return 0;
}

void AnalysisConfig::SetIpuConfig(bool ipu_enable_fp16, int ipu_replica_num, float ipu_available_memory_proportion,
                                  bool ipu_enable_half_partial, bool ipu_enable_model_runtime_executor)
{
    state_->record("ipu", std::to_string(ipu_enable_fp16) + "," + std::to_string(ipu_replica_num) + "," +
                              std::to_string(ipu_available_memory_proportion) + "," +
                              std::to_string(ipu_enable_half_partial) + "," +
                              std::to_string(ipu_enable_model_runtime_executor));
}

void AnalysisConfig::SetIpuCustomInfo(const std::vector<std::vector<std::string>> &ipu_custom_ops_info,
                                      const std::map<std::string, bool> &ipu_custom_patterns)
{
    state_->record("ipu_custom", std::to_string(ipu_custom_ops_info.size()) + "," +
                                     std::to_string(ipu_custom_patterns.size()));
}

void AnalysisConfig::LoadIpuConfig(const std::string &config_path)
{
    fail("Unavailable", "LoadIpuConfig: \"" + config_path + "\" is not read, as there is no IPU here");
}

PassStrategy *AnalysisConfig::pass_builder() const
{
    return &state_->passes;
}

void AnalysisConfig::DeletePass(const std::string &pass_name)
{
    state_->passes.DeletePass(pass_name);
}

void AnalysisConfig::EnableCustomPasses(const std::vector<std::string> &passes, bool custom_pass_only)
{
    state_->record("custom_passes", passes);
    state_->record("custom_pass_only", custom_pass_only);
    warn("EnableCustomPasses: custom passes are not run; ONNX Runtime optimises graphs in its own way");
}

} // namespace paddle
