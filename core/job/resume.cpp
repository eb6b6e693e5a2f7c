#include "core/job/resume.hpp"

#include <charconv>
#include <limits>

namespace dispatch {

namespace {

/// A job holds no more inline (contract), so neither does its rest.
constexpr std::size_t max_recipients = 10'000;

template <class Integer>
void append(std::string& out, Integer value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// Reads what encode() writes, from left to right; every take…() is false at the first surprise.
class line_reader {
 public:
  explicit line_reader(std::string_view text) : rest_(text) {}

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  template <class Integer>
  bool take_number(Integer& value) {
    // One spelling a number: no sign, no leading zero.
    if (rest_.size() > 1 && rest_[0] == '0' && rest_[1] >= '0' && rest_[1] <= '9') return false;
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool take_indices(line_reader& from, std::vector<std::uint64_t>& indices) {
  do {
    std::uint64_t first = 0;
    if (!from.take_number(first)) return false;
    std::uint64_t last = first;
    if (from.take('-') && (!from.take_number(last) || last <= first)) return false;
    if (last - first >= max_recipients - indices.size()) return false;
    for (std::uint64_t index = first;; ++index) {
      indices.push_back(index);
      if (index == last) break;
    }
  } while (indices.size() < max_recipients && from.take(','));
  return true;
}

bool take_attempts(line_reader& from, std::size_t wanted, std::vector<std::uint32_t>& attempts) {
  do {
    std::size_t count = 0;
    std::uint32_t value = 0;
    if (!from.take_number(count) || !from.take('x') || !from.take_number(value)) return false;
    if (count == 0 || count > wanted - attempts.size()) return false;
    attempts.insert(attempts.end(), count, value);
  } while (from.take(','));
  return attempts.size() == wanted;
}

}  // namespace

std::string encode(const resume_state& state) {
  std::string out = "1 ";
  append(out, state.stored_at.count());
  out += state.has_hash ? " h " : " - ";
  const auto& indices = state.indices;
  for (std::size_t i = 0; i < indices.size();) {
    std::size_t last = i;
    while (last + 1 < indices.size() && indices[last] != std::numeric_limits<std::uint64_t>::max() &&
           indices[last + 1] == indices[last] + 1) {
      ++last;
    }
    if (i != 0) out += ',';
    append(out, indices[i]);
    if (last != i) append(out += '-', indices[last]);
    i = last + 1;
  }
  out += ' ';
  const auto& attempts = state.attempts;
  for (std::size_t i = 0; i < attempts.size();) {
    std::size_t next = i;
    while (next < attempts.size() && attempts[next] == attempts[i]) ++next;
    if (i != 0) out += ',';
    append(out, next - i);
    append(out += 'x', attempts[i]);
    i = next;
  }
  return out;
}

std::optional<resume_state> decode_resume(std::string_view text) {
  resume_state state;
  line_reader from(text);
  std::int64_t stored_ms = 0;
  if (!from.take('1') || !from.take(' ') || !from.take_number(stored_ms) || !from.take(' '))
    return std::nullopt;
  state.stored_at = epoch_ms(stored_ms);
  state.has_hash = from.take('h');
  if (!state.has_hash && !from.take('-')) return std::nullopt;
  if (!from.take(' ')) return std::nullopt;
  if (from.take(' ')) return from.at_end() ? std::optional(std::move(state)) : std::nullopt;  // nobody
  if (!take_indices(from, state.indices) || !from.take(' ')) return std::nullopt;
  if (!take_attempts(from, state.indices.size(), state.attempts) || !from.at_end()) return std::nullopt;
  return state;
}

}  // namespace dispatch
