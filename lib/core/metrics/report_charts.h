// SPDX-License-Identifier: Apache-2.0
// Inline SVG for the report page. Colours are the page's CSS classes, so that both modes fit.
#pragma once

#include <string>

#include "core/metrics/report.h"

namespace candor {

// A track from 0 to 1, the interval as a bar, the value as a dot.
std::string interval_bar(const Metric& metric);

// Each returns a <figure>, or nothing when the rows hold nothing to draw.
std::string reliability_chart(const Scored& scored);
std::string roc_chart(const Scored& scored);
std::string precision_recall_chart(const Scored& scored);
std::string prediction_chart(const Scored& scored);
std::string residual_chart(const Scored& scored);
std::string loss_chart(const Scored& scored);
std::string confusion_chart(const Report& report);

}  // namespace candor
