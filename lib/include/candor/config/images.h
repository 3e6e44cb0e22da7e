// SPDX-License-Identifier: Apache-2.0
// Images: reading, resizing, random changes. A part of config.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <candor/config/data.h>

namespace candor {

// How a picture of another shape becomes size x size pixels.
enum class ResizeMode { squash, crop };
enum class Interpolation { bilinear, bicubic };

// Columns of a table of images (data.files naming a .csv or .tsv).
struct ImageColumns {
  std::string path = "path";  // of the file, relative to the table's folder
  std::string label = "label";
};

struct ImageData {
  static constexpr const char* kType = "images";
  FilesConfig files;
  std::int64_t size = 32;  // height and width that the model sees, pixels
  ResizeMode resize =
      ResizeMode::squash;  // squash: all of it; crop: the largest square in its middle
  Interpolation interpolation = Interpolation::bilinear;
  ImageColumns columns;
  std::int64_t memory = 2048;   // MiB of decoded pixels kept; what is beyond is decoded when needed
  bool scaled_decoding = true;  // JPEG decoded at 1/2, 1/4 or 1/8 where that is still above `size`
  SplitConfig split;
  double max_bad_fraction = 0.001;  // images that cannot be read, at most
  // Columns of such tables by whose values the report is broken down.
  std::vector<std::string> groups;
};

// A part of the picture, resized to the model's size (Szegedy et al. 2015, as torchvision has it).
struct ResizedCropConfig {
  double min_area = 0.08;  // of the picture
  double max_area = 1.0;
  double max_aspect = 4.0 / 3.0;  // width / height is from 1 / max_aspect to max_aspect
};

// Each factor is drawn from [max(0, 1 - x), 1 + x], the turn of the hue from [-hue, hue].
struct JitterConfig {
  double brightness = 0.0;
  double contrast = 0.0;
  double saturation = 0.0;
  double hue = 0.0;  // of a full turn
};

// A rectangle painted black (Zhong et al. 2020).
struct EraseConfig {
  double probability = 0.5;
  double min_area = 0.02;  // of the image
  double max_area = 0.33;
  double max_aspect = 3.3;
};

// Some operations out of 14, each as strong as `magnitude` (Cubuk et al. 2020).
struct RandAugmentConfig {
  std::int64_t operations = 2;
  std::int64_t magnitude = 9;  // 0 to 30
};

// Each image mixed with another of its batch (Zhang et al. 2018): lambda from Beta(alpha, alpha).
struct MixupConfig {
  double alpha = 0.2;
};

// A rectangle of each image taken from another of its batch (Yun et al. 2019).
struct CutmixConfig {
  double alpha = 1.0;
};

// What lies beyond the edge of an image that is moved: black, or the image mirrored at its edge.
enum class CropPadding { zero, reflect };

// Smaller images first, which cost less and are told apart by their coarse features.
struct ProgressiveResizeConfig {
  std::int64_t size = 16;   // height and width in the first epoch, pixels
  std::int64_t epochs = 4;  // that train on smaller images; the side grows from each to the next
};

// Random changes of training images; each drawn anew for every image and epoch.
struct AugmentConfig {
  std::int64_t crop = 0;  // pixels of padding on each side before a random crop; 0: none
  CropPadding padding = CropPadding::zero;
  bool flip = false;           // mirrored left to right with probability 1/2
  double rotate = 0.0;         // degrees; uniform in [-rotate, rotate]
  bool vertical_flip = false;  // upside down with probability 1/2
  std::optional<ResizedCropConfig> resized_crop;
  std::optional<JitterConfig> jitter;
  std::optional<EraseConfig> erase;
  std::optional<RandAugmentConfig> rand_augment;
  std::optional<MixupConfig> mixup;  // with cutmix too: one of the two for each batch
  std::optional<CutmixConfig> cutmix;
  std::optional<ProgressiveResizeConfig> progressive_resize;
};

}  // namespace candor
