// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/expand_paths.h"
#include "core/base/files.h"
#include "core/image/list_images.h"
#include "core/inspect/data_kind.h"
#include "core/inspect/findings.h"
#include "core/inspect/inspect_parts.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

// Images that are decoded; of a larger folder every n-th is. All files are read and hashed.
constexpr std::size_t kMostDecoded = 20'000;

struct ImageLook {
  ImageList folder;
  std::vector<std::int64_t> counts;  // images of each class
  std::int64_t bytes = 0, decoded = 0, broken = 0;
  std::string first_broken;
  std::vector<std::int64_t> sides;  // shorter ones, sorted
  std::set<std::pair<std::int64_t, std::int64_t>> sizes;
  std::map<std::string, std::set<std::int64_t>> classes_of;  // by the hash of the file
  std::int64_t repeated = 0;                                 // files equal to an earlier one
};

void decode(const std::string& bytes, const std::string& path, ImageLook& look) {
  ++look.decoded;
  try {
    const auto image = decode_image(bytes, kFileLimits);
    look.sides.push_back(std::min(image.height, image.width));
    look.sizes.emplace(image.height, image.width);
  } catch (const Error&) {
    if (look.broken++ == 0) look.first_broken = path;
  }
}

ImageLook look_at_images(const std::string& data) {
  const auto paths = expand_paths({data});
  ImageLook look;
  look.folder = list_images(paths, image_table_columns(paths.front()).value_or(ImageColumns{}));
  look.counts.assign(look.folder.labels.size(), 0);
  const auto& files = look.folder.files;
  const auto step = std::max<std::size_t>(1, (files.size() + kMostDecoded - 1) / kMostDecoded);
  for (std::size_t i = 0; i < files.size(); ++i) {
    ++look.counts[static_cast<std::size_t>(files[i].label)];
    std::string bytes;
    try {
      bytes = read_image(files[i]);
    } catch (const Error&) {
      ++look.decoded;
      if (look.broken++ == 0) look.first_broken = files[i].path;
      continue;
    }
    look.bytes += static_cast<std::int64_t>(bytes.size());
    auto& classes = look.classes_of[sha256(bytes)];
    if (!classes.empty()) ++look.repeated;
    classes.insert(files[i].label);
    if (i % step == 0) decode(bytes, files[i].path, look);
  }
  std::sort(look.sides.begin(), look.sides.end());
  return look;
}

std::string counted_images(std::int64_t count) {
  return with_thousands(count) + (count == 1 ? " image" : " images");
}

// What the model sees: small images as they are, others scaled down to a common size.
std::string size_word(const ImageLook& look) {
  const auto median = look.sides[look.sides.size() / 2];
  return "data.size=" + std::to_string(std::clamp<std::int64_t>(median, 8, 224));
}

class ImageJudge {
 public:
  explicit ImageJudge(const ImageLook& look) : look_(look) {}

  std::vector<Finding> findings(const std::optional<ImageLook>& test) {
    judge_broken();
    judge_equal();
    judge_balance();
    judge_sizes();
    if (test) judge_test(*test);
    return std::move(findings_);
  }

 private:
  void add(Severity severity, const char* code, std::string text, std::vector<std::string> config,
           std::string advice = "") {
    findings_.push_back(
        {severity, code, "", std::move(text), std::move(config), std::move(advice)});
  }

  void judge_broken() {
    if (look_.broken == 0) return;
    const double share = static_cast<double>(look_.broken) /
                         static_cast<double>(std::max<std::int64_t>(look_.decoded, 1));
    add(Severity::warning, "broken_images",
        counted_images(look_.broken) + " cannot be decoded, the first is " + look_.first_broken,
        {fmt::format("data.max_bad_fraction={:.4f}", std::min(1.0, share + 0.0005))});
  }

  void judge_equal() {
    if (look_.repeated > 0) {
      add(Severity::warning, "duplicate_images",
          counted_images(look_.repeated) + (look_.repeated == 1 ? " equals" : " equal") +
              " an earlier one, byte for byte",
          {}, "a split keeps them in one part; delete the copies if none should count twice");
    }
    const auto torn = std::count_if(look_.classes_of.begin(), look_.classes_of.end(),
                                    [](const auto& entry) { return entry.second.size() > 1; });
    if (torn == 0) return;
    add(Severity::error, "conflicting_labels",
        counted_images(torn) + (torn == 1 ? " stands" : " stand") +
            " in more than one class folder",
        {"train.metric=log_loss"},
        "this only mitigates: no model gets them all right; delete them where they do not belong");
  }

  void judge_balance() {
    const auto [least, most] = std::minmax_element(look_.counts.begin(), look_.counts.end());
    if (*least >= 10 && *least * 5 >= *most) return;
    add(Severity::warning, "imbalance",
        "class '" + look_.folder.labels[static_cast<std::size_t>(least - look_.counts.begin())] +
            "' has " + counted_images(*least) + ", class '" +
            look_.folder.labels[static_cast<std::size_t>(most - look_.counts.begin())] + "' has " +
            with_thousands(*most),
        {"train.metric=balanced_accuracy"});
  }

  void judge_sizes() {
    if (look_.sizes.size() < 2) return;
    add(Severity::note, "different_sizes",
        fmt::format("{} different sizes, shorter side {} to {} pixels, {} in the median",
                    with_thousands(static_cast<std::int64_t>(look_.sizes.size())),
                    look_.sides.front(), look_.sides.back(), look_.sides[look_.sides.size() / 2]),
        {size_word(look_)});
  }

  void judge_test(const ImageLook& test) {
    if (test.folder.labels != look_.folder.labels) {
      add(Severity::error, "test_other_classes",
          "the class folders of the test are not those of the training images",
          {"data.files.test=null", "data.split.test=0.2"});
    }
    const auto known =
        std::count_if(test.classes_of.begin(), test.classes_of.end(),
                      [&](const auto& entry) { return look_.classes_of.contains(entry.first); });
    if (known == 0) return;
    add(Severity::warning, "test_images_in_train",
        counted_images(known) + " of the test stand among the training images too",
        {"data.files.test=null", "data.split.test=0.2"});
  }

  const ImageLook& look_;
  std::vector<Finding> findings_;
};

}  // namespace

Inspection inspect_images(const InspectRequest& request) {
  const auto look = look_at_images(request.data);
  Inspection inspection;
  inspection.kind = "images";
  inspection.name = display_name(request.data);
  auto& facts = inspection.facts;
  facts.emplace_back("images", look.folder.files.size());
  facts.emplace_back("classes", look.folder.labels.size());
  facts.emplace_back("bytes", look.bytes);
  facts.emplace_back("decoded", look.decoded);
  facts.emplace_back("broken", look.broken);
  facts.emplace_back("different_sizes", look.sizes.size());
  if (!look.sides.empty()) {
    facts.emplace_back("shortest_side", look.sides.front());
    facts.emplace_back("median_shorter_side", look.sides[look.sides.size() / 2]);
  }
  for (std::size_t i = 0; i < look.counts.size(); ++i) {
    inspection.classes.push_back({look.folder.labels[i], look.counts[i]});
  }
  std::optional<ImageLook> test;
  if (request.test) {
    test = look_at_images(*request.test);
    facts.emplace_back("test_file", display_name(*request.test));
    facts.emplace_back("test_images", test->folder.files.size());
  }
  inspection.findings = ImageJudge(look).findings(test);
  sort_findings(inspection);
  return inspection;
}

}  // namespace candor
