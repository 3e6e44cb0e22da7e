// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/gate_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr double kMostRows = 1e15;

// How far the value is inside the limits; below 0 outside of one.
double margin(const GateResult& gate, double value) {
  auto least = std::numeric_limits<double>::infinity();
  if (gate.min) least = std::min(least, value - *gate.min);
  if (gate.max) least = std::min(least, *gate.max - value);
  return least;
}

bool keeps_limits(const GateResult& gate, const CaseBounds& bounds) {
  return (!gate.min || *bounds.low >= *gate.min) && (!gate.max || *bounds.high <= *gate.max);
}

bool breaks_limit(const GateResult& gate, const CaseBounds& bounds) {
  return (gate.min && *bounds.high < *gate.min) || (gate.max && *bounds.low > *gate.max);
}

bool is_complete(const CaseBounds& bounds) { return bounds.value && bounds.low && bounds.high; }

bool breaks_every_max(const GateResult& gate, const GateCase& one) {
  return gate.max && one.unbounded && one.blocked.empty();
}

GateState state_of(const GateResult& gate, const GateCase& one) {
  if (breaks_every_max(gate, one)) return GateState::failed;
  if (!one.blocked.empty() || !is_complete(one.passing)) return GateState::undecided;
  if (is_complete(one.failing) && breaks_limit(gate, one.failing)) return GateState::failed;
  if (!one.cannot_pass.empty()) return GateState::undecided;
  return keeps_limits(gate, one.passing) ? GateState::passed : GateState::undecided;
}

// The limit that keeps the case from passing, with both bounds that belong to it.
struct Contest {
  const char* name;  // "min" or "max"
  double limit;
  double passing;  // the bound that has to keep it
  double failing;  // the bound that would break it
  bool is_min;
};

Contest contest_of(const GateResult& gate, const GateCase& one) {
  const auto& pass = one.passing;
  const auto& fail = is_complete(one.failing) ? one.failing : one.passing;
  const bool min_open = gate.min && (*pass.low < *gate.min || *fail.high < *gate.min);
  if (min_open || !gate.max) return {"min", *gate.min, *pass.low, *fail.high, true};
  return {"max", *gate.max, *pass.high, *fail.low, false};
}

// Two digits: it is a guess.
std::int64_t rounded(double rows) {
  const auto step = std::pow(10.0, std::max(0.0, std::floor(std::log10(rows)) - 1.0));
  return static_cast<std::int64_t>(std::ceil(rows / step) * step);
}

// An interval's width falls with the root of the rows; where no row was a hit, or every row was,
// with the rows themselves.
std::optional<std::int64_t> rows_to_tell(const GateCase& one, double bound, double limit) {
  const auto value = *one.passing.value;
  const auto distance = std::abs(limit - value);
  const auto ratio = distance > 0.0 ? std::abs(bound - value) / distance : 1e300;
  const bool at_end = (value == 0.0 && bound > value) || (value == 1.0 && bound < value);
  const auto rows = static_cast<double>(one.rows) * (at_end ? ratio : ratio * ratio);
  if (!(rows < kMostRows)) return std::nullopt;
  return rounded(std::max(rows, static_cast<double>(one.rows) + 1.0));
}

std::string failed_sentence(const GateResult& gate, const GateCase& one) {
  if (breaks_every_max(gate, one)) {
    return fmt::format("{} is beyond every max: {}", one.subject, one.passing.reason);
  }
  const auto contest = contest_of(gate, one);
  return fmt::format("{} is {:.6g}, and even its {} {} bound {:.6g} is {} {} {:.6g}", one.subject,
                     *one.passing.value, percent_text(gate.confidence),
                     contest.is_min ? "upper" : "lower", contest.failing,
                     contest.is_min ? "below" : "above", contest.name, contest.limit);
}

std::string too_few_rows(const GateResult& gate, const GateCase& one) {
  return gate.rows_needed
             ? fmt::format("; {} {} are too few to tell, about {} would do",
                           with_thousands(one.rows), one.unit, with_thousands(*gate.rows_needed))
             : fmt::format("; {} {} are too few to tell, and it lies on the limit",
                           with_thousands(one.rows), one.unit);
}

