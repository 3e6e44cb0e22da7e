// SPDX-License-Identifier: Apache-2.0
#include "core/config/check_model.h"

#include <fmt/format.h>

#include <variant>

namespace candor {
namespace {

class ModelChecker {
 public:
  ModelChecker(const RunConfig& config, Problems& problems)
      : config_(config), problems_(problems) {}

  void run() {
    std::visit([&](const auto& model) { check(model); }, config_.model);
  }

 private:
  void check(const MlpConfig& model) {
    if (!model.ensemble || !model.hidden.empty()) return;
    problems_.add("/model/ensemble",
                  "model.ensemble needs a hidden layer whose weights its members share; give "
                  "model.hidden a width, or set model.ensemble to null");
  }

  void check(const TransformerConfig& model) {
    if (model.width % model.heads != 0) {
      problems_.add("/model/width", "model.width must be a multiple of model.heads");
    } else if (model.width / model.heads % 2 != 0) {
      problems_.add("/model/width",
                    "model.width / model.heads must be even, for the rotary embedding");
    }
    if (model.kv_heads && model.heads % *model.kv_heads != 0) {
      problems_.add("/model/kv_heads", "model.heads must be a multiple of model.kv_heads");
    }
  }

  void check(const ResNetConfig& model) {
    if (model.blocks && (model.blocks->empty() || model.blocks->size() > 6)) {
      problems_.add("/model/blocks", "must name 1 to 6 stages");
    }
    if (model.blocks && model.depth) {
      problems_.add("/model/blocks", "model.blocks and model.depth are both set; keep one");
    }
    if (model.depth && *model.depth != 18 && *model.depth != 34 && *model.depth != 50) {
      problems_.add("/model/depth", "must be 18, 34 or 50; use model.blocks for other depths");
    }
    const auto stages = model.blocks ? model.blocks->size() : 4;
    if (model.widths && model.widths->size() != stages) {
      problems_.add("/model/widths", fmt::format("names {} stages, but the model has {}; give each "
                                                 "stage of model.blocks its channels",
                                                 model.widths->size(), stages));
    }
    if (stages >= 1 && stages <= 6) check_halvings(model, stages);
    const auto* images = std::get_if<ImageData>(&config_.data);
    if (images != nullptr && model.shift >= images->size) {
      problems_.add("/model/shift", "model.shift must be smaller than data.size");
    }
  }

  // Pooling rounds down, so that a small image would vanish; strides round up.
  void check_halvings(const ResNetConfig& model, std::size_t stages) {
    const auto* images = std::get_if<ImageData>(&config_.data);
    if (images == nullptr || model.downsample != Downsample::pooled) return;
    const auto halvings = stages - (model.stem == Stem::whitening ? 0 : 1);
    const auto& progressive = config_.augment.progressive_resize;
    const auto side = side_behind_stem(model.stem, progressive ? progressive->size : images->size);
    if (side >> halvings > 0) return;
    problems_.add(
        "/model/downsample",
        fmt::format("\"pooled\" halves {} pixels behind the stem {} times, and nothing is "
                    "left; raise {}, or give model.blocks fewer stages",
                    side, halvings, progressive ? "augment.progressive_resize.size" : "data.size"));
  }

  static std::int64_t side_behind_stem(Stem stem, std::int64_t size) {
    switch (stem) {
      case Stem::small: return size;
      case Stem::strided: return (size + 1) / 2;
      case Stem::imagenet: return (size + 3) / 4;
      case Stem::whitening: return size - 1;
    }
    return size;
  }

  const RunConfig& config_;
  Problems& problems_;
};

}  // namespace

void check_model_fields(const RunConfig& config, Problems& problems) {
  ModelChecker(config, problems).run();
}

}  // namespace candor
