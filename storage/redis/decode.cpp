#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "storage/redis/codec.hpp"

namespace dispatch::redis {

namespace {

/// The milliseconds of a stream id.
std::int64_t id_ms(std::string_view id) {
  std::int64_t value = 0;
  std::from_chars(id.data(), id.data() + id.size(), value);
  return value;
}

/// The contents an answer holds, by their references: each stands in it once, with the first entry that
/// refers to it.
using contents = std::map<std::string, std::pair<content_state, stored_content_ptr>, std::less<>>;

void take_content(reply& ref, reply& text, contents& known, entry& to) {
  if (ref.text.empty()) return;
  auto found = known.find(ref.text);
  if (found == known.end()) {
    auto state = content_state::there;
    if (!text.is_string()) state = text.as_integer() == 0 ? content_state::missing : content_state::unusable;
    auto content = std::make_shared<stored_content>();
    content->ref = ref.text;
    if (state == content_state::there) content->text = std::make_shared<std::string>(std::move(text.text));
    found = known.emplace(std::move(ref.text), std::pair(state, std::move(content))).first;
  }
  std::tie(to.has_content, to.content) = found->second;
}

/// The entries that begin at `at` (see scripts/entries.lua); moves it past them. False when there are fewer.
bool take_entries(std::vector<reply>& flat, std::size_t& at, std::int64_t count, contents& known,
                  std::vector<entry>& to) {
  to.reserve(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
  for (; count > 0; --count) {
    if (at + 1 >= flat.size() || !flat[at].is_string() || !flat[at + 1].is_string()) return false;
    auto& one = to.emplace_back();
    one.id = std::move(flat[at].text);
    one.document = std::move(flat[at + 1].text);
    at += 2;
    if (at >= flat.size() || !flat[at].is_array()) continue;
    auto& extra = flat[at].elements;
    if (extra.size() < 6) return false;
    one.correlation_id = std::move(extra[0].text);
    one.traceparent = std::move(extra[1].text);
    one.resume = std::move(extra[2].text);
    one.deliveries = static_cast<std::uint32_t>(extra[3].as_integer(1));
    take_content(extra[4], extra[5], known, one);
    if (extra.size() > 9) {
      one.recovered = true;
      one.progress = std::move(extra[6].text);
      for (std::size_t i = 0; i < company_count; ++i) one.died_upto[i] = extra[7].at(i).as_integer(-1);
      one.died_alone = extra[8].as_integer(-1);
      one.deaths_alone = static_cast<std::uint32_t>(extra[9].as_integer());
    }
    ++at;
  }
  return true;
}

}  // namespace

std::optional<std::vector<read_batch>> decode_read(reply answer, const std::vector<read_ask>& asks,
                                                   std::vector<std::string>& last_ids) {
  std::vector<read_batch> batches(asks.size());
  last_ids.assign(asks.size(), {});
  auto& flat = answer.elements;
  contents known;
  std::size_t at = 0;
  for (std::size_t i = 0; i < asks.size(); ++i) {
    if (at + 1 >= flat.size()) return std::nullopt;
    const auto count = flat[at].as_integer(-1);
    if (count < 0 || static_cast<std::size_t>(count) > flat.size()) return std::nullopt;
    last_ids[i] = std::move(flat[at + 1].text);
    at += 2;
    batches[i].from = asks[i].from;
    batches[i].drained = !last_ids[i].empty() && last_ids[i] != "-";
    if (!take_entries(flat, at, count, known, batches[i].entries)) return std::nullopt;
  }
  return batches;
}

std::optional<std::vector<read_batch>> decode_take_over(reply answer) {
  std::vector<read_batch> batches;
  auto& flat = answer.elements;
  contents known;
  for (std::size_t at = 0; at + 1 < flat.size();) {
    const auto count = flat[at].as_integer(-1);
    const auto from = keyspace::parse_member(flat[at + 1].as_text());
    if (count < 0 || static_cast<std::size_t>(count) > flat.size() || !from) return std::nullopt;
    at += 2;
    auto& batch = batches.emplace_back();
    batch.from = std::make_shared<const source>(*from);
    if (!take_entries(flat, at, count, known, batch.entries)) return std::nullopt;
  }
  return batches;
}

breaker_record decode_breaker(const reply& answer) {
  breaker_record record;
  record.state = answer.field("state").as_text();
  if (record.state.empty()) record.state = "closed";
  record.failures = static_cast<std::uint32_t>(answer.field("failures").as_integer());
  record.opened_at = epoch_ms(answer.field("opened_at").as_integer());
  record.retry_at = epoch_ms(answer.field("retry_at").as_integer());
  record.open_for = std::chrono::milliseconds(answer.field("open_for").as_integer());
  record.reason = answer.field("reason").as_text();
  record.version = static_cast<std::uint64_t>(answer.field("version").as_integer());
  return record;
}

std::vector<control_event> decode_control(const reply& entries, std::string& last_id) {
  std::vector<control_event> events;
  for (const auto& one : entries.elements) {
    last_id = one.at(0).as_text();
    const auto& fields = one.at(1);
    control_event event;
    event.kind = fields.field("kind").as_text();
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields.at(i).as_text() == "kind") continue;
      event.fields.emplace_back(fields.at(i).as_text(), fields.at(i + 1).as_text());
    }
    events.push_back(std::move(event));
  }
  return events;
}

std::optional<store_sample> decode_sample(const reply& answer) {
  if (answer.size() < 16) return std::nullopt;
  store_sample sample;
  const auto now = answer.at(0).as_integer();
  sample.scheduled = static_cast<std::uint64_t>(answer.at(1).as_integer());
  if (const auto due = answer.at(2).as_integer(); due > 0) sample.next_due = epoch_ms(due);
  sample.dead_letters = static_cast<std::uint64_t>(answer.at(3).as_integer());
  for (const auto which : all_lanes) {
    const auto& from = answer.at(4 + index_of(which));
    auto& to = sample.lanes[index_of(which)];
    to.depth = static_cast<std::uint64_t>(from.at(0).as_integer());
    to.pending = static_cast<std::uint64_t>(from.at(1).as_integer());
    if (const auto oldest = from.at(2).as_text(); !oldest.empty()) {
      to.oldest_age = std::chrono::milliseconds(std::max<std::int64_t>(now - id_ms(oldest), 0));
    }
  }
  const auto& lists = answer.at(8);
  for (std::size_t i = 0; i + 1 < lists.size(); i += 2) {
    auto list = keyspace::parse_member(lists.at(i).as_text());
    if (list) sample.waiting.emplace_back(std::move(*list), lists.at(i + 1).as_integer());
  }
  for (const auto& name : answer.at(9).elements) {
    if (const auto which = parse_lane(name.as_text())) sample.paused[index_of(*which)] = true;
    if (name.as_text() == "?") sample.paused_known = false;
  }
  sample.tokens_suppressed = answer.at(10).as_integer() == 1;
  sample.processes = static_cast<std::uint32_t>(answer.at(11).as_integer());
  sample.fenced = static_cast<std::uint64_t>(answer.at(12).as_integer());
  sample.posts_open = static_cast<std::uint64_t>(answer.at(13).as_integer());
  sample.posts_dropped = static_cast<std::uint64_t>(answer.at(14).as_integer());
  for (const auto& kind : answer.at(15).elements) sample.spoiled.emplace_back(kind.as_text());
  std::sort(sample.spoiled.begin(), sample.spoiled.end());
  return sample;
}

}  // namespace dispatch::redis
