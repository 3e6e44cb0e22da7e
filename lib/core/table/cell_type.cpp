// SPDX-License-Identifier: Apache-2.0
#include "core/table/cell_type.h"

#include <array>

namespace candor {
namespace {

constexpr std::int64_t kEnoughForIdentifier = 50;
constexpr double kNearlyAllDistinct = 0.95;
constexpr double kHalfDistinct = 0.5;
constexpr double kSeveralWords = 1.5;
constexpr double kLongText = 20.0;

CellType infer_text_type(const ColumnSummary& summary) {
  const auto share = static_cast<double>(summary.distinct) / static_cast<double>(summary.present());
  const bool several_words = summary.mean_words >= kSeveralWords;
  if (!several_words) {
    const bool enough = summary.present() >= kEnoughForIdentifier;
    return enough && share >= kNearlyAllDistinct ? CellType::identifier : CellType::category;
  }
  return share >= kHalfDistinct || summary.mean_bytes >= kLongText ? CellType::text
                                                                   : CellType::category;
}

}  // namespace

std::optional<CellType> declared_type(ColumnType type) {
  switch (type) {
    case ColumnType::automatic: return std::nullopt;
    case ColumnType::number:
    case ColumnType::real: return CellType::real;
    case ColumnType::integer: return CellType::integer;
    case ColumnType::boolean: return CellType::boolean;
    case ColumnType::category: return CellType::category;
    case ColumnType::date: return CellType::date_time;
    case ColumnType::identifier: return CellType::identifier;
    case ColumnType::text: return CellType::text;
  }
  return std::nullopt;
}

const char* cell_type_name(CellType type) {
  constexpr std::array<const char*, 8> kNames = {"empty",     "integer",    "real",     "boolean",
                                                 "date_time", "identifier", "category", "text"};
  return kNames[static_cast<std::size_t>(type)];
}

bool is_number_type(CellType type) { return type == CellType::integer || type == CellType::real; }

bool is_free_text(const ColumnSummary& summary) {
  constexpr std::int64_t kEnough = 50, kMostAlike = 10;
  const auto present = summary.present();
  return summary.type == CellType::text && present >= kEnough &&
         summary.distinct * kMostAlike > present;
}

CellType infer_type(const ColumnSummary& summary) {
  const auto present = summary.present();
  if (present == 0) return CellType::empty;
  if (summary.texts == 0) {
    if (summary.integers != present) return CellType::real;
    const bool counter = summary.each_is_one_more && present >= kEnoughForIdentifier;
    return counter ? CellType::identifier : CellType::integer;
  }
  if (summary.all_boolean) return CellType::boolean;
  if (summary.all_dates) return CellType::date_time;
  return infer_text_type(summary);
}

}  // namespace candor
