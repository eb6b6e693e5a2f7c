#include "core/job/expansion.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

constexpr std::size_t shortest_placeholder = 5;  // {{a}}

/// Counts what is left of max_placeholders, text by text.
class placeholder_budget {
 public:
  /// False with the first text that goes beyond it.
  bool spend(std::string_view text) {
    const auto found = count_placeholders(text, left_ + 1);
    if (found > left_) return false;
    left_ -= found;
    return true;
  }

 private:
  std::size_t left_ = max_placeholders;
};

job_error too_many_at(std::string pointer) {
  return {std::move(pointer), "with this text the job has more than 4096 {{placeholders}}"};
}

/// Bytes of the text with the recipient's values in it, before any escaping, which makes nothing shorter.
/// Counts no further than to more than `most`. Without a variable 0: that is another problem.
std::size_t expanded_bytes(const job& source, const recipient& who, std::string_view text, std::size_t most) {
  std::size_t bytes = 0, from = 0;
  while (const auto found = find_placeholder(text, from)) {
    const auto value = source.variable(who, found->name);
    if (!value) return 0;
    bytes += found->begin - from + value->size();
    if (bytes > most) return bytes;
    from = found->end;
  }
  return bytes + text.size() - from;
}

}  // namespace

std::optional<job_error> too_many_placeholders(const job& source) {
  if (source.document.size() <= shortest_placeholder * max_placeholders) return std::nullopt;
  placeholder_budget budget;
  const auto& m = source.message;
  const auto& o = source.overrides;
  if (!budget.spend(source.collapse_key)) return too_many_at("/collapse_key");
  if (!budget.spend(m.title)) return too_many_at("/message/title");
  if (!budget.spend(m.body)) return too_many_at("/message/body");
  if (!budget.spend(m.image)) return too_many_at("/message/image");
  if (!budget.spend(m.link)) return too_many_at("/message/link");
  if (!budget.spend(m.sound)) return too_many_at("/message/sound");
  for (const auto& [key, value] : m.data)
    if (!budget.spend(value)) return too_many_at("/message/data");
  if (!budget.spend(o.android)) return too_many_at("/overrides/android");
  if (!budget.spend(o.apns)) return too_many_at("/overrides/apns");
  if (!budget.spend(o.webpush)) return too_many_at("/overrides/webpush");
  if (!budget.spend(o.email)) return too_many_at("/overrides/email");
  if (!budget.spend(o.webhook)) return too_many_at("/overrides/webhook");
  return std::nullopt;
}

std::optional<job_error> fits_nobody(const job& source) {
  // So small a document cannot become so large, however its bytes are shared between names and values.
  constexpr std::size_t small = 4'096;
  static_assert(small * small / 4 / shortest_placeholder < largest_request_bytes);
  const auto& o = source.overrides;
  const bool overridden =
      !o.android.empty() || !o.apns.empty() || !o.webpush.empty() || !o.email.empty() || !o.webhook.empty();
  if (source.document.size() <= small || overridden || source.recipients.empty()) return std::nullopt;
  if (!has_placeholder(source.message.title) && !has_placeholder(source.message.body)) return std::nullopt;
  const auto too_large = [&](const recipient& who) {
    constexpr auto most = largest_request_bytes;
    auto bytes = expanded_bytes(source, who, source.message.title, most);
    if (bytes <= most && who.platform != platform::email)
      bytes += expanded_bytes(source, who, source.message.body, most);
    return bytes > most;
  };
  if (!std::all_of(source.recipients.begin(), source.recipients.end(), too_large)) return std::nullopt;
  return job_error{"/message", "becomes more than 1048576 bytes for every recipient"};
}

}  // namespace dispatch
