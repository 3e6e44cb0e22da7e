// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/nearest.h"
#include "core/base/utf8.h"
#include "core/config/describe.h"
#include "core/config/former_names.h"
#include "core/config/read.h"

namespace candor {
namespace {

// One word of the command line, taken apart.
struct Word {
  enum class Action { set, add, reset } action = Action::set;
  std::vector<std::string> path;
  std::string value;
};

std::size_t unquoted_equals(const std::string& text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '=' && !quoted) return i;
  }
  return std::string::npos;
}

std::optional<Word> parse_word(const std::string& text, Problems& problems) {
  Word word;
  auto rest = text;
  if (text.starts_with("+") || text.starts_with("~")) {
    word.action = text.front() == '+' ? Word::Action::add : Word::Action::reset;
    rest.erase(0, 1);
  }
  const auto equals = unquoted_equals(rest);
  const bool needs_value = word.action != Word::Action::reset;
  if (needs_value == (equals == std::string::npos)) {
    problems.add_word(text, needs_value ? "expected key=value, +key=value or ~key"
                                        : "~key takes no value; it returns the key to its default");
    return std::nullopt;
  }
  word.path = key_steps(rest.substr(0, equals));
  if (std::find(word.path.begin(), word.path.end(), "") != word.path.end()) {
    problems.add_word(text, "the key is not a path of names between dots");
    return std::nullopt;
  }
  if (needs_value) word.value = rest.substr(equals + 1);
  return word;
}

// What begins like an object, a list or a string in quotes.
bool looks_like_json(const std::string& text) {
  return !text.empty() && std::string_view("{[\"").find(text.front()) != std::string_view::npos;
}

// JSON if it is JSON, else a bare string; `fault` then says what is broken in what looks like JSON.
Json value_of(const std::string& text, std::string& fault) {
  try {
    return parse_json(text, "value", ErrorKind::config);
  } catch (const Error& error) {
    if (looks_like_json(text)) fault = error.what();
    return text;
  }
}

std::vector<std::string> names_of(const Description& node) {
  std::vector<std::string> names;
  for (const auto& member : node.members) names.emplace_back(member.field.key);
  return names;
}

class Walker {
 public:
  Walker(Json& root, const std::string& text, const Word& word, Problems& problems)
      : node_(&describe_config()), json_(&root), text_(text), word_(word), problems_(problems) {}

  void apply() {
    for (std::size_t i = 0; i + 1 < word_.path.size(); ++i) {
      if (!descend(word_.path[i], i)) return;
    }
    finish(word_.path.back());
  }

 private:
  bool refuse(const std::string& what) {
    problems_.add_word(text_, what);
    return false;
  }

  // The alternative that the tree or the default names; an absent variant gets its default type.
  bool enter_variant() {
    if (node_->kind != NodeKind::variant) return true;
    if (!json_->contains("type") && node_->default_value.is_object()) {
      (*json_)["type"] = node_->default_value.at("type");
    }
    const auto type = json_->contains("type") && (*json_)["type"].is_string()
                          ? (*json_)["type"].get<std::string>()
                          : std::string();
    const auto* chosen = node_->find(type);
    if (chosen == nullptr) {
      return refuse("'" + pointer_ + "' has no valid type; set its type first (one of " +
                    join(names_of(*node_)) + ")");
    }
    node_ = chosen;
    in_variant_ = true;
    return true;
  }

  // The file has something else where an object belongs; reading says so.
  bool unreadable() const {
    const bool holds_keys = node_->kind == NodeKind::section || node_->kind == NodeKind::map ||
                            node_->kind == NodeKind::variant;
    return holds_keys && !json_->is_object();
  }

  bool descend(const std::string& name, std::size_t depth) {
    if (unreadable()) return false;
    if (!step_into(name)) return false;
    if (!json_->contains(name) || (*json_)[name].is_null()) {
      if (word_.action == Word::Action::reset) {
        scratch_ = Json::object();  // nothing is there to be reset; only the path is checked
        json_ = &scratch_;
        parent_ = nullptr;
        node_ = next_;
        pointer_ += pointer_step(name);
        return true;
      }
      if (node_->kind == NodeKind::map && word_.action != Word::Action::add) {
        return refuse("'" + name + "' is not in " + pointer_ + "; " + how_to_add_below(depth));
      }
      (*json_)[name] = Json::object();
    } else if (next_->number_too && (*json_)[name].is_number()) {
      (*json_)[name] = Json::object();  // what is set below replaces the number
    }
    if (node_->kind == NodeKind::map && !in_map_) {
      in_map_ = true;
      entry_ = depth;
      entry_node_ = next_;
    }
    parent_ = json_;
    json_ = &(*json_)[name];
    node_ = next_;
    pointer_ += pointer_step(name);
    return true;
  }

  std::vector<std::string> allowed_names() const {
    auto names = names_of(*node_);
    if (in_variant_) names.insert(names.begin(), "type");
    return names;
  }

  // Finds the description of `name` below the current node.
  bool step_into(const std::string& name) {
    in_variant_ = false;
    if (!enter_variant()) return false;
    if (node_->kind == NodeKind::map) {
      next_ = &node_->members.front();
      return true;
    }
    next_ = node_->kind == NodeKind::section ? node_->find(name) : nullptr;
    if (next_ != nullptr) return true;
    const auto names = allowed_names();
    return refuse("unknown key '" + name + "'" + hint_and_list(name, names) +
                  (nearest_name(name, names) ? "" : quoting_hint()));
  }

