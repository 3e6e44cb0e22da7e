// SPDX-License-Identifier: Apache-2.0
#include "core/text/stop_words.h"

#include <candor/error.h>

#include <algorithm>
#include <sstream>

#include "core/base/files.h"
#include "core/base/utf8.h"
#include "core/text/unicode_forms.h"

namespace candor {
namespace {

constexpr std::string_view kEnglish =
    "a an the this that these those some any each every either neither both all such other another "
    "same own few more most much many less least several enough no none nor not only "
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his "
    "himself she her hers herself it its itself they them their theirs themselves one ones oneself "
    "who whom whose which what whatever whoever someone somebody something anyone anybody anything "
    "everyone everybody everything nobody nothing "
    "am is are was were be been being do does did doing done have has had having will would shall "
    "should can could may might must ought "
    "of in to for with on at by from up down about into over after under above below between out "
    "against during without before through off again within along across behind beyond near since "
    "until upon toward towards among around onto per via "
    "and or but if then else because as while than so though although unless whether yet once "
    "when where why how here there now just very too also even still ever never always often "
    "rather quite almost already perhaps "
    "i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's she'd she'll it's it'd "
    "it'll we're we've we'd we'll they're they've they'd they'll that's there's here's what's "
    "who's where's when's why's how's let's isn't aren't wasn't weren't don't doesn't didn't "
    "haven't hasn't hadn't won't wouldn't shan't shouldn't can't cannot couldn't mightn't mustn't "
    "needn't ain't";

constexpr std::string_view kChinese =
    "的 了 着 过 地 得 之 者 所 吗 呢 吧 啊 呀 嘛 哦 么 "
    "我 你 您 他 她 它 咱 我们 你们 您们 他们 她们 它们 咱们 自己 大家 别人 谁 "
    "这 那 哪 此 其 某 每 各 该 这个 那个 哪个 这些 那些 哪些 这样 那样 怎样 这里 那里 哪里 这么 "
    "那么 "
    "什么 怎么 为何 多少 几 某个 某些 每个 各个 其他 其它 其中 "
    "是 在 有 和 与 及 或 而 且 但 但是 并 并且 而且 或者 还是 以及 不过 可是 然而 "
    "因为 因此 所以 由于 如果 假如 要是 虽然 尽管 即使 只要 只有 除非 无论 不管 既然 于是 否则 "
    "对 对于 关于 把 被 给 让 向 从 到 由 自 以 为 为了 于 按 按照 根据 通过 随着 跟 同 比 当 "
    "也 都 就 才 又 再 还 已 已经 曾 曾经 正在 将 将要 会 能 能够 可 可以 应 应该 必须 要 "
    "不 没 没有 别 未 非 很 太 更 最 非常 十分 比较 只 仅 仅仅 刚 刚才 便 即 则 却 "
    "上 下 里 中 内 外 前 后 时 等 们 个 些 一 一个 一些 一样 一直 一下 有些 有的 就是 不是 还有 "
    "也是 都是 只是 但 仍 仍然 然后 之后 之前 以后 以前 同时 时候";

std::vector<std::string> split_words(std::string_view list) {
  std::istringstream stream{std::string(list)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> read_words(const std::string& path) {
  const auto content = read_file(path, ErrorKind::data);
  if (const auto at = find_invalid_utf8(content)) {
    throw Error(ErrorKind::data, path + ": byte " + std::to_string(*at) +
                                     " is not valid UTF-8; a list of stop words is UTF-8 text");
  }
  std::vector<std::string> words;
  std::istringstream lines(content);
  for (std::string line; std::getline(lines, line);) {
    for (auto& word : split_words(line.substr(0, line.find('#')))) words.push_back(std::move(word));
  }
  if (words.empty()) {
    throw Error(ErrorKind::data, path +
                                     ": holds no stop word; write one word per line, or leave "
                                     "data.text.words.stop_words out");
  }
  return words;
}

std::string folded(std::string_view word) {
  auto result = apply_unicode_steps(word, {UnicodeForm::nfc, true, false});
  constexpr std::string_view kApostrophe = "\u2019";
  for (std::size_t at = 0; (at = result.find(kApostrophe, at)) != std::string::npos; ++at) {
    result.replace(at, kApostrophe.size(), "'");
  }
  return result;
}

}  // namespace

StopWords::StopWords(const std::vector<std::string>& words) {
  for (const auto& word : words) words_.insert(folded(word));
}

StopWords StopWords::load(const std::string& name_or_path) {
  if (name_or_path == "english") return StopWords(split_words(kEnglish));
  if (name_or_path == "chinese") return StopWords(split_words(kChinese));
  return StopWords(read_words(name_or_path));
}

bool StopWords::contains(std::string_view word) const {
  if (words_.empty()) return false;
  const auto known = folded(word);
  if (words_.contains(known)) return true;
  const auto first = read_code_point(known).length;
  // Only characters beyond ASCII: "an" and "i" do not make a stop word of "ani".
  if (first < 2 || first == known.size()) return false;
  const auto second = read_code_point(std::string_view(known).substr(first)).length;
  return second > 1 && first + second == known.size() && words_.contains(known.substr(0, first)) &&
         words_.contains(known.substr(first));
}

Json StopWords::to_json() const {
  std::vector<std::string> sorted(words_.begin(), words_.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

StopWords StopWords::from_json(const Json& json) {
  const auto text = [](const Json& word) { return word.is_string(); };
  if (!json.is_array() || !std::all_of(json.begin(), json.end(), text)) {
    throw Error(ErrorKind::model, "preprocess.json: stop_words is not a list of words");
  }
  return StopWords(json.get<std::vector<std::string>>());
}

}  // namespace candor