// Also sets how many rows it takes.
std::string open_sentence(GateResult& gate, const GateCase& one) {
  const auto contest = contest_of(gate, one);
  const auto value = *one.passing.value;
  const bool keeps = contest.is_min ? value >= contest.limit : value <= contest.limit;
  const auto* beyond = contest.is_min ? "below" : "above";
  gate.rows_needed = rows_to_tell(one, keeps ? contest.passing : contest.failing, contest.limit);
  if (keeps) {
    return fmt::format("{} is {:.6g}, but its {} {} bound {:.6g} is {} {} {:.6g}", one.subject,
                       value, percent_text(gate.confidence), contest.is_min ? "lower" : "upper",
                       contest.passing, beyond, contest.name, contest.limit) +
           too_few_rows(gate, one);
  }
  return fmt::format("{} is {:.6g}, {} {} {:.6g}, but its {} {} bound {:.6g} is not", one.subject,
                     value, beyond, contest.name, contest.limit, percent_text(gate.confidence),
                     contest.is_min ? "upper" : "lower", contest.failing) +
         too_few_rows(gate, one);
}

std::string undecided_sentence(GateResult& gate, const GateCase& one) {
  if (!one.blocked.empty()) return one.blocked;
  if (!one.passing.value)
    return fmt::format("{} is undefined: {}", one.subject, one.passing.reason);
  if (!is_complete(one.passing)) {
    return fmt::format("{} is {:.6g} and has no interval to judge it by{}", one.subject,
                       *one.passing.value,
                       one.passing.reason.empty() ? "" : ": " + one.passing.reason);
  }
  if (!one.cannot_pass.empty() && keeps_limits(gate, one.passing)) {
    return fmt::format("{} is {:.6g}, but {}", one.subject, *one.passing.value, one.cannot_pass);
  }
  return open_sentence(gate, one);
}

// Of those in a state: the one furthest out; those without numbers come last.
const GateCase& deciding_case(const GateResult& gate, const std::vector<const GateCase*>& cases) {
  const auto rank = [&](const GateCase* one) {
    const bool judged = one->blocked.empty() && is_complete(one->passing);
    return judged ? margin(gate, *one->passing.value) : std::numeric_limits<double>::infinity();
  };
  return **std::min_element(cases.begin(), cases.end(),
                            [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
}

}  // namespace

const char* gate_state_name(GateState state) {
  switch (state) {
    case GateState::passed: return "passed";
    case GateState::failed: return "failed";
    case GateState::undecided: return "undecided";
  }
  return "";
}

void set_verdict(GateResult& gate, const std::vector<GateCase>& cases, const std::string& method) {
  std::vector<const GateCase*> failed, undecided, all;
  for (const auto& one : cases) {
    const auto state = state_of(gate, one);
    if (state == GateState::failed) failed.push_back(&one);
    if (state == GateState::undecided) undecided.push_back(&one);
    all.push_back(&one);
  }
  gate.state = !failed.empty()      ? GateState::failed
               : !undecided.empty() ? GateState::undecided
                                    : GateState::passed;
  const auto& in_state = !failed.empty() ? failed : !undecided.empty() ? undecided : all;
  const auto& one = deciding_case(gate, in_state);
  const auto& bounds = gate.state == GateState::failed ? one.failing : one.passing;
  gate.value = one.passing.value;
  gate.low = bounds.low;
  gate.high = bounds.high;
  gate.group = one.group;
  gate.method = bounds.low ? method : "";
  if (gate.state == GateState::passed) return;
  gate.reason =
      gate.state == GateState::failed ? failed_sentence(gate, one) : undecided_sentence(gate, one);
  if (in_state.size() > 1) {
    const auto more = in_state.size() - 1;
    gate.reason += fmt::format("; {} more {} {}", more, more == 1 ? "group is" : "groups are",
                               gate.state == GateState::failed ? "not better" : "undecided");
  }
}

}  // namespace candor