  // Whoever writes the name of a map's entry with its dots gets to a key of that entry.
  std::string quoting_hint() const {
    if (!in_map_) return {};
    const auto key = key_with_quotes(*entry_node_, entry_);
    if (key.empty()) return {};
    const auto* sign = word_.action == Word::Action::add     ? "+"
                       : word_.action == Word::Action::reset ? "~"
                                                             : "";
    const auto value = word_.action == Word::Action::reset ? "" : "=" + word_.value;
    return "; a name that has dots itself goes in double quotes: " +
           in_shell_quotes(sign + key + value);
  }

  void finish(const std::string& name) {
    const bool type_of_variant = node_->kind == NodeKind::variant && name == "type";
    if (type_of_variant && word_.action == Word::Action::reset) return reset_variant();
    if (unreadable() && !type_of_variant) return;
    if (type_of_variant) {
      *json_ = Json::object();  // the siblings belong to the other type
    } else if (!step_into(name)) {
      return;
    }
    if (!fits_action(name)) return;
    if (word_.action == Word::Action::reset) {
      json_->erase(name);
      return;
    }
    std::string fault;
    const auto place = pointer_ + pointer_step(name);
    (*json_)[name] = value_of(word_.value, fault);
    problems_.set_origin(place, text_);
    if (!fault.empty()) {
      problems_.set_broken(place, fault + "; names and texts in JSON stand in double quotes");
    }
  }

  // The default of a type is the default of the whole variant.
  void reset_variant() {
    if (parent_ != nullptr) parent_->erase(word_.path[word_.path.size() - 2]);
  }

  // + is for entries of maps that are not there yet; what is to be changed or reset in a map must
  // be there.
  bool fits_action(const std::string& name) {
    const bool map = node_->kind == NodeKind::map;
    const bool present = json_->contains(name);
    switch (word_.action) {
      case Word::Action::add:
        if (!map && !in_map_)
          return refuse("'" + name + "' is no entry of a map; write it without +");
        return !map || !present ||
               refuse("'" + name + "' is there already; write it without + to change it");
      case Word::Action::set:
        return !map || present ||
               refuse("'" + name + "' is not in " + pointer_ + "; " + how_to_add(name));
      case Word::Action::reset: break;
    }
    return !map || present || refuse("'" + name + "' is not in " + pointer_);
  }

  // What is added as a whole must be an object where entries are objects.
  std::string how_to_add(const std::string& name) const {
    const bool of_keys = next_->kind == NodeKind::section && !next_->number_too;
    if (!of_keys || word_.value.starts_with("{")) return "write +" + text_ + " to add it";
    const auto keys = names_of(*next_);
    const auto path = text_.substr(0, unquoted_equals(text_));
    return fmt::format(
        "'{}' is to be an object with keys ({}), so write for example +{}.{}={} to add "
        "it",
        name, join(keys), path, keys.front(), word_.value);
  }

  // The same where the word goes on below the entry.
  std::string how_to_add_below(std::size_t depth) const {
    const auto key = key_with_quotes(*next_, depth);
    if (key.empty()) return "write +" + text_ + " to add it";
    return "a name that has dots itself goes in double quotes, so write " +
           in_shell_quotes("+" + key + "=" + word_.value) + " to add it";
  }

  // The word's key with the name of its entry of a map in double quotes: from `depth` on up to what
  // is a key of the entry. Empty: the name has no dots.
  std::string key_with_quotes(const Description& entry, std::size_t depth) const {
    const auto& path = word_.path;
    auto end = depth + 1;
    const bool of_keys = entry.kind == NodeKind::section;
    while (of_keys && end < path.size() && entry.find(path[end]) == nullptr) ++end;
    if (end == depth + 1) return {};
    const auto at = [&](std::size_t i) { return path.begin() + static_cast<std::ptrdiff_t>(i); };
    auto key =
        join({path.begin(), at(depth)}, ".") + ".\"" + join({at(depth), at(end)}, ".") + "\"";
    if (end < path.size()) return key + "." + join({at(end), path.end()}, ".");
    const bool whole = !of_keys || entry.number_too || word_.value.starts_with("{");
    return whole ? key : key + "." + entry.members.front().field.key;
  }

  // A shell takes double quotes for its own.
  static std::string in_shell_quotes(const std::string& word) {
    return word.find('\'') == std::string::npos ? "'" + word + "'" : word;
  }

  const Description* node_;
  const Description* next_ = nullptr;
  Json* json_;
  Json* parent_ = nullptr;  // holds *json_; none at the top and where nothing is there to be reset
  Json scratch_;
  std::string pointer_;
  bool in_map_ = false;                      // the path leads through an entry of a map
  std::size_t entry_ = 0;                    // then, the place of its name in the path
  const Description* entry_node_ = nullptr;  // and what the entry is
  bool in_variant_ = false;                  // the node is the alternative that a type chose
  const std::string& text_;
  const Word& word_;
  Problems& problems_;
};

}  // namespace

Json apply_overrides(Json json, const std::vector<std::string>& words, Problems& problems) {
  if (!words.empty() && !json.is_object()) return json;  // reading will say so
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& text = words[i];
    if (const auto invalid = find_invalid_utf8(text)) {
      problems.add_word("word " + std::to_string(i + 1),
                        "not valid UTF-8 at byte " + std::to_string(*invalid) +
                            "; a config is UTF-8 text, so write the word in a UTF-8 terminal");
    } else if (auto word = parse_word(text, problems)) {
      word->path = present_path(json, std::move(word->path));
      Walker(json, text, *word, problems).apply();
    }
  }
  return json;
}

}  // namespace candor
