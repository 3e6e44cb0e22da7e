// SPDX-License-Identifier: Apache-2.0
#include <candor/version.h>

#include <algorithm>

#include "core/serve/json_write.h"
#include "core/serve/telemetry.h"

namespace candor {

void ModelTelemetry::request(Route route, int status, std::optional<double> seconds) {
  const auto found = std::find(kStatusCodes.begin(), kStatusCodes.end(), status);
  const auto code = static_cast<std::size_t>(found - kStatusCodes.begin());
  requests_[static_cast<std::size_t>(route)][code].fetch_add(1, std::memory_order_relaxed);
  if (seconds) seconds_.add(*seconds);
}

void ModelTelemetry::tokens(std::int64_t prompt, std::int64_t completion) {
  prompt_tokens_.fetch_add(static_cast<std::uint64_t>(prompt), std::memory_order_relaxed);
  completion_tokens_.fetch_add(static_cast<std::uint64_t>(completion), std::memory_order_relaxed);
}

void ModelTelemetry::dropped(Dropped why) {
  dropped_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
}

template <std::size_t Count>
void Histogram<Count>::write(std::string& out, std::string_view name,
                             std::string_view labels) const {
  std::uint64_t total = 0;
  const auto line = [&](std::string_view suffix, std::string_view bound) {
    out.append(name).append(suffix).append("{").append(labels);
    if (!bound.empty()) out.append(",le=\"").append(bound).append("\"");
    out.append("} ");
  };
  for (std::size_t i = 0; i <= Count; ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    std::string bound = "+Inf";
    if (i < Count) append_json_number(bound = {}, bounds_[i]);
    line("_bucket", bound);
    out.append(std::to_string(total)).append("\n");
  }
  line("_sum", "");
  append_json_number(out, sum_.load(std::memory_order_relaxed));
  out.append("\n");
  line("_count", "");
  out.append(std::to_string(total)).append("\n");
}

// Writes one metric after the other, each with all its models.
class MetricsWriter {
 public:
  explicit MetricsWriter(const std::vector<NamedTelemetry>& all) : all_(all) {}

  std::string write(std::size_t connections) {
    header("candor_build_info", "gauge", "The version that runs.");
    out_ += "candor_build_info{version=\"" CANDOR_VERSION "\"} 1\n";
    header("candor_connections", "gauge", "Open connections.");
    out_ += "candor_connections " + std::to_string(connections) + "\n";
    requests();
    durations();
    queues();
    tokens();
    return std::move(out_);
  }

 private:
  void header(const std::string& name, const std::string& type, const std::string& help) {
    out_ += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }

  static std::string label(const NamedTelemetry& one) {
    return "model=\"" + std::string(one.model) + "\"";
  }

  void count(const std::string& name, const std::string& labels, std::uint64_t value) {
    out_ += name + "{" + labels + "} " + std::to_string(value) + "\n";
  }

  template <class Action>
  void each_model(Action action) {
    for (const auto& one : all_) {
      if (one.answers) action(*one.telemetry, label(one));
    }
  }

  void requests() {
    header("candor_requests_total", "counter",
           "Requests by model, route and status code; 499: the client left before its answer.");
    for (const auto& one : all_) {
      for (std::size_t route = 0; route < kRouteNames.size(); ++route) {
        requests_of(one, route);
      }
    }
  }

  void requests_of(const NamedTelemetry& one, std::size_t route) {
    for (std::size_t code = 0; code <= kStatusCodes.size(); ++code) {
      const auto value = one.telemetry->requests_[route][code].load(std::memory_order_relaxed);
      if (value == 0) continue;
      const auto status =
          code < kStatusCodes.size() ? std::to_string(kStatusCodes[code]) : std::string("other");
      count(
          "candor_requests_total",
          label(one) + ",route=\"" + std::string(kRouteNames[route]) + "\",code=\"" + status + "\"",
          value);
    }
  }

  void durations() {
    header("candor_request_duration_seconds", "histogram",
           "From a request's last byte to its answer, or to the end of its stream.");
    for (const auto& one : all_) {
      one.telemetry->seconds_.write(out_, "candor_request_duration_seconds", label(one));
    }
  }

  void queues() {
    header("candor_queue_rows", "gauge", "Rows that wait for the model.");
    each_model([&](const ModelTelemetry& model, const std::string& labels) {
      out_ +=
          "candor_queue_rows{" + labels + "} " + std::to_string(model.queue_rows_.load()) + "\n";
    });
    header("candor_batch_rows", "histogram", "Rows that the model computed at once.");
    each_model([&](const ModelTelemetry& model, const std::string& labels) {
      model.batch_rows_.write(out_, "candor_batch_rows", labels);
    });
    header("candor_dropped_requests_total", "counter",
           "Requests that never reached the model, by reason.");
    each_model([&](const ModelTelemetry& model, const std::string& labels) {
      constexpr std::array reasons{"disconnected", "expired", "queue_full"};
      for (std::size_t i = 0; i < reasons.size(); ++i) {
        count("candor_dropped_requests_total", labels + ",reason=\"" + reasons[i] + "\"",
              model.dropped_[i].load());
      }
    });
  }

  void tokens() {
    header("candor_tokens_total", "counter", "Tokens read and made by language models.");
    each_model([&](const ModelTelemetry& model, const std::string& labels) {
      count("candor_tokens_total", labels + ",kind=\"prompt\"", model.prompt_tokens_.load());
      count("candor_tokens_total", labels + ",kind=\"completion\"",
            model.completion_tokens_.load());
    });
  }

  const std::vector<NamedTelemetry>& all_;
  std::string out_;
};

std::string metrics_text(const std::vector<NamedTelemetry>& all, std::size_t connections) {
  return MetricsWriter(all).write(connections);
}

}  // namespace candor
