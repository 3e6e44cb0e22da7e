// SPDX-License-Identifier: Apache-2.0
#include "core/config/read.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>
#include <utility>

#include "core/base/nearest.h"
#include "core/config/describe.h"
#include "core/config/fields.h"
#include "core/config/write.h"

namespace candor {
namespace {

// What stands in the file, short enough for one line.
std::string found_text(const Json& json) {
  if (json.is_object()) return "an object";
  if (json.is_array()) return "a list";
  const auto text = json.dump();
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

class Reader {
 public:
  explicit Reader(Problems& problems) : problems_(problems) {}

  template <class T>
  void read(const Json& json, const std::string& at, const Field& field, T& value) {
    if constexpr (is_optional<T>) {
      read_optional(json, at, field, value);
    } else if constexpr (is_list<T>) {
      read_list(json, at, field, value);
    } else if constexpr (is_map<T>) {
      read_map(json, at, value);
    } else if constexpr (is_variant<T>) {
      read_variant(json, at, value);
    } else if constexpr (Enum<T>) {
      read_enum(json, at, value);
    } else if constexpr (NumberOrSection<T>) {
      if (json.is_object()) return read_section(json, at, value, {});
      if (!json.is_number() || !field.allows(json.get<double>())) {
        return expected(json, at, "a number" + range_text(field) + " or an object");
      }
      value = T::of_number(json.get<double>());
    } else if constexpr (Section<T>) {
      read_section(json, at, value, {});
    } else {
      read_plain(json, at, field, value);
    }
  }

  // `ignore`: keys that somebody else has read (a variant's "type"), but that belong there too.
  template <class T>
  void read_section(const Json& json, const std::string& at, T& section,
                    const std::set<std::string>& ignore) {
    if (!expect_object(json, at)) return;
    Table table{*this, json, at, {}, {ignore.begin(), ignore.end()}, {}};
    fields(table, section);
    for (const auto& [key, value] : json.items()) {
      if (ignore.contains(key)) continue;
      const auto reader = table.readers.find(key);
      if (reader != table.readers.end()) {
        reader->second();
      } else {
        problems_.add(at + pointer_step(key), "unknown key" + hint_and_list(key, table.names));
      }
    }
    for (const auto& [key, what] : table.missing) problems_.add(at + pointer_step(key), what);
  }

 private:
  // Collects the readers of a section's fields, so that problems come in the order of the file.
  struct Table {
    Reader& reader;
    const Json& json;
    const std::string& at;
    std::map<std::string, std::function<void()>> readers;
    std::vector<std::string> names;
    std::vector<std::pair<std::string, std::string>> missing;

    template <class T>
    void operator()(const Field& field, T& value) {
      names.emplace_back(field.key);
      const auto found = json.find(field.key);
      if (found == json.end()) {
        if (field.required) missing.emplace_back(field.key, std::string("missing; ") + field.help);
        return;
      }
      readers[field.key] = [this, field, &value, &found_value = *found] {
        reader.read(found_value, at + "/" + field.key, field, value);
      };
    }
  };

  void expected(const Json& json, const std::string& at, const std::string& what) {
    if (json.is_null()) {
      problems_.add(at,
                    "found null, but only an optional field can be switched off; leave the key "
                    "out for the default");
    } else {
      problems_.add(at, "found " + found_text(json) + ", expected " + what);
    }
  }

  bool expect_object(const Json& json, const std::string& at) {
    if (!json.is_object()) expected(json, at, "an object");
    return json.is_object();
  }

  template <class T>
  void read_optional(const Json& json, const std::string& at, const Field& field, T& value) {
    if (json.is_null()) {
      value.reset();
      return;
    }
    typename T::value_type inner{};
    read(json, at, field, inner);
    value = std::move(inner);
  }

  template <class T>
  void read_list(const Json& json, const std::string& at, const Field& field, T& value) {
    if (!json.is_array()) return expected(json, at, "a list");
    value.clear();
    for (std::size_t i = 0; i < json.size(); ++i) {
      typename T::value_type item{};
      read(json[i], at + "/" + std::to_string(i), field, item);
      value.push_back(std::move(item));
    }
  }

  template <class T>
  void read_map(const Json& json, const std::string& at, T& value) {
    if (!expect_object(json, at)) return;
    value.clear();
    for (const auto& [key, item] : json.items()) {
      read(item, at + pointer_step(key), Field("", ""), value[key]);
    }
  }

  template <class... T>
  void read_variant(const Json& json, const std::string& at, std::variant<T...>& value) {
    const std::vector<std::string> types = {T::kType...};
    if (json.is_string()) return expected_type(json, at, types);
    if (!expect_object(json, at)) return;
    const auto type = json.find("type");
    if (type == json.end()) {
      return problems_.add(at + "/type", "missing; expected one of " + join(types));
    }
    const auto text = type->is_string() ? type->template get<std::string>() : std::string();
    const bool known = (try_alternative<T>(json, at, text, value) || ...);
    if (!known) expected(*type, at + "/type", "one of " + join(types) + hint(text, types));
  }

  // The name of a type alone.
  void expected_type(const Json& json, const std::string& at,
                     const std::vector<std::string>& types) {
    const auto nearest = nearest_name(json.template get<std::string>(), types);
    auto key = at.substr(1);
    std::replace(key.begin(), key.end(), '/', '.');
    expected(
        json, at,
        "an object" + (nearest ? "; did you mean {\"type\": \"" + *nearest +
                                     "\"} (on the command line " + key + ".type=" + *nearest + ")?"
                               : " with a type (one of " + join(types) + ")"));
  }

  template <class T, class V>
  bool try_alternative(const Json& json, const std::string& at, const std::string& type, V& value) {
    if (type != T::kType) return false;
    T chosen;
    read_section(json, at, chosen, {"type"});
    value = std::move(chosen);
    return true;
  }

  template <class T>
  void read_enum(const Json& json, const std::string& at, T& value) {
    const auto& values = EnumNames<T>::values;
    const std::vector<std::string> names(values.begin(), values.end());
    const auto text = json.is_string() ? json.template get<std::string>() : std::string();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (text != names[i]) continue;
      value = static_cast<T>(i);
      return;
    }
    expected(json, at, "one of " + join(names) + hint(text, names));
  }

  void read_plain(const Json& json, const std::string& at, const Field&, bool& value) {
    if (!json.is_boolean()) return expected(json, at, "true or false");
    value = json.get<bool>();
  }

  void read_plain(const Json& json, const std::string& at, const Field&, std::string& value) {
    if (!json.is_string()) return expected(json, at, "a string");
    value = json.get<std::string>();
  }

  void read_plain(const Json& json, const std::string&, const Field&, AnyValue& value) {
    value.json = json.dump();
  }

  void read_plain(const Json& json, const std::string& at, const Field&, Paths& value) {
    if (json.is_string()) {
      value.list = {json.get<std::string>()};
      return;
    }
    const auto is_text = [](const Json& item) { return item.is_string(); };
    if (!json.is_array() || !std::all_of(json.begin(), json.end(), is_text)) {
      return expected(json, at, "a string or a list of strings");
    }
    value.list = json.get<std::vector<std::string>>();
  }

  void read_plain(const Json& json, const std::string& at, const Field& field, double& value) {
    if (!json.is_number() || !field.allows(json.get<double>())) {
      return expected(json, at, "a number" + range_text(field));
    }
    value = json.get<double>();
  }

  void read_plain(const Json& json, const std::string& at, const Field& field,
                  std::int64_t& value) {
    const bool whole = json.is_number_integer() &&
                       !(json.is_number_unsigned() &&
                         json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max());
    if (!whole || !field.allows(static_cast<double>(json.get<std::int64_t>()))) {
      return expected(json, at, "a whole number" + range_text(field));
    }
    value = json.get<std::int64_t>();
  }

  void read_plain(const Json& json, const std::string& at, const Field&, std::uint64_t& value) {
    if (!json.is_number_unsigned()) return expected(json, at, "a whole number >= 0");
    value = json.get<std::uint64_t>();
  }

  Problems& problems_;
};

}  // namespace

RunConfig read_config(const Json& json, Problems& problems) {
  RunConfig config;
  Reader(problems).read_section(json, "", config, {});
  return config;
}

template <class T>
T read_section(const Json& json, const std::string& at, Problems& problems) {
  T section;
  Reader(problems).read_section(json, at, section, {});
  return section;
}

template TextCleanConfig read_section(const Json&, const std::string&, Problems&);
template WordsConfig read_section(const Json&, const std::string&, Problems&);

}  // namespace candor
