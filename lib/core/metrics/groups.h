// SPDX-License-Identifier: Apache-2.0
// Everything that a report says about groups, and what gates on them are judged by.
#pragma once

#include <string>
#include <vector>

#include "core/metrics/group_gaps.h"

namespace candor {

// Sums of a classification's or regression's rows by every group column and crossing.
class GroupStudy {
 public:
  // `scored` must outlive it.
  GroupStudy(const Scored& scored, const EvaluateConfig& config);
  GroupStudy(const GroupStudy&) = delete;
  GroupStudy& operator=(const GroupStudy&) = delete;

  std::vector<GroupRow> rows(double confidence) const;
  std::vector<GroupGaps> gaps(double confidence) const;
  std::vector<Metric> inequality(double confidence) const;
  std::optional<Slices> slices(double confidence) const;

  // All rows as one group.
  GroupView all() const;
  const GroupTables& tables() const { return tables_; }
  const EvaluateConfig& config() const { return config_; }
  const std::vector<std::string>& labels() const { return scored_.labels; }
  // Of these columns in any order; nullptr when they were not measured.
  const GroupTable* find(std::vector<std::string> columns) const;
  ComparedGroups compared(const GroupTable& table) const;

 private:
  const Scored& scored_;
  EvaluateConfig config_;
  std::vector<GroupColumn> columns_;
  GroupTables tables_;
};

}  // namespace candor
