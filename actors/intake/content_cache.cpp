#include "actors/intake/content_cache.hpp"

#include <algorithm>
#include <utility>

namespace dispatch {
namespace {

// "TENANT:ID:DIGEST". An id may hold colons, a tenant and a digest hold none.
std::unique_ptr<job> named_by(const std::string& ref) {
  auto lost = std::make_unique<job>();
  lost->document = ref;
  const std::string_view all(lost->document);
  const auto first = all.find(':'), last = all.rfind(':');
  lost->tenant = lost->app = "default";
  if (first == std::string_view::npos || first == last) return lost;
  lost->tenant = all.substr(0, first);
  lost->id = all.substr(first + 1, last - first - 1);
  return lost;
}

}  // namespace

std::shared_ptr<shared_content> content_cache::keep(std::shared_ptr<const job> document,
                                                    stored_content stored) {
  const auto size = document->document.size();
  bytes_->fetch_add(size, std::memory_order_relaxed);
  std::shared_ptr<shared_content> kept(new shared_content, [bytes = bytes_, size](shared_content* done) {
    bytes->fetch_sub(size, std::memory_order_relaxed);
    delete done;
  });
  kept->document = std::move(document);
  kept->stored = std::make_shared<const stored_content>(std::move(stored));
  return kept;
}

std::variant<std::shared_ptr<shared_content>, job_error> content_cache::of(const entry& what,
                                                                           job_parser& parser) {
  if (what.has_content == content_state::none) return nullptr;
  const auto& ref = what.content->ref;
  if (what.has_content == content_state::missing) return keep(named_by(ref), {ref, nullptr});
  auto& known = known_[ref];
  if (auto alive = known.lock()) return alive;
  auto parsed = parser.parse_content(*what.content->text);
  if (auto* refused = std::get_if<job_error>(&parsed)) return std::move(*refused);
  const std::shared_ptr<const job> document = std::move(std::get<std::unique_ptr<job>>(parsed));
  auto kept = keep(document, {ref, {document, &document->document}});
  known = kept;
  if (known_.size() >= sweep_at_) {
    std::erase_if(known_, [](const auto& one) { return one.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, 2 * known_.size());
  }
  return kept;
}

}  // namespace dispatch
