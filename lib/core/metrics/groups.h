// SPDX-License-Identifier: Apache-2.0
// Everything that a report says about groups, and what gates on them are judged by.
#pragma once

#include <string>
#include <vector>

#include "core/metrics/group_gaps.h"

namespace candor {

// As evaluate.* has them.
struct GroupOptions {
  std::int64_t min_count = 30;
  std::int64_t intersections = 2;
  bool slices = true;
};

// Sums of a classification's or regression's rows by every group column and crossing.
class GroupStudy {
 public:
  // `scored` must outlive it.
  GroupStudy(const Scored& scored, const GroupOptions& options);
  GroupStudy(const GroupStudy&) = delete;
  GroupStudy& operator=(const GroupStudy&) = delete;

  std::vector<GroupRow> rows(double confidence) const;
  std::vector<GroupGaps> gaps(double confidence) const;
  std::vector<Metric> inequality(double confidence) const;
  std::optional<Slices> slices(double confidence) const;

  // Why the scores say nothing about a metric or gap; empty where they do.
  std::string fault(const std::string& name) const;

  // All rows as one group.
  GroupView all() const;
  const GroupTables& tables() const { return tables_; }
  const GroupOptions& options() const { return options_; }
  const std::vector<std::string>& labels() const { return scored_.labels; }
  // Of these columns in any order; nullptr when they were not measured.
  const GroupTable* find(std::vector<std::string> columns) const;
  ComparedGroups compared(const GroupTable& table) const;

 private:
  const Scored& scored_;
  GroupOptions options_;
  std::vector<GroupColumn> columns_;
  GroupTables tables_;
};

}  // namespace candor
