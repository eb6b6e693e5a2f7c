#include "actors/tracker/rest_writer.hpp"

#include <memory>

#include "core/digest.hpp"
#include "core/job/job_parser.hpp"

namespace dispatch {

std::string content_ref(const job& document, std::string_view text) {
  std::string ref(document.tenant);
  ref.append(":").append(document.id).append(":");
  return ref += to_hex(sha256(text)).substr(0, 32);
}

rest_writer::rest rest_writer::write(const job& document, std::span<const std::size_t> positions,
                                     const stored_content_ptr& shared) {
  if (shared) return {recipients_document(document, positions), shared};
  // A rest of all there is replaces what it comes from, so it may be as large.
  if (positions.size() == document.recipients.size())
    return {subset_document(document, positions, true), nullptr};
  if (content_bytes_ == 0) {
    auto text = content_document(document);
    content_bytes_ = text.size();
    if (text.size() > copied_bytes_each) {
      auto ref = content_ref(document, text);
      content_ = std::make_shared<const stored_content>(
          stored_content{std::move(ref), std::make_shared<const std::string>(std::move(text))});
    }
  }
  if (content_bytes_ <= copied_bytes_each * positions.size())
    return {subset_document(document, positions, true), nullptr};
  return {recipients_document(document, positions), content_};
}

}  // namespace dispatch
